"""What departments were told of decisions, and what they did about it: one row a push."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from api.decisions.clocks import Clock, day_of
from api.decisions.state import Decision, Push
from api.decisions.timing import answers, told
from api.look import place_of
from graph.errors import Conflict, InputError, WrongUsage

if TYPE_CHECKING:
    from api.decisions.work import Work

STATES: Final = ("pushed", "acknowledged", "executed", "not_executed", "superseded")
OVERDUE: Final = "overdue"
_ID: Final = re.compile(r"(.{1,400})\.([1-9]\d{0,5})", re.ASCII)


class UnknownPush(InputError):
    """No push has this id."""

    status = 404


class PushRow(msgspec.Struct, kw_only=True):
    """One push as it is shown. `no` is its entry of the ledger; `overdue` are clocks that ran
    out."""

    id: str
    no: int
    decision: str
    subject: str
    party: str
    measure: str
    begins: str | None
    until: str | None
    department: str
    what: str
    day: str
    acknowledged: str | None
    reported: str | None
    did: str | None
    done: str | None
    outcome: str | None
    state: str
    overdue: list[str]
    clocks: list[Clock]


class PushList(msgspec.Struct, kw_only=True):
    """Pushes in the order in which they were made; `next` is where to read on."""

    day: str
    results: list[PushRow]
    total: int
    next: str


def listing(work: Work, asked: dict[str, str | None], limit: int) -> dict[str, Any]:
    """Pushes in the order in which they were made: to a `department`, of a `decision`, in a `state`
    (or `overdue`) as of the `day`, behind entry `after` of the ledger. Raises WrongUsage.

    `next` is where to read on, also where nothing came yet. Linear in the decisions.
    """
    state, after, day = asked.get("state"), asked.get("after"), asked.get("day")
    if state not in (None, OVERDUE, *STATES):
        raise WrongUsage(f"state: one of {', '.join(STATES)}, {OVERDUE}, not {str(state)[:40]!r}")
    behind = place_of(after, "after") or 0
    on = work.today() if day is None else day_of(day)
    work.decisions.follow()
    named = asked.get("decision")
    decisions = work.decisions.all() if named is None else [work.decisions.by_id(named)]
    department = asked.get("department")
    rows = [
        row
        for decision in decisions
        for row in rows_of(decision, on)
        if row["no"] > behind
        and department in (None, row["department"])
        and (state in (None, row["state"]) or (state == OVERDUE and row["overdue"]))
    ]
    rows.sort(key=lambda row: row["no"])
    shown = rows[:limit]
    last = shown[-1]["no"] if shown else behind
    return {"day": on, "results": shown, "total": len(rows), "next": str(last)}


def rows_of(decision: Decision, day: str) -> Iterator[dict[str, Any]]:
    """The pushes of one decision, in their order, as of a day."""
    numbers = [step.no for step in decision.history if step.step == "pushed"]
    for place, (no, (push, stopped)) in enumerate(zip(numbers, told(decision), strict=True), 1):
        clocks = list(answers(push, day, stopped=stopped))
        state = "superseded" if stopped is not None else _state(push)
        yield {
            "id": f"{decision.id}.{place}", "no": no, "decision": decision.id,
            "subject": decision.subject, "party": decision.party, "measure": decision.measure,
            "begins": decision.begins, "until": decision.until,
            **msgspec.structs.asdict(push), "state": state,
            "overdue": [clock.clock for clock in clocks if clock.state == "overdue"],
            "clocks": msgspec.to_builtins(clocks),
        }  # fmt: skip


def _state(push: Push) -> str:
    if push.outcome is not None:
        return push.outcome
    return "pushed" if push.acknowledged is None else "acknowledged"


def one(work: Work, ident: str, day: str | None = None) -> dict[str, Any]:
    """One push; raises UnknownPush."""
    found = _ID.fullmatch(ident)
    on = work.today() if day is None else day_of(day)
    if found is not None:
        try:
            rows = list(rows_of(work.one(found[1]), on))
        except InputError:
            rows = []
        if int(found[2]) <= len(rows):
            return rows[int(found[2]) - 1]
    raise UnknownPush(f"no push {ident[:80]!r} / 无此推送")


def newest(work: Work, ident: str) -> tuple[str, str]:
    """The decision and department of a push that its department may answer; raises UnknownPush,
    Conflict where that was told something else since."""
    row = one(work, ident)
    if row["state"] == "superseded":
        raise Conflict(f"{ident}: {row['department']} was told something else since / 已有新推送")
    return row["decision"], row["department"]
