"""Linear systems (I - P) y = b of a strongly connected part of the register, P the part's shares.

Row v of P says who holds v inside the part; `leak[v]` is the rest of v (held outside, or by nobody
known), so 1 = P[v,v] + sum of the others + leak[v]. The leak is given, never got by subtraction: a
loop that owns all of itself but 1e-9 is as well determined as any other.

Small parts are eliminated without a single subtraction (Grassmann, Taksar, Heyman 1985,
doi:10.1287/opre.33.5.1107; O'Cinneide 1993, Numer. Math. 65: each entry keeps its relative accuracy
whatever the condition). Larger ones that leak well are iterated to a proven error of 1e-13; the
rest goes to LAPACK or SuperLU, refined with a residual that uses the leak.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from graph.deadline import within

Floats = npt.NDArray[np.float64]
T = TypeVar("T")

ELIMINATED: Final = 48  # parts up to this size are eliminated; numpy's overhead decides
DENSE: Final = 200  # up to this size LAPACK, beyond it sparse LU
INVERTED: Final = 1500  # largest part that is inverted whole
RESCUED: Final = 600  # largest part that is eliminated when nothing else is accurate
_ROUNDS: Final = 256
_TRUSTED: Final = 1e6  # row sum of the inverse up to which an unrefined inverse keeps 1e-9


class OutOfTimeError(Exception):
    """The question's time limit has passed."""


class InaccurateError(ArithmeticError):
    """A system so close to singular, and so large, that 1e-9 cannot be promised."""


class Clock:
    """A time limit in seconds, from now: a deadline whose end is raised."""

    def __init__(self, limit: float) -> None:
        self._deadline = within(limit)

    def check(self) -> None:
        """Raise OutOfTimeError once the limit has passed; Cancelled where it was called off."""
        if self._deadline.expired():
            raise OutOfTimeError

    def left(self) -> float:
        """Seconds until the limit; raises OutOfTimeError once it has passed."""
        self.check()
        return max(self._deadline.left(), 1e-9)


def gathered(rows: Iterable[T], most: int) -> tuple[list[T], str | None]:
    """The first rows of an answer, and the bound that ended them: `max_rows`, `time_limit` where
    whoever makes them raised OutOfTimeError, None where there are no more."""
    found: list[T] = []
    try:
        for row in rows:
            if len(found) == most:
                return found, "max_rows"
            found.append(row)
    except OutOfTimeError:
        return found, "time_limit"
    return found, None


class Part:
    """The shares inside a strongly connected part: `rows[v]` = {holder: share}, diagonal left out.

    n unknowns; entries as coordinates for residuals, dense only where asked for.
    """

    def __init__(self, rows: Sequence[dict[int, float]], leak: Sequence[float]) -> None:
        self.n = len(rows)
        self.leak: Floats = np.array(leak)
        self.i = np.array([v for v, row in enumerate(rows) for _ in row], dtype=np.int64)
        self.j = np.array([u for row in rows for u in row], dtype=np.int64)
        self.p: Floats = np.array([p for row in rows for p in row.values()])

    def dense(self) -> Floats:
        """P without its diagonal."""
        matrix = np.zeros((self.n, self.n))
        matrix[self.i, self.j] = self.p
        return matrix

    def diagonal(self) -> Floats:
        """The diagonal of I - P: leak and the others' shares, without a subtraction."""
        return self.leak + np.bincount(self.i, self.p, self.n)

    def residual(self, y: Floats, b: Floats) -> Floats:
        """b - (I - P) y, by differences of y: exact in the last places where the leak is tiny."""
        return np.asarray(b - self.apply(y))

    def apply(self, y: Floats) -> Floats:
        """(I - P) y."""
        drop = np.bincount(self.i, self.p * (y[self.i] - y[self.j]), self.n)
        return np.asarray(self.leak * y + drop)

    def factor(self) -> Callable[[Floats], Floats]:
        """A solver of (I - P) y = b that keeps its factors."""
        if self.n <= DENSE:
            inverse = np.linalg.inv(np.diag(self.diagonal()) - self.dense())
            return lambda b: inverse @ b
        lu = self.sparse_lu()
        return lambda b: np.asarray(lu.solve(b))

    def sparse_lu(self) -> Any:
        """SuperLU of I - P; the diagonal dominates its rows, so it serves as pivot."""
        from scipy.sparse import csc_matrix
        from scipy.sparse.linalg import splu

        at = np.arange(self.n)
        values = np.concatenate([self.diagonal(), -self.p])
        where = (np.concatenate([at, self.i]), np.concatenate([at, self.j]))
        return splu(csc_matrix((values, where), shape=(self.n, self.n)))


def solve(part: Part, b: Floats) -> Floats:
    """y with (I - P) y = b, b >= 0 and b <= leak with some b > 0, so that 0 <= y <= 1.

    Raises InaccurateError where a large part leaks so little that 1e-9 cannot be promised.
    """
    if part.n <= ELIMINATED:
        return eliminate(part.dense(), part.leak, b[:, None])[:, 0]
    if (y := _iterate(part, b)) is not None:
        return y
    try:
        refined = _refine(part, b)
    except (np.linalg.LinAlgError, RuntimeError):  # singular to working precision
        refined = None
    if refined is not None:
        return refined
    if part.n <= RESCUED:
        return eliminate(part.dense(), part.leak, b[:, None])[:, 0]
    raise InaccurateError


def _iterate(part: Part, b: Floats) -> Floats | None:
    """Rounds of the walks themselves (Jacobi), where the part leaks enough for a few to do.

    e counts a walk's steps: (I - P) e = 1, so max(e) is the norm of the inverse, and with the
    residual bounds the error. None where 1e-13 is not reached in `_ROUNDS`.
    """
    diagonal = part.diagonal()
    y, e = b / diagonal, 1.0 / diagonal
    for _ in range(_ROUNDS // 16):
        for _ in range(16):
            y = (b + np.bincount(part.i, part.p * y[part.j], part.n)) / diagonal
            e = (1.0 + np.bincount(part.i, part.p * e[part.j], part.n)) / diagonal
        short = 1.0 - float(part.apply(e).min())
        norm = float(e.max()) / (1.0 - short) if short < 0.5 else np.inf
        if norm * float(np.abs(part.residual(y, b)).max()) <= 1e-13:
            return np.asarray(y)
        if short > 0.99:
            return None
    return None


def _refine(part: Part, b: Floats) -> Floats | None:
    again = part.factor()
    y = again(b)
    last = np.inf
    for _ in range(30):
        step = again(part.residual(y, b))
        size = float(np.abs(step).max())
        if not size < last:  # also NaN
            return None
        y = y + step
        if size <= 1e-13:
            return y
        last = size
    return None


def eliminate(p: Floats, leak: Floats, b: Floats) -> Floats:
    """Y with (I - P) Y = B for B >= 0 of k columns: adds, multiplies and divides, never subtracts.

    `p` is overwritten; its diagonal is not looked at. Some leak must be > 0. O(n^3 + n^2 k).
    """
    n = len(leak)
    leak, y = leak.copy(), b.copy()
    pivot = np.empty(n)
    for k in range(n):
        later = slice(k + 1, n)
        pivot[k] = leak[k] + p[k, later].sum()
        factor = p[later, k] / pivot[k]
        p[later, later] += np.outer(factor, p[k, later])
        leak[later] += factor * leak[k]
        y[later] += np.outer(factor, y[k])
    for k in range(n - 1, -1, -1):
        y[k] = (y[k] + p[k, k + 1 :] @ y[k + 1 :]) / pivot[k]
    return y


def visits(part: Part, q: Floats, clock: Clock) -> tuple[Floats, Floats] | None:
    """The row q (I - P)^-1 and the diagonal of (I - P)^-1; some leak must be > 0.

    None where neither can be had to 1e-9: the caller then solves for each owner by itself.
    """
    if part.n <= ELIMINATED:
        whole = eliminate(part.dense(), part.leak, np.eye(part.n))
        return q @ whole, np.diagonal(whole)
    try:
        if part.n <= INVERTED:
            whole = np.asarray(np.linalg.inv(np.diag(part.diagonal()) - part.dense()))
            if 0 < whole.sum(axis=1).max() < _TRUSTED:
                return q @ whole, np.diagonal(whole)
        else:
            return _visits_sparse(part, q, clock)
    except (np.linalg.LinAlgError, RuntimeError):
        pass
    if part.n <= RESCUED:
        whole = eliminate(part.dense(), part.leak, np.eye(part.n))
        return q @ whole, np.diagonal(whole)
    return None


def _visits_sparse(part: Part, q: Floats, clock: Clock) -> tuple[Floats, Floats] | None:
    lu = part.sparse_lu()
    if not 0 < lu.solve(np.ones(part.n)).max() < _TRUSTED:  # the norm of the inverse
        return None
    diagonal = np.empty(part.n)
    for start in range(0, part.n, 128):
        clock.check()
        width = min(128, part.n - start)
        block = np.zeros((part.n, width))
        block[np.arange(start, start + width), np.arange(width)] = 1.0
        diagonal[start : start + width] = lu.solve(block)[
            np.arange(start, start + width), np.arange(width)
        ]
    return np.asarray(lu.solve(q, trans="T")), diagonal
