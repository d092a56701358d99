"""Shared phones and devices, and changes of use, by plain loops."""

from __future__ import annotations

import math
from itertools import combinations


def joined(pairs: set[tuple[str, str]]) -> list[set[str]]:
    """Groups of names that pairs join."""
    groups: list[set[str]] = []
    for a, b in pairs:
        mine = [group for group in groups if a in group or b in group]
        groups = [group for group in groups if group not in mine] + [{a, b}.union(*mine)]
    return groups


def rings(
    uses: set[tuple[str, str]],
    users: set[tuple[str, str]],
    holder: dict[str, str],
    kin: set[tuple[str, str]],
    min_holders: int,
    max_users: int,
) -> set[frozenset[str]]:
    """Accounts joined by tools, of enough holders whom no kinship joins."""
    ties: set[tuple[str, str]] = set()
    for tool in {tool for _, tool in uses}:
        mine = sorted(account for account, t in uses if t == tool)
        whole = len(mine) + sum(t == tool for _, t in users)
        if whole <= max_users and len({holder.get(account) for account in mine}) > 1:
            ties |= set(combinations(mine, 2))
    families = joined(kin)
    found = set()
    for ring in joined(ties):
        held = {holder[account] for account in ring if account in holder}
        groups = {next((min(family) for family in families if one in family), one) for one in held}
        if len(groups) >= min_holders:
            found.add(frozenset(ring))
    return found


def change(payments: list[tuple[int, int]]) -> tuple[int, float, bool] | None:
    """Of payments (time, amount): from when on they changed, the chance of it, and if they grew.

    The chance is Kolmogorov's series for a Brownian bridge.
    """
    ordered = sorted(payments)
    n = len(ordered)
    ranks = [
        sum(other < value for _, other in ordered)
        + (sum(other == value for _, other in ordered) + 1) / 2
        for _, value in ordered
    ]
    mean = (n + 1) / 2
    spread = math.sqrt(sum((rank - mean) ** 2 for rank in ranks) / n) if n else 0.0
    if not spread:
        return None
    best = None
    for k in range(1, n):
        if ordered[k][0] == ordered[k - 1][0]:
            continue
        height = sum(ranks[:k]) - k * mean
        if best is None or abs(height) > abs(best[1]) + 1e-9:
            best = (k, height)
    if best is None:
        return None
    x = abs(best[1]) / (spread * math.sqrt(n))
    tail = 2 * sum((-1) ** (j - 1) * math.exp(-2 * j * j * x * x) for j in range(1, 200))
    return ordered[best[0]][0], min(max(tail, 0.0), 1.0) if x > 0.2 else 1.0, best[1] < 0
