"""Fans and what is made of them: many accounts pay one, one pays many, and layers of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from algorithms.findings.finding import Finding, FindingParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_Days = Annotated[float, Meta(gt=0, le=36_500)]
_Size = Annotated[int, Meta(ge=2, le=100_000)]
_Amount = Annotated[float, Meta(ge=0)]
Pattern = Literal["fan_in", "fan_out", "scatter_gather", "gather_scatter", "bipartite", "stack"]


class FanParams(FindingParams, frozen=True, kw_only=True):
    """Which patterns, within how many days, of how many accounts."""

    account: Annotated[
        str | None,
        Meta(
            description="only patterns with this account among their members / 只查含此账户的模式",
            examples=["demo:a1"],
        ),
    ] = None
    patterns: Annotated[
        list[Pattern] | None,
        Meta(
            description="which patterns; default all / 查哪些模式, 默认全部", examples=[["fan_in"]]
        ),
    ] = None
    fan_in_window: Annotated[
        _Days, Meta(description="days in which many pay one / 多户汇入一户的天数")
    ] = 7.0
    fan_in_size: Annotated[
        _Size, Meta(description="payers of a fan-in, at least / 汇入方的最少户数")
    ] = 5
    fan_out_window: Annotated[
        _Days, Meta(description="days in which one pays many / 一户汇往多户的天数")
    ] = 7.0
    fan_out_size: Annotated[
        _Size, Meta(description="receivers of a fan-out, at least / 收款方的最少户数")
    ] = 5
    scatter_gather_window: Annotated[
        _Days,
        Meta(description="days from the first payment out to the last in / 分散再汇集的总天数"),
    ] = 7.0
    scatter_gather_size: Annotated[
        _Size, Meta(description="middle accounts, at least / 中间账户的最少户数")
    ] = 3
    gather_scatter_window: Annotated[
        _Days, Meta(description="days of gathering, and of scattering / 汇集与分散各自的天数")
    ] = 7.0
    gather_scatter_size: Annotated[
        _Size, Meta(description="payers, and receivers, at least / 汇入与汇出各自的最少户数")
    ] = 4
    bipartite_window: Annotated[
        _Days, Meta(description="days in which each pays many of a set / 两组账户互付的天数")
    ] = 7.0
    bipartite_size: Annotated[
        _Size,
        Meta(description="receivers of each payer, and payers of each / 每户对手方的最少户数"),
    ] = 3
    stack_window: Annotated[
        _Days, Meta(description="days of a layer, and between layers / 每层及两层之间的天数")
    ] = 14.0
    stack_size: Annotated[
        _Size, Meta(description="as bipartite_size, of each layer / 每层每户对手方的最少户数")
    ] = 2
    max_layer: Annotated[
        _Size,
        Meta(
            description="an account with more counterparts in a window is a hub and in no layer"
            " / 窗口内对手方超过此数的账户视为枢纽, 不计入分层"
        ),
    ] = 50
    habits: Annotated[
        bool,
        Meta(
            description="layers take in payments that come back in three months or more, too"
            " / 分层也计入三个月以上重复的往来"
        ),
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


@algorithm(
    "fan_patterns",
    FanParams,
    Finding,
    sources=(
        "arXiv:2306.16424",
        "Liu et al., Efficient (alpha, beta)-core computation, WWW 2019, 1130",
        "doi:10.1109/ICDE.2006.9",
    ),
    title="Fans and layers of transfers / 资金归集与分散",
    family="flows",
)
def fan_patterns(snapshot: Snapshot, params: FanParams) -> Result[Finding]:
    """Where money is gathered and scattered: the fans and layers of laundering typologies.

    The words are those of AMLSim and AMLWorld (Altman et al. 2023). Counterparts are counted once
    however often they pay; all their transfers in the window are facts. Windows slide over the
    times of transfers, both ends included. A *fan* window begins at a transfer and takes in all of
    w days from there; it counts with at least the size in different counterparts. Windows that
    count are one *episode* as long as each begins within w days of the one before; an episode is
    one finding, told by its fullest window (most counterparts; the earliest of several).

    - `fan_in`, `fan_out`: the windows of the transfers into, out of an account. `members`: the
      account, then its counterparts in order of time.
    - `scatter_gather`: a source pays middle accounts which pay one sink (another than the source).
      A leg over a middle account is a payment of the source to it and the first payment of it to
      the sink that is not earlier, with none from the source between. Windows begin where legs
      begin, hold the legs that end within w days, and count by middle accounts. `members`: source,
      middle accounts, sink.
    - `gather_scatter`: at a pivot, the time of a transfer out, an account has been paid by enough
      in the w days up to it, and pays enough in the w days from it, both ends included; counts by
      the smaller of both. Pivots are joined to episodes as windows are. `members`: payers, the
      account, receivers, a payer that is a receiver once.
    - `bipartite`: the largest set of transfers such that each lies in a window of its payer with
      enough receivers and in a window of its receiver with enough payers, transfers of the set
      alone (a temporal (a, b)-core; Liu et al. 2019). Transfers of one payer, or to one receiver,
      that follow each other within w days are of one finding. `members`: payers, receivers.
    - `stack`: two such sets, one behind the other: in addition, within w days after a transfer of
      the first its receiver pays enough receivers by the second, and within w days before a
      transfer of the second its payer was paid by enough by the first. `members`: payers, middle
      accounts, receivers.

    In layers (the last two) an account is a hub, and none of its transfers that way counts, that
    has more than `max_layer` counterparts in some window; nor, without `habits`, does a transfer
    between two whose transfers that way fall into three months or more (each more than 20 days
    after the one before it begins another). Nothing else is left out. Transfers
    between accounts of one subject do not count, nor what happened after the end of `as_of`.

    `amount`: what was gathered or scattered (scatter-gather: the smaller of what left the source
    and what reached the sink; gather-scatter likewise; layers: the first); null where currencies
    differ, and `attrs.amounts` gives it by currency. `attrs`: `payers`, `receivers`, `middle` (how
    many there are of each), `episode` (when its first and last window begin; of layers, when their
    first and last transfers are).

    `p` keeps how many counterparts, or transfers, each account has in all, and lets them fall
    evenly over the time that was observed (Poisson): for fans, as many different counterparts in
    one window; for gather-scatter both at once; for scatter-gather, as many transfers to the sink
    among all that the source's receivers make in a window, receivers drawn by how often they are
    paid; for layers, as many pairs between accounts that pay and are paid so often. The tests are
    the transfers at which a window can begin (layers, scatter-gather: the accounts that can).
    Weighed beside it: wages (employment), dividends, families and groups, payments that come back
    every month, companies (shops, schools, charities) against persons; money that is gone within
    days, counterparts met but once, accounts newly in use.

    Rows are ordered by score, highest first. `truncated` says where `max_rows` or the time limit
    (scatter-gather alone can take long) left something out. O(n log n) in the transfers, and for
    scatter-gather the two-step paths that lead on from fans within two windows, hubs apart.
    Raises UnknownSubject, WrongUsage.
    """
    from algorithms.flows.fan_rows import find
    from graph.times import day_end, today

    return find(snapshot, params, day_end(params.as_of or today()))
