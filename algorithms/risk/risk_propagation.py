"""Risk propagation: what the listings of some say of those who are tied to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, algorithm
from algorithms.risk.clusters import Domains

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

Method = Literal["noisy_or", "pagerank"]
Kind = Literal["company", "person", "account", "phone", "address", "device", "loan", "event"]


class Propagation(Params, frozen=True, kw_only=True):
    """From whom risk starts, what carries it, and how exactly it is solved."""

    method: Annotated[
        Method,
        Meta(
            description="noisy_or: independent chances; pagerank: a walk that starts anew at the"
            " listed / noisy_or 为独立概率合成, pagerank 为自名单主体重启的随机游走",
        ),
    ] = "noisy_or"
    lists: Annotated[
        list[str] | None,
        Meta(
            description="risk starts from whoever is on such a list; default black and penalty"
            " / 风险源自列入此类名单者, 默认为黑名单和行政处罚",
            examples=[["black", "penalty"]],
        ),
    ] = None
    domains: Domains = None
    seeds: Annotated[
        list[str] | None,
        Meta(
            description="risk starts from these subjects instead, each for certain"
            " / 改为以这些主体为风险源, 各按确定计",
        ),
    ] = None
    kinds: Annotated[
        list[str] | None,
        Meta(
            description="relations that carry risk; default those that join clusters: control,"
            " ownership, guarantees and shared identifiers / 传导风险的关系, 默认与风险群组相同:"
            " 控制、持股、担保和共用标识",
            examples=[["shareholder", "controller", "legal_representative"]],
        ),
    ] = None
    weights: Annotated[
        list[str] | None,
        Meta(
            description="how much a kind of relation carries, as kind=weight with a weight in 0..1"
            " / 某类关系的传导权重, 写作 kind=weight, 权重在 0 至 1 之间",
            examples=[["legal_representative=0.5", "uses_phone=0.1"]],
        ),
    ] = None
    max_load: Annotated[
        float,
        Meta(
            description="noisy_or: the most that all relations of a subject carry together; those"
            " of a hub are scaled down to it"
            " / noisy_or: 一个主体全部关系合计的最大传导权重, 枢纽的关系按比例折减",
            ge=0.1,
            le=0.95,
        ),
    ] = 0.9
    damping: Annotated[
        float,
        Meta(
            description="pagerank: chance to follow a relation, else back to the listed"
            " / pagerank: 沿关系前行的概率, 否则回到名单主体",
            ge=0,
            le=0.95,
        ),
    ] = 0.85
    half_life: Annotated[
        float,
        Meta(
            description="days after which a listing counts half / 名单记录的半衰期 (天)",
            ge=1,
            le=1_000_000,
        ),
    ] = 1095.0
    relation_half_life: Annotated[
        float,
        Meta(
            description="days since its begin after which a relation that holds carries half"
            " / 存续关系自起始日起的半衰期 (天)",
            ge=1,
            le=1_000_000,
        ),
    ] = 3650.0
    event_half_life: Annotated[
        float,
        Meta(
            description="days after which a transfer, invoice or call counts half"
            " / 转账、发票、通话等事件的半衰期 (天)",
            ge=1,
            le=1_000_000,
        ),
    ] = 365.0
    tolerance: Annotated[
        float,
        Meta(
            description="ends when what is left of the error is less / 收敛阈值: 剩余误差上界",
            ge=1e-13,
            le=0.01,
        ),
    ] = 1e-10
    max_iterations: Annotated[
        int, Meta(description="most steps / 最多迭代次数", ge=1, le=10_000)
    ] = 1000


class PropagationParams(Propagation, frozen=True, kw_only=True):
    """Whose values are shown."""

    subject: Annotated[
        str | None,
        Meta(description="only this subject, listed or not / 只查此主体 (无论是否在名单)"),
    ] = None
    kind: Annotated[Kind | None, Meta(description="only subjects of this kind / 只列此类主体")] = (
        None
    )
    with_listed: Annotated[
        bool,
        Meta(description="show those from whom risk starts, too / 同时列出风险源自身"),
    ] = False
    top: Annotated[
        int, Meta(description="subjects shown, the highest / 列出的主体数", ge=1, le=10_000)
    ] = 100
    max_paths: Annotated[
        int, Meta(description="paths shown of a subject / 每个主体列出的路径数", ge=0, le=100)
    ] = 5
    max_explored: Annotated[
        int,
        Meta(
            description="relations looked at to tell where one value comes from; more leave less"
            " of it in the rests / 分解一个数值时最多查看的关系数, 越多则余项越小",
            ge=1000,
            le=1_000_000_000,
        ),
    ] = 40_000


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """A subject from whom risk starts: how much of a value comes from it, and by which listings."""

    seed: str
    contribution: float
    facts: list[str]


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way on which a value came: `members` from the seed to the subject, the relations along
    it, and how much of the value came on it."""

    seed: str
    members: list[str]
    contribution: float
    facts: list[str]
    facts_total: int | UnsetType = UNSET


class Propagated(msgspec.Struct, frozen=True, kw_only=True):
    """A subject's value and where it comes from.

    `seeds` and `seeds_rest` add up to `value`, so do `paths` and `paths_rest`; `own` is what its
    own listings give by themselves.
    """

    subject: str
    kind: str
    rank: int
    value: float
    own: float
    seeds: list[Origin]
    seeds_rest: float
    paths: list[Way]
    paths_rest: float
    facts: list[str]
    why: str
    seeds_total: int | UnsetType = UNSET
    facts_total: int | UnsetType = UNSET


@algorithm(
    "risk_propagation",
    PropagationParams,
    Propagated,
    sources=(
        "isbn:9780080514895",
        "doi:10.1109/TKDE.2003.1208999",
        "doi:10.1007/978-3-540-77004-6_12",
        "doi:10.1109/FOCS.2006.44",
    ),
    title="Risk propagation / 风险传导",
    family="risk",
)
def risk_propagation(snapshot: Snapshot, params: PropagationParams) -> Result[Propagated]:
    """How much the listings of some say of those who are tied to them, and by which facts.

    A lead: it orders the work of investigators and of monitoring. It is never a basis for extending
    a measure to anybody.

    Risk starts from the subjects with a listing in force on `as_of` (its `list` among `lists`, its
    field among `domains`, its status in force, or expired since, or taken off on a later day, which
    its `valid_to` says; of what was taken off on a day that is not said none is known), or from
    `seeds`. Such a subject starts with s = 1 - product of (1 - w) over its distinct reasons, w =
    0.5 for a black list, 0.3 for a penalty, 0.1 for any other, halved every `half_life` days of the
    listing's age; a seed that is named with 1. Nothing starts from those whose use is restricted.
    It travels both ways along the relations of `kinds` that are true on `as_of`, as both their ends
    are: one that ended carries nothing. A pair's relations of one kind count once: the strongest of
    parallel ones, holdings by the sum of known shares, events by their decayed number n as n / (1 +
    n), void invoices not at all. Each carries w = the weight of its kind (`weights`), halved every
    `relation_half_life` days since it began; one of unknown begin is not decayed.

    `noisy_or` (Pearl 1988): v(i) = 1 - (1 - s(i)) * product over relations to j of (1 - W v(j)),
    the least solution, by monotone steps from below. W = w h(i) h(j), where h(x) = min(1,
    `max_load` / sum of w at x): a hub is scaled down at both its ends, so that a phone of 10,000
    carries next to nothing. No row of W then sums to more than `max_load`, each step shrinks the
    error by that, and what is left is at most change * load / (1 - load); a note states it. Values
    are in 0..1; more or heavier seeds never lower one, nor does another relation while no end of
    it has a sum of weights over `max_load` (past that the discount of hubs may). They are scores of
    a policy and no calibrated probabilities: what comes back over the same relation counts, too.

    `pagerank` (Haveliwala 2003): p = (1 - d) s / |s| + d P'p, P(i, j) = w / sum of w at i, solved
    by conjugate gradients; what is left of the error, summed over all subjects, is at most residual
    / (1 - d). Subjects without relations give theirs back to the seeds. Values sum to 1: a hub
    splits what it has. Of two sets of seeds together they are the mean of those of each, weighted
    by |s|, where every seed has relations; so another seed never lowers value * |s|. Another
    relation may lower a value, for shares are split.

    Where a value comes from: it is what its own listings and its relations give together, each a
    term (for `noisy_or` -log of 1 - that chance, for `pagerank` the sum's). It is shared out in
    proportion to these terms, what came by a relation again at its other end, and so on until it
    ends at seeds. That is exact for `pagerank`: row i of the inverse (Andersen et al. 2007); for
    `noisy_or` it is a rule. `seeds` are those shares, largest first, at most 20 (`seeds_total`);
    `paths` those of single ways that visit nobody twice, at most `max_paths`; `seeds_rest` and
    `paths_rest` what is not shown, or comes on too small ways to be followed.

    Rows are ordered by `value`, highest first, then canonical id; `rank` counts among all subjects,
    equal ones share it. Those from whom risk starts are left out unless `with_listed` or `subject`
    asks for them, and those whose use is restricted always. Values are rounded to 12 digits after
    the point; who has less has no row. `facts`: the listings of the seeds shown, then the relations
    of the paths. `truncated` where `max_iterations` was not enough. O(m) a step over m relations;
    a decomposition is bounded. Raises UnknownSubject, WrongUsage.
    """
    from algorithms.risk.propagation_rows import answer

    return answer(snapshot, params)
