"""From what follows for a candidate to the proof that shows it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from algorithms.extension.candidates import Candidate, Field
from algorithms.extension.certain import holdings, least
from algorithms.extension.ruling import Ruled, Ruling
from algorithms.ownership.holdings import Reader
from graph.limbs import CONTROLLER, CONTROLLING, SHAREHOLDER
from graph.proof.known import fact, joins_of, listing, record, stated
from graph.proof.shape import ENGINE, FORMAT, Proof, gated, rule_said, sealed

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class Prover:
    """Makes the proofs of one answer; what they share is stated once."""

    def __init__(
        self, snapshot: Snapshot, ruling: Ruling, root: int, days: tuple[str, str]
    ) -> None:
        self._snapshot = snapshot
        self._ruling = ruling
        self._root = root
        self._days = days
        self._records: dict[tuple[int, bool], list[dict[str, Any]]] = {}
        self._facts: dict[int, dict[str, Any]] = {}
        self._rules: dict[str, Any] = {}
        self._listings = [
            listing(snapshot, root, said)
            for said in snapshot.listings(root)
            if said.get("domain") == ruling.measure.domain
        ]

    def prove(self, one: Candidate, ruled: Ruled, rows: list[int]) -> Proof:
        """The proof of what follows for a candidate, on these rows."""
        snapshot = self._snapshot
        act, as_of = self._days
        cols, rep = snapshot.columns, snapshot.nodes.rep
        nodes = {self._root: None, one.node: None}
        for row in rows:
            nodes |= {int(rep[cols.src[row]]): None, int(rep[cols.dst[row]]): None}
        shown = gated({"outcome": ruled.outcome, "reason": ruled.reason})
        joins = self.joins(rows, one)
        return sealed({
            "format": FORMAT,
            "claim": {
                "subject": snapshot.canonical(self._root),
                "party": snapshot.canonical(one.node),
                "measure": self._ruling.measure.id,
                "act": act,
                "as_of": as_of,
                "known_at": snapshot.known_at,
                "snapshot": snapshot.name,
                "outcome": ruled.outcome,
                "reason": ruled.reason,
                "limb": ruled.limb,
                "until": ruled.until,
                "engine": ENGINE,
            },
            "rulebook": self._ruling.book.version,
            "rule": None if ruled.rule is None else self._rule(ruled.rule),
            "records": [
                said
                for node in nodes
                for said in self._stated(node, full=node == one.node and shown)
            ],
            "relations": [self._fact(row) for row in [*rows, *joins]],
            "listings": self._listings,
        })  # fmt: skip

    def _rule(self, rule: Any) -> Any:
        if rule.id not in self._rules:
            self._rules[rule.id] = rule_said(rule)
        return self._rules[rule.id]

    def _fact(self, row: int) -> dict[str, Any]:
        if (said := self._facts.get(row)) is None:
            said = self._facts[row] = fact(self._snapshot, row)
        return said

    def _stated(self, node: int, *, full: bool) -> list[dict[str, Any]]:
        """The records of a subject; of the party with all that they say of it."""
        if (said := self._records.get((node, full))) is None:
            snapshot = self._snapshot
            said = self._records[node, full] = [
                record(snapshot, member, self._ruling.stated.get(member) if full else None)
                for member in snapshot.members(node)
                if snapshot.known(member)
            ]
        return said

    def joins(self, rows: list[int], one: Candidate) -> list[int]:
        """The judgements that join records of the two and of whomever these rows lead through."""
        snapshot = self._snapshot
        cols, rep = snapshot.columns, snapshot.nodes.rep
        ends = (int(rep[end[row]]) for row in rows for end in (cols.src, cols.dst))
        return [
            row
            for node in dict.fromkeys((self._root, one.node, *ends))
            for row in joins_of(snapshot, node)
            if stated(snapshot, row)
        ]


def evidence_rows(
    snapshot: Snapshot, field: Field, one: Candidate, ruled: Ruled, at: int
) -> list[int]:
    """Rows of which none can be left out: those of the limb that decides.

    Where none decides, all by which the party stands beside the subject, or did.
    """
    limb = ruled.limb
    if limb == CONTROLLER and one.control is not None:
        return _controlling(snapshot, field, one, at)
    if limb in one.shed and limb not in one.limbs:
        return _first(snapshot, one.shed[limb])
    if limb in (SHAREHOLDER, CONTROLLING):
        return one.ballots
    if limb in one.limbs:
        row = _first(snapshot, one.sure(limb))
        if (leader := one.beside.get(row[0])) is None:
            return row
        return row + _leading(snapshot, field, field.of(leader), at)
    rows = [
        row for listed in (one.limbs, one.shed, one.later) for r in listed.values() for row in r
    ]
    return sorted(set(rows), key=snapshot.fact_id)


def _register(snapshot: Snapshot, one: Candidate, at: int) -> list[int]:
    """Of a company at the top, holdings that name half of its votes: nobody unknown commands it."""
    if snapshot.kind_name(one.node) != "company":
        return []
    rows = sorted(
        holdings(Reader(snapshot, at), one.node),
        key=lambda row: (-least(snapshot, row), snapshot.fact_id(row)),
    )
    shown, total = [], Fraction(0)
    for row in rows:
        if 2 * total >= 1:
            break
        shown.append(row)
        total += least(snapshot, row)
    return shown


def _controlling(snapshot: Snapshot, field: Field, one: Candidate, at: int) -> list[int]:
    """By what somebody controls the subject, and that nobody stands above it."""
    rows = list(dict.fromkeys([*one.way, *_register(snapshot, one, at)]))
    if field.control is None or one.control is None or one.doubt is not None:
        return rows
    return field.control.shown(one.control, rows)


def _leading(snapshot: Snapshot, field: Field, leader: Candidate, at: int) -> list[int]:
    """By what somebody leads the subject."""
    for limb, rows in leader.limbs.items():
        if limb == CONTROLLER and leader.control is not None:
            return _controlling(snapshot, field, leader, at)
        if limb not in (SHAREHOLDER, CONTROLLING):
            return _first(snapshot, rows)
    return []


def _first(snapshot: Snapshot, rows: list[int]) -> list[int]:
    """One of parallel relations: each alone is enough."""
    return [min(rows, key=snapshot.fact_id)]
