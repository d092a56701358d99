"""A store in which two registers speak of the same people, and an engine that says what it is told
to: what becomes of an answer is tested here, how it is found in tests/algorithms/identity."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from algorithms.identity.shape import (
    Conflict,
    Feature,
    Model,
    Pair,
    Resolution,
    ResolveParams,
)
from api.identity import running
from api.identity.asking import run_of
from api.identity.book import Book
from api.identity.running import ResolveReceipt
from api.session import Session
from graph.facts import Normaliser
from graph.snapshot import Snapshot
from graph.store import open_store

# Two valid resident ids (GB 11643).
KEYS = ("11010519491231002X", "110105199001010037")
BORN = "1970-05-01"


def person(name: str, said: str, born: str | None = BORN, **more: Any) -> dict[str, Any]:
    attrs = {} if born is None else {"birth_date": born}
    return {"kind": "person", "id": name, "name": said, "attrs": attrs, **more}


REGISTRY: list[dict[str, Any]] = [
    {"kind": "company", "id": "c1", "name": "甲公司"},
    person("p1", "王建国", None), person("p2", "李雷", None, keys={"resident_id": KEYS[0]}),
    person("p3", "王伟"), person("p4", "赵敏"), person("p5", "赵敏敏"),
    {"kind": "legal_representative", "id": "r1", "from": "p1", "to": "c1"},
    {"kind": "listing", "id": "l1", "subject": "c1", "list": "black", "domain": "judgment",
     "decided_on": "2021-05-02", "status": "active"},
]  # fmt: skip
TAX: list[dict[str, Any]] = [
    person("t1", "王建國"), person("t2", "李雷", None, keys={"resident_id": KEYS[1]}),
    person("t3", "王伟"), person("t4", "赵敏"),
]  # fmt: skip
MODEL = Model(
    kind="person", version=1, trained_on="default", records=9, parameters={}, frequencies={},
    floors={},
)  # fmt: skip


def feature(name: str, says: Any, weight: float) -> Feature:
    return Feature(name=name, says=says, level="相同 / same", weight=weight)


def pair(a: str, b: str, score: float, *, name_only: bool = False) -> Pair:
    """Two records by their ids; those of the registry begin with p."""
    first, second = sorted(f"{'tax' if n[0] == 't' else 'registry'}:{n}" for n in (a, b))
    features = [feature("name", "agrees", 6.0)]
    if not name_only:
        features.append(feature("birth", "agrees", 9.0))
    return Pair(
        kind="person", a=first, b=second, score=score, weight=score * 20, features=features,
        model=MODEL.id, name_only=name_only,
    )  # fmt: skip


class World:
    """A store with its session and book, and what the engine answers next."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        store = open_store(self.url, create=True)
        store.close()
        self.batches = 0
        self.write(REGISTRY)
        self.write(TAX, "tax")
        self.session = Session(self.url)
        self.book = Book(self.url)
        self.added: list[Pair] = []
        self.review: list[Pair] = []
        self.withdrawn: list[str] = []
        self.conflicts: list[Conflict] = []
        self.asked: list[tuple[ResolveParams, list[Model]]] = []

    def write(self, facts: list[dict[str, Any]], dataset: str = "registry") -> None:
        store = open_store(self.url)
        self.batches += 1
        rows = [Normaliser(dataset, store.id_key).row(fact) for fact in facts]
        written = store.write(f"b{self.batches}", rows)
        assert not written.rejected, written.rejected
        store.close()

    def engine(
        self, snapshot: Snapshot, params: ResolveParams, models: list[Model], _keeping: Any
    ) -> Resolution:
        self.asked.append((params, models))
        return Resolution(
            as_of="2024-01-01", known_at=snapshot.known_at, snapshot=snapshot.name,
            upto=snapshot.batch, judgements=self.added, added=self.added,
            withdrawn=self.withdrawn, review=self.review, conflicts=self.conflicts, affected=[],
            models=[MODEL], stats={"pairs": len(self.added)},
        )  # fmt: skip

    def run(self, **asked: Any) -> ResolveReceipt:
        return running.run(self.session, self.book, run_of(asked), "runner")

    def subjects(self, *records: str, known_at: str | None = None) -> int:
        """Of how many subjects these records are."""
        view = self.session.snapshot(known_at)
        return len({int(view.nodes.rep[view.node_of(name)]) for name in records})


@pytest.fixture
def made(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World(tmp_path, store_url)
    monkeypatch.setattr(running, "engine", world.engine)
    yield world
    world.book.close()
    world.session.close()
