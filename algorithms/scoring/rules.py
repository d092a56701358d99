"""Rules only: the highest score of a finding that a subject is a member of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.findings.making import Found
    from graph.snapshot import Snapshot


@dataclass(frozen=True)
class Ruled:
    """Of each node the score of its subject, 0 where no finding names it; the findings that do, by
    subject, strongest first; what cut the detectors short, and how much they had looked at."""

    score: npt.NDArray[np.float64]
    by: dict[int, list[tuple[Finding, Found]]] = field(repr=False)
    cuts: list[str]
    explored: int


def rules(snapshot: Snapshot, as_of: str, *, time_limit: float = 60.0) -> Ruled:
    """Ask every detector as of a day (`cases` does the same), and hold each finding against its
    members. Nothing is learnt from anybody's label: it is the baseline that a model has to beat,
    and what scores where no model is in use. Takes what the detectors take."""
    from algorithms.cases.asking import ask_all
    from algorithms.cases.cases import CaseParams

    asked = ask_all(snapshot, CaseParams(as_of=as_of, min_score=0.0, time_limit=time_limit))
    score = np.zeros(snapshot.n)
    by: dict[int, list[tuple[Finding, Found]]] = {}
    rep = snapshot.nodes.rep
    for row, found in sorted(asked.pairs, key=lambda pair: (-pair[0].score, pair[0].id)):
        for subject in dict.fromkeys(int(rep[node]) for node in found.members):
            score[subject] = max(score[subject], row.score)
            by.setdefault(subject, []).append((row, found))
    return Ruled(score, by, asked.reasons, asked.explored)


def of_subjects(ruled: Ruled, nodes: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The scores of subjects."""
    found: npt.NDArray[np.float64] = ruled.score[nodes]
    return found
