"""What is particular to the SQLite store: its file, tampering, upgrades, settings, full disks."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import apsw
import pytest

from graph.errors import (
    Conflict,
    InputError,
    LinkriskError,
    NoStore,
    SchemaVersion,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreReadOnly,
)
from graph.facts import Normaliser
from graph.store import Store, open_store
from graph.stores.sqlite import schema
from graph.stores.sqlite.store import SqliteStore
from tests.stores.contract import STORES, Ground, company, listing, person, share
from tests.stores.test_contract import USCC, WORLD


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    (kind,) = (kind for kind in STORES if kind.name == "sqlite")
    made = Ground(kind, tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def full(ground: Ground) -> Ground:
    """A store with something of everything."""
    ground.write(WORLD)
    more = company("c3", keys={"uscc": USCC}), person("p2", keys={"resident_id": "nothing good"})
    ground.write([
        *more,
        share("s2", "p2", "c3", "0.3333333333333333333", votes="0.5"),
        share("s1", "p1", "c1", "0.7", share_min="0.6", share_max="0.8"),
        {"kind": "invoice", "id": "i1", "from": "c1", "to": "c2", "amount": "113.00", "tax": "13",
         "currency": "USD", "at": "2021-05-01", "attrs": {"export": True}},
        {"kind": "close", "id": "l1", "valid_to": "2030-01-01"},
    ])  # fmt: skip
    ground.write([{"kind": "retract", "id": "c2"}, listing("l2", "c3")])
    assert ground.store.check() == []
    return ground


def raw(ground: Ground) -> apsw.Connection:
    return apsw.Connection(str(ground.folder / "facts.db"))


def tamper(ground: Ground, *statements: str) -> list[str]:
    """What `check` says after somebody changed the file behind the program's back."""
    db = raw(ground)
    for statement in statements:
        db.execute(statement)
        assert db.changes(), f"{statement} changed nothing"
    db.close()
    return ground.store.check()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE fact SET payload = '{\"name\":\"别人\"}' WHERE id = 'c1'",
        "UPDATE fact SET payload = '{' WHERE id = 'c1'",
        "UPDATE fact SET value = 1 WHERE id = 's1'",
        "UPDATE fact SET vt = 5 WHERE id = 's1'",
        "UPDATE fact SET vf = 5 WHERE id = 'c1'",
        "UPDATE fact SET a = b WHERE id = 's2'",
        "UPDATE fact SET a = 10000 WHERE id = 's2'",
        "UPDATE fact SET id = 'other' WHERE id = 's2'",
        "UPDATE fact SET kind = 21 WHERE id = 's2'",
        "UPDATE fact SET digest = zeroblob(16) WHERE id = 's2'",
        "UPDATE fact SET extra = NULL WHERE id = 's2'",
        "UPDATE fact SET extra = '{\"votes\":\"0.9\"}' WHERE id = 's2'",
        "UPDATE fact SET extra = '{\"role\":\"x\"}' WHERE id = 'c1'",
        "UPDATE fact SET extra = '{' WHERE id = 's2'",
        "UPDATE fact SET batch = 2 WHERE id = 'c1'",
        "UPDATE fact SET batch = 9 WHERE id = 'l2'",
        "UPDATE fact SET first = 2 WHERE id = 's1'",
        "UPDATE fact SET dataset = 2 WHERE id = 'c1'",
        "DELETE FROM fact WHERE id = 'c1'",
        "DELETE FROM fact WHERE id = 'l2'",
        "DELETE FROM retraction WHERE batch = 3",
        "UPDATE retraction SET seq = 1 WHERE batch = 3",
        "UPDATE retraction SET batch = 3 WHERE batch = 2",
        "INSERT INTO retraction (seq, batch) VALUES (1, 1)",
        "INSERT INTO retraction (seq, batch) VALUES (999, 1)",
        "UPDATE record SET current = -current WHERE id = 'c1'",
        "UPDATE record SET current = 1 WHERE id = 's1'",
        "UPDATE record SET first = 1 WHERE id = 's1'",
        "UPDATE record SET kind = 2 WHERE id = 'c1'",
        "DELETE FROM record WHERE id = 'c1'",
        "UPDATE identifier SET canonical = 'cn:uscc:x' WHERE canonical IS NOT NULL",
        "UPDATE identifier SET value = '91350100M000100Y99' WHERE canonical IS NOT NULL",
        "UPDATE identifier SET reason = NULL, canonical = 'cn:person:x' WHERE reason IS NOT NULL",
        "DELETE FROM identifier WHERE canonical IS NOT NULL",
        "UPDATE batch SET recorded_at = recorded_at - 1 WHERE no = 2",
        "UPDATE batch SET name = zeroblob(32) WHERE no = 1",
        "UPDATE batch SET facts = facts + 1 WHERE no = 1",
        "DELETE FROM batch WHERE no = 2",
        "UPDATE dataset SET name = 'e'",
    ],
)
def test_check_finds_tampering(full: Ground, statement: str) -> None:
    problems = tamper(full, statement)
    assert problems
    assert all("\n" not in problem for problem in problems)


def test_check_names_the_fact_and_the_batch(full: Ground) -> None:
    problems = tamper(full, "UPDATE fact SET value = 1 WHERE id = 's2'")
    assert problems == ["facts: d:s2 was altered"]
    assert any("batch 2" in p for p in tamper(full, "DELETE FROM fact WHERE id = 's2'"))


def test_check_counts_where_there_is_much(full: Ground) -> None:
    full.write([company(f"x{i}") for i in range(60)])
    problems = tamper(full, "UPDATE fact SET vf = 5")
    assert len(problems) == 21
    assert problems[-1].startswith("and ")


QUESTIONS: tuple[Callable[[Store], object], ...] = (
    lambda store: store.batches(),
    lambda store: store.datasets(),
    lambda store: store.stats(),
    lambda store: list(store.facts()),
    lambda store: list(store.changes()),
    lambda store: store.history("d:x1"),
)


def test_check_of_a_damaged_file(full: Ground) -> None:
    """Pages overwritten at random: found, or (unused bytes) no harm; never anything else raised."""
    full.write([company(f"x{i}", name="名" * 50) for i in range(400)])
    full.store.close()
    whole = (full.folder / "facts.db").read_bytes()
    rng, found = random.Random(7), 0
    for _ in range(12):
        bad = bytearray(whole)
        at = rng.randrange(100, len(bad) - 600)
        bad[at : at + 500] = rng.randbytes(500)
        path = full.folder / "bad.db"
        path.write_bytes(bad)
        try:
            store = open_store(f"sqlite:///{path}")
        except StoreError:
            found += 1
            continue
        problems = store.check()
        found += bool(problems)
        for question in QUESTIONS:
            try:
                question(store)
            except LinkriskError as error:
                assert problems, error
            except (KeyError, ValueError, TypeError):
                assert problems  # read as text or numbers that they are not
        store.close()
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
    assert found >= 4


# -- opening ------------------------------------------------------------------------------------


def test_no_store(tmp_path: Path) -> None:
    with pytest.raises(NoStore, match="there is no store at"):
        open_store(f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(InputError, match="not a store's address"):
        open_store("postgres://x")
    with pytest.raises(InputError):
        open_store("facts.db")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(LinkriskError):
        open_store(f"sqlite:///{tmp_path}", create=True)


def test_folders_are_made(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/a/b/facts.db", create=True)
    assert store.check() == []
    store.close()


@pytest.mark.parametrize("content", [b"not a database, only a text" * 100, b"x", b"\0" * 5000])
def test_not_our_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "facts.db"
    path.write_bytes(content)
    for create in (False, True):
        with pytest.raises(StoreCorrupt):
            open_store(f"sqlite:///{path}", create=create)
    assert path.read_bytes() == content


@pytest.mark.parametrize("version", [0, 1, 99])
def test_another_program_s_database(tmp_path: Path, version: int) -> None:
    path = tmp_path / "facts.db"
    db = apsw.Connection(str(path))
    db.execute(f"CREATE TABLE fact (a); PRAGMA user_version = {version}")
    db.close()
    for create in (False, True):
        with pytest.raises(StoreCorrupt, match="not a store of this program"):
            open_store(f"sqlite:///{path}", create=create)


@pytest.mark.parametrize("made", ["nothing", "header"])
def test_a_store_whose_making_was_cut_short(tmp_path: Path, made: str) -> None:
    """Killed before the first table was there: it opens, empty, also to be asked."""
    path = tmp_path / "facts.db"
    path.touch()
    if made == "header":
        db = apsw.Connection(str(path))
        db.execute("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL")
        db.close()
        assert path.stat().st_size
    store = open_store(f"sqlite:///{path}")
    assert store.check() == []
    assert store.last_batch() == 0
    store.close()


def test_a_store_of_a_newer_program(ground: Ground) -> None:
    db = raw(ground)
    db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    db.close()
    with pytest.raises(SchemaVersion, match=f"has schema {schema.VERSION + 1}"):
        ground.again()


def test_upgrades_run_in_order_and_once(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.write(WORLD)
    ground.store.close()
    now = schema.VERSION
    monkeypatch.setattr(schema, "VERSION", now + 2)
    monkeypatch.setattr(schema, "UPGRADES", {
        now: ("CREATE TABLE note (text TEXT) STRICT", "INSERT INTO note VALUES ('one')"),
        now + 1: ("ALTER TABLE note ADD COLUMN by TEXT", "UPDATE note SET by = 'two'"),
    })  # fmt: skip
    for _ in range(2):
        store = ground.again()
        assert store.check() == []
        assert sorted(f.name for f in store.facts()) == ["d:c1", "d:c2", "d:l1", "d:p1", "d:s1"]
        store.close()
        db = raw(ground)
        assert db.execute("SELECT * FROM note").fetchall() == [("one", "two")]
        assert db.execute("PRAGMA user_version").fetchone() == (now + 2,)
        db.close()


def test_an_upgrade_that_fails_leaves_the_old_store(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.write(WORLD)
    ground.store.close()
    now = schema.VERSION
    monkeypatch.setattr(schema, "VERSION", now + 1)
    monkeypatch.setattr(schema, "UPGRADES", {
        now: ("CREATE TABLE note (text)", "SELECT nonsense"),
    })  # fmt: skip
    with pytest.raises(StoreError):
        ground.again()
    monkeypatch.undo()
    store = ground.again()
    assert store.check() == []
    assert len(list(store.facts())) == 5
    store.close()
    db = raw(ground)
    assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'note'").fetchone() == (0,)
    db.close()


def test_durable_settings(ground: Ground) -> None:
    store = ground.store
    assert isinstance(store, SqliteStore)
    settings = {
        name: store.db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "application_id")
    }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "application_id": schema.APPLICATION_ID,
    }


def test_a_backup_is_a_store_to_work_with(full: Ground) -> None:
    full.store.backup(full.folder / "copy.db")
    assert sorted(p.name for p in full.folder.glob("copy*")) == ["copy.db"]  # one plain file
    copy = open_store(f"sqlite:///{full.folder}/copy.db")
    assert isinstance(copy, SqliteStore)
    assert copy.db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert copy.check() == []
    copy.close()


def test_a_backup_that_fails_leaves_nothing(full: Ground) -> None:
    with pytest.raises(StoreFull, match="could not be written"):
        full.store.backup(full.folder / "no such folder" / "copy.db")
    (full.folder / "copy.db").write_text("mine")
    with pytest.raises(Conflict):
        full.store.backup(full.folder / "copy.db")
    assert (full.folder / "copy.db").read_text() == "mine"
    assert not list(full.folder.glob("*.partial"))


def test_closing_while_others_read_and_write(ground: Ground) -> None:
    """They end with a clear error, never with the process; what was acknowledged is there."""
    ground.write([company(f"x{i}", name="名" * 50) for i in range(3000)])
    store, acknowledged, ended = ground.store, [3000], []
    normaliser = Normaliser("d", store.id_key)
    started = threading.Barrier(5)

    def read() -> None:
        started.wait()
        try:
            while True:
                assert sum(len(delta.seq) for delta in store.changes()) >= 3000
        except StoreError as error:
            ended.append(str(error))

    def write() -> None:
        started.wait()
        try:
            for n in count():
                rows = [normaliser.row({"kind": "company", "id": f"w{n}-{i}"}) for i in range(50)]
                acknowledged.append(store.write(f"w{n}", rows).loaded)
        except StoreError as error:
            ended.append(str(error))

    threads = [threading.Thread(target=work) for work in (read, read, read, write)]
    for thread in threads:
        thread.start()
    started.wait()
    while len(acknowledged) < 3:
        time.sleep(0.01)
    store.close()
    for thread in threads:
        thread.join(30)
    assert ended == ["the store was closed"] * 4
    with pytest.raises(StoreError, match="was closed"):
        store.last_batch()
    again = ground.again()
    assert again.check() == []
    assert sum(1 for _ in again.facts()) in {sum(acknowledged), sum(acknowledged) + 50}
    again.close()


# -- the id key ---------------------------------------------------------------------------------


def test_a_key_given_is_not_kept_in_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "a secret of the deployment"
    monkeypatch.setenv("LINKRISK_ID_KEY", secret)
    url = f"sqlite:///{tmp_path}/facts.db"
    store = open_store(url, create=True)
    key = store.id_key
    assert len(key) == 32
    store.close()
    store = open_store(url)
    assert store.id_key == key
    store.close()
    assert key not in (tmp_path / "facts.db").read_bytes()
    monkeypatch.setenv("LINKRISK_ID_KEY", "another secret, and so the wrong one")
    store = open_store(url)
    with pytest.raises(InputError, match="not the key"):
        _ = store.id_key
    store.close()
    monkeypatch.delenv("LINKRISK_ID_KEY")
    store = open_store(url)
    with pytest.raises(InputError, match="keeps no id key"):
        _ = store.id_key
    assert store.check() == []  # that much can be said without it
    store.close()


def test_every_store_has_a_key_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = []
    for name in ("a", "b"):
        store = open_store(f"sqlite:///{tmp_path}/{name}.db", create=True)
        keys.append(store.id_key)
        store.close()
    assert keys[0] != keys[1]
    monkeypatch.setenv("LINKRISK_ID_KEY", "too short")
    with pytest.raises(InputError, match="shorter than 16"):
        open_store(f"sqlite:///{tmp_path}/c.db", create=True)


# -- processes, full disks ----------------------------------------------------------------------


def test_many_processes_make_one_store(tmp_path: Path) -> None:
    code = (
        "import sys; from graph.store import open_store; from graph.facts import Normaliser\n"
        "s = open_store(sys.argv[1], create=True)\n"
        "n = Normaliser('d', s.id_key)\n"
        "s.write(sys.argv[2], [n.row({'kind': 'person', 'id': sys.argv[2]})]); s.close()\n"
    )
    url = f"sqlite:///{tmp_path}/facts.db"
    children = [
        subprocess.Popen([sys.executable, "-c", code, url, f"p{i}"], stderr=subprocess.PIPE,
                         env={**os.environ, "PYTHONPATH": str(Path.cwd())})
        for i in range(4)
    ]  # fmt: skip
    outcomes = [(child.communicate()[1].decode(), child.returncode) for child in children]
    assert outcomes == [("", 0)] * 4
    store = open_store(url)
    assert sorted(f.name for f in store.facts()) == [f"d:p{i}" for i in range(4)]
    assert store.check() == []
    store.close()


def max_pages(store: Store, pages: int) -> None:
    assert isinstance(store, SqliteStore)
    store.db.execute(f"PRAGMA max_page_count = {pages}")


def test_a_folder_without_room_for_the_log_is_said(full: Ground) -> None:
    """What a folder that is read-only does, also to who is never refused: there is no log."""
    full.store.close()
    for name in ("-wal", "-shm"):
        (full.folder / f"facts.db{name}").mkdir()
    with pytest.raises(StoreError, match="its folder has to be there and to be writable"):
        open_store(f"sqlite:///{full.folder}/facts.db")


def test_a_file_that_is_read_only_is_said(full: Ground) -> None:
    assert isinstance(full.store, SqliteStore)
    full.store.db.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreReadOnly, match="nothing was written"):
        full.write([company("later")])


def test_a_full_disk(ground: Ground) -> None:
    """SQLite's own limit on pages stands for the disk: it fails in the same way."""
    ground.write(WORLD)
    stats = ground.store.stats()
    max_pages(ground.store, stats["bytes"] // 8192 + 40)
    many = [company(f"x{i}", name="名" * 100) for i in range(5000)]
    with pytest.raises(StoreFull, match="nothing was half-written"):
        ground.write(many, "big")
    assert ground.store.last_batch() == 1
    assert ground.store.check() == []
    assert ground.write([company("c8")]).loaded == 1
    max_pages(ground.store, 2**31 - 2)
    assert ground.write(many, "big").loaded == 5000
    assert ground.store.check() == []


def test_another_writer_s_lock_is_waited_for(ground: Ground) -> None:
    store = ground.store
    assert isinstance(store, SqliteStore)
    store.db.execute("PRAGMA busy_timeout = 50")
    other = raw(ground)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        ground.write(WORLD)
    other.execute("ROLLBACK")
    other.close()
    assert ground.write(WORLD).loaded == 5


def test_the_index_a_cut_load_put_off_comes_back(ground: Ground) -> None:
    ground.write([company("c1", keys={"uscc": USCC})])
    db = raw(ground)
    db.execute("DROP INDEX identifier_canonical")
    query = "SELECT count(*) FROM sqlite_master WHERE name = 'identifier_canonical'"
    assert ground.store.bearers(f"cn:uscc:{USCC}") == ["d:c1"]
    ground.write([company("c2")])
    assert db.execute(query).fetchone() == (1,)
    db.execute("DROP INDEX identifier_canonical")
    assert ground.store.check() == []
    assert db.execute(query).fetchone() == (1,)
    db.close()
