"""What lies around a few subjects: a view on which their features are the same and cost less.

What is counted of a subject by its events - sums, rhythms, fans, cycles of up to five, scatter and
gather, bicliques - lies among those that touch somebody within two steps of it, and is left as it
is where all others are taken away. States stay: rings and chains of holdings reach far.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from algorithms.features.sheet import Scope
from graph.columns import I64
from graph.model import RELATIONS

_STEPS: Final = 2
_EVENTS: Final = ("transfer", "invoice", "call")  # those that patterns are looked for in


def around(scope: Scope) -> Scope:
    """The same subjects, without the events that touch nobody within two steps by events of their
    kind. Linear in the events, with a small factor."""
    gone = [_far(scope, name) for name in _EVENTS if _has(scope.kind, name)]
    view = scope.snapshot.without(np.concatenate(gone))
    return Scope(view, scope.kind, scope.as_of, scope.windows, scope.nodes)


def _has(kind: str, relation: str) -> bool:
    """Whether subjects of a kind have such events, their own or of accounts that they hold."""
    return kind in RELATIONS[relation].sources or (relation == "transfer" and kind != "phone")


def _far(scope: Scope, relation: str) -> I64:
    made = scope.events(relation)
    near = np.zeros(made.n, np.bool_)
    near[scope.nodes] = True
    for _ in range(_STEPS):
        touched = near[made.src] | near[made.dst]
        near[made.src[touched]] = True
        near[made.dst[touched]] = True
    far: I64 = made.rows[~(near[made.src] | near[made.dst])]
    return far
