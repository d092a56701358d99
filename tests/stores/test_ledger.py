"""The contract of a store's ledger, run on every store."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from graph.errors import Conflict, InputError, StoreCorrupt
from graph.ledger import GENESIS, Draft, Entry, Head, audit, verify
from graph.store import Store, open_store
from graph.stores.copying import Copying, copy
from tests.neo4j_server.served import Served
from tests.stores import appending
from tests.stores.contract import Ground, company, emptied
from tests.stores.proxy import Fault, Proxy
from tests.stores.raw import Raw, raw_of
from tests.tampering import WAYS, seal

KINDS = ("decision.proposed", "decision.approved", "decision.notified")


def one(about: str = "D-1", **body: object) -> list[Draft]:
    """One draft."""
    return [Draft("张三", "decision.proposed", about, body)]


def filled(store: Store, count: int = 12) -> Head:
    """A ledger of appends of three entries each."""
    for number in range(count // 3):
        drafts = [Draft("李四", kind, f"D-{number}", {"n": number, "说": "理由"}) for kind in KINDS]
        store.append(drafts, key=f"append-{number}")
    return store.ledger_head()


def entries(store: Store) -> list[Entry]:
    return list(store.ledger())


# -- appending and reading ----------------------------------------------------------------------


def test_an_empty_ledger(ground: Ground) -> None:
    assert ground.store.ledger_head() == GENESIS == Head(0, bytes(32))
    assert entries(ground.store) == []
    assert ground.store.append([]) == GENESIS
    assert ground.store.stats()["ledger"] == 0
    assert audit(ground.store, [GENESIS]).sound


def test_an_entry_is_kept_as_it_was_given(ground: Ground) -> None:
    body = {"b": [1, 2.5, None], "a": "文\n'\"\\", "": {}}
    before = time.time_ns() // 1000
    head = ground.store.append([Draft("a'b", "decision.proposed", "D-1", body)], key="k\u2603")
    (entry,) = entries(ground.store)
    assert entry[:1] + entry[2:9] == (
        1, "a'b", "decision.proposed", "D-1", '{"":{},"a":"文\\n\'\\"\\\\","b":[1,2.5,null]}',
        "k\u2603", 1, bytes(32),
    )  # fmt: skip
    assert entry.content == body
    assert before <= entry.at <= time.time_ns() // 1000
    assert entry.hash == seal(entry)
    assert head == ground.store.ledger_head() == Head(1, entry.hash)


def test_another_way_in_sees_it_at_once(ground: Ground) -> None:
    with closing(ground.again()) as other:
        head = ground.store.append(one())
        assert other.ledger_head() == head
        assert entries(other) == entries(ground.store)
        assert other.append(one("D-2")) == ground.store.ledger_head()


def test_reading_from_a_number_and_about_one(ground: Ground) -> None:
    head = filled(ground.store)
    found = entries(ground.store)
    assert [e.no for e in found] == list(range(1, 13))
    assert [e.part for e in found] == [1, 2, 3] * 4
    assert list(ground.store.ledger(9)) == found[9:]
    assert list(ground.store.ledger(12)) == []
    about = list(ground.store.ledger(about="D-2"))
    assert [(e.no, e.kind) for e in about] == [(7, KINDS[0]), (8, KINDS[1]), (9, KINDS[2])]
    assert list(ground.store.ledger(7, "D-2")) == about[1:]
    assert list(ground.store.ledger(about="D")) == []
    assert verify(found, [head]).sound
    assert ground.store.stats()["ledger"] == 12
    assert ground.store.check() == []


def test_facts_and_ledger_do_not_touch_each_other(ground: Ground) -> None:
    ground.write([company("c1")])
    head = filled(ground.store, 3)
    ground.write([company("c2")])
    ground.store.undo("b1")
    assert ground.store.ledger_head() == head
    assert [b.no for b in ground.store.batches()] == [1, 2, 3]
    assert ground.store.check() == []


def test_the_largest_that_is_taken(ground: Ground) -> None:
    drafts = [Draft("名" * 512, "k" * 512, "文" * 512, {"x": "y" * ((4 << 20) - 8)})]
    ground.store.append(drafts, key="键" * 512)
    assert ground.store.append(drafts, key="键" * 512).no == 1
    assert len(next(ground.store.ledger(about="文" * 512)).body) == 4 << 20
    assert ground.store.check() == []


def test_moments_never_go_back(ground: Ground) -> None:
    for moment in (1_000, 500, 2_000):
        ground.store.append(one(), recorded_at=moment)
    assert [e.at for e in entries(ground.store)] == [1_000, 1_000, 2_000]
    assert ground.store.check() == []


def test_an_append_sent_again_changes_nothing(ground: Ground) -> None:
    first = ground.store.append(one(n=1), key="k")
    later = ground.store.append(one(n=1), key="l")
    assert ground.store.append(one(n=1), key="k") == first
    assert (
        ground.store.append(one(n=1), GENESIS, key="k") == first
    )  # what it expected holds no more
    with pytest.raises(Conflict, match="'k' was used for another append"):
        ground.store.append(one(n=2), key="k")
    assert ground.store.ledger_head() == later
    assert len({e.key for e in entries(ground.store)}) == 2


def test_without_a_key_it_is_another_append(ground: Ground) -> None:
    assert [ground.store.append(one()).no for _ in range(3)] == [1, 2, 3]


def test_an_expected_head(ground: Ground) -> None:
    head = ground.store.append(one(), GENESIS)
    with pytest.raises(Conflict, match="ends with 1, not with 0"):
        ground.store.append(one(), GENESIS)
    with pytest.raises(Conflict):
        ground.store.append(one(), Head(1, bytes(32)))
    with pytest.raises(Conflict):
        ground.store.append([], GENESIS)
    assert ground.store.append(one(), head).no == 2


def test_an_error_in_the_middle_leaves_nothing(ground: Ground) -> None:
    head = filled(ground.store, 3)
    with pytest.raises(InputError):
        ground.store.append([*one(), Draft("a", "k", "o", {"x": float("nan")})], key="k")
    assert ground.store.ledger_head() == head
    assert ground.store.append(one(), key="k").no == 4


def test_ten_thousand_in_one_append(ground: Ground) -> None:
    """0.2 s on SQLite, 2 s on Neo4j were measured on a busy machine."""
    begun = time.perf_counter()
    head = ground.store.append([draft for n in range(10_000) for draft in one(f"D-{n}", n=n)])
    took = time.perf_counter() - begun
    assert head.no == 10_000
    assert [e.no for e in ground.store.ledger()] == list(range(1, 10_001))
    assert ground.store.check() == []
    assert took < 30


# -- several writers, lost answers, kills -------------------------------------------------------


def whole(store: Store, size: int) -> int:
    """How many appends there are; each must be whole and stand together, in one chain."""
    found = entries(store)
    assert audit(store).sound
    assert len(found) % size == 0
    for begin in range(0, len(found), size):
        run = found[begin : begin + size]
        assert len({e.key for e in run}) == 1
        assert [e.part for e in run] == list(range(1, size + 1))
    assert len({e.key for e in found}) == len(found) // size
    assert store.check() == []
    return len(found) // size


def test_two_threads_and_more_leave_one_chain(ground: Ground) -> None:
    def write(name: int) -> None:
        with closing(ground.again()) as store:
            for number in range(20):
                drafts = appending.drafts(f"w{name}", number, 3)
                store.append(drafts, key=appending.key(f"w{name}", number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert whole(ground.store, 3) == 80


def test_two_processes_leave_one_chain(ground: Ground) -> None:
    children = [appending.start(ground.url, f"w{n}", 25, 4) for n in range(2)]
    for child in children:
        child.communicate(timeout=300)
        assert child.returncode == 0
    assert whole(ground.store, 4) == 50


def test_of_those_that_expect_the_same_head_one_is_taken(ground: Ground) -> None:
    """Compare and append: every number is counted once, though four count at a time."""

    def count(name: int) -> int:
        refused = 0
        with closing(ground.again()) as store:
            for _ in range(10):
                while True:
                    head = store.ledger_head()
                    try:
                        store.append(one(n=head.no + 1, by=name), head)
                        break
                    except Conflict:
                        refused += 1
        return refused

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(4)))
    assert [e.content["n"] for e in entries(ground.store)] == list(range(1, 41))
    assert ground.store.check() == []


@pytest.mark.parametrize("point", range(3))
def test_a_killed_append_is_whole_or_not_there(ground: Ground, point: int) -> None:
    child = appending.start(ground.url, "w", 10_000, 50)
    assert child.stdout is not None
    for _ in range(2 + point):
        assert child.stdout.readline()
    time.sleep(random.Random(point).random() / 100)
    child.kill()
    told, _ = child.communicate()
    acknowledged = 2 + point + told.count("\n")
    done = whole(ground.store, 50)
    assert acknowledged <= done <= acknowledged + 1
    for number in range(done + 1):  # whoever does not know sends it again
        key = appending.key("w", number)
        ground.store.append(appending.drafts("w", number, 50), key=key)
    assert whole(ground.store, 50) == done + 1


@pytest.fixture
def proxy(neo4j_server: Served) -> Iterator[Proxy]:
    """A way to the server that can be cut."""
    with Proxy(httpx.URL(neo4j_server.uri).port or 7687) as made:
        yield made


@pytest.mark.parametrize("times", [4, pytest.param(60, marks=pytest.mark.full)])
def test_a_lost_acknowledgement_doubles_nothing(
    served: Served, tmp_path: Path, proxy: Proxy, times: int
) -> None:
    emptied(tmp_path)
    ways: tuple[Fault, ...] = ("after", "half", "before")
    with closing(open_store(proxy.uri, create=True)) as store:
        for number in range(times):
            proxy.arm(ways[number % 3], ways[number % 2])
            key = f"k{number}" if number % 2 else None
            assert store.append(one(n=number), store.ledger_head(), key=key).no == number + 1
            proxy.arm()
        assert proxy.struck.total() >= times
        assert proxy.struck["after"]
        assert proxy.struck["half"]
        assert [e.content["n"] for e in entries(store)] == list(range(times))
        assert store.check() == []


# -- tampering ----------------------------------------------------------------------------------


@pytest.fixture
def raw(ground: Ground) -> Iterator[Raw]:
    """The tables or nodes themselves, all guards taken away."""
    filled(ground.store, 30)
    made = raw_of(ground)
    yield made
    made.close()


def test_unaltered_rows_written_back_are_sound(ground: Ground, raw: Raw) -> None:
    """The bench itself breaks nothing."""
    head, before = ground.store.ledger_head(), entries(ground.store)
    raw.put(before)
    assert entries(ground.store) == before
    assert audit(ground.store, [head]).sound


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("times", [12, pytest.param(200, marks=pytest.mark.full)])
def test_tampering_with_the_store_is_found(ground: Ground, raw: Raw, times: int, way: Any) -> None:
    """Against the head that was anchored; a store sorts by number, so rows that only change places
    are no change and are drawn again."""
    rng = random.Random(f"store {way.__name__}")
    head, before = ground.store.ledger_head(), entries(ground.store)
    done = 0
    while done < times:
        changed = way(rng, before)
        if sorted(changed) == sorted(before):
            continue
        raw.put(changed)
        verdict = audit(ground.store, [head])
        assert not verdict.sound, (done, changed)
        assert verdict.breaks
        done += 1
    raw.put(before)
    assert audit(ground.store, [head]).sound


def test_values_of_other_types_are_found(ground: Ground, raw: Raw) -> None:
    head, before = ground.store.ledger_head(), entries(ground.store)
    for name in Entry._fields:
        for value in (None, 1.5, "x", 7, ""):
            other: Any = {name: value}
            for place in (4, 29):
                bad = before[place]._replace(**other)
                raw.put([*before[:place], bad, *before[place + 1 :]])
                assert not audit(ground.store, [head]).sound, (name, value)


def test_the_check_names_what_is_wrong(ground: Ground, raw: Raw) -> None:
    before = entries(ground.store)
    raw.put([*before[:4], before[4]._replace(actor="王五"), *before[6:]])
    assert {"ledger: entry 5 is not what its hash says / 内容被改",
            "ledger: entry 6 is missing / 条目缺失"} <= set(ground.store.check())  # fmt: skip


# -- copies -------------------------------------------------------------------------------------


@pytest.fixture
def target(ground: Ground, tmp_path: Path) -> Iterator[Copying]:
    """An embedded store that takes copies."""
    url = f"sqlite:///{tmp_path / 'copy.db'}"
    with closing(open_store(url, create=True, id_key=ground.store.id_key)) as store:
        yield cast(Copying, store)


def test_a_copy_has_the_ledger(
    ground: Ground, target: Copying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.stores.copying._RUN", 5)
    source = cast(Copying, ground.store)
    ground.write([company("c1")])
    for count in (12, 15):
        filled(ground.store, count)
        copy(source, target)
        assert entries(target) == entries(source)
        assert target.ledger_head() == source.ledger_head()
        assert target.check() == []
    assert target.append(one()).no == 16
    with pytest.raises(Conflict, match="ledger is not an earlier state"):
        copy(source, target)
    source.append(one())
    with pytest.raises(Conflict, match="ledger is not an earlier state"):
        copy(source, target)


def test_a_copy_into_each_store(ground: Ground, target: Copying) -> None:
    """The other way round: what is copied in is what was, and goes on."""
    filled(target, 12)
    copy(target, cast(Copying, ground.store))
    assert entries(ground.store) == entries(target)
    assert ground.store.check() == []
    assert ground.store.append(one(), target.ledger_head()).no == 13


def test_a_copy_cut_short_goes_on(
    ground: Ground, target: Copying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.stores.copying._RUN", 5)
    filled(target, 30)
    store = cast(Copying, ground.store)
    receive, left = type(store).receive_ledger, [5, 5]

    def cut(self: Copying, run: list[Entry]) -> None:
        assert len(run) == left.pop()  # IndexError the third time
        receive(self, run)

    with monkeypatch.context() as patched, pytest.raises(IndexError):
        patched.setattr(type(store), "receive_ledger", cut)
        copy(target, store)
    assert store.ledger_head().no == 10
    copy(target, store)
    store.receive_ledger(entries(target)[25:])  # one that was acknowledged to nobody
    assert entries(store) == entries(target)
    with pytest.raises(Conflict):
        store.receive_ledger([entries(target)[3]._replace(no=40)])


def test_a_backup_has_the_ledger(ground: Ground, tmp_path: Path) -> None:
    filled(ground.store)
    ground.store.backup(tmp_path / "backup.db")
    with closing(open_store(f"sqlite:///{tmp_path / 'backup.db'}")) as copied:
        assert entries(copied) == entries(ground.store)
        assert copied.check() == []
        assert copied.append(one()).no == 13


def test_a_broken_ledger_is_not_copied(ground: Ground, raw: Raw, target: Copying) -> None:
    before = entries(ground.store)
    raw.put([*before[:9], before[9]._replace(about="D-77"), *before[10:]])
    with pytest.raises(StoreCorrupt, match="the ledger is broken: entry 10 is not what"):
        copy(cast(Copying, ground.store), target)
    raw.put(before[:20])
    if ground.kind.name == "neo4j":  # its head is apart from its entries
        with pytest.raises(
            StoreCorrupt, match="the ledger is broken: it ends with 20, not with 30"
        ):
            copy(cast(Copying, ground.store), target)


# -- stores that were made before there was a ledger --------------------------------------------


def test_a_store_of_version_1_gets_a_ledger(ground: Ground) -> None:
    ground.write([company("c1")])
    with closing(raw_of(ground)) as raw:
        raw.before_the_ledger()
    for _ in range(2):
        with closing(ground.again()) as store:
            assert store.check() == []
            assert [f.name for f in store.facts()] == ["d:c1"]
            filled(store, 3)
            assert [e.no for e in store.ledger()] == [1, 2, 3]
