"""Rings by brute force: pairs, dense groups, densest blocks. Exact fractions, nothing clever."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations

Edge = tuple[str, str]  # user, item
Pair = frozenset[str]


def pair_weights(
    edges: Iterable[Edge],
    most: int,
    half: Iterable[str] = (),
    party: dict[str, str] | None = None,
) -> dict[Pair, Fraction]:
    """What each pair of different parties shares: 1 / (d - 1) for an item of d parties, unless they
    are more than most; the half of it for some items."""
    of = party or {}
    users: dict[str, set[str]] = defaultdict(set)
    for user, item in edges:
        users[item].add(user)
    found: Counter[Pair] = Counter()
    for item, who in users.items():
        d = len({of.get(user, user) for user in who})
        for a, b in combinations(sorted(who), 2):
            if d <= most and of.get(a, a) != of.get(b, b):
                found[frozenset({a, b})] += Fraction(1, d - 1) / (2 if item in half else 1)
    return dict(found)


def together(pairs: Iterable[Pair]) -> set[frozenset[str]]:
    """What hangs together by pairs."""
    groups: list[set[str]] = []
    for pair in pairs:
        joined = set(pair)
        apart = []
        for group in groups:
            if group & joined:
                joined |= group
            else:
                apart.append(group)
        groups = [*apart, joined]
    return {frozenset(group) for group in groups}


def dense_groups(pairs: dict[Pair, Fraction], least: Fraction, dense: Fraction) -> set[Pair]:
    """Of the groups that hang together by pairs of some weight those, none overlapping, that have
    most pairs above a share `dense` of all that they could have; of equals the larger ones."""
    excess: dict[Pair, Fraction] = {}
    for level in {weight for weight in pairs.values() if weight >= least}:
        kept = {pair for pair, weight in pairs.items() if weight >= level}
        for group in together(kept):
            inside = sum(pair <= group for pair in kept)
            value = inside - dense * math.comb(len(group), 2)
            excess[group] = max(excess.get(group, value), value)

    def best(within: Pair | None) -> tuple[Fraction, set[Pair]]:
        """The most that groups within one (or anywhere) have together, and which these are."""
        smaller = [g for g in excess if within is None or g < within]
        total, taken = Fraction(0), set()
        for group in smaller:
            if any(group < other for other in smaller):
                continue
            below, parts = best(group)
            if excess[group] > 0 and excess[group] >= below:
                below, parts = excess[group], {group}
            total, taken = total + below, taken | parts
        return total, taken

    return best(None)[1]


def edge_weights(edges: set[Edge], c: float) -> dict[Edge, int]:
    """FRAUDAR's 1 / ln(x + c) in whole units of 2^-16."""
    users = Counter(item for _, item in edges)
    return {edge: round(2**16 / math.log(users[edge[1]] + c)) for edge in edges}


def density(edges: dict[Edge, int], left: set[str], right: set[str]) -> Fraction:
    """The weight within over the number of nodes."""
    inside = sum(w for (a, b), w in edges.items() if a in left and b in right)
    return Fraction(inside, len(left) + len(right))


def densest(edges: set[Edge], c: float) -> Fraction:
    """The highest density that any block has."""
    weight = edge_weights(edges, c)
    lefts, rights = sorted({a for a, _ in edges}), sorted({b for _, b in edges})
    best = Fraction(0)
    for some in range(1 << len(lefts)):
        left = {a for k, a in enumerate(lefts) if some >> k & 1}
        for more in range(1 << len(rights)):
            right = {b for k, b in enumerate(rights) if more >> k & 1}
            if left or right:
                best = max(best, density(weight, left, right))
    return best


def peeled(edges: set[Edge], c: float) -> tuple[set[str], set[str], Fraction]:
    """Greedy, as one would write it down: all of least weight go at once; the first densest."""
    weight = edge_weights(edges, c)
    left, right = {a for a, _ in edges}, {b for _, b in edges}
    best = (set(left), set(right), density(weight, left, right))
    while left | right:
        tie: Counter[Edge] = Counter()
        for side, nodes in (("l", left), ("r", right)):
            tie.update({(side, node): 0 for node in nodes})
        for (a, b), w in weight.items():
            if a in left and b in right:
                tie["l", a] += w
                tie["r", b] += w
        least = min(tie.values())
        left = {a for a in left if tie["l", a] > least}
        right = {b for b in right if tie["r", b] > least}
        if left | right and (now := density(weight, left, right)) > best[2]:
            best = (set(left), set(right), now)
    return best
