"""From fans and layers to ranked rows: each pattern asked in turn, the best shown."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from algorithms.findings.asking import subject_of
from algorithms.findings.finding import Finding
from algorithms.findings.making import Cut, Found, answer, overdue
from algorithms.flows.fan_field import Field
from algorithms.flows.fan_kinds import (
    Candidates,
    Shown,
    fans,
    gather_scatters,
    scatter_gathers,
)
from algorithms.flows.fan_words import said, signs_of
from algorithms.flows.layer_rows import layered
from algorithms.flows.network import at_least
from algorithms.registry import Result
from graph.columns import I64
from graph.deadline import Deadline, within
from graph.money import decimal_text
from graph.times import DAY, format_time
from graph.traverse import ask_for

if TYPE_CHECKING:
    from algorithms.flows.fan_patterns import FanParams
    from graph.snapshot import Snapshot

PATTERNS: Final = (
    "fan_in", "fan_out", "scatter_gather", "gather_scatter", "bipartite", "stack",
)  # fmt: skip
_LAYERS: Final = {"bipartite", "stack"}


def find(snapshot: Snapshot, params: FanParams, at: int) -> Result[Finding]:
    """Search as the question asks; see `fan_patterns`."""
    deadline = within(params.time_limit)
    kinds = params.kinds or ["transfer"]
    near = None if params.account is None else subject_of(snapshot, params.account, "account")
    ask_for(snapshot, kinds, "out", at)  # checks the kinds
    rows = snapshot.rows(kinds, at)
    if params.min_amount is not None:
        rows = at_least(snapshot, rows, params.min_amount)
    wanted = set(params.patterns or PATTERNS)
    drawn = "withdrawal" in kinds
    field = whole = Field(snapshot, rows, at, near, drawn=drawn)
    if near is not None and _LAYERS & wanted:  # a layer goes on past the account's neighbours
        whole = Field(snapshot, rows, at, drawn=drawn)
    found: list[Found] = []
    cuts: list[Cut] = []
    tests = total = 0
    count = len(set(PATTERNS) & wanted)
    for done, made in enumerate(_each(field, whole, params, wanted, deadline, cuts)):
        deadline.report(done + 1, count, "patterns / 模式")
        chosen = _chosen(made, params, near)
        tests += made.tests
        total += len(made.p) if near is None else len(chosen)
        seen = whole if made.pattern in _LAYERS else field
        found += [_found(seen, made, i, shown) for i, shown in chosen]
    if total > params.max_rows:
        text = f"max_rows: {total} findings, those of most evidence are shown"
        cuts.insert(0, Cut(f"{text} / 只列出证据最强的线索", total, params.max_rows))
    return answer(snapshot, found, params, tests=tests, cuts=cuts)


def _each(
    field: Field, whole: Field, params: FanParams, wanted: Container[str], deadline: Deadline,
    cuts: list[Cut],
) -> Iterator[Candidates]:  # fmt: skip
    """The candidates of each pattern that was asked for."""
    deadline.check()
    if "fan_in" in wanted:
        yield fans(field, "fan_in", params.fan_in_window, params.fan_in_size)
    if "fan_out" in wanted:
        yield fans(field, "fan_out", params.fan_out_window, params.fan_out_size)
    if "gather_scatter" in wanted:
        yield gather_scatters(field, params)
    if "scatter_gather" in wanted:
        made, looked = scatter_gathers(field, params, deadline)
        text = "time_limit: scatter_gather was not looked for everywhere"
        cuts += overdue(deadline, looked, f"{text} / 超时, 未查找全部分散汇集")
        yield made
    yield from layered(whole, params, wanted)


def _chosen(made: Candidates, params: FanParams, near: int | None) -> list[tuple[int, Shown]]:
    """The candidates of most evidence, as many as can be shown, as they are shown."""
    order = np.lexsort((made.size, made.begin, -made.evidence())).tolist()
    if near is None:
        return [(i, made.show(i)) for i in order[: params.max_rows]]
    shown = ((i, made.show(i)) for i in order)
    return [(i, one) for i, one in shown if near in one.members][: params.max_rows]


def _found(field: Field, made: Candidates, i: int, shown: Shown) -> Found:
    when = field.time[shown.edges]
    begin, end = int(when.min()), int(when.max())
    sums = [_sums(field, edges) for edges in shown.money]
    coins = {coin for sum_ in sums for coin in sum_}
    least = {coin: min(sum_.get(coin, 0) for sum_ in sums) for coin in sorted(coins)}
    one = next(iter(least)) if len(least) == 1 else None
    attrs: dict[str, Any] = dict(shown.counts)
    attrs["episode"] = [format_time(int(made.first[i])), format_time(int(made.last[i]))]
    if one is None:
        attrs["amounts"] = {coin: decimal_text(minor, coin) for coin, minor in least.items()}
    zh, en = said(made.pattern, shown.counts, (end - begin) / DAY)
    return Found(
        pattern=made.pattern,
        members=shown.members,
        rows=field.rows[shown.edges].tolist(),
        p=float(made.p[i]),
        zh=zh,
        en=en,
        signs=signs_of(made, i),
        amount=None if one is None else least[one],
        currency=one or "CNY",
        attrs=attrs,
    )


def _sums(field: Field, edges: I64) -> dict[str, int]:
    """What payments come to, by currency, in minor units."""
    rows = field.rows[edges]
    said = field.snapshot.currencies(rows)
    sums: dict[str, int] = {}
    for row, value in zip(rows.tolist(), field.value[edges].tolist(), strict=True):
        coin = said.get(row, "CNY")
        sums[coin] = sums.get(coin, 0) + value
    return sums
