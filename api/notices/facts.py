"""Subjects and facts of a proof as they may be shown to the party of a notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from api.notices.known import Known
from graph.keys import mask_within

LONGEST: Final = 300  # characters of a name
_SHARES: Final = ("share", "votes", "share_min", "share_max")


@dataclass(frozen=True, slots=True)
class Named:
    """A subject as it may be shown to this party: others who are natural persons by their first
    character alone."""

    id: str
    kind: str
    name: str
    keys: tuple[str, ...] = ()
    veiled: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: what, between whom, from when until before when, and where it is written."""

    kind: str
    a: Named
    b: Named | None
    begins: str | None
    ends: str | None
    dataset: str
    record: str
    cited: str | None  # where it stood in its source
    says: dict[str, str]


def named(name: str, kind: str, names: Known, *, plain: bool) -> Named:
    """A subject by its canonical id; `plain` for the party itself and the measure's subject."""
    shown, label = _short(mask_within(name)), _short(mask_within(names.names.get(name, name)))
    if plain:
        return Named(shown, kind, label, names.keys.get(name, ()))
    if kind == "person" and label != shown:
        return Named(shown, kind, f"{label[:1]}**", veiled=True)
    return Named(shown, kind, label)


def _short(text: str) -> str:
    """No name of a register is longer; a made-up one keeps the page from being set in time."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)})"


def fact(said: Mapping[str, Any], ends: Mapping[str, Named], names: Known) -> Fact:
    """A relation or listing of a proof; `ends` are subjects by record."""
    stored = names.facts.get(said["fact"], {})
    source = stored.get("source", {})
    dataset, _, record = said["fact"].partition(":")
    listed = "list" in said
    texts = {name: said.get(name) for name in ("list", "domain", "status", "role", "basis", "by")}
    if listed:
        texts |= {name: stored.get(name) for name in ("authority", "basis")}
    texts |= {name: percent(said.get(name)) for name in _SHARES}
    return Fact(
        kind="listing" if listed else said["kind"],
        a=ends[said["subject" if listed else "from"]],
        b=None if listed else ends[said["to"]],
        begins=said["valid_from"],
        ends=said["valid_to"],
        dataset=_short(mask_within(dataset)),
        record=_short(mask_within(record)),
        cited=_short(mask_within(str(source["record"])))
        if source.get("record") not in (None, record)
        else None,
        says={name: _short(mask_within(str(text or ""))) for name, text in texts.items()},
    )


def percent(text: Any) -> str:
    """A share as per cent, exact: 0.5000001 is 50.00001 %; nothing where it is not known."""
    if text is None:
        return ""
    try:
        value = format((Decimal(str(text)) * 100).normalize(), "f")
    except InvalidOperation:
        return str(text)
    return f"{value} %"
