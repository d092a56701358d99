"""What each step does to a decision: a new value, or Conflict where it is not legal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from api.decisions import entries as said
from api.decisions.state import (
    APPROVED,
    ENDS,
    IN_FORCE,
    NOTIFIED,
    PROPOSED,
    STATUSES,
    Decision,
    Objection,
    Push,
    passed,
    person,
)
from graph.errors import BadFact, Conflict
from graph.times import format_time, parse_time

# Every step is called alike, whether or not it needs what was said and by whom.
# ruff: noqa: ARG001


def not_before(decision: Decision, name: str, day: str, least: str | None) -> None:
    """Raises Conflict where a day is before the least that it may be."""
    if least is not None and day < least:
        raise Conflict(f"{decision.id}: {name} {day} is before {least} / 日期早于前一步骤")


def instant(about: str, text: str) -> int:
    """The moment of an end, which is written in the one way in which ends are compared."""
    try:
        found = parse_time(text)
    except BadFact as error:
        raise Conflict(f"{about}: {error}") from None
    if format_time(found) != text:
        raise Conflict(f"{about}: {text[:40]!r} is written {format_time(found)} / 日期格式")
    return found


def names_of(proof: said.Proof) -> tuple[str, ...]:
    """The facts, records and listings that a proof states."""
    names = {*(r.record for r in proof.records), *(f.fact for f in proof.relations)}
    names.update(f.fact for f in proof.listings)
    return tuple(sorted(map(sys.intern, names)))


def _rest(decision: Decision, body: said.Rested, by: str) -> Decision:
    row = body.row
    if row.outcome != decision.outcome:
        raise Conflict(f"{decision.id}: {row.outcome} is not what was decided / 结论不同")
    until = decision.until
    if until is not None and row.until is not None:  # what it rests on may end earlier now
        until = min(until, row.until, key=lambda end: instant(decision.id, end))
    return replace(
        decision, reason=row.reason, limb=row.proof.claim.limb, rule=row.rule, why=row.why,
        proof=row.proof.digest, most=row.until, until=until, names=names_of(row.proof),
    )  # fmt: skip


def _approve(decision: Decision, body: said.Approved, by: str) -> Decision:
    if person(by) == person(decision.proposer):
        raise Conflict(f"{decision.id}: {by} proposed it, a second person approves / 须由他人审批")
    return replace(decision, status=APPROVED, approver=by, decided=body.day)


def _notify(decision: Decision, body: said.Notified, by: str) -> Decision:
    not_before(decision, "delivered", body.delivered, decision.decided)
    return replace(decision, status=NOTIFIED, notice=body.delivered)


def _enforce(decision: Decision, body: said.Enforced, by: str) -> Decision:
    if decision.suspended:
        raise Conflict(f"{decision.id}: an objection is open / 异议未处理完毕")
    not_before(decision, "begins", body.begins, decision.notice)
    ends = instant(decision.id, body.until)
    for name, end in (("the row", decision.most), ("the measure on the subject", body.parent)):
        if end is not None and ends > instant(decision.id, end):
            raise Conflict(f"{decision.id}: {body.until} is past the end of {name}, {end} / 超期")
    if passed(body.until, body.begins):
        raise Conflict(f"{decision.id} would end on {body.until}, before it begins / 期限已过")
    return replace(decision, status=IN_FORCE, begins=body.begins, until=body.until)


def _publish(decision: Decision, body: said.Published, by: str) -> Decision:
    if decision.published is not None:
        raise Conflict(f"{decision.id} was published on {decision.published} / 已公示")
    if decision.suspended:
        raise Conflict(f"{decision.id}: an objection is open / 异议未处理完毕")
    not_before(decision, "published", body.day, decision.notice)
    if body.withdraw is not None:
        instant(decision.id, body.withdraw)
    return replace(decision, published=body.day, withdraw=body.withdraw)


def _object(decision: Decision, body: said.Objected, by: str) -> Decision:
    made = Objection(
        no=len(decision.objections) + 1, objector=body.objector, reason=body.reason,
        accepted=body.day, suspends=body.suspends,
    )  # fmt: skip
    return replace(decision, objections=(*decision.objections, made))


def _resolve(decision: Decision, body: said.Resolved, by: str) -> Decision:
    found = {o.no: o for o in decision.objections}
    old = found.get(body.objection)
    if old is None or old.resolved is not None:
        raise Conflict(f"{decision.id}: no objection {body.objection} is open / 无待处理异议")
    not_before(decision, "resolved", body.day, old.accepted)
    found[old.no] = replace(old, resolved=body.day, outcome=body.outcome, answer=body.reason)
    decision = replace(decision, objections=tuple(found.values()))
    past = decision.until is not None and passed(decision.until, body.day)
    if body.outcome == "upheld" and not decision.over and not past:
        return replace(decision, status="revoked", ended=body.day)
    return decision


def _end(status: str) -> Callable[[Decision, Any, str], Decision]:
    def end(decision: Decision, body: said.Ended, by: str) -> Decision:
        if decision.until is not None and passed(decision.until, body.day):
            raise Conflict(f"{decision.id} has expired on {decision.until} / 已到期")
        return replace(decision, status=status, ended=body.day)

    return end


def _expire(decision: Decision, body: said.Expired, by: str) -> Decision:
    if decision.until is None or not passed(decision.until, body.day):
        raise Conflict(f"{decision.id} is in force before {decision.until} / 尚未到期")
    return replace(decision, status="expired", ended=decision.until[:10])


def _push(decision: Decision, body: said.Pushed, by: str) -> Decision:
    what, _ = decision.wanted or ("", "")
    last = decision.told(body.department)
    if body.what != what:
        raise Conflict(f"{decision.id}: there is nothing to {body.what} now / 当前无此推送")
    if last is None and what == "lift":
        raise Conflict(f"{decision.id}: {body.department} was never told to impose it / 未曾推送")
    if last is not None and last.what == what:
        raise Conflict(f"{decision.id}: {body.department} was told to {what} already / 已推送")
    not_before(decision, "pushed", body.day, decision.notice)
    made = Push(department=body.department, what=what, day=body.day)
    return replace(decision, pushes=(*decision.pushes, made))


def _answered(decision: Decision, department: str, day: str) -> Push:
    last = decision.told(department)
    if last is None:
        raise Conflict(f"{decision.id}: nothing was pushed to {department} / 未向该部门推送")
    not_before(decision, "answered", day, last.day)
    return last


def _changed(decision: Decision, old: Push, new: Push) -> Decision:
    return replace(decision, pushes=tuple(new if p is old else p for p in decision.pushes))


def _acknowledge(decision: Decision, body: said.Acknowledged, by: str) -> Decision:
    last = _answered(decision, body.department, body.day)
    if last.acknowledged is not None:
        raise Conflict(f"{decision.id}: {body.department} acknowledged it already / 已签收")
    return _changed(decision, last, replace(last, acknowledged=body.day))


def _report(decision: Decision, body: said.Reported, by: str) -> Decision:
    last = _answered(decision, body.department, body.done)
    if not last.open:
        raise Conflict(f"{decision.id}: {body.department} reported already / 已反馈")
    first = last.reported or body.day  # the clock asks when it was first heard of
    new = replace(last, reported=first, did=body.did, done=body.done, outcome=body.outcome)
    if new.acknowledged is None:
        new = replace(new, acknowledged=body.day)
    return _changed(decision, last, new)


_OPEN: Final = frozenset({PROPOSED, APPROVED, NOTIFIED, IN_FORCE})
_FORCE: Final = frozenset({IN_FORCE})
_TOLD: Final = frozenset({IN_FORCE, *ENDS})
_ALL: Final = frozenset(STATUSES)
_Take = Callable[[Decision, Any, str], Decision]
STEPS: Final[dict[str, tuple[str, msgspec.json.Decoder[Any], frozenset[str], _Take]]] = {
    said.PREFIX + step: (step, msgspec.json.Decoder(body), since, take)
    for step, body, since, take in (
        ("rested", said.Rested, _OPEN, _rest),
        ("approved", said.Approved, frozenset({PROPOSED}), _approve),
        ("notified", said.Notified, frozenset({APPROVED}), _notify),
        ("enforced", said.Enforced, frozenset({NOTIFIED}), _enforce),
        ("published", said.Published, frozenset({NOTIFIED, IN_FORCE}), _publish),
        ("objected", said.Objected, _ALL, _object),
        ("resolved", said.Resolved, _ALL, _resolve),
        ("repaired", said.Ended, _FORCE, _end("repaired")),
        ("revoked", said.Ended, _OPEN, _end("revoked")),
        ("expired", said.Expired, _FORCE, _expire),
        ("pushed", said.Pushed, _TOLD, _push),
        ("acknowledged", said.Acknowledged, _TOLD, _acknowledge),
        ("reported", said.Reported, _TOLD, _report),
    )
}
