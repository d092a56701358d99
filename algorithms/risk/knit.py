"""What joins the core of risk clusters: ties that count, hubs left out, components, the circle."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.rings.connected import components
from graph.columns import I32, I64
from graph.model import CODES, SHARE_UNIT
from graph.traverse import ask_for

if TYPE_CHECKING:
    from algorithms.risk.clusters import Knitting
    from graph.snapshot import Snapshot

Flags = npt.NDArray[np.bool_]
_ITEMS: Final = [CODES[kind] for kind in ("account", "phone", "device", "address")]


class Ties(NamedTuple):
    """Relations that may join: rows, the subjects at both ends, the instant (µs) since which the
    pair is joined by it."""

    rows: I64
    a: I32
    b: I32
    since: I64

    def of(self, which: Flags | I64) -> Ties:
        """Some of them: those of a mask, or at these places in this order."""
        columns: list[Any] = [column[which] for column in self]
        return Ties._make(columns)

    def and_(self, more: Ties) -> Ties:
        """These and more."""
        pairs: Any = zip(self, more, strict=True)
        return Ties._make(np.concatenate(pair) for pair in pairs)


class Knit(NamedTuple):
    """`nodes`: the core and those in its reach, ascending; by their places: whether each is core,
    whether a member, and its component. `ties` join these, ends by places. `beside`: ties between
    them (`a`, a place) and hubs (`b`, a subject)."""

    nodes: I32
    core: Flags
    member: Flags
    label: I32
    ties: Ties
    beside: Ties


def knit(
    snapshot: Snapshot, core: Iterable[int], params: Knitting, kinds: Iterable[str], at: int
) -> Knit:
    """Join the core by the relations of these kinds that hold at an instant (µs).

    Linear in the relations of these kinds and the subjects. Raises WrongUsage where a kind is none
    of the model's relations.
    """
    ties = ties_at(snapshot, kinds, at, params.min_share)
    degree = _degrees(snapshot.n, ties)
    limit = np.full(256, params.max_fanout, np.int64)
    limit[_ITEMS] = params.max_shared
    hub = degree > limit[snapshot.nodes.kind]
    is_core = np.zeros(snapshot.n, np.bool_)
    is_core[np.fromiter(core, np.int64)] = True
    free = ties.of(~(hub[ties.a] | hub[ties.b]))
    near = _near(is_core, free, params.reach)
    nodes = np.flatnonzero(near).astype(np.int32)
    place = np.cumsum(near, dtype=np.int32) - np.int32(1)
    inside = free.of(near[free.a] & near[free.b])
    inside = inside._replace(a=place[inside.a], b=place[inside.b])
    label = components(len(nodes), inside.a, inside.b)
    told = is_core[nodes]
    enough = np.bincount(label[told], minlength=len(nodes)) >= params.min_core
    member = _members(len(nodes), inside, told) & enough[label]
    return Knit(nodes, told, member, label, inside, _beside(ties, hub, near, place))


def ties_at(snapshot: Snapshot, kinds: Iterable[str], at: int, min_share: float) -> Ties:
    """The relations of these kinds between different subjects that hold; of holdings those of pairs
    whose known shares sum to the least that counts, as exactly as shares are kept."""
    asked = tuple(kinds)
    ask_for(snapshot, asked, "both", at)  # refuses what is no kind
    plain = snapshot.rows([kind for kind in asked if kind != "shareholder"], at)
    ties = _ends(snapshot, plain)
    if "shareholder" in asked:
        held = snapshot.rows("shareholder", at)
        held = held[snapshot.columns.value[held] >= 0]
        least = round(min_share * SHARE_UNIT)
        ties = ties.and_(_enough(snapshot, _ends(snapshot, held), least))
    return ties


def _ends(snapshot: Snapshot, rows: I64) -> Ties:
    cols, rep = snapshot.columns, snapshot.nodes.rep
    ties = Ties(rows, rep[cols.src[rows]], rep[cols.dst[rows]], cols.vf[rows])
    return ties.of(ties.a != ties.b)


def _enough(snapshot: Snapshot, held: Ties, least: int) -> Ties:
    """Holdings of pairs that sum to enough, each since its pair's first ones did."""
    if not len(held.rows):
        return held
    pair = held.a.astype(np.int64) * snapshot.n + held.b
    order = np.lexsort((held.since, pair))
    held, pair = held.of(order), pair[order]
    value = snapshot.columns.value[held.rows]
    begins = np.flatnonzero(np.diff(pair, prepend=-1))
    group = np.cumsum(np.diff(pair, prepend=-1) != 0) - 1
    # It may wrap; the sum of one pair, a difference, is right all the same.
    total = np.cumsum(value)
    before = (total - value)[begins]
    reached = total - before[group] >= least
    first = np.full(len(begins), len(value), np.int64)
    np.minimum.at(first, group[reached], np.flatnonzero(reached))
    joined = first < len(value)
    since = held.since[np.minimum(first, len(value) - 1)][group]
    return held._replace(since=np.maximum(held.since, since)).of(joined[group])


def _pairs(n: int, ties: Ties) -> tuple[I64, I64]:
    """The distinct pairs that are joined."""
    low, high = np.minimum(ties.a, ties.b).astype(np.int64), np.maximum(ties.a, ties.b)
    both = np.unique(low * n + high)
    return both // n, both % n


def _degrees(n: int, ties: Ties) -> I64:
    """To how many others each subject is joined."""
    a, b = _pairs(n, ties)
    found: I64 = np.bincount(a, minlength=n) + np.bincount(b, minlength=n)
    return found


def _near(core: Flags, ties: Ties, reach: int) -> Flags:
    """The core and whoever is so many ties from it, at most."""
    near = core.copy()
    for _ in range(reach):
        before = near.copy()
        near[ties.b[before[ties.a]]] = True
        near[ties.a[before[ties.b]]] = True
    return near


def _members(n: int, ties: Ties, core: Flags) -> Flags:
    """All but those, not core, that are joined to one alone, and so on."""
    member = np.ones(n, np.bool_)
    a, b = _pairs(max(n, 1), ties)
    while True:
        kept = member[a] & member[b]
        degree = np.bincount(a[kept], minlength=n) + np.bincount(b[kept], minlength=n)
        loose = member & ~core & (degree <= 1)
        if not loose.any():
            return member
        member &= ~loose


def _beside(ties: Ties, hub: Flags, near: Flags, place: I32) -> Ties:
    """Ties between those near and hubs."""
    out, back = near[ties.a] & hub[ties.b], near[ties.b] & hub[ties.a]
    first, second = ties.of(out), ties.of(back)
    second = second._replace(a=second.b, b=second.a)
    both = first.and_(second)
    return both._replace(a=place[both.a])
