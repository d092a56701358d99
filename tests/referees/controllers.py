"""Brute-force referee of actual controllers, in rationals: sets and rules, no code of the project.

A world is a list of facts `(id, kind, from, to, low, high)`; bounds are Fractions, None unless the
kind is `shareholder`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import combinations, product
from typing import Any, NamedTuple

HALF = Fraction(1, 2)


class Fact(NamedTuple):
    id: str
    kind: str
    a: str
    b: str
    low: Fraction | None = None
    high: Fraction | None = None


class Held(NamedTuple):
    """A holding with its share fixed and its votes given to one subject."""

    whose: str
    owned: str
    share: Fraction
    moved: bool


def owners_behind(facts: Iterable[Fact], holder: str) -> set[str]:
    """For whom a registered holder holds in the end."""
    step = {(f.a, f.b) for f in facts if f.kind == "nominee" and f.a != f.b}
    met = {holder}
    while more := {b for a, b in step if a in met} - met:
        met |= more
    ends = {u for u in met if not any(a == u for a, _ in step)}
    return ends or {holder}


def completions(facts: list[Fact], parts: int) -> Iterator[list[Held]]:
    """Registers that may be the true one: each unknown share at its ends, at steps between, and at
    what the others leave; no company held past 1, unless it is so by lower bounds alone."""
    holdings = [f for f in facts if f.kind == "shareholder"]
    choices: list[list[tuple[Any, str]]] = []
    for f in holdings:
        assert f.low is not None
        assert f.high is not None
        values: list[Any] = [f.low + (f.high - f.low) * i / parts for i in range(parts + 1)]
        if f.low == f.high:
            values = [f.low]
        else:
            values.append("rest")
        real = owners_behind(facts, f.a)
        choices.append([(v, who) for v in values for who in sorted(real)])
    least: dict[str, Fraction] = {}
    for f in holdings:
        least[f.b] = least.get(f.b, Fraction(0)) + (f.low or 0)
    for chosen in product(*choices):
        total: dict[str, Fraction] = {}
        for f, (v, _) in zip(holdings, chosen, strict=True):
            total[f.b] = total.get(f.b, Fraction(0)) + Fraction((f.low or 0) if v == "rest" else v)
        if any(t > max(Fraction(1), least[v]) for v, t in total.items()):
            continue
        found = []
        for f, (v, who) in zip(holdings, chosen, strict=True):
            share = v
            if v == "rest":
                assert f.low is not None
                assert f.high is not None
                room = max(Fraction(0), min(f.high - f.low, 1 - total[f.b]))
                share = f.low + room
                total[f.b] += room
            found.append(Held(who, f.b, share, owners_behind(facts, f.a) != {f.a}))
        yield found


def commands(held: list[Held], facts: list[Fact], seeds: Iterable[str]) -> set[str]:
    """The seeds and all that they control together."""
    group = set(seeds)
    while True:
        new = {f.b for f in facts if f.kind == "controller" and f.a in group} - group
        for y in {h.owned for h in held} - group:
            if sum(h.share for h in held if h.owned == y and h.whose in group) > HALF:
                new.add(y)
        if not new:
            return group
        group |= new


def in_concert(facts: list[Fact], members: set[str]) -> list[set[str]]:
    """Groups of two or more among the members, connected by acting in concert."""
    pairs = {frozenset((f.a, f.b)) for f in facts if f.kind == "acts_in_concert" and f.a != f.b}
    groups = [{m} for m in members]
    for a, b in combinations(sorted(members), 2):
        if frozenset((a, b)) in pairs:
            one = next(g for g in groups if a in g)
            two = next(g for g in groups if b in g)
            if one is not two:
                groups.remove(two)
                one |= two
    return [g for g in groups if len(g) > 1]


def by_agreement(held: list[Held], facts: list[Fact]) -> set[tuple[str, str]]:
    """(party, company) of joint control."""
    parties = {u for f in facts if f.kind == "acts_in_concert" for u in (f.a, f.b)}
    alone = {b: commands(held, facts, [b]) - {b} for b in parties}
    found: set[tuple[str, str]] = set()
    while True:
        reach = {b: commands(held, facts, [b, *(y for c, y in found if c == b)]) for b in parties}
        new = set()
        for y in {h.owned for h in held}:
            have = {
                b
                for b in parties
                if b != y
                and any(h.owned == y and h.whose in reach[b] and h.share > 0 for h in held)
            }
            for group in in_concert(facts, have):
                if any(y in alone[b] for b in group):
                    continue
                votes = set().union(*(reach[b] for b in group))
                if sum(h.share for h in held if h.owned == y and h.whose in votes) > HALF:
                    new |= {(b, y) for b in group}
        if new <= found:
            return found
        found |= new


def control(held: list[Held], facts: list[Fact]) -> set[tuple[str, str]]:
    """(controller, company), every limb, through all chains."""
    everybody = {u for f in facts for u in (f.a, f.b)} | {h.whose for h in held}
    pairs = {(x, y) for x in everybody for y in commands(held, facts, [x]) if x != y}
    pairs |= by_agreement(held, facts)
    while more := {(x, z) for x, y in pairs for y2, z in pairs if y == y2 and x != z} - pairs:
        pairs |= more
    return pairs


def ultimate(held: list[Held], facts: list[Fact]) -> set[tuple[str, str]]:
    """(controller, company) of those whom nobody controls."""
    pairs = control(held, facts)
    under = {y for _, y in pairs}
    return {(x, y) for x, y in pairs if x not in under}


def in_circles(held: list[Held], facts: list[Fact]) -> set[str]:
    """Companies under control, with nobody at the top."""
    pairs = control(held, facts)
    return {y for _, y in pairs} - {y for _, y in ultimate(held, facts)}
