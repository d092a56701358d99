"""Candidates of layered patterns: bipartite sets and stacks of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from algorithms.findings.significance import poisson_tail
from algorithms.flows.fan_kinds import FIRMS, KIN, LONE, OWNERS, REGULAR, WAGES, Candidates, Shown
from algorithms.flows.layers import Edges, Mask, core, parts, two_layers
from graph.columns import I64
from graph.times import DAY

if TYPE_CHECKING:
    from collections.abc import Container

    from algorithms.flows.fan_field import Field
    from algorithms.flows.fan_patterns import FanParams


def layered(field: Field, params: FanParams, wanted: Container[str]) -> Iterator[Candidates]:
    """Bipartite sets and stacks, whichever are wanted."""
    edges = Edges(field.n, field.src, field.dst, field.out, field.into)
    for pattern, days, size in (
        ("bipartite", params.bipartite_window, params.bipartite_size),
        ("stack", params.stack_window, params.stack_size),
    ):
        if pattern not in wanted:
            continue
        window = int(days * DAY)
        alive = ~edges.hubs(window, params.max_layer)
        if not params.habits:
            alive &= ~field.ties.regular
        if pattern == "bipartite":
            layers: tuple[Mask, ...] = (core(edges, alive, window, size),)
        else:
            layers = two_layers(edges, alive, window, size)
        yield _candidates(field, pattern, parts(edges, window, *layers), layers, window)


def _candidates(
    field: Field, pattern: str, found: list[I64], layers: tuple[Mask, ...], window: int
) -> Candidates:
    ties = field.ties
    rows = []
    for edges in found:
        share = {name: float(getattr(ties, name)[edges].mean()) for name in ties._fields}
        src, dst, when = field.src[edges], field.dst[edges], field.time[edges]
        payers, receivers = np.unique(src), np.unique(dst)
        pairs = len(np.unique(src.astype(np.int64) * field.n + dst))
        lasted = max(window, int(when.max()) - int(when.min()))
        chance = field.pays[payers].sum() * field.paid[receivers].sum() / max(field.total, 1)
        members = np.union1d(payers, receivers)
        firms = 1.6 * float(field.business[members].mean()) / 10
        rows.append((
            pairs, chance * field.part(lasted), WAGES * share["wages"], OWNERS * share["owners"],
            KIN * share["kin"], REGULAR * share["regular"], LONE * share["lone"], FIRMS * firms,
            int(when.min()), int(when.max()),
        ))  # fmt: skip
    table = np.array(rows, np.float64).reshape(len(rows), 10).T
    begin = np.array([row[8] for row in rows], np.int64)
    names = ("wages", "owners", "kin", "regular", "lone", "firms")
    signs = {name: table[k + 2] for k, name in enumerate(names)}
    size = table[0].astype(np.int64)

    def show(i: int) -> Shown:
        return _shown(field, found[i], layers)

    p = poisson_tail(table[0], table[1])
    last = np.array([row[9] for row in rows], np.int64)
    return Candidates(
        pattern, p, signs, size, begin, begin, last, show, int(np.count_nonzero(field.pays))
    )


def _shown(field: Field, edges: I64, layers: tuple[Mask, ...]) -> Shown:
    edges = edges[np.argsort(field.time[edges], kind="stable")]
    first = edges[layers[0][edges]]
    members = field.src[first].tolist()
    counts = {"payers": len(set(members))}
    if len(layers) == 2:
        second = edges[layers[1][edges]]
        middle = [v for v in field.dst[first].tolist() if v in set(field.src[second].tolist())]
        counts["middle"] = len(set(middle))
        members += middle
    else:
        second = first
    receivers = field.dst[second].tolist()
    counts["receivers"] = len(set(receivers))
    return Shown(list(dict.fromkeys(members + receivers)), edges, (first,), counts)
