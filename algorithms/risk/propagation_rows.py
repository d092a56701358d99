"""From a solution to the rows of risk propagation: ranked, and each value told by its origins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec import UNSET

from algorithms.registry import FACTS_LIMIT, Result, Truncated, evidence
from algorithms.rings.shown import newest_each
from algorithms.risk.risk_propagation import Origin, Propagated, PropagationParams, Way
from algorithms.risk.sharing_out import Met, Walk, between, push, walks
from algorithms.risk.solving import Solved
from algorithms.risk.spreading import DIGITS, Spread, spread
from graph.columns import I64
from graph.deadline import check
from graph.model import CODES
from graph.times import day_end, today

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.snapshot import Snapshot

SEEDS_LIMIT: Final = 20  # shown of a subject; `seeds_total` says how many there are
LEAD: Final = (
    "a lead: it orders the work of investigators and of monitoring, and is never a basis for"
    " extending a measure / 仅为线索, 用于核查与监测的排序, 不得作为延伸惩戒措施的依据"
)


def answer(snapshot: Snapshot, params: PropagationParams) -> Result[Propagated]:
    """See `risk_propagation`."""
    at = day_end(params.as_of or today())
    subject = None if params.subject is None else snapshot.resolve(params.subject)
    found = spread(snapshot, params, at)
    more = False
    if subject is None:
        nodes, more = _ranked(snapshot, params, found)
    else:
        nodes = [subject] if found.shown[subject] > 0 and not snapshot.restricted(subject) else []
    rows = []
    for node in nodes:
        check()
        rows.append(_row(snapshot, params, found, node))
    notes = [LEAD, _solved(params, found.solved, len(found.start.reasons), len(found.ranked))]
    if more:
        notes.append(
            f"top: the highest {len(rows)} are shown / 只列出数值最高的 {len(rows)} 个主体"
        )
    return Result(results=rows, truncated=_truncated(params, found.solved), notes=notes)


def _ranked(snapshot: Snapshot, params: PropagationParams, found: Spread) -> tuple[list[int], bool]:
    """The subjects shown, the highest first, equal ones by name; and whether there are more."""
    value = found.shown
    keep = value > 0
    if not params.with_listed:
        keep[[*found.start.reasons]] = False
    if params.kind is not None:
        keep &= snapshot.nodes.kind == CODES[params.kind]
    every = np.flatnonzero(keep)
    most = params.top
    while True:
        nodes = every
        if len(every) > most:  # and all that equal the last of them, among whom names decide
            least = np.partition(value[every], len(every) - most)[len(every) - most]
            nodes = every[value[every] >= least]
        names = snapshot.canonicals(nodes.tolist())
        ranked = sorted(zip((-value[nodes]).tolist(), names, nodes.tolist(), strict=True))
        free = [node for *_, node in ranked if not snapshot.restricted(node)]
        if len(free) >= params.top or len(nodes) == len(every):
            return free[: params.top], len(free) > params.top or len(nodes) < len(every)
        most *= 2


def _row(snapshot: Snapshot, params: PropagationParams, found: Spread, node: int) -> Propagated:
    whole = float(found.shown[node])
    above = len(found.ranked) - int(np.searchsorted(found.ranked, whole, side="right"))
    met = push(found, node, params.max_explored)
    origins = _origins(snapshot, found, met, whole)
    shown = origins[:SEEDS_LIMIT]
    ways = _ways(snapshot, params, found, met, whole)
    told = [fact for facts in [e.facts for e in shown] + [w.facts for w in ways] for fact in facts]
    facts, total = evidence(list(dict.fromkeys(told)))
    return Propagated(
        subject=snapshot.canonical(node),
        kind=snapshot.kind_name(node),
        rank=above + 1,
        value=whole,
        own=round(float(found.start.chance[node]) * found.solved.scale, DIGITS),
        seeds=shown,
        seeds_rest=_rest(whole, shown),
        paths=ways,
        paths_rest=_rest(whole, ways),
        facts=facts,
        why=_why(whole, origins, ways),
        seeds_total=len(origins) if len(origins) > SEEDS_LIMIT else UNSET,
        facts_total=total,
    )


def _rest(whole: float, shown: Sequence[Origin | Way]) -> float:
    return round(max(whole - math.fsum(each.contribution for each in shown), 0.0), DIGITS)


def _origins(snapshot: Snapshot, found: Spread, met: Met, whole: float) -> list[Origin]:
    """The seeds of a value that give anything of it, largest first."""
    at = np.flatnonzero(found.own[met.nodes] > 0)
    seeds = met.nodes[at].tolist()
    given = np.round(whole * met.visits[at] * found.own[seeds], DIGITS).tolist()
    names = snapshot.canonicals(seeds)
    every = zip(given, names, seeds, strict=True)
    ranked = sorted((-part, name, seed) for part, name, seed in every if part > 0)
    return [
        Origin(
            seed=name,
            contribution=-part,
            facts=[each.fact for each in found.start.reasons[seed]][:FACTS_LIMIT],
        )
        for part, name, seed in ranked
    ]


def _ways(
    snapshot: Snapshot, params: PropagationParams, found: Spread, met: Met, whole: float
) -> list[Way]:
    """The largest paths found, largest first."""
    made = sorted(
        (
            (-round(whole * walk.share, DIGITS), snapshot.canonicals([*reversed(walk.nodes)]), walk)
            for walk in walks(found, met, params.max_paths)
        ),
        key=lambda each: (each[0], len(each[1]), each[1]),
    )
    told = [(-part, members, _steps(walk)) for part, members, walk in made[: params.max_paths]
            if part < 0]  # fmt: skip
    rows = {step: between(found, *step) for *_, steps in told for step in steps}
    facts = dict(zip(rows, newest_each(snapshot, [*rows.values()]), strict=True))
    return [_way(part, members, [(rows[step], facts[step]) for step in steps])
            for part, members, steps in told]  # fmt: skip


def _steps(walk: Walk) -> list[tuple[int, int]]:
    """The pairs of subjects that a way leads along, from its seed."""
    return [*zip(walk.nodes[1:], walk.nodes, strict=False)][::-1]


def _way(part: float, members: list[str], steps: list[tuple[I64, list[str]]]) -> Way:
    """A way: of each step its relations, and those of them that are shown."""
    facts = [fact for _, each in steps for fact in each]
    total = sum(len(rows) for rows, _ in steps)
    return Way(
        seed=members[0],
        members=members,
        contribution=part,
        facts=facts[:FACTS_LIMIT],
        facts_total=total if total > FACTS_LIMIT else UNSET,
    )


def _why(value: float, origins: list[Origin], ways: list[Way]) -> str:
    first = origins[0] if origins else None
    if first is None:
        return "来源过于分散 / from too many small origins"
    part = first.contribution / value
    steps = len(ways[0].members) - 1 if ways else 0
    return (
        f"来自 {len(origins)} 个风险源, 最大者 {first.seed} 占 {part:.0%}; 最强路径 {steps} 步"
        f" / from {len(origins)} origins, most of it from {first.seed} ({part:.0%}); the strongest"
        f" path has {steps} steps"
    )


def _solved(params: PropagationParams, solved: Solved, seeds: int, reached: int) -> str:
    what = "the last change" if params.method == "noisy_or" else "the residual"
    return (
        f"{params.method}: {seeds} origins, {reached} subjects reached; {solved.steps} steps,"
        f" {what} {solved.residual:.1e}, error at most {solved.bound:.1e}"
        f" / {seeds} 个风险源, 波及 {reached} 个主体; 迭代 {solved.steps} 步,"
        f" 误差不超过 {solved.bound:.1e}"
    )


def _truncated(params: PropagationParams, solved: Solved) -> Truncated | None:
    if solved.bound <= params.tolerance:
        return None
    return Truncated(
        reason=f"max_iterations: the error may still be {solved.bound:.1e} / 尚未收敛",
        explored=solved.steps,
        limit=params.max_iterations,
    )
