"""What carries risk: relations of a day as one edge a pair and kind, weighted by kind and age."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.risk.clusters import TIES
from graph.columns import I32, I64
from graph.compiled import kernel
from graph.errors import WrongUsage
from graph.model import CODES, RELATIONS, SHARE_UNIT
from graph.times import DAY, NEG
from graph.traverse import ask_for

if TYPE_CHECKING:
    from algorithms.risk.risk_propagation import Propagation
    from graph.snapshot import Snapshot

Floats = npt.NDArray[np.float64]

# How much a relation of each kind carries, by itself and new. A policy: one will behind both ends
# (who declares control, is a front or a part of the other) above who signs, who signs above who
# shares a thing, a thing that one party uses above a place that many do. A holding carries by its
# share. Family, employment and who trades with whom carry only where they are asked for.
WEIGHTS: Final[Mapping[str, float]] = {
    "controller": 0.4, "nominee": 0.4, "branch": 0.4, "successor": 0.4, "shareholder": 0.4,
    "legal_representative": 0.3, "acts_in_concert": 0.3, "holds_account": 0.3,
    "uses_phone": 0.2, "uses_device": 0.2, "officer": 0.15, "guarantee": 0.1,
    "kin": 0.1, "guardian": 0.1, "transfer": 0.1, "withdrawal": 0.1, "invoice": 0.1,
    "borrows": 0.1, "deposit": 0.1, "repay": 0.1, "located_at": 0.05, "participated": 0.05,
    "call": 0.05, "employs": 0.02,
}  # fmt: skip
_HOT: Final = 20_000  # edges that are worth compiled code
_WIDEST: Final = 63  # bits of a number that is not negative
_MOST: Final = 0.99  # of one relation: nobody is certain by another's listing


class Web(NamedTuple):
    """The edges of a day, and each at both its ends.

    The half edges of subject i stand at `ptr[i]:ptr[i + 1]`: `other` is the other end, `edge` the
    edge. Of an edge: `weight` as its kind and age give it, `first[e]:first[e + 1]`
    where the relations (`rows`) stand that it is made of. Nobody has more than `widest` half edges.
    """

    ptr: I64
    other: I32
    edge: I32
    weight: Floats
    rows: I64
    first: I64
    widest: int


class _Edges(NamedTuple):
    """Of one kind: ends, weights, relations in order of edges, and how many are of each."""

    a: I64
    b: I64
    weight: Floats
    rows: I64
    size: I64


def weights_of(given: Iterable[str] | None) -> dict[str, float]:
    """The weight of each kind, with those given as `kind=weight`; raises WrongUsage."""
    found = dict(WEIGHTS)
    for text in given or ():
        kind, _, number = text.partition("=")
        if kind not in found:
            raise WrongUsage(f"weights: no such relation: {kind[:40]} / 没有此类关系")
        try:
            weight = float(number)
        except ValueError:
            weight = -1.0
        if not 0 <= weight <= 1:
            raise WrongUsage(
                f"weights: {text[:60]}: give kind=weight with a weight in 0..1"
                " / 应写作 kind=weight, 权重在 0 至 1 之间"
            )
        found[kind] = min(weight, _MOST)
    return found


def fade(began: I64, at: int, half_life: float) -> Floats:
    """What age (µs until `at`) leaves of a weight, with a half-life in days; 1 for what began at
    an unknown time."""
    known = began != NEG
    age = (at - np.where(known, began, at)) / DAY
    return np.exp2(-np.maximum(age, 0) / half_life)


def web(snapshot: Snapshot, params: Propagation, at: int) -> Web:
    """The edges between different subjects at an instant (µs). Time: sorting the relations of the
    kinds that carry. Raises WrongUsage where a kind is none of the model's relations."""
    kinds = TIES if params.kinds is None else tuple(params.kinds)
    ask_for(snapshot, kinds, "both", at)  # refuses what is no kind
    weights = weights_of(params.weights)
    asked = sorted({kind for kind in kinds if kind in weights}, key=CODES.__getitem__)
    parts = [_edges(snapshot, params, kind, weights[kind], at) for kind in asked]
    a, b, weight, rows, count = (
        np.concatenate([np.empty(0, kind), *column])
        for kind, column in zip(
            (np.int64, np.int64, np.float64, np.int64, np.int64),
            zip(*parts, strict=True) if parts else [()] * 5,
            strict=True,
        )
    )
    degree = np.bincount(a, minlength=snapshot.n) + np.bincount(b, minlength=snapshot.n)
    ptr = np.zeros(snapshot.n + 1, np.int64)
    np.cumsum(degree, out=ptr[1:])
    other, edge = np.empty((2, 2 * len(a)), np.int32)
    _put.tier(heavy=len(a) > _HOT)(a, b, ptr[:-1].copy(), other, edge)
    first = np.zeros(len(count) + 1, np.int64)
    np.cumsum(count, out=first[1:])
    return Web(ptr, other, edge, weight, rows, first, int(degree.max(initial=0)))


@kernel
def _put(a: Any, b: Any, free: Any, other: Any, edge: Any) -> None:
    """Put each edge at both its ends, where `free` begins: all at the first before the second."""
    for e in range(len(a)):
        h = free[a[e]]
        free[a[e]] = h + 1
        other[h], edge[h] = b[e], e
    for e in range(len(a)):
        h = free[b[e]]
        free[b[e]] = h + 1
        other[h], edge[h] = a[e], e


def _edges(snapshot: Snapshot, params: Propagation, kind: str, weight: float, at: int) -> _Edges:
    """One edge a pair of subjects that relations of a kind join."""
    rows = snapshot.rows(kind, at)
    cols, rep = snapshot.columns, snapshot.nodes.rep
    if kind == "shareholder":  # an unknown share carries nothing
        rows = rows[cols.value[rows] > 0]
    elif kind == "invoice":
        rows = _not_void(snapshot, rows)
    a, b = rep[cols.src[rows]].astype(np.int64), rep[cols.dst[rows]].astype(np.int64)
    two = a != b
    rows, a, b = rows[two], a[two], b[two]
    pair = np.minimum(a, b) * snapshot.n + np.maximum(a, b)
    order = _order(pair)
    pair, rows = pair[order], rows[order]
    begins = np.flatnonzero(np.diff(pair, prepend=-1))
    if not len(begins):
        none = np.empty(0, np.int64)
        return _Edges(none, none, np.empty(0), none, none)
    event = RELATIONS[kind].event
    half_life = params.event_half_life if event else params.relation_half_life
    left = fade(cols.vf[rows], at, half_life)
    if event:
        n = np.add.reduceat(left, begins)
        strength = n / (1 + n)
    elif kind == "shareholder":
        strength = np.minimum(np.add.reduceat(left * (cols.value[rows] / SHARE_UNIT), begins), 1)
    else:
        strength = np.maximum.reduceat(left, begins)
    count = np.diff(np.append(begins, len(rows)))
    ends = pair[begins]
    return _Edges(ends // snapshot.n, ends % snapshot.n, weight * strength, rows, count)


def _order(pair: I64) -> I64:
    """The stable order of numbers that are not negative. Sorts each with its place as one number,
    at a fifth of the cost of ordering places, where the two fit into one."""
    low = len(pair).bit_length()
    if int(pair.max(initial=0)).bit_length() + low > _WIDEST:
        return np.argsort(pair, kind="stable")
    key = (pair << low) | np.arange(len(pair))
    key.sort()
    found: I64 = key & ((1 << low) - 1)
    return found


def _not_void(snapshot: Snapshot, rows: I64) -> I64:
    """Those of these invoices that stand."""
    from algorithms.invoices.ledgers import VOID_WORDS

    said = snapshot.carried("invoice", rows, "status")
    void = np.array([*(text.strip().lower() in VOID_WORDS for text in said.texts), False])
    kept: I64 = rows[~void[said.codes]]
    return kept
