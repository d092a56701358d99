"""From a question about what would free a party to its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from algorithms.extension.ask_extend import Question
from algorithms.extension.proving import evidence_rows
from algorithms.extension.what_if import Freed, WhatIfParams
from algorithms.ownership.linear import Clock, OutOfTimeError
from algorithms.registry import Result, Truncated

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_SMALLEST: Final = 3


def answer(snapshot: Snapshot, params: WhatIfParams) -> Result[Freed]:
    """See `what_if`."""
    question = Question(snapshot, params)
    only = None if params.party is None else snapshot.resolve(params.party)
    reached = [
        one.node
        for ruled, one in question.ruled()[0]
        if ruled.outcome == "extend" and only in (None, one.node)
    ]
    search = _Search(snapshot, params)
    rows: list[Freed] = []
    cut = None
    for node in reached:
        try:
            sets, smallest = search.of(node)
        except OutOfTimeError:
            cut = Truncated(reason="time_limit", explored=len(rows))
            break
        rows += [
            Freed(
                party=snapshot.canonical(node),
                facts=sorted(snapshot.fact_ids(sorted(found))),
                size=len(found),
                smallest=smallest,
                single=len(found) == 1,
            )
            for found in sets
        ]
    rows.sort(key=lambda row: (row.size, row.party, row.facts))
    return Result(results=rows, truncated=cut, rulebook=question.book.version)


class _Search:
    """Sets of relations that free a party, for one question."""

    def __init__(self, snapshot: Snapshot, params: WhatIfParams) -> None:
        self._snapshot = snapshot
        self._params = params
        self._clock = Clock(params.time_limit)

    def of(self, node: int) -> tuple[list[frozenset[int]], bool]:
        """All smallest sets that free a party; past three facts one set, and False."""
        level: list[frozenset[int]] = [frozenset()]
        seen = set(level)
        for _ in range(_SMALLEST + 1):
            proofs = [(gone, self._proof(node, gone)) for gone in level]
            if free := [gone for gone, proof in proofs if proof is None]:
                return free, True
            level = []
            for gone, proof in proofs:
                for row in proof or ():
                    if (more := gone | {row}) not in seen:
                        seen.add(more)
                        level.append(more)
        return [self._irreducible(node)], False

    def _irreducible(self, node: int) -> frozenset[int]:
        """Proof after proof is broken; then whatever is not needed is put back."""
        gone: frozenset[int] = frozenset()
        while (proof := self._proof(node, gone)) is not None:
            gone |= set(proof)
        for row in sorted(gone, key=self._snapshot.fact_id):
            if self._proof(node, gone - {row}) is None:
                gone -= {row}
        return gone

    def _proof(self, node: int, gone: frozenset[int]) -> list[int] | None:
        """Relations that a party is reached by once some are gone, in order of their ids; None
        where it is not."""
        self._clock.check()
        view = self._snapshot.without(gone) if gone else self._snapshot
        question = Question(view, self._params)
        ruled, field = question.ruled()
        for what, one in ruled:
            if one.node == node and what.outcome == "extend":
                rows = evidence_rows(view, field, one, what, question.at)
                return sorted(set(rows), key=self._snapshot.fact_id)
        return None
