"""A store that is written to load by load, and looked at after each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from algorithms.scoring.keeping import packed
from algorithms.scoring.shelf import Shelved
from api.kept import state_folder
from api.models.book import Entry
from api.monitor.book import Book
from api.monitor.entries import Alert, Run
from api.monitor.run import run
from api.monitor.settings import MonitorSettings
from api.session import Session
from graph.facts import Normaliser
from graph.store import open_store
from tests.algorithms.scoring.stumps import stumps

Fact = dict[str, Any]


def company(ident: str, **more: Any) -> Fact:
    return {"kind": "company", "id": ident, "name": f"{ident}公司", **more}


def listing(ident: str, subject: str, **more: Any) -> Fact:
    return {"kind": "listing", "id": ident, "subject": subject, "list": "black", "domain": "court",
            "valid_from": "2024-01-01", "status": "active", **more}  # fmt: skip


def tie(name: str, a: str, b: str, kind: str = "guarantee", **more: Any) -> Fact:
    return {"kind": kind, "id": name, "from": a, "to": b, "valid_from": "2024-01-01", **more}


STEPS = {100.0: 1.0, 1000.0: 1.0}


def put_to_use(session: Session, name: str, kind: str = "company", feature: str = "entity_capital",
               steps: dict[float, float] | None = None, **more: Any) -> str:  # fmt: skip
    """Keep a model and let it answer; what it is called."""
    model = stumps(kind, feature, -2.0, STEPS if steps is None else steps, **more)
    entry = Entry(no=0, name=name, kind=kind, made=0, by="t", sha256="", content="", size=0,
                  asked="{}", about="{}", evaluation="{}", said="given", notes="[]")  # fmt: skip
    models = session.models
    models.put(entry, packed(model))
    opened = Shelved(name, models.entry(name).sha256, model)
    models._open[name] = opened
    models.use(name, "t")
    return opened.called


class World:
    """`write` facts, `run` the monitor as of a day."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.store = open_store(url, create=True)
        self.session = Session(url)
        self.book = Book(state_folder(url))
        self.settings = MonitorSettings(detectors=())

    def write(self, *facts: Fact) -> None:
        normaliser = Normaliser("d", self.store.id_key)
        rows = [normaliser.row(fact, line) for line, fact in enumerate(facts, 1)]
        written = self.store.write(f"b{self.store.last_batch() + 1}", rows)
        assert not written.rejected

    def run(self, day: str = "2024-06-30") -> tuple[Run, list[Alert]]:
        return run(self.session, self.book, self.settings, day)

    def news(self, day: str = "2024-06-30") -> list[list[str]]:
        """What the alerts of a run say is new."""
        return [[new["what"] for new in alert.body["new"]] for alert in self.run(day)[1]]

    def close(self) -> None:
        self.book.close()
        self.session.close()
        self.store.close()


@pytest.fixture
def world(store_url: str) -> Iterator[World]:
    made = World(store_url)
    yield made
    made.close()


@pytest.fixture
def pair(world: World) -> World:
    """Two listed companies that hang together, seen by a first run; a third that is not listed."""
    world.write(
        company("a"), company("b"), company("c"), listing("la", "a"), listing("lb", "b"),
        tie("g1", "a", "b"),
    )  # fmt: skip
    assert world.news() == []
    return world
