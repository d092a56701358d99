"""The index of a store's names: kept beside the base, made once, followed, never stale."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from graph.disk import load
from graph.facts import Normaliser
from graph.live import Live, base_path, open_live
from graph.names import index
from graph.names.index import names_path
from graph.rebuild import main as rebuild
from graph.snapshot import Snapshot, snapshot_of
from graph.store import Store
from tests.graph.names.threads import at_once

Write = Callable[..., Store]


@pytest.fixture
def kept(write: Write) -> Store:
    store = write([{"kind": "person", "id": f"p{n}", "name": f"张{n}"} for n in range(5)])
    open_live(store)
    return store


def beside(store: Store) -> Path:
    path = base_path(store)
    assert path is not None
    return names_path(path)


def called(view: Snapshot, text: str) -> list[str]:
    return [name for node in view.search(text, 50) for name in view.records(node)]


def no_making(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the index was made again")

    monkeypatch.setattr(index, "_built", never)


def test_it_is_made_once_and_mapped_afterwards(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert called(snapshot_of(open_live(kept)), "张3") == ["d:p3"]
    assert beside(kept).is_file()
    no_making(monkeypatch)
    assert called(snapshot_of(open_live(kept)), "张3") == ["d:p3"]


def test_several_that_want_it_at_once_make_it_once(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, built = [], index._built
    monkeypatch.setattr(index, "_built", lambda *args: made.append(args) or built(*args))
    lives = [open_live(kept) for _ in range(4)]
    at_once([live.names for live in lives])
    assert len(made) == 1
    assert all(called(snapshot_of(live), "张3") == ["d:p3"] for live in lives)


def test_a_rebuilt_base_comes_with_its_index(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    row = Normaliser("d", kept.id_key).row({"kind": "person", "id": "p9", "name": "李四"})
    kept.write("b2", [row])
    rebuild(1, kept.url)
    no_making(monkeypatch)
    live = open_live(kept)
    assert live.base_batch == 2
    assert called(snapshot_of(live), "李四") == ["d:p9"]


def test_an_index_of_other_names_is_not_used(kept: Store) -> None:
    """As where a name was erased from the base: zeros stand where it was."""
    live = open_live(kept)
    live.names()
    labels = live.texts["label"]
    labels.data[: labels.offsets[1]] = 0
    other = Live(kept, _base(kept, labels.data))
    assert called(snapshot_of(other), "张0") == []
    assert called(snapshot_of(other), "张1") == ["d:p1"]


def _base(store: Store, data: np.ndarray) -> object:
    path = base_path(store)
    assert path is not None
    base = load(path)
    assert base is not None
    base.arrays["label*"] = data
    return base


def test_a_file_that_is_none_is_made_again(kept: Store) -> None:
    for content in (b"", b"LRSNAP05", b"x" * 5000):
        beside(kept).write_bytes(content)
        assert called(snapshot_of(open_live(kept)), "张3") == ["d:p3"]
        assert load(beside(kept)) is not None


def test_where_nothing_can_be_kept_it_is_made_in_memory(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(index, "save", full)
    assert called(snapshot_of(open_live(kept)), "张3") == ["d:p3"]


def test_pieces_of_the_tail_are_put_together(kept: Store) -> None:
    live, normaliser = open_live(kept), Normaliser("d", kept.id_key)
    live.names()
    for n in range(40):
        fact = {"kind": "person", "id": f"q{n}", "name": f"李{n}"}
        kept.write(f"m{n}", [normaliser.row(fact)])
        view = snapshot_of(live)
        assert called(view, f"李{n}")[:1] == [f"d:q{n}"]
        assert len(view.name_segments()) <= 6
    assert set(called(snapshot_of(live), "李")) == {f"d:q{n}" for n in range(40)}


def test_an_empty_store_has_no_names(store: Store) -> None:
    assert called(snapshot_of(open_live(store)), "张") == []
