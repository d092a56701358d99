"""Risk at an instant: from whom it starts, how it spreads, and what each value is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import WeakKeyDictionary

import msgspec
import numpy as np

from algorithms.registry import COMMON
from algorithms.risk.carrying import Floats, Web, fade, web
from algorithms.risk.clusters import Knitting
from algorithms.risk.cores import Reason, cores
from algorithms.risk.noisy_or import noisy_or
from algorithms.risk.personalised import pagerank
from algorithms.risk.risk_propagation import Propagation
from algorithms.risk.solving import Solved, shares
from graph.deadline import check

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

DIGITS: Final = 12  # of a value, after the point
_WHAT: Final = [name for name in Propagation.__struct_fields__ if name not in COMMON]
_EDGES: Final = ("kinds", "weights", "event_half_life", "relation_half_life")  # that a web reads


class Start(NamedTuple):
    """From whom risk starts: the chance of each subject, 0 for most, and the reasons."""

    chance: Floats
    reasons: Mapping[int, list[Reason]]


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


class _Kept(NamedTuple):
    """A solution, what it was asked with, and that part of it which the web hangs on."""

    asked: bytes
    edges: bytes
    spread: Spread


_KEPT: WeakKeyDictionary[Snapshot, dict[str, _Kept]] = WeakKeyDictionary()  # by method


def spread(snapshot: Snapshot, params: Propagation, at: int) -> Spread:
    """Solve at an instant (µs); of each method the solution made last for a view is kept with it,
    so that asking for one subject after another costs one solve, by both methods too (features are
    of both). They share a web where theirs is the same. Raises UnknownSubject, WrongUsage."""
    asked, edges = (
        msgspec.json.encode([at, *(getattr(params, name) for name in names)])
        for names in (_WHAT, _EDGES)
    )
    kept = _KEPT.setdefault(snapshot, {})
    found = kept.get(params.method)
    if found is None or found.asked != asked:
        webs = (each.spread.web for each in list(kept.values()) if each.edges == edges)
        carries = next(webs, None) or web(snapshot, params, at)
        found = _Kept(asked, edges, _spread(snapshot, params, at, carries))
        kept[params.method] = found
    return found.spread


def forget(snapshot: Snapshot) -> None:
    """Let go of the solutions that are kept with a view."""
    _KEPT.pop(snapshot, None)


def _spread(snapshot: Snapshot, params: Propagation, at: int, carries: Web) -> Spread:
    begin = start(snapshot, params, at)
    check()
    if params.method == "noisy_or":
        solved = noisy_or(carries, begin.chance, snapshot.nodes.kind, params)
    else:
        solved = pagerank(carries, begin.chance, params)
    shown = np.round(solved.value, DIGITS)
    ranked = np.sort(shown[shown > 0])
    return Spread(
        carries, begin, solved, shown, ranked, *shares(carries, begin.chance, solved, params)
    )


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
