"""Rented accounts: those of strangers in one hand, or one that suddenly serves another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding, FindingParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_Days = Annotated[float, Meta(gt=0, le=3650)]


class RentedParams(FindingParams, frozen=True, kw_only=True):
    """What counts as shared, and as sudden."""

    account: Annotated[
        str | None,
        Meta(
            description="only findings with this account / 只查涉及此账户的", examples=["demo:a1"]
        ),
    ] = None
    min_holders: Annotated[
        int,
        Meta(
            description="holders not related to each other whose accounts one phone or device"
            " operates, at least / 同一电话或设备至少操作多少个互无关系的持有人的账户",
            ge=2,
            le=1000,
        ),
    ] = 2
    max_users: Annotated[
        int,
        Meta(
            description="a phone or device with more users is public"
            " / 使用者超过此数的设备视为公用",
            ge=2,
            le=100_000,
        ),
    ] = 100
    window: Annotated[
        _Days,
        Meta(
            description="days between a new phone or device and the change of use"
            " / 更换电话或设备与用途突变之间的天数"
        ),
    ] = 60.0
    max_change_p: Annotated[
        float,
        Meta(
            description="a change of use is no likelier by chance / 用途突变的偶然概率上限",
            gt=0,
            le=1,
        ),
    ] = 0.001


@algorithm(
    "rented_accounts",
    RentedParams,
    Finding,
    sources=(
        "关于办理电信网络诈骗等刑事案件适用法律若干问题的意见 (二) (法发〔2021〕22号)",
        "中华人民共和国反电信网络诈骗法 (2022) 第三十一条",
        "doi:10.1093/biomet/41.1-2.100",
        "doi:10.2307/2346729",
    ),
    title="Rented accounts / 出租出借账户",
    family="flows",
)
def rented_accounts(snapshot: Snapshot, params: RentedParams) -> Result[Finding]:
    """Accounts of unrelated holders in one hand, or that were handed on (`rented_account`).

    *Shared*: accounts that the same phones or devices operate (`uses_phone`, `uses_device` of the
    account itself; tools with more than `max_users` users are public and join nobody). Accounts
    joined by such tools, over one or more of them, are one finding where at least `min_holders` of
    their holders are not related: kin, guardians, and companies under one majority, control or
    parent count as one; an account of unknown holder counts for none. A tool is taken where the
    accounts that it operates have two holders or more, related or not.

    *Changed*: an account that is in no such finding, came to a phone or device at some day, and
    whose payments changed within `window` days of it: by the CUSUM of the ranks of their amounts
    (Page 1954; in the rank form of Pettitt 1979), at most `max_change_p` likely by chance, larger
    after it than before, and since then about as much out as in (the smaller at least 0.8 of the
    larger).

    `members` are the accounts, by the day that they came to the tool; `circle` the tools, then the
    holders; `facts` the uses, in that order (of a changed account: the use, then the payments from
    the change on); `amount` is what reached the accounts since they came to the tool. `attrs`:
    `holders` (unrelated ones), `changed` (accounts whose use changed), `since`.

    `p` of shared ones: so many accounts on a tool if the accounts beyond the first of each tool
    fell on tools at random (Poisson, of the largest tool); of changed ones: the Kolmogorov tail of
    the CUSUM, its limit if payments were in random order. Innocent explanations weighed: a family,
    a bookkeeping firm, an employer or a shop counter (a company uses the tool itself, or employs
    the holders), long quiet use (came over years, no account changed), a den of callers (its
    keeper uses the tool, too: see the pattern `call_den`).

    Rows: see `Finding`. Linear in the uses, O(n log n) in the payments of accounts on a tool.
    Raises UnknownSubject.
    """
    from algorithms.flows.rented_rows import found_accounts

    return found_accounts(snapshot, params)
