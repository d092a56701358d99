"""What detectors find of a subject: of each pattern the highest score of those it is a member of.

A person or company is a member where an account that it holds is. All detectors are run, which
takes long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from algorithms.features.events import owners
from algorithms.features.sheet import Scope, Sheet
from algorithms.features.table import Feature
from algorithms.findings.patterns import WORDS

GROUP: Final = "findings"
_OTHERS: Final = frozenset({"cluster", "case"})  # made from findings
_LEAST: Final = 0.1  # score from which on a finding counts
_LIMIT: Final = 600.0  # seconds for each detector


def meanings(kind: str, windows: Sequence[int]) -> Iterator[Feature]:
    """See `Group`."""
    del kind, windows
    for pattern, zh in WORDS.items():
        if pattern not in _OTHERS:
            yield Feature(f"findings_{pattern}", GROUP, f"highest score of a {pattern} that it is a"
                          f" member of on the day, 0 of none", f"当日所属“{zh}”线索的最高得分",
                          "score")  # fmt: skip
    yield Feature("findings_count", GROUP, f"findings of a score of {_LEAST} or more that it is a"
                  " member of on the day", "当日所属线索数", "findings")  # fmt: skip


def fill(scope: Scope, sheet: Sheet) -> None:
    """See `Group`. What a detector left out because its time was over is said."""
    from algorithms.cases.asking import ask_all
    from algorithms.cases.cases import CaseParams

    snapshot, n = scope.snapshot, scope.snapshot.n
    asked = ask_all(snapshot, CaseParams(as_of=scope.as_of, min_score=_LEAST, time_limit=_LIMIT))
    scope.cut += asked.reasons
    owner = owners(snapshot, scope.at) if scope.kind in ("company", "person") else np.arange(n)
    names = [pattern for pattern in WORDS if pattern not in _OTHERS]
    best = {pattern: np.zeros(n, np.float32) for pattern in names}
    count = np.zeros(n, np.int64)
    for row, found in asked.pairs:
        members = np.unique(owner[snapshot.nodes.rep[np.asarray(found.members, np.int64)]])
        count[members] += 1
        if row.pattern in best:
            of = best[row.pattern]
            of[members] = np.maximum(of[members], row.score)
    for pattern, values in best.items():
        sheet[f"findings_{pattern}"] = values
    sheet["findings_count"] = count
