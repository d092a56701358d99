"""Noisy-or over the whole web, by steps from below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from algorithms.risk.solving import Solved, places, run, scale, weighed
from graph.compiled import kernel
from graph.deadline import check

if TYPE_CHECKING:
    from algorithms.risk.carrying import Floats, Web
    from algorithms.risk.risk_propagation import Propagation
    from graph.columns import U8


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
    ends = places(carries)
    weight, sums = weighed(carries)
    scaled = np.minimum(1, np.divide(params.max_load, sums, out=np.ones_like(sums), where=sums > 0))
    carried = weight  # in place
    load = float(run(scale, carries)(*ends, weight, scaled, scaled, carried))
    step = run(_step, carries)
    tied = np.flatnonzero(np.diff(carries.ptr)).astype(np.uint32)
    groups = [tied[kind[tied] == each] for each in np.unique(kind[tied])]
    value, after, clear = chance.copy(), np.empty_like(chance), 1 - chance
    steps, change, bound = 0, 0.0, 1.0
    while steps < params.max_iterations and bound > params.tolerance:
        check()
        given = *ends, carried, clear, value, after
        change = max((float(step(nodes, *given)) for nodes in groups), default=0.0)
        bound = change * load / (1 - load)
        steps += 1
    return Solved(value, carried, 1.0, steps, change, bound)
