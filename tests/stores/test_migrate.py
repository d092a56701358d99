"""One store copied into another: the same facts, batches, times and names, whatever it has seen."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from api.cli import main
from graph.errors import Conflict
from graph.snapshot import open_snapshot
from graph.store import open_store
from graph.stores.copying import Copying, copy
from graph.stores.neo4j.books import NeoBooks
from graph.stores.sqlite.books import SqliteBooks
from tests.neo4j_server.served import Served
from tests.stores.contract import company, emptied, share
from tests.stores.lives import HOUR, PASSWORD, START, Life, whole, with_password

Open = Callable[..., Copying]


class Cut(Exception):
    """What ends a copy before its time."""


@pytest.fixture(autouse=True)
def _no_base_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.live.base_path", lambda store: None)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """An undo is recorded at the next hour of a clock that can be put back."""
    hours = itertools.count(1)
    moments = {"next": hours}

    def put_back() -> None:
        moments["next"] = itertools.count(1)

    for module in ("sqlite", "neo4j"):
        monkeypatch.setattr(
            f"graph.stores.{module}.store.now",
            lambda: START + 1000 * HOUR + next(moments["next"]) * HOUR,
        )
    yield put_back


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """`opened(name, key)` opens or makes a store: `neo4j`, or a file of that name."""
    with ExitStack() as stack:

        def make(name: str, id_key: bytes | None = None, url: str | None = None) -> Copying:
            url = url or f"sqlite:///{tmp_path / name}"
            store = open_store(url, create=True, id_key=id_key)
            stack.callback(store.close)
            return cast(Copying, store)

        yield make


@pytest.fixture
def lived(opened: Open) -> Copying:
    """An embedded store that has seen everything."""
    store = opened("lived.db")
    life = Life(store)
    life.begin()
    life.undo()
    assert store.check() == []
    return store


def neo4j(opened: Open, folder: Path, key: bytes | None = None) -> Copying:
    """The server's store, new."""
    return opened("neo4j", key, emptied(folder))


@pytest.mark.usefixtures("served")
def test_a_store_goes_to_neo4j_and_comes_back(lived: Copying, opened: Open, tmp_path: Path) -> None:
    there = neo4j(opened, tmp_path, lived.id_key)
    back, direct = (opened(name, lived.id_key) for name in ("back.db", "direct.db"))
    heard: list[tuple[int, int]] = []
    assert copy(lived, there, lambda done, total: heard.append((done, total))) == 10
    assert copy(there, back) == copy(lived, direct) == 10
    assert heard == [(info.last_seq, heard[-1][0]) for info in lived.batches()]
    expected = whole(lived)
    for store in (there, back, direct):
        assert whole(store) == expected
        assert store.check() == []
        settled = [info.settled for info in store.batches()]
        assert True in settled
        assert False in settled
    for name in ("fact", "identifier", "record", "retraction", "batch", "file"):
        assert table(back, name) == table(direct, name) == table(lived, name)


def table(store: Any, name: str) -> list[Any]:
    """The rows of a table of an embedded store."""
    rows = [tuple(row) for row in store.db.execute(f"SELECT * FROM {name}")]
    return sorted(rows, key=repr)


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("way", ["sqlite-neo4j", "neo4j-sqlite", "sqlite-sqlite"])
def test_cut_short_and_sent_again(
    way: str, lived: Copying, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = lived, opened("target.db", lived.id_key)
    if "neo4j" in way:
        server = neo4j(opened, tmp_path, lived.id_key)
        if way.startswith("neo4j"):
            copy(lived, server)
            source = server
        else:
            target = server

    def stop_at(count: int) -> Callable[[int, int], None]:
        left = itertools.count(count - 1, -1)

        def progress(done: int, total: int) -> None:
            if not next(left):
                raise Cut

        return progress

    with pytest.raises(Cut):
        copy(source, target, stop_at(3))
    assert target.last_batch() == 3
    books: Any = NeoBooks if way.endswith("neo4j") else SqliteBooks
    with monkeypatch.context() as broken:
        insert, left = books.insert, itertools.count(2, -1)

        def half(self: Any, *arguments: Any) -> None:
            insert(self, *arguments)
            if not next(left):
                raise Cut

        broken.setattr(books, "insert", half)
        with pytest.raises(Cut):
            copy(source, target)
    assert target.last_batch() == 5  # the sixth was not kept
    assert target.check() == []
    assert copy(source, target) == 10
    assert whole(target) == whole(source)
    assert target.check() == []


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("to_neo4j", [True, False])
def test_only_what_is_new_is_copied_again(
    to_neo4j: bool, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After more batches, and after an undone batch whose id was used again."""
    first = opened("one.db")
    second = neo4j(opened, tmp_path, first.id_key)
    source, target = (first, second) if to_neo4j else (second, first)
    life = Life(source)
    life.begin()
    assert copy(source, target) == 6
    received: list[int] = []
    receive = target.receive

    def listen(copied: Any, before: bytes) -> None:
        received.append(copied.info.no)
        receive(copied, before)

    monkeypatch.setattr(target, "receive", listen)
    assert copy(source, target) == 6
    assert received == []
    life.undo()
    assert copy(source, target) == 10
    assert received == [7, 8, 9, 10]
    assert whole(target) == whole(source)
    source.settle(["second"])
    life.write([company("c9")], "ninth", "ninth")
    assert copy(source, target) == 11
    assert received == [7, 8, 9, 10, 11]
    assert whole(target) == whole(source)
    assert target.check() == source.check() == []


@pytest.mark.usefixtures("served")
def test_what_is_written_to_both_later_keeps_their_names_equal(
    opened: Open, tmp_path: Path, clock: Callable[[], None]
) -> None:
    here = opened("here.db")
    Life(here).begin()
    there = neo4j(opened, tmp_path, here.id_key)
    copy(here, there)
    for store in (here, there):
        clock()
        life = Life(store)
        life.moment += 100 * HOUR
        life.undo()
        life.write([share("s1", "p1", "c1", "0.7"), {"kind": "retract", "id": "u1"}], "more")
        assert life.write([company("c8")], "judged", "eighth").repeated
        assert life.write([company("c8")], "c8", "eighth").loaded == 1
    assert whole(there) == whole(here)
    assert here.check() == there.check() == []


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("to_neo4j", [True, False])
def test_a_target_that_holds_something_else_is_refused(
    to_neo4j: bool, lived: Copying, opened: Open, tmp_path: Path
) -> None:
    def target(key: bytes | None = None) -> Copying:
        return neo4j(opened, tmp_path, key) if to_neo4j else opened(f"{key!r:.9}.db", key)

    other = target()
    with pytest.raises(Conflict, match="another id key"):
        copy(lived, other)
    other.close()
    filled = target(lived.id_key)
    Life(filled).write([company("c1")], "first")
    with pytest.raises(Conflict, match="other facts than an earlier state"):
        copy(lived, filled)
    empty = opened("empty.db", lived.id_key)
    with pytest.raises(Conflict, match="other facts"):
        copy(filled, lived)
    with pytest.raises(Conflict, match="other facts"):
        copy(empty, filled)


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("to_neo4j", [True, False])
def test_a_target_that_others_write_to_meanwhile_stays_what_they_made_it(
    to_neo4j: bool, lived: Copying, opened: Open, tmp_path: Path
) -> None:
    key = lived.id_key
    target = neo4j(opened, tmp_path, key) if to_neo4j else opened("target.db", key)

    def interfere(done: int, total: int) -> None:
        if target.last_batch() == 3:
            Life(target).write([company("intruder")], "intruder")

    for said in ("written by somebody else meanwhile", "other facts than an earlier state"):
        with pytest.raises(Conflict, match=said):
            copy(lived, target, interfere)
        assert [info.id for info in target.batches()][-1] == "intruder"
        assert target.check() == []


def test_by_the_command_line(
    lived: Copying, served: Served, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    name = open_snapshot(lived).name
    url = with_password(served, emptied(tmp_path))
    back = f"sqlite:///{tmp_path / 'new' / 'back.db'}"
    facts = lived.batches()[-1].last_seq
    for source, target in ((lived.url, url), (lived.url, url), (url, back)):
        assert main(["migrate", source, target, "--json"]) == 0
        out, err = capfd.readouterr()
        assert err == ""
        assert PASSWORD not in out
        told = json.loads(out)
        assert told.pop("source").startswith(source.partition("://")[0])
        assert told.pop("target").startswith(target.partition("://")[0])
        assert told == {"batches": 10, "facts": facts, "name": name, "ledger": f"0:{'0' * 64}"}
    assert main(["migrate", url, back]) == 0
    out, _ = capfd.readouterr()
    assert name in out
    assert "已复制" in out
    assert PASSWORD not in out
    Life(lived).write([company("c7")], "more")
    other = f"sqlite:///{tmp_path / 'other.db'}"
    store = open_store(other, create=True)
    store.close()
    for source, target in ((url, lived.url), (other, url), (other, back)):
        assert main(["migrate", source, target]) == 1
        out, err = capfd.readouterr()
        assert (out, len(err.splitlines())) == ("", 1)
        assert PASSWORD not in err
    for wrong in (f"neo4j:neo4j:{PASSWORD}@host", f"neo4j:/neo4j:{PASSWORD}@host", PASSWORD):
        assert main(["migrate", wrong, back]) == 3
        assert PASSWORD not in capfd.readouterr().err
