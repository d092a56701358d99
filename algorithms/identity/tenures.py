"""Phones that count as shared only where two had them at once: a recycled number says nothing.

A number is given out again after a few months, to a stranger. Two users share a phone where their
intervals overlap or touch. Splink compares by equality, so each use of a phone becomes a set of
marks, one for each beginning of any use of that phone that lies within it: two uses have a mark in
common exactly where they overlap or touch, for then the later beginning lies within both.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from graph.times import INF, NEG

I64 = npt.NDArray[np.int64]
MOST: Final = 64  # uses of one thing; more tell nothing of who is who (a switchboard, a hotel)


def tenures(
    thing: npt.NDArray[Any], begins: I64, ends: I64, *, most: int = MOST
) -> tuple[I64, I64, I64]:
    """Marks of uses: rows `use`, `thing`, `mark` (ascending by use), see the module.

    `thing` numbers what is used (integers), `begins` and `ends` the interval of each use, in any
    unit; `NEG` and `INF` where unknown. Things of more than `most` uses give none. n log n, and
    at most `most` marks a use.
    """
    order = np.lexsort((begins, thing))
    sorted_, first = thing[order], begins[order]
    cuts = np.flatnonzero(np.append(True, sorted_[1:] != sorted_[:-1])) if len(order) else order
    sizes = np.diff(np.append(cuts, len(order)))
    group = np.repeat(np.arange(len(cuts)), sizes)
    kept = sizes[group] <= most
    # Pairs (use, beginning) within a group: a beginning of each use against every use of the group.
    uses = np.flatnonzero(kept)
    repeats = sizes[group[uses]]
    use = np.repeat(uses, repeats)
    place = np.arange(len(use)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    other = cuts[group[use]] + place
    mark = first[other]
    within = (mark >= first[use]) & (mark <= ends[order][use])
    fresh = (place == 0) | (mark != first[np.maximum(other - 1, 0)])  # one mark of equal beginnings
    keep = within & fresh
    found = order[use[keep]]
    by = np.lexsort((mark[keep], found))
    return found[by], thing[found[by]].astype(np.int64), mark[keep][by]


__all__ = ["INF", "MOST", "NEG", "tenures"]
