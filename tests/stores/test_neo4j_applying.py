"""A commit that Neo4j is still applying: readers see a batch whole, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from graph.base import build
from graph.errors import StoreAway
from graph.facts import Normaliser
from graph.live import Live, open_live
from graph.store import Store, open_store
from graph.stores.neo4j.applied import NotYetError, whole
from tests.neo4j_server.served import Served
from tests.stores.contract import company, share

FIRMS, BATCHES = 6_000, 3  # of each batch; applying so many takes long enough to be met


@pytest.fixture
def url(neo4j_server: Served) -> Iterator[str]:
    neo4j_server.clean(keep_schema=True)
    yield neo4j_server.uri
    neo4j_server.clean(keep_schema=True)


def write(store: Store, batch: int) -> None:
    names = [f"c{batch}-{n}" for n in range(FIRMS)]
    facts = [company(name) for name in names]
    facts += [share(f"s{name}", name, names[0]) for name in names[1:]]
    normaliser = Normaliser(f"d{batch}", store.id_key)  # a dataset that is new with the batch
    assert store.write(f"b{batch}", [normaliser.row(fact) for fact in facts]).loaded == len(facts)


def picture(live: Live) -> tuple[int, int, int, int]:
    newest = live.newest.no if live.newest else 0
    return live.batch, newest, live.rows.length, live.versions.length


@pytest.mark.slow
def test_whoever_follows_a_load_has_all_of_each_batch(url: str) -> None:
    with_writer = open_store(url, create=True)
    reader = open_store(url)
    live = open_live(reader)
    writer = threading.Thread(target=lambda: [write(with_writer, n) for n in range(1, 1 + BATCHES)])
    writer.start()
    seen = {picture(live)}
    while writer.is_alive():
        live.follow()
        seen.add(picture(live))
    writer.join()
    live.follow()
    seen.add(picture(live))
    assert seen <= {(n, n, n * (FIRMS - 1), n * FIRMS) for n in range(BATCHES + 1)}
    assert (BATCHES, BATCHES, BATCHES * (FIRMS - 1), BATCHES * FIRMS) in seen
    counts = build(reader).counts
    assert (counts["rows"], counts["versions"]) == (BATCHES * (FIRMS - 1), BATCHES * FIRMS)
    reader.close()
    with_writer.close()


def test_a_name_that_no_index_leads_to_yet_is_waited_for(url: str, neo4j_server: Served) -> None:
    """Without its label a node is not found, as while a commit is still being applied."""
    store = open_store(url, create=True)
    for n in (1, 2):
        store.write(f"b{n}", [Normaliser(f"d{n}", store.id_key).row(company(f"c{n}"))])

    def late(label: str) -> threading.Timer:
        ask = neo4j_server.driver.execute_query
        ask(f"MATCH (n:{label} {{no: 2}}) REMOVE n:{label} SET n:Late")
        timer = threading.Timer(0.2, ask, [f"MATCH (n:Late) REMOVE n:Late SET n:{label}"])
        timer.start()
        return timer

    for label, read in (
        ("Dataset", store.datasets),
        ("Batch", lambda: [batch.no for batch in store.batches()]),
        ("Batch", lambda: [batch.no for batch in store.batches(1)]),
    ):
        expected = read()
        timer = late(label)
        assert read() == expected
        timer.join()
    assert store.datasets() == ["", "d1", "d2"]
    store.close()


def test_it_reads_again_until_it_is_all_there() -> None:
    tries: list[int] = []

    def read() -> int:
        tries.append(1)
        if len(tries) < 3:
            raise NotYetError
        return len(tries)

    assert whole(read, lambda found: found >= 5) == 5


def test_what_never_comes_is_said() -> None:
    with pytest.raises(StoreAway, match="not whole"):
        whole(lambda: 0, bool, patience=0.05)
