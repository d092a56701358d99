"""Decisions from entries of the ledger: a fold that knows no store and no clock.

`advance` takes one step or raises Conflict; `fold` takes what is in a ledger as it is: an entry
that is no legal step changes nothing and is kept under `irregular`, a kind that is not known is
passed over.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from api.decisions import entries as said
from api.decisions.state import PROPOSED, Decision, Irregular, Step
from api.decisions.steps import STEPS, instant, names_of, not_before
from graph.errors import Conflict
from graph.ledger import Entry

_MOVES: Final = frozenset(
    {PROPOSED, "approved", "notified", "enforced", "resolved", "repaired", "revoked", "expired"}
)
_DAYS: Final = frozenset({"day", "act", "delivered", "begins", "done"})
_PROPOSED: Final = msgspec.json.Decoder(said.Proposed)


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
    if entry.kind not in STEPS:
        return decision
    step, decoder, since, take = STEPS[entry.kind]
    if decision is None:
        raise Conflict(f"{entry.about} was never proposed: it cannot be {step} / 未提出")
    if decision.status not in since:
        raise Conflict(f"{decision.id} is {decision.status}: it cannot be {step} / 状态不允许")
    body = _body(decoder, entry)
    not_before(decision, "day", body.day, _least(decision, step))
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
    most = min(ends, key=lambda end: instant(entry.about, end), default=None)
    asked, same = body.question, sys.intern
    return Decision(
        id=entry.about, subject=same(body.subject), party=body.party, measure=same(body.measure),
        act=same(body.act), outcome=same(row.outcome), reason=same(row.reason),
        limb=proof.claim.limb, rule=row.rule and same(row.rule), why=same(row.why),
        rulebook=same(body.rulebook), edition=same(body.edition), engine=same(body.engine),
        snapshot=same(asked.snapshot), known_at=same(asked.known_at), as_of=same(asked.as_of),
        answer=same(body.answer), proof=proof.digest, most=most and same(most),
        names=names_of(proof), finding=body.finding, reviewer=body.reviewer,
        proposer=same(entry.actor),
        history=(Step(entry.no, entry.at, PROPOSED, same(entry.actor), same(body.day)),),
    )  # fmt: skip
