"""Integrated ownership on a part of the register: of one owner, and in one company.

Take a company, step to one of its holders with the probability of its share, and so on upwards;
what nobody is known to hold ends the walk. The integrated share of s in t is the probability that
the walk from t ever comes to s. Cross-holdings and self-holdings are walks that go round, counted
with all their rounds, and s itself is never passed: its incoming holdings play no part. Hence:

- it lies in 0..1 wherever no register sums past 1, closed loops included;
- owners that nobody owns (persons) are different ends of one walk: their shares sum to at most 1;
- by owner, x = w_s (I - B)^-1 with B the register without s; nonsingular on what s reaches, since
  a loop that s has a share in leaves that share to s;
- by company, with M = (I - W)^-1 = sum of all walks, a walk from t to its last visit of s is one to
  the first visit and then rounds of s: M[s,t] = x(s,t) M[s,s]. One system answers for all owners:
  x(s,t) = M[s,t] / M[s,s], and rounds of s stay inside its strongly connected component;
- where a component owns all of itself, M does not exist, but a walk that enters it comes to every
  member: x(s,t) is the probability of entering, and 1 for t inside.

A register past 1 + 1e-9 has no such reading: a value that a walk through it enters is None.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import fsum

import numpy as np

from algorithms.ownership.linear import Clock, InaccurateError, Part, solve, visits
from algorithms.ownership.register import Register, components, walk


@dataclass(slots=True)
class Shares:
    """Integrated shares by subject; a subject stands in one of the three."""

    value: dict[int, float] = field(default_factory=dict)
    over: dict[int, int] = field(default_factory=dict)  # -> a company whose register is past 1
    inaccurate: set[int] = field(default_factory=set)


def of_owner(register: Register, s: int, clock: Clock) -> Shares:
    """The integrated share of s in every company that it reaches.

    One solve for each strongly connected component, in topological order.
    """
    found = Shares()
    x = {s: 1.0}
    order = components(register.reached(s), lambda u: [v for v in register.owned[u] if v != s])
    for part in reversed(order):
        clock.check()
        causes = {found.over[u] for v in part for u in register.owners[v] if u in found.over}
        causes.update(v for v in part if register.over(v))
        if causes:
            found.over.update(dict.fromkeys(part, min(causes)))
        elif any(u in found.inaccurate for v in part for u in register.owners[v]):
            found.inaccurate.update(part)
        else:
            try:
                _enter(register, part, x)
            except InaccurateError:
                found.inaccurate.update(part)
    del x[s]
    found.value = x
    return found


def _enter(register: Register, part: list[int], x: dict[int, float]) -> None:
    """Shares in the members of a component, from the shares in what is above it."""
    given = [
        fsum(x[u] * units for u, units in register.owners[v].items() if u in x) / register.scale(v)
        for v in part
    ]
    if len(part) == 1:
        v = part[0]
        units = register.scale(v)
        x[v] = _fraction(given[0] * units / (units - register.owners[v].get(v, 0)))
        return
    answer = solve(_inside(register, part), np.array(given))
    for v, y in zip(part, answer.tolist(), strict=True):
        x[v] = _fraction(y)


def _inside(register: Register, part: list[int]) -> Part:
    place = {v: i for i, v in enumerate(part)}
    rows, leak = [], []
    for v in part:
        units = register.scale(v)
        inside = {u: n for u, n in register.owners[v].items() if u in place}
        rows.append({place[u]: n / units for u, n in inside.items() if u != v})
        leak.append((units - sum(inside.values())) / units)
    return Part(rows, leak)


def _fraction(y: float) -> float:
    """A probability; what rounding left above 1 is 1. Not a clamp: anything more is a defect."""
    if y <= 1.0:
        return y
    if y > 1.0 + 1e-9:
        raise AssertionError(f"integrated share {y} with registers within 1")
    return 1.0


def in_company(register: Register, t: int, clock: Clock) -> Shares:
    """The integrated share in t of everything above it.

    `register` must hold all of what stands above t. One solve for each component, from t upwards.
    """
    found = Shares()
    m: dict[int, float] = {}  # M[v,t]: expected visits of v on the walk up from t
    bad: dict[int, int] = {}  # a walk through v meets an invalid register
    lost: set[int] = set()  # M could not be had to 1e-9 here and above: one owner at a time
    above = walk((t,), lambda v: register.owners[v])
    inside = set(above)
    order = components(above, lambda u: [v for v in register.owned[u] if v in inside])
    for part in order:
        clock.check()
        causes = {bad[w] for v in part for w in register.owned[v] if w in bad}
        over = {v for v in part if register.over(v)}
        if causes:
            found.over.update(dict.fromkeys(part, min(causes)))
            bad.update(dict.fromkeys(part, min(causes | over)))
            continue
        below = any(w in lost for v in part for w in register.owned[v])
        if len(part) == 1 and not below:
            _pass(register, part[0], t, m, found)
        elif over or below or not _through(register, part, t, m=m, found=found, clock=clock):
            _one_by_one(register, part, t, found, clock)
            lost.update(part)
        if over:
            bad.update(dict.fromkeys(part, min(over)))
    found.value.pop(t, None)
    found.over.pop(t, None)
    return found


def _pass(register: Register, v: int, t: int, m: dict[int, float], found: Shares) -> None:
    """A subject outside loops: rounds of v are its self-holdings alone, so x = M / M[v,v]."""
    q = _arrivals(register, v, t, m)
    found.value[v] = _fraction(q)
    units = register.scale(v)
    rest = units - register.owners[v].get(v, 0)
    m[v] = q * units / rest if rest else 0.0  # 0: v owns all of itself, nobody is above


def _arrivals(register: Register, v: int, t: int, m: dict[int, float]) -> float:
    """M[v,t] before rounds inside v's own component."""
    if v == t:
        return 1.0
    return fsum(m[w] * register.share(v, w) for w in register.owned[v] if w in m)


def _through(
    register: Register,
    part: list[int],
    t: int,
    *,
    m: dict[int, float],
    found: Shares,
    clock: Clock,
) -> bool:
    """A component with valid registers by one solve; False where that is not accurate."""
    q = [_arrivals(register, v, t, m) for v in part]
    system = _inside(register, part)
    if not system.leak.any():
        entered = _fraction(1.0 if t in part else fsum(q))
        found.value.update(dict.fromkeys(part, entered))
        return True
    answer = visits(system, np.array(q), clock)
    if answer is None:
        return False
    for v, total, rounds in zip(part, answer[0].tolist(), answer[1].tolist(), strict=True):
        m[v] = total
        found.value[v] = _fraction(total / rounds)
    return True


def _one_by_one(
    register: Register, owners: Iterable[int], t: int, found: Shares, clock: Clock
) -> None:
    for s in owners:
        if s == t:
            continue
        clock.check()
        alone = of_owner(register, s, clock)
        if t in alone.over:
            found.over[s] = alone.over[t]
        elif t in alone.value:
            found.value[s] = alone.value[t]
        else:
            found.inaccurate.add(s)
