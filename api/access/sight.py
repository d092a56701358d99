"""What the caller of the request under way is shown, wherever the service reads for it.

The guard says once which domains are granted; sessions look here at each snapshot and each fact, so
that no route needs to, and a new one cannot forget. Where nothing is said (the command line, work
of the service's own) everything is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeVar

from api.access.refusals import Forbidden
from graph import domains
from graph.errors import UnknownSubject
from graph.model import NAMES

if TYPE_CHECKING:
    from api.caller import Caller
    from graph.snapshot import Snapshot
    from graph.store import Store, StoredFact

T = TypeVar("T")
_GRANTED: Final[ContextVar[frozenset[str] | None]] = ContextVar("granted", default=None)
_WHOLE: Final[ContextVar[bool]] = ContextVar("whole", default=False)


def granted() -> frozenset[str] | None:
    """The domains that are shown now; None: all of them."""
    return None if _WHOLE.get() else _GRANTED.get()


@contextmanager
def seen_by(caller: Caller) -> Iterator[None]:
    """Show what a caller is granted, in this task and in what is started from it."""
    token = _GRANTED.set(None if caller.sees_all else caller.domains)
    try:
        yield
    finally:
        _GRANTED.reset(token)


def restricted() -> bool:
    """Whether the caller of the request under way is not granted every domain."""
    return _GRANTED.get() is not None


def whole(function: Callable[..., T], *args: Any) -> T:
    """Call a function that works on the whole graph for a caller who is not shown all of it: what
    an authority decides must not depend on who types it in. `need` holds back what is told."""
    token = _WHOLE.set(True)
    try:
        return function(*args)
    finally:
        _WHOLE.reset(token)


def need(store: Store, names: Iterable[str]) -> None:
    """Raise Forbidden where one of these facts (`dataset:id`) is of a domain not granted."""
    kept = _GRANTED.get()
    if kept is None:
        return
    kinds = Kinds(store)
    for name in names:
        for fact in store.history(name)[-1:]:
            if gone := domains.of_fact(fact, kinds) - kept:
                raise Forbidden(
                    f"this rests on facts of {', '.join(sorted(gone))}, a domain that is not"
                    " granted to the caller / 所依据的事实属于未授权的数据域"
                )


class Kinds:
    """The kinds of records, by name, asked of the store once each; again where it had none."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._found: dict[str, str] = {}

    def __call__(self, record: str) -> str | None:
        """The kind of the record `dataset:id`."""
        if (known := self._found.get(record)) is not None:
            return known
        if not (last := self._store.history(record)[-1:]):
            return None
        if len(self._found) > 100_000:
            self._found.clear()
        return self._found.setdefault(record, NAMES[last[0].code])


class Shown:
    """A store of which only the facts of the granted domains are told; it is not written to."""

    def __init__(
        self, store: Store, kept: frozenset[str], snapshot: Callable[[], Snapshot]
    ) -> None:
        self._store = store
        self._kept = kept
        self._snapshot = snapshot
        self._kinds = Kinds(store)

    def __getattr__(self, name: str) -> Any:
        """What tells no facts, or the ledger, is the store's own."""
        if name in _TELLING:
            raise Forbidden(
                f"needs every domain, {', '.join(sorted(set(domains.DOMAINS) - self._kept))} are"
                " not granted to the caller / 需要全部数据域授权"
            )
        return getattr(self._store, name)

    def _told(self, facts: Iterable[StoredFact], kind_of: domains.KindOf) -> Iterator[StoredFact]:
        for fact in facts:
            if domains.of_fact(fact, kind_of) <= self._kept:
                yield domains.without_evidence(fact)

    def history(self, name: str) -> list[StoredFact]:
        """See `Store.history`."""
        return [*self._told(self._store.history(name), self._kinds)]

    def versions(self, seqs: Any) -> list[StoredFact]:
        """See `Store.versions`."""
        return [*self._told(self._store.versions(seqs), self._kinds)]

    def facts(self, since_seq: int = 0) -> Iterator[StoredFact]:
        """See `Store.facts`."""
        view = self._snapshot()

        def kind_of(record: str) -> str | None:
            try:
                return view.kind_name(view.node_of(record))
            except UnknownSubject:  # came after the snapshot was opened
                return self._kinds(record)

        return self._told(self._store.facts(since_seq), kind_of)

    def bearers(self, canonical: str) -> list[str]:
        """See `Store.bearers`."""
        return [
            each
            for each in self._store.bearers(canonical)
            if domains.OF_KIND[self._kinds(each) or "company"] in {*self._kept, None}
        ]

    def stats(self) -> dict[str, Any]:
        """See `Store.stats`."""
        gone = {*domains.withheld_kinds(self._kept)}
        return {
            name: {k: v for k, v in said.items() if k not in gone}
            if isinstance(said, dict)
            else said
            for name, said in self._store.stats().items()
        }


# What tells facts of every kind at once.
_TELLING: Final = frozenset({"changes", "backup"})
