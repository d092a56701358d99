"""The same facts give the same answers, byte for byte, wherever they are kept: in a file, in Neo4j,
in a graph that followed the store, and where two services write to it at once."""

from __future__ import annotations

import random
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from algorithms.registry import ALGORITHMS, ask, encode
from graph.base import build
from graph.errors import InputError, WrongUsage
from graph.facts import Normaliser
from graph.live import Live
from graph.snapshot import Snapshot, snapshot_of
from graph.store import Store, Written, open_store
from tests.algorithms.small_world import entities, questions, relations
from tests.graph import test_time_travel as travel
from tests.graph.views import life, picture
from tests.neo4j_server.served import Served
from tests.stores.contract import emptied

Fact = dict[str, Any]
AS_OF: Final = "2021-12-31"
KEY: Final = "a key for stores that answer the same"
MINUTE: Final = 60_000_000
START: Final = 1_640_000_000_000_000
COMPANIES: Final = [{"kind": "company", "id": name, "name": f"name of {name}"}
                    for name in travel.COMPANIES]  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> list[list[Fact]]:
    """Batches of at most 40 facts in all: subjects of every kind with some of the relations of the
    small world, and random companies with theirs, corrected, retracted and found to be one."""
    some = draw(st.lists(st.sampled_from(relations()), max_size=14, unique_by=lambda f: f["id"]))
    ends = {fact[end] for fact in some for end in ("from", "to", "subject") if end in fact}
    known = [fact for fact in entities() if fact["id"] in ends or draw(st.booleans())]
    batches = [[*known, *some][:28], COMPANIES]
    room = 40 - sum(map(len, batches))
    for facts in draw(travel.batches)[:3]:
        # An id of one of these is none of the small world's, but where a retraction means those.
        moved = [{**fact, "id": _moved(fact)} for fact in facts[: max(room, 0)]]
        batches.append(moved)
        room -= len(moved)
    return [batch for batch in batches if batch]


def _moved(fact: Fact) -> str:
    name: str = fact["id"]
    return name if fact["kind"] == "retract" and name > "r5" else name.replace("r", "y")


def write(store: Store, facts: list[Fact], number: int) -> Written:
    """A batch, a minute after the one before."""
    normaliser = Normaliser("d", store.id_key)
    rows = [normaliser.row(fact, line) for line, fact in enumerate(facts, 1)]
    return store.write(f"b{number}", rows, recorded_at=START + number * MINUTE)


def fresh(store: Store) -> Live:
    """A live graph made from the store alone, whatever was saved of it."""
    live = Live(store, build(store))
    live.follow()
    return live


def answers(view: Snapshot) -> list[bytes]:
    """What every algorithm answers to every question, or says against it."""
    found = [view.name.encode()]
    for record in ALGORITHMS.values():
        for question in questions(record):
            asked = {**question, "as_of": AS_OF}
            try:
                found.append(encode(ask(view, record.name, asked)))
            except (InputError, WrongUsage) as refused:
                found.append(str(refused).encode())
    return found


@contextmanager
def both(folder: Path) -> Iterator[tuple[Store, Store]]:
    """A new embedded store, and a new one in Neo4j, of one key."""
    with ExitStack() as stack:
        made = [open_store(url, create=True)
                for url in (f"sqlite:///{folder / 'facts.db'}", emptied(folder))]  # fmt: skip
        for store in made:
            stack.callback(store.close)
        yield made[0], made[1]


def outcome(written: Written) -> Any:
    """What a write did, comparable."""
    said = [(index, error.column, error.reason) for index, error in written.rejected]
    return written.batch, written.loaded, written.duplicates, said


def same_everywhere(world: list[list[Fact]]) -> None:
    """Half of the batches, live graphs of both stores, the rest; all agree then and afterwards."""
    half = (len(world) + 1) // 2
    with tempfile.TemporaryDirectory() as folder, both(Path(folder)) as stores:
        for number, facts in enumerate(world[:half]):
            one, two = (outcome(write(store, facts, number)) for store in stores)
            assert one == two
        lives = [fresh(store) for store in stores]
        first = [answers(snapshot_of(live)) for live in lives]
        assert first[0] == first[1]
        for number, facts in enumerate(world[half:], half):
            one, two = (outcome(write(store, facts, number)) for store in stores)
            assert one == two
            for live in lives:
                live.follow()
        expected = answers(snapshot_of(fresh(stores[0])))
        for live in (*lives, fresh(stores[1])):
            assert answers(snapshot_of(live)) == expected


SETTINGS: Final = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}


@pytest.fixture
def one_key(_own_surroundings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both stores hash identifiers with the same key."""
    monkeypatch.setenv("LINKRISK_ID_KEY", KEY)


@pytest.mark.usefixtures("served", "one_key")
@settings(max_examples=6, **SETTINGS)  # type: ignore[arg-type]
@given(worlds())
def test_both_stores_answer_the_same(world: list[list[Fact]]) -> None:
    same_everywhere(world)


@pytest.mark.full
@pytest.mark.usefixtures("served", "one_key")
@settings(max_examples=500, **SETTINGS)  # type: ignore[arg-type]
@given(worlds())
def test_both_stores_answer_the_same_for_500_graphs(world: list[list[Fact]]) -> None:
    same_everywhere(world)


@pytest.mark.usefixtures("served", "one_key")
def test_the_whole_small_world_is_answered_the_same() -> None:
    facts = [*entities(), *relations()]
    same_everywhere([facts[:40], facts[40:]])


# -- two services on one store ------------------------------------------------------------------


class Service:
    """A way into the store of its own, and the live graph that follows it there."""

    def __init__(self, url: str, name: str, seed: int) -> None:
        self.store = open_store(url)
        self.live = fresh(self.store)
        self.batches = life(random.Random(seed), 8, 6)
        self.name = name

    def write(self, number: int) -> None:
        """Record the next batch and see it."""
        normaliser = Normaliser("d", self.store.id_key)
        rows = [normaliser.row(fact, line) for line, fact in enumerate(self.batches[number], 1)]
        written = self.store.write(f"{self.name}{number}", rows)
        assert self.live.follow() >= (written.batch or 0)
        picture(snapshot_of(self.live))


@pytest.fixture
def services(served: Served, one_key: None, tmp_path: Path) -> Iterator[list[Service]]:
    """Two services on one Neo4j store."""
    url = emptied(tmp_path)
    with closing(open_store(url, create=True)) as store:
        write(store, [*entities(), *relations()], 0)
    pair = [Service(url, name, seed) for seed, name in enumerate(("left", "right"), 11)]
    yield pair
    for service in pair:
        service.store.close()


def agree(services: list[Service]) -> None:
    """Both see what a graph made anew sees, and the store is sound."""
    for service in services:
        service.live.follow()
    anew = snapshot_of(fresh(services[0].store))
    seen, expected = picture(anew), answers(anew)
    for service in services:
        view = snapshot_of(service.live)
        assert picture(view) == seen
        assert answers(view) == expected
    assert services[0].store.check() == []


def test_two_services_take_turns(services: list[Service]) -> None:
    for number in range(8):
        services[number % 2].write(number)
        services[1 - number % 2].live.follow()
        names = {snapshot_of(service.live).name for service in services}
        assert len(names) == 1
    agree(services)


def test_two_services_write_at_once(services: list[Service]) -> None:
    failed: list[BaseException] = []
    begin = threading.Barrier(len(services))

    def run(service: Service) -> None:
        try:
            begin.wait(60)
            for number in range(8):
                service.write(number)
        except BaseException as error:  # noqa: BLE001 told below
            failed.append(error)

    threads = [threading.Thread(target=run, args=(service,)) for service in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert failed == []
    infos = services[0].store.batches()
    assert [info.no for info in infos] == list(range(1, len(infos) + 1))
    assert {info.id[:4] for info in infos} >= {"left", "righ"}
    agree(services)
