"""Rules only: the highest score of a finding that a subject is a member of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from algorithms.cases.asking import ask_all, detectors
from algorithms.cases.cases import CaseParams

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.findings.making import Found
    from graph.snapshot import Snapshot

Pair = tuple["Finding", "Found"]
# Of families of detectors whose findings name subjects of some kinds only: which; any, of others.
NAMED: Final = {"flows": frozenset({"account"}), "invoices": frozenset({"company"})}


@dataclass(frozen=True)
class Ruled:
    """Of each node the score of its subject, 0 where no finding names it; the findings that do, by
    subject, strongest first; what cut the detectors short, and how much they had looked at."""

    score: npt.NDArray[np.float64]
    by: dict[int, list[Pair]] = field(repr=False)
    cuts: list[str]
    explored: int


def families(kind: str) -> list[str]:
    """The families of detectors whose findings may name subjects of a kind."""
    every = {each.family for each in detectors(None)}
    return sorted(each for each in every if kind in NAMED.get(each, {kind}))


def rules(
    snapshot: Snapshot, as_of: str, *, family: str | None = None, seconds: float = inf
) -> Ruled:
    """Ask every detector (of a family) as of a day (`cases` does the same), and hold each finding
    against its members. Nothing is learnt from anybody's label: it is the baseline that a model has
    to beat, and what scores where no model is in use. Takes what the detectors take, a minute each
    at most, and all together `seconds`."""
    chosen = [each.name for each in detectors(None, family)]
    params = CaseParams(as_of=as_of, algorithms=chosen, min_score=0.0)
    asked = ask_all(snapshot, params, seconds)
    score = np.zeros(snapshot.n)
    by: dict[int, list[Pair]] = {}
    rep = snapshot.nodes.rep
    for row, found in sorted(asked.pairs, key=_strongest):
        for subject in dict.fromkeys(int(rep[node]) for node in found.members):
            score[subject] = max(score[subject], row.score)
            by.setdefault(subject, []).append((row, found))
    return Ruled(score, by, asked.reasons, asked.explored)


def together(parts: Sequence[Ruled]) -> Ruled:
    """What several families say, as one. Linear in the findings of subjects that two name."""
    by: dict[int, list[Pair]] = {}
    for part in parts:
        for subject, pairs in part.by.items():
            every = {pair[0].id: pair for pair in (*by.get(subject, ()), *pairs)}
            by[subject] = sorted(every.values(), key=_strongest)
    return Ruled(
        np.maximum.reduce([part.score for part in parts]), by,
        [cut for part in parts for cut in part.cuts], sum(part.explored for part in parts),
    )  # fmt: skip


def _strongest(pair: Pair) -> tuple[float, str]:
    return -pair[0].score, pair[0].id


def of_subjects(ruled: Ruled, nodes: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The scores of subjects."""
    found: npt.NDArray[np.float64] = ruled.score[nodes]
    return found
