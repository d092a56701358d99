"""The store protocol: what every store of facts can do, and the shapes that cross it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from graph.erasure import Erased, Plan
from graph.errors import BadFact, InputError
from graph.facts import Row
from graph.ledger import Draft, Entry, Head

Ints = npt.NDArray[np.int64]
NONE = -(2**63)  # an absent integer in a column


@dataclass(slots=True)
class Written:
    """What one write did. Indexes are positions in the rows that were given."""

    batch: int | None = None  # number of the batch; None when nothing changed
    loaded: int = 0
    duplicates: int = 0
    rejected: list[tuple[int, BadFact]] = field(default_factory=list)
    deferred: list[int] = field(default_factory=list)
    repeated: bool = False  # the batch id was already committed: nothing was done


class BatchInfo(NamedTuple):
    """One committed batch."""

    no: int
    id: str
    recorded_at: int
    facts: int
    retractions: int
    last_seq: int
    name: bytes  # cumulative digest of all events up to here, 32 bytes
    settled: bool
    file: str | None


@dataclass(slots=True)
class Delta:
    """A block of the change feed, in order of recording; columns of equal length.

    `seq` numbers versions, `first` the record (its first version's number); `a`, `b` are records.
    `retracted`/`retracted_in` list versions that ended and the batches that ended them.
    """

    seq: Ints
    first: Ints
    code: npt.NDArray[np.uint8]
    a: Ints
    b: Ints
    vf: Ints
    vt: Ints
    value: Ints
    batch: npt.NDArray[np.int32]
    dataset: npt.NDArray[np.int32]
    ids: list[str]
    extra: list[str | None]
    payload: list[str | None]  # of entities and listings only
    canonical: dict[int, str]  # seq of an entity version -> canonical id by its official key
    retracted: Ints
    retracted_in: npt.NDArray[np.int32]
    retracted_code: npt.NDArray[np.uint8]  # kind and `a` of the retracted version, to find it by
    retracted_a: Ints


@dataclass(slots=True)
class StoredFact:
    """One version of one fact, with where it came from and when it was known."""

    seq: int
    first: int
    code: int
    dataset: str
    id: str
    a: str | None
    b: str | None
    vf: int
    vt: int
    value: int | None
    payload: dict[str, Any]
    file: str | None
    record: str | None
    version: str | None
    batch: int
    recorded_at: int
    retracted_at: int | None
    keys: tuple[tuple[str, str, str | None, str | None], ...]

    @property
    def name(self) -> str:
        """`dataset:id`."""
        return f"{self.dataset}:{self.id}"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a store can do beyond the protocol's core; tests read it instead of naming stores."""

    online_backup: bool
    readers_while_writing: bool
    knows_size: bool  # whether `stats` tells how many bytes it takes
    batch_rows: int | None = None  # more rows are better given to it as several batches


class Store(Protocol):
    """A durable, append-only record of facts. One writer at a time; any number of readers."""

    url: str  # opens it again; may hold a password
    shown: str  # the same for messages
    capabilities: Capabilities

    @property
    def id_key(self) -> bytes:
        """The secret that personal identifiers are hashed with."""

    def write(
        self,
        batch_id: str,
        rows: Sequence[Row],
        *,
        file: tuple[str, str] | None = None,
        defer: bool = False,
        settled: bool = True,
        recorded_at: int | None = None,
    ) -> Written:
        """Record a batch atomically; durable on return. The same id again changes nothing.

        A record that is new is recorded; one with other content is corrected (the old version is
        retracted); the same content is a duplicate. With `defer`, rows whose ends are not known in
        their own dataset, and retractions, are left for a later write. `file` is (name, SHA-256);
        `settled` is false where something of the batch that is not among the rows is outstanding.
        Raises StoreFull, StoreError.
        """

    def settle(self, batch_ids: Sequence[str]) -> None:
        """Mark batches as having nothing outstanding, so that sending them again is a no-op."""

    def batch(self, batch_id: str) -> BatchInfo | None:
        """A committed batch by its id."""

    def batches(self, since: int = 0) -> list[BatchInfo]:
        """Committed batches after number `since`, in order."""

    def last_batch(self) -> int:
        """Number of the newest batch, 0 when empty; cheap enough to ask before every question."""

    def undo(self, batch_id: str) -> Written:
        """Take a batch back, as a batch of its own; raises Conflict when later ones built on it."""

    def changes(self, since: int = 0, upto: int | None = None) -> Iterator[Delta]:
        """The change feed: everything that batches after `since` recorded and retracted."""

    def datasets(self) -> list[str]:
        """Names of datasets; position is the number that `Delta.dataset` holds."""

    def history(self, name: str) -> list[StoredFact]:
        """All versions of the fact `dataset:id`, oldest first; empty when there is none."""

    def versions(self, seqs: Sequence[int]) -> list[StoredFact]:
        """These versions of entities, in order of number; what is none of them is left out."""

    def facts(self, since_seq: int = 0) -> Iterator[StoredFact]:
        """Every version of every fact, in order of recording."""

    def bearers(self, canonical: str) -> list[str]:
        """The records (`dataset:id`) whose current version carries this canonical id."""

    def batch_at(self, moment: int) -> BatchInfo | None:
        """The newest batch recorded at or before a moment (µs)."""

    def append(
        self,
        drafts: Sequence[Draft],
        expect: Head | None = None,
        *,
        key: str | None = None,
        recorded_at: int | None = None,
    ) -> Head:
        """Append entries to the ledger, all or none; durable on return. Appends take turns, so any
        number of writers leave one chain. The head behind them is returned.

        With `expect`, raises Conflict where the ledger ends with anything else. An append that is
        sent again under its `key` changes nothing and returns what it returned; Conflict where the
        key was used for other content. Moments never go back. Raises InputError, StoreFull,
        StoreError.
        """

    def ledger(self, since: int = 0, about: str | None = None) -> Iterator[Entry]:
        """Entries with numbers after `since`, in order; with `about`, those about that."""

    def ledger_head(self) -> Head:
        """The newest entry's number and hash; `graph.ledger.GENESIS` where there is none."""

    def erased_upto(self) -> int:
        """The number of the ledger's newest entry about privacy, 0 where there is none; cheap."""

    def erased(self) -> Erased:
        """All that was erased and may not be recorded again, see `graph.erasure`."""

    def erase(self, plan: Plan, draft: Draft, *, key: str) -> Head:
        """Take payloads, identifiers and ids out of the facts and append the entry that says so, in
        one transaction; sent again under its key it changes nothing. What the store's files still
        hold of it is `purge`'s. Raises InputError, StoreFull, StoreError."""

    def scrub(self, plan: Plan) -> None:
        """The same without an entry: for a copy, whose ledger has it."""

    def purge(self) -> list[str]:
        """Rewrite what the store keeps on disk, so that nothing erased can be read there; in words
        what is left to do elsewhere."""

    def bulk(self) -> AbstractContextManager[None]:
        """Around a large load: secondary indexes are put off and made once at the end."""

    def stats(self) -> dict[str, Any]:
        """Counts by kind, batches, size."""

    def check(self) -> list[str]:
        """Problems of the file and of the facts, in words; empty when all is well."""

    def backup(self, destination: Path) -> None:
        """A consistent copy, made while others read and write."""

    def close(self) -> None:
        """Let go of the store."""


def open_store(url: str, *, create: bool = False, id_key: bytes | None = None) -> Store:
    """Open the store at a URL: `sqlite:///path` or `neo4j://user:password@host:7687`; with
    `create`, make it where there is none, with a given id key or one of its own.

    Raises NoStore, SchemaVersion, StoreAway, StoreRefused, InputError.
    """
    scheme, mark, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/"):
        from graph.stores.sqlite.store import SqliteStore

        return SqliteStore.open(Path(rest[1:]), create=create, id_key=id_key)
    if scheme.partition("+")[0] in {"neo4j", "bolt"}:
        from graph.stores.neo4j.store import NeoStore

        return NeoStore.open(url, create=create, id_key=id_key)
    named = f": {scheme[:40]}://" if mark else ""  # the rest may hold a password
    raise InputError(
        f"not a store's address{named} (sqlite:///path is one, and neo4j://user:password@host:7687)"
    )
