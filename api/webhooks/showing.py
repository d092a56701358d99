"""Subscriptions and their events as callers see them; secrets never."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

import msgspec

from api.webhooks import events
from graph import times
from graph.errors import WrongUsage
from graph.times import format_instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.webhooks.book import Event, Hook
    from api.webhooks.sender import Sender

EXAMPLE: Final = {
    "url": "https://risk.example.org/linkrisk", "events": ["subject.changed", "decision.*"],
    "subjects": ["c1"],
}  # fmt: skip
_STATUSES: Final = ("waiting", "delivered", "dead")


def hook(found: Hook) -> dict[str, Any]:
    """One subscription."""
    return {
        "id": found.id, "owner": found.owner, "url": found.url, "events": found.events,
        "subjects": found.subjects, "note": found.note, "state": found.state,
        "created": format_instant(found.created), "batch": found.batch, "entry": found.entry,
        "failures": found.failures, "error": found.error,
    }  # fmt: skip


def event(found: Event) -> dict[str, Any]:
    """One event and what came of it."""
    return {
        "id": found.id, "no": found.no, "type": found.type, "subject": found.subject or None,
        "status": found.status, "tries": found.tries, "created": format_instant(found.created),
        "next": format_instant(found.next) if found.status == "waiting" and found.next else None,
        "finished": None if found.finished is None else format_instant(found.finished),
        "code": found.code, "error": found.error, "body": msgspec.json.decode(found.body),
    }  # fmt: skip


def page(found: Sequence[Event], limit: int) -> dict[str, Any]:
    """Some of the events, one more than the limit where there are more."""
    rows = [event(each) for each in found[:limit]]
    return {"results": rows, "next": str(found[limit - 1].no) if len(found) > limit else None}


def status_of(text: str | None) -> str | None:
    """A status as it is asked for; raises WrongUsage."""
    if text is not None and text not in _STATUSES:
        raise WrongUsage(f"status: one of {', '.join(_STATUSES)}, not {text[:20]!r}")
    return text


async def trial(sender: Sender, found: Hook) -> dict[str, Any]:
    """Send a test event once, and say what came of it."""
    data = {"webhook": found.id}
    made = events.draft(found, events.TEST, secrets.token_hex(8), "", times.now(), data)
    sent = await sender.send(found.url, made.id, made.body, found.signing)
    return {"id": made.id, "delivered": sent.ok, "code": sent.code, "error": sent.error}
