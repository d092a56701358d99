"""From a question about many extensions to its rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from algorithms.extension import ask_extend
from algorithms.extension.extend import ExtendParams, Legal, Outcome
from algorithms.extension.extend_batch import BatchParams, SubjectOutcome
from algorithms.extension.extend_preview import Touched
from algorithms.ownership.linear import Clock, OutOfTimeError
from algorithms.registry import Result, Truncated
from graph.proof.known import rows_of
from graph.rulebook import load_rulebook
from graph.times import day_end, today

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class _Batch:
    """Single questions one after the other, until rows or time are out."""

    def __init__(self, snapshot: Snapshot, params: BatchParams) -> None:
        self.snapshot = snapshot
        self.params = params
        nodes = dict.fromkeys(snapshot.resolve(name) for name in params.subjects)
        self.subjects = list(nodes)
        self.done = 0
        self.cut: str | None = None
        self.version = load_rulebook(params.edition).version

    def rows(self) -> Iterator[tuple[int, Outcome]]:
        """Subjects and what follows for each party of theirs."""
        clock, left = Clock(self.params.time_limit), self.params.max_rows
        for node in self.subjects:
            try:
                clock.check()
            except OutOfTimeError:
                self.cut = "time_limit"
                return
            found = ask_extend.answer(self.snapshot, self._single(node))
            for row in found.results:
                if left == 0:
                    self.cut = "max_rows"
                    return
                left -= 1
                yield node, row
            if found.truncated is not None:
                self.cut = found.truncated.reason
            self.done += 1

    def _single(self, node: int) -> ExtendParams:
        given = self.params
        return ExtendParams(
            subject=self.snapshot.canonical(node), measure=given.measure, act=given.act,
            edition=given.edition, as_of=given.as_of, proofs=False, max_rows=1_000_000,
        )  # fmt: skip

    def truncated(self) -> Truncated | None:
        """Which bound ended it."""
        if self.cut is None:
            return None
        limit = self.params.max_rows if self.cut == "max_rows" else None
        return Truncated(reason=self.cut, explored=self.done, limit=limit)

    def notes(self) -> list[str]:
        """How many subjects were left."""
        left = len(self.subjects) - self.done
        return [f"{left} of {len(self.subjects)} subjects were left / 未完成的主体"] if left else []


def batch(snapshot: Snapshot, params: BatchParams) -> Result[SubjectOutcome]:
    """See `extend_batch`."""
    asked = _Batch(snapshot, params)
    rows = [
        SubjectOutcome(subject=snapshot.canonical(node), **msgspec.structs.asdict(row))
        for node, row in asked.rows()
    ]
    return Result(
        results=rows, truncated=asked.truncated(), notes=asked.notes(), rulebook=asked.version
    )


def preview(snapshot: Snapshot, params: BatchParams) -> Result[Touched]:
    """See `extend_preview`."""
    asked = _Batch(snapshot, params)
    found: dict[str, set[str]] = {"extend": set(), "review": set(), "exclude": set()}
    rules: dict[str, Legal] = {}
    for _, row in asked.rows():
        found[row.outcome].add(row.party)
        if row.outcome == "extend" and row.rule is not None and row.basis is not None:
            rules[row.rule] = row.basis
    subjects = {snapshot.canonical(node) for node in asked.subjects}
    reached = found["extend"] - subjects
    referred = found["review"] - found["extend"] - subjects
    kinds = {name: snapshot.kind_name(snapshot.resolve(name)) for name in reached | referred}
    firms = [*asked.subjects, *(snapshot.resolve(n) for n in reached if kinds[n] == "company")]
    at = day_end(params.as_of or today())
    touched = Touched(
        measure=params.measure,
        subjects=len(subjects),
        extend_people=sum(kinds[name] == "person" for name in reached),
        extend_firms=sum(kinds[name] == "company" for name in reached),
        review_people=sum(kinds[name] == "person" for name in referred),
        review_firms=sum(kinds[name] == "company" for name in referred),
        employees=len({person for firm in firms for person in _employed(snapshot, firm, at)}),
        rules=sorted(rules),
        bases=list({basis: None for _, basis in sorted(rules.items())}),
    )
    return Result(
        results=[touched], truncated=asked.truncated(), notes=asked.notes(), rulebook=asked.version
    )


def _employed(snapshot: Snapshot, firm: int, at: int) -> Iterator[int]:
    """Whom a firm employs at an instant."""
    cols, nodes = snapshot.columns, snapshot.nodes
    for row in rows_of(snapshot, firm, ("employs",), into=False).tolist():
        person = int(nodes.rep[cols.dst[row]])
        if cols.vf[row] <= at < cols.vt[row] and nodes.vf[person] <= at < nodes.vt[person]:
            yield person
