"""Risk propagation by dense matrices and plain loops over names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from tests.referees.clusters import Reason, Tie

CARRIES = {"shareholder": 0.4, "legal_representative": 0.3, "uses_phone": 0.2, "guarantee": 0.1}
LISTED = {"black": 0.5, "penalty": 0.3}
Edge = tuple[str, str, float]


def left(begins: str | None, as_of: str, half_life: float) -> float:
    """What age leaves of a weight: of a fact that began at midnight, by the end of the day."""
    if begins is None:
        return 1.0
    days = (date.fromisoformat(as_of) - date.fromisoformat(begins)).days + 1
    return float(0.5 ** (days / half_life))


def edges_of(ties: Sequence[Tie], as_of: str, half_life: float) -> list[Edge]:
    """One edge a pair and kind: holdings summed, of others the strongest."""
    found: dict[tuple[str, frozenset[str]], list[float]] = defaultdict(list)
    for tie in ties:
        if tie.a == tie.b or (tie.kind == "shareholder" and tie.share is None):
            continue
        share = float(tie.share or 1) if tie.kind == "shareholder" else 1.0
        faded = share * left(tie.begins, as_of, half_life)
        found[tie.kind, frozenset((tie.a, tie.b))].append(faded)
    made = []
    for (kind, ends), each in found.items():
        a, b = sorted(ends)
        strength = min(sum(each), 1) if kind == "shareholder" else max(each)
        made.append((a, b, CARRIES[kind] * strength))
    return made


def starts_of(
    reasons: Mapping[str, Sequence[Reason]], as_of: str, half_life: float
) -> dict[str, float]:
    """The chance that each listed subject starts with."""
    found = {}
    for name, each in reasons.items():
        most: dict[str, float] = defaultdict(float)
        for reason in each:
            weight = LISTED[reason.word.split("/")[0]] * left(reason.begins, as_of, half_life)
            most[reason.word] = max(most[reason.word], weight)
        clear = 1.0
        for weight in most.values():
            clear *= 1 - weight
        found[name] = 1 - clear
    return found


def discounted(edges: Sequence[Edge], load: float) -> list[Edge]:
    """Edges as they count where hubs are scaled down at both ends."""
    sums: dict[str, float] = defaultdict(float)
    for a, b, weight in edges:
        sums[a] += weight
        sums[b] += weight
    scale = {name: min(1.0, load / total) for name, total in sums.items()}
    return [(a, b, weight * scale[a] * scale[b]) for a, b, weight in edges]


def noisy_or(
    names: Sequence[str], edges: Sequence[Edge], starts: Mapping[str, float], load: float
) -> dict[str, float]:
    """The fixed point, from above: everybody certain at first, then as little as can be."""
    beside: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for a, b, weight in discounted(edges, load):
        beside[a].append((b, weight))
        beside[b].append((a, weight))
    value = dict.fromkeys(names, 1.0)
    for _ in range(2000):
        after = {}
        for name in names:
            clear = 1 - starts.get(name, 0.0)
            for other, weight in beside[name]:
                clear *= 1 - weight * value[other]
            after[name] = 1 - clear
        if after == value:
            break
        value = after
    return value


def pagerank(
    names: Sequence[str], edges: Sequence[Edge], starts: Mapping[str, float], damping: float
) -> dict[str, float]:
    """One dense solve of the whole system, those without relations giving back to the seeds."""
    n, at = len(names), {name: place for place, name in enumerate(names)}
    weight = np.zeros((n, n))
    for a, b, w in edges:
        weight[at[a], at[b]] += w
        weight[at[b], at[a]] += w
    seed = np.array([starts.get(name, 0.0) for name in names])
    seed /= seed.sum()
    sums = weight.sum(axis=1)
    step = np.where(sums[:, None] > 0, weight / np.where(sums, sums, 1)[:, None], seed)
    value = np.linalg.solve(np.eye(n) - damping * step.T, (1 - damping) * seed)
    return dict(zip(names, value.tolist(), strict=True))


def chain_noisy_or(
    names: Sequence[str],
    edges: Sequence[Edge],
    starts: Mapping[str, float],
    value: Mapping[str, float],
    load: float,
) -> tuple[Any, Any]:
    """Steps and ends of the chain of shares of a noisy-or, as a matrix and a vector. Whom nothing
    reaches has no steps: met from above, a value comes near 0 alone, and leads nowhere but back."""
    n, at = len(names), {name: place for place, name in enumerate(names)}
    value = {name: each if each > 1e-14 else 0.0 for name, each in value.items()}
    terms = np.zeros((n, n))
    for a, b, weight in discounted(edges, load):
        terms[at[a], at[b]] -= np.log(1 - weight * value[b])
        terms[at[b], at[a]] -= np.log(1 - weight * value[a])
    own = np.array([-np.log(1 - starts.get(name, 0.0)) for name in names])
    total = terms.sum(axis=1) + own
    safe = np.where(total > 0, total, 1)
    return terms / safe[:, None], own / safe


def ends_of(steps: Any, own: Any) -> Any:
    """Of each subject (row), the share of its value that ends at each (column): a dense solve."""
    return np.linalg.solve(np.eye(len(own)) - steps, np.diag(own))


def ways_of(steps: Any, own: Any, start: int) -> dict[tuple[int, ...], float]:
    """The share of every way that visits nobody twice, with what went astray and came back: the
    walk goes on step by step, and whenever it meets itself its loop is cut off."""
    alive: dict[tuple[int, ...], float] = {(start,): 1.0}
    ended: dict[tuple[int, ...], float] = defaultdict(float)
    for _ in range(5000):
        after: dict[tuple[int, ...], float] = defaultdict(float)
        for way, mass in alive.items():
            ended[way] += mass * own[way[-1]]
            for other in np.flatnonzero(steps[way[-1]]).tolist():
                cut = way[: way.index(other) + 1] if other in way else (*way, other)
                after[cut] += mass * steps[way[-1], other]
        alive = {way: mass for way, mass in after.items() if mass > 1e-16}
        if not alive:
            break
    return {way: share for way, share in ended.items() if share > 0}
