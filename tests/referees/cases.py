"""Cases put together pair by pair, with plain sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

Finding = tuple[str, frozenset[str], frozenset[str]]  # pattern, members, facts


class Case(NamedTuple):
    """What a case holds, and the fact that it is called by."""

    first: str
    members: frozenset[str]
    facts: frozenset[str]
    patterns: frozenset[str]
    findings: int


def _one_case(a: Finding, b: Finding, hubs: set[str]) -> bool:
    if a[2] & b[2]:
        return True
    small, large = sorted((a[1], b[1]), key=len)
    shared = {name for name in small if name in large and name not in hubs}
    if len(shared) == 1 and len(small) > 1:
        return False
    return len(shared) >= len(small) / 2


def cases_of(findings: Sequence[Finding], hubs: set[str], days: Mapping[str, int]) -> list[Case]:
    """The components of overlap; `days` says when each fact was."""
    groups = [[finding] for finding in findings]
    merged = True
    while merged:
        merged = False
        for i in range(len(groups)):
            for j in range(i + 1, len(groups)):
                if any(_one_case(a, b, hubs) for a in groups[i] for b in groups[j]):
                    groups[i] += groups.pop(j)
                    merged = True
                    break
            if merged:
                break
    made = []
    for group in groups:
        facts = frozenset().union(*(facts for _, _, facts in group))
        made.append(
            Case(
                min(facts, key=lambda fact: (days[fact], fact)),
                frozenset().union(*(members for _, members, _ in group)),
                facts,
                frozenset(pattern for pattern, _, _ in group),
                len(group),
            )
        )
    return made
