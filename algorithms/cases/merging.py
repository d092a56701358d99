"""Which findings are about the same thing: by shared facts, or by half of their members."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from graph.model import RELATIONS

if TYPE_CHECKING:
    from algorithms.findings.making import Found
    from graph.snapshot import Snapshot

I64 = npt.NDArray[np.int64]


def merge(
    snapshot: Snapshot, findings: Sequence[Found], max_fanout: int, at: int
) -> list[list[int]]:
    """Groups of findings that overlap, directly or over others, by their places."""
    members = [{int(snapshot.nodes.rep[node]) for node in each.members} for each in findings]
    hubs = _hubs(snapshot, set().union(*members), max_fanout, at)
    by_facts = _groups(len(findings), _sharing_facts([each.rows for each in findings]))
    pairs = _sharing_members(members, hubs, by_facts)
    return _components(by_facts, pairs)


def _hubs(snapshot: Snapshot, members: set[int], max_fanout: int, at: int) -> set[int]:
    """Who of these has more relations than that."""
    if not members:
        return set()
    degree = np.zeros(snapshot.n, np.int64)
    for kind in RELATIONS:
        rows = snapshot.rows(kind, at)
        for end in (snapshot.columns.src, snapshot.columns.dst):
            degree += np.bincount(snapshot.nodes.rep[end[rows]], minlength=snapshot.n)
    return {node for node in members if degree[node] > max_fanout}


def _sharing_facts(rows: Sequence[Sequence[int]]) -> I64:
    """Pairs of findings, a row each, that link all which have a fact in common."""
    fact = np.concatenate([np.asarray(each, np.int64) for each in rows] or [np.empty(0, np.int64)])
    owner = np.repeat(np.arange(len(rows)), [len(each) for each in rows])
    order = np.lexsort((owner, fact))
    fact, owner = fact[order], owner[order]
    same = np.flatnonzero(fact[1:] == fact[:-1])
    return np.column_stack([owner[same], owner[same + 1]])


def _groups(count: int, pairs: I64) -> I64:
    """The number of the group of each of `count` things that pairs link."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not count:
        return np.empty(0, np.int64)
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], np.int64)


def overlap(a: set[int], b: set[int], shared: int) -> bool:
    """Whether findings with these members, of which `shared` are common and no hubs, are one case.

    At least half of the smaller's; one alone only where it is all that one of them has.
    """
    least = min(len(a), len(b))
    return shared * 2 >= least and (shared > 1 or (shared == 1 and least == 1))


def _sharing_members(
    members: Sequence[set[int]], hubs: set[int], group: I64
) -> Iterable[tuple[int, int]]:
    """Pairs that overlap by members and are not linked yet.

    Sets that share half of the smaller one share one of its rarer members: with each, ordered by
    how many findings they are in, only those up to the middle are looked up.
    """
    kept = [each - hubs for each in members]
    count = Counter(node for each in kept for node in each)
    within: dict[int, list[int]] = defaultdict(list)
    for place, each in enumerate(kept):
        for node in each:
            within[node].append(place)
    linked: set[tuple[int, int]] = set()  # groups by facts that were linked by members already
    for place, each in enumerate(kept):
        half = (len(members[place]) + 1) // 2
        rare = sorted(each, key=lambda node: (count[node], node))[: max(0, len(each) - half + 1)]
        for other in {other for node in rare for other in within[node]}:
            pair = (int(group[place]), int(group[other]))
            if pair[0] == pair[1] or pair in linked or len(members[other]) < len(members[place]):
                continue
            if overlap(members[place], members[other], len(each & kept[other])):
                linked.add(pair)
                yield place, other


def _components(by_facts: I64, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    count = len(by_facts)
    links = np.array([*pairs], np.int64).reshape(-1, 2)
    _, first = np.unique(by_facts, return_index=True)
    told = np.column_stack([np.arange(count), first[by_facts]])
    whole = _groups(count, np.concatenate([told, links]))
    found: dict[int, list[int]] = defaultdict(list)
    for place, number in enumerate(whole.tolist()):
        found[number].append(place)
    return list(found.values())
