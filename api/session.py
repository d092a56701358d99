"""One open store and its newest snapshot: what the command line, service and client ask through."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from algorithms import registry
from api.access.sight import Shown, granted
from graph.closing import Closing

if TYPE_CHECKING:
    from api.decisions.follow import Decisions
    from api.models.book import Models
    from graph.gather import Progress
    from graph.live import Live
    from graph.snapshot import Snapshot
    from graph.store import Store

_LOOK: Final = 1.0  # seconds after which what another process erased is seen at the latest


class Session(Closing):
    """Answers questions on one store; always on the newest facts unless `known_at` says earlier.

    Safe to use from several threads: snapshots are immutable, opening one is serialised.
    """

    def __init__(self, url: str, progress: Progress | None = None) -> None:
        """Open the store at `url`; raises NoStore where there is none.

        `progress` is told of the making of a snapshot, where there is none to open.
        """
        from graph.store import open_store

        self.url = url
        self.whole_store: Store = open_store(url)
        self._progress = progress
        self._lock = threading.Lock()
        self._live: Live | None = None
        self._newest: Snapshot | None = None
        self._parts: dict[frozenset[str], tuple[Snapshot, Snapshot]] = {}
        self._looked = 0.0  # when it was last seen whether anything was erased

    @property
    def store(self) -> Store:
        """The store, as far as it is shown to the caller of the request under way."""
        kept = granted()
        if kept is None:
            return self.whole_store
        return cast("Store", Shown(self.whole_store, kept, self._whole))

    @store.setter
    def store(self, store: Store) -> None:
        self.whole_store = store

    @cached_property
    def decisions(self) -> Decisions:
        """The decisions that the store's ledger holds; folded when first asked for."""
        from api.decisions.follow import Decisions

        return Decisions(self.whole_store)

    @cached_property
    def models(self) -> Models:
        """The models of risk that are kept beside the store."""
        from api.models.book import Models

        return Models(self.url)

    def snapshot(self, known_at: str | None = None) -> Snapshot:
        """The graph with every write acknowledged before this call, or as known at a time; as far
        as it is shown to the caller of the request under way (`api.access.sight`)."""
        return self._shown(self._whole(known_at))

    def _whole(self, known_at: str | None = None) -> Snapshot:
        if known_at is None and (current := self._current()) is not None:
            return current
        from graph.live import open_live
        from graph.rebuild import fresher
        from graph.snapshot import snapshot_of

        with self._lock:
            if self._live is None or self._live.erased_upto != self.whole_store.erased_upto():
                self._live = open_live(self.whole_store, self._progress)
            self._live = fresher(self._live)
            view = snapshot_of(self._live, known_at)
            view.shelf = self.models
            if known_at is None:
                self._newest = view
            return view

    @property
    def newest(self) -> Snapshot | None:
        """The snapshot that was opened last, whatever was written since; None before the first."""
        return self._newest

    @property
    def erased(self) -> int:
        """Up to where erasures are in the open graph: an erased version changes an answer, and the
        name of no snapshot. 0 before the first is opened."""
        live = self._live
        return 0 if live is None else live.erased_upto

    def current(self) -> Snapshot | None:
        """The newest snapshot where it is open already and nothing was written since."""
        newest = self._current()
        return newest and self._shown(newest)

    def _current(self) -> Snapshot | None:
        newest = self._newest
        if newest is None or newest.batch != self.whole_store.last_batch():
            return None
        if (moment := time.monotonic()) - self._looked > _LOOK:  # whether anything was erased
            self._looked = moment
            live = self._live
            if live is not None and live.erased_upto != self.whole_store.erased_upto():
                self._newest = None  # for whoever asks from now on, too
                return None
        return newest

    def forget(self) -> None:
        """Open the graph anew with the next question: something was erased."""
        with self._lock:
            self._live = self._newest = None
            self._parts.clear()

    def _shown(self, whole: Snapshot) -> Snapshot:
        """A view as it is shown now; of the newest, the last one made for each set of domains is
        kept."""
        kept = granted()
        if kept is None:
            return whole
        of, part = self._parts.get(kept, (None, None))
        if part is not None and of is whole:
            return part
        made = whole.within(kept)
        if whole is self._newest:
            self._parts[kept] = whole, made
        return made

    def ask(self, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The envelope that answers a question; raises WrongUsage, UnknownSubject, StoreError."""
        record = registry.ALGORITHMS.find(name)
        prepared = registry.prepare(record, params)
        return registry.answer(self.snapshot(prepared.known_at), record, prepared)

    def state(self) -> dict[str, float]:
        """Numbers about the open snapshot, for metrics; fewer where none is open."""
        last, live = self.whole_store.last_batch(), self._live
        if live is None:
            return {"behind_batches": last}
        recorded = (
            {}
            if live.newest is None
            else {"recorded_timestamp_seconds": live.newest.recorded_at / 1e6}
        )
        return {
            "batch": live.batch,
            "behind_batches": last - live.batch,
            "relations": live.rows.length,
            "records": live.nodes.length,
            "tail_facts": live.tail_facts,
            **recorded,
        }

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """Within it the first questions find made, or soon made, what they would have to make each
        in its own process; see `graph.names.ahead`."""
        from graph.names.ahead import ahead

        self.snapshot()
        assert self._live is not None
        child = ahead(self._live)
        try:
            yield
        finally:
            if child is not None and child.poll() is None:
                child.terminate()
                child.wait()

    def let_go(self) -> None:
        """Close the store and keep the graph: before this process forks others that have it too."""
        self.whole_store.close()

    def take_up(self) -> None:
        """In a process that was forked: open the store anew, under the graph that came along."""
        from graph.store import open_store

        self.whole_store = open_store(self.url)
        if self._live is not None:
            self._live.store = self.whole_store

    def close(self) -> None:
        """Let go of the store."""
        if "models" in self.__dict__:
            self.models.close()
        self.whole_store.close()
