"""From the stay of money in accounts to ranked rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from algorithms.findings.asking import subject_of
from algorithms.findings.making import Cut, Found, answer, overdue
from algorithms.findings.scoring import CAP, Sign
from algorithms.findings.significance import binomial_tail
from algorithms.flows.currency import CNY, currencies
from algorithms.flows.dwelling import Stays, burst, dwell
from algorithms.flows.fan_field import Field
from algorithms.flows.network import at_least
from algorithms.flows.pass_through import PassThrough
from algorithms.registry import Result
from graph.columns import I64
from graph.deadline import within
from graph.money import decimal_text
from graph.times import DAY
from graph.traverse import ask_for

if TYPE_CHECKING:
    from algorithms.flows.pass_through import PassParams
    from graph.snapshot import Snapshot

F64 = npt.NDArray[np.float64]

_BURST: Final = 30 * DAY
# Weights, straight between: the share of all money that passed within a month, how much of it
# passed soon, and money out over money in.
BURST: Final = ([0.15, 0.3, 0.5, 0.7], [-6.0, -3.0, 0.0, 2.0])
SOON: Final = ([0.0, 0.2, 0.8], [-0.5, 0.0, 2.0])
RATIO: Final = ([0.2, 0.6, 0.9], [-2.0, -0.5, 1.0])
WAGES, KIN, REGULAR, LONE, MUTUAL = -4.0, -16.0, -4.0, 1.0, -6.0
NEW, FIRM, LIVING = 1.5, -8.0, -4.0

_WORDS: Final = {  # what a positive weight says, and a negative one
    "burst": ("资金集中在一个月内流转 / all within a month", "长年均匀 / all year alike"),
    "soon": ("随即转出 / passed on soon", "资金有停留 / money stays"),
    "ratio": ("转出约等于转入 / out about equals in", "转出转入相差大 / out differs from in"),
    "wages": ("", "工资收支 / wages"),
    "kin": ("", "同一家庭、同一集团或本人账户之间 / within one family, group or owner"),
    "regular": ("", "每月往来 / payments that come back every month"),
    "lone": ("多为仅此一次的往来 / counterparties met but once", ""),
    "mutual": ("", "付款方即收款方 / it pays those who pay it"),
    "new": ("账户新启用 / an account newly in use", ""),
    "firm": ("", "企业账户 / a company's account"),
    "living": ("", "企业有工资房租等日常支出 / a company that pays wages or rent"),
}


class Passed(NamedTuple):
    """Accounts of one currency that money passes through."""

    currency: str
    field: Field
    stays: Stays
    of: I64
    p: F64
    signs: dict[str, F64]

    def evidence(self) -> F64:
        """In nats."""
        nats = np.minimum(-np.log(self.p), CAP)
        for weights in self.signs.values():
            nats = nats + weights
        return np.asarray(nats)


def find(snapshot: Snapshot, params: PassParams, at: int) -> Result[PassThrough]:
    """Look as the question asks; see `pass_through`."""
    deadline = within(params.time_limit)
    kinds = params.kinds or ["transfer"]
    kind = "account" if kinds == ["transfer"] else None  # other payments run over loans and people
    only = None if params.account is None else subject_of(snapshot, params.account, kind)
    ask_for(snapshot, kinds, "out", at)  # checks the kinds
    rows = snapshot.rows(kinds, at)
    if params.min_amount is not None:
        rows = at_least(snapshot, rows, params.min_amount)
    rows = rows[snapshot.columns.value[rows] > 0]
    found: list[Found] = []
    said: dict[tuple[str, str], dict[str, Any]] = {}
    tests = total = 0
    for currency, part in _by_currency(snapshot, rows):
        if deadline.expired():
            break
        field = Field(snapshot, part, at)
        if deadline.expired():
            break
        passed = _passed(field, params, currency)
        tests += len(passed.of)
        chosen = _chosen(passed, params, only)
        total += len(chosen)
        for i in chosen[: params.max_rows].tolist():
            if deadline.expired():
                break
            found.append(_found(passed, i, params.soon))
            said[snapshot.canonical(int(passed.of[i])), currency] = _fields(passed, i)
    cuts = []
    if total > params.max_rows:
        text = f"max_rows: {total} accounts, those of most evidence are shown"
        cuts.append(Cut(f"{text} / 只列出证据最强的账户", total, params.max_rows))
    cuts += overdue(deadline, len(found))
    result = answer(snapshot, found, params, tests=tests, cuts=cuts)
    whole = [
        PassThrough(**msgspec.structs.asdict(row), **said[row.members[0], row.currency or "CNY"])
        for row in result.results
    ]
    return Result(results=whole, truncated=result.truncated, notes=result.notes)


def _by_currency(snapshot: Snapshot, rows: I64) -> Iterator[tuple[str, I64]]:
    """Payments of each currency: money of one does not pass on as another."""
    names, which = currencies(snapshot, rows)
    for name in sorted(names, key=lambda name: (name != CNY, name)):
        some = rows[which == names.index(name)]
        if len(some):
            yield name, some


def _passed(field: Field, params: PassParams, currency: str) -> Passed:
    """Every account that money passes through, weighed."""
    into, out = field.into, field.out
    soon = int(params.soon * DAY)
    i_worth, o_worth = field.value[into.edge], field.value[out.edge]
    every = dwell(into, i_worth, out, o_worth, soon, field.began + field.span)
    of = np.flatnonzero(every.passed)
    stays = every.some(of)
    chance = np.minimum(stays.covered / field.span, 1.0)
    p = binomial_tail(stays.after, stays.outs, chance)
    most = burst(into, i_worth, out, o_worth, _BURST)[of]
    ends = [(into, into.ptr[of], into.ptr[of + 1]), (out, out.ptr[of], out.ptr[of + 1])]

    def share(name: str) -> F64:
        flag = getattr(field.ties, name)
        return sum((field.share(*end[:1], flag, *end[1:]) for end in ends), np.zeros(len(of))) / 2

    firm = field.held.company[of]
    began = np.minimum(into.time[into.ptr[of]], out.time[out.ptr[of]])
    ratio = np.minimum(stays.into, stays.out) / np.maximum(stays.into, stays.out)
    signs = {
        "burst": np.interp(most / np.minimum(stays.into, stays.out), *BURST),
        "soon": np.interp(stays.soon / stays.passed, *SOON),
        "ratio": np.interp(ratio, *RATIO),
        "wages": WAGES * share("wages"),
        "kin": KIN * share("kin"),
        "regular": REGULAR * share("regular"),
        "lone": LONE * share("lone"),
        "mutual": MUTUAL * share("mutual"),
        "new": NEW * _number(began > field.began + 90 * DAY),
        "firm": FIRM * _number(firm),
        "living": LIVING * _number(firm & field.living[of]),
    }
    return Passed(currency, field, stays, of, p, signs)


def _number(flag: npt.NDArray[np.bool_]) -> F64:
    return flag.astype(np.float64)


def _chosen(passed: Passed, params: PassParams, only: int | None) -> I64:
    """The accounts that were asked about, those of most evidence first."""
    kept = np.ones(len(passed.of), np.bool_)
    if only is not None:
        kept &= passed.of == only
    if params.max_dwell is not None:
        kept &= _days(passed.stays) <= params.max_dwell
    if params.min_ratio is not None:
        kept &= passed.stays.out >= params.min_ratio * passed.stays.into
    order = np.lexsort((passed.of, -passed.stays.passed, -passed.evidence()))
    return order[kept[order]]


def _days(stays: Stays) -> F64:
    return np.asarray(stays.stayed / stays.passed / DAY)


def _fields(passed: Passed, i: int) -> dict[str, Any]:
    """The fields of a row that are this algorithm's own."""
    stays, currency = passed.stays, passed.currency
    return {
        "account": passed.field.snapshot.canonical(int(passed.of[i])),
        "in_": decimal_text(int(stays.into[i]), currency),
        "out": decimal_text(int(stays.out[i]), currency),
        "ratio": float(stays.out[i] / stays.into[i]),
        "dwell_days": float(stays.stayed[i] / stays.passed[i] / DAY),
    }


def _found(passed: Passed, i: int, soon: float) -> Found:
    field, stays, v = passed.field, passed.stays, int(passed.of[i])
    edges = np.concatenate([
        side.edge[side.ptr[v] : side.ptr[v + 1]] for side in (field.into, field.out)
    ])  # fmt: skip
    edges = edges[np.argsort(field.time[edges], kind="stable")]
    days, part = stays.stayed[i] / stays.passed[i] / DAY, stays.soon[i] / stays.into[i]
    into, out = (decimal_text(int(x[i]), passed.currency) for x in (stays.into, stays.out))
    return Found(
        pattern="pass_through",
        members=[v],
        rows=field.rows[edges].tolist(),
        p=float(passed.p[i]),
        zh=f"转入 {into}, 转出 {out}, 平均停留 {days:.1f} 天, {soon:g} 天内转出 {part:.0%}",
        en=f"{into} in, {out} out, money stays {days:.1f} days, {part:.0%} leaves within {soon:g}",
        signs=_signs(passed, i),
        amount=int(stays.passed[i]),
        currency=passed.currency,
        attrs={
            "payers": int(field.payers[v]), "receivers": int(field.receivers[v]),
            "soon": float(part),
        },
        called=[v] if passed.currency == "CNY" else None,
    )  # fmt: skip


def _signs(passed: Passed, i: int) -> list[Sign]:
    made = []
    for name, weights in passed.signs.items():
        if weight := round(float(weights[i]), 6):
            zh, _, en = _WORDS[name][weight < 0].partition(" / ")
            made.append(Sign(name, weight, zh, en))
    return made
