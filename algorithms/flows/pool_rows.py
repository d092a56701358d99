"""Fund pools: which accounts are candidates, what is measured of each, what it weighs."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from algorithms.findings.asking import subject_of
from algorithms.findings.making import Found, answer, overdue
from algorithms.findings.scoring import Sign
from algorithms.findings.significance import binomial_tail
from algorithms.flows.currency import in_currency
from algorithms.flows.insiders import Insiders
from graph.columns import I32, I64
from graph.deadline import check, within
from graph.model import CODES
from graph.money import decimal_text
from graph.times import day_end, today

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.flows.fund_pools import FundPoolParams
    from algorithms.registry import Result
    from graph.snapshot import Snapshot

_COMPANY: Final = CODES["company"]
_REDEEMED: Final = 0.9
_PUBLIC: Final = 30  # payers from which acquaintances become a public


class Transfers(NamedTuple):
    """The transfers in one currency between different accounts."""

    row: I64
    src: I32
    dst: I32
    time: I64
    value: I64


class Pool(NamedTuple):
    """One account's payments: those in of payers, returns, those to insiders, and sums."""

    account: int
    payers: list[int]  # by first payment
    insiders: list[int]  # accounts that got money, most first
    rows: list[int]
    returned: int
    paid_in: int
    returns: int
    to_insiders: int
    costs: int  # to others
    funded: float
    redeemed: float
    growth: float
    payments: float
    alike: float  # share of payers that paid several times, always as much
    begins: int


def found_pools(snapshot: Snapshot, params: FundPoolParams) -> Result[Finding]:
    """The answer to a question; see `fund_pools`."""
    deadline = within(params.time_limit)
    at = day_end(params.as_of or today())
    one = None if params.account is None else subject_of(snapshot, params.account, "account")
    paid = _transfers(snapshot, params.currency, at)
    pays, paid_by, back = _degrees(snapshot.n, paid)
    candidates = np.flatnonzero((paid_by >= params.min_payers) & (back >= params.min_returned))
    if one is not None:
        candidates = candidates[candidates == one]
    around = Insiders(snapshot, at)
    found: list[Found] = []
    ins, outs = _by_account(paid, paid.dst, candidates), _by_account(paid, paid.src, candidates)
    looked = 0
    for account in deadline.through(candidates.tolist(), "accounts / 账户"):
        done, looked = looked, looked + 1
        pool = _pool(snapshot, account, paid, ins[done], outs[done], around)
        if len(pool.payers) >= params.min_payers and pool.returned >= params.min_returned:
            p = _chance(pool, paid_by, int(pays[account]), float(paid_by.sum()))
            found.append(_found(pool, p, params.currency))
    text = "time_limit: not all accounts were looked at / 超时, 未查看全部账户"
    cuts = overdue(deadline, looked, text)
    return answer(snapshot, found, params, tests=len(candidates), cuts=cuts)


def _transfers(snapshot: Snapshot, currency: str, at: int) -> Transfers:
    cols, rep = snapshot.columns, snapshot.nodes.rep
    rows = in_currency(snapshot, snapshot.rows("transfer", at), currency)
    src, dst, value = rep[cols.src[rows]], rep[cols.dst[rows]], cols.value[rows]
    keep = (src != dst) & (value > 0)
    rows = rows[keep]
    return Transfers(rows, src[keep], dst[keep], cols.vf[rows], value[keep])


def _degrees(n: int, paid: Transfers) -> tuple[I64, I64, I64]:
    """How many different accounts each account pays, is paid by, and pays after it was first paid
    by them."""
    key = paid.src.astype(np.int64) * n + paid.dst
    check()
    order = np.argsort(key, kind="stable")
    check()
    pairs, first = np.unique(key[order], return_index=True)
    if not len(pairs):
        none = np.zeros(n, np.int64)
        return none, none, none
    check()
    earliest = np.minimum.reduceat(paid.time[order], first)
    latest = np.maximum.reduceat(paid.time[order], first)
    check()
    other = _place(pairs, pairs % n * n + pairs // n)  # the payments the other way
    later = (other >= 0) & (latest > earliest[np.maximum(other, 0)])
    src, dst = pairs // n, pairs % n
    return (
        np.bincount(src, minlength=n),
        np.bincount(dst, minlength=n),
        np.bincount(src[later], minlength=n),
    )


def _by_account(paid: Transfers, ends: I32, accounts: I64) -> list[I64]:
    """The transfers of each account at one of their ends, by time."""
    place = np.searchsorted(accounts, ends)
    mine = np.flatnonzero(np.append(accounts, -1)[place] == ends)
    check()
    mine = mine[np.lexsort((paid.row[mine], paid.time[mine], ends[mine]))]
    bounds = np.searchsorted(ends[mine], np.append(accounts, 2**31 - 1))
    return [mine[lo:hi] for lo, hi in pairwise(bounds.tolist())]


def _pool(
    snapshot: Snapshot, account: int, paid: Transfers, ins: I64, outs: I64, around: Insiders
) -> Pool:
    """What there is to say of one account; a pool or not."""
    inside = np.array(sorted(around.accounts(around.around(account)) | {account}), np.int64)
    payer, first = np.unique(paid.src[ins], return_index=True)
    begin = paid.time[ins[first]]  # lines are by time
    later = _place(payer, paid.dst[outs])
    back = (later >= 0) & (paid.time[outs] > begin[np.maximum(later, 0)])
    holder = around.holder(payer)
    company = (holder >= 0) & (snapshot.nodes.kind[np.maximum(holder, 0)] == _COMPANY)
    got = np.zeros(len(payer), np.bool_)
    got[later[back]] = True
    public = ~np.isin(payer, inside)
    payers = public & (got | ~company)
    back &= payers[np.maximum(later, 0)]
    of = _place(payer, paid.src[ins])
    mine, outside = ins[payers[of]], ins[(public & ~payers)[of]]
    returns, near = outs[back], outs[np.isin(paid.dst[outs], inside)]
    value = paid.value.astype(np.float64)
    sums = np.bincount(of, weights=value[ins], minlength=len(payer))[payers]
    counts = np.bincount(of, minlength=len(payer))[payers]
    least, most = np.full(len(payer), np.inf), np.zeros(len(payer))
    np.minimum.at(least, of, value[ins])
    np.maximum.at(most, of, value[ins])
    repaid = np.bincount(later[back], weights=value[returns], minlength=len(payer))[payers]
    rows = np.concatenate([mine, returns, near])
    rows = rows[np.lexsort((paid.row[rows], paid.time[rows]))]
    started = begin[payers]
    middle = (started.min() + started.max()) / 2 if len(started) else 0
    early = max(int((started <= middle).sum()), 1)
    ordered = _ordered(snapshot, payer[payers], started)

    def whole(lines: I64) -> int:
        return sum(paid.value[lines].tolist())  # past 64 bits, where it has to be

    to_near = np.bincount(_place(inside, paid.dst[near]), weights=value[near])
    return Pool(
        account=account,
        payers=ordered,
        insiders=_ordered(snapshot, inside[np.flatnonzero(to_near)], -to_near[to_near > 0]),
        rows=paid.row[rows].tolist(),
        returned=int((got & payers).sum()),
        paid_in=whole(mine),
        returns=whole(returns),
        to_insiders=whole(near),
        costs=whole(outs) - whole(returns) - whole(near),
        funded=_funded(paid, returns, outside),
        redeemed=float((repaid >= _REDEEMED * sums).mean()) if len(sums) else 0.0,
        growth=float((started > middle).sum()) / early,
        payments=float(np.median(counts)) if len(counts) else 0.0,
        alike=float(((counts > 2) & (least == most)[payers]).mean()) if len(counts) else 0.0,
        begins=int(started.min()) if len(started) else 0,
    )


def _place(known: I64 | I32, asked: I64 | I32) -> I64:
    """Where these are among the known (ascending); -1 where they are not."""
    if not len(known):
        return np.full(len(asked), -1)
    place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[place] == asked, place, -1).astype(np.int64)


def _ordered(snapshot: Snapshot, accounts: I64 | I32, key: I64) -> list[int]:
    """Accounts by a key, then by name."""
    names = np.array(snapshot.canonicals(accounts.tolist()) or [""])[: len(accounts)]
    return [int(account) for account in accounts[np.lexsort((names, key))]]


def _funded(paid: Transfers, returns: I64, outside: I64) -> float:
    """The share of returns that was not covered by outside income that had come by then.

    What is covered by a return is at most what has come and was not used for one before: in all,
    returns so far plus the least, up to there, of income less returns before.
    """
    if not len(returns):
        return 0.0
    order = np.argsort(paid.time[returns], kind="stable")
    value = paid.value[returns[order]].astype(np.float64)
    income = np.append(0.0, np.cumsum(paid.value[outside].astype(np.float64)))
    come = income[np.searchsorted(paid.time[outside], paid.time[returns[order]], side="right")]
    so_far = np.cumsum(value)
    covered = so_far[-1] + min(0.0, float((come - so_far).min()))
    # The least is over returns: before any there is nothing to cover.
    return float(1 - max(covered, 0.0) / so_far[-1])


def _chance(pool: Pool, paid_by: I64, receivers: int, total: float) -> float:
    """So many or more of the receivers are payers by chance, drawn by in-degree."""
    share = min(float(paid_by[pool.payers].sum()) / total, 1.0) if total else 1.0
    return float(binomial_tail(pool.returned, max(receivers, pool.returned), share))


def _found(pool: Pool, p: float, currency: str) -> Found:
    payers = len(pool.payers)
    zh = (
        f"{payers} 个账户付入 {decimal_text(pool.paid_in, currency)}, {pool.returned} 个事后收到"
        f"返款 {decimal_text(pool.returns, currency)}, 其中 {pool.funded:.0%} 出自付款人的资金"
    )
    en = (
        f"{payers} accounts paid in {decimal_text(pool.paid_in, currency)}, {pool.returned} of them"
        f" later got {decimal_text(pool.returns, currency)}, {pool.funded:.0%} of it out of"
        " payers' money"
    )
    return Found(
        pattern="fund_pool",
        members=[pool.account],
        rows=pool.rows,
        p=p,
        zh=zh,
        en=en,
        signs=_signs(pool),
        circle=[*pool.insiders, *pool.payers],
        amount=pool.paid_in,
        currency=currency,
        called=[pool.account],
        attrs={
            "payers": payers, "returned": pool.returned,
            "paid_in": decimal_text(pool.paid_in, currency),
            "returns": decimal_text(pool.returns, currency),
            "to_insiders": decimal_text(pool.to_insiders, currency),
            "funded": round(pool.funded, 6), "redeemed": round(pool.redeemed, 6),
            "growth": round(pool.growth, 6), "payments": pool.payments,
        },
    )  # fmt: skip


def _signs(pool: Pool) -> list[Sign]:
    """What speaks for a pool and what for something innocent."""
    signs = []
    taken = pool.to_insiders / max(pool.paid_in, 1)
    if taken >= 0.1:
        zh, en = f"{taken:.0%} 转给账户持有人的关联方", f"{taken:.0%} of it went to insiders"
        signs.append(Sign("to_insiders", min(8 * taken, 6.0), zh, en))
    else:
        zh, en = "没有资金流向其关联方", "hardly anything went to insiders"
        signs.append(Sign("no_insiders", -4.0, zh, en))
    if pool.redeemed >= 0.25:
        zh = f"{pool.redeemed:.0%} 的付款人已收回本金 (真实基金或理财产品)"
        en = f"{pool.redeemed:.0%} of the payers got their principal back (a real fund or product)"
        signs.append(Sign("redeemed", -8 * pool.redeemed, zh, en))
    if pool.funded < 0.75:
        zh = f"返款的 {1 - pool.funded:.0%} 有外部收入支持"
        en = f"outside income covers {1 - pool.funded:.0%} of the returns"
        signs.append(Sign("outside_income", -6 * (1 - pool.funded), zh, en))
    if pool.alike >= 0.25:
        zh, en = "同额定期缴纳 (会费、互助金或物业费)", "the same dues again and again"
        signs.append(Sign("dues", -6 * min(2 * pool.alike, 1.0), zh, en))
    spent = pool.costs / max(pool.paid_in, 1)
    if spent >= 0.3:
        zh, en = f"{spent:.0%} 用于其他支出 (经营)", f"{spent:.0%} went to others (a business)"
        signs.append(Sign("business", -min(4 * spent, 6.0), zh, en))
    if len(pool.payers) < _PUBLIC:
        zh, en = "付款人少 (熟人之间)", "few payers (acquaintances)"
        signs.append(Sign("few_people", -15 * (1 - len(pool.payers) / _PUBLIC), zh, en))
    if 2 * pool.returned < len(pool.payers):
        zh, en = "多数付款人没有收到返款", "most payers never got anything back"
        part = 1 - 2 * pool.returned / len(pool.payers)
        signs.append(Sign("unreturned", -6 * part, zh, en))
    return signs
