"""Fund pools: many people pay in, the earlier are paid out of what the later pay, the rest goes to
the organisers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding, FindingParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_Least = Annotated[int, Meta(ge=1, le=1_000_000)]


class FundPoolParams(FindingParams, frozen=True, kw_only=True):
    """Which accounts count as pools."""

    account: Annotated[
        str | None,
        Meta(description="only this account / 只查此账户", examples=["demo:a1"]),
    ] = None
    min_payers: Annotated[
        _Least, Meta(description="accounts that paid in, at least / 至少多少个付款账户")
    ] = 2
    min_returned: Annotated[
        _Least,
        Meta(description="of them, accounts that were paid later / 其中至少多少个事后收到返款"),
    ] = 2
    currency: Annotated[
        str, Meta(description="the currency looked at / 币种", min_length=3, max_length=3)
    ] = "CNY"


@algorithm(
    "fund_pools",
    FundPoolParams,
    Finding,
    sources=(
        "最高人民法院关于审理非法集资刑事案件具体应用法律若干问题的解释 (法释〔2022〕5号)",
        "防范和处置非法集资条例 (国务院令第737号)",
        "Artzrouni, The mathematics of Ponzi schemes, Mathematical Social Sciences 58 (2009)",
        "doi:10.1002/rsa.3240060204",
    ),
    title="Fund pools / 资金池",
    family="flows",
)
def fund_pools(snapshot: Snapshot, params: FundPoolParams) -> Result[Finding]:
    """Accounts into which many pay, and which pay some of them back out of it (`fund_pool`).

    Of an account, its *insiders* are its holders, the persons and companies that lead, hold or
    control a holder or are led, held or controlled by one, and the kin of any of these. A *payer*
    is another account that transferred money into it and is no insider's; the account of a company
    that never got anything back is no payer either: what it pays is *outside income*. A *return* is
    a transfer to a payer later than its first payment. A pool has at least `min_payers` payers of
    whom at least `min_returned` got returns. Every such account is a row; the rest is its score.

    Returns are covered by outside income first, as far as it had come by then; what is not covered
    was paid out of payers' money (`funded`, a share of the returns): with a real investment the
    income covers them. `attrs`: `payers`, `returned` (payers that got something), `paid_in`,
    `returns` and `to_insiders` (decimal text), `funded`, `redeemed` (the share of payers that got
    back 90 % of what they paid), `growth` (new payers in the later half of the time over those in
    the earlier), `payments` (the median number of payments of a payer).

    `members` is the account; `circle` its insiders' accounts that got money, then the payers by
    their first payment. `facts` are payments in, returns, and transfers to insiders, by time;
    `amount` is what the payers paid.

    `p`: how likely so many of those it pays are payers of it, were each receiver drawn at random
    with the in-degrees that accounts have (configuration model: Molloy and Reed 1995; a binomial
    tail). Innocent explanations weighed: a real fund or wealth product (principal is redeemed,
    outside income covers the returns), mutual aid and property fees (the same small dues again and
    again), a business (most goes to suppliers and staff), a circle of acquaintances (the law counts
    from 150 people, a risk is seen from some 30). Only transfers in `currency`.

    Rows: see `Finding`. O(n log n) in the transfers. Raises
    UnknownSubject.
    """
    from algorithms.flows.pool_rows import found_pools

    return found_pools(snapshot, params)
