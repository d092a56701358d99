"""What whoever reads the database, or the list of processes, does not get to see."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

import graph.children
from graph.base import build
from graph.live import open_live
from graph.rebuild import fresher
from graph.store import Store, open_store
from graph.stores.copying import Copying, copy
from tests.graph.test_gather import content
from tests.graph.test_snapshot import wait_for_newer
from tests.neo4j_server.served import Served
from tests.stores.contract import company, emptied
from tests.stores.lives import ACCOUNT, MOBILE, PASSWORD, RESIDENT, Life, with_password


@contextmanager
def lived(folder: Path, key: bytes | None = None) -> Iterator[Copying]:
    """A Neo4j store that has seen everything."""
    with closing(open_store(emptied(folder), create=True, id_key=key)) as store:
        life = Life(store)
        life.begin()
        life.undo()
        yield cast(Copying, store)


def dumped(served: Served) -> str:
    """Every property of every node and relationship, and every name in the schema."""
    found: list[Any] = []
    for text in ("MATCH (n) RETURN labels(n), properties(n)",
                 "MATCH ()-[r]->() RETURN type(r), properties(r)",
                 "SHOW INDEXES YIELD *"):  # fmt: skip
        found += served.driver.execute_query(text).records
    assert len(found) > 40
    return json.dumps([list(record) for record in found], default=str, ensure_ascii=False)


def test_identifiers_and_the_key_are_not_in_the_graph(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless plain ones are asked for; the facts are the same then."""
    with lived(tmp_path) as store:
        key, masked, text = store.id_key, list(store.facts()), dumped(served)
        assert store.check() == []
    for secret in (RESIDENT, MOBILE, ACCOUNT):
        assert secret not in text
        assert secret[:-1] not in text
        assert secret in str(masked)
    assert key.hex() not in text.lower()
    assert str(list(key)) not in text
    assert "138****8000" in text  # they are there, by their ends
    monkeypatch.setenv("LINKRISK_NEO4J_PLAIN", "1")
    with lived(tmp_path, key) as store:
        text = dumped(served)
        assert [told(fact) for fact in store.facts()] == [told(fact) for fact in masked]
        monkeypatch.delenv("LINKRISK_NEO4J_PLAIN")
        with closing(open_store(served.uri)) as again:  # as it was made
            assert list(again.facts()) == list(store.facts())
        assert store.check() == []
    for identifier in (RESIDENT, MOBILE, ACCOUNT):
        assert identifier in text
    assert key.hex() not in text.lower()


def told(fact: Any) -> Any:
    """A fact without the moments of undone loads, which the clock gave."""
    return [getattr(fact, name) for name in fact.__slots__
            if name not in {"recorded_at", "retracted_at"}]  # fmt: skip


def test_plain_and_masked_stores_copy_into_each_other(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.db"
    with lived(tmp_path) as store:
        facts = list(store.facts())
        store.backup(path)
    monkeypatch.setenv("LINKRISK_NEO4J_PLAIN", "1")
    with closing(open_store(f"sqlite:///{path}")) as kept:
        assert list(kept.facts()) == facts
        plain = open_store(emptied(tmp_path), create=True, id_key=kept.id_key)
        with closing(plain):
            copy(cast(Copying, kept), cast(Copying, plain))
            assert list(plain.facts()) == facts
            assert plain.batches() == kept.batches()
            assert plain.check() == []


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Command lines of processes that are started meanwhile: as the system lists them."""
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("this system lists no command lines in /proc")
    found: list[tuple[str, str]] = []
    start = graph.children.start_module

    def listed(module: str, *args: str, **more: Any) -> subprocess.Popen[bytes]:
        child = start(module, *args, **more)  # it waits for its input
        line, deadline = "", time.monotonic() + 30
        while module not in line and time.monotonic() < deadline:  # it may be between two programs
            line = Path(f"/proc/{child.pid}/cmdline").read_bytes().decode()
        found.append((module, line))
        return child

    for module in ("gather", "rebuild"):
        monkeypatch.setattr(f"graph.{module}.start_module", listed)
    return found


def opened(served: Served, folder: Path) -> Store:
    """A store whose address has a password in it."""
    return open_store(with_password(served, emptied(folder)), create=True)


def test_no_command_line_has_the_password(
    served: Served,
    started: list[tuple[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LINKRISK_CACHE", str(tmp_path))
    password = (served.auth or ("", PASSWORD))[1]
    with closing(opened(served, tmp_path)) as store:
        assert password in store.url
        assert password not in store.shown
        life = Life(store)
        life.begin()
        assert content(build(store, processes=3)) == content(build(store, processes=1))
        live = open_live(store)
        live.tail_limit = 0
        life.write([company("c9")], "more")
        live.follow()
        newer = wait_for_newer(live)
        assert newer.base_batch == store.last_batch()
        assert fresher(newer) is newer
    assert [module for module, _ in started] == ["graph.gather", "graph.gather", "graph.rebuild"]
    for module, line in started:
        assert module in line
        assert password not in line
    assert password not in Path(f"/proc/{os.getpid()}/cmdline").read_bytes().decode()
