"""What the contract suite runs on: every store, how facts get into one, and a referee that replays
the change feed with plain dictionaries. A new store adds one line to STORES.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph.facts import Normaliser, Row
from graph.model import NAMES
from graph.store import NONE, Capabilities, Store, StoredFact, Written, open_store
from graph.times import parse_time
from tests.neo4j_server.served import Served

Fact = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A store to run the suite on: where a new one lives in a folder, and what it can do."""

    name: str
    url: Callable[[Path], str]
    capabilities: Capabilities


SERVERS: list[Served] = []  # the server of this run, put here by the fixture of the suite


def emptied(folder: Path) -> str:
    """The test server's one database, emptied: a store that was there is gone."""
    (server,) = SERVERS
    server.clean(keep_schema=True)
    return server.uri


STORES = (
    Kind(
        "sqlite",
        lambda folder: f"sqlite:///{folder / 'facts.db'}",
        Capabilities(online_backup=True, readers_while_writing=True, knows_size=True),
    ),
    Kind(
        "neo4j",
        emptied,
        Capabilities(
            online_backup=True, readers_while_writing=True, knows_size=False, batch_rows=20_000
        ),
    ),
)


class Ground:
    """One store under test."""

    def __init__(self, kind: Kind, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.url = kind.url(folder)
        self.store: Store = open_store(self.url, create=True)
        self._count = 0

    def again(self) -> Store:
        """A second way into the same store, as another process has it."""
        return open_store(self.url)

    def write(
        self, facts: Iterable[Fact], batch: str | None = None, dataset: str = "d", **options: Any
    ) -> Written:
        """Record native facts as one batch."""
        self._count += 1
        return self.store.write(batch or f"b{self._count}", self.rows(facts, dataset), **options)

    def rows(self, facts: Iterable[Fact], dataset: str = "d") -> list[Row]:
        """Native facts as rows."""
        normaliser = Normaliser(dataset, self.store.id_key)
        return [normaliser.row(fact, line) for line, fact in enumerate(facts, 1)]

    def reasons(self, written: Written) -> list[tuple[int, str | None, str]]:
        """Rejected rows as (position, column, reason)."""
        return [(index, error.column, error.reason) for index, error in written.rejected]

    def current(self) -> dict[str, StoredFact]:
        """Facts that are not retracted, by name."""
        return {fact.name: fact for fact in self.store.facts() if fact.retracted_at is None}


def company(ident: str, **more: Any) -> Fact:
    """A company."""
    return {"kind": "company", "id": ident, "name": f"公司{ident}", **more}


def person(ident: str, **more: Any) -> Fact:
    """A person."""
    return {"kind": "person", "id": ident, "name": f"张{ident}", **more}


def share(ident: str, owner: str, owned: str, fraction: str = "0.5", **more: Any) -> Fact:
    """A holding."""
    return {
        "kind": "shareholder",
        "id": ident,
        "from": owner,
        "to": owned,
        "share": fraction,
        **more,
    }


def listing(ident: str, subject: str, **more: Any) -> Fact:
    """An entry of a black list."""
    return {"kind": "listing", "id": ident, "subject": subject, "list": "black", **more}


State = dict[str, tuple[Any, ...]]


def replay(store: Store, since: int = 0, upto: int | None = None, state: Any = None) -> Any:
    """Apply the change feed to `state` = (versions by seq, names by first), which is returned."""
    versions, firsts = state or ({}, {})
    datasets = store.datasets()
    for delta in store.changes(since, upto):
        for i, seq in enumerate(delta.seq.tolist()):
            first = int(delta.first[i])
            name = f"{datasets[int(delta.dataset[i])]}:{delta.ids[i]}"
            assert seq not in versions, "a version comes once"
            assert firsts.setdefault(first, name) == name, "a record keeps its name"
            assert (first == seq) or (first < seq and first in firsts)
            versions[seq] = (
                name,
                NAMES[int(delta.code[i])],
                *(firsts.get(int(end[i])) for end in (delta.a, delta.b)),
                int(delta.vf[i]),
                int(delta.vt[i]),
                None if delta.value[i] == NONE else int(delta.value[i]),
                delta.canonical.get(seq),
                int(delta.batch[i]),
            )
        for seq, batch in zip(delta.retracted.tolist(), delta.retracted_in.tolist(), strict=True):
            assert since < batch
            assert versions.pop(seq)[-1] <= batch
    return versions, firsts


def told(fact: StoredFact) -> tuple[Any, ...]:
    """A stored fact as `replay` shows it."""
    official = [key[3] for key in fact.keys if key[3] is not None]
    return (
        fact.name,
        NAMES[fact.code],
        fact.a,
        fact.b,
        fact.vf,
        fact.vt,
        fact.value,
        official[0] if official else None,
        fact.batch,
    )


def day(text: str) -> int:
    """A date as the store keeps it."""
    return parse_time(text)
