"""Accounts that money only passes through: about as much out as in, soon after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding, FindingParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_Days = Annotated[float, Meta(gt=0, le=36_500)]
_Amount = Annotated[float, Meta(ge=0)]
_Ratio = Annotated[float, Meta(ge=0)]


class PassParams(FindingParams, frozen=True, kw_only=True):
    """Which accounts, and what is soon."""

    account: Annotated[
        str | None,
        Meta(description="only this account / 只查此账户", examples=["demo:a1"]),
    ] = None
    min_amount: Annotated[
        _Amount | None,
        Meta(
            description="leave out smaller transfers; unless given, none"
            " / 忽略小于此金额的转账, 默认不限"
        ),
    ] = None
    soon: Annotated[
        _Days,
        Meta(
            description="days within which money that leaves did not stay: a yardstick, no filter"
            " / 视为随即转出的天数, 仅为衡量尺度, 不作筛选"
        ),
    ] = 2.0
    max_dwell: Annotated[
        _Days | None,
        Meta(
            description="leave out accounts where money stays longer on average; unless given, none"
            " / 不列出资金平均停留更久的账户, 默认不限"
        ),
    ] = None
    min_ratio: Annotated[
        _Ratio | None,
        Meta(
            description="leave out accounts whose money out is a smaller part of their money in;"
            " unless given, none / 不列出转出转入之比更小的账户, 默认不限"
        ),
    ] = None
    kinds: Annotated[
        list[str] | None,
        Meta(
            description="kinds of payment; default transfer, and withdrawal for money out"
            " / 资金关系种类, 默认为转账, 转出另计取款",
            examples=[["transfer"]],
        ),
    ] = None


class PassThrough(Finding, frozen=True, kw_only=True, rename={"in_": "in"}):
    """An account that money passes through; see the algorithm."""

    account: str
    in_: str
    out: str
    ratio: float
    dwell_days: float


@algorithm(
    "pass_through",
    PassParams,
    PassThrough,
    sources=("arXiv:2306.16424", "doi:10.1609/aaai.v34i04.5906", "Clayton's case (1816) 1 Mer 572"),
    title="Pass-through accounts / 过渡账户",
    family="flows",
)
def pass_through(snapshot: Snapshot, params: PassParams) -> Result[PassThrough]:
    """Accounts that pass on the money that they receive: mules, and what looks like them.

    One row an account and currency of which some money left after it had come in. `in` and `out`
    are all its money in and out (decimal text), `ratio` is out over in. Which money leaves is
    settled first in, first out (Clayton's case): a payment out takes what came in earliest and is
    left; payments in at a moment come before those out at it; what goes out beyond what has come in
    was there before, and is of no payment in. `amount` is the money that passed so, `dwell_days`
    its average stay weighted by amount, `attrs.soon` the share of `in` that left within `soon`
    days, `attrs.payers` and `attrs.receivers` how many different accounts pay it and are paid.
    `facts` are its payments in and out, in order of time; amounts that are unknown or not positive
    do not count, nor transfers between accounts of one subject, nor what happened after the end of
    `as_of`; a withdrawal is no transfer unless `kinds` asks for it. Unless asked nothing is left
    out: `min_amount`, `max_dwell` and `min_ratio` are filters, `soon` is a yardstick.

    `p` keeps when money comes in and how many payments go out, and lets those fall evenly over the
    time that was observed: the chance that as many of them as here, or more, come within `soon`
    days after a payment in (binomial, with the part of the time that is so soon after one). The
    tests are the accounts with money in and out. Weighed beside it: how much of its money passed
    within one month (mules are used for weeks; escrow, payment agents, a lawyer's client account
    and wholesalers with thin margins work all year), wages, payments that come back every month,
    family and group, a company, and one that pays wages or rent; an account newly in use,
    counterparts met but once.

    Rows are ordered by score, highest first. Linear in the transfers.
    Raises UnknownSubject, WrongUsage.
    """
    from algorithms.flows.pass_rows import find
    from graph.times import day_end, today

    return find(snapshot, params, day_end(params.as_of or today()))
