"""Faults on the Neo4j store: killed loads, restarted servers, lost acknowledgements, two loads at
once, and what is said where it cannot work. All is counted: nothing lost, doubled, answered wrong.
"""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import neo4j
import numpy as np
import pytest

from api.client import Asking, Client, connect
from graph.base import build
from graph.errors import (
    InputError,
    NoStore,
    SchemaVersion,
    StoreAway,
    StoreCorrupt,
    StoreFull,
    StoreReadOnly,
    StoreRefused,
)
from graph.facts import Normaliser, Row
from graph.live import open_live
from graph.snapshot import snapshot_of
from graph.store import BatchInfo, Store, Written, open_store
from tests.api.conftest import FACTS
from tests.neo4j_server.served import CannotBeDone, Served
from tests.neo4j_server.server import QUICK, Server, free_port
from tests.stores.contract import Fact, company, person, share
from tests.stores.faults import (
    KEY,
    ROOT,
    SEED,
    Reference,
    begun,
    finish,
    held,
    kill_somewhere,
    reference,
    start,
    write_file,
)
from tests.stores.proxy import Fault, Proxy

Own = Callable[..., AbstractContextManager[str]]
SMALL = 2 << 10  # bytes of a chunk
PEOPLE = 40


@pytest.fixture(autouse=True)
def _id_key(monkeypatch: pytest.MonkeyPatch, _own_surroundings: None) -> None:
    """One key for every store and process of these tests."""
    monkeypatch.setenv("LINKRISK_ID_KEY", KEY)


@pytest.fixture
def url(neo4j_server: Served) -> str:
    """The server's database, emptied."""
    neo4j_server.clean(keep_schema=True)
    return neo4j_server.uri


class Watching:
    """A reader that keeps its way into the store from one look to the next."""

    def __init__(self) -> None:
        self._store: Store | None = None

    def batches(self, url: str, since: int) -> list[BatchInfo]:
        """Batches after a number; none where there is no store, or no server, at the moment."""
        try:
            if self._store is None:
                self._store = open_store(url)
            return self._store.batches(since)
        except (NoStore, StoreAway):
            return []

    def close(self) -> None:
        """Let go of it."""
        if self._store is not None:
            self._store.close()


@pytest.fixture
def watching() -> Iterator[Watching]:
    """A reader for one test."""
    made = Watching()
    yield made
    made.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, neo4j_server: Served) -> Reference:
    """Two files and what the embedded store makes of them; a load into Neo4j makes the same."""
    folder = tmp_path_factory.mktemp("small")
    whole = reference(folder, PEOPLE, SMALL)
    neo4j_server.clean(keep_schema=True)
    loaded = reference(folder, PEOPLE, SMALL, neo4j_server.uri)
    assert loaded.held.against(whole.held) == []
    return loaded


@pytest.fixture(scope="module")
def count(small: Reference, neo4j_server: Served) -> int:
    """How many batches the two files make."""
    found = neo4j_server.driver.execute_query("MATCH (b:Batch) RETURN count(b)").records
    number = int(found[0][0])
    assert number >= 10
    return number


# -- kill -9 of a load --------------------------------------------------------------------------


def killed(
    server: Served, small: Reference, watching: Watching, count: int, point: int, of: int
) -> None:
    rng = random.Random(SEED + point)
    number = int((point + rng.random()) * count / of)
    delay = rng.uniform(0, small.seconds / count)
    # A load that ends before it is killed was quicker than the one that was timed: sooner, then.
    for sooner in (delay, 0.0, 0.0):
        server.clean(keep_schema=True)
        if kill_somewhere(server.uri, small, SMALL, sooner, number, watching.batches):
            return
    assert number >= count - 3


@pytest.mark.parametrize("point", range(4))
def test_a_killed_load(
    neo4j_server: Served, small: Reference, count: int, watching: Watching, point: int
) -> None:
    killed(neo4j_server, small, watching, count, point, 4)


@pytest.mark.full
@pytest.mark.parametrize("point", range(96))
def test_a_killed_load_at_many_more_points(
    neo4j_server: Served, small: Reference, count: int, watching: Watching, point: int
) -> None:
    killed(neo4j_server, small, watching, count, point, 96)


# -- acknowledgements that are lost -------------------------------------------------------------


def facts_of(rng: random.Random) -> list[Fact]:
    """Some records, most of which come again: equal, corrected, retracted, or waiting for ends."""
    facts: list[Fact] = []
    for n in sorted(rng.sample(range(30), rng.randrange(1, 8))):
        facts += [person(f"p{n}"), company(f"c{n}", name=f"公司{rng.randrange(3)}")]
        owner, owned = rng.randrange(40), rng.randrange(40)  # some are never told
        facts.append(share(f"s{n}", f"p{owner}", f"c{owned}", f"0.{rng.randrange(1, 4)}"))
    if rng.random() < 0.3:
        facts.append({"kind": "retract", "id": f"s{rng.randrange(30)}"})
    return facts


def rows_of(facts: list[Fact], store: Store) -> list[Row]:
    normaliser = Normaliser("d", store.id_key)
    return [normaliser.row(fact, line) for line, fact in enumerate(facts, 1)]


def told(written: Written) -> tuple[Any, ...]:
    """What a write answered, to be compared."""
    rejected = [(index, error.column, error.reason) for index, error in written.rejected]
    numbers = written.batch, written.loaded, written.duplicates
    return (*numbers, rejected, written.deferred, written.repeated)


def listed(store: Store) -> list[tuple[Any, ...]]:
    """Batches without when they were recorded."""
    return [
        (b.no, b.id, b.facts, b.retractions, b.last_seq, b.settled, b.file) for b in store.batches()
    ]


def faults_of(rng: random.Random) -> list[Fault]:
    """Mostly the acknowledgement is lost once; now and then twice and in another way."""
    chosen: list[Fault] = ["after"]
    if rng.random() < 0.3:
        chosen += rng.choices(("after", "half", "before"), k=rng.randrange(1, 3))
        rng.shuffle(chosen)
    return chosen


def lose_acknowledgements(lost: Store, whole: Store, proxy: Proxy, times: int) -> None:
    """Do the same to both stores, one of which loses its connection at every commit."""
    rng = random.Random(SEED + times)
    unsettled: list[str] = []
    number = 0
    while proxy.struck["after"] < times:
        number += 1
        what = rng.choices(("write", "settle", "undo"), (6, 1, 1))[0]
        before = proxy.struck.total()
        given = faults_of(rng)
        if what == "write":
            facts, options = facts_of(rng), {
                "defer": rng.random() < 0.5, "settled": rng.random() < 0.7,
                "file": (f"f{number}", f"{number:064x}") if rng.random() < 0.5 else None,
            }  # fmt: skip
            name = f"b{number}"
            expected = told(whole.write(name, rows_of(facts, whole), **options))
            proxy.arm(*given)
            assert told(lost.write(name, rows_of(facts, lost), **options)) == expected
            unsettled = [*unsettled[-4:], name]
        elif what == "settle" and unsettled:
            whole.settle(unsettled)
            proxy.arm(*given)
            lost.settle(unsettled)
        elif newest := [b for b in whole.batches() if b.no == whole.last_batch()]:
            name = newest[0].id
            expected = told(whole.undo(name))
            proxy.arm(*given)
            assert told(lost.undo(name)) == expected
        else:
            continue
        assert proxy.armed == 0, "each was done"
        assert proxy.struck.total() == before + len(given)
        assert listed(lost) == listed(whole)
    assert proxy.struck["failed"] == 0
    assert [b.no for b in lost.batches()] == list(range(1, lost.last_batch() + 1))
    assert held(lost).against(held(whole)) == []
    assert lost.check() == []
    print(f"\n{number} writes, {dict(proxy.struck)}")


@pytest.fixture
def proxy(neo4j_server: Served) -> Iterator[Proxy]:
    """A way to the server that can be cut."""
    with Proxy(httpx.URL(neo4j_server.uri).port or 7687) as made:
        yield made


@pytest.mark.parametrize("times", [8, pytest.param(100, marks=pytest.mark.full)])
def test_lost_acknowledgements(url: str, proxy: Proxy, store: Store, times: int) -> None:
    lost = open_store(proxy.uri, create=True)
    try:
        lose_acknowledgements(lost, store, proxy, times)
    finally:
        lost.close()


def test_a_commit_that_the_server_never_heard_of(url: str, proxy: Proxy) -> None:
    store = open_store(proxy.uri, create=True)
    try:
        for number in range(1, 4):
            proxy.arm("before")
            written = store.write(f"b{number}", rows_of([company(f"c{number}")], store))
            assert (written.batch, written.loaded, written.repeated) == (number, 1, False)
        proxy.arm("before", "before")
        assert store.undo("b3").batch == 4
        assert (proxy.struck["before"], proxy.armed) == (5, 0)
        assert sorted(held(store).current) == ["d:c1", "d:c2"]
        assert store.check() == []
    finally:
        store.close()


def test_a_question_is_asked_again(url: str, proxy: Proxy) -> None:
    """Reading ends with a commit too, which the driver does not repeat."""
    store = open_store(proxy.uri, create=True)
    try:
        store.write("b1", rows_of([company("c1")], store))
        for fault in ("after", "half", "before"):
            proxy.arm(fault)
            found = store.batch("b1")
            assert found is not None
            assert (found.no, proxy.armed) == (1, 0)
        proxy.arm(*(["after"] * 40))
        with pytest.raises(StoreAway):
            store.batches()
        proxy.arm()
        assert store.last_batch() == 1
    finally:
        store.close()


def test_a_server_that_loses_every_acknowledgement(url: str, proxy: Proxy) -> None:
    store = open_store(proxy.uri, create=True)
    try:
        proxy.arm(*(["after"] * 40))
        with pytest.raises(StoreAway, match="one acknowledgement after another"):
            store.write("b1", rows_of([company("c1")], store))
        proxy.arm()
        assert store.write("b1", rows_of([company("c1")], store)).repeated
        assert held(store).versions == 1
    finally:
        store.close()


# -- a server that goes and comes back ----------------------------------------------------------

ASKED: list[Callable[[Asking], dict[str, Any]]] = [
    lambda risk: risk.ask("related_parties", subject="reg:rc1", as_of="2022-01-05"),
    lambda risk: risk.ask("integrated_ownership", target="reg:rc2", as_of="2022-01-05"),
    lambda risk: risk.facts(["reg:rs1", "reg:rl1"]),
]
# What an answer says of the whole store, which a load changes.
ABOUT = ("snapshot", "known_at")


# Ids that the files of a load do not use, so that those name one record still.
REG = [
    fact | {name: f"r{fact[name]}" for name in ("id", "from", "to", "subject") if name in fact}
    for fact in FACTS
]


def answers(risk: Asking) -> list[dict[str, Any]]:
    """What is said of records that no load touches."""
    found = [ask(risk) for ask in ASKED]
    return [{k: v for k, v in each.items() if k not in ABOUT} for each in found]


class Carrier(httpx.HTTPTransport):
    """Counts the refusals of a service, which say when to come again."""

    def __init__(self, counted: Counter[str]) -> None:
        super().__init__()
        self._counted = counted

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See the parent."""
        response = super().handle_request(request)
        if response.status_code == 503:
            self._counted["503" if response.headers.get("retry-after") else "503 without"] += 1
        return response


class Questions(threading.Thread):
    """Asks again and again until it is told to stop."""

    def __init__(self, risk: Asking, right: list[dict[str, Any]], counted: Counter[str]) -> None:
        super().__init__()
        self._risk, self._right, self._counted = risk, right, counted
        self._over = threading.Event()

    def run(self) -> None:
        """See the parent."""
        while not self._over.wait(0.05):
            try:
                said = answers(self._risk)
            except StoreAway:
                self._counted["away"] += 1
            except Exception as error:  # noqa: BLE001  # what else there may be is counted
                self._counted[f"{type(error).__name__}: {error}"] += 1
            else:
                self._counted["right" if said == self._right else "wrong"] += 1

    def stop(self) -> None:
        """End after the question under way."""
        self._over.set()
        self.join()


@contextmanager
def serving(url: str) -> Iterator[httpx.URL]:
    """A service in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve", "--store", url, "--port", "0", "--no-warm"],
        stdout=subprocess.PIPE, env={**os.environ, "LINKRISK_ID_KEY": KEY}, cwd=ROOT, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        try:
            yield httpx.URL(process.stdout.readline().strip())
        finally:
            process.terminate()


def wait_for(store: Store, number: int) -> None:
    """Until a batch is there."""
    deadline = time.monotonic() + 120
    while store.last_batch() < number:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def restarted(server: Served, small: Reference, embedded: Store, point: int) -> Counter[str]:
    """Stop the server in order once, and kill it once, while a load and questions are under way."""
    rng = random.Random(SEED + point)
    server.clean(keep_schema=True)
    stored = [open_store(server.uri, create=True), embedded]
    for store in stored:
        rows = [Normaliser("reg", store.id_key).row(fact) for fact in REG]
        store.write("reg", rows, recorded_at=1_700_000_000_000_000)
    with connect(embedded.url) as risk:
        right = answers(risk)
    counted: Counter[str] = Counter()
    with serving(server.uri) as at, connect(server.uri) as local:
        remote = Client(
            f"http://127.0.0.1:{at.port}", at.params["token"], transport=Carrier(counted)
        )
        assert answers(remote) == answers(local) == right
        asking = [Questions(risk, right, counted) for risk in (remote, local)]
        child = begun(start(server.uri, small.files, SMALL))
        for each in asking:
            each.start()
        try:
            for stop in rng.sample((server.stop, server.kill), 2):
                wait_for(stored[0], stored[0].last_batch() + rng.randrange(1, 6))
                assert child.poll() is None
                stop()
                server.start()
                counted["restarts"] += 1
            done = finish(child)
            before, deadline = counted["right"], time.monotonic() + 60
            while counted["right"] < before + 4:
                assert time.monotonic() < deadline, counted
                time.sleep(0.02)
        finally:
            child.kill()
            for each in asking:
                each.stop()
            remote.close()
    try:
        assert (done.code, done.errors) == (0, "")
        assert held(stored[0], but="reg").against(small.held) == []
        assert stored[0].check() == []
        last = stored[0].last_batch()
        assert [b.no for b in stored[0].batches()] == list(range(1, last + 1))
    finally:
        stored[0].close()
    return counted


@pytest.mark.parametrize("times", [1, pytest.param(25, marks=pytest.mark.full)])
def test_a_server_that_goes_and_comes_back(
    neo4j_server: Served, small: Reference, tmp_path: Path, times: int
) -> None:
    counted: Counter[str] = Counter()
    for point in range(times):
        embedded = open_store(f"sqlite:///{tmp_path / f'{point}.db'}", create=True)
        try:
            counted += restarted(neo4j_server, small, embedded, point)
        except CannotBeDone as given:
            pytest.skip(str(given))
        finally:
            embedded.close()
    print(f"\n{dict(counted)}")
    assert set(counted) <= {"restarts", "right", "away", "503"}
    assert counted["restarts"] == 2 * times
    assert min(counted["right"], counted["away"], counted["503"]) > 0


# -- two loads at once --------------------------------------------------------------------------


def test_two_loads_at_once(url: str, tmp_path: Path) -> None:
    """Files that share half of their ids, half of those with other content."""
    told: dict[str, set[str]] = {}
    files = []
    for name, low in (("one", 0), ("two", 50)):
        facts = []
        for n in range(low, low + 100):
            fact = company(f"c{n}", name=f"公司{n}" if n % 2 else f"公司{n}{name}")
            told.setdefault(f"d:c{n}", set()).add(fact["name"])
            facts += [fact, share(f"{name}{n}", f"c{n}", f"c{low}")]
        files.append(write_file(tmp_path, name, facts))
    store = open_store(url, create=True)
    try:
        live = open_live(store)
        children = [start(url, [file], 1 << 10, dataset="d") for file in files]
        while any(child.poll() is None for child in children):
            live.follow()
            time.sleep(0.05)
        done = [finish(child) for child in children]
        assert [(each.code, each.errors) for each in done] == [(0, "")] * 2
        infos = store.batches()
        assert [info.no for info in infos] == list(range(1, len(infos) + 1))
        numbers = [info.no for info in infos if info.file == "one.jsonl"]
        assert numbers != list(range(numbers[0], numbers[0] + len(numbers))), "they took turns"
        assert store.check() == []
        current = held(store).current
        assert len(current) == 150 + 200
        for name, names in told.items():
            history = store.history(name)
            assert {fact.payload["name"] for fact in history} == names
            assert [fact.retracted_at is None for fact in history].count(True) == 1
        loaded = sum(each.receipt["loaded"] for each in done if each.receipt)
        assert loaded == sum(info.facts for info in infos) == 350 + 25
        same_graph(store, live, tmp_path / "copy.db")
    finally:
        store.close()


def same_graph(store: Store, live: Any, copy: Path) -> None:
    """A graph that followed the loads has the facts of one built now, here or from a copy."""
    store.backup(copy)
    embedded = open_store(f"sqlite:///{copy}")
    try:
        built, again = build(store), build(embedded)
    finally:
        embedded.close()
    assert (built.batch, built.name, built.counts) == (again.batch, again.name, again.counts)
    for name, column in again.arrays.items():
        assert np.array_equal(built.arrays[name], column), name
    followed = snapshot_of(live)
    anew = snapshot_of(type(live)(store, built))
    assert (followed.name, followed.batch) == (anew.name, anew.batch)
    kept = [
        {s.fact_id(int(row)) for row in s.rows("shareholder", 1_700_000_000_000_000)}
        for s in (followed, anew)
    ]
    assert kept[0] == kept[1]
    assert len(kept[0]) == 200


# -- what is said where it cannot work ----------------------------------------------------------


def refused(kind: type[Exception], words: str, url: str, **options: Any) -> None:
    """Opening fails at once with this error, in one line that holds no password."""
    began = time.monotonic()
    with pytest.raises(kind, match=words) as told:
        open_store(url, **options)
    assert type(told.value) is kind
    assert "\n" not in str(told.value)
    assert "horse" not in f"{told.value!r} {told.value}"
    assert time.monotonic() - began < 20


def command(*args: str) -> tuple[int, str]:
    """The exit code of the command line and its one line of errors."""
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", *args], cwd=ROOT, capture_output=True, text=True,
        check=False, env={**os.environ, "LINKRISK_ID_KEY": KEY},
    )  # fmt: skip
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("linkrisk: ")
    assert "Traceback" not in done.stderr
    assert "horse" not in done.stderr
    return done.returncode, done.stderr


def test_nobody_listens() -> None:
    at = f"neo4j:a-horse@127.0.0.1:{free_port()}"
    refused(StoreAway, "does not answer", f"neo4j://{at}", create=True)
    code, line = command("search", "x", "--store", f"bolt://{at}")
    assert code == StoreAway.exit_code
    assert "does not answer" in line


HTTP, SSH = b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-x\r\n"


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        ("neo4j", HTTP),
        ("bolt", SSH),
        *(
            pytest.param(*rest, marks=pytest.mark.full)
            for rest in (("neo4j", b""), ("neo4j", SSH), ("bolt", b""), ("bolt", HTTP))
        ),
    ],
)
def test_something_else_listens(scheme: str, said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    taken, _ = listener.accept()
                    with taken:
                        taken.recv(1 << 10)
                        taken.sendall(said)

        threading.Thread(target=answer, daemon=True).start()
        url = f"{scheme}://neo4j:a-horse@127.0.0.1:{listener.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises((StoreAway, StoreRefused), match=r"127\.0\.0\.1") as told:
            open_store(url)
        assert "\n" not in str(told.value)
        assert "horse" not in str(told.value)
        assert time.monotonic() - began < 20
        listener.shutdown(socket.SHUT_RDWR)


def test_no_store_and_what_is_none(url: str, neo4j_server: Served) -> None:
    refused(NoStore, "there is no store at", url)
    code, line = command("search", "x", "--store", url)
    assert code == NoStore.exit_code
    assert "there is no store at" in line
    neo4j_server.driver.execute_query("CREATE (:Film {title: 'x'})")
    for create in (False, True):
        refused(StoreCorrupt, "holds something else", url, create=create)
    assert neo4j_server.driver.execute_query("MATCH (n) RETURN count(n)").records[0][0] == 1
    refused(NoStore, "no database 'nowhere'", f"{url}/nowhere")


def test_a_store_is_opened_while_others_make_it(url: str) -> None:
    for _ in range(5):
        with ThreadPoolExecutor(6) as threads:
            opened = [
                threads.submit(open_store, url, create=create) for create in [True, False, True] * 2
            ]
        found = [each.exception() or each.result() for each in opened]
        stores = [each for each in found if not isinstance(each, Exception)]
        for store in stores:
            store.close()
        assert len({store.uuid for store in stores}) == 1
        assert {type(each) for each in found} <= {NoStore, type(stores[0])}
        with neo4j.GraphDatabase.driver(url) as driver:
            driver.execute_query("MATCH (n) DELETE n")


def test_a_store_of_a_later_version(url: str, neo4j_server: Served) -> None:
    store = open_store(url, create=True)
    try:
        neo4j_server.driver.execute_query("MATCH (s:LinkriskStore) SET s.schema = 99")
        refused(SchemaVersion, "has schema 99, this program knows", url, create=True)
        with pytest.raises(SchemaVersion):
            store.write("b1", rows_of([company("c1")], store))
    finally:
        store.close()


def test_the_id_key_is_missing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(url, create=True)
    store.close()
    monkeypatch.delenv("LINKRISK_ID_KEY")
    refused(InputError, rf"LINKRISK_ID_KEY.*{store.uuid}\.key", url)  # type: ignore[attr-defined]
    monkeypatch.setenv("LINKRISK_ID_KEY", "another key for the crash tests")
    refused(InputError, "LINKRISK_ID_KEY is not the key", url)


@pytest.fixture(scope="module")
def own(neo4j_server: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    """Makes servers of these tests' own on one folder, with other settings each time."""
    if not isinstance(neo4j_server, Server):
        pytest.skip(f"from jars alone, and this is {neo4j_server.words}")
    home, distribution = tmp_path_factory.mktemp("own"), neo4j_server.distribution

    @contextmanager
    def made(**settings: str) -> Iterator[str]:
        chosen = {name.replace("__", "."): value for name, value in settings.items()}
        server = Server(
            distribution, home, password="correct-horse", settings=chosen, java_options=QUICK
        )  # fmt: skip
        try:
            server.start()
            yield f"127.0.0.1:{server.port}"
        finally:
            server.close()

    yield made


@pytest.mark.full
def test_a_server_with_little_memory_and_one_that_is_read_only(own: Own) -> None:
    with own(db__memory__transaction__max="6m") as at:
        refused(StoreRefused, "refuses these credentials", f"neo4j://neo4j:wrong-horse@{at}")
        refused(StoreRefused, "refuses these credentials", f"bolt://{at}")
        store = open_store(f"neo4j://neo4j:correct-horse@{at}", create=True)
        try:
            assert store.write("b1", rows_of([company("c1")], store)).loaded == 1
            many = rows_of([company(f"c{n}", name="甲" * 400) for n in range(20_000)], store)
            began = time.monotonic()
            with pytest.raises(StoreFull, match="nothing was half-written") as told:
                store.write("b2", many)
            assert time.monotonic() - began < 60, "it was not tried again and again"
            assert "horse" not in str(told.value)
            assert (store.last_batch(), store.batch("b2")) == (1, None)
            assert list(held(store).current) == ["d:c1"]
            assert store.check() == []
            assert store.write("b2", rows_of([company("c2")], store)).batch == 2
        finally:
            store.close()
    with own(server__databases__read_only="neo4j") as at:
        store = open_store(url := f"neo4j://neo4j:correct-horse@{at}")
        try:
            with pytest.raises(StoreReadOnly, match="nothing was written"):
                store.write("b3", rows_of([company("c3")], store))
            with pytest.raises(StoreReadOnly):
                store.settle(["b2"])
            assert sorted(held(store).current) == ["d:c1", "d:c2"]
            assert store.check() == []
        finally:
            store.close()
        with connect(url) as risk:
            assert risk.subject("d:c2")


@pytest.mark.full
def test_an_older_copy_is_put_back_under_an_open_store(
    neo4j_server: Served, tmp_path: Path
) -> None:
    """What was met is waited for as long as the server does, and then no more."""
    if not isinstance(neo4j_server, Server):
        pytest.skip(f"from jars alone, and this is {neo4j_server.words}")
    settings = {"db.transaction.bookmark_ready_timeout": "1s"}
    server = Server(neo4j_server.distribution, tmp_path, settings=settings, java_options=QUICK)
    try:
        server.start()
        store = open_store(server.uri, create=True)
        store.write("b1", rows_of([company("c1")], store))
        server.stop()
        shutil.copytree(tmp_path / "data", tmp_path / "older")
        server.start()
        for number in range(2, 30):
            store.write(f"b{number}", rows_of([company(f"c{number}")], store))
        assert [batch.no for batch in store.batches()] == list(range(1, 30))
        server.stop()
        shutil.rmtree(tmp_path / "data")
        (tmp_path / "older").rename(tmp_path / "data")
        server.start()
        assert [batch.no for batch in store.batches()] == [1]
        assert store.write("b2", rows_of([company("c2")], store)).batch == 2
        assert store.check() == []
        store.close()
    finally:
        server.close()
