"""All facts that can matter between a subject and its parties, out of a view of a store.

Everybody above the subject by holdings, declarations, concert and nominees; its own roles; the
relatives of those. A base of them is judged like the one inside a proof.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from graph.limbs import BESIDE
from graph.proof.base import BadProof, Base, Subject, entry_of, relation_of
from graph.proof.known import (
    AROUND,
    MOST,
    above,
    fact,
    joins_of,
    listing,
    named_alone,
    record,
    rows_of,
    stated,
)

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class Around:
    """The facts around one subject in a view; `base` judges them.

    Raises BadProof where they are more than are read. Linear in them.
    """

    def __init__(self, snapshot: Snapshot, subject: int, parties: list[int]) -> None:
        self.snapshot = snapshot
        self.base = Base()
        self.rows: dict[str, int] = {}
        self._nodes: set[int] = set()
        for _, rows in above(snapshot, subject):
            self._take(rows)
        for into in (True, False):
            self._take(rows_of(snapshot, subject, AROUND, into=into).tolist())
        for node in sorted(self._nodes | set(parties)):
            if snapshot.kind_name(node) == "person":
                for into in (True, False):
                    self._take(rows_of(snapshot, node, BESIDE, into=into).tolist())
        for party in parties:
            self._name(party)
        name = self._name(subject)
        self.base.listings[name] = [
            entry_of(listing(snapshot, subject, said)) for said in snapshot.listings(subject)
        ]

    def _take(self, rows: list[int]) -> None:
        cols, rep = self.snapshot.columns, self.snapshot.nodes.rep
        for row in rows:
            if not stated(self.snapshot, row):
                continue
            said = fact(self.snapshot, row)
            if said["fact"] in self.rows:
                continue
            self.rows[said["fact"]] = row
            a, b = (int(rep[end[row]]) for end in (cols.src, cols.dst))
            self.base.add(relation_of(said, self._name(a), self._name(b)))
        if len(self.rows) > MOST:
            raise BadProof(f"more than {MOST} relations stand around this subject")

    def _name(self, node: int) -> str:
        """The canonical id of a subject, which is put in when it is first met."""
        node = int(self.snapshot.nodes.rep[node])
        name = self.snapshot.canonical(node)
        if node not in self._nodes:
            self._nodes.add(node)
            nodes = self.snapshot.nodes
            found = Subject(self.snapshot.kind_name(node), int(nodes.vf[node]), int(nodes.vt[node]))
            found.by_name = named_alone(self.snapshot, node)
            found.organ = self.snapshot.state_organ(node)
            self.base.subjects[name] = found
        return name

    def person(self, node: int) -> None:
        """Read what is known of a party's birth."""
        found = self.base.subjects[self._name(node)]
        for said in self.records(node, full=True):
            found.births.update(date.fromisoformat(each) for each in said.get("born", ()))

    def records(self, node: int, *, full: bool) -> list[dict[str, Any]]:
        """The known records of a subject, as a proof states them; `full` with births."""
        told = self.snapshot.stated([node]) if full else {}
        return [
            record(self.snapshot, member, told.get(member))
            for member in self.snapshot.members(node)
            if self.snapshot.known(member)
        ]

    def joins(self, node: int) -> list[dict[str, Any]]:
        """The judgements that join its records."""
        rows = joins_of(self.snapshot, node)
        return [fact(self.snapshot, row) for row in rows if stated(self.snapshot, row)]
