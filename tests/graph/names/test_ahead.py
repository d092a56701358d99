"""What is found by name is made before anybody asks, by one process for all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graph.live import base_path, open_live
from graph.names import ahead, index, masked
from graph.names.ahead import ahead as make_ahead
from graph.names.index import has_names, names_path
from graph.names.masked import MaskIndex, find_masked, masked_path
from graph.snapshot import snapshot_of
from graph.store import Store
from tests.graph.names.threads import at_once

Write = Callable[..., Store]
FACTS = [
    *({"kind": "person", "id": f"p{n}", "name": f"张{n}"} for n in range(5)),
    {"kind": "phone", "id": "t1", "keys": {"e164": "13800138000"}},
]


@pytest.fixture
def kept(write: Write) -> Store:
    store = write(FACTS)
    open_live(store)
    return store


def never(*_: object) -> None:
    raise AssertionError("it was made in this process")


def test_another_process_makes_what_is_large(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_FEW", 0)
    live = open_live(kept)
    child = make_ahead(live)
    assert child is not None
    assert child.wait(60) == 0
    monkeypatch.setattr(index, "_built", never)
    monkeypatch.setattr(MaskIndex, "_made", never)
    view = snapshot_of(live)
    assert [name for node in view.search("张3") for name in view.records(node)] == ["d:p3"]
    assert [view.record_name(node) for node in find_masked(view, "138****8000")] == ["d:t1"]
    assert make_ahead(open_live(kept)) is None  # it is mapped


def test_what_is_small_is_made_at_once(kept: Store) -> None:
    live = open_live(kept)
    path = base_path(kept)
    assert path is not None
    assert not has_names(live, names_path(path))
    assert make_ahead(live) is None
    assert has_names(live, names_path(path))


def test_an_empty_store_needs_nothing(store: Store) -> None:
    assert make_ahead(open_live(store)) is None


def test_several_that_want_identifiers_at_once_make_them_once(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, make = [], MaskIndex._made
    monkeypatch.setattr(MaskIndex, "_made", lambda *args: made.append(args) or make(*args))
    lives = [open_live(kept) for _ in range(4)]
    at_once([live.masks for live in lives])
    assert len(made) == 1
    path = base_path(kept)
    assert path is not None
    assert masked_path(path).is_file()
    for live in lives:
        assert masked.find_masked(snapshot_of(live), "138****8000")
