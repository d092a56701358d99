"""What events say. Their ids follow from what they are of, so the same is never put down twice."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import msgspec

from api.decisions.entries import PREFIX
from api.decisions.steps import STEPS
from api.webhooks.book import Draft, Hook
from graph.errors import WrongUsage
from graph.times import format_instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.decisions.state import Decision
    from api.monitor.entries import Alert
    from graph.ledger import Entry
    from graph.store import BatchInfo

CHANGED: Final = "subject.changed"
RECORDED: Final = "batch.recorded"
ALERTED: Final = "monitor.alert"
TEST: Final = "webhook.test"
DECIDED: Final = ("decision.proposed", *STEPS)
TYPES: Final = (CHANGED, RECORDED, ALERTED, *DECIDED)
_FACTS: Final = 20
# Of an entry what an event tells: nothing that a person said, and nobody's name.
_TOLD: Final = ("department", "what", "outcome", "done", "objection", "begins", "until",
                "delivered", "withdraw")  # fmt: skip


def check_types(given: Sequence[str]) -> list[str]:
    """Types of events, `decision.*` for all of a decision's; raises WrongUsage."""
    found: dict[str, None] = {}
    for name in given:
        if name == f"{PREFIX}*":
            found |= dict.fromkeys(DECIDED)
        elif name in TYPES:
            found[name] = None
        else:
            raise WrongUsage(f"events: {name[:40]!r} is none of {', '.join(TYPES)}, {PREFIX}*")
    if not found:
        raise WrongUsage(f"events: at least one of {', '.join(TYPES)}, {PREFIX}*")
    return list(found)


def scopes_of(types: Sequence[str]) -> list[str]:
    """The scopes that whoever is told of these types of events must have."""
    needed = ["export"]
    if set(DECIDED) & set(types):
        needed.append("related")
    if ALERTED in types:
        needed.append("trace")
    return needed


def draft(hook: Hook, kind: str, of: str, subject: str, at: int, data: dict[str, Any]) -> Draft:
    """An event, in the shape of Standard Webhooks. `of` is what it is of, as a batch's subject;
    those of one `subject` are sent in order."""
    ident = "msg_" + sha256(f"{hook.id}\0{kind}\0{of}".encode()).hexdigest()[:32]
    body = {"type": kind, "timestamp": format_instant(at), "data": data}
    return Draft(hook=hook.id, id=ident, type=kind, subject=subject, body=msgspec.json.encode(body))


def recorded(info: BatchInfo) -> dict[str, Any]:
    """What a batch did, in numbers; `/v1/changes` says to whom."""
    return {
        "batch": info.no, "recorded_at": format_instant(info.recorded_at), "facts": info.facts,
        "retractions": info.retractions,
    }  # fmt: skip


def changed(subject: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What a batch did to one subject: rows of `/v1/changes` about its records, put together."""
    counts: dict[str, dict[str, int]] = {"recorded": {}, "retracted": {}}
    facts: dict[str, None] = {}
    for row in rows:
        for name, into in counts.items():
            for kind, count in row[name].items():
                into[kind] = into.get(kind, 0) + count
        facts |= dict.fromkeys(row["facts"])
    whole = max((row.get("facts_total", 0) for row in rows), default=0)
    said: dict[str, Any] = {
        "subject": subject, "batch": rows[0]["batch"], "recorded_at": rows[0]["recorded_at"],
        "records": [row["record"] for row in rows], **counts, "facts": list(facts)[:_FACTS],
    }  # fmt: skip
    if whole > _FACTS or len(facts) > _FACTS:
        said["facts_total"] = max(whole, len(facts))
    return said


def decided(entry: Entry, decision: Decision) -> dict[str, Any]:
    """A step of a decision."""
    content = entry.content
    return {
        "decision": decision.id, "step": entry.kind.removeprefix(PREFIX), "entry": entry.no,
        "day": content.get("day"), "subject": decision.subject, "party": decision.party,
        "measure": decision.measure, "act": decision.act,
        **{name: content[name] for name in _TOLD if content.get(name) is not None},
    }  # fmt: skip


def alerted(alert: Alert) -> dict[str, Any]:
    """What the monitor found new; `/v1/monitor/alerts/{id}` says all of it."""
    body = alert.body
    members = body.get("members", [])
    said: dict[str, Any] = {
        "alert": alert.id, "kind": alert.kind, "of": alert.of, "run": alert.run,
        "score": body.get("score"), "new": body["new"], "members": members[:_FACTS],
    }  # fmt: skip
    if len(members) > _FACTS:
        said["members_total"] = body.get("members_total") or len(members)
    return said
