"""What is new in a finding, by trying every way in which hidden evidence can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations


def completions(shown: Sequence[str], total: int, names: Sequence[str]) -> Iterator[frozenset[str]]:
    """Every set of this size over these names that shows what is shown."""
    hidden = [name for name in names if name not in shown]
    for rest in combinations(hidden, total - len(shown)):
        yield frozenset((*shown, *rest))


def least_new(
    before: Sequence[str], before_total: int, now: Sequence[str], now_total: int
) -> int:  # fmt: skip
    """The fewest later ones that are outside the earlier set, over all ways both can be."""
    size = before_total + now_total
    spare = [f"hidden{n}" for n in range(size)]
    names = sorted({*before, *now, *spare})
    return min(
        len(new - old)
        for old in completions(before, before_total, names)
        for new in completions(now, now_total, names)
    )
