"""Jobs as callers see them."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from api.feed.lines import LineResponse
from api.jobs.book import Job
from api.problems import MEDIA_TYPE
from api.serving import KEPT
from graph import times
from graph.times import format_instant

_MICROS = 1_000_000
_JSON = "application/json"


def shown(job: Job, viewer: str | None = None) -> dict[str, Any]:
    """One job; what it asks names subjects: shown to its owner alone (`viewer`; None: that)."""
    own = viewer in (None, job.owner)
    ended = job.status in ("done", "failed")
    said: dict[str, Any] = {
        "id": job.id, "algorithm": job.what, "owner": job.owner, "status": job.status,
        "params": msgspec.json.decode(job.asked) if own else None, "progress": _progress(job),
        "seconds": job.seconds,
    }  # fmt: skip
    for name in ("created", "started", "deadline", "finished", "expires"):
        moment = getattr(job, name)
        said[name] = None if moment is None else format_instant(moment)
    said["cancelling"] = bool(job.cancel) and job.status == "running"
    said["size"] = job.size if job.status == "done" else None
    said["result"] = f"/v1/jobs/{job.id}/result" if ended else None
    said["error"] = None if job.error is None else _error(job.error)
    return said


def _error(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {"detail": text}


def _progress(job: Job) -> dict[str, Any] | None:
    """How far a job is: units done of `total` (null: not known), units and seconds."""
    if job.done is None or job.started is None:
        return None
    now = times.now() if job.finished is None else job.finished
    spent = max((now - job.started) / _MICROS, 1e-6)
    rate = job.done / spent
    known = job.total is not None and 0 < job.done <= job.total
    left = (job.total or 0.0) - job.done
    return {
        "done": job.done, "total": job.total or None, "unit": job.unit,
        "rate": round(rate, 3), "left": round(left / rate, 1) if known and rate else None,
    }  # fmt: skip


def answered(job: Job, body: bytes, *, lines: bool = False) -> Response:
    """A job's result as its own route would have answered, by lines where asked for; of one that
    failed, its problem."""
    code = job.code or (200 if job.status == "done" else 500)
    media = job.media if job.status == "done" else MEDIA_TYPE
    if lines and job.status == "done" and media is not None and media.startswith(_JSON):
        return LineResponse(body)
    headers = {**KEPT, "Content-Type": media or "application/json"}
    if media is not None and media.startswith("text/html"):  # of a report: its styles are within
        from api.notices.ask import POLICY

        headers["Content-Security-Policy"] = POLICY
    return Response(body, code, headers)
