"""All decisions of a store, folded once and followed from there: by id, fact, subject and party."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Final

from api.decisions.entries import PREFIX
from api.decisions.fold import fold
from api.decisions.state import Decision, Irregular
from graph.erasure import Erased
from graph.errors import UnknownDecision
from graph.ledger import GENESIS, Entry, Head, Kept

_NONE: Final[tuple[str, ...]] = ()


class Decisions:
    """The decisions that a ledger holds. Safe to use from several threads: a decision is a value.

    A fold costs in proportion to the entries, once; `follow` to those that came since. `stray` are
    entries of this program's kinds about decisions that nobody proposed.
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self.head: Head = GENESIS
        self._all: dict[str, Decision] = {}
        self._facts: dict[str, list[str]] = {}
        self._subjects: dict[str, list[str]] = {}
        self._parties: dict[str, list[str]] = {}
        self.stray: list[Irregular] = []
        erased: Callable[[], Erased] | None = getattr(self._kept, "erased", None)
        self._former = erased().former if erased is not None else {}

    def follow(self) -> Head:
        """Take in what was appended since; the head up to which all is in is returned."""
        now = self._kept.ledger_head()
        if now == self.head:
            return now
        with self._lock:
            if now.no < self.head.no or (now.no == self.head.no and now.hash != self.head.hash):
                self._begin()  # another ledger stands here: a copy was put back
            for entry in self._kept.ledger(self.head.no):
                self._take(entry)
                self.head = Head(entry.no, entry.hash)
            return self.head

    def _take(self, entry: Entry) -> None:
        if not entry.kind.startswith(PREFIX):
            return
        before = self._all.get(entry.about)
        after = fold((entry,), before)
        if after is None:
            self.stray.append(Irregular(entry.no, f"{entry.about} was never proposed / 未提出"))
            return
        self._all[entry.about] = after
        if before is None:
            _put(self._subjects, after.subject, after.id)
            _put(self._parties, after.party, after.id)
        if before is None or before.names != after.names:
            for name in set(after.names).difference(before.names if before else ()):
                _put(self._facts, name, after.id)

    def all(self) -> list[Decision]:
        """Every decision, in the order in which they were proposed."""
        return list(self._all.values())

    def by_id(self, ident: str) -> Decision:
        """One decision; raises UnknownDecision."""
        if (found := self._all.get(ident)) is None:
            raise UnknownDecision(f"no decision {ident[:80]!r} / 无此决定")
        return found

    def by_fact(self, name: str) -> list[Decision]:
        """Decisions whose proof states this fact, record or listing (`dataset:id`)."""
        these = self._these(dict.fromkeys(self._facts.get(name, _NONE)))
        return [each for each in these if name in each.names]

    def subjects(self) -> list[str]:
        """The canonical ids of all subjects of decisions, as they were then."""
        return list(self._subjects)

    def by_subject(self, canonical: str) -> list[Decision]:
        """Decisions that extend a measure on this subject."""
        return self._these(self._known_as(self._subjects, canonical))

    def by_party(self, canonical: str) -> list[Decision]:
        """Decisions about this party."""
        return self._these(self._known_as(self._parties, canonical))

    def _known_as(self, index: dict[str, list[str]], canonical: str) -> list[str]:
        """What an index has of a name, and of those it had before the store was re-keyed."""
        names = (canonical, *self._former.get(canonical, ()))
        return [ident for name in names for ident in index.get(name, _NONE)]

    def _these(self, idents: Iterable[str]) -> list[Decision]:
        return [self._all[ident] for ident in tuple(idents)]


def _put(index: dict[str, list[str]], name: str, ident: str) -> None:
    index.setdefault(name, []).append(ident)
