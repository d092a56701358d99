"""Features by counting over plain lists, one subject at a time."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

DAY = 86_400_000_000
HOUR = DAY // 24


class Event(NamedTuple):
    """From whom to whom, when (µs since 1970 UTC), how much (minor units; None: not known)."""

    src: str
    dst: str
    time: int
    value: int | None


def windowed(events: Sequence[Event], at: int, days: int | None) -> list[Event]:
    """The events of the days up to an instant; of all, None."""
    return [e for e in events if e.time <= at and (days is None or e.time > at - days * DAY)]


def money(who: str, events: Sequence[Event], at: int, days: int | None) -> dict[str, float | None]:
    """What `money` says of one subject in one window, by the middle of the names."""
    here = [e for e in windowed(events, at, days) if e.src != e.dst]
    found: dict[str, float | None] = {}
    sums = {}
    for way, mine, other in (("out", 0, 1), ("in", 1, 0)):
        side = [e for e in here if e[mine] == who]
        known = [e.value for e in side if e.value is not None]
        partners = len({e[other] for e in side})
        sums[way] = sum(known)
        found |= {f"{way}_{name}": value for name, value in described(known, 0.01).items()}
        found[f"{way}_transfers"] = len(side)
        found[f"{way}_partners"] = partners
        found[f"{way}_per_partner"] = len(side) / partners if partners else None
        even = sum(v > 0 and v % 100_000 == 0 for v in known)
        found[f"{way}_round"] = even / len(known) if known else None
    found["out_to_in"] = sums["out"] / sums["in"] if sums["in"] else None
    both = [e for e in here if who in (e.src, e.dst)]
    hours = [(e.time + 8 * HOUR) % DAY // HOUR for e in both]
    found["night"] = sum(h >= 22 or h < 6 for h in hours) / len(hours) if hours else None
    found["days"] = len({(e.time + 8 * HOUR) // DAY for e in both})
    return found


def described(values: Sequence[int], unit: float) -> dict[str, float | None]:
    """Statistics of values; None where they say nothing."""
    found: dict[str, float | None] = {"known": len(values), "sum": sum(values) * unit}
    names = ("mean", "std", "min", "max", "median", "skew", "kurtosis")
    found |= dict.fromkeys(names)
    if values:
        mean, spread = statistics.fmean(values), statistics.pstdev(values)
        found |= {"mean": mean * unit, "std": spread * unit, "min": min(values) * unit}
        found |= {"max": max(values) * unit, "median": statistics.median(values) * unit}
        if min(values) < max(values):
            found["skew"] = statistics.fmean([((v - mean) / spread) ** 3 for v in values])
            found["kurtosis"] = statistics.fmean([((v - mean) / spread) ** 4 for v in values]) - 3
    return found


def cycles(who: str, events: Sequence[Event], at: int, days: int | None, span: int) -> Counter[int]:
    """By length, the cycles of different subjects in order of time that a subject is on: within
    `span` µs, the last event within the window. Every choice among parallel events is one."""
    found: Counter[int] = Counter()
    for length in range(2, 6):
        for chosen in combinations([e for e in events if e.src != e.dst], length):
            times = [e.time for e in chosen]
            if max(times) - min(times) > span or not windowed([max(chosen, key=_when)], at, days):
                continue
            if who in {e.src for e in chosen} and any(map(_in_time, _rounds(chosen))):
                found[length] += 1
    return found


def _rounds(chosen: Sequence[Event]) -> Iterator[list[Event]]:
    """The ways to go round these events, each once through every subject."""
    if len({e.src for e in chosen}) < len(chosen):
        return
    by = {e.src: e for e in chosen}
    for first in chosen:
        path = [first]
        while path[-1].dst in by and path[-1].dst != first.src and len(path) < len(chosen):
            path.append(by[path[-1].dst])
        if path[-1].dst == first.src and len(path) == len(chosen):
            yield path


def _in_time(path: Sequence[Event]) -> bool:
    return all(a.time <= b.time for a, b in pairwise(path))


def _when(event: Event) -> int:
    return event.time


def bicliques(who: str, events: Sequence[Event], at: int, days: int | None) -> tuple[int, int]:
    """How many sets of two payers and two payees, each of whom paid both, have it as one."""
    pairs = {(e.src, e.dst) for e in windowed(events, at, days) if e.src != e.dst}
    payers, payees = {a for a, _ in pairs}, {b for _, b in pairs}
    out = into = 0
    for two in combinations(payers, 2):
        for others in combinations(payees, 2):
            if all((a, b) in pairs for a in two for b in others):
                out += who in two
                into += who in others
    return out, into


def fans(
    who: str, events: Sequence[Event], ends: tuple[int, int], span: int, size: int
) -> list[tuple[int, int]]:
    """Episodes in which a subject has events (mine at `ends[0]`, others at `ends[1]`) with `size`
    others or more within `span`: when the last span of each begins, most others of any of them."""
    mine = sorted({e.time for e in events if e.src != e.dst and e[ends[0]] == who})
    spans = []
    for begin in mine:
        others = {
            e[ends[1]]
            for e in events
            if e.src != e.dst and e[ends[0]] == who and begin <= e.time <= begin + span
        }
        if len(others) >= size:
            spans.append((begin, len(others)))
    found: list[tuple[int, int]] = []
    for begin, many in spans:
        if found and begin <= found[-1][0] + span:
            found[-1] = (begin, max(found[-1][1], many))
        else:
            found.append((begin, many))
    return found
