"""What became of the risk clusters between two moments, whole: what a monitor keeps and weighs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from algorithms.risk.clusters import Cluster, Knitting
from algorithms.risk.history_rows import Day, Moment, look
from algorithms.risk.lineage import Members, links, steps
from graph.deadline import stage
from graph.domains import OF_KIND, of_listing

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class Parent(NamedTuple):
    """A cluster of the earlier moment that goes on in a later one: its name then, and how many
    members the two have in common."""

    name: str
    shared: int


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster as it is, or as it was when it went: `event` as `cluster_history` names it.

    `size` counts its members, `nodes` are they by today's subjects; `joined` and `left` are all of
    them, by canonical id, against all parents; `risks` the facts that make its core; `domains`
    those that something of it is of.
    """

    event: str
    row: Cluster
    size: int
    nodes: Members
    parents: list[Parent]
    joined: list[str]
    left: list[str]
    risks: frozenset[str]
    domains: frozenset[str]


class Watched(NamedTuple):
    """The clusters that are there, worst first, those that dissolved, and the bounds met."""

    there: list[Seen]
    gone: list[Seen]
    cuts: list[str]


def watch(
    snapshot: Snapshot, params: Knitting, now: str, before: Moment | None, overlap: float
) -> Watched:
    """The clusters of a day by what the view knows, and what became of those of the moment before;
    without one, each is `present`.

    Twice the time of `clusters`, and where the moment before is of an earlier batch that of
    grouping the records anew. Raises what `clusters` raises.
    """
    with stage(0, 2, "moments / 时点"):
        after = look(snapshot, params, Moment(now))
    if before is None:
        every = [_seen(snapshot, "present", after, at, None, ()) for at in range(len(after.rows))]
        return Watched(every, [], after.cuts)
    with stage(1, 2, "moments / 时点"):
        old = look(snapshot, params, before)
    told = steps(old.members, after.members, links(old.members, after.members, overlap))
    there = [
        _seen(snapshot, each.event, after, each.after, old, each.parents)
        for each in told
        if each.after >= 0
    ]
    gone = [
        _seen(snapshot, each.event, None, -1, old, each.parents) for each in told if each.after < 0
    ]
    return Watched(there, gone, list(dict.fromkeys([*after.cuts, *old.cuts])))


def _seen(
    snapshot: Snapshot,
    event: str,
    after: Day | None,
    place: int,
    old: Day | None,
    parents: Iterable[int],
) -> Seen:
    before = [] if old is None else [(old.rows[at].id, old.members[at]) for at in parents]
    was: Members = frozenset().union(*(members for _, members in before))
    now: Members = frozenset() if after is None else after.members[place]
    if after is not None:
        row, risks = after.rows[place], after.risks[place]
    else:
        assert old is not None
        (at,) = parents
        row, risks = old.rows[at], old.risks[at]
    first = event == "present"
    return Seen(
        event=event,
        row=_told(row),
        size=len(now or was),
        nodes=now or was,
        parents=[Parent(name, len(members & now)) for name, members in before],
        joined=[] if first else sorted(snapshot.canonicals(sorted(now - was))),
        left=sorted(snapshot.canonicals(sorted(was - now))),
        risks=risks,
        domains=_domains(snapshot, row, now | was),
    )


def _told(row: Cluster) -> Cluster:
    """A row without the wider circle, of which the monitor says nothing."""
    if not row.attrs:
        return row
    kept = {name: value for name, value in row.attrs.items() if name.startswith("was")}
    return msgspec.structs.replace(row, attrs=kept or msgspec.UNSET)


def _domains(snapshot: Snapshot, row: Cluster, members: Members) -> frozenset[str]:
    """The domains of everything that a row tells: its relations, lists and members."""
    kinds = {OF_KIND[snapshot.kind_name(node)] for node in members}
    kinds |= {OF_KIND[kind] for kind in row.relations}
    kinds |= {of_listing({"domain": word.partition("/")[2]}) for word in row.reasons}
    return frozenset(kind for kind in kinds if kind is not None)
