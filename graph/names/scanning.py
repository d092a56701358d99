"""The loops of a search for names: over the names of one gram, and over those of many."""

from __future__ import annotations

from typing import Any, Final

from graph.compiled import inline_kernel, kernel

EASY: Final = 2_000  # names looked at interpreted before compiled code is worth its loading


@inline_kernel
def _stands(column: Any, at: int, wanted: Any) -> bool:
    """Whether a sequence stands at a place."""
    for i in range(len(wanted)):  # noqa: SIM110  # compiled
        if column[at + i] != wanted[i]:
            return False
    return True


@kernel
def scan(
    lists: Any,
    low: int,
    high: int,
    column: Any,
    starts: Any,
    kinds: Any,
    wanted: Any,
    how: int,
    which: Any,
    out: Any,
) -> int:
    """Put into `out` the names of `lists[low:high]` that are (0), begin with (1: and go on) or hold
    further on (2) a sequence, until it is full; how many."""
    count = 0
    size = len(wanted)
    for place in range(low, high):
        name = lists[place]
        if kinds[name] & which == 0:
            continue
        begin = starts[name]
        last = starts[name + 1] - size
        if last < begin or (how == 0 and last != begin) or (how == 1 and last == begin):
            continue
        found = _stands(column, begin, wanted)
        if how == 2:
            if found:
                continue
            for at in range(begin + 1, last + 1):
                if _stands(column, at, wanted):
                    found = True
                    break
        if found:
            if count == len(out):
                return count
            out[count] = name
            count += 1
    return count


@kernel
def scan_first(
    lists: Any,
    low: int,
    high: int,
    sounds: Any,
    starts: Any,
    kinds: Any,
    letters: Any,
    first: Any,
    which: Any,
    out: Any,
) -> int:
    """Put into `out` the names of `lists[low:high]` whose sounds begin with these letters, one a
    sound; `first` is the letter of each sound."""
    count = 0
    size = len(letters)
    for place in range(low, high):
        name = lists[place]
        begin = starts[name]
        if kinds[name] & which == 0 or starts[name + 1] - begin < size:
            continue
        found = True
        for i in range(size):
            if first[sounds[begin + i]] != letters[i]:
                found = False
                break
        if found:
            if count == len(out):
                return count
            out[count] = name
            count += 1
    return count


@kernel
def gather_scores(
    lists: Any,
    lows: Any,
    highs: Any,
    weights: Any,
    kinds: Any,
    which: Any,
    scores: Any,
    touched: Any,
) -> int:
    """Add the weight of each list to the scores of its names; put those met into `touched`."""
    count = 0
    for i in range(len(lows)):
        for place in range(lows[i], highs[i]):
            name = lists[place]
            if kinds[name] & which == 0:
                continue
            if scores[name] == 0:
                touched[count] = name
                count += 1
            scores[name] += weights[i]
    return count
