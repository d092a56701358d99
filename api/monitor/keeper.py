"""Runs the monitor beside the service's routes: after something was written, or on a schedule."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from contextvars import copy_context
from threading import Event
from typing import TYPE_CHECKING, Final

from api.monitor.run import run
from graph import times
from graph.deadline import bounded
from graph.errors import Conflict, LinkriskError

if TYPE_CHECKING:
    from api.engine import Engine
    from api.monitor.book import Book
    from api.monitor.settings import MonitorSettings

_LOOK: Final = 2.0  # seconds between two looks at what was written
_MICROS: Final = 1_000_000
_log = logging.getLogger("linkrisk.monitor")


class Keeper:
    """One of the processes of a service keeps the monitor; where it is not asked to, it does
    nothing."""

    def __init__(self, engine: Engine, book: Book, settings: MonitorSettings) -> None:
        self._session = engine.session
        self._number = engine.number
        self._book = book
        self._settings = settings
        self._gone = Event()
        self._failed: int | None = None  # the batch that the last run failed on
        self._failed_at = 0  # and when (µs)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep it within the block; a run under way at its end is called off, and leaves nothing
        behind."""
        wanted = self._settings.after_ingest or self._settings.every is not None
        if self._number or not wanted:
            yield
            self._book.close()
            return
        self._gone.clear()
        pool = ThreadPoolExecutor(1, thread_name_prefix="monitor")
        task = asyncio.create_task(self._loop(pool), name="monitor")
        try:
            yield
        finally:
            self._gone.set()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            pool.shutdown(wait=True)
            self._book.close()

    async def _loop(self, pool: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_LOOK)
            await loop.run_in_executor(pool, copy_context().run, self.look)

    def look(self) -> bool:
        """Run where it is due; whether it did. What goes wrong is told in the log, and tried again
        once something else was written, or with the schedule."""
        try:
            if not self._due():
                return False
            with bounded(cancelled=self._gone):
                made, alerts = run(self._session, self._book, self._settings)
        except Conflict:
            return False  # another process is at it
        except LinkriskError as error:
            self._note(error)
            return False
        except Exception as error:  # noqa: BLE001 whatever it is, the service goes on
            self._note(error)
            _log.exception("a run broke off")
            return False
        self._failed = None
        _log.info("run %d: %d clusters, %d cases, %d alerts", made.no, made.told["clusters"],
                  made.told["cases"], len(alerts))  # fmt: skip
        return True

    def _note(self, error: Exception) -> None:
        self._failed, self._failed_at = self._session.whole_store.last_batch(), times.now()
        _log.warning("the monitor did not run: %s", error)

    def _due(self) -> bool:
        last, batch = self._book.last(), self._session.whole_store.last_batch()
        known = 0 if last is None else last.batch
        if self._settings.after_ingest and batch > known and batch != self._failed:
            return True
        if (every := self._settings.every) is None:
            return False
        before = max(0 if last is None else last.finished, self._failed_at)
        return times.now() - before >= every * _MICROS
