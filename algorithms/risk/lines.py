"""The lines of clusters: one name for what a cluster is through all that becomes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from algorithms.risk.watch import Seen


def lines_of(there: Sequence[Seen], lines: Mapping[str, str]) -> list[str]:
    """The line of each cluster, in their order; `lines` are those of the moment before, by the name
    that a cluster had then.

    Each line goes on in at most one cluster and each cluster goes on at most one line: of all pairs
    of parent and child first those that have the same name, then those that share most members,
    then the line of the least name. Whoever is left begins a line under its own name; where that is
    taken by another that goes on, under that name with a number. A line that ended is taken up
    again by a cluster that has its name: two clusters that merged and part again are again the
    two that they were. O(p log p) in the pairs.
    """
    pairs = sorted(
        (parent.name != seen.row.id, -parent.shared, lines.get(parent.name, parent.name), place)
        for place, seen in enumerate(there)
        for parent in seen.parents
    )
    found: dict[int, str] = {}
    taken: set[str] = set()
    for _, _, line, place in pairs:
        if place not in found and line not in taken:
            found[place] = line
            taken.add(line)
    for place, seen in enumerate(there):
        if place not in found:
            name, number = seen.row.id, 1
            while name in taken:
                number += 1
                name = f"{seen.row.id}.{number}"
            found[place] = name
            taken.add(name)
    return [found[place] for place in range(len(there))]
