"""One open store and its newest snapshot: what the command line, service and client ask through."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from algorithms import registry

if TYPE_CHECKING:
    from types import TracebackType

    from graph.snapshot import Snapshot

    from graph.store import Store

_EARLIER_VIEWS: Final = 4  # views of an earlier known_at that are kept open


class Session:
    """Answers questions on one store; always on the newest facts unless `known_at` says earlier.

    Safe to use from several threads: snapshots are immutable, opening one is serialised.
    """

    def __init__(self, url: str) -> None:
        """Open the store at `url`; raises NoStore where there is none."""
        from graph.store import open_store

        self.url = url
        self.store: Store = open_store(url)
        self._lock = threading.Lock()
        self._newest: tuple[int, Snapshot] | None = None
        self._earlier: OrderedDict[tuple[str, int], Snapshot] = OrderedDict()

    def snapshot(self, known_at: str | None = None) -> Snapshot:
        """The graph with every write acknowledged before this call, or as known at a time."""
        if known_at is None and (current := self.current()) is not None:
            return current
        last = self.store.last_batch()
        from graph.snapshot import open_snapshot

        with self._lock:
            if known_at is None:
                if self._newest is None or self._newest[0] < last:
                    self._newest = last, open_snapshot(self.store)
                return self._newest[1]
            key = known_at, last
            if key not in self._earlier:
                self._earlier[key] = open_snapshot(self.store, known_at)
                if len(self._earlier) > _EARLIER_VIEWS:
                    self._earlier.popitem(last=False)
            return self._earlier[key]

    def current(self) -> Snapshot | None:
        """The newest snapshot where it is open already and nothing was written since."""
        newest = self._newest
        return newest[1] if newest is not None and newest[0] == self.store.last_batch() else None

    def ask(self, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The envelope that answers a question; raises WrongUsage, UnknownSubject, StoreError."""
        record = registry.ALGORITHMS.find(name)
        prepared = registry.prepare(record, params)
        return registry.answer(self.snapshot(prepared.known_at), record, prepared)

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
