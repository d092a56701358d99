"""What deciding a batch asks of a store, inside the transaction that writes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from graph.erasure import Erased
from graph.facts import Keys
from graph.store import BatchInfo

# One record: id, dataset, first, current (negative once retracted), kind. A plain tuple, as stores
# give and take it: a load makes one for every fact.
Known = tuple[str, int, int, int, int]
FIRST: Final = 2
CURRENT: Final = 3
KIND: Final = 4


class Version(NamedTuple):
    """One stored version, as far as deciding needs it."""

    kind: int
    dataset: int
    id: str
    a: int | None
    b: int | None
    vf: int
    vt: int
    value: int | None
    extra: str | None
    payload: str


class Standing(NamedTuple):
    """What a new row is compared with."""

    digest: bytes
    batch: int
    version: str | None  # the source's own
    file: int | None


class Retired(NamedTuple):
    """A version that a batch retracted."""

    seq: int
    dataset: int
    id: str
    first: int
    digest: bytes
    file: str | None
    record: str | None
    version: str | None


@dataclass(slots=True)
class Changes:
    """What a batch changes. Facts are (seq, first, kind, dataset, id, a, b, vf, vt, value, extra,
    payload, digest, batch, file, record, version, prior), unbounded times None."""

    number: int
    file: int | None
    facts: list[tuple[Any, ...]] = field(default_factory=list)
    identifiers: list[tuple[int, str, str, str | None, str | None]] = field(default_factory=list)
    fresh: list[Known] = field(default_factory=list)
    moved: dict[tuple[str, int], int] = field(default_factory=dict)  # id, dataset: current version
    retracted: list[int] = field(default_factory=list)


class Books(Protocol):
    """A store's books, open for one batch."""

    def datasets(self) -> dict[str, int]:
        """Numbers of datasets, by name."""

    def add_dataset(self, name: str, number: int) -> None:
        """Give a dataset its number."""

    def last_seq(self) -> int:
        """The newest version's number, 0 when empty."""

    def records(self, names: Sequence[str]) -> Iterable[Known]:
        """The records of any dataset that bear these ids, which are sorted."""

    def bearers(self, canonical: str) -> Iterable[Known]:
        """The records whose current version carries a canonical id."""

    def standing(self, seq: int) -> Standing:
        """What a version is compared by."""

    def version(self, seq: int) -> Version:
        """A version's content."""

    def id_key(self) -> bytes:
        """The secret of keyed ids."""

    def erased(self) -> Erased:
        """All that was erased and may not be recorded again."""

    def keys(self, seq: int) -> Keys:
        """A version's identifiers."""

    def said_before(self, file: int, seq: int, digest: bytes) -> bool:
        """Whether a file recorded this content at version `seq` of a record or before."""

    def ended_before(self, file: int, seq: int, until: int) -> bool:
        """Whether a file gave this end to the record, at version `seq` or before."""

    def retracted_before(self, file: int, seq: int) -> bool:
        """Whether a file retracted the record, at version `seq` or before."""

    def made_by(self, batch: int) -> Iterable[Known]:
        """The records whose current version a batch recorded."""

    def retired_by(self, batch: int) -> Iterable[Retired]:
        """The versions of earlier batches that a batch retracted."""

    def built_upon(self, target: BatchInfo) -> tuple[int, int, int]:
        """Of a batch: its facts that later ones changed, those that it retracted and later ones
        recorded anew, and later facts that refer to its records."""

    def advance(self, changes: Changes) -> None:
        """Facts are added at the end of `changes.facts`; a store may begin to record them."""

    def insert(self, changes: Changes, info: BatchInfo, undoes: int | None) -> None:
        """Record a batch; `info.file` is not read."""
