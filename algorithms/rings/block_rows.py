"""From a question about dense blocks to its findings."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from algorithms.findings.making import Cut, Found
from algorithms.findings.making import answer as findings
from algorithms.findings.significance import poisson_tail
from algorithms.registry import Result
from algorithms.rings.bipartite import Bipartite, bipartite
from algorithms.rings.block_signs import weigh
from algorithms.rings.peeling import Block, Network, densest, without
from algorithms.rings.shown import oldest
from algorithms.rings.ties import Ties
from graph.columns import I64
from graph.times import day_end, today
from graph.traverse import ask_for

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.rings.dense_blocks import DenseBlockParams
    from graph.snapshot import Snapshot

_NETWORKS: Final = (("transfer",), ("participated",))
_CELLS: Final = 4_000_000


class Inside(NamedTuple):
    """A block by subjects, and what lies in it: edges, relations (oldest first), and the share of
    its members' edges that leads elsewhere."""

    left: list[int]
    right: list[int]
    edges: int
    rows: list[int]
    elsewhere: float
    kinds: tuple[str, ...]


def answer(snapshot: Snapshot, params: DenseBlockParams) -> Result[Finding]:
    """See `dense_blocks`."""
    until = time.monotonic() + params.time_limit
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
        left = np.repeat(np.arange(len(net.left), dtype=np.int32), np.diff(net.ptr))
        rest = Network(len(net.left), len(net.right), left, net.to)
        for turn in range(params.blocks):
            block = densest(rest, params.camouflage, until)
            if block is None:
                if len(rest.left):
                    text = f"time_limit: {turn} blocks of {'/'.join(kinds)} / 超时"
                    cuts.append(Cut(text, len(net.to) * (turn + 1)))
                break
            rest = without(rest, block)
            tests += 1
            if min(len(block.left), len(block.right)) < params.min_side:
                continue
            inside = _inside(snapshot, net, block, kinds)
            if subject is None or subject in inside.left or subject in inside.right:
                found.append(_found(snapshot, net, block, inside, ties))
    return findings(snapshot, found, params, tests=tests, cuts=cuts)


def _inside(snapshot: Snapshot, net: Bipartite, block: Block, kinds: tuple[str, ...]) -> Inside:
    wanted = np.zeros(len(net.right), np.bool_)
    wanted[block.right] = True
    edges = [_edges(net, user) for user in block.left.tolist()]
    within = [part[wanted[net.to[part]]] for part in edges]
    every = np.concatenate(within)
    ties = np.bincount(net.to[every], minlength=len(net.right))[block.right].tolist()
    rows = np.concatenate(
        [net.row[net.first[e] : net.first[e + 1]] for e in every.tolist()] or [every]
    )
    degree = sum(map(len, edges)) + int(np.diff(net.back_ptr)[block.right].sum())
    return Inside(
        _ordered(snapshot, net.left[block.left].tolist(), [len(part) for part in within]),
        _ordered(snapshot, net.right[block.right].tolist(), ties),
        len(every),
        oldest(snapshot, rows),
        1 - 2 * len(every) / max(degree, 1),
        kinds,
    )


def _edges(net: Bipartite, user: int) -> I64:
    return np.arange(int(net.ptr[user]), int(net.ptr[user + 1]))


def _ordered(snapshot: Snapshot, subjects: list[int], weight: list[int]) -> list[int]:
    names = snapshot.canonicals(subjects)
    order = sorted(range(len(subjects)), key=lambda k: (-weight[k], names[k]))
    return [subjects[k] for k in order]


def chance(net: Bipartite, block: Block, edges: int) -> float:
    """How likely the best of all blocks of this shape has so many edges; see `dense_blocks`."""
    k = np.diff(net.ptr)[block.left].astype(np.float64)
    x = np.diff(net.back_ptr)[block.right].astype(np.float64)
    total = max(len(net.to), 1)
    if len(k) * len(x) <= _CELLS:
        mean = float(-np.expm1(-np.outer(k, x) / total).sum())
    else:
        mean = float(k.sum() * x.sum() / total)
    choices = _choose(len(net.left), len(k)) + _choose(len(net.right), len(x))
    tail = math.log(float(poisson_tail(edges, mean)))
    return math.exp(min(tail + choices, 0.0))


def _choose(n: int, k: int) -> float:
    """The logarithm of n over k."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _found(snapshot: Snapshot, net: Bipartite, block: Block, inside: Inside, ties: Ties) -> Found:
    members = list(dict.fromkeys([*inside.left, *inside.right]))
    full = inside.edges / (len(inside.left) * len(inside.right))
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
        p=chance(net, block, inside.edges),
        zh=f"{len(inside.left)} 方与 {len(inside.right)} 方之间有 {inside.edges} 对联系"
        f" ({names}), 为全部可能的 {full:.0%}",
        en=f"{inside.edges} of the {len(inside.left)} x {len(inside.right)} possible pairs"
        f" ({full:.0%}) are tied by {names}",
        signs=weigh(snapshot, inside, ties),
        amount=int(value[value > 0].sum()) if plain else None,
        attrs={
            "left": len(inside.left),
            "right": len(inside.right),
            "edges": inside.edges,
            "density": round(block.density, 4),
        },
        called=members,
    )
