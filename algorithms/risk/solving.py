"""What both solves over the whole web share, and the terms that each value is made of.

Kernels take places as numbers that cannot be negative: compiled, a look-up by one that can be costs
about twice as much.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from graph.compiled import Kernel, kernel
from graph.searching import EASY

if TYPE_CHECKING:
    from algorithms.risk.carrying import Floats, Web
    from algorithms.risk.risk_propagation import Propagation

_STEPS: Final = 50  # as many as are usual


class Solved(NamedTuple):
    """A solution: `carried[h]` is the weight of a half edge as it counted; `bound` is what may be
    left of the error after `steps` steps (in any value; for pagerank summed over all), `residual`
    what the last one left. `scale` is what the chances were multiplied by."""

    value: Floats
    carried: Floats
    scale: float
    steps: int
    residual: float
    bound: float


def run(code: Kernel[..., Any], carries: Web) -> Callable[..., Any]:
    """How to call a kernel that goes over this web about as often as a solve does."""
    return code.tier(heavy=len(carries.other) * _STEPS > EASY)


def places(carries: Web) -> tuple[Any, Any]:
    """Where the half edges of each subject stand, and their other ends."""
    return carries.ptr.view(np.uint64), carries.other.view(np.uint32)


@kernel
def _weigh(ptr: Any, edge: Any, weight: Any, out: Any, sums: Any) -> None:
    """The weight of each half edge, and their sum at each subject."""
    for i in range(len(sums)):
        total = 0.0
        for h in range(ptr[i], ptr[i + 1]):
            out[h] = weight[edge[h]]
            total += out[h]
        sums[i] = total


@kernel
def scale(ptr: Any, other: Any, weight: Any, here: Any, there: Any, out: Any) -> Any:
    """Each weight by a number of its subject and one of the other end; the largest sum of any
    subject."""
    most = 0.0
    for i in range(len(here)):
        total = 0.0
        for h in range(ptr[i], ptr[i + 1]):
            out[h] = weight[h] * here[i] * there[other[h]]
            total += out[h]
        most = max(most, total)
    return most


def weighed(carries: Web) -> tuple[Floats, Floats]:
    """The weight of each half edge as its kind and age give it, and their sum at each subject."""
    weight, sums = np.empty(len(carries.other)), np.empty(len(carries.ptr) - 1)
    ptr, _ = places(carries)
    run(_weigh, carries)(ptr, carries.edge.view(np.uint32), carries.weight, weight, sums)
    return weight, sums


def inverse(of: Floats) -> Floats:
    """One by each of these numbers; 0 where it is 0."""
    return np.divide(1, of, out=np.zeros_like(of), where=of > 0)


@kernel
def _split(
    ptr: Any, other: Any, carried: Any, value: Any, log: bool, own: Any, share: Any
) -> None:  # fmt: skip
    """The terms of each value, of whose own start they begin with: their parts of the sum."""
    for i in range(len(own)):
        total = own[i]
        for h in range(ptr[i], ptr[i + 1]):
            term = carried[h] * value[other[h]]
            if log:
                term = -math.log1p(-term)
            share[h] = term
            total += term
        scale = 1.0 / total if total > 0.0 else 0.0
        own[i] *= scale
        for h in range(ptr[i], ptr[i + 1]):
            share[h] *= scale


def shares(
    carries: Web, chance: Floats, solved: Solved, params: Propagation
) -> tuple[Floats, Floats]:
    """Of each value the part that its own start gives, and that which each half edge does.

    Of noisy-or the terms are -log of 1 - chance: they add. Who is certain is so by its own start.
    """
    log = params.method == "noisy_or"
    certain = chance >= 1 if log else np.zeros(len(chance), np.bool_)
    own = -np.log1p(-np.where(certain, 0, chance)) if log else chance * solved.scale
    share = np.empty(len(carries.other))
    run(_split, carries)(*places(carries), solved.carried, solved.value, log, own, share)
    own[certain] = 1.0
    for node in np.flatnonzero(certain).tolist():
        share[carries.ptr[node] : carries.ptr[node + 1]] = 0.0
    return own, share
