"""Stored facts in the shape they are interchanged in: what `export` writes and `show` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph import keys
from graph.masking import masked_attrs
from graph.model import LISTING_CODE, NAMES, RELATIONS, is_entity
from graph.money import decimal_text
from graph.times import format_time

if TYPE_CHECKING:
    from graph.store import StoredFact


def native(fact: StoredFact, *, masked: bool) -> dict[str, Any]:
    """One version of a fact as a JSON Lines object that loads again as what it was.

    `masked` shows personal identifiers by their ends only; then it no longer loads as the same.
    """
    kind = NAMES[fact.code]
    shown: dict[str, Any] = {"kind": kind, "id": fact.id}
    rest = dict(fact.payload)
    attrs = rest.pop("attrs", None)
    begins, ends = format_time(fact.vf), format_time(fact.vt)
    if is_entity(fact.code):
        shown |= {k: rest.pop(k) for k in ("name", "text") if k in rest}
        if fact.keys:
            shown["keys"] = {
                name: keys.mask(name, value) if masked else value
                for name, value, _, _ in fact.keys
                if value
            }
    elif fact.code == LISTING_CODE:
        shown["subject"] = _reference(fact, fact.a)
    else:
        shown |= {"from": _reference(fact, fact.a), "to": _reference(fact, fact.b)}
        shown |= _value(fact, rest)
    shown |= keys.mask_within(rest) if masked else rest
    if attrs:
        shown["attrs"] = masked_attrs(kind, attrs) if masked else attrs
    if kind in RELATIONS and RELATIONS[kind].event:
        shown["at"] = begins
    else:
        shown |= {"valid_from": begins, "valid_to": ends}
    source = {"dataset": fact.dataset, "file": fact.file, "record": fact.record}
    source |= {"version": fact.version}
    shown["source"] = {name: text for name, text in source.items() if text is not None}
    return shown


def _reference(fact: StoredFact, end: str | None) -> str:
    """An end as a bare id within the fact's own dataset, else `dataset:id`."""
    return (end or "").removeprefix(f"{fact.dataset}:")


def _value(fact: StoredFact, rest: dict[str, Any]) -> dict[str, Any]:
    """The field that became the integer column, as text again; a share's text is in `rest`."""
    kind = RELATIONS[NAMES[fact.code]]
    if fact.value is None or kind.value is None or kind.value in rest:
        return {}
    if kind.fields[kind.value] == "money":
        return {kind.value: decimal_text(fact.value, rest.get("currency") or "CNY")}
    return {kind.value: fact.value}
