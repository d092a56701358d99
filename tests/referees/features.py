"""Features by counting over plain lists, one subject at a time."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
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
