"""From a question about actual controllers to its rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from algorithms.ownership.actual_controller import ActualControllerParams, ActualControllerRow
from algorithms.ownership.controllers import Controller, Controllers, Solver
from algorithms.ownership.linear import Clock, OutOfTimeError
from algorithms.ownership.register import TOLERANCE
from algorithms.ownership.stakes import Stakes, above, everything
from algorithms.registry import Result, Truncated, evidence
from graph.memory import no_cycles
from graph.model import SHARE_UNIT
from graph.times import day_end, today

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_CIRCLE = "{}: control goes round among {}, and nobody stands above them"
_NOTES = 20


def answer(snapshot: Snapshot, params: ActualControllerParams) -> Result[ActualControllerRow]:
    """See `actual_controller`."""
    if params.target is not None:
        return _answer(snapshot, params)
    with no_cycles():
        return _answer(snapshot, params)


def _answer(snapshot: Snapshot, params: ActualControllerParams) -> Result[ActualControllerRow]:
    at = day_end(params.as_of or today())
    clock = Clock(params.time_limit)
    y = None if params.target is None else snapshot.resolve(params.target)
    if y is None:
        stakes = everything(snapshot, at)
        snapshot.canonicals([*(stakes.into.keys() | stakes.out.keys())])  # quicker than one by one
    else:
        stakes = above(snapshot, y, at, params.max_nodes)
    rows: list[ActualControllerRow] = []
    circles: list[str] = []
    limit, size = ("max_nodes", params.max_nodes) if stakes.cut else (None, None)
    companies = [] if y is None else [y]
    try:
        solver = Solver(snapshot, stakes, clock.check)
        if y is None:
            companies = sorted(solver.controlled, key=snapshot.canonical)
        for company in companies:
            clock.check()
            found = solver.controllers(company)
            circles += _circle(snapshot, company, found)
            rows += _rows(snapshot, stakes, found)
            if len(rows) > params.max_rows:
                del rows[params.max_rows :]
                limit, size = "max_rows", params.max_rows
                break
    except OutOfTimeError:
        limit, size = "time_limit", None
    explored = len(companies) if y is None else len(stakes.nodes)
    cut = None if limit is None else Truncated(reason=limit, explored=explored, limit=size)
    if len(circles) > _NOTES:
        circles[_NOTES:] = [f"{len(circles) - _NOTES} more companies under circles of control"]
    return Result(results=rows, truncated=cut, notes=circles)


def _circle(snapshot: Snapshot, company: int, found: Controllers) -> Iterator[str]:
    if found.circle:
        names = ", ".join(map(snapshot.canonical, found.circle[:_NOTES]))
        yield _CIRCLE.format(snapshot.canonical(company), names)


def _rows(snapshot: Snapshot, stakes: Stakes, found: Controllers) -> Iterator[ActualControllerRow]:
    for each in found.found:
        yield _row(snapshot, stakes, each)


def _row(snapshot: Snapshot, stakes: Stakes, found: Controller) -> ActualControllerRow:
    name = snapshot.canonical
    total = max(stakes.sure.get(found.company, 0), SHARE_UNIT)
    low: float | None = float(found.votes_min / total)
    high: float | None = float(found.votes_max / total)
    reason: str | UnsetType = UNSET
    if total > SHARE_UNIT + TOLERANCE:
        low = high = None
        held = float(total / SHARE_UNIT)
        reason = f"votes in {name(found.company)} sum to {held:.12g}, over 1"
    rows = dict.fromkeys(row for proof in found.proofs for row in proof.rows)
    facts, count = evidence([snapshot.fact_id(row) for row in rows])
    return ActualControllerRow(
        company=name(found.company),
        controller=name(found.node),
        limb=list(found.limbs),
        certainty=found.certainty,
        votes=low if found.votes_min == found.votes_max else None,
        votes_min=low,
        votes_max=high,
        chain=[name(node) for node in found.proofs[0].chain],
        facts=facts,
        facts_total=count,
        state_organ=found.state_organ,
        reason=reason,
    )
