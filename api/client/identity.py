"""Who is who: runs of the resolver, pairs that wait for a person, judgements, and why."""

from __future__ import annotations

from typing import Any, Final

from api.client.answer import Answer
from api.client.bulk import wait
from api.client.exchange import Exchange, get, part, post

_BASE: Final = "/v1/identity"


def run_resolver(*, key: str | None = None, **asked: Any) -> Exchange[Answer]:
    """Find who is who (`kinds`, `accept`, `review`, `whole`, `since`, `dry_run`), and wait for what
    was joined and what waits. Raises JobEnded, and what the run ended with."""
    job = yield from post(f"{_BASE}/runs", asked, key=key)
    return (yield from wait(job["id"]))


def reviews(**asked: Any) -> Exchange[Answer]:
    """Pairs that wait for a person, the likeliest first: by `state`, `kind`, `subject`; a page."""
    return get(f"{_BASE}/reviews", **asked)


def review(ident: str) -> Exchange[Answer]:
    """One pair, the two side by side."""
    return get(f"{_BASE}/reviews/{part(ident)}")


def accept_pair(ident: str, *, key: str | None = None, **given: Any) -> Exchange[Answer]:
    """A pair is one subject (`why`, `by`)."""
    return post(f"{_BASE}/reviews/{part(ident)}/accept", given, key=key)


def reject_pair(ident: str, why: str, *, key: str | None = None, **given: Any) -> Exchange[Answer]:
    """A pair is two subjects, and why."""
    return post(f"{_BASE}/reviews/{part(ident)}/reject", {"why": why, **given}, key=key)


def judgements(**asked: Any) -> Exchange[Answer]:
    """Judgements that stand, the newest first: `by` machine or person; a page."""
    return get(f"{_BASE}/judgements", **asked)


def judge_pair(
    a: str, b: str, same: bool, why: str, *, key: str | None = None, **given: Any
) -> Exchange[Answer]:
    """Two that no run put forward are one subject, or two, and why."""
    return post(f"{_BASE}/judgements", {"a": a, "b": b, "same": same, "why": why, **given}, key=key)


def undo_judgement(
    ident: str, why: str, *, key: str | None = None, **given: Any
) -> Exchange[Answer]:
    """Take a judgement back, and why; what was known before stays on record."""
    return post(f"{_BASE}/judgements/{part(ident)}/undo", {"why": why, **given}, key=key)


def conflicts(**asked: Any) -> Exchange[Answer]:
    """What was not joined, for keys or a judgement stand between; a page."""
    return get(f"{_BASE}/conflicts", **asked)


def why_one(a: str, b: str, **asked: Any) -> Exchange[Answer]:
    """Why two are one subject, or are not."""
    return get(f"{_BASE}/why", a=a, b=b, **asked)


def how_one(subject: str, **asked: Any) -> Exchange[Answer]:
    """How a subject was put together out of its records."""
    return get(f"{_BASE}/how", subject=subject, **asked)
