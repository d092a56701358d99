"""The facts of a store as writers are given them, and what writers may ask about the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from api.look import was_known
from api.native import native
from api.opened import versions
from graph.deadline import current
from graph.erasure import LIMITED_ATTRS
from graph.errors import UnknownSubject
from graph.model import CODES, LISTING_CODE, NAMES, RELATIONS, is_entity
from graph.times import INF, NEG, day_end, parse_time
from ingest.writers import Given

if TYPE_CHECKING:
    from collections.abc import Generator

    from api.session import Session
    from graph.snapshot import Snapshot
    from graph.store import StoredFact

_CACHED: Final = 1 << 16
_TOGETHER: Final = 10_000
_NOBODY: Final = -1
_SEVERAL: Final = -2


class World:
    """One view of a store, all of it or what is true on a day: implements `ingest.writers.Around`.

    Of persons whose use is restricted there is no more than that, so that relations have their
    ends; their listings are left out. With `as_of`, a fact is there where it is true on that day
    and its ends are. Raises BadFact for a wrong day.
    """

    def __init__(
        self, session: Session, view: Snapshot, *, masked: bool, as_of: str | None = None
    ) -> None:
        self.masked = masked
        self._store, self._whole = session.store, session.whole_store
        self._snapshot = view
        self._moment = parse_time(view.known_at)
        self.day = view.known_at[:10]
        self._at = None if as_of is None else day_end(as_of)
        self._holders: np.ndarray[tuple[int], np.dtype[np.int64]] | None = None
        self._node = lru_cache(_CACHED)(self._find)

    def facts(self, *, history: bool = False) -> Iterator[Given]:
        """The facts as known, in the order of recording; with `history`, retracted versions too."""
        for fact in chain.from_iterable(self._pieces()):
            if fact.batch > self._snapshot.batch:
                return
            known = was_known(fact, self._moment)
            if not known and not (history and fact.recorded_at <= self._moment):
                continue
            limited = fact.code == LISTING_CODE and self._limited(fact.a)
            if self._holds(fact) and not limited:
                yield self.given(fact)

    def _pieces(self) -> Iterator[list[StoredFact]]:
        """All versions in the order of recording, some at a time: whoever takes them slowly keeps
        no statement of the store's open, and may take them from one thread after the other."""
        behind, total, deadline = 0, versions(self._whole), current()
        while True:
            with closing(cast("Generator[StoredFact]", self._store.facts(behind))) as source:
                piece = list(islice(source, _TOGETHER))
            if not piece:
                return
            yield piece
            behind = piece[-1].seq
            deadline.report(behind, total, "facts / 事实")

    def _holds(self, fact: StoredFact) -> bool:
        at = self._at
        if at is None:
            return True
        if not fact.vf <= at < fact.vt:
            return False
        kind = RELATIONS.get(NAMES[fact.code])
        if kind is not None and kind.event:
            return True  # it happened; its ends may be gone since
        nodes = self._snapshot.nodes
        for end in (fact.a, fact.b):
            if end is not None and (node := self._node(end)) >= 0:
                rep = nodes.rep[node]
                if not nodes.vf[rep] <= at < nodes.vt[rep]:
                    return False
        return True

    def _limited(self, record: str | None) -> bool:
        """Whether the use of what a record says is restricted."""
        if record is None or not self._snapshot.any_restricted:
            return False
        node = self._node(record)
        return node >= 0 and self._snapshot.restricted(node)

    def given(self, fact: StoredFact) -> Given:
        """A fact as writers are given it."""
        gone, said = fact.retracted_at, native(fact, masked=self.masked)
        begins, ends = fact.vf, fact.vt
        if is_entity(fact.code) and self._limited(fact.name):
            said = {name: said[name] for name in ("kind", "id", "source")}
            said |= {"attrs": dict(LIMITED_ATTRS), "valid_from": None, "valid_to": None}
            begins, ends = NEG, INF
        return Given(
            said, fact.name, fact.a, fact.b, begins, ends,
            fact.recorded_at, gone if gone is not None and gone <= self._moment else None,
        )  # fmt: skip

    def _find(self, name: str) -> int:
        try:
            return self._snapshot.node_of(name)
        except UnknownSubject:  # written after the snapshot was opened
            return -1

    def canonical(self, name: str) -> str:
        """The id in answers of the subject that a record belongs to."""
        node = self._node(name)
        return name if node < 0 else self._snapshot.canonical(node)

    def kind(self, name: str) -> str | None:
        """The kind of a record; None where there is no such record."""
        node = self._node(name)
        return None if node < 0 else NAMES[int(self._snapshot.nodes.kind[node])]

    def others(self, name: str) -> list[Given]:
        """The other current records of the same subject."""
        node = self._node(name)
        if node < 0 or self._snapshot.nodes.nxt[node] == node:
            return []
        stated = self._snapshot.stated([int(self._snapshot.nodes.rep[node])])
        others = (fact for fact in stated.values() if fact.name != name)
        return [self.given(fact) for fact in others if self._holds(fact)]

    def holder(self, name: str) -> str | None:
        """The one record that holds an account; None where there is none, or more."""
        node = self._node(name)
        if node < 0:
            return None
        if self._holders is None:
            self._holders = self._held()
        found = int(self._holders[node])
        return None if found < 0 else self._snapshot.record_name(found)

    def _held(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """By the number of each record: the one person or company that ever held it, by one of
        its records."""
        snapshot = self._snapshot
        found = np.full(snapshot.n, _NOBODY, np.int64)
        rows = snapshot.rows("holds_account")
        src, dst = snapshot.columns.src[rows], snapshot.columns.dst[rows]
        keep = snapshot.nodes.kind[src] != CODES["account"]
        order = np.argsort(src[keep], kind="stable")
        src, dst = src[keep][order].astype(np.int64), dst[keep][order]
        found[dst] = src  # the last one
        rep = snapshot.nodes.rep
        found[dst[rep[found[dst]] != rep[src]]] = _SEVERAL
        return found
