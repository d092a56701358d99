"""A decision as its entries of the ledger make it: a fold that knows no store and no clock.

    proposed → approved → notified → in_force → expired | repaired | revoked

`advance` takes one step or raises Conflict; `fold` takes what is in a ledger as it is: an entry
that is no legal step changes nothing and is kept under `irregular`, a kind that is not known is
passed over.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from api.decisions import entries as said
from graph.errors import BadFact, Conflict
from graph.ledger import Entry
from graph.times import day_end, format_time, parse_time

PROPOSED, APPROVED, NOTIFIED, IN_FORCE = "proposed", "approved", "notified", "in_force"
ENDS: Final = ("expired", "repaired", "revoked")
STATUSES: Final = (PROPOSED, APPROVED, NOTIFIED, IN_FORCE, *ENDS)


class Step(NamedTuple):
    """One entry: its number and moment (µs) in the ledger, what was done, by whom, on which day."""

    no: int
    at: int
    step: str
    by: str
    day: str


class Irregular(NamedTuple):
    """An entry that is no legal step, and why."""

    no: int
    why: str


class Objection(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An objection; `resolved` is the day of the answer."""

    no: int
    objector: str
    reason: str
    accepted: str
    suspends: bool
    resolved: str | None = None
    outcome: str | None = None
    answer: str | None = None


class Push(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a department was told, and what came back."""

    department: str
    what: str  # impose, suspend, lift
    day: str
    acknowledged: str | None = None
    reported: str | None = None
    did: str | None = None
    done: str | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One decision. The row that it rests on is in entry `history[0].no`, with its proof; here are
    `names`, the facts, records and listings of that proof."""

    id: str
    subject: str
    party: str
    measure: str
    act: str
    outcome: str  # of the row: extend, or review with a reviewer's finding
    reason: str
    limb: str | None
    rule: str | None
    why: str
    rulebook: str
    edition: str
    engine: str
    snapshot: str
    known_at: str
    as_of: str
    answer: str
    proof: str  # its digest
    most: str | None  # when the row, or the measure on the subject, ends: no decision lasts longer
    names: tuple[str, ...]
    finding: str | None
    reviewer: str | None
    proposer: str
    approver: str | None = None
    status: str = PROPOSED
    decided: str | None = None  # the day of approval
    notice: str | None = None  # the day of delivery
    begins: str | None = None
    until: str | None = None  # exclusive
    ended: str | None = None  # the first day that it is no longer in force
    published: str | None = None
    withdraw: str | None = None
    objections: tuple[Objection, ...] = ()
    pushes: tuple[Push, ...] = ()
    history: tuple[Step, ...] = ()
    irregular: tuple[Irregular, ...] = ()

    @property
    def over(self) -> bool:
        """Whether it has come to an end."""
        return self.status in ENDS

    @property
    def suspended(self) -> bool:
        """Whether an objection that is not answered yet suspends it."""
        return not self.over and any(o.suspends and o.resolved is None for o in self.objections)

    def status_on(self, day: str) -> str:
        """Its status as a day shows it: what is past its `until` has expired, recorded or not."""
        if self.status == IN_FORCE and self.until is not None and passed(self.until, day):
            return "expired"
        return self.status

    def held(self, day: str) -> bool:
        """Whether it was in force on a day, suspended or not."""
        return (
            self.begins is not None
            and self.until is not None
            and self.begins <= day
            and not passed(self.until, day)
            and (self.ended is None or day < self.ended)
        )

    def stands(self, day: str) -> bool:
        """Whether it binds its party on a day: in force, and not suspended by an objection."""
        return self.held(day) and not any(
            o.suspends and o.accepted <= day and (o.resolved is None or day < o.resolved)
            for o in self.objections
        )

    @property
    def shown_before(self) -> str | None:
        """The day on which it stops being published by itself, exclusive; None: not published."""
        ends = [each for each in (self.withdraw, self.until, self.ended) if each is not None]
        return None if self.published is None else min(ends, key=parse_time, default=None)

    @property
    def wanted(self) -> tuple[str, str] | None:
        """What departments are to be told, and since which day; None before it is in force."""
        if self.begins is None:
            return None
        if self.over:
            return "lift", str(self.ended)
        if self.suspended:
            since = min(o.accepted for o in self.objections if o.suspends and o.resolved is None)
            return "suspend", max(since, self.begins)
        answered = [o.resolved for o in self.objections if o.suspends and o.resolved is not None]
        return "impose", max([self.begins, *answered])

    def told(self, department: str) -> Push | None:
        """The newest push to a department."""
        return next((p for p in reversed(self.pushes) if p.department == department), None)


def passed(until: str, day: str) -> bool:
    """Whether an exclusive end is reached within a day."""
    return until <= day if len(until) == 10 else parse_time(until) <= day_end(day)


def person(name: str) -> str:
    """A name as persons are told apart: width, case and blanks make no other person."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def fold(entries: Iterable[Entry], decision: Decision | None = None) -> Decision | None:
    """The decision that entries about it make, in their order; None where none proposes it.

    Never raises for what an entry says.
    """
    for entry in entries:
        try:
            decision = advance(decision, entry)
        except Conflict as error:
            if decision is not None:
                irregular = (*decision.irregular, Irregular(entry.no, str(error)))
                decision = replace(decision, irregular=irregular)
    return decision


def advance(decision: Decision | None, entry: Entry) -> Decision | None:
    """The decision after one more entry, a new value. Raises Conflict for what is no legal step."""
    if entry.kind == "decision.proposed":
        if decision is not None:
            raise Conflict(f"{entry.about} was proposed already / 已提出")
        return _proposed(entry, _body(_PROPOSED, entry))
    if entry.kind not in _STEPS:
        return decision
    step, decoder, since, take = _STEPS[entry.kind]
    if decision is None:
        raise Conflict(f"{entry.about} was never proposed: it cannot be {step} / 未提出")
    if decision.status not in since:
        raise Conflict(f"{decision.id} is {decision.status}: it cannot be {step} / 状态不允许")
    body = _body(decoder, entry)
    _after(decision, "day", body.day, _least(decision, step))
    after = take(decision, body, entry.actor)
    by, day = sys.intern(entry.actor), sys.intern(body.day)
    history = (*decision.history, Step(entry.no, entry.at, step, by, day))
    return replace(after, history=history)


def _least(decision: Decision, step: str) -> str:
    """The earliest day of a step: one that moves the status is not before the last that did; an
    objection, or what a department did, may be recorded late."""
    if step not in _MOVES:
        return decision.history[0].day
    return next(each.day for each in reversed(decision.history) if each.step in _MOVES)


def _body(decoder: msgspec.json.Decoder[Any], entry: Entry) -> Any:
    try:
        body = decoder.decode(entry.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Conflict(f"entry {entry.no} does not say what it must: {error}") from None
    for name in body.__struct_fields__:
        if name in _DAYS and not _is_day(getattr(body, name)):
            raise Conflict(f"entry {entry.no}: {name} is no day / 日期无效")
    return body


@lru_cache(maxsize=4096)
def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _proposed(entry: Entry, body: said.Proposed) -> Decision:
    row, proof = body.row, body.row.proof
    if row.outcome not in ("extend", "review"):
        raise Conflict(f"{entry.about}: the party is not reached ({row.reason}) / 不得扩展")
    if row.outcome == "review" and not (body.finding and body.reviewer):
        raise Conflict(
            f"{entry.about}: a person's finding is asked for ({row.reason}) / 须人工认定"
        )
    ends = [each for each in (row.until, body.parent) if each is not None]
    most = min(ends, key=lambda end: _instant(entry.about, end), default=None)
    asked, same = body.question, sys.intern
    return Decision(
        id=entry.about, subject=same(body.subject), party=body.party, measure=same(body.measure),
        act=same(body.act), outcome=same(row.outcome), reason=same(row.reason),
        limb=proof.claim.limb, rule=row.rule and same(row.rule), why=same(row.why),
        rulebook=same(body.rulebook), edition=same(body.edition), engine=same(body.engine),
        snapshot=same(asked.snapshot), known_at=same(asked.known_at), as_of=same(asked.as_of),
        answer=same(body.answer), proof=proof.digest, most=most and same(most),
        names=_names(proof), finding=body.finding, reviewer=body.reviewer,
        proposer=same(entry.actor),
        history=(Step(entry.no, entry.at, PROPOSED, same(entry.actor), same(body.day)),),
    )  # fmt: skip


def _names(proof: said.Proof) -> tuple[str, ...]:
    names = {*(r.record for r in proof.records), *(f.fact for f in proof.relations)}
    names.update(f.fact for f in proof.listings)
    return tuple(sorted(map(sys.intern, names)))


def _rest(decision: Decision, body: said.Rested, by: str) -> Decision:  # noqa: ARG001
    row = body.row
    if row.outcome != decision.outcome:
        raise Conflict(f"{decision.id}: {row.outcome} is not what was decided / 结论不同")
    until = decision.until
    if until is not None and row.until is not None:  # what it rests on may end earlier now
        until = min(until, row.until, key=lambda end: _instant(decision.id, end))
    return replace(
        decision, reason=row.reason, limb=row.proof.claim.limb, rule=row.rule, why=row.why,
        proof=row.proof.digest, most=row.until, until=until, names=_names(row.proof),
    )  # fmt: skip


def _after(decision: Decision, name: str, day: str, least: str | None) -> None:
    if least is not None and day < least:
        raise Conflict(f"{decision.id}: {name} {day} is before {least} / 日期早于前一步骤")


def _instant(about: str, text: str) -> int:
    """The moment of an end, which is written in the one way in which ends are compared."""
    try:
        found = parse_time(text)
    except BadFact as error:
        raise Conflict(f"{about}: {error}") from None
    if format_time(found) != text:
        raise Conflict(f"{about}: {text[:40]!r} is written {format_time(found)} / 日期格式")
    return found


# -- the steps -----------------------------------------------------------------------------------


def _approve(decision: Decision, body: said.Approved, by: str) -> Decision:
    if person(by) == person(decision.proposer):
        raise Conflict(f"{decision.id}: {by} proposed it, a second person approves / 须由他人审批")
    return replace(decision, status=APPROVED, approver=by, decided=body.day)


def _notify(decision: Decision, body: said.Notified, by: str) -> Decision:  # noqa: ARG001
    _after(decision, "delivered", body.delivered, decision.decided)
    return replace(decision, status=NOTIFIED, notice=body.delivered)


def _enforce(decision: Decision, body: said.Enforced, by: str) -> Decision:  # noqa: ARG001
    if decision.suspended:
        raise Conflict(f"{decision.id}: an objection is open / 异议未处理完毕")
    _after(decision, "begins", body.begins, decision.notice)
    ends = _instant(decision.id, body.until)
    for name, end in (("the row", decision.most), ("the measure on the subject", body.parent)):
        if end is not None and ends > _instant(decision.id, end):
            raise Conflict(f"{decision.id}: {body.until} is past the end of {name}, {end} / 超期")
    if passed(body.until, body.begins):
        raise Conflict(f"{decision.id} would end on {body.until}, before it begins / 期限已过")
    return replace(decision, status=IN_FORCE, begins=body.begins, until=body.until)


def _publish(decision: Decision, body: said.Published, by: str) -> Decision:  # noqa: ARG001
    if decision.published is not None:
        raise Conflict(f"{decision.id} was published on {decision.published} / 已公示")
    if decision.suspended:
        raise Conflict(f"{decision.id}: an objection is open / 异议未处理完毕")
    _after(decision, "published", body.day, decision.notice)
    if body.withdraw is not None:
        _instant(decision.id, body.withdraw)
    return replace(decision, published=body.day, withdraw=body.withdraw)


def _object(decision: Decision, body: said.Objected, by: str) -> Decision:  # noqa: ARG001
    made = Objection(
        no=len(decision.objections) + 1, objector=body.objector, reason=body.reason,
        accepted=body.day, suspends=body.suspends,
    )  # fmt: skip
    return replace(decision, objections=(*decision.objections, made))


def _resolve(decision: Decision, body: said.Resolved, by: str) -> Decision:  # noqa: ARG001
    found = {o.no: o for o in decision.objections}
    old = found.get(body.objection)
    if old is None or old.resolved is not None:
        raise Conflict(f"{decision.id}: no objection {body.objection} is open / 无待处理异议")
    _after(decision, "resolved", body.day, old.accepted)
    found[old.no] = replace(old, resolved=body.day, outcome=body.outcome, answer=body.reason)
    decision = replace(decision, objections=tuple(found.values()))
    past = decision.until is not None and passed(decision.until, body.day)
    if body.outcome == "upheld" and not decision.over and not past:
        return replace(decision, status="revoked", ended=body.day)
    return decision


def _end(status: str) -> Callable[[Decision, Any, str], Decision]:
    def end(decision: Decision, body: said.Ended, by: str) -> Decision:  # noqa: ARG001
        if decision.until is not None and passed(decision.until, body.day):
            raise Conflict(f"{decision.id} has expired on {decision.until} / 已到期")
        return replace(decision, status=status, ended=body.day)

    return end


def _expire(decision: Decision, body: said.Expired, by: str) -> Decision:  # noqa: ARG001
    if decision.until is None or not passed(decision.until, body.day):
        raise Conflict(f"{decision.id} is in force before {decision.until} / 尚未到期")
    return replace(decision, status="expired", ended=decision.until[:10])


def _push(decision: Decision, body: said.Pushed, by: str) -> Decision:  # noqa: ARG001
    what, _ = decision.wanted or ("", "")
    last = decision.told(body.department)
    if body.what != what:
        raise Conflict(f"{decision.id}: there is nothing to {body.what} now / 当前无此推送")
    if last is None and what == "lift":
        raise Conflict(f"{decision.id}: {body.department} was never told to impose it / 未曾推送")
    if last is not None and last.what == what:
        raise Conflict(f"{decision.id}: {body.department} was told to {what} already / 已推送")
    _after(decision, "pushed", body.day, decision.notice)
    made = Push(department=body.department, what=what, day=body.day)
    return replace(decision, pushes=(*decision.pushes, made))


def _answered(decision: Decision, department: str, day: str) -> Push:
    last = decision.told(department)
    if last is None:
        raise Conflict(f"{decision.id}: nothing was pushed to {department} / 未向该部门推送")
    _after(decision, "answered", day, last.day)
    return last


def _changed(decision: Decision, old: Push, new: Push) -> Decision:
    return replace(decision, pushes=tuple(new if p is old else p for p in decision.pushes))


def _acknowledge(decision: Decision, body: said.Acknowledged, by: str) -> Decision:  # noqa: ARG001
    last = _answered(decision, body.department, body.day)
    if last.acknowledged is not None:
        raise Conflict(f"{decision.id}: {body.department} acknowledged it already / 已签收")
    return _changed(decision, last, replace(last, acknowledged=body.day))


def _report(decision: Decision, body: said.Reported, by: str) -> Decision:  # noqa: ARG001
    last = _answered(decision, body.department, body.done)
    if last.reported is not None:
        raise Conflict(f"{decision.id}: {body.department} reported already / 已反馈")
    new = replace(last, reported=body.day, did=body.did, done=body.done)
    if new.acknowledged is None:
        new = replace(new, acknowledged=body.day)
    return _changed(decision, last, new)


_MOVES: Final = frozenset(
    {PROPOSED, "approved", "notified", "enforced", "resolved", "repaired", "revoked", "expired"}
)
_DAYS: Final = frozenset({"day", "act", "delivered", "begins", "done"})
_PROPOSED: Final = msgspec.json.Decoder(said.Proposed)
_OPEN: Final = frozenset({PROPOSED, APPROVED, NOTIFIED, IN_FORCE})
_FORCE: Final = frozenset({IN_FORCE})
_TOLD: Final = frozenset({IN_FORCE, *ENDS})
_ALL: Final = frozenset(STATUSES)
_Take = Callable[[Decision, Any, str], Decision]
_STEPS: Final[dict[str, tuple[str, msgspec.json.Decoder[Any], frozenset[str], _Take]]] = {
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
