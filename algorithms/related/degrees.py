"""How many neighbours subjects have: what a shared one is discounted by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graph.compiled import kernel
from graph.neighbours import buffer, gather

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.deadline import Deadline
    from graph.traverse import Ask, Graph

HUB: Final = -1  # more relations than were to be counted
_TOGETHER: Final = 256  # subjects counted between two looks at the clock


@kernel
def count(g: Any, ask: Any, subjects: Any, limit: int, buf: Any, found: Any) -> None:
    """Put into `found` how many subjects stand next to each, HUB past `limit` relations."""
    for i in range(len(subjects)):
        n = gather(g, ask, subjects[i], buf, limit)
        if n > limit:
            found[i] = HUB
            continue
        others = np.sort(buf.others[:n])
        distinct = 0
        for j in range(n):
            if j == 0 or others[j] != others[j - 1]:
                distinct += 1
        found[i] = distinct


def degrees(
    g: Graph, ask: Ask, subjects: Sequence[int], limit: int, deadline: Deadline
) -> list[int]:
    """The number of subjects next to each of these, HUB where it has more than `limit` relations.

    Ends early, with fewer numbers, when the time is over. Time: at most `limit` relations
    a subject.
    """
    buf = buffer(limit)
    found: list[int] = []
    for lo in range(0, len(subjects), _TOGETHER):
        if lo and deadline.expired():
            break
        part = np.array(subjects[lo : lo + _TOGETHER], np.int64)
        numbers = np.empty(len(part), np.int64)
        (count if lo == 0 else count.hot)(g, ask, part, limit, buf, numbers)
        found += numbers.tolist()
    return found
