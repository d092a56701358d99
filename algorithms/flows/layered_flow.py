"""Layered flow: money that goes from a few through layers of many accounts to a few, and is all
there when it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding, FindingParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_Days = Annotated[float, Meta(gt=0, le=3650)]


class LayeredParams(FindingParams, frozen=True, kw_only=True):
    """Which flows to look for."""

    account: Annotated[
        str | None,
        Meta(description="only flows over this account / 只查经过此账户的", examples=["demo:a1"]),
    ] = None
    window: Annotated[
        _Days, Meta(description="days in which all of a flow happens / 全部转移所在的天数")
    ] = 14.0
    loss: Annotated[
        float,
        Meta(
            description="what may stay in, or come out of, a middle account beside the flow: a part"
            " of the larger of in and out / 中间账户收支之差占较大者的比例上限",
            ge=0,
            lt=1,
        ),
    ] = 0.25
    penalty: Annotated[
        float,
        Meta(
            description="weight of what is not passed on (λ) / 未转出金额的惩罚系数", ge=0, le=100
        ),
    ] = 4.0
    min_middle: Annotated[
        int, Meta(description="middle accounts, at least / 至少多少个中间账户", ge=2, le=100_000)
    ] = 2
    max_layers: Annotated[
        int, Meta(description="middle layers, at most / 最多的中间层数", ge=2, le=20)
    ] = 5
    max_blocks: Annotated[
        int,
        Meta(
            description="flows looked for in one group and window, one after another"
            " / 每组每个窗口依次查找的个数",
            ge=1,
            le=1000,
        ),
    ] = 5
    currency: Annotated[
        str, Meta(description="the currency looked at / 币种", min_length=3, max_length=3)
    ] = "CNY"


@algorithm(
    "layered_flow",
    LayeredParams,
    Finding,
    sources=("doi:10.1609/aaai.v34i04.5906", "doi:10.1007/3-540-44436-X_10"),
    title="Layered flow / 分层转移",
    family="flows",
)
def layered_flow(snapshot: Snapshot, params: LayeredParams) -> Result[Finding]:
    """Flows conserved through two or more middle layers (`layered_flow`; after FlowScope, Li et al.
    2020).

    Time is cut into windows of `window` days, each beginning half a window after the one before, so
    that what takes half a window is whole in one. Within a window a *middle* account passes money
    on: the smaller of in and out is at least 1 - `loss` of the larger, and on average (by amount)
    money came before it left. Middle accounts that pay each other make a group. Its first layer
    gets at least half from accounts that are not middle ones; the next gets at least half from
    layers before, and so on; who is in no layer (a circle) is left out. Sources are the others who
    pay the first layer, destinations those that layers from the second on pay.

    In this multipartite graph a subset S of sources, middle accounts and destinations is sought
    that maximises FlowScope's g(S) = sum over middle accounts of (f - λ (q - f)), divided by the
    size of S; f and q are the smaller and the larger of what an account gets and pays within S, λ
    is `penalty`. Accounts of least weight (f - λ/(1 + λ) q; of sources and destinations, their
    money) are taken away one by one, and the best S on the way is kept. Its parts that hang
    together are flows; their payments are taken out and the search goes on, `max_blocks` times. A
    flow has at least `min_middle` middle accounts in at least two layers.

    How far from the best that can be: when the greedy first takes away an account of the optimum,
    g of the optimum is at most f of that account plus (1 + λ) times its payments with other middle
    accounts (for sources and destinations (1 + λ) times all of theirs). `attrs.bound` is the
    largest such number met, in the currency: no S of the group has more; `attrs.density` is g of
    the flow.

    Of flows of overlapping windows that share half their facts, the one of most money is kept.
    `members`: sources, then layer by layer, then destinations, by money; `attrs.layers` says how
    many of each. `facts` by time; `amount` is what reached the destinations.

    `p`: that so many of the accounts that were paid by, and paid, somebody around the flow in the
    window are middle ones, at the rate at which all accounts of the window with payments in and out
    are (a binomial tail). Innocent explanations weighed: a franchise or a group that distributes
    (companies only; one group; cash pooling), payroll (destinations are many persons), a chain of
    too few accounts.

    Rows: see `Finding`. O(n log n) in the transfers of each window. Raises UnknownSubject.
    """
    from algorithms.flows.layered_rows import found_flows

    return found_flows(snapshot, params)
