"""How likely a thing is by chance, and what share of those that were taken are chance alone."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

LEAST: Final = 1e-300  # no tail is shown smaller: a double has nothing below
FEW: Final = 2_000  # tails summed here, in less time than it takes to import scipy (0.6 s)


def poisson_tail(count: npt.ArrayLike, mean: npt.ArrayLike) -> F64:
    """The chance of `count` or more where `mean` are expected (Poisson); 1 where count is 0.

    What a count is where many independent things each add to it rarely: payments of an account
    within a window, common partners of two accounts. Raises nothing; at least 1e-300.
    """
    k, m = np.broadcast_arrays(np.asarray(count, np.float64), np.asarray(mean, np.float64))
    if k.size <= FEW:
        few = [_poisson(*pair) for pair in zip(k.ravel().tolist(), m.ravel().tolist(), strict=True)]
        return np.maximum(np.array(few, np.float64).reshape(k.shape), LEAST)
    from scipy.special import pdtrc

    tail = np.where(k <= 0, 1.0, pdtrc(np.maximum(k - 1, 0), np.maximum(m, 0.0)))
    return np.maximum(tail, LEAST)


def binomial_tail(count: npt.ArrayLike, trials: npt.ArrayLike, chance: npt.ArrayLike) -> F64:
    """The chance of `count` or more successes of `trials`, each of `chance`; at least 1e-300."""
    k, n, c = np.broadcast_arrays(
        np.asarray(count, np.float64), np.asarray(trials, np.float64), np.asarray(chance)
    )
    if k.size <= FEW:
        lists = (k.ravel().tolist(), n.ravel().tolist(), np.clip(c, 0.0, 1.0).ravel().tolist())
        few = [_binomial(*three) for three in zip(*lists, strict=True)]
        return np.maximum(np.array(few, np.float64).reshape(k.shape), LEAST)
    from scipy.special import betainc

    inside = (k > 0) & (k <= n)
    tail = betainc(np.where(inside, k, 1), np.where(inside, n - k + 1, 1), np.clip(c, 0.0, 1.0))
    return np.maximum(np.where(k <= 0, 1.0, np.where(k > n, 0.0, tail)), LEAST)


def _poisson(k: float, mean: float) -> float:
    """The terms of the tail, or 1 less those of the head, from the largest of them outwards."""
    k = math.ceil(k)
    if k <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    at = k if k > mean else k - 1
    term = total = math.exp(at * math.log(mean) - mean - math.lgamma(at + 1))
    while term > total * 1e-17:
        term *= mean / (at + 1) if k > mean else at / mean
        at += 1 if k > mean else -1
        total += term
    return total if k > mean else max(1 - total, 0.0)


def _binomial(k: float, n: float, chance: float) -> float:
    """As `_poisson`, for `n` trials."""
    k = math.ceil(k)
    if k <= 0:
        return 1.0
    if k > n or chance <= 0:
        return 0.0
    if chance >= 1:
        return 1.0
    up, odds = k > n * chance, chance / (1 - chance)
    at = k if up else k - 1
    ways = math.lgamma(n + 1) - math.lgamma(at + 1) - math.lgamma(n - at + 1)
    term = total = math.exp(ways + at * math.log(chance) + (n - at) * math.log1p(-chance))
    while term > total * 1e-17:
        term *= (n - at) / (at + 1) * odds if up else at / (n - at + 1) / odds
        at += 1 if up else -1
        total += term
    return min(total, 1.0) if up else max(1 - total, 0.0)


def kolmogorov_tail(height: npt.ArrayLike) -> F64:
    """The chance that a Brownian bridge strays as far from zero (Kolmogorov's distribution): what
    the largest cumulated deviation of a series tends to where its order is chance. By the series
    that converges at once: Jacobi's for small heights, Kolmogorov's for the others. At least
    1e-300."""
    x = np.maximum(np.asarray(height, np.float64), 1e-3)[..., None]
    j = np.arange(1, 8, dtype=np.float64)
    far = 2 * (np.where(j % 2, 1.0, -1.0) * np.exp(-2 * (j * x) ** 2)).sum(axis=-1)
    odd = np.exp(-(((2 * j - 1) * np.pi) ** 2) / (8 * x**2)).sum(axis=-1)
    near = 1 - np.sqrt(2 * np.pi) / x[..., 0] * odd
    tail: F64 = np.clip(np.where(x[..., 0] > 1, far, near), LEAST, 1.0)
    return tail


def empirical_tail(seen: npt.ArrayLike, null: npt.ArrayLike) -> F64:
    """The chance of `seen` or more by a sample of the null model: (1 + as many or more) / (1 + all)
    (Davison and Hinkley 1997), so that it is never zero."""
    drawn = np.sort(np.asarray(null, np.float64).ravel())
    at_least = len(drawn) - np.searchsorted(drawn, np.asarray(seen, np.float64), side="left")
    return np.asarray((1.0 + at_least) / (1.0 + len(drawn)), np.float64)


def false_discovery(p: npt.ArrayLike, tests: int | None = None) -> F64:
    """The false discovery rate `q` of each of these, by Benjamini and Hochberg's step-up.

    `tests` is how many candidates were looked at in all: those that are not among `p` count as
    having shown nothing. Taking all findings of q <= x, at most a share x of them is expected to be
    chance, where the candidates are independent or positively dependent (Benjamini and Yekutieli
    2001). O(n log n).
    """
    values = np.asarray(p, np.float64)
    n = len(values)
    if not n:
        return np.empty(0, np.float64)
    order = np.argsort(values, kind="stable")
    stepped = values[order] * (max(tests or 0, n) / np.arange(1, n + 1))
    q = np.empty(n, np.float64)
    q[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    return q
