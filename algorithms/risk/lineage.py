"""What becomes of groups from one moment to the next: told from their members alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

Members = frozenset[int]


class Step(NamedTuple):
    """What happened to a group: `after` is its place at the later moment, -1 where it is gone;
    `parents` are places at the earlier moment."""

    event: str
    after: int
    parents: tuple[int, ...]


def links(
    before: Sequence[Members], after: Sequence[Members], overlap: float
) -> list[tuple[int, int]]:
    """Pairs of groups (earlier, later) that continue each other, ascending: they share at least
    `overlap` of the members of the smaller one, and one. Groups of one moment are disjoint, so this
    is linear in the members."""
    where = {member: place for place, group in enumerate(before) for member in group}
    shared = Counter(
        (where[member], place)
        for place, group in enumerate(after)
        for member in group
        if member in where
    )
    return sorted(
        (a, b)
        for (a, b), count in shared.items()
        if count >= overlap * min(len(before[a]), len(after[b]))
    )


def steps(
    before: Sequence[Members], after: Sequence[Members], found: Sequence[tuple[int, int]]
) -> list[Step]:
    """What became of the groups, those that are there first, in their order, then those gone.

    `born`: no parent. `merged`: several. `split`: its one parent goes on in several. Otherwise by
    its size against its parent's `grew`, `shrank`, and where that is the same `steady`, or
    `changed` where some of the members are others. `dissolved`: it goes on in none.
    """
    parents: dict[int, list[int]] = {}
    children = Counter(a for a, _ in found)
    for a, b in found:
        parents.setdefault(b, []).append(a)
    made = [
        Step(_event(before, after[place], of, children), place, tuple(of))
        for place in range(len(after))
        for of in (parents.get(place, []),)
    ]
    gone = (place for place in range(len(before)) if place not in children)
    return made + [Step("dissolved", -1, (place,)) for place in gone]


def _event(
    before: Sequence[Members], group: Members, parents: Sequence[int], children: Counter[int]
) -> str:
    if not parents:
        return "born"
    if len(parents) > 1:
        return "merged"
    old = before[parents[0]]
    if children[parents[0]] > 1:
        return "split"
    if len(group) != len(old):
        return "grew" if len(group) > len(old) else "shrank"
    return "steady" if group == old else "changed"
