"""One server, asked through the official driver: managed transactions, and its errors as ours."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import neo4j
from neo4j import exceptions

from graph.errors import (
    LinkriskError,
    NoStore,
    StoreAway,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreRefused,
)
from graph.stores.neo4j.address import Address
from graph.stores.neo4j.texts import cypher

T = TypeVar("T")
Work = Callable[["Transaction"], T]

_CONNECT: Final = 5.0  # seconds until a server counts as away
_READ: Final = 3.0  # seconds that a question waits for a server to come back
_WRITE: Final = 90.0  # seconds that a batch waits: a restart loses no load
_LOST: Final = 3  # connections in a row
_FULL: Final = ("OutOfDiskSpace", "No space left", "MemoryLimit", "MemoryPoolOutOfMemory")
_TOO_LARGE: Final = "db.memory.transaction.max"
_BEHIND: Final = "BookmarkTimeout"
_AWAY: Final = (
    exceptions.ServiceUnavailable,
    exceptions.SessionExpired,
    exceptions.DatabaseUnavailable,
    exceptions.TransientError,
    exceptions.ConnectionAcquisitionTimeoutError,
)


class Transaction:
    """A managed transaction: this store's own texts, with parameters."""

    def __init__(self, managed: neo4j.ManagedTransaction) -> None:
        self._managed = managed

    def rows(
        self, name: str, /, parameters: dict[str, Any] | None = None, **marks: str
    ) -> list[Any]:
        """The rows of `cypher/NAME.cypher`, each a list."""
        text: Any = cypher(name, **marks)
        return self._managed.run(text, parameters or {}).values()

    def statements(self, texts: Iterable[str]) -> None:
        """Run the statements of a text that has several, none of which answers."""
        for text in texts:
            constant: Any = text
            self._managed.run(constant).consume()

    def one(self, name: str, /, parameters: dict[str, Any] | None = None, **marks: str) -> Any:
        """The one row of a text that always has one."""
        return self.rows(name, parameters, **marks)[0]


class _OlderError(Exception):
    """The database stands behind what was met in it."""


class Server:
    """Connections to one database; safe to use from several threads.

    Neo4j applies a commit step by step, indexes last (half a second for 20,000 facts), and readers
    take no locks: one may see the number of a batch whose facts no index leads to yet. Therefore
    each transaction gives the driver's bookmarks to the next: what was met of a commit, or was
    committed by then, is there as a whole to every later question that is asked here.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._drivers: dict[float, neo4j.Driver] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._met = neo4j.GraphDatabase.bookmark_manager()

    def _driver(self, patience: float) -> neo4j.Driver:
        with self._lock:
            if self._closed:
                raise StoreError("the store was closed")
            if (driver := self._drivers.get(patience)) is None:
                given = self.address
                driver = self._drivers[patience] = neo4j.GraphDatabase.driver(
                    given.uri,
                    auth=(given.user, given.password) if given.user else None,
                    connection_timeout=_CONNECT,
                    connection_acquisition_timeout=max(patience, _CONNECT),
                    max_transaction_retry_time=patience,
                    fetch_size=10_000,
                    notifications_min_severity="OFF",
                    user_agent="linkrisk",
                )
            return driver

    def _session(self, patience: float, access: str) -> neo4j.Session:
        return self._driver(patience).session(
            database=self.address.database,
            default_access_mode=access,
            bookmark_manager=self._met,
        )

    def _within(self, patience: float, access: str, run: Callable[[neo4j.Session], T]) -> T:
        """What `run` makes of a session."""
        with self.translating():
            try:
                with self._session(patience, access) as session:
                    return run(session)
            except _OlderError:
                pass
            except exceptions.TransientError as error:  # where the transaction began
                if not self._forget_where_older(error):
                    raise
            with self._session(patience, access) as session:
                return run(session)

    def read(self, work: Work[T], *, patient: bool = False) -> T:
        """Run `work` in a read transaction; a lost one is tried again for a few seconds, and where
        it is part of a load, for as long as a write."""

        def run(session: neo4j.Session) -> T:
            # The driver runs nothing again whose commit was under way; a question may be.
            for _ in range(_LOST):
                with suppress(exceptions.IncompleteCommit):
                    return session.execute_read(lambda managed: self._once(work, managed))
            return session.execute_read(lambda managed: self._once(work, managed))

        return self._within(_WRITE if patient else _READ, neo4j.READ_ACCESS, run)

    def rows(
        self, name: str, /, parameters: dict[str, Any] | None = None, **marks: str
    ) -> list[Any]:
        """The rows of one text, in a read transaction of its own."""
        return self.read(lambda tx: tx.rows(name, parameters, **marks))

    def glance(self, name: str) -> Any:
        """The one value of a text that reads one, in one exchange instead of two; where that fails,
        as `read` has it, which tries again."""
        text: Any = cypher(name)
        try:
            with self._session(_READ, neo4j.READ_ACCESS) as session:
                return session.run(text).values()[0][0]
        except (exceptions.Neo4jError, exceptions.DriverError) as error:
            self._forget_where_older(error)
        return self.read(lambda tx: tx.one(name)[0])

    def write(self, work: Work[T]) -> T:
        """Run `work` in a write transaction; a lost one is tried again, so it may run twice."""

        def run(session: neo4j.Session) -> T:
            return session.execute_write(lambda managed: self._once(work, managed))

        return self._within(_WRITE, neo4j.WRITE_ACCESS, run)

    def _once(self, work: Work[T], managed: neo4j.ManagedTransaction) -> T:
        """One attempt. What is too large for a single transaction will be so again, though the
        server calls that transient: it is not tried for as long as a restart takes."""
        try:
            return work(Transaction(managed))
        except exceptions.TransientError as error:
            if _TOO_LARGE in str(error):
                raise self.translate(error) from error
            if self._forget_where_older(error):
                raise _OlderError from error
            raise

    def _forget_where_older(self, error: Exception) -> bool:
        """Wait for nothing that was met, where the server waited for it in vain: another database
        stands there now, such as an older copy that was put back."""
        if older := _BEHIND in (getattr(error, "code", None) or ""):
            self._met = neo4j.GraphDatabase.bookmark_manager()
        return older

    @contextmanager
    def translating(self) -> Iterator[None]:
        """The driver's errors as ours."""
        try:
            yield
        except (exceptions.Neo4jError, exceptions.DriverError) as error:
            raise self.translate(error) from error

    def translate(self, error: Exception) -> LinkriskError:
        """One of the driver's errors as one of our tree, in one line without credentials."""
        where = self.address.shown
        code = getattr(error, "code", None) or ""
        words = " ".join(str(getattr(error, "message", None) or error).split())[:200]
        if isinstance(error, exceptions.AuthError | exceptions.AuthConfigurationError):
            return StoreRefused(f"the Neo4j server at {where} refuses these credentials")
        if isinstance(error, exceptions.ForbiddenOnReadOnlyDatabase) or "ReadOnly" in code:
            return StoreReadOnly(f"the database at {where} is read-only; nothing was written")
        if any(mark in code or mark in str(error) for mark in _FULL):
            return StoreFull(f"the database at {where} is full: {words}; nothing was half-written")
        if "DatabaseNotFound" in code:
            return NoStore(f"the Neo4j server has no database {self.address.database!r}")
        if isinstance(error, exceptions.UnsupportedServerProduct | exceptions.ConfigurationError):
            return StoreRefused(f"{where} is no Neo4j server that this program can use: {words}")
        if isinstance(error, exceptions.Forbidden):
            return StoreRefused(f"the Neo4j server at {where} does not allow this: {words}")
        if isinstance(error, _AWAY):
            return StoreAway(f"the Neo4j server at {where} does not answer: {words}")
        if isinstance(error, exceptions.DriverError) and self._closed:
            return StoreError("the store was closed")
        return StoreError(f"the Neo4j server answered: {words}")

    def close(self) -> None:
        """Let go of every connection."""
        with self._lock:
            self._closed = True
            drivers, self._drivers = list(self._drivers.values()), {}
        for driver in drivers:
            driver.close()


# The driver reports each broken connection on its own; who asks is told by the error.
logging.getLogger("neo4j").setLevel(logging.CRITICAL)
