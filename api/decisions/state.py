"""A decision: a value, made by `api.decisions.fold` of its entries of the ledger.

proposed → approved → notified → in_force → expired | repaired | revoked
"""

from __future__ import annotations

import unicodedata
from typing import Final, NamedTuple

import msgspec

from graph.times import day_end, parse_time

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
    outcome: str | None = None  # executed, not_executed

    @property
    def open(self) -> bool:
        """Whether its department is still to say that it was executed."""
        return self.reported is None or self.outcome == "not_executed"


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
