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


def calls(who: str, events: Sequence[Event], at: int, days: int | None) -> dict[str, float | None]:
    """What `calls` says of one phone in one window; the value of an event is its duration."""
    here = [e for e in windowed(events, at, days) if e.src != e.dst]
    made, taken = [e for e in here if e.src == who], [e for e in here if e.dst == who]
    both = made + taken
    found: dict[str, float | None] = {}
    for way, side in (("out", made), ("in", taken)):
        known = [e.value for e in side if e.value is not None]
        found |= {f"{way}_{name}": value for name, value in described(known, 1).items()}
    hours = [(e.time + 8 * HOUR) % DAY // HOUR for e in both]
    found["out_per_partner"] = len(made) / len({e.dst for e in made}) if made else None
    found["night"] = sum(h >= 22 or h < 6 for h in hours) / len(hours) if hours else None
    found["out_share"] = len(made) / len(both) if both else None
    found["days"] = len({(e.time + 8 * HOUR) // DAY for e in both})
    return found


def rhythm(who: str, events: Sequence[Event], at: int) -> dict[str, float | None]:
    """Days since the first and the last event of a subject, and how bursty the gaps are."""
    mine = sorted(e.time for e in windowed(events, at, None) if who in e[:2] and e.src != e.dst)
    found: dict[str, float | None] = dict.fromkeys(("first_age", "last_age", "burstiness"))
    if mine:
        found |= {"first_age": (at - mine[0]) / DAY, "last_age": (at - mine[-1]) / DAY}
    gaps = [after - before for before, after in pairwise(mine)]
    if len(gaps) > 1 and sum(gaps):
        mean, spread = statistics.fmean(gaps), statistics.pstdev(gaps)
        found["burstiness"] = (spread - mean) / (spread + mean)
    return found


def stays(who: str, events: Sequence[Event], at: int) -> dict[str, float | None]:
    """What became of money that came in, first in first out: how long what was passed on had stayed
    (days), and the shares that were passed on, and within a day. What comes in at a moment is
    there before what goes out at it."""
    here = [e for e in windowed(events, at, None) if e.value and e.src != e.dst]
    moves = sorted((e.time, e.src == who, e.value or 0) for e in here if who in e[:2])
    queue: list[tuple[int, int]] = []
    came = passed = soon = stayed = 0
    for time, out, value in moves:
        if not out:
            came += value
            queue.append((time, value))
        rest = value if out else 0
        while rest and queue:
            since, left = queue.pop(0)
            part = min(rest, left)
            passed, stayed = passed + part, stayed + part * (time - since)
            soon += part if time - since <= DAY else 0
            rest -= part
            if left > part:
                queue.insert(0, (since, left - part))
    return {
        "dwell": stayed / DAY / passed if passed else None,
        "passed": passed / came if came else None,
        "passed_soon": soon / came if came else None,
    }


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
