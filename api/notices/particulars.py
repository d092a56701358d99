"""What the authority says itself in a notice: who decided, when, where to object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from graph.errors import WrongUsage
from graph.rulebook.rules import check_day

KINDS: Final = ("prior", "decision", "objection_received", "lifted")
LANGS: Final = ("zh", "en", "both")
GROUNDS: Final = ("repaired", "revoked", "expired", "objection", "fact")
_DAYS: Final = ("on", "decided_on", "prior_on", "respond_by", "in_force_from")
_TWO: Final = ("decision", "objection_received", "lifted")  # after two people have decided


Line = Annotated[str, Meta(max_length=300)]
Passage = Annotated[str, Meta(max_length=2000)]


class Particulars(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Plain values given by the caller; days are ISO dates, names and texts as they are shown."""

    decision: Line  # its number
    authority: Line
    contact: Line  # where to be heard, object, see and correct
    on: str  # the day of the notice
    proposed_by: Line
    approved_by: Line | None = None
    decided_on: str | None = None  # where the notice is not itself the decision
    prior_on: str | None = None  # when the prior notice was delivered
    respond_by: str | None = None  # the last day to answer a prior notice
    in_force_from: str | None = None  # not before delivery, whatever it says
    meaning: Passage | None = None  # what the measure forbids or asks, in the authority's words
    remedy: Passage | None = None  # reconsideration, suit or review: where, within how many days
    grounds: str | None = None  # why it is lifted, see GROUNDS
    suspends: bool = True  # whether the extension rests while an objection is open


def particulars(kind: str, given: Mapping[str, Any]) -> Particulars:
    """The particulars of a notice of this kind; raises WrongUsage for what is missing or wrong."""
    if kind not in KINDS:
        raise WrongUsage(f"kind: one of {', '.join(KINDS)}, not {kind[:40]!r}")
    try:
        said = msgspec.convert(dict(given), Particulars)
    except msgspec.ValidationError as error:
        raise WrongUsage(f"notice: {error}") from None
    values = msgspec.structs.asdict(said)
    for name, value in values.items():
        if isinstance(value, str) and not value.strip():
            raise WrongUsage(f"notice: {name} is empty")
        if name in _DAYS and value is not None:
            check_day(value)
    if kind in _TWO and said.approved_by is None:
        raise WrongUsage(f"a notice of kind {kind} names who approved (approved_by)")
    if said.approved_by is not None and _same(said.proposed_by, said.approved_by):
        raise WrongUsage("approved_by is proposed_by: a second person decides")
    if kind == "lifted" and said.grounds not in GROUNDS:
        raise WrongUsage(f"lifted: grounds are one of {', '.join(GROUNDS)}")
    if kind == "prior" and said.respond_by is not None and said.respond_by < said.on:
        raise WrongUsage(f"respond_by {said.respond_by} is before {said.on}, the day of the notice")
    return said


def _same(one: str, other: str) -> bool:
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()
