"""Event gangs: the same people in claim after claim, tender after tender, sitting after sitting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding, FindingParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class EventGangParams(FindingParams, frozen=True, kw_only=True):
    """How often the members of a gang meet, and how closely it hangs together."""

    subject: Annotated[
        str | None,
        Meta(
            description="only gangs that this subject is in / 只查此主体所在的团伙",
            examples=["demo:p1"],
        ),
    ] = None
    min_events: Annotated[
        int, Meta(description="fewest events that a pair shares / 两者共同参与的最少事件数", ge=2)
    ] = 2
    max_participants: Annotated[
        int,
        Meta(
            description="an event of more participants is public and joins nobody"
            " / 参与者多于此数的事件视为公开, 不作连接",
            ge=2,
            le=10_000,
        ),
    ] = 100
    max_chance: Annotated[
        float,
        Meta(
            description="leave out pairs that share as many events by chance with a higher"
            " probability / 不计偶然概率更高的成对关系",
            gt=0,
            le=1,
        ),
    ] = 0.5
    min_density: Annotated[
        float,
        Meta(
            description="share of a gang's pairs that must be tied / 团伙内成对相连的最低比例",
            gt=0,
            le=1,
        ),
    ] = 0.3
    min_size: Annotated[int, Meta(description="fewest members / 最少成员数", ge=2)] = 2
    max_events: Annotated[
        int,
        Meta(
            description="events whose records are read / 最多读取记录的事件数", ge=1, le=10_000_000
        ),
    ] = 100_000


@algorithm(
    "event_gangs",
    EventGangParams,
    Finding,
    sources=(
        "doi:10.1088/1367-2630/aa6b38",
        "arXiv:1104.3904",
        "doi:10.1086/261885",
    ),
    title="Event gangs / 事件团伙",
    family="rings",
)
def event_gangs(snapshot: Snapshot, params: EventGangParams) -> Result[Finding]:
    """Groups of people and companies who take part in events together more often than chance:
    staged insurance claims, rigged tenders, exams and tickets taken for others.

    Events are told apart by their `attrs.type` (claim, tender, exam, ticket and words for them, in
    Chinese too), or, where that is missing, by the roles of who took part; others do not count. A
    participation counts when it is true on `as_of` and both its ends are. An event of more than
    `max_participants` is public and joins nobody. Two are tied when they share at least
    `min_events` events of one sort, and more than the null model gives with a chance of at most
    `max_chance`: those who are everywhere meet everybody. Of all groups that hang
    together by ties of at least some number of events, those are gangs that have most pairs tied so
    above a share `min_density` of all their pairs, summed over gangs that do not overlap; with at
    least `min_size` members.

    `pattern` is `claim_gang`, `bid_rigging` or `exam_gang`. `members`: those in most of the shared
    events first, then by id; `attrs.events` a hundred of the events that at least two of them share
    (`events_total` in all) and `attrs.circle` who else took part in several of these. `facts` are
    the members' participations in those events, oldest first. `amount`: the sum of what members
    claimed or won in them.

    Null model: each subject keeps its number of events and each event its number of participants
    (bipartite configuration model; validated projections after Saracco et al. 2017); a pair's
    common events are then Poisson with mean k_a k_b * sum of d (d - 1) / m² over events of d, and
    `p` is the tail of the gang's meetings (participants in each event but one, summed). Weighed in
    `signs`: members in turning roles (claims), winners who take turns (tenders: as evenly spread
    wins where winners are drawn from the gang, exact), one person or one phone, device or address
    behind several, payments among them; against it: that the same trade, class or district meets
    anyway, one family, one registered group, one employer or school, each in one role only, a
    market of few firms or a class that nothing else ties (Porter and Zona 1993).

    Rows by score, then evidence, begin, id. O(sum of d² over events that are not public). The
    records of at most `max_events` shared events are read; `truncated` says where there were more.
    Raises UnknownSubject, WrongUsage.
    """
    from algorithms.rings.gang_rows import answer

    return answer(snapshot, params)
