"""The clocks of a decision as they stand on a day, and what of them is overdue."""

from __future__ import annotations

from collections.abc import Iterator

from api.decisions.clocks import (
    ACKNOWLEDGE,
    REPORT,
    Clock,
    Due,
    add_working_days,
    clock,
    objection_due,
    publish_due,
    push_due,
)
from api.decisions.state import IN_FORCE, Decision, Push


def clocks(decision: Decision, day: str) -> list[Clock]:
    """Publication, pushes, what departments answer, objections, expiry: each as of a day.

    In proportion to the pushes and objections.
    """
    found: list[Clock] = []
    if decision.decided is not None:
        due = publish_due(decision.decided)
        found.append(
            clock("publish", decision.decided, due, day, done=decision.published,
                  stopped=decision.ended)
        )  # fmt: skip
    found += _pushes(decision, day)
    for made in decision.objections:
        due = objection_due(made.accepted)
        found.append(
            clock("objection", made.accepted, due, day, done=made.resolved, of=str(made.no))
        )
    if decision.begins is not None and decision.until is not None:
        # It binds nobody from its end on; the sweep that says so in the ledger is for that day.
        due = Due(decision.until[:10], None)
        done = decision.ended if decision.status == "expired" else None
        stopped = None if decision.status == IN_FORCE else decision.ended
        found.append(clock("expire", decision.begins, due, day, done=done, stopped=stopped))
    return found


def overdue(decision: Decision, day: str) -> list[Clock]:
    """The clocks that ran out before what they are for was done."""
    return [each for each in clocks(decision, day) if each.state == "overdue"]


def _pushes(decision: Decision, day: str) -> Iterator[Clock]:
    wanted = decision.wanted
    if wanted is None:
        return
    what, since = wanted
    assert decision.begins is not None
    first = decision.pushes[0].day if decision.pushes else None
    yield clock(
        "push", decision.begins, push_due(decision.begins), day, done=first,
        stopped=None if what == "impose" else since,
    )  # fmt: skip
    for push, stopped in told(decision):
        yield from answers(push, day, stopped=stopped)
        if stopped is None and push.what != what:
            yield clock(f"push:{what}", since, push_due(since), day, of=push.department)


def told(decision: Decision) -> Iterator[tuple[Push, str | None]]:
    """Each push, and the day on which its department was told something else since."""
    for no, push in enumerate(decision.pushes, 1):
        later = (each.day for each in decision.pushes[no:] if each.department == push.department)
        yield push, next(later, None)


def answers(push: Push, day: str, *, stopped: str | None) -> Iterator[Clock]:
    """Of one push: by when the department has it, and by when it did something about it."""
    for name, days, done in (
        ("acknowledge", ACKNOWLEDGE, push.acknowledged),
        ("report", REPORT, push.reported),
    ):
        due = add_working_days(push.day, days)
        yield clock(name, push.day, due, day, done=done, stopped=stopped, of=push.department)
