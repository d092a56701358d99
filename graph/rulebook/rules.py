"""What a rulebook holds: documents, measures, rows, gates. Plain immutable data that is JSON too.

Days are ISO dates, intervals half open, an absent day is unbounded. Durations are ISO 8601 (P2Y).
An outcome belongs to a limb, not to a party: whoever is a shareholder (excluded as such) and the
actual controller (reached as such) is reached.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import Any, Final, Literal, TypeVar

import msgspec

from graph.errors import WrongUsage
from graph.model import SHARE_UNIT

Status = Literal["P", "S", "U"]  # read in the text; from secondary sources; not verified
Outcome = Literal["extend", "review", "exclude"]

RELATIONS: Final[dict[str, str]] = {
    "legal_representative": "法定代表人",
    "principal": "主要负责人",
    "directly_responsible": "影响债务履行的直接责任人员",
    "officer": "其他主要人员",
    "actual_controller": "实际控制人",
    "shareholder": "股东",
    "controlling_shareholder": "控股股东",
    "relative": "亲属",
    "guardian": "监护人",
    "nominee": "代持人",
    "guarantor": "担保人",
    "employee": "员工",
    "branch": "分支机构",
    "successor": "承继主体",
    "sibling": "受同一控制的企业",
    "lead": "共用账户、电话、设备或地址者",
}
OUTCOMES: Final = ("extend", "review", "exclude")
STATUSES: Final = ("P", "S", "U")
SUBJECTS: Final = ("company", "person")
GATES: Final = ("age", "unknown_age", "state_control", "name_match", "relation")


class _Data(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Absent stays absent in JSON."""


class _Dated(_Data, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """Holds on the days from `start`, and before `end`."""

    start: str | None = None
    end: str | None = None

    def holds(self, day: str) -> bool:
        """Whether the day is in the interval; O(1)."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


class Text(_Data, frozen=True, kw_only=True):
    """The same in both languages."""

    zh: str
    en: str


class Document(_Dated, frozen=True, kw_only=True):
    """A law, interpretation or policy document; `number` is its 文号."""

    id: str
    zh: str
    en: str
    number: str | None = None
    status: Status
    note: str | None = None


class Basis(_Data, frozen=True, kw_only=True):
    """Where something is written: a document's id, and the article."""

    document: str
    article: str | None = None


class Span(_Data, frozen=True, kw_only=True):
    """Two durations, both included."""

    at_least: str | None = None
    at_most: str


class Publication(_Data, frozen=True, kw_only=True):
    """A class of published information and how long it may be published."""

    id: str
    zh: str
    en: str
    span: Span
    basis: Basis
    status: Status


class Measure(_Data, frozen=True, kw_only=True):
    """A measure of the catalogue.

    `basis` is what lets it reach beyond its subject; empty is `no_basis`: it reaches nobody else.
    `longest` is how long the measure on the subject itself may last, `prolonged` by how much that
    may be prolonged, `limits` where both are written.
    """

    id: str
    domain: str
    zh: str
    en: str
    basis: tuple[Basis, ...] = ()
    longest: str | None = None
    prolonged: Span | None = None
    limits: Basis | None = None
    publication: str | None = None
    note: str | None = None
    replaces: str | None = None

    @property
    def no_basis(self) -> bool:
        """Nothing known lets this measure reach anybody but its subject."""
        return not self.basis


class Held(
    _Data, frozen=True, kw_only=True, omit_defaults=False, tag_field="condition", tag="held"
):
    """The role was held on the day of the act."""

    at: Literal["act"] = "act"


class Share(_Data, frozen=True, kw_only=True, tag_field="condition", tag="share"):
    """A share over, or of at least, a part of the capital or votes; decimal text, exact."""

    of: Literal["capital", "votes"]
    over: str | None = None
    at_least: str | None = None

    def met(self, share: int) -> bool:
        """Whether a share, in integers of 1e-15 (SHARE_UNIT), meets it; at equality only if
        `at_least`. O(1)."""
        return share > units(self.over) if self.over else share >= units(self.at_least or "1")


class Person(
    _Data, frozen=True, kw_only=True, omit_defaults=False, tag_field="condition", tag="person"
):
    """A natural person who was of age on the day of the act."""

    is_: Literal["adult"] = msgspec.field(default="adult", name="is")


class Responsible(
    _Data, frozen=True, kw_only=True, omit_defaults=False, tag_field="condition", tag="responsible"
):
    """The party's own responsibility was found by the authority."""

    is_: Literal["found"] = msgspec.field(default="found", name="is")


Condition = Held | Share | Person | Responsible


def as_json(thing: Any) -> Any:
    """A thing of a rulebook as JSON says it: dicts, lists and text."""
    return msgspec.json.decode(msgspec.json.encode(thing))


def units(share: str) -> int:
    """A decimal share as an integer of 1e-15; exact for up to 15 decimals."""
    whole, _, part = share.partition(".")
    return int(whole or "0") * SHARE_UNIT + int(part.ljust(15, "0"))


class Rule(_Dated, frozen=True, kw_only=True):
    """One row: what a measure on such a subject does to one limb of its related parties.

    The row in force on the day of the act decides. `longest` absent: as long as the parent.
    """

    id: str
    measure: str
    subject: tuple[str, ...]
    relation: str
    outcome: Outcome
    conditions: tuple[Condition, ...] = ()
    basis: Basis | None = None
    status: Status
    longest: str | None = None
    zh: str
    en: str
    replaces: str | None = None


class Gate(_Data, frozen=True, kw_only=True):
    """A rule that holds whatever the measure. Without `basis` it is this product's own policy.

    `gate` says what is asked: `age` (younger than `under` on the day of the act), `unknown_age`,
    `state_control` (related by common state control alone), `name_match` (by name alone),
    `relation` (a party that stands in one of `relations` and in no other).
    """

    id: str
    gate: Literal["age", "unknown_age", "state_control", "name_match", "relation"]
    outcome: Outcome
    under: int | None = None
    relations: tuple[str, ...] = ()
    basis: tuple[Basis, ...] = ()
    status: Status
    zh: str
    en: str


_Named = TypeVar("_Named", Document, Measure, Rule, Gate, Publication)


class Rulebook(
    msgspec.Struct, frozen=True, kw_only=True, dict=True, rename={"start": "from", "end": "to"}
):
    """One edition with whatever a deployment added to it. Immutable; look-ups are O(1) or O(rows).

    `layers` names the deployment's own files that it holds, in the order in which they were added.
    """

    edition: str
    start: str
    title: Text
    note: Text
    layers: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    publication: tuple[Publication, ...] = ()
    measures: tuple[Measure, ...] = ()
    rows: tuple[Rule, ...] = ()
    gates: tuple[Gate, ...] = ()

    @cached_property
    def version(self) -> str:
        """`EDITION+sha256:…` over all that the edition and its layers say.

        Comments, spelling and places of files do not change it; neither does another edition.
        """
        # Sections that hold nothing are left out: one that a later program adds changes no version.
        said = {name: part for name, part in as_json(self).items() if part}
        text = msgspec.json.encode(said, order="deterministic")
        return f"{self.edition}+sha256:{hashlib.sha256(text).hexdigest()}"

    def rows_for(self, measure: str, day: str) -> tuple[Rule, ...]:
        """The rows of a measure in force on an ISO day, by id; none where it reaches nobody.

        Raises WrongUsage for a measure that is not in the catalogue or a day that is none.
        """
        self.measure(measure)
        check_day(day)
        return tuple(row for row in self._by_measure.get(measure, ()) if row.holds(day))

    def barred(self, row: Rule) -> bool:
        """Whether a gate keeps out the relation that a row would reach, whoever added the row."""
        return row.outcome != "exclude" and any(
            gate.gate == "relation" and gate.outcome == "exclude" and row.relation in gate.relations
            for gate in self.gates
        )

    def row(self, name: str) -> Rule:
        """The row of this id; raises WrongUsage."""
        return _find(self._rows, name, "row")

    def measure(self, name: str) -> Measure:
        """The measure of this id; raises WrongUsage naming the nearest."""
        return _find(self._measures, name, "measure")

    def document(self, name: str) -> Document:
        """The document of this id; raises WrongUsage."""
        return _find(self._documents, name, "document")

    def gate(self, name: str) -> Gate:
        """The gate of this id; raises WrongUsage."""
        return _find(self._gates, name, "gate")

    @cached_property
    def _rows(self) -> dict[str, Rule]:
        return {row.id: row for row in self.rows}

    @cached_property
    def _measures(self) -> dict[str, Measure]:
        return {measure.id: measure for measure in self.measures}

    @cached_property
    def _documents(self) -> dict[str, Document]:
        return {document.id: document for document in self.documents}

    @cached_property
    def _gates(self) -> dict[str, Gate]:
        return {gate.id: gate for gate in self.gates}

    @cached_property
    def _by_measure(self) -> dict[str, tuple[Rule, ...]]:
        found: dict[str, list[Rule]] = {}
        for row in sorted(self.rows, key=lambda row: row.id):
            found.setdefault(row.measure, []).append(row)
        return {measure: tuple(rows) for measure, rows in found.items()}


def _find(known: dict[str, _Named], name: str, what: str) -> _Named:
    if name in known:
        return known[name]
    raise WrongUsage(f"the rulebook has no {what} {name[:60]!r}{near(name, list(known))}")


def near(name: str, known: Sequence[str]) -> str:
    """`; did you mean …?` where something known is close to it, else nothing."""
    close = difflib.get_close_matches(name[:60], known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def check_day(text: str) -> str:
    """The text itself where it is an ISO date, YYYY-MM-DD; raises WrongUsage."""
    if not is_day(text):
        raise WrongUsage(f"not a date: {text[:40]!r}")
    return text


def is_day(text: str) -> bool:
    """Whether it is an ISO date written YYYY-MM-DD, as dates in a rulebook compare as text."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
