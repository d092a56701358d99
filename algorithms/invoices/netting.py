"""Red letters netted against the invoices that they take back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from graph.columns import I64
from graph.compiled import kernel

if TYPE_CHECKING:
    from graph.carried import Said
    from graph.columns import I32
    from graph.snapshot import Snapshot

    Bools = npt.NDArray[np.bool_]

_HOT: Final = 20_000


@kernel
def _latest(group: Any, left: Any, stack: Any) -> None:
    """Within each group, a red letter takes back from the latest before it, then those before; of
    one amount, that is the latest, whole."""
    top = 0
    for i in range(len(group)):
        if i == 0 or group[i] != group[i - 1]:
            top = 0
        if left[i] > 0:
            stack[top] = i
            top += 1
        while left[i] < 0 and top > 0:
            at = stack[top - 1]
            taken = min(left[at], -left[i])
            left[at] -= taken
            left[i] += taken
            if left[at] == 0:
                top -= 1


def netted(
    snapshot: Snapshot, row: I64, pair: I64, time: I64, amount: I64, goods: I32, cited: Said
) -> I64:
    """What stands of each invoice's amount once red letters (negative) have taken back theirs.

    Of the invoices of the same seller and buyer no later than itself, a red letter takes back the
    one that it cites (`cited`: an id of its own dataset, or `dataset:id`), and no other: nothing
    more where that one is void or taken back already, for either undoes the same trade. Where it
    cites none of them, it is the latest of its very amount and goods; where there is none, the
    latest of its amount; where there is none, the latest, in part, and then those before. Citations
    go first. What is taken back whole stands at 0, and a red letter that cites none at what it
    found nothing for. A void one comes in, and stands, at 0. O(n log n) in the invoices of pairs
    that have a red letter.
    """
    left = amount.copy()
    red = amount < 0
    if not red.any():
        return left
    at = np.flatnonzero(np.isin(pair, np.unique(pair[red])))
    at = at[np.lexsort((red[at], time[at], pair[at]))]
    at = untied(snapshot, row, at, (pair, time, red))
    _cited(snapshot, left, row, at, (pair, time, red), cited)
    size = np.abs(amount)
    for by in ((goods, size, pair), (size, pair), (pair,)):
        # What is taken back in part is of no amount that another could be like.
        some = at[np.abs(left[at]) == size[at]] if len(by) > 1 else at
        # The sort is stable: within what is alike by these, the order of time stays.
        _pass(left, some[np.lexsort([column[some] for column in by])], by)
    return left


def _cited(
    snapshot: Snapshot, left: I64, row: I64, at: I64, by: tuple[I64, I64, Bools], cited: Said
) -> None:
    """Take back what red letters cite; they are done with."""
    pair, time, red = by
    citing = at[red[at] & (cited.codes[at] >= 0)]
    if not len(citing):
        return
    at = at[np.isin(pair[at], np.unique(pair[citing]))]
    names = snapshot.fact_ids(row[at].tolist())
    place = dict(zip(names, at.tolist(), strict=True))
    called = dict(zip(at.tolist(), names, strict=True))
    for one in citing.tolist():
        text = cited.texts[cited.codes[one]]
        own = called[one].partition(":")[0]
        first = place.get(f"{own}:{text}", place.get(text))
        if first is None or pair[first] != pair[one] or time[first] > time[one] or red[first]:
            continue
        left[first] = max(left[first] + left[one], 0)
        left[one] = 0


def _pass(left: I64, at: I64, by: tuple[Any, ...]) -> None:
    fresh = np.zeros(len(at), np.bool_)
    for column in by:
        ordered = column[at]
        fresh[1:] |= ordered[1:] != ordered[:-1]
    group, open_, stack = np.cumsum(fresh), left[at], np.empty(len(at), np.int64)
    _latest.tier(heavy=len(at) > _HOT)(group, open_, stack)
    left[at] = open_


def untied(snapshot: Snapshot, row: I64, at: I64, by: tuple[Any, ...]) -> I64:
    """The same order of places, those alike in all of `by` by their names, not as they came."""
    same = np.ones(len(at), np.bool_)
    same[:1] = False
    for column in by:
        ordered = column[at]
        same[1:] &= ordered[1:] == ordered[:-1]
    if not same.any():
        return at
    tied = same.copy()
    tied[:-1] |= same[1:]
    where = np.flatnonzero(tied)
    run = np.cumsum(~same)[where].tolist()
    names = snapshot.fact_ids(row[at[where]].tolist())
    order = sorted(range(len(where)), key=lambda i: (run[i], names[i]))
    at = at.copy()
    at[where] = at[where[order]]
    return at
