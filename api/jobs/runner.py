"""Runs jobs beside the service's questions: one runner a process, any number of them a book."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final

import msgspec

from api.jobs.book import Book, Job, Outcome, failed
from api.jobs.calling import Call, Told, carry_out, kept_caller
from api.lane import Lane, using
from graph.deadline import bounded
from graph.errors import Cancelled, LinkriskError

if TYPE_CHECKING:
    from fastapi import FastAPI

_IDLE: Final = 0.5  # seconds between two looks for what other processes queued
_BEAT: Final = 0.5  # seconds between two signs of life, which is how soon a job is called off
_SWEEP: Final = 5.0
_GRACE: Final = 5.0  # seconds behind its deadline in which work may say that it was cut
_STOPPED: Final = (
    "interrupted: the service was stopped while it ran; ask again / 服务已停止, 请重新提交"
)
_log = logging.getLogger("linkrisk.jobs")
Work = Callable[[dict[str, Any]], Told]  # of a job that is no request; in a thread


class Running:
    """A job under way: how far it is, and whether it was called off."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.gone = threading.Event()  # for the work, in its thread
        self.off = asyncio.Event()  # for who waits for it
        self._told: tuple[float, float, str] | None = None

    def call_off(self) -> None:
        """Nobody wants it any more."""
        self.gone.set()
        self.off.set()

    def tell(self, done: float, total: float, unit: str) -> None:
        """See `graph.deadline.Progress`."""
        self._told = (done, total, unit)

    def sign(self, book: Book) -> bool:
        """Tell the book; whether the job is still wanted."""
        return book.beat(self.job, *(self._told or (None, None, None)))


class Runner:
    """Takes jobs off the book and carries them out, `at_once` at a time."""

    def __init__(self, app: FastAPI, book: Book) -> None:
        self.app = app
        self.book = book
        self.kinds: dict[str, Work] = {}  # jobs that are no request, by the word of `what`
        self.worker = f"{os.getpid()}-{secrets.token_hex(6)}"
        self._settings = book.settings
        self._wake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Look at the book now: a job was queued in this process."""
        self._wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run jobs within the block. At its end those under way are called off and told to be
        interrupted; those that wait are left for another process, or the next start."""
        self.worker = f"{os.getpid()}-{secrets.token_hex(6)}"
        self._wake, self._stopping = asyncio.Event(), False
        with ThreadPoolExecutor(2, thread_name_prefix="jobs-book") as self._clerks:
            self._under_way: dict[asyncio.Task[None], Running] = {}
            loop = asyncio.create_task(self._loop(), name="jobs")
            sweeping = asyncio.create_task(self._sweeping(), name="jobs-sweep")
            try:
                yield
            finally:
                self._stopping = True
                for task in (loop, sweeping):
                    task.cancel()
                for one in self._under_way.values():
                    one.call_off()
                await asyncio.gather(loop, sweeping, *self._under_way, return_exceptions=True)

    async def _clerk(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._clerks, function, *args)

    async def _loop(self) -> None:
        trouble: str | None = None  # that was told already
        while True:
            self._wake.clear()
            try:
                if len(self._under_way) < self._settings.at_once:
                    job = await self._clerk(self.book.claim, self.worker)
                    if job is not None:
                        one = Running(job)
                        task = asyncio.create_task(self._run(one), name=job.id)
                        self._under_way[task] = one
                        task.add_done_callback(self._ended)
                        continue
                trouble = None
            except LinkriskError as error:  # a full disk: whoever asks is told, here it is retried
                if str(error) != trouble:
                    trouble = str(error)
                    _log.warning("the book of jobs cannot be used: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(_IDLE):
                    await self._wake.wait()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.pop(task, None)
        self._wake.set()

    async def _sweeping(self) -> None:
        while True:
            try:
                await self._clerk(self.book.sweep)
            except LinkriskError as error:
                _log.info("the book of jobs cannot be swept: %s", error)
            await asyncio.sleep(min(_SWEEP, self._settings.silence))

    async def _run(self, one: Running) -> None:
        watch = asyncio.create_task(self._watch(one))
        try:
            outcome = await self._outcome(one)
        finally:
            watch.cancel()
        try:
            await self._clerk(one.sign, self.book)  # how far it came
            await self._clerk(self.book.finish, one.job, outcome)
        except LinkriskError as error:
            _log.warning("%s: its end cannot be written: %s", one.job.id, error)

    async def _watch(self, one: Running) -> None:
        """Tell how far a job is, and call it off where that was asked for."""
        while True:
            await asyncio.sleep(_BEAT)
            with suppress(LinkriskError):
                if not await self._clerk(one.sign, self.book):
                    one.call_off()

    async def _outcome(self, one: Running) -> Outcome:
        """How a job ends. Work that does not notice that it was called off, or that its time has
        passed, is left to itself: its thread is its own, and nobody waits for it."""
        job, pool = one.job, ThreadPoolExecutor(1, thread_name_prefix="job")
        try:
            with (
                using(Lane(pool, job.seconds + _GRACE)),
                bounded(job.seconds, cancelled=one.gone, progress=one.tell),
            ):
                answer = asyncio.create_task(self._answer(job, pool))
            off = asyncio.create_task(one.off.wait())
            await asyncio.wait({answer, off}, return_when=asyncio.FIRST_COMPLETED)
            off.cancel()
            await asyncio.wait({answer}, timeout=_GRACE)
            if not answer.done():
                answer.cancel()
                return self._called_off()
            return self._told(one, answer.result())
        except Cancelled:
            return self._called_off()
        except LinkriskError as error:
            return failed(error.status, str(error), error.title)
        except Exception:  # noqa: BLE001 whatever it is, the job's owner is told that it failed
            _log.exception("%s (%s) failed", job.id, job.what)
            return failed(500, "an error of the service itself; its log has the details")
        finally:
            pool.shutdown(wait=False)

    def _told(self, one: Running, told: Told) -> Outcome:
        if told.status < 400:
            return Outcome(status="done", code=told.status, media=told.media, body=told.body)
        if one.gone.is_set():
            return self._called_off()
        error = told.body.decode("utf-8", "replace")
        return Outcome(status="failed", code=told.status, media=told.media, error=error)

    def _called_off(self) -> Outcome:
        if self._stopping:
            return failed(503, _STOPPED, "Interrupted")
        return Outcome(status="cancelled")

    async def _answer(self, job: Job, pool: ThreadPoolExecutor) -> Told:
        if (work := self.kinds.get(job.what)) is None:
            call = msgspec.json.decode(job.call, type=Call)
            return await carry_out(self.app, call, kept_caller(job.caller))
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(pool, copy_context().run, _worked, work, job.call)


def _worked(work: Work, call: str) -> Told:
    """Work on what a job carries; it may be large, and is read in the work's own thread."""
    return work(msgspec.json.decode(call))
