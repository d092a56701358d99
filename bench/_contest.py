"""Two sides asked the same questions in turn, their answers compared, their times as ratios."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from bench._cypher import LIMIT
from bench._measure import Row, at_least, percentile, plain, show, timed
from bench._questions import COUNTS, Question, parties

ROUNDS = 3
Ask = Callable[[Question], Any]


def reached(question: Question, record: Any) -> set[str]:
    """What Neo4j's answer names."""
    if question.group == "look-up":
        return {record["id"], record["kind"], *record["records"]}
    return set(record["found"])


class Contest:
    """Times of both sides in milliseconds, by group of questions."""

    def __init__(self, ours: Ask, theirs: Ask) -> None:
        self.sides = (ours, theirs)
        self.times: dict[str, tuple[list[float], list[float]]] = {}
        self.late: set[Question] = set()

    def run(self, asked: list[Question]) -> None:
        """Ask both everything, in turn."""
        for turn in range(ROUNDS):
            for k, question in enumerate(asked):
                self._one(question, first=(k + turn) % 2, check=turn == 0)

    def _one(self, question: Question, *, first: int, check: bool) -> None:
        answers: list[Any] = [None, None]
        times = self.times.setdefault(question.group, ([], []))
        for side in (first, 1 - first):
            if side and question in self.late:
                times[1].append(LIMIT * 1000)
                continue
            took, answers[side] = timed(partial(self.sides[side], question))
            if side and answers[1] is None:
                self.late.add(question)
                took = LIMIT * 1000
            times[side].append(took)
        if check and question not in self.late:
            ours, theirs = parties(question, answers[0]), reached(question, answers[1])
            assert ours == theirs, (question, len(ours - theirs), len(theirs - ours))

    def ratio(self, group: str, q: float) -> tuple[float, str]:
        """Neo4j's time over ours at a quantile, and both times in words."""
        ours, theirs = (percentile(times, q) for times in self.times[group])
        return theirs / ours, f"Neo4j {show(theirs)} ms, ours {show(ours)} ms"

    def rows(self, setting: str, target: float | None) -> list[Row]:
        """Ratios by group; with a target, those at p99 must reach it."""
        rows = []
        for group in (name for name in COUNTS if name in self.times):
            what = f"{setting}: {group}, Neo4j to ours"
            rows.append(plain(f"{what}, p50", self.ratio(group, 0.5)[0], "×",
                              self.ratio(group, 0.5)[1]))  # fmt: skip
            value, note = self.ratio(group, 0.99)
            what += ", p99"
            rows.append(
                at_least(what, value, target, "×", note)
                if target
                else plain(what, value, "×", note)
            )
        rows.append(plain(f"{setting}: questions over {LIMIT:g} s in Neo4j", len(self.late), ""))
        return rows

    def mean(self) -> float:
        """The geometric mean of the ratios at p99."""
        return math.exp(sum(math.log(self.ratio(g, 0.99)[0]) for g in self.times) / len(self.times))
