"""The book of jobs: a small file that all processes of the service share; results lie beside it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from api.kept import Kept, one, private_folder, write_whole
from api.problems import written
from graph import times
from graph.closing import Closing
from graph.errors import Conflict, InputError, LinkriskError

if TYPE_CHECKING:
    import apsw

    from api.jobs.settings import JobSettings

Status = Literal["queued", "running", "done", "failed", "cancelled", "expired"]
_PLAIN: Final = ("application/json", "application/problem+json", "application/x-ndjson", "text/")
OPEN: Final = ("queued", "running")
_MICROS: Final = 1_000_000
_TABLES: Final = """
CREATE TABLE job (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,
    what TEXT NOT NULL, asked TEXT NOT NULL, call TEXT NOT NULL, caller TEXT NOT NULL,
    scope TEXT NOT NULL, seconds REAL NOT NULL, status TEXT NOT NULL, created INTEGER NOT NULL,
    started INTEGER, finished INTEGER, deadline INTEGER, done REAL, total REAL, unit TEXT,
    cancel INTEGER NOT NULL DEFAULT 0, worker TEXT, beat INTEGER, code INTEGER, media TEXT,
    size INTEGER NOT NULL DEFAULT 0, error TEXT, expires INTEGER) STRICT;
CREATE INDEX job_owner ON job (owner, no);
CREATE INDEX job_status ON job (status, no);
"""
_GONE: Final = (
    "interrupted: the service stopped while it ran; ask again / 服务在执行期间停止, 请重新提交"
)


class UnknownJob(InputError):
    """No job of the caller has this id."""

    status = 404


class TooMany(LinkriskError):
    """A caller has as many jobs open as it may."""

    status = 429


class Gone(LinkriskError):
    """A result that was there and is kept no longer."""

    status = 410


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One job. Moments are µs; `asked`, `call` and `caller` are JSON; `size` is the result's."""

    no: int
    id: str
    owner: str
    what: str  # the algorithm's name, or `ingest`
    asked: str  # its parameters, as they are shown
    call: str  # what is carried out
    caller: str  # on whose behalf
    scope: str  # what the caller had to have
    seconds: float
    status: Status
    created: int
    started: int | None
    finished: int | None
    deadline: int | None
    done: float | None
    total: float | None
    unit: str | None
    cancel: int
    worker: str | None
    beat: int | None
    code: int | None
    media: str | None
    size: int
    error: str | None
    expires: int | None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become a job."""

    owner: str
    what: str
    asked: str
    call: str
    caller: str
    scope: str
    seconds: float


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a job ended; `body` is kept as its result."""

    status: Literal["done", "failed", "cancelled"]
    code: int | None = None
    media: str | None = None
    body: bytes | None = None
    error: str | None = None  # a problem, as JSON


def failed(status: int, detail: str, title: str | None = None) -> Outcome:
    """A job's end by an error, which it tells as a route would have."""
    error = written(status, detail, title).decode()
    return Outcome(status="failed", code=status, error=error)


_FIELDS: Final = Job.__struct_fields__
_SELECT: Final = f"SELECT {', '.join(_FIELDS)} FROM job"  # noqa: S608 names of fields
# Without what is carried out, which may be large, and is no part of what a job is asked for.
_LOOK: Final = _SELECT.replace(" call,", " '{}' AS call,")
# What is past its time: a result, then that there was one.
_OVER: Final = "status IN ('done', 'failed', 'cancelled') AND expires < ?"
_TOLD: Final = "status = 'expired' AND finished < ?"
_COUNT_OLD: Final = f"SELECT count(*) FROM job WHERE {_OVER} OR {_TOLD}"  # noqa: S608 constants
_DROP_TOLD: Final = f"DELETE FROM job WHERE {_TOLD}"  # noqa: S608 a constant


def _job(row: Sequence[Any]) -> Job:
    return Job(**dict(zip(_FIELDS, row, strict=True)))


class Book(Closing):
    """Jobs and their results. Every call is one short transaction."""

    def __init__(self, folder: Path, settings: JobSettings) -> None:
        self.folder = folder / "jobs"
        self.settings = settings
        self._kept = Kept(folder / "jobs.db", _TABLES)

    # -- what callers do -----------------------------------------------------------------------

    def add(self, asked: Asked) -> Job:
        """Queue a job; raises TooMany."""
        ident = "j" + secrets.token_hex(12)
        given = msgspec.structs.asdict(asked) | {
            "id": ident, "status": "queued", "created": times.now(),
        }  # fmt: skip
        with self._kept.writing() as db:
            open_ = one(db, "SELECT count(*) FROM job WHERE owner = ? AND status IN (?, ?)",
                         asked.owner, *OPEN)[0]  # fmt: skip
            if open_ >= self.settings.open_jobs:
                raise TooMany(f"{open_} jobs of yours are queued or running; wait for one"
                              " / 未完成任务过多")  # fmt: skip
            names, marks = ", ".join(given), ", ".join("?" * len(given))
            text = f"INSERT INTO job ({names}) VALUES ({marks})"  # noqa: S608 names of fields
            db.execute(text, [*given.values()])
            self._crowded(db, asked.owner)
            return self._get(db, ident)

    def get(self, ident: str, owner: str | None = None) -> Job:
        """A job, of this owner where one is given; raises UnknownJob."""
        with self._kept.reading() as db:
            return self._get(db, ident, owner)

    def of(self, owner: str | None, before: int | None, limit: int) -> list[Job]:
        """Jobs, the newest first, behind number `before`; of one owner, or of all."""
        text = f"{_LOOK} WHERE no < ?1 AND (?2 IS NULL OR owner = ?2) ORDER BY no DESC LIMIT ?3"
        top = 2**62 if before is None else before
        return [_job(row) for row in self._kept.rows(text, (top, owner, limit))]

    def cancel(self, ident: str, owner: str | None = None) -> Job | None:
        """Call a job off, whichever process runs it; one that has ended is forgotten with its
        result, and None returned. Raises UnknownJob."""
        with self._kept.writing() as db:
            found = self._get(db, ident, owner)
            if found.status == "queued":
                self._end(db, found, Outcome(status="cancelled"))
            elif found.status == "running":
                db.execute("UPDATE job SET cancel = 1 WHERE id = ?", (ident,))
            else:
                db.execute("DELETE FROM job WHERE id = ?", (ident,))
                self._drop(ident)
                return None
            return self._get(db, ident)

    def result(self, job: Job) -> bytes:
        """The bytes of a job's result; raises Conflict where there is none yet, or never will be,
        Gone where it is kept no longer; of one that failed, its problem."""
        if job.status in OPEN:
            raise Conflict(f"{job.id} is {job.status}: it has no result yet / 尚无结果")
        if job.status == "cancelled":
            raise Conflict(f"{job.id} was cancelled: it has no result / 已取消")
        if job.status == "failed":
            return (job.error or "").encode()
        try:
            if job.status != "expired":
                return self._path(job.id).read_bytes()
        except FileNotFoundError:
            pass
        raise Gone(f"the result of {job.id} is kept no longer; ask again / 结果已过期")

    # -- what workers do -----------------------------------------------------------------------

    def claim(self, worker: str) -> Job | None:
        """The oldest job that waits, for this worker from now on."""
        waiting = "SELECT 1 FROM job WHERE status = 'queued' LIMIT 1"
        if not self._kept.is_there or not self._kept.rows(waiting):
            return None
        now = times.now()
        with self._kept.writing() as db:
            row = one(db, f"{_SELECT} WHERE status = 'queued' ORDER BY no LIMIT 1")
            if row is None:
                return None
            found = _job(row)
            deadline = now + int(found.seconds * _MICROS)
            db.execute("UPDATE job SET status = 'running', worker = ?, beat = ?, started = ?,"
                       " deadline = ? WHERE id = ?",
                       (worker, now, now, deadline, found.id))  # fmt: skip
            return self._get(db, found.id, columns=_SELECT)

    def beat(self, job: Job, done: float | None, total: float | None, unit: str | None) -> bool:
        """A sign that a job is under way; whether it is still wanted, and by this worker."""
        with self._kept.writing() as db:
            db.execute("UPDATE job SET beat = ?, done = ?, total = ?, unit = ?"
                       " WHERE id = ? AND worker = ? AND status = 'running'",
                       (times.now(), done, total, unit, job.id, job.worker))  # fmt: skip
            found = one(db, "SELECT cancel, worker, status FROM job WHERE id = ?", job.id)
        return bool(found == (0, job.worker, "running"))

    def finish(self, job: Job, outcome: Outcome) -> None:
        """The end of a job that this worker runs; a result too large to keep is told instead."""
        body = outcome.body
        if body is not None and len(body) > self.settings.kept_bytes:
            words = f"the result has {len(body)} bytes, {self.settings.kept_bytes} are kept at most"
            outcome = failed(413, f"{words} / 结果过大", "TooLarge")
            body = None
        if body is not None:
            write_whole(private_folder(self.folder) / job.id, body)
        with self._kept.writing() as db:
            found = one(db, "SELECT worker, status FROM job WHERE id = ?", job.id)
            if found != (job.worker, "running"):  # it was given up meanwhile
                self._drop(job.id)
                return
            self._end(db, job, outcome)
            self._crowded(db, job.owner)

    def sweep(self) -> int:
        """Tell of jobs whose worker went away, let results expire; how many were touched."""
        if not self._kept.is_there:
            return 0
        now = times.now()
        silent = now - int(self.settings.silence * _MICROS)
        with self._kept.writing() as db:
            rows = [*db.execute(f"{_SELECT} WHERE status = 'running' AND beat < ?", (silent,))]
            for job in map(_job, rows):
                called_off, lost = Outcome(status="cancelled"), failed(503, _GONE, "Interrupted")
                self._end(db, job, called_off if job.cancel else lost)
            old = [_job(row) for row in db.execute(f"{_SELECT} WHERE {_OVER}", (now,))]
            for job in old:
                self._expire(db, job)
            db.execute(_DROP_TOLD, (self._told(now),))
            return len(rows) + len(old) + db.changes()

    def old(self) -> int:
        """How many jobs are past their time: their results, or that they are told of at all."""
        if not self._kept.is_there:
            return 0
        now = times.now()
        return int(self._kept.rows(_COUNT_OLD, (now, self._told(now)))[0][0])

    def _told(self, now: int) -> int:
        """Before which moment a job must have ended to be told of no longer."""
        return now - int(self.settings.told_seconds * _MICROS)

    def forget(self, named: Callable[[bytes], bool]) -> tuple[int, int]:
        """Delete jobs, with their results, of which this is true of what they ask or answer; one
        that runs is called off. How many, and how many others run, of which nobody knows yet what
        they will answer."""
        if not self._kept.is_there:
            return 0, 0
        jobs = [_job(row) for row in self._kept.rows(_SELECT)]
        found = [job for job in jobs if self._names(job, named)]
        with self._kept.writing() as db:
            for job in found:
                db.execute("UPDATE job SET cancel = 1, asked = '{}', call = '{}'"
                           " WHERE id = ? AND status = 'running'", (job.id,))  # fmt: skip
                db.execute("DELETE FROM job WHERE id = ? AND status <> 'running'", (job.id,))
                self._drop(job.id)
        self._kept.cleansed()
        gone = {job.id for job in found}
        return len(found), sum(job.status == "running" and job.id not in gone for job in jobs)

    def _names(self, job: Job, named: Callable[[bytes], bool]) -> bool:
        if named("\n".join((job.asked, job.call, job.error or "")).encode()):
            return True
        try:
            body = self._path(job.id).read_bytes()
        except FileNotFoundError:
            return False
        # Of what is packed it cannot be told.
        return named(body) or not (job.media or "").startswith(_PLAIN)

    def close(self) -> None:
        """Let go of the file."""
        self._kept.close()

    # -- within a transaction ------------------------------------------------------------------

    def _get(
        self, db: apsw.Connection, ident: str, owner: str | None = None, columns: str = _LOOK
    ) -> Job:
        row = one(db, f"{columns} WHERE id = ?1 AND (?2 IS NULL OR owner = ?2)", ident, owner)
        if row is None:
            raise UnknownJob(f"no job {ident[:40]!r} / 无此任务")
        return _job(row)

    def _end(self, db: apsw.Connection, job: Job, outcome: Outcome) -> None:
        now = times.now()
        expires = now + int(self.settings.kept_seconds * _MICROS)
        # What was carried out is not kept: it holds what was asked as it was typed.
        db.execute("UPDATE job SET status = ?, finished = ?, code = ?, media = ?, size = ?,"
                   " error = ?, expires = ?, call = '{}' WHERE id = ?",
                   (outcome.status, now, outcome.code, outcome.media, len(outcome.body or b""),
                    outcome.error, expires, job.id))  # fmt: skip

    def _expire(self, db: apsw.Connection, job: Job) -> None:
        db.execute("UPDATE job SET status = 'expired', size = 0 WHERE id = ?", (job.id,))
        self._drop(job.id)

    def _crowded(self, db: apsw.Connection, owner: str) -> None:
        """Let the oldest results of an owner expire until the rest is within bounds."""
        text = f"{_SELECT} WHERE owner = ? AND status NOT IN ('queued', 'running', 'expired')"
        ended = [_job(row) for row in db.execute(f"{text} ORDER BY no DESC", (owner,))]
        size = 0
        for count, job in enumerate(ended, 1):
            size += job.size
            if count > self.settings.kept_jobs or size > self.settings.kept_bytes:
                self._expire(db, job)

    def _path(self, ident: str) -> Path:
        return self.folder / ident

    def _drop(self, ident: str) -> None:
        with suppress(OSError):
            self._path(ident).unlink(missing_ok=True)
