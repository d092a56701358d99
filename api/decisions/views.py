"""Decisions as both transports show them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from api.decisions import lists
from api.decisions.cascade import Cascade
from api.decisions.clocks import day_of
from api.decisions.entries import PREFIX
from api.decisions.replay import replay
from api.decisions.state import STATUSES, Decision
from api.decisions.timing import clocks, overdue
from api.decisions.work import Work
from graph.errors import UnknownSubject, WrongUsage
from graph.times import format_instant

_BRIEF: Final = ("id", "subject", "party", "measure", "act", "status", "begins", "until")


class ProofShown(msgspec.Struct, kw_only=True):
    """The proof that a decision rests on; `refusals` say why it does not hold."""

    decision: str
    day: str
    outcome: str
    proof: dict[str, Any]
    holds: bool
    refusals: list[str]


def shown(decision: Decision, day: str) -> dict[str, Any]:
    """A decision, what it comes to on a day, and its clocks."""
    # As JSON has it, so that an answer in this process is the one over HTTP: lists, no tuples.
    said: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(decision))
    said["history"] = [
        {**step._asdict(), "at": format_instant(step.at)} for step in decision.history
    ]
    said["irregular"] = [each._asdict() for each in decision.irregular]
    return {
        **said,
        "on": {
            "day": day, "status": decision.status_on(day), "stands": decision.stands(day),
            "suspended": decision.suspended, "shown_before": decision.shown_before,
        },
        "clocks": msgspec.to_builtins(clocks(decision, day)),
    }  # fmt: skip


def one(work: Work, about: str, day: str | None) -> dict[str, Any]:
    """A decision with the row and proof that it rests on, and all entries about it."""
    decision = work.one(about)
    body = work.proposal(about)
    entries = [
        {
            "no": e.no, "at": format_instant(e.at), "by": e.actor, "kind": e.kind,
            "hash": e.hash.hex(),
            "says": {} if e.kind == PREFIX + "proposed" else e.content,
        }
        for e in work.entries(about)
    ]  # fmt: skip
    return {
        **shown(decision, _day(work, day)),
        "question": body["question"],
        "row": work.row(about),
        "hangs_on": _hangs_on(work, decision),
        "entries": entries,
    }


def _hangs_on(work: Work, decision: Decision) -> list[str]:
    """Facts of which each alone, were it false, would free the party of a decision not over:
    by `what_if`, on what is known now."""
    from algorithms.registry import ask

    if decision.over:
        return []
    asked = {
        "subject": decision.subject, "party": decision.party, "measure": decision.measure,
        "act": decision.act, "edition": decision.edition, "as_of": max(work.today(), decision.act),
    }  # fmt: skip
    try:
        rows = ask(work.session.snapshot(), "what_if", asked)["results"]
    except UnknownSubject:  # nobody knows subject or party any more
        return []
    return [fact for row in rows if row.single for fact in row.facts]


def listing(work: Work, asked: dict[str, str | None], limit: int) -> dict[str, Any]:
    """Decisions in the order of their proposals, newest first: of a `subject`, a `party`, with a
    `status` as of the `day`, whose proof names a fact (`affected_by`). Raises UnknownSubject,
    WrongUsage."""
    status, day = asked.get("status"), _day(work, asked.get("day"))
    if status is not None and status not in STATUSES:
        raise WrongUsage(f"status: one of {', '.join(STATUSES)}, not {status[:40]!r}")
    work.decisions.follow()
    named = asked.get("affected_by")
    found = work.decisions.all() if named is None else work.decisions.by_fact(named)
    for field in ("subject", "party"):
        if (name := asked.get(field)) is not None:
            names = _names(work, name)
            found = [d for d in found if getattr(d, field) in names]
    if status is not None:
        found = [d for d in found if d.status_on(day) == status]
    rows = [_brief(d, day) for d in reversed(found[-limit:])]
    return {"day": day, "results": rows, "total": len(found)}


def late(work: Work, day: str | None, limit: int) -> dict[str, Any]:
    """Every clock that ran out before what it is for was done, longest overdue first. Linear in the
    decisions."""
    on = _day(work, day)
    work.decisions.follow()
    rows = [
        {"id": d.id, **msgspec.to_builtins(each), "subject": d.subject, "party": d.party}
        for d in work.decisions.all()
        for each in overdue(d, on)
    ]
    rows.sort(key=lambda row: (row["due"], row["id"], row["clock"]))
    return {"day": on, "results": rows[:limit], "total": len(rows)}


def proof(work: Work, about: str, day: str | None) -> dict[str, Any]:
    """The row and proof that a decision rests on, and whether it holds on the newest facts: where
    not, why not. Raises UnknownDecision."""
    row, on = work.row(about), _day(work, day)
    why = work.refusals(about, on)
    return {
        "decision": about, "day": on, "outcome": row["outcome"], "proof": row["proof"],
        "holds": not why, "refusals": why,
    }  # fmt: skip


def red_list(work: Work, names: list[str] | None, day: str | None, limit: int) -> dict[str, Any]:
    """See `lists.red_list`."""
    work.decisions.follow()
    view = work.session.snapshot()
    return lists.red_list(view, work.decisions, names, _day(work, day), limit)


def fallout(
    work: Work, facts: list[str] | None, since: str | None, limit: int, *, record: bool = False
) -> dict[str, Any]:
    """What the fall of facts, or all that batches after one changed, means for decisions: which
    stand, which stand by another proof, which lapse; with `record`, those that stand by another
    rest on it from now on. Raises WrongUsage where neither is given."""
    if (facts is None) == (since is None):
        raise WrongUsage("facts or since: one of the two / 二者择一")
    if since is not None and not since.isdecimal():
        raise WrongUsage(f"since: the number of a batch, not {since[:20]!r}")
    cascade = Cascade(work)
    found = cascade.of(facts) if facts is not None else cascade.since(int(since or 0))
    rows = [{k: v for k, v in msgspec.to_builtins(each).items() if k != "row"} for each in found]
    shown: dict[str, Any] = {"results": rows[:limit], "total": len(rows)}
    if record:
        shown["rested"] = [each.id for each in cascade.record(found)]
    return shown


def replays(work: Work, names: list[str] | None, limit: int) -> dict[str, Any]:
    """Whether the answers that decisions rest on come out again byte for byte; all without names,
    the newest first. Raises UnknownDecision."""
    if names is None:
        work.decisions.follow()
        names = [each.id for each in reversed(work.decisions.all()[-limit:])]
    rows = [msgspec.to_builtins(replay(work, name)) for name in names[:limit]]
    return {"results": rows, "differ": sum(not row["identical"] for row in rows)}


def _day(work: Work, day: str | None) -> str:
    return work.today() if day is None else day_of(day)


def _brief(decision: Decision, day: str) -> dict[str, Any]:
    row = {name: getattr(decision, name) for name in _BRIEF}
    late = sum(1 for _ in overdue(decision, day))
    return row | {
        "status": decision.status_on(day), "stands": decision.stands(day),
        "suspended": decision.suspended, "overdue": late,
    }  # fmt: skip


def _names(work: Work, name: str) -> set[str]:
    """What a subject is and was called: a decision keeps the canonical id of its day."""
    view = work.session.snapshot()
    try:
        node = view.resolve(name)
    except UnknownSubject:
        if any(name in (d.subject, d.party) for d in work.decisions.all()):
            return {name}
        raise
    return {name, view.canonical(node), *view.records(node)}
