"""Risk over the whole web: two linear-rate solves, and the terms that each value is made of.

Kernels take places as numbers that cannot be negative: compiled, a look-up by one that can be costs
about twice as much.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from graph.compiled import Kernel, kernel
from graph.deadline import check
from graph.searching import EASY

if TYPE_CHECKING:
    from algorithms.risk.carrying import Floats, Web
    from algorithms.risk.risk_propagation import Propagation
    from graph.columns import U8

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


def _run(code: Kernel[..., Any], carries: Web) -> Callable[..., Any]:
    return code.tier(heavy=len(carries.other) * _STEPS > EASY)


def _graph(carries: Web) -> tuple[Any, Any]:
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
def _scale(ptr: Any, other: Any, weight: Any, here: Any, there: Any, out: Any) -> Any:
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


def _weighed(carries: Web) -> tuple[Floats, Floats]:
    weight, sums = np.empty(len(carries.other)), np.empty(len(carries.ptr) - 1)
    ptr, _ = _graph(carries)
    _run(_weigh, carries)(ptr, carries.edge.view(np.uint32), carries.weight, weight, sums)
    return weight, sums


def _inverse(of: Floats) -> Floats:
    return np.divide(1, of, out=np.zeros_like(of), where=of > 0)


# -- noisy-or -----------------------------------------------------------------------------------


@kernel
def _step(
    nodes: Any, ptr: Any, other: Any, carried: Any, clear: Any, value: Any, after: Any
) -> Any:  # fmt: skip
    """One step of these subjects, all by the values before it; the largest change."""
    change = 0.0
    for k in range(len(nodes)):
        i = nodes[k]
        keep = clear[i]
        for h in range(ptr[i], ptr[i + 1]):
            keep *= 1.0 - carried[h] * value[other[h]]
        after[k] = 1.0 - keep
        change = max(change, abs(1.0 - keep - value[i]))
    for k in range(len(nodes)):
        value[nodes[k]] = after[k]
    return change


def noisy_or(carries: Web, chance: Floats, kind: U8, params: Propagation) -> Solved:
    """The least v with v(i) = 1 - (1 - chance(i)) prod (1 - W v(j)), from below.

    The map is monotone, so that steps from `chance` climb to its least fixed point; its derivative
    is at most W, whose rows sum to at most `load` < 1, so that it shrinks distances by that (in the
    largest of all values) and the point is the only one. A step takes one kind of subject after the
    other, those of one kind at once: most relations join two kinds, so that this takes about half
    the steps of all at once, and no order of subjects shows. O(m) a step.
    """
    graph = _graph(carries)
    weight, sums = _weighed(carries)
    scaled = np.minimum(1, np.divide(params.max_load, sums, out=np.ones_like(sums), where=sums > 0))
    carried = weight  # in place
    load = float(_run(_scale, carries)(*graph, weight, scaled, scaled, carried))
    step = _run(_step, carries)
    tied = np.flatnonzero(np.diff(carries.ptr)).astype(np.uint32)
    groups = [tied[kind[tied] == each] for each in np.unique(kind[tied])]
    value, after, clear = chance.copy(), np.empty_like(chance), 1 - chance
    steps, change, bound = 0, 0.0, 1.0
    while steps < params.max_iterations and bound > params.tolerance:
        check()
        given = *graph, carried, clear, value, after
        change = max((float(step(nodes, *given)) for nodes in groups), default=0.0)
        bound = change * load / (1 - load)
        steps += 1
    return Solved(value, carried, 1.0, steps, change, bound)


# -- personalised PageRank ----------------------------------------------------------------------


@kernel
def _turn(ptr: Any, other: Any, carried: Any, of: Any, turned: Any) -> Any:
    """What is left of values without what is carried to them; the product of the two."""
    product = 0.0
    for i in range(len(of)):
        left = of[i]
        for h in range(ptr[i], ptr[i + 1]):
            left -= carried[h] * of[other[h]]
        turned[i] = left
        product += of[i] * left
    return product


@kernel
def _go(pace: float, way: Any, turned: Any, y: Any, left: Any, root: Any) -> Any:
    """Go on a way: the square of what is left, and its sum as it counts in the values."""
    square, total = 0.0, 0.0
    for i in range(len(y)):
        y[i] += pace * way[i]
        rest = left[i] - pace * turned[i]
        left[i] = rest
        square += rest * rest
        total += abs(rest) * root[i]
    return square, total


def pagerank(carries: Web, chance: Floats, params: Propagation) -> Solved:
    """p = (1 - d) s + d P'p, s = chance / its sum; P(i, j) = w / sum of w at i.

    Weights are symmetric, so that with y = D^-1/2 p the system is symmetric and positive definite,
    its eigenvalues between 1 - d and 1 + d: conjugate gradients need about 40 steps where power
    iteration needs 150. Subjects without relations give theirs back to the seeds, which is the same
    as scaling. The residual is measured on p itself, summed over all subjects.
    """
    graph, scale = _graph(carries), _run(_scale, carries)
    weight, sums = _weighed(carries)
    damping, total = params.damping, float(chance.sum())
    carried, lone = np.empty_like(weight), sums == 0
    scale(*graph, weight, np.full_like(sums, damping), _inverse(sums), carried)
    if total == 0:
        return Solved(np.zeros_like(chance), carried, 0.0, 0, 0.0, 0.0)
    right, root = (1 - damping) * chance / total, np.sqrt(sums)
    coupling, turned = weight, np.empty_like(sums)  # in place
    scale(*graph, weight, damping * _inverse(root), _inverse(root), coupling)
    value, steps = _gradients(carries, coupling, right * _inverse(root), root, params)
    value = np.where(lone, right, np.maximum(value, 0))
    _run(_turn, carries)(*graph, carried, value, turned)
    residual = float(np.abs(right - turned)[~lone].sum())
    whole = 1 / float(value.sum())
    bound = residual * whole / (1 - damping)
    return Solved(value * whole, carried, (1 - damping) / total * whole, steps, residual * whole,
                  bound)  # fmt: skip


def _gradients(
    carries: Web, coupling: Floats, right: Floats, root: Floats, params: Propagation
) -> tuple[Floats, int]:
    """Conjugate gradients on (I - coupling) y = right, until y * root is exact to the tolerance.

    Sums are made in the order of the subjects, not by numpy's products, whose last digits depend on
    how many threads there are.
    """
    graph, turn, go = _graph(carries), _run(_turn, carries), _run(_go, carries)
    y, turned = np.zeros_like(right), np.empty_like(right)
    left, way = right.copy(), right.copy()
    steps, norm = 0, float((right * right).sum())
    enough = params.tolerance * (1 - params.damping) / 2
    while steps < params.max_iterations and norm > 0:
        check()
        pace = norm / float(turn(*graph, coupling, way, turned))
        fresh, rest = go(pace, way, turned, y, left, root)
        steps += 1
        if rest <= enough:
            break
        way *= fresh / norm
        way += left
        norm = fresh
    return y * root, steps


# -- what a value is made of --------------------------------------------------------------------


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
    _run(_split, carries)(*_graph(carries), solved.carried, solved.value, log, own, share)
    own[certain] = 1.0
    for node in np.flatnonzero(certain).tolist():
        share[carries.ptr[node] : carries.ptr[node + 1]] = 0.0
    return own, share
