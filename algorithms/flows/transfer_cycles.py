"""Transfer cycles: money that comes back to where it left, over different accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding, FindingParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


_Days = Annotated[float, Meta(gt=0, le=36_500)]
_Amount = Annotated[float, Meta(ge=0)]
_Part = Annotated[float, Meta(ge=0, lt=1)]


class CycleParams(FindingParams, frozen=True, kw_only=True):
    """Which cycles to look for."""

    through: Annotated[
        str | None,
        Meta(
            description="only cycles through this account / 只查经过此账户的环",
            examples=["demo:a1"],
        ),
    ] = None
    max_length: Annotated[
        int, Meta(description="most transfers in a cycle / 环的最大长度", ge=2, le=12)
    ] = 8
    window: Annotated[
        _Days | None,
        Meta(
            description="days between the first and the last transfer; unless given, any"
            " / 首末两笔之间的天数, 默认不限"
        ),
    ] = None
    since: Annotated[
        str | None,
        Meta(
            description="leave out transfers before this date or ISO time; unless given, none"
            " / 忽略此时之前的转账, 默认不限",
            examples=["2021-01-01"],
        ),
    ] = None
    tolerance: Annotated[
        _Part | None,
        Meta(
            description="each hop pays what the one before paid, less or more by at most this part"
            " (0.1: fees up to a tenth); unless given, any amounts"
            " / 每一跳金额与前一跳相差不超过此比例 (0.1 即允许一成手续费), 默认不限",
            examples=[0.1],
        ),
    ] = None
    any_order: Annotated[
        bool,
        Meta(description="also cycles whose transfers are not in order of time / 不要求按时间先后"),
    ] = False
    kinds: Annotated[
        list[str] | None,
        Meta(
            description="kinds of payment; default transfer / 资金关系种类, 默认为转账",
            examples=[["transfer", "withdrawal"]],
        ),
    ] = None
    min_amount: Annotated[
        _Amount | None,
        Meta(
            description="leave out smaller transfers; unless given, none"
            " / 忽略小于此金额的转账, 默认不限"
        ),
    ] = None
    max_explored: Annotated[
        int, Meta(description="transfers looked at / 最多查看的转账", ge=1, le=10**12)
    ] = 10_000_000_000


@algorithm(
    "transfer_cycles",
    CycleParams,
    Finding,
    sources=(
        "doi:10.14778/3236187.3236197",
        "doi:10.1006/jcss.2002.1829",
        "arXiv:2105.10094",
        "doi:10.1137/0214017",
        "arXiv:2306.16424",
        "doi:10.2307/1910129",
    ),
    title="Transfer cycles / 资金闭环",
    family="flows",
)
def transfer_cycles(snapshot: Snapshot, params: CycleParams) -> Result[Finding]:
    """Cycles of 2 to `max_length` transfers in order of time, over accounts that are all different.

    In order of time means after Kempe, Kleinberg and Kumar: no transfer is earlier than the one
    before it. Equal times count as in order, for many statements give only the day. A cycle starts
    with its earliest transfer; where all are of one moment, at the account of least canonical id.
    Each choice among parallel transfers is a cycle of its own. `pattern` is `transfer_cycle`;
    `members` and `facts` are in order.

    With `any_order`, cycles of accounts whatever the times (`transfer_cycle_any_order`): one row a
    ring of accounts, started at its least canonical id, with all transfers of each hop in order;
    with a window, those within the earliest window that has a transfer of every hop.

    `window` bounds the days from the first to the last transfer. With `tolerance` x each hop after
    the first pays at least 1 - x and at most 1 + x times what the one before it paid, in the same
    currency (where all is of one moment: from some start, which is then where the cycle starts);
    not with `any_order`. Only transfers that happened by the end of `as_of`, and from `since` on,
    count; a transfer between accounts of one subject, or to itself, is no part of any cycle; a
    withdrawal is no transfer unless `kinds` asks for it.

    `amount` is that of the smallest hop; where currencies differ it is null and `attrs.amounts`
    gives the smallest by currency. `attrs.kept` is the smallest hop over the largest (of one
    currency; the least ratio where there are several, 0 where an amount is unknown or not
    positive), `attrs.days` the days from first to last.

    `p` is the chance that a transfer like the first one begins such a cycle where payments have
    other ends: degrees of accounts and times are kept, receivers drawn by how often they are paid
    (the configuration model; Newman, Strogatz and Watts 2001). Expected are the product of how many
    transfers each account on the way makes in those days whose amounts are between the smallest and
    the largest hop, over the orders of their times, times the share of all transfers that go to the
    start; the tests are all transfers. Weighed beside it: how much is kept of the amount, in how
    many days; partners who pay each other all year (the same payments at permuted times; Holme and
    Saramäki 2012), accounts of one owner, one family or one declared group (kinship, guardianship,
    majority holdings, control, branches), companies that pay wages, a mere there and back; accounts
    that are new.

    Rows are ordered by score, highest first; past `max_rows` those of less evidence are left out.
    `truncated` says so, and when the transfers looked at or time ended the search. The number of
    cycles can grow exponentially with their length and window; each is found once, from the busiest
    of its accounts. A path that can become none of those that are shown, for the days it has taken
    and what is left of the amount, is not gone on with: of weaker cycles not all are counted, and
    with a `min_score` none is looked for that takes too long for it. Without a window ever longer
    windows are searched, so that what is cut short is what takes longest to come back: `truncated`
    says up to how many days all were found.
    Raises UnknownSubject, WrongUsage.
    """
    from algorithms.flows.cycle_rows import find
    from graph.times import day_end, today

    return find(snapshot, params, day_end(params.as_of or today()))
