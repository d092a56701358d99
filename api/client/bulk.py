"""What takes long or is much: jobs, the feed of changes, exports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from api.client.answer import Answer
from api.client.calls import plain
from api.client.exchange import (
    Call,
    Exchange,
    Item,
    Pause,
    Reply,
    Stream,
    get,
    part,
    post,
    question,
)
from graph.errors import LinkriskError, WrongUsage

if TYPE_CHECKING:
    import pandas

JOBS: Final = "/v1/jobs"
_FIRST, _LONGEST = 0.1, 5.0  # seconds between two looks at a job
_OPEN: Final = frozenset({"queued", "running"})

Told = Callable[[Answer], object]


class JobEnded(LinkriskError):
    """A job that has no answer: it was called off, or its time was over."""


def submit(name: str, /, *, seconds: float | None = None, **params: Any) -> Exchange[Answer]:
    """Have a question answered beside others; the job, with its `id`."""
    body: dict[str, Any] = {"algorithm": name, "params": plain(params)}
    return post(JOBS, {**body, "seconds": seconds})


def job(ident: str) -> Exchange[Answer]:
    """How far a job is."""
    return get(f"{JOBS}/{part(ident)}")


def jobs(*, limit: int = 50, before: str | None = None) -> Exchange[Answer]:
    """The caller's jobs, newest first."""
    return get(JOBS, limit=limit, before=before)


def result(ident: str) -> Exchange[Answer]:
    """What a job's question was answered; raises the error that it ended with."""
    return get(f"{JOBS}/{part(ident)}/result")


def cancel(ident: str) -> Exchange[Answer]:
    """Call a job off; forget one that has ended."""
    reply: Reply = yield Call("DELETE", f"{JOBS}/{part(ident)}")
    return reply.read()


def wait(ident: str, *, told: Told | None = None) -> Exchange[Answer]:
    """A job's answer, once it has one. `told` is called with the job at each look. Raises JobEnded
    where it was called off or forgotten, and the error that the question ended with."""
    pause = _FIRST
    while True:
        at = yield from job(ident)
        if told is not None:
            told(at)
        if at["status"] in {"done", "failed"}:
            return (yield from result(ident))
        if at["status"] not in _OPEN:
            raise JobEnded(f"job {ident} is {at['status']}")
        yield Pause(pause)
        pause = min(pause * 2, _LONGEST)


def changes(
    since: str | int | None = None, *, follow: float | None = None, page: int = 500
) -> Stream:
    """Every record that batches touched, in the order of recording, from a place on.

    Each item is `(place, record)`: whoever keeps the place of the last one it has done with, and
    begins there again, misses nothing, and may see the rest of a page twice. With `follow`, goes
    on for ever, waiting so many seconds (at most 30) at a time for something new.
    """
    place: Any = since
    while True:
        answer = yield from get("/v1/changes", since=place, limit=page, wait=follow)
        rows: list[dict[str, Any] | None] = [*answer.rows] or [None]
        *most, last = rows
        yield from (Item((place, row)) for row in most)
        place = answer["next"]
        if last is not None:
            yield Item((place, last))
        if not answer["more"] and follow is None:
            return


def features(
    *,
    kind: str = "account",
    as_of: str | None = None,
    groups: Sequence[str] | None = None,
    windows: Sequence[int] | None = None,
    known_at: str | None = None,
) -> Exchange[pandas.DataFrame]:
    """Features of all subjects of a kind as of a day: a row a subject by its canonical id, a
    column a feature, NaN where it is not known. Needs pandas and pyarrow.

    What each column means, and what the table is, stands in `attrs` of what is answered.
    """
    query = {
        "kind": kind, "as_of": as_of, "known_at": known_at,
        "groups": None if groups is None else ",".join(groups),
        "windows": None if windows is None else ",".join(map(str, windows)),
    }  # fmt: skip
    asked = {name: value for name, value in query.items() if value is not None}
    reply: Reply = yield Call("GET", "/v1/features", asked)
    return table_of(reply.body)


def make_features(
    *,
    kind: str = "account",
    as_of: str | None = None,
    groups: Sequence[str] | None = None,
    windows: Sequence[int] | None = None,
    known_at: str | None = None,
) -> Exchange[Answer]:
    """Have the table of `features` made; what it is, and which groups were taken over."""
    asked = {
        "kind": kind, "as_of": as_of, "groups": groups, "windows": windows, "known_at": known_at,
    }  # fmt: skip
    return question(
        "/v1/features", {name: value for name, value in asked.items() if value is not None}
    )


def feature_dictionary(*, kind: str = "account") -> Exchange[Answer]:
    """What each column of a kind's features means."""
    return get("/v1/features/dictionary", kind=kind)


def table_of(body: bytes) -> pandas.DataFrame:
    """A Parquet table of features as rows by their ids."""
    import json

    from pyarrow import BufferReader, parquet

    table = parquet.read_table(BufferReader(body))
    frame: pandas.DataFrame = table.to_pandas().set_index("id")
    frame.attrs = json.loads((table.schema.metadata or {}).get(b"linkrisk", b"{}"))
    frame.attrs["meanings"] = {
        field.name: {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
        for field in table.schema
        if field.name != "id"
    }
    return frame


def export(*, known_at: str | None = None, **asked: Any) -> Stream:
    """All facts as they stream, one a line: native, or FollowTheMoney entities (`format="ftm"`).

    Raises WrongUsage for formats that are no lines of JSON: those are for a file.
    """
    if asked.get("format", "native") not in {"native", "ftm"}:
        raise WrongUsage(
            f"{asked['format']} is no list of lines: write the route's answer to a file"
        )
    query = {"known_at": known_at, **asked}
    yield Call("GET", "/v1/export", query, lines=True)
