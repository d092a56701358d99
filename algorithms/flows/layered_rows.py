"""Layered flows as findings: what was found in each window, kept once, and what it weighs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from algorithms.findings.asking import subject_of
from algorithms.findings.making import Found, answer, overdue
from algorithms.findings.scoring import Sign
from algorithms.findings.significance import binomial_tail
from algorithms.flows.currency import in_currency
from algorithms.flows.holders import Holders, holders
from algorithms.flows.layer_search import Block, Payments, blocks, windows
from graph.deadline import check, within
from graph.money import decimal_text
from graph.times import day_end, today

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.flows.layered_flow import LayeredParams
    from algorithms.registry import Result
    from graph.columns import I64
    from graph.snapshot import Snapshot


def found_flows(snapshot: Snapshot, params: LayeredParams) -> Result[Finding]:
    """The answer to a question; see `layered_flow`."""
    deadline = within(params.time_limit)
    at = day_end(params.as_of or today())
    one = None if params.account is None else subject_of(snapshot, params.account, "account")
    pay, accounts = _payments(snapshot, params.currency, at)
    found: list[Block] = []
    tests = 0
    looked = 0
    spans = list(windows(pay.time, params.window))
    for lo, hi in deadline.through(spans, "windows of time / 时间窗口"):
        looked = hi
        before = len(found)
        found.extend(blocks(pay, len(accounts), lo, hi, params))
        tests += len(found) - before
    text = "time_limit: not all windows were looked at / 超时, 未查看全部时间窗口"
    cuts = overdue(deadline, looked, text)
    whose = holders(snapshot, at)
    kept = [
        block for block in _once(pay, found)
        if one is None or one in accounts[block.account]
    ]  # fmt: skip
    rows = [_found(snapshot, pay, accounts, block, whose, params) for block in kept]
    return answer(snapshot, rows, params, tests=max(tests, len(rows)), cuts=cuts)


def _payments(snapshot: Snapshot, currency: str, at: int) -> tuple[Payments, I64]:
    """The transfers in one currency between different accounts, by time, and the accounts by their
    places."""
    cols, rep = snapshot.columns, snapshot.nodes.rep
    rows = in_currency(snapshot, snapshot.rows("transfer", at), currency)
    src, dst, value = rep[cols.src[rows]], rep[cols.dst[rows]], cols.value[rows]
    keep = (src != dst) & (value > 0)
    rows, src, dst, value = rows[keep], src[keep], dst[keep], value[keep]
    check()
    there = np.zeros(snapshot.n, np.bool_)
    there[src] = there[dst] = True
    place = np.cumsum(there) - 1
    check()
    order = np.argsort(cols.vf[rows], kind="stable")
    check()
    rows = rows[order]
    pay = Payments(rows, place[src[order]], place[dst[order]], cols.vf[rows], value[order])
    return pay, np.flatnonzero(there)


def _once(pay: Payments, found: list[Block]) -> list[Block]:
    """Of flows that share half the facts of the smaller, the one of most money."""
    keyed = [
        (-_arrived(pay, block), int(pay.time[block.place[0]]), -len(block.place), at)
        for at, block in enumerate(found)
    ]
    taken: set[int] = set()
    kept = []
    for *_, at in sorted(keyed):
        places = set(found[at].place.tolist())
        if 2 * len(places & taken) < len(places):
            kept.append(found[at])
            taken |= places
    return kept


def _arrived(pay: Payments, block: Block) -> int:
    """What reached the destinations."""
    sinks = block.account[block.layer < 0]
    middle = block.account[block.layer > 0]
    arrives = np.isin(pay.dst[block.place], sinks) & ~np.isin(pay.dst[block.place], middle)
    return sum(pay.value[block.place[arrives]].tolist())


def _found(
    snapshot: Snapshot, pay: Payments, accounts: I64, block: Block, whose: Holders,
    params: LayeredParams,
) -> Found:  # fmt: skip
    subject = accounts[block.account]
    names = np.array(snapshot.canonicals(subject.tolist()))
    money = np.zeros(len(accounts))
    np.add.at(money, pay.src[block.place], pay.value[block.place])
    np.add.at(money, pay.dst[block.place], pay.value[block.place])
    depth = np.where(block.layer < 0, 1 << 20, block.layer)
    order = np.lexsort((names, -money[block.account], depth))
    members = list(dict.fromkeys(subject[order].tolist()))
    layers = [int((block.layer == step).sum()) for step in (0, *_steps(block), -1)]
    deep = int((block.layer > 0).sum())
    amount = _arrived(pay, block)
    shown = decimal_text(amount, params.currency)
    shape = " → ".join(map(str, layers))
    return Found(
        pattern="layered_flow",
        members=members,
        rows=pay.row[_by_name(snapshot, pay, block.place)].tolist(),
        p=float(binomial_tail(deep, max(block.eligible, deep), block.rate)),
        zh=f"{shown} 经 {len(layers) - 2} 层 {deep} 个中间账户转移 ({shape})",
        en=f"{shown} went over {len(layers) - 2} layers of {deep} accounts ({shape})",
        signs=_signs(subject, block, whose),
        amount=amount,
        currency=params.currency,
        attrs={
            "layers": layers,
            "density": decimal_text(round(block.density), params.currency),
            "bound": decimal_text(round(block.bound), params.currency),
        },
    )


def _steps(block: Block) -> list[int]:
    return sorted(set(block.layer[block.layer > 0].tolist()))


def _by_name(snapshot: Snapshot, pay: Payments, places: I64) -> I64:
    """Payments by time, then name."""
    names = np.array(snapshot.fact_ids(pay.row[places].tolist()))
    ordered: I64 = places[np.lexsort((names, pay.time[places]))]
    return ordered


def _signs(subject: I64, block: Block, whose: Holders) -> list[Sign]:
    """What speaks for layering and what for something innocent."""
    signs = []
    middle = subject[block.layer > 0]
    widths = [int((block.layer == step).sum()) for step in _steps(block)]
    wide = sum(width >= 3 for width in widths)
    if wide >= 2:
        zh, en = f"{wide} 层均有多个账户", f"{wide} layers of several accounts each"
        signs.append(Sign("wide", 4.0, zh, en))
    elif len(middle) < 4 or max(widths) < 2:
        zh, en = "只是一串账户", "a chain of accounts rather than layers"
        signs.append(Sign("thin", -8.0, zh, en))
    else:
        signs.append(Sign("narrow", -3.0, "各层账户不多", "its layers are narrow"))
    company = float(whose.company[middle].mean())
    known = whose.of[middle] >= 0
    if company >= 0.8:
        zh, en = "中间账户均为企业 (分销体系)", "companies in between (distribution)"
        signs.append(Sign("companies", -6.0, zh, en))
    elif known.any() and float(whose.person[middle].mean()) >= 0.8:
        zh, en = "中间账户多为个人", "private accounts in between"
        signs.append(Sign("private", 2.0, zh, en))
    group = whose.group[subject]
    group = group[group >= 0]
    if len(group):
        most = int(np.unique(group, return_counts=True)[1].max()) / len(subject)
        if most >= 0.5:
            zh, en = "同一集团或家庭 (资金归集)", "one group or family (cash pooling)"
            signs.append(Sign("one_group", -8.0 * most, zh, en))
    sinks = int((block.layer < 0).sum())
    if sinks >= 10 and sinks > 3 * int((block.layer == 0).sum()) and company >= 0.5:
        zh, en = "收款人众多 (工资或分红)", "many are paid at the end (payroll)"
        signs.append(Sign("payroll", -4.0, zh, en))
    return signs
