"""Risk over the whole web: two linear-rate solves, and the terms that each value is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import msgspec
import numpy as np

from algorithms.registry import COMMON
from algorithms.risk.carrying import Floats, Web, fade, web
from algorithms.risk.clusters import Knitting
from algorithms.risk.cores import Reason, cores
from algorithms.risk.risk_propagation import Propagation
from graph.columns import U8
from graph.compiled import kernel
from graph.deadline import check
from graph.searching import EASY

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

DIGITS: Final = 12  # of a value, after the point
_STEPS: Final = 50  # as many as are usual
_WHAT: Final = [name for name in Propagation.__struct_fields__ if name not in COMMON]


class Start(NamedTuple):
    """From whom risk starts: the chance of each subject, 0 for most, and the reasons."""

    chance: Floats
    reasons: Mapping[int, list[Reason]]


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


class Spread(NamedTuple):
    """Risk at an instant. `shown` are the values as they are told, `ranked` those above 0 in order.
    `own` is the part of each value's terms that its own start is, `share[h]` that of a half edge;
    of a value above 0 they sum to 1."""

    web: Web
    start: Start
    solved: Solved
    shown: Floats
    ranked: Floats
    own: Floats
    share: Floats

    @property
    def value(self) -> Floats:
        """The value of each subject, by its node."""
        return self.solved.value


_KEPT: WeakKeyDictionary[Snapshot, tuple[bytes, Spread]] = WeakKeyDictionary()


def spread(snapshot: Snapshot, params: Propagation, at: int) -> Spread:
    """Solve at an instant (µs); the solution made last for a view is kept with it, so that asking
    for one subject after another costs one solve. Raises UnknownSubject, WrongUsage."""
    key = msgspec.json.encode([at, *(getattr(params, name) for name in _WHAT)])
    kept = _KEPT.get(snapshot)
    if kept is None or kept[0] != key:
        kept = _KEPT[snapshot] = key, _spread(snapshot, params, at)
    return kept[1]


def forget(snapshot: Snapshot) -> None:
    """Let go of the solution that is kept with a view."""
    _KEPT.pop(snapshot, None)


def _spread(snapshot: Snapshot, params: Propagation, at: int) -> Spread:
    carries = web(snapshot, params, at)
    begin = start(snapshot, params, at)
    check()
    if params.method == "noisy_or":
        solved = noisy_or(carries, begin.chance, snapshot.nodes.kind, params)
        own, terms = _log_terms(carries, begin.chance, solved)
    else:
        solved = pagerank(carries, begin.chance, params)
        own = begin.chance * solved.scale
        terms = solved.carried * solved.value[carries.other]
    shown = np.round(solved.value, DIGITS)
    ranked = np.sort(shown[shown > 0])
    return Spread(carries, begin, solved, shown, ranked, *_shares(carries, own, terms))


def start(snapshot: Snapshot, params: Propagation, at: int) -> Start:
    """From whom risk starts at an instant, nobody whose use is restricted among them. Linear in the
    listings."""
    chance = np.zeros(snapshot.n)
    if params.seeds is not None:
        named = {snapshot.resolve(name) for name in params.seeds}
        found = sorted(node for node in named if not snapshot.restricted(node))
        chance[found] = 1.0
        return Start(chance, {node: [] for node in found})
    asked = Knitting(lists=params.lists, domains=params.domains)
    reasons = cores(snapshot, asked, at).reasons
    for node, each in reasons.items():
        began = np.array([reason.begins for reason in each], np.int64)
        left = fade(began, at, params.half_life).tolist()
        most: dict[str, float] = {}
        for reason, part in zip(each, left, strict=True):
            most[reason.word] = max(most.get(reason.word, 0.0), reason.weight * part)
        chance[node] = 1 - np.prod(1 - np.sort(np.array([*most.values()])))
    return Start(chance, reasons)


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
    weight = carries.weight[carries.edge]
    sums = _sums(carries, weight)
    scaled = np.minimum(1, np.divide(params.max_load, sums, out=np.ones_like(sums), where=sums > 0))
    carried = weight * scaled[carries.owner] * scaled[carries.other]
    load = float(_sums(carries, carried).max(initial=0))
    step = _step.hot if len(carries.other) * _STEPS > EASY else _step
    tied = np.flatnonzero(np.diff(carries.ptr))
    groups = [tied[kind[tied] == each] for each in np.unique(kind[tied])]
    value, after, clear = chance.copy(), np.empty_like(chance), 1 - chance
    steps, change, bound = 0, 0.0, 1.0
    while steps < params.max_iterations and bound > params.tolerance:
        check()
        graph = carries.ptr, carries.other, carried, clear, value, after
        change = max((float(step(nodes, *graph)) for nodes in groups), default=0.0)
        bound = change * load / (1 - load)
        steps += 1
    return Solved(value, carried, 1.0, steps, change, bound)


def _log_terms(carries: Web, chance: Floats, solved: Solved) -> tuple[Floats, Floats]:
    """What a value's own start and each of its relations give, as -log of 1 - chance: they add.
    Who is certain is so by its own start."""
    certain = chance >= 1
    with np.errstate(divide="ignore"):
        own = np.where(certain, 1.0, -np.log1p(-np.where(certain, 0, chance)))
    terms = -np.log1p(-solved.carried * solved.value[carries.other])
    terms[certain[carries.owner]] = 0
    return own, terms


# -- personalised PageRank ----------------------------------------------------------------------


def pagerank(carries: Web, chance: Floats, params: Propagation) -> Solved:
    """p = (1 - d) s + d P'p, s = chance / its sum; P(i, j) = w / sum of w at i.

    Weights are symmetric, so that with y = D^-1/2 p the system is symmetric and positive definite,
    its eigenvalues between 1 - d and 1 + d: conjugate gradients need about 40 steps where power
    iteration needs 150. Subjects without relations give theirs back to the seeds, which is the same
    as scaling. The residual is measured on p itself, summed over all subjects.
    """
    weight = carries.weight[carries.edge]
    sums = _sums(carries, weight)
    root = np.sqrt(np.divide(1, sums, out=np.zeros_like(sums), where=sums > 0))
    damping, total = params.damping, float(chance.sum())
    carried = np.divide(damping * weight, sums[carries.other], out=np.zeros_like(weight),
                        where=weight > 0)  # fmt: skip
    if total == 0:
        return Solved(np.zeros_like(chance), carried, 0.0, 0, 0.0, 0.0)
    right = (1 - damping) * chance / total
    lone = sums == 0
    coupling = damping * root[carries.owner] * weight * root[carries.other]
    value, steps = _gradients(carries, coupling, right * root, np.sqrt(sums), params)
    value = np.where(lone, right, np.maximum(value, 0))
    flow = _sums(carries, carried * value[carries.other])
    residual = float(np.abs(right + flow - value)[~lone].sum())
    scale = 1 / float(value.sum())
    bound = residual * scale / (1 - damping)
    return Solved(value * scale, carried, (1 - damping) / total * scale, steps, residual * scale,
                  bound)  # fmt: skip


def _gradients(
    carries: Web, coupling: Floats, right: Floats, out: Floats, params: Propagation
) -> tuple[Floats, int]:
    """Conjugate gradients on (I - coupling) y = right, until y * out is exact to the tolerance."""
    from scipy.sparse import csr_matrix

    n = len(right)
    matrix = csr_matrix((coupling, carries.other, carries.ptr), (n, n))
    y = np.zeros(n)
    left = right.copy()
    way, steps = left.copy(), 0
    norm = float(left @ left)
    enough = params.tolerance * (1 - params.damping) / 2
    while steps < params.max_iterations and norm > 0:
        check()
        turned = way - matrix @ way
        pace = norm / float(way @ turned)
        y += pace * way
        left -= pace * turned
        steps += 1
        if float(np.abs(left) @ out) <= enough:
            break
        fresh = float(left @ left)
        way = left + (fresh / norm) * way
        norm = fresh
    return y * out, steps


def _sums(carries: Web, of: Floats) -> Floats:
    """The sum over the half edges of each subject."""
    sums = np.bincount(carries.owner, weights=of, minlength=len(carries.ptr) - 1)
    return sums.astype(np.float64, copy=False)  # none at all would be whole numbers


def _shares(carries: Web, own: Floats, terms: Floats) -> tuple[Floats, Floats]:
    total = own + _sums(carries, terms)
    scale = np.divide(1, total, out=np.zeros_like(total), where=total > 0)
    return own * scale, terms * scale[carries.owner]
