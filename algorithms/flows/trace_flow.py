"""Follow money: where what left an account went, or where what reached it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_Days = Annotated[float, Meta(gt=0, le=36_500)]
_Amount = Annotated[float, Meta(ge=0)]


class TraceParams(Params, frozen=True, kw_only=True):
    """Which money to follow, how, and how far."""

    from_: Annotated[
        str,
        Meta(
            description="the account (or loan; or person or company: all accounts it holds) that"
            " the money left / 起点账户 (或贷款; 或个人、企业: 其持有的全部账户)",
            examples=["demo:a1"],
        ),
    ] = msgspec.field(name="from")
    backward: Annotated[
        bool, Meta(description="where the money that reached it came from / 向上游追溯来源")
    ] = False
    transfers: Annotated[
        list[str] | None,
        Meta(
            description="only the money of these payments, by `dataset:id`; default all"
            " / 只追踪这些付款, 默认全部",
            examples=[["demo:t1"]],
        ),
    ] = None
    attribution: Annotated[
        Literal["proportional", "fifo", "any"],
        Meta(
            description="how mixed money is told apart: each payment carries its share of the"
            " balance; first in, first out; any: whatever the amounts"
            " / 混同资金的归属: 按余额比例; 先进先出; 或不计金额"
        ),
    ] = "proportional"
    kinds: Annotated[
        list[str] | None,
        Meta(
            description="kinds of payment to follow; default transfer, and deposit from a loan"
            " / 追踪的资金关系种类, 默认为转账 (自贷款起含放款)",
            examples=[["transfer", "withdrawal"]],
        ),
    ] = None
    max_depth: Annotated[
        int, Meta(description="most payments one after another / 最大层数", ge=1, le=20)
    ] = 6
    min_amount: Annotated[
        _Amount | None,
        Meta(
            description="follow no payment of which less is traced; unless given, any"
            " / 追踪金额小于此数的付款不再追踪, 默认不限"
        ),
    ] = None
    window: Annotated[
        _Days | None,
        Meta(
            description="days within which money has to go on after it came; unless given, any"
            " / 资金到账后须在多少天内转出, 默认不限"
        ),
    ] = None
    since: Annotated[
        str | None,
        Meta(
            description="follow no payment before this date or ISO time / 只追踪此时及以后的付款",
            examples=["2021-01-01"],
        ),
    ] = None
    until: Annotated[
        str | None,
        Meta(
            description="follow no payment at or after this date or ISO time"
            " / 只追踪此时之前的付款",
            examples=["2022-01-01"],
        ),
    ] = None
    min_ratio: Annotated[
        _Amount | None,
        Meta(
            description="with attribution any: each payment is more than this many times what had"
            " reached the account that makes it / 不计金额时: 每笔付款须超过已到账金额的倍数"
        ),
    ] = None
    later: Annotated[
        bool,
        Meta(
            description="with attribution any: money goes on later than it came, not in the same"
            " moment / 不计金额时: 须晚于到账时刻转出, 同一时刻不算"
        ),
    ] = False
    any_order: Annotated[
        bool,
        Meta(
            description="with attribution any: also where money would have left before it came"
            " / 不计金额时: 不要求按时间先后"
        ),
    ] = False
    by: Annotated[
        Literal["account", "trace"],
        Meta(
            description="a row an account, or, with attribution any, a row a trace: payments one"
            " after another over different accounts / 按账户列出, 或 (不计金额时) 按链路列出"
        ),
    ] = "account"
    max_fan_out: Annotated[
        int,
        Meta(
            description="an account with more payments is a hub: not followed further"
            " / 付款笔数超过此数的账户视为枢纽, 不再追踪",
            ge=1,
            le=100_000_000,
        ),
    ] = 10_000
    max_rows: Annotated[
        int,
        Meta(description="rows shown, those of most money / 最多列出的行", ge=1, le=1_000_000),
    ] = 200
    max_explored: Annotated[
        int,
        Meta(
            description="payments looked at beside the start's own / 除起点外最多查看的付款",
            ge=1,
            le=100_000_000,
        ),
    ] = 50_000
    time_limit: Annotated[float, Meta(description="seconds / 时限 (秒)", gt=0, le=600)] = 5.0


class TraceRow(msgspec.Struct, frozen=True, kw_only=True):
    """An account that traced money reached, or one trace; see `trace_flow`."""

    account: str
    depth: int
    amount: str | None
    currency: str
    share: float | None
    rests: str | None
    arrives: str | None
    path: list[str]
    facts: list[str]
    hub: bool
    accounts: list[str] | UnsetType = UNSET
    facts_total: int | UnsetType = UNSET


@algorithm(
    "trace_flow",
    TraceParams,
    TraceRow,
    sources=(
        "doi:10.1007/978-3-662-44774-1_2",
        "Clayton's Case (1816) 1 Mer 572",
        "arXiv:1901.01769",
        "LDBC FinBench 0.1.0, transaction complex reads 5 and 8 (arXiv:2306.15975)",
    ),
    title="Trace of money / 资金追踪",
    family="flows",
    route="/v1/flows/trace",
    quick=True,
)
def trace_flow(snapshot: Snapshot, params: TraceParams) -> Result[TraceRow]:
    """Where the money that left `from` went; `backward`, where the money that reached it came from.

    Money goes on in order of time only: what leaves an account at a moment can be what came by that
    moment, the same moment included (unless `later`), for many statements give only the day. Traced
    is all that left the start (or the payments given as `transfers`); it ends after `max_depth`
    payments, where it is back at its start, at a hub, and at what is no account.

    How money that is mixed in an account is told apart (`attribution`):

    - `proportional` (haircut): what leaves carries its share of the balance of that moment;
      payments of one moment share alike.
    - `fifo`: what came first leaves first; within one moment larger amounts first. Exact.
    - `any`: every payment that can follow counts, as a whole (poison); `amount` is then the sum of
      the payments into the account, each counted once, and `min_ratio` holds back payments that
      are small beside what has come.

    The balance counts every transfer, withdrawal, deposit and repayment of the account, followed or
    not, in one currency; what it was before the first of them is not known and is taken as the
    least that lets every payment be made, and as not traced. Payments of unknown or negative amount
    move nothing.

    A row an account and currency. `depth`: the fewest payments to it. `amount`: traced money that
    reached it (`backward`: that it gave), however often; `share`: of all that is traced (of the
    same currency). `rests`: what of it was not followed any further: it is still there, or left in
    ways that the question leaves out; `backward`: it came from nowhere that is known, or from
    before the window. What rests adds up to what is traced, to rounding; amounts are computed in
    whole minor units with `fifo`, in double precision with `proportional` (relative error some
    1e-12), and shown in decimals of the currency. `arrives`: when the first (`backward`: the last)
    of it moved. `path`: payments from the start, each the one by which most of the next came.
    `facts`: the payments that brought it, those of most traced money first. `hub`: it has more than
    `max_fan_out` payments (the start is followed whatever it has).

    Rows are ordered by depth, then amount, largest first, then account; past `max_rows` those of
    least money are left out. By `trace`: a row for each chain of payments over different accounts,
    longest first, then by time and facts; `amount` is that of its smallest payment. `truncated`
    says which bound was hit: hubs, the payments looked at (accounts of most traced money are
    followed first), rows, or time.

    Time: each level sorts the statements of the accounts it goes through, O(n log n). Raises
    UnknownSubject, WrongUsage.
    """
    from algorithms.flows.trace_rows import answer

    return answer(snapshot, params)
