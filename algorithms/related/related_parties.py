"""Related parties: who stands around a subject on a day, how far off, and by which facts."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.registry import (
    FACTS_LIMIT,
    Params,
    Result,
    Truncated,
    algorithm,
    cut_short,
    evidence,
)
from algorithms.related.asking import Since
from graph.model import CODES, NAMES, RELATIONS, ROLE_KINDS, SHARE_UNIT

if TYPE_CHECKING:
    from graph.reach import Reached
    from graph.snapshot import Snapshot

MAX_DEPTH = 10
_TITLED = frozenset(k.code for k in RELATIONS.values() if "role" in k.carried)
_SHAREHOLDER = CODES["shareholder"]
_OWNED_BY = _SHAREHOLDER * 4 + 1  # a holding met from the company: way "in"
_OWNS = _SHAREHOLDER * 4 + 2
_DIRECTIONS = ("", "in", "out", "both")


class RelatedParams(Params, frozen=True, kw_only=True):
    """Whom to ask about, and how far to look."""

    subject: Annotated[
        str, Meta(description="the subject to start from / 起点主体", examples=["demo:c1"])
    ]
    depth: Annotated[
        int, Meta(description="how many relations away, at most 10 / 层数, 至多 10 层", ge=1)
    ] = 1
    kinds: Annotated[
        list[str] | None,
        Meta(
            description="kinds of relation to follow; default the roles and holdings"
            " / 关系种类, 默认为任职、持股等全部角色关系",
            examples=[["shareholder", "legal_representative"]],
        ),
    ] = None
    direction: Annotated[
        Literal["in", "out", "both"],
        Meta(
            description="in: towards those who hold or lead; out: towards those held or led"
            " / in 向上 (股东、法定代表人), out 向下 (被持股、任职企业), both 双向"
        ),
    ] = "both"
    since: Since = None
    max_fanout: Annotated[
        int,
        Meta(
            description="pass through no party with more relations / 关系多于此数的主体不再穿过",
            ge=1,
            le=1_000_000,
        ),
    ] = 1000
    max_rows: Annotated[
        int, Meta(description="parties shown, the nearest / 最多列出的关联方", ge=1, le=1_000_000)
    ] = 1000
    max_explored: Annotated[
        int, Meta(description="relations looked at / 最多查看的关系", ge=1, le=100_000_000)
    ] = 1_000_000
    time_limit: Annotated[float, Meta(description="seconds / 时限 (秒)", gt=0, le=600)] = 5.0


class RelatedParty(msgspec.Struct, frozen=True, kw_only=True):
    """A party at its least distance from the subject."""

    party: str
    roles: list[str]
    depth: int
    share: float | None
    facts: list[str]
    path: list[str]
    direction: str
    titles: list[str] | UnsetType = UNSET
    facts_total: int | UnsetType = UNSET


@algorithm(
    "related_parties",
    RelatedParams,
    RelatedParty,
    sources=(
        "doi:10.1137/0201010",
        "企业会计准则第36号——关联方披露 (财政部, 2006)",
    ),
    title="Related parties / 关联方",
    family="related",
    quick=True,
)
def related_parties(snapshot: Snapshot, params: RelatedParams) -> Result[RelatedParty]:
    """The parties within `depth` relations of a subject, true on `as_of`, known at `known_at`.

    One row a party at its least depth, by breadth-first search over subjects (a subject is all of
    its records). `roles` are the kinds of the last relations, those between the party and the one
    before it on `path`; `direction` says how these point: `in` at the nearer one (a shareholder of
    it), `out` away from it (held by it), `both`. `titles` are what registers call the role.
    `facts` are the relations along `path`, nearest first, parallel ones beside each other; at
    depth 1 they are all direct relations of the asked kinds and direction. Where several shortest
    paths lead to a party, each step comes from the one before it whose canonical id is least.

    `share`, a fraction, at depth 1 only: what the party holds in the subject, and where it holds
    nothing, what the subject holds in it; parallel holdings add, absent shares do not count, null
    when none is known.

    A relation counts when it is true on `as_of` and both its ends are; events (transfers, invoices)
    only where `kinds` asks for them, and then when they happened by the end of that day. With
    `since`, only relations that began (events: happened) at that moment or later.

    Rows are ordered by depth, then canonical id. `truncated` says when depth (at most 10), rows,
    relations looked at or time ended the search, or parties with more than `max_fanout` relations
    were not passed through; the subject's own relations are never cut by `max_fanout`. Time is in
    proportion to the relations of the parties met. Raises UnknownSubject, WrongUsage.
    """
    from graph.reach import reach
    from graph.times import day_end, today
    from graph.traverse import ask_for, graph_of
    from graph.walk import Bounds

    root = snapshot.resolve(params.subject)
    at = day_end(params.as_of or today())
    kinds = ROLE_KINDS if params.kinds is None else params.kinds
    bounds = Bounds(
        min(params.depth, MAX_DEPTH), params.max_fanout, params.max_rows, params.max_explored
    )
    ask = ask_for(snapshot, kinds, params.direction, at, params.since)
    reached = reach(graph_of(snapshot), ask, root, bounds, params.time_limit)
    rows = _rows(snapshot, reached, params.max_rows)
    return Result(
        results=rows, truncated=_truncated(snapshot, params, reached, len(reached.nodes) - 1)
    )


def _rows(snapshot: Snapshot, reached: Reached, most: int) -> list[RelatedParty]:
    """The first rows of what was reached, in order."""
    names = snapshot.canonicals(reached.nodes)
    before, hop, more = _parents(reached, names)
    ids = snapshot.fact_ids(reached.row)
    titles = _titles(snapshot, reached)
    tags, rows = reached.tag, reached.row
    paths: list[list[str]] = [[]] * len(names)
    facts: list[list[str]] = [[]] * len(names)
    paths[0] = names[:1]
    made: list[RelatedParty] = []
    # The nearer come first, so what a party hangs on is there before it.
    for c in _ordered(reached.levels, names)[:most]:
        p, step, depth, name = before[c], hop[c], reached.levels[c], names[c]
        steps = more.get(c)
        if steps is None:
            tag = tags[step]
            way, roles = tag & 3, [NAMES[tag >> 2]]
            said = facts[p] + [ids[step]]
            called = [titles[rows[step]]] if rows[step] in titles else UNSET
        else:
            way, roles, called = _hop(steps, reached, titles)
            said = facts[p] + sorted([ids[i] for i in steps])
        facts[c] = said
        paths[c] = path = paths[p] + [name]
        shown, total = evidence(said) if len(said) > FACTS_LIMIT else (said, UNSET)
        made.append(
            RelatedParty(
                party=name,
                roles=roles,
                depth=depth,
                share=_share(snapshot, reached, steps or [step]) if p == 0 else None,
                facts=shown,
                path=path,
                direction=_DIRECTIONS[way],
                titles=called,
                facts_total=total,
            )
        )
    return made


def _ordered(levels: list[int], names: list[str]) -> list[int]:
    """The places of the parties by level, which ascends, then by name."""
    found: list[int] = []
    begin = 1
    while begin < len(levels):
        end = bisect_right(levels, levels[begin], begin)
        found += sorted(range(begin, end), key=names.__getitem__)
        begin = end
    return found


def _parents(
    reached: Reached, names: list[str]
) -> tuple[list[int], list[int], dict[int, list[int]]]:
    """For each party the one before it on its path, a step between the two, all where several.

    Steps from one parent stand together, for it was expanded once.
    """
    before = [-1] * len(names)
    hop = [-1] * len(names)
    more: dict[int, list[int]] = {}
    for i, (c, p) in enumerate(zip(reached.child, reached.parent, strict=True)):
        q = before[c]
        if q == p:
            more.setdefault(c, [hop[c]]).append(i)
        elif q < 0 or names[p] < names[q]:
            before[c], hop[c] = p, i
            if q >= 0:
                more.pop(c, None)
    return before, hop, more


def _hop(
    steps: list[int], reached: Reached, titles: dict[int, str]
) -> tuple[int, list[str], list[str] | UnsetType]:
    """Direction, roles and titles of parallel steps."""
    way = 0
    for i in steps:
        way |= reached.tag[i] & 3
    roles = sorted({NAMES[reached.tag[i] >> 2] for i in steps})
    called = {titles[row] for i in steps if (row := reached.row[i]) in titles}
    return way, roles, sorted(called) if called else UNSET


def _share(snapshot: Snapshot, reached: Reached, hop: list[int]) -> float | None:
    """The direct holding among the steps of a hop."""
    for tag in (_OWNED_BY, _OWNS):
        values = [int(snapshot.columns.value[reached.row[i]]) for i in hop if reached.tag[i] == tag]
        known = [value for value in values if value >= 0]
        if known:
            return sum(known) / SHARE_UNIT
    return None


def _titles(snapshot: Snapshot, reached: Reached) -> dict[int, str]:
    """What the registers call roles, by row."""
    rows = [row for row, tag in zip(reached.row, reached.tag, strict=True) if tag >> 2 in _TITLED]
    return snapshot.said(rows, "role") if rows else {}


def _truncated(
    snapshot: Snapshot, params: RelatedParams, reached: Reached, rows: int
) -> Truncated | None:
    """Which bounds cut the search short."""
    from graph.searching import EXPLORED, ROWS, TIME

    cuts: list[tuple[str, int | None]] = []
    if params.depth > MAX_DEPTH:
        cuts.append((f"depth: cut to {MAX_DEPTH} / 层数以 {MAX_DEPTH} 为限", MAX_DEPTH))
    if reached.status == ROWS or rows > params.max_rows:
        text = f"max_rows: only the nearest {params.max_rows} are shown / 只列出最近的关联方"
        cuts.append((text, params.max_rows))
    if reached.status == EXPLORED:
        cuts.append(("max_explored: not all was looked at / 未查看全部关系", params.max_explored))
    if reached.status == TIME:
        cuts.append(("time_limit: not all was looked at / 超时, 未查看全部关系", None))
    if reached.hubs:
        first = min(snapshot.canonicals(reached.hubs))
        text = (
            f"max_fanout: {len(reached.hubs)} not passed through, {first} first"
            " / 关系过多的主体未再穿过"
        )
        cuts.append((text, params.max_fanout))
    return cut_short(cuts, reached.explored)
