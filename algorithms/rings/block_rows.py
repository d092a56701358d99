"""From a question about dense blocks to its findings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.findings.making import Cut, Found, overdue
from algorithms.findings.making import answer as findings
from algorithms.findings.significance import LEAST, poisson_tail
from algorithms.registry import Result
from algorithms.rings.bipartite import Bipartite, bipartite
from algorithms.rings.block_signs import weigh
from algorithms.rings.leiden import leiden
from algorithms.rings.peeling import Block, Network, compact, cut, densest
from algorithms.rings.shown import grouped, oldest
from algorithms.rings.structure import mixed, order
from algorithms.rings.ties import Ties
from graph.columns import I64
from graph.deadline import Deadline, within
from graph.model import CODES
from graph.times import day_end, today
from graph.traverse import ask_for

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.rings.dense_blocks import DenseBlockParams
    from graph.snapshot import Snapshot

_NETWORKS: Final = (("transfer",), ("participated",))
_CELLS: Final = 4_000_000
_ACTING: Final = frozenset(CODES[kind] for kind in ("person", "company", "account"))


class Inside(NamedTuple):
    """A block by subjects, and what lies in it: edges, relations (oldest first), and the share of
    its members' edges that leads elsewhere."""

    left: list[int]
    right: list[int]
    edges: I64
    rows: list[int]
    elsewhere: float
    kinds: tuple[str, ...]


def answer(snapshot: Snapshot, params: DenseBlockParams) -> Result[Finding]:
    """See `dense_blocks`."""
    deadline = within(params.time_limit)
    subject = None if params.subject is None else snapshot.resolve(params.subject)
    at = day_end(params.as_of or today())
    networks = _NETWORKS if params.kinds is None else (tuple(params.kinds),)
    ties = Ties(snapshot, at)
    found: list[Found] = []
    cuts: list[Cut] = []
    tests = 0
    for kinds in networks:
        ask_for(snapshot, kinds, "out", at)  # refuses what is no kind
        net = bipartite(snapshot, kinds, at)
        nulls = [Null.of(net, times) for times in (1, 2)]
        parts = _parts(snapshot, net, params, deadline)
        for part in deadline.through(parts, "parts of a network / 网络分块"):
            rest = part
            for _ in range(params.blocks):
                block = densest(rest, params.camouflage, deadline)
                if block is None:
                    break
                tests += 1
                edges, rest = cut(rest, block)
                p = chance(nulls, block, edges)
                if p == 1 and len(parts) > 1:
                    break
                if min(len(block.left), len(block.right)) < params.min_side:
                    continue
                inside = _inside(snapshot, net, block, edges, kinds)
                if subject is None or subject in inside.left or subject in inside.right:
                    found.append(_found(snapshot, block, p, inside, ties))
        text = f"time_limit: not all of {'/'.join(kinds)} was looked at / 超时, 未查看全部"
        cuts += overdue(deadline, len(net.to), text)
    return findings(snapshot, found, params, tests=tests, cuts=cuts)


def _parts(
    snapshot: Snapshot, net: Bipartite, params: DenseBlockParams, deadline: Deadline
) -> list[Network]:
    """The network, or the parts that it is cut into, by the first edge of each; none where the time
    was over before."""
    lefts, rights = len(net.left), len(net.right)
    left = np.repeat(np.arange(lefts, dtype=np.int32), np.diff(net.ptr))
    edges = len(left)
    whole = Network(lefts, rights, left, net.to, np.arange(edges))
    if not params.part or edges <= params.part:
        return [whole]
    weight = 1 / np.log(np.diff(net.back_ptr)[net.to] + params.camouflage)
    src, dst = left.astype(np.int64), net.to.astype(np.int64) + lefts
    label = leiden(
        _place(snapshot, net, src, dst), src, dst, weight,
        resolution=edges / params.part, seed=params.seed, iterations=3, deadline=deadline,
    )  # fmt: skip
    if label is None:
        return []
    inside = np.flatnonzero(label[src] == label[dst])
    groups = grouped(label[src[inside]], np.ones(lefts + rights, np.bool_))
    return [compact(left, net.to, inside[at]) for at in groups.values()]


def _place(snapshot: Snapshot, net: Bipartite, src: I64, dst: I64) -> I64:
    """Where each node stands in an order that the network gives; those on the right after all on
    the left in number."""
    cols = snapshot.columns
    said = mixed(cols.vf[net.row]) ^ mixed(cols.value[net.row] + 1)
    edge = np.add.reduceat(said, net.first[:-1])
    subject = np.concatenate([net.left, net.right])
    kind = snapshot.nodes.kind[subject].astype(np.int64) * 2
    kind[len(net.left) :] += 1
    found = order(kind, src, dst, edge, lambda at: snapshot.canonicals(subject[at].tolist()))
    place = np.empty(len(found), np.int64)
    place[found] = np.arange(len(found))
    return place


def _inside(
    snapshot: Snapshot, net: Bipartite, block: Block, edges: I64, kinds: tuple[str, ...]
) -> Inside:
    user = np.searchsorted(net.ptr, edges, side="right") - 1
    lefts, out = np.unique(user, return_counts=True)
    rights, into = np.unique(net.to[edges], return_counts=True)
    ties = dict(zip(lefts.tolist(), out.tolist(), strict=True))
    met = dict(zip(rights.tolist(), into.tolist(), strict=True))
    rows = np.concatenate([net.row[net.first[e] : net.first[e + 1]] for e in edges.tolist()])
    degree = int(np.diff(net.ptr)[block.left].sum() + np.diff(net.back_ptr)[block.right].sum())
    left, right = block.left.tolist(), block.right.tolist()
    return Inside(
        _ordered(snapshot, net.left[block.left].tolist(), [ties.get(k, 0) for k in left]),
        _ordered(snapshot, net.right[block.right].tolist(), [met.get(k, 0) for k in right]),
        edges,
        oldest(snapshot, rows),
        1 - 2 * len(edges) / max(degree, 1),
        kinds,
    )


def _ordered(snapshot: Snapshot, subjects: list[int], weight: list[int]) -> list[int]:
    names = snapshot.canonicals(subjects)
    order = sorted(range(len(subjects)), key=lambda k: (-weight[k], names[k]))
    return [subjects[k] for k in order]


class Null(NamedTuple):
    """The edges of at least so many relations: which they are, how many each node has, and how many
    nodes on the left and on the right have any."""

    there: npt.NDArray[np.bool_]
    left: npt.NDArray[np.float64]
    right: npt.NDArray[np.float64]
    total: int
    lefts: int
    rights: int

    @classmethod
    def of(cls, net: Bipartite, times: int) -> Null:
        """Of a network."""
        there = np.diff(net.first) >= times
        user = np.repeat(np.arange(len(net.left)), np.diff(net.ptr))
        left = np.bincount(user[there], minlength=len(net.left)).astype(np.float64)
        right = np.bincount(net.to[there], minlength=len(net.right)).astype(np.float64)
        some = int((left > 0).sum()), int((right > 0).sum())
        return cls(there, left, right, int(there.sum()), *some)

    def log_chance(self, block: Block, edges: I64) -> float:
        """The logarithm of how likely the best of all blocks of this shape has as many edges."""
        k, x = self.left[block.left], self.right[block.right]
        total = max(self.total, 1)
        if len(k) * len(x) <= _CELLS:
            mean = float(-np.expm1(-np.outer(k, x) / total).sum())
        else:
            mean = float(k.sum() * x.sum() / total)
        choices = _choose(self.lefts, int((k > 0).sum()))
        choices += _choose(self.rights, int((x > 0).sum()))
        return log_poisson_tail(int(self.there[edges].sum()), mean) + choices


def chance(nulls: list[Null], block: Block, edges: I64) -> float:
    """How likely the best of all blocks of this shape has so many edges; see `dense_blocks`."""
    least = min(null.log_chance(block, edges) for null in nulls) + math.log(len(nulls))
    return math.exp(min(least, 0.0))


def log_poisson_tail(count: int, mean: float) -> float:
    """The logarithm of the chance of `count` or more where `mean` are expected, or a bound above it
    where that is too small for a double: the first term and all after it at its ratio."""
    tail = float(poisson_tail(count, mean))
    if tail > 2 * LEAST or count <= mean or mean <= 0:
        return math.log(tail)
    term = count * math.log(mean) - mean - math.lgamma(count + 1)
    return term - math.log1p(-mean / (count + 1))


def _choose(n: int, k: int) -> float:
    """The logarithm of n over k."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _found(snapshot: Snapshot, block: Block, p: float, inside: Inside, ties: Ties) -> Found:
    things = [node for node in inside.right if snapshot.nodes.kind[node] not in _ACTING]
    aside = set(things)
    members = [m for m in dict.fromkeys([*inside.left, *inside.right]) if m not in aside]
    full = len(inside.edges) / (len(inside.left) * len(inside.right))
    money = inside.kinds == ("transfer",)
    rows = np.array(inside.rows, np.int64)
    value = snapshot.columns.value[rows]
    plain = money and not any(
        extra.get("currency", "CNY") != "CNY" for extra in snapshot.extras_of(rows).values()
    )
    names = "/".join(inside.kinds)
    return Found(
        pattern="dense_block",
        members=members,
        rows=inside.rows,
        p=p,
        zh=f"{len(inside.left)} 方与 {len(inside.right)} 方之间有 {len(inside.edges)} 对联系"
        f" ({names}), 为全部可能的 {full:.0%}",
        en=f"{len(inside.edges)} of the {len(inside.left)} x {len(inside.right)} possible pairs"
        f" ({full:.0%}) are tied by {names}",
        signs=weigh(snapshot, inside, ties),
        circle=things,
        amount=int(value[value > 0].sum()) if plain else None,
        attrs={
            "left": len(inside.left),
            "right": len(inside.right),
            "edges": len(inside.edges),
            "density": round(block.density, 4),
        },
        called=[*members, *things],
    )
