"""Where the trails of two companies meet, and how likely that is of companies that trade at random.

The null model keeps how many partners each company has and everything above it, and draws who
trades with whom anew (the configuration model: a partner is met in proportion to its partners).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from graph.compiled import kernel

if TYPE_CHECKING:
    from algorithms.invoices.ancestry import Above
    from graph.columns import I64

    F64 = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
    I8 = npt.NDArray[np.int8]

APART: Final = 127


@kernel
def meet(ptr: Any, who: Any, steps: Any, organ: Any, a: Any, b: Any, found: Any) -> None:
    """Fewest steps from company `a[i]` up and down again to `b[i]`; APART where there is no way."""
    for i in range(len(a)):
        p, p_end = ptr[a[i]], ptr[a[i] + 1]
        q, q_end = ptr[b[i]], ptr[b[i] + 1]
        best = 127
        while p < p_end and q < q_end:
            if who[p] < who[q]:
                p += 1
            elif who[p] > who[q]:
                q += 1
            else:
                if not organ[who[p]]:
                    best = min(best, steps[p] + steps[q])
                p += 1
                q += 1
        found[i] = best


def distances(above: Above, organ: Bools, a: I64, b: I64) -> I8:
    """The steps between the companies of each pair, by way of who is above both."""
    found = np.full(len(a), APART, np.int8)
    run = meet.hot if len(a) > 2000 else meet
    run(above.ptr, above.who, above.steps, organ, a, b, found)
    return found


def antecedents(above: Above, organ: Bools, a: int, b: int) -> tuple[list[int], int]:
    """Who is above both at the fewest steps in all, ascending, and those steps."""
    sides = []
    for company in (a, b):
        low, high = int(above.ptr[company]), int(above.ptr[company + 1])
        who, steps = above.who[low:high].tolist(), above.steps[low:high].tolist()
        sides.append(dict(zip(who, steps, strict=True)))
    both = {w: k + sides[1][w] for w, k in sides[0].items() if w in sides[1] and not organ[w]}
    least = min(both.values(), default=APART)
    return sorted(w for w, k in both.items() if k == least), least


def chances(above: Above, organ: Bools, weight: F64, depth: int) -> F64:
    """How likely a partner drawn by weight is within d steps of each company: `[company, d]`.

    At most, for the chances of meeting under one antecedent and another are added. d runs to twice
    the depth. Linear in who is above all, times the depth.
    """
    n = len(above.ptr) - 1
    company = np.repeat(np.arange(n), np.diff(above.ptr))
    steps = above.steps.astype(np.int64)
    under = np.zeros((len(organ), depth + 1))
    np.add.at(under, (above.who, steps), weight[company])
    under[organ] = 0.0
    under = np.cumsum(under, axis=1)
    found = np.zeros((n, 2 * depth + 1))
    others = np.maximum(weight.sum() - weight, 1e-9)
    for d in range(2 * depth + 1):
        left = np.minimum(d - steps, depth)
        there = left >= 0
        met = under[above.who, np.maximum(left, 0)]
        itself = (steps <= left) & ~organ[above.who]
        met = np.where(there, met - np.where(itself, weight[company], 0.0), 0.0)
        found[:, d] = np.minimum(np.bincount(company, met, n) / others, 1.0)
    return np.maximum(found, 0.0)
