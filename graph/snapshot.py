"""A snapshot: the graph as known at one batch, immutable, with its name and its evidence.

What can be asked of one is in `graph.views`, by what it is about: relations, records, subjects,
look-ups, listings. Here is how one is made, from a live graph or from another.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable

import numpy as np

from graph import domains
from graph.columns import NEVER, Columns, Index, Nodes
from graph.gather import Progress
from graph.live import Live, open_live
from graph.model import CODES
from graph.store import BatchInfo, Store
from graph.times import day_end, format_instant, parse_time
from graph.views.listings import Listings
from graph.views.lookups import LookUps
from graph.views.relations import Relations


class Snapshot(Relations, LookUps, Listings):
    """One view of a live graph; see the module. Cheap to make; safe to share between threads."""

    def without(self, rows: Iterable[int]) -> Snapshot:
        """This view as if these relations had never been recorded; its name is this one's. Copies
        one column: 4 bytes a relation."""
        other = copy.copy(self)
        ret = self.columns.ret.copy()
        ret[list(rows)] = 0
        other.columns = self.columns._replace(ret=ret)
        return other

    def within(self, granted: Iterable[str]) -> Snapshot:
        """This view as if the facts of other domains (`graph.domains`) had never been recorded.

        Its name says which are in it; `notes` says what is not. Copies two columns: 4 bytes a
        relation and 4 a record; the rest is shared.
        """
        kept = frozenset(granted)
        other = copy.copy(self)
        other._granted, other._names = kept, {}
        other.name = f"{self.name};{'+'.join(sorted(kept)) or 'none'}"
        alien = np.zeros(256, np.bool_)
        alien[[CODES[kind] for kind in domains.withheld_kinds(kept)]] = True
        gone = alien[self.nodes.kind]
        other._version = np.where(gone, np.int32(-1), self._version).astype(self._version.dtype)
        other._gone = gone
        other.newest = False  # what was recorded is to be counted row by row
        rec = self.columns.rec.copy()
        rec[alien[self._code]] = NEVER
        for kind in domains.mixed_kinds(kept):
            rows = np.flatnonzero(self._code == CODES[kind])
            rec[rows[gone[self.columns.src[rows]] | gone[self.columns.dst[rows]]]] = NEVER
        other.columns = self.columns._replace(rec=rec)
        return other

    def earlier(self, moment: int) -> Snapshot:
        """What was known at an instant (µs), of what this view knows: itself where nothing of it
        came later. Groups the records anew, as every view of the past: linear in their versions."""
        live = self._live
        with live.lock:
            info = live.store.batch_at(moment)
            if info is not None and info.no >= self.batch:
                return self
            found = _view(live, info)
        return found if self._granted is None else found.within(self._granted)

    def batch_of(self, text: str) -> int:
        """The number of the newest batch at a moment (ISO time, or a date for its end); a number is
        one itself. Raises BadFact."""
        if text.isascii() and text.isdecimal() and len(text) < 10:
            return int(text)
        info = self._live.store.batch_at(_moment(text))
        return info.no if info else 0

    def name_at(self, batch: int) -> str | None:
        """The name of the view of all domains as of a batch; None where there is no such batch."""
        found = self._live.store.batches(batch - 1)[:1] if batch else []
        return _name(found[0]) if found and found[0].no == batch else None

    def search(self, text: str, limit: int = 20, kind: str | None = None) -> list[int]:
        """Subjects by what they are or were called, best first; see `graph.names.finding`."""
        from graph.names.finding import find

        return [found.node for found in find(self, text, limit, kind)]


def snapshot_of(live: Live, known_at: str | None = None) -> Snapshot:
    """A view of a live graph, first brought up to the store's newest batch.

    `known_at` is ISO time with zone (+08:00 where it has none); a date means its end. Raises
    BadFact where it is neither.
    """
    live.follow()
    with live.lock:
        if known_at is None:
            info = live.newest
        else:
            info = live.store.batch_at(_moment(known_at))
            if info is not None and info.no > live.batch:  # recorded in this very moment
                live.follow()
        return _view(live, info)


def _view(live: Live, info: BatchInfo | None) -> Snapshot:
    """The view of a batch, of nothing where there is none."""
    shown = format_instant(info.recorded_at) if info else format_instant(0)
    return Snapshot(live, info.no if info else 0, shown, _name(info))


def _name(info: BatchInfo | None) -> str:
    """The name of the view of a batch."""
    return f"sha256:{hashlib.sha256(info.name if info else bytes(32)).hexdigest()}"


def _moment(text: str) -> int:
    return day_end(text) if len(text) == 10 else parse_time(text.replace("Z", "+00:00"))


def open_snapshot(
    store: Store, known_at: str | None = None, progress: Progress | None = None
) -> Snapshot:
    """A snapshot of a store; a process that asks more than once keeps an `open_live` instead."""
    return snapshot_of(open_live(store, progress), known_at)


__all__ = ["Columns", "Index", "Nodes", "Snapshot", "open_snapshot", "snapshot_of"]
