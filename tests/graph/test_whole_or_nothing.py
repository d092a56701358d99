"""A step of a live graph that fails anywhere leaves it where it was; the next one catches up."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graph import follow
from graph.base import build
from graph.columns import Growing
from graph.errors import StoreError
from graph.live import Live
from graph.snapshot import Snapshot, snapshot_of
from graph.store import BatchInfo, Delta, Store, open_store
from tests.graph.views import USCCS, life, picture, write


class Failing:
    """A store whose feed comes a batch at a time, and that fails at one of the steps of a read:
    every call, and every block of the feed before and after it is handed out."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.frozen: int | None = None  # the newest batch, where it is to seem older
        self.left: int | None = None  # steps until it fails
        self.steps: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def _step(self, name: str) -> None:
        self.steps.append(name)
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise StoreError(f"injected at {name}")

    def last_batch(self) -> int:
        self._step("last_batch")
        return self.frozen if self.frozen is not None else self.store.last_batch()

    def datasets(self) -> list[str]:
        self._step("datasets")
        return self.store.datasets()

    def batches(self, since: int = 0) -> list[BatchInfo]:
        self._step("batches")
        return self.store.batches(since)

    def changes(self, since: int = 0, upto: int | None = None) -> Iterator[Delta]:
        self._step("changes")
        for no in range(since, upto or self.store.last_batch()):
            for delta in self.store.changes(no, no + 1):
                self._step("block")
                yield delta
                self._step("after a block")


def started(folder: Path, seed: int) -> tuple[Failing, Live, Snapshot, dict[str, Any]]:
    """A live graph that has a tail already, and a store that is some batches further."""
    store: Any = Failing(open_store(f"sqlite:///{folder / 'facts.db'}", create=True))
    batches = life(random.Random(seed), 10, 12)
    batches[7].append({"kind": "company", "id": "key", "keys": {"uscc": USCCS[0]}})
    for number, facts in enumerate(batches[:4], 1):
        write(store, facts, number)
    live = Live(store, build(store, processes=1))
    for number, facts in enumerate(batches[4:6], 5):
        write(store, facts, number)
    view = snapshot_of(live)
    before = picture(view)
    for number, facts in enumerate(batches[6:], 7):
        write(store, facts, number)
    return store, live, view, before


def assert_unmoved(store: Failing, live: Live, view: Snapshot, before: dict[str, Any]) -> None:
    store.left = None
    store.frozen = view.batch
    assert picture(view) == before
    assert picture(snapshot_of(live)) == before
    store.frozen = None


def assert_catches_up(live: Live, view: Snapshot, before: dict[str, Any]) -> None:
    store = live.store
    now = picture(snapshot_of(live))
    assert now == picture(snapshot_of(Live(store, build(store, processes=1)))) != before
    assert picture(view) == before
    assert picture(snapshot_of(live, view.known_at)) == before


@pytest.mark.parametrize("seed", range(6))
def test_a_store_that_fails_at_any_step(tmp_path: Path, seed: int) -> None:
    """It fails at the first step, then at the second, and so on, with no good one in between."""
    store, live, view, before = started(tmp_path, seed)
    failures = 0
    while True:
        store.left, store.steps = failures, []
        try:
            live.follow()
        except StoreError:
            assert_unmoved(store, live, view, before)
            failures += 1
        else:
            break
    store.left = None
    assert failures == len(store.steps)
    assert set(store.steps) >= {"last_batch", "datasets", "changes", "block", "after a block",
                                "batches"}  # fmt: skip
    assert_catches_up(live, view, before)
    store.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_failure_at_any_step_is_made_good(tmp_path: Path, seed: int) -> None:
    """As it fails once, at each step in turn; what it took in before does not come twice."""
    for failing in range(40):
        folder = tmp_path / str(failing)
        folder.mkdir()
        store, live, view, before = started(folder, seed)
        store.left = failing
        try:
            live.follow()
        except StoreError:
            assert_unmoved(store, live, view, before)
        else:
            return
        assert_catches_up(live, view, before)
        store.close()
    pytest.fail("it has more steps than that")


@pytest.mark.parametrize("where", ["make_index", "join", "tie", "in_order", "labels_of", "own"])
def test_memory_that_is_used_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    store, live, view, before = started(tmp_path, 1)

    def used_up(*_: object, **__: object) -> None:
        raise MemoryError

    holder: Any = Growing if where == "own" else follow
    kept: Callable[..., Any] = getattr(holder, where)
    monkeypatch.setattr(holder, where, used_up)
    with pytest.raises(MemoryError):
        live.follow()
    monkeypatch.setattr(holder, where, kept)
    assert_unmoved(store, live, view, before)
    assert_catches_up(live, view, before)
    store.close()
