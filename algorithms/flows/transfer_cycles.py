"""Transfer cycles: money that comes back to where it left, over different accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, Truncated, algorithm

if TYPE_CHECKING:
    from algorithms.flows.cycle_rows import Rings
    from graph.snapshot import Snapshot


_Days = Annotated[float, Meta(gt=0, le=36_500)]
_Amount = Annotated[float, Meta(ge=0)]


class CycleParams(Params, frozen=True, kw_only=True):
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
    ] = 6
    window: Annotated[
        _Days | None,
        Meta(
            description="days between the first and the last transfer; unless given, any"
            " / 首末两笔之间的天数, 默认不限"
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
    max_rows: Annotated[
        int,
        Meta(description="cycles shown, those of highest score / 最多列出的环", ge=1, le=100_000),
    ] = 1000
    max_explored: Annotated[
        int, Meta(description="transfers looked at / 最多查看的转账", ge=1, le=10**12)
    ] = 1_000_000_000
    time_limit: Annotated[float, Meta(description="seconds / 时限 (秒)", gt=0, le=3600)] = 10.0


class TransferCycle(msgspec.Struct, frozen=True, kw_only=True):
    """A cycle: `members` in order, `facts` in order."""

    id: str
    pattern: str
    members: list[str]
    facts: list[str]
    amount: str | None
    begins: str | None
    ends: str | None
    score: float
    why: str
    currency: str | None = None
    amounts: dict[str, str] | UnsetType = UNSET
    facts_total: int | UnsetType = UNSET


@algorithm(
    "transfer_cycles",
    CycleParams,
    TransferCycle,
    sources=(
        "doi:10.14778/3236187.3236197",
        "doi:10.1006/jcss.2002.1829",
        "arXiv:2105.10094",
    ),
    title="Transfer cycles / 资金闭环",
    family="flows",
)
def transfer_cycles(snapshot: Snapshot, params: CycleParams) -> Result[TransferCycle]:
    """Cycles of 2 to `max_length` transfers in order of time, over accounts that are all different.

    In order of time means after Kempe, Kleinberg and Kumar: no transfer is earlier than the one
    before it. Equal times count as in order, for many statements give only the day. A cycle starts
    with its earliest transfer; where all are of one moment, at the account of least canonical id.
    Each choice among parallel transfers is a cycle of its own. `pattern` is `transfer_cycle`.

    With `any_order`, cycles of accounts whatever the times (`transfer_cycle_any_order`): one row a
    ring of accounts, started at its least canonical id, with all transfers of each hop in order;
    with a window, those within the earliest window that has a transfer of every hop.

    `window` bounds the days from the first to the last transfer. Only transfers that happened by
    the end of `as_of` count; a transfer between accounts of one subject, or to itself, is no part
    of any cycle; a withdrawal is no transfer unless `kinds` asks for it.

    `amount` is that of the smallest hop, decimal text; where currencies differ it is null and
    `amounts` gives the smallest by currency. `score` is in 0..1: the smallest hop over the largest
    (of one currency; the least ratio where there are several, 0 where an amount is unknown or not
    positive), divided by 1 + days / 30 from first to last; money that comes back whole the same
    day scores 1. `id` is a digest of the facts.

    Rows are ordered by score, highest first, then begin, then id; past `max_rows` those of lower
    score are left out (compared at face value). `truncated` says so, and when the transfers looked
    at or time ended the search. The number of cycles can grow exponentially with their length;
    each is found once, with a look back of half the length before each search forwards.
    Raises UnknownSubject, WrongUsage.
    """
    from algorithms.flows.cycle_rows import find
    from graph.times import day_end, today

    at = day_end(params.as_of or today())
    rings = find(snapshot, params, at)
    return Result(results=rings.rows(snapshot), truncated=_truncated(params, rings))


def _truncated(params: CycleParams, rings: Rings) -> Truncated | None:
    cuts: list[tuple[str, int | None]] = []
    if rings.total > params.max_rows:
        text = f"max_rows: {rings.total} cycles found, those of highest score are shown"
        cuts.append((f"{text} / 只列出得分最高的环", params.max_rows))
    if rings.ended == "max_explored":
        cuts.append(("max_explored: not all was looked at / 未查看全部转账", params.max_explored))
    elif rings.ended == "time_limit":
        cuts.append(("time_limit: not all was looked at / 超时, 未查看全部转账", None))
    if not cuts:
        return None
    return Truncated(
        reason="; ".join(text for text, _ in cuts), explored=rings.explored, limit=cuts[0][1]
    )
