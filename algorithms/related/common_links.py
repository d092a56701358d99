"""Common links: everything that two or more subjects share, hubs discounted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import Params, Result, Truncated, algorithm, cut_short, evidence
from algorithms.related.asking import Since
from graph.errors import WrongUsage
from graph.model import NAMES

if TYPE_CHECKING:
    from algorithms.related.sharing import Found, Shared
    from graph.snapshot import Snapshot

MAX_DEPTH = 2


class CommonParams(Params, frozen=True, kw_only=True):
    """Between whom, over what, how far."""

    subjects: Annotated[
        list[str],
        Meta(
            description="two or more subjects, at most 100 / 两个以上主体, 至多 100 个",
            min_length=2,
            max_length=100,
            examples=[["demo:c1", "demo:c2"]],
        ),
    ]
    depth: Annotated[
        int, Meta(description="steps from each subject, at most 2 / 层数, 至多 2 层", ge=1)
    ] = 1
    kinds: Annotated[
        list[str] | None,
        Meta(
            description="kinds of relation to follow; default all but identity judgements"
            " / 关系种类, 默认为全部 (同一性判断除外)",
            examples=[["uses_phone", "located_at"]],
        ),
    ] = None
    since: Since = None
    max_fanout: Annotated[
        int,
        Meta(
            description="a hub has more relations: it weighs nothing and is not passed through"
            " / 关系多于此数者为枢纽, 权重为零且不再穿过",
            ge=1,
            le=1_000_000,
        ),
    ] = 1000
    max_rows: Annotated[
        int, Meta(description="rows shown, the weightiest / 最多列出的行", ge=1, le=1_000_000)
    ] = 1000
    max_explored: Annotated[
        int, Meta(description="relations looked at / 最多查看的关系", ge=1, le=100_000_000)
    ] = 1_000_000
    time_limit: Annotated[float, Meta(description="seconds / 时限 (秒)", gt=0, le=600)] = 5.0


class CommonLink(msgspec.Struct, frozen=True, kw_only=True):
    """A subject that several of those asked about hang on."""

    via: str
    kinds: list[str]
    subjects: list[str]
    weight: float
    facts: list[str]
    depth: int
    degree: int | None
    hub: bool
    facts_total: int | UnsetType = UNSET


@algorithm(
    "common_links",
    CommonParams,
    CommonLink,
    sources=("doi:10.1140/epjb/e2009-00335-8", "doi:10.1016/S0378-8733(03)00009-1"),
    title="Common links / 共同关联",
    family="related",
    quick=True,
)
def common_links(snapshot: Snapshot, params: CommonParams) -> Result[CommonLink]:
    """Everything that two or more subjects share: other subjects within `depth` of two of them.

    Over all kinds of relation, in either direction: companies, people, accounts, phones, addresses,
    devices, events. Relations count when true on `as_of`, as in related parties; events when they
    happened by the end of that day; with `since`, only what began at that moment or later.
    `subjects` are those that hang on `via`; `kinds` the relations that `via` itself has on the ways
    to them; `depth` the most steps from one of them; `degree` how many subjects stand next to
    `via`. `facts` are all relations of the shortest chains, by id. No chain passes through another
    of the subjects asked about, and what lies directly between two of them is no shared third:
    `paths` shows it.

    `weight` is resource allocation (Zhou, Lü and Zhang 2009): one unit sent from a subject through
    what it shares with another is divided equally among the neighbours, so that each shared
    neighbour counts 1/degree; a phone of two people counts 1/2, an agent's address of a thousand
    firms 1/1000. (Adamic and Adar's 1/log degree, also cited, would leave that address a tenth
    of the phone; hubs are what an investigator has to see past.) A row sums this over all pairs of
    its subjects. At two steps each subject sends instead of 1 the sum of 1/degree of those between,
    so that a row counts the sum over pairs of the product of the two, divided by the degree of
    `via`. Weights have 12 digits; rows are ordered by weight, heaviest first, then id.

    Who has more than `max_fanout` relations is a `hub`: named with `degree` null, it weighs 0 and
    nobody is passed through it. `truncated` says so, and when depth (at most 2), rows, relations
    looked at or time cut the search. Time is in proportion to the relations around the subjects and
    those of what is shared. Raises UnknownSubject, WrongUsage.
    """
    from algorithms.related.sharing import Limits, share
    from graph.deadline import within
    from graph.times import day_end, today
    from graph.traverse import EVERY_KIND, ask_for

    deadline = within(params.time_limit)
    subjects = {snapshot.resolve(name) for name in params.subjects}
    if len(subjects) < 2:
        raise WrongUsage("subjects: two different ones are needed")
    at = day_end(params.as_of or today())
    kinds = EVERY_KIND if params.kinds is None else params.kinds
    ask = ask_for(snapshot, kinds, "both", at, params.since)
    limits = Limits(min(params.depth, MAX_DEPTH), params.max_fanout, params.max_explored, deadline)
    found = share(snapshot, ask, sorted(subjects, key=snapshot.canonical), limits)
    names = snapshot.canonicals([one.node for one in found.shared])
    order = sorted(range(len(names)), key=lambda i: (-found.shared[i].weight, names[i]))
    rows = [_row(snapshot, found.shared[i], names[i]) for i in order[: params.max_rows]]
    return Result(results=rows, truncated=_truncated(snapshot, params, found))


def _row(snapshot: Snapshot, one: Shared, name: str) -> CommonLink:
    links = one.links.values()
    rows = sorted(set().union(*(link.rows for link in links)))
    shown, total = evidence(sorted(snapshot.fact_ids(rows)))
    known = one.degree is not None and one.degree >= 0
    return CommonLink(
        via=name,
        kinds=sorted({NAMES[kind] for link in links for _, kind in link.last}),
        subjects=sorted(snapshot.canonicals(list(one.links))),
        weight=one.weight,
        depth=max(link.steps for link in links),
        degree=one.degree if known else None,
        hub=one.degree is not None and not known,
        facts=shown,
        facts_total=total,
    )


def _truncated(snapshot: Snapshot, params: CommonParams, found: Found) -> Truncated | None:
    """Which bounds cut the search short."""
    from graph.searching import EXPLORED, TIME

    cuts: list[tuple[str, int | None]] = []
    if params.depth > MAX_DEPTH:
        cuts.append((f"depth: cut to {MAX_DEPTH} / 层数以 {MAX_DEPTH} 为限", MAX_DEPTH))
    if len(found.shared) > params.max_rows:
        text = f"max_rows: the weightiest {params.max_rows} of {len(found.shared)}"
        cuts.append((f"{text} / 只列出权重最大的", params.max_rows))
    if EXPLORED in found.cuts:
        cuts.append(("max_explored: not all was looked at / 未查看全部关系", params.max_explored))
    if TIME in found.cuts:
        cuts.append(("time_limit: not all was looked at / 超时, 未查看全部关系", None))
    if found.hubs:
        first = min(snapshot.canonicals(sorted(found.hubs)))
        text = f"max_fanout: {len(found.hubs)} hubs weigh nothing, {first} first"
        cuts.append((f"{text} / 枢纽权重为零, 未再穿过", params.max_fanout))
    return cut_short(cuts, found.explored)
