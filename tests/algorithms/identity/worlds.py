"""Stores of people of whom some have several records."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from graph.facts import Normaliser
from graph.snapshot import Snapshot, open_snapshot
from graph.store import Store, open_store

Fact = dict[str, Any]
IDS = ("110101199003077571", "110101199003077037", "110101199003074274")  # valid, GB 11643


class Loading:
    """A store that is written batch by batch."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._no = 0

    def write(self, facts: Iterable[Fact], dataset: str = "d") -> Snapshot:
        """Record facts as one batch; the snapshot after it."""
        self._no += 1
        normaliser = Normaliser(dataset, self.store.id_key)
        written = self.store.write(f"b{self._no}", [normaliser.row(fact) for fact in facts])
        assert not written.rejected, written.rejected
        return open_snapshot(self.store)


@contextmanager
def loading() -> Iterator[Loading]:
    """An empty store."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder)}/s.db", create=True)
        yield Loading(store)
        store.close()


def person(ident: str, name: str, **attrs: Any) -> Fact:
    keys = {"keys": {"resident_id": attrs.pop("resident_id")}} if "resident_id" in attrs else {}
    return {"kind": "person", "id": ident, "name": name, "attrs": attrs, **keys}


def judged(kind: str, ident: str, a: str, b: str, by: str = "王警官") -> Fact:
    return {"kind": kind, "id": ident, "from": a, "to": b, "by": by}
