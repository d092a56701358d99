"""Monitoring: runs, lines of clusters, alerts, what is new, statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from api.client.answer import Answer
from api.client.bulk import wait
from api.client.exchange import Call, Exchange, Reply, Stream, get, pages, part, post

_BASE: Final = "/v1/monitor"


def monitored() -> Exchange[Answer]:
    """How monitoring stands: the last run, clusters by state, open alerts, failures."""
    return get(_BASE)


def run_monitor(*, as_of: str | None = None) -> Exchange[Answer]:
    """Run the monitor now and wait for it; the run with the ids of its alerts. Raises what `wait`
    raises, and Conflict where one is under way."""
    job = yield from post(f"{_BASE}/runs", {"as_of": as_of})
    return (yield from wait(job["id"]))


def monitor_runs(*, page: int = 100) -> Stream:
    """Every run that is kept, the newest first."""
    return pages(f"{_BASE}/runs", limit=page)


def cluster_lines(*, state: str | None = None, page: int = 100) -> Stream:
    """Every line of clusters, by name; `state` is alive or gone."""
    return pages(f"{_BASE}/lines", state=state, limit=page)


def cluster_line(name: str, *, limit: int = 100) -> Exchange[Answer]:
    """One line, by its name or that of its cluster: what became of it, and its alerts."""
    return get(f"{_BASE}/lines/{part(name)}", limit=limit)


def alerts(
    *, state: str | None = None, kind: str | None = None, order: str | None = None, page: int = 100
) -> Stream:  # fmt: skip
    """Every alert of a `state` and `kind`; `order` is time (the newest first) or risk (by the risk
    score of their members, which orders work and is no basis for extending a measure)."""
    return pages(f"{_BASE}/alerts", state=state, kind=kind, order=order, limit=page)


def alert(ident: str) -> Exchange[Answer]:
    """One alert."""
    return get(f"{_BASE}/alerts/{part(ident)}")


def judge_alert(
    ident: str, state: str, *, note: str | None = None, key: str | None = None
) -> Exchange[Answer]:
    """Say what an alert comes to: accepted, dismissed, or open again."""
    return post(f"{_BASE}/alerts/{part(ident)}/verdict", {"state": state, "note": note}, key=key)


def monitor_digest(*, since: int | None = None, limit: int = 100) -> Exchange[Answer]:
    """What is new since a run; of the last run alone where none is given."""
    return get(f"{_BASE}/digest", since=since, limit=limit)


def digest_mail(
    to: Sequence[str], *, since: int | None = None, limit: int = 100, **more: Any
) -> Exchange[bytes]:
    """The same as a mail file, `from` whom `more` says."""
    asked = {"format": "eml", "to": list(to), "since": since, "limit": limit, **more}
    query = {name: value for name, value in asked.items() if value is not None}
    reply: Reply = yield Call("GET", f"{_BASE}/digest", query)
    return reply.body


def statistics(*, by: Sequence[str] = (), **asked: Any) -> Exchange[Answer]:
    """How many were listed, extended, objected, repaired, and clocks met and missed; `level`,
    `since`, `until`, `domain`, `day` as the route has them."""
    return get(f"{_BASE}/statistics", by=",".join(by) or None, **asked)
