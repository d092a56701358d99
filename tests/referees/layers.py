"""Layered flows by plain loops: middle accounts, their layers, and the densest subset of all."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple


class Paid(NamedTuple):
    """A transfer of whole units."""

    name: str
    src: str
    dst: str
    time: int
    amount: int


def middle_accounts(paid: list[Paid], loss: Fraction) -> set[str]:
    """Those that pass on what they get, and get it first on average."""
    found = set()
    for account in {p.src for p in paid} & {p.dst for p in paid}:
        ins = [p for p in paid if p.dst == account]
        outs = [p for p in paid if p.src == account]
        came, went = sum(p.amount for p in ins), sum(p.amount for p in outs)
        early = Fraction(sum(p.amount * p.time for p in ins), came)
        late = Fraction(sum(p.amount * p.time for p in outs), went)
        if min(came, went) >= (1 - loss) * max(came, went) and early <= late:
            found.add(account)
    return found


def layers_of(paid: list[Paid], middle: set[str], most: int) -> dict[str, int]:
    """The layer of each middle account that is in one."""
    found: dict[str, int] = {}
    for step in range(1, most + 1):
        fresh = {}
        for account in middle - set(found):
            ins = [p for p in paid if p.dst == account]
            from_before = sum(
                p.amount for p in ins if (p.src not in middle if step == 1 else p.src in found)
            )
            if 2 * from_before >= sum(p.amount for p in ins):
                fresh[account] = step
        if not fresh:
            break
        found |= fresh
    return found


def density(
    edges: dict[tuple[str, str], int], middle: set[str], kept: set[str], penalty: int
) -> Fraction:
    """g of a subset of nodes."""
    total = Fraction(0)
    for node in kept & middle:
        came = sum(m for (a, b), m in edges.items() if b == node and a in kept)
        went = sum(m for (a, b), m in edges.items() if a == node and b in kept)
        total += (1 + penalty) * min(came, went) - penalty * max(came, went)
    return total / len(kept)


def densest(edges: dict[tuple[str, str], int], middle: set[str], penalty: int) -> Fraction:
    """The largest g of all subsets."""
    nodes = sorted({node for edge in edges for node in edge})
    return max(
        density(edges, middle, set(kept), penalty)
        for size in range(1, len(nodes) + 1)
        for kept in combinations(nodes, size)
    )


def joined(paid: list[Paid]) -> dict[tuple[str, str], int]:
    """Money from one account to another."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for p in paid:
        found[p.src, p.dst] += p.amount
    return dict(found)
