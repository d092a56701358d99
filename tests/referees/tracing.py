"""Money traced by brute force: balances in fractions, queues of units, walks over payments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple


class Paid(NamedTuple):
    """A payment of whole units."""

    name: str
    src: str
    dst: str
    time: int
    amount: int


class Traced(NamedTuple):
    """By account: traced money that reached it, the fewest payments to it, and what rests."""

    amount: dict[str, Fraction]
    depth: dict[str, int]
    rests: dict[str, Fraction]


def _statement(paid: Iterable[Paid], account: str) -> list[Paid]:
    return [p for p in paid if account in (p.src, p.dst) and p.src != p.dst]


def opening(paid: list[Paid], account: str) -> int:
    """The least balance before all that lets every payment be made, moment by moment."""
    balance = least = 0
    mine = sorted(_statement(paid, account), key=lambda p: p.time)
    for _, moment in groupby(mine, key=lambda p: p.time):
        balance += sum(p.amount if p.dst == account else -p.amount for p in moment)
        least = min(least, balance)
    return -least


def shares(paid: list[Paid], account: str) -> dict[tuple[str, str], tuple[Fraction, int]]:
    """Of each payment in and each out: how much of the one went out as the other, and how long it
    stayed. The history is gone through once for each payment in, with that one alone marked."""
    mine = sorted(_statement(paid, account), key=lambda p: p.time)
    found = {}
    for marked in (p for p in mine if p.dst == account):
        balance, part = Fraction(opening(paid, account)), Fraction(0)
        for moment, group in groupby(mine, key=lambda p: p.time):
            now = list(group)
            balance += sum(p.amount for p in now if p.dst == account)
            part += marked.amount if marked in now else 0
            gone = [p for p in now if p.src == account]
            for p in gone:
                if part:
                    out = part * p.amount / balance
                    found[marked.name, p.name] = (out, moment - marked.time)
            leaving = sum(p.amount for p in gone)
            part -= part * leaving / balance if balance else 0
            balance -= leaving
    return found


def proportional(
    paid: list[Paid], start: str, depth: int, back: bool, window: int | None
) -> Traced:
    """By the shares of every pair of payments, level by level."""
    by_name = {p.name: p for p in paid}
    level = {
        p.name: Fraction(p.amount)
        for p in _statement(paid, start)
        if (p.dst if back else p.src) == start
    }
    pairs = {}
    for account in {end for p in paid for end in (p.src, p.dst)} - {start}:
        for (came, went), (much, stayed) in shares(paid, account).items():
            if window is None or stayed <= window:
                pairs[came, went] = much
    amount: dict[str, Fraction] = defaultdict(Fraction)
    onward: dict[str, Fraction] = defaultdict(Fraction)
    least: dict[str, int] = {}
    for step in range(1, depth + 1):
        following: dict[str, Fraction] = defaultdict(Fraction)
        for name, traced in level.items():
            if not traced:
                continue
            far = by_name[name].src if back else by_name[name].dst
            amount[far] += traced
            least.setdefault(far, step)
            if step == depth or far == start:
                continue
            for (came, went), much in pairs.items():
                near, other = (went, came) if back else (came, went)
                if near == name:
                    part = traced * much / by_name[near].amount
                    following[other] += part
                    onward[far] += part
        level = following
    return Traced(dict(amount), least, {k: v - onward[k] for k, v in amount.items()})


def fifo(paid: list[Paid], start: str, depth: int, back: bool, window: int | None) -> Traced:
    """Unit by unit: each account is a queue."""
    by_name = {p.name: p for p in paid}
    came_from: dict[tuple[str, int], tuple[str, int]] = {}
    for account in {end for p in paid for end in (p.src, p.dst)} - {start}:
        queue: list[tuple[str, int] | None] = [None] * opening(paid, account)
        mine = sorted(
            _statement(paid, account),
            key=lambda p: (p.time, p.src == account, -p.amount, p.name),
        )
        for p in mine:
            if p.dst == account:
                queue += [(p.name, unit) for unit in range(p.amount)]
            else:
                for unit in range(p.amount):
                    source = queue.pop(0)
                    stayed = p.time - by_name[source[0]].time if source else 0
                    if source and (window is None or stayed <= window):
                        came_from[p.name, unit] = source
    goes_to = {source: unit for unit, source in came_from.items()}
    step_on = came_from if back else goes_to
    level = [
        (p.name, unit)
        for p in _statement(paid, start)
        if (p.dst if back else p.src) == start
        for unit in range(p.amount)
    ]
    amount: dict[str, Fraction] = defaultdict(Fraction)
    rests: dict[str, Fraction] = defaultdict(Fraction)
    least: dict[str, int] = {}
    for step in range(1, depth + 1):
        following = []
        for unit in level:
            far = by_name[unit[0]].src if back else by_name[unit[0]].dst
            amount[far] += 1
            least.setdefault(far, step)
            if step < depth and far != start and unit in step_on:
                following.append(step_on[unit])
                rests[far] += 0
            else:
                rests[far] += 1
        level = following
    return Traced(dict(amount), least, dict(rests))


def every_walk(
    paid: list[Paid], start: str, depth: int, back: bool, window: int | None, least: int = 0
) -> list[list[Paid]]:
    """All walks of payments in order of time away from the start, gone through it once; from one
    to the next at least so much time."""
    walks = [[p] for p in _statement(paid, start) if (p.dst if back else p.src) == start]
    for walk in walks:  # grows while it is gone through
        last = walk[-1]
        far = last.src if back else last.dst
        if len(walk) == depth or far == start:
            continue
        for p in _statement(paid, far):
            apart = (last.time - p.time) if back else (p.time - last.time)
            if (p.dst if back else p.src) == far and least <= apart <= (window or 10**9):
                walks.append([*walk, p])
    return walks
