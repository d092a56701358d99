"""Integrated shares in rationals, for what floating point leaves in doubt at a threshold."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Final

from algorithms.ownership.register import components
from graph.model import SHARE_UNIT

if TYPE_CHECKING:
    from algorithms.ownership.holdings import Holdings, Reader

DOUBT: Final = 1e-9  # how far from a threshold a value of floating point decides
_ROUNDING: Final = 1e-12  # what a value may lack of a threshold where rationals are too dear
_COMPONENT: Final = 40  # subjects of a closed loop that are solved in rationals
_REACHED: Final = 400  # subjects between owner and owned

Share = Callable[[int, int], Fraction]


def shares_of(reader: Reader, part: Holdings) -> Share:
    """The share that u holds directly of v as the register wrote it, by (u, v) of a part.

    Parallel holdings summed; scaled where rounding brought the register of v past 1, and as it
    stands where it is over 1 + 1e-9.
    """
    values, extra = reader.graph.cols.value, reader.snapshot.extra
    register = part.register

    @cache
    def share(u: int, v: int) -> Fraction:
        total = Fraction(0)
        for row in part.rows.get((u, v), ()):
            written = extra(row).get("exact")
            given = Fraction(int(values[row]), SHARE_UNIT)
            total += given if written is None else Fraction(str(written))
        return total if register.over(v) else total * SHARE_UNIT / register.scale(v)

    return share


def meets(value: float, threshold: Fraction, exactly: Callable[[], Fraction | None]) -> bool:
    """Whether a value is at least the threshold; in rationals where the two are close."""
    if abs(value - float(threshold)) > DOUBT:
        return value > threshold
    known = exactly()
    return value >= float(threshold) - _ROUNDING if known is None else known >= threshold


def integrated(part: Holdings, share: Share, s: int, t: int) -> Fraction | None:
    """The integrated share of s in t, as `solve.of_owner` has it; None where that is too large.

    One elimination for each closed loop, O(n^3) in rationals; a few hundred subjects at most.
    """
    register = part.register
    reached = register.reached(s)
    if len(reached) > _REACHED:
        return None
    x = {s: Fraction(1)}
    order = components(reached, lambda u: [v for v in register.owned[u] if v != s])
    for members in reversed(order):
        if len(members) > _COMPONENT:
            return None
        inside = set(members)
        matrix = [
            [Fraction(int(u == v)) - share(u, v) for u in members]
            + [
                sum(
                    (x[u] * share(u, v) for u in register.owners[v] if u in x and u not in inside),
                    Fraction(0),
                )
            ]
            for v in members
        ]
        x.update(zip(members, _solved(matrix), strict=True))
    return x.get(t, Fraction(0))


def _solved(matrix: list[list[Fraction]]) -> list[Fraction]:
    """The solution of [A | b], A not singular, by Gauss and Jordan."""
    for k in range(len(matrix)):
        pivot = next(i for i in range(k, len(matrix)) if matrix[i][k])
        matrix[k], matrix[pivot] = matrix[pivot], matrix[k]
        row = matrix[k] = [entry / matrix[k][k] for entry in matrix[k]]
        for i, other in enumerate(matrix):
            if i != k and (factor := other[k]):
                matrix[i] = [a - factor * b for a, b in zip(other, row, strict=True)]
    return [row[-1] for row in matrix]
