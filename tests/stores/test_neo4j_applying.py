"""A commit that Neo4j is still applying: readers see a batch whole, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from neo4j import exceptions

from graph.base import build
from graph.errors import StoreCorrupt
from graph.facts import Normaliser
from graph.live import Live, open_live
from graph.store import Store, open_store
from graph.stores.neo4j import ledger
from graph.stores.neo4j.applied import NotYetError, whole
from graph.stores.neo4j.connection import Server
from graph.stores.neo4j.store import NeoStore
from tests.neo4j_server.served import Served
from tests.stores.contract import company, share

FIRMS, BATCHES = 6_000, 3  # of each batch; applying so many takes long enough to be met
USCC = "91350100M000100Y43"


@pytest.fixture
def url(neo4j_server: Served) -> Iterator[str]:
    neo4j_server.clean(keep_schema=True)
    yield neo4j_server.uri
    neo4j_server.clean(keep_schema=True)


def write(store: Store, batch: int) -> None:
    """A batch of a dataset that is new with it, and that tells the one company of dataset `d` and
    the key of another anew."""
    names = [f"c{batch}-{n}" for n in range(FIRMS)]
    facts = [company(name) for name in names]
    facts += [share(f"s{name}", name, names[0]) for name in names[1:]]
    facts += [company("told", name=f"{batch}", source={"dataset": "d"})]
    normaliser = Normaliser(f"d{batch}", store.id_key)
    assert store.write(f"b{batch}", [normaliser.row(fact) for fact in facts]).loaded == len(facts)


def picture(live: Live) -> tuple[int, int, int, int]:
    newest = live.newest.no if live.newest else 0
    return live.batch, newest, live.rows.length, live.versions.length


def looked(store: Store) -> list[str]:
    """What is not as the newest batch left it, of all that is asked of a store after its head."""
    last = store.last_batch()
    if not last:
        return []
    begin = (last - 1) * 2 * FIRMS + 1
    told = store.history("d:told")
    newest = store.history(f"d{last}:sc{last}-{FIRMS - 1}")
    at = store.batch_at(10**16)
    right = {
        "datasets": len(store.datasets()) >= last + 2,
        "batches": [batch.no for batch in store.batches()][:last] == list(range(1, last + 1)),
        "batch_at": at is not None and at.no >= last,
        "history": [fact.batch for fact in newest] == [last],
        "versions": [fact.seq for fact in store.versions([begin])] == [begin],
        "told": len(told) >= last and [fact.retracted_at is None for fact in told][-1],
    }
    return [name for name, is_right in right.items() if not is_right]


@pytest.mark.slow
def test_whoever_reads_while_others_write_has_all_of_each_batch(url: str) -> None:
    with_writer = open_store(url, create=True)
    reader, asking = open_store(url), open_store(url)
    live = open_live(reader)
    writer = threading.Thread(target=lambda: [write(with_writer, n) for n in range(1, 1 + BATCHES)])
    writer.start()
    with ThreadPoolExecutor() as pool:
        looks = pool.submit(lambda: [looked(asking) for _ in iter(writer.is_alive, False)])
        seen = {picture(live)}
        while writer.is_alive():
            live.follow()
            seen.add(picture(live))
        writer.join()
        assert [each for each in looks.result() if each] == []
    live.follow()
    seen.add(picture(live))
    versions = FIRMS + 1
    assert seen <= {(n, n, n * (FIRMS - 1), n * versions) for n in range(BATCHES + 1)}
    assert (BATCHES, BATCHES, BATCHES * (FIRMS - 1), BATCHES * versions) in seen
    counts = build(reader).counts
    assert (counts["rows"], counts["versions"]) == (BATCHES * (FIRMS - 1), BATCHES * versions)
    for store in (reader, asking, with_writer):
        store.close()


@pytest.fixture
def three(url: str) -> Iterator[Store]:
    """Three batches, each of a dataset of its own; all tell the same company of dataset `d`."""
    store = open_store(url, create=True)
    for n in (1, 2, 3):
        rows = Normaliser(f"d{n}", store.id_key)
        told = company("told", name=f"{n}", keys={"uscc": USCC}, source={"dataset": "d"})
        store.write(f"b{n}", [rows.row(company(f"c{n}")), rows.row(told)])
    yield store
    store.close()


def test_what_comes_meanwhile_is_not_told(three: Store, neo4j_server: Served) -> None:
    """Of a batch behind the head, the node may not be found yet, while its versions are."""
    before = three.history("d:told")[:2]
    neo4j_server.driver.execute_query("MATCH (s:LinkriskStore) SET s.lastBatch = 2")
    neo4j_server.driver.execute_query("MATCH (b:Batch {no: 3}) REMOVE b:Batch")
    before[-1].retracted_at = None  # by the third batch
    assert three.history("d:told") == before
    assert three.versions([fact.seq for fact in before]) == before
    assert three.versions([before[-1].seq + 2]) == []
    assert three.history("d3:c3") == []


def test_what_is_missing_is_said_at_once(three: Store, neo4j_server: Served) -> None:
    neo4j_server.driver.execute_query("MATCH (d:Dataset {name: 'd2'}) REMOVE d:Dataset")
    for ask in (three.datasets, lambda: list(three.changes())):
        with pytest.raises(StoreCorrupt, match="missing"):
            ask()
    neo4j_server.driver.execute_query("MATCH (b:Batch {no: 3}) REMOVE b:Batch")
    for ask in (three.batches, lambda: list(three.facts()), lambda: three.history("d:told")):
        with pytest.raises(StoreCorrupt, match="missing"):
            ask()
    assert "batch 3 is missing" in three.check()


@pytest.mark.parametrize("times", [1, 100])
def test_a_check_names_what_lasts(
    three: Store, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """What a commit that is being applied seems to leave half done is whole when asked again."""
    ask = Server.rows

    def torn(self: Server, name: str, *asked: Any, **marks: str) -> list[Any]:
        nonlocal times
        if name == "check_described" and times:
            times -= 1
            return [[4]]
        return ask(self, name, *asked, **marks)

    lasts = times > 1
    monkeypatch.setattr(Server, "rows", torn)
    assert three.check() == ["graph: a version does not describe its subject (4)"] * lasts


class Torn:
    """A server whose first answer has come from an index that was being written."""

    def __init__(self, *pages: list[int]) -> None:
        self.pages = list(pages)

    def rows(self, name: str, asked: dict[str, int]) -> list[list[list[Any]]]:
        numbers = self.pages.pop(0) if len(self.pages) > 1 else self.pages[0]
        return [[numbers, *([""] * len(numbers) for _ in range(9))]]


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        (([4, 6], [4, 5, 6]), [4, 5, 6]),
        (([6], [], [5, 6]), []),
        (([6], [5, 6], [4, 5, 6]), [4, 5, 6]),
        (([4, 6],), [4, 6]),  # somebody has taken it out
    ],
)
def test_entries_of_one_append_come_together(
    pages: tuple[list[int], ...], found: list[int]
) -> None:
    assert [entry.no for entry in ledger.entries(cast("Any", Torn(*pages)), 3, None)] == found


def test_it_reads_again_until_it_is_all_there() -> None:
    tries: list[int] = []

    def read() -> int:
        tries.append(1)
        if len(tries) < 3:
            raise NotYetError
        return len(tries)

    assert whole(read, lambda found: found >= 4) == 4


def test_what_never_comes_is_said() -> None:
    with pytest.raises(StoreCorrupt, match="missing"):
        whole(lambda: 0, bool)


class Behind:
    """A session on a database that does not come to what was met in another."""

    def __enter__(self) -> Behind:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute_read(self, work: object) -> None:
        raise exceptions.Neo4jError._hydrate_neo4j(
            code="Neo.TransientError.Transaction.BookmarkTimeout", message="not up to date"
        )

    execute_write = execute_read


@pytest.mark.parametrize("way", ["read", "write"])
def test_a_transaction_that_cannot_begin_on_an_older_database_begins_anew(
    url: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver waits for bookmarks where a transaction begins, before any work is done in it."""
    store = open_store(url, create=True)
    assert isinstance(store, NeoStore)
    server, real, behind = store._server, Server._session, [Behind()]
    monkeypatch.setattr(
        Server, "_session", lambda self, *given: behind.pop() if behind else real(self, *given)
    )
    met = server._met
    assert getattr(server, way)(lambda tx: tx.rows("datasets")) == []
    assert not behind
    assert server._met is not met
    store.close()
