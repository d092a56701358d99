"""Several processes gather the same columns as one, and one that ends early is an error."""

from __future__ import annotations

import io
import pickle
import random
import subprocess
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import gather
from graph.base import Base, build
from graph.children import start_module
from graph.collect import labels_of
from graph.columns import sort_rows
from graph.errors import LinkriskError, NoStore
from graph.heap import arrow
from graph.store import BatchInfo, Store, open_store
from tests.graph.views import life, write


def filled(folder: Path, seed: int, batches: int = 8) -> Store:
    store = open_store(f"sqlite:///{folder / 'facts.db'}", create=True)
    for number, facts in enumerate(life(random.Random(seed), batches, 12), 1):
        write(store, facts, number)
    return store


def content(base: Base) -> dict[str, Any]:
    arrays = {name: (array.dtype.str, array.tobytes()) for name, array in base.arrays.items()}
    return {"batch": base.batch, "name": base.name, "counts": base.counts, **arrays}


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 4))
def test_several_processes_build_the_same_bytes(seed: int, processes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = filled(Path(folder), seed)
        assert content(build(store, processes=processes)) == content(build(store, processes=1))
        store.close()


def test_progress_reaches_all_facts(tmp_path: Path) -> None:
    store = filled(tmp_path, 1)
    told: list[int] = []
    build(store, told.append, processes=3)
    assert told[-1] == store.batches()[-1].last_seq
    assert told == sorted(told)
    store.close()


def test_a_store_without_facts(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'facts.db'}", create=True)
    assert content(build(store, processes=3)) == content(build(store, processes=1))
    store.close()


@pytest.mark.parametrize("program", ["/bin/false", "/bin/true"])
def test_a_process_that_ends_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    store = filled(tmp_path, 2)
    monkeypatch.setattr("graph.children.sys.executable", program)
    with pytest.raises(LinkriskError, match="ended before its work was done"):
        build(store, processes=2)
    build(store, processes=1)
    store.close()


def test_a_process_that_is_killed_within_its_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, receive = filled(tmp_path, 3), gather.receive
    taken: list[Any] = []

    def one(source: Any) -> Any:
        if taken:
            raise EOFError
        taken.append(receive(source))
        return taken[0]

    monkeypatch.setattr(gather, "receive", one)
    with pytest.raises(LinkriskError, match="ended before its work was done"):
        build(store, processes=2)
    assert taken
    store.close()


def test_the_error_of_another_process_is_ours(tmp_path: Path) -> None:
    store = filled(tmp_path, 4)
    store.url = f"sqlite:///{tmp_path / 'moved.db'}"
    with pytest.raises(NoStore):
        build(store, processes=2)
    store.close()


@pytest.mark.parametrize("asked", [True, False])
def test_a_process_ends_with_its_caller(tmp_path: Path, asked: bool) -> None:
    store, pipe = filled(tmp_path, 5), subprocess.PIPE
    with start_module("graph.gather", stdin=pipe, stdout=pipe, stderr=pipe) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        if asked:
            pickle.dump((store.url, 0, 8), child.stdin)
        child.stdin.close()
        assert (child.wait(60), child.stderr.read()) == (0, b"")
    store.close()


def test_messages_arrive_whole_or_not_at_all() -> None:
    sink = io.BytesIO()
    gather.send(sink, {"a": np.arange(3), "b": arrow(["x", None, "二"]), "c": np.empty(0)})
    gather.send(sink, None)
    whole = sink.getvalue()
    source = io.BytesIO(whole)
    found = gather.receive(source)
    assert (found["a"].tolist(), found["b"].to_pylist(), len(found["c"])) == (
        [0, 1, 2], ["x", None, "二"], 0,
    )  # fmt: skip
    first = source.tell()
    assert gather.receive(source) is None
    for cut in range(first):
        with pytest.raises((EOFError, pickle.UnpicklingError)):
            gather.receive(io.BytesIO(whole[:cut]))


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.integers(1, 6))
def test_shares(sizes: list[int], count: int) -> None:
    ends = np.cumsum(sizes).tolist()
    batches = [BatchInfo(no, "", 0, 0, 0, end, b"", True, None) for no, end in enumerate(ends, 1)]
    bounds = gather.shares(batches, count)
    assert bounds == sorted(set(bounds))
    assert (bounds[0], bounds[-1], len(bounds) <= count + 1) == (0, len(sizes), True)
    held = [sum(sizes[low:high]) for low, high in pairwise(bounds)]
    assert max(held) <= sum(sizes) / count + max(sizes)  # a batch is not divided


@pytest.mark.parametrize("widest", [63, 0])
@settings(max_examples=60)
@given(rows=st.lists(st.tuples(st.integers(0, 255), st.integers(0, 2**31 - 1)), max_size=40))
def test_order_of_rows(widest: int, rows: list[tuple[int, int]]) -> None:
    code = np.array([row[0] for row in rows], np.uint8)
    node = np.array([row[1] for row in rows], np.int32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graph.columns._WIDEST", widest)
        order = sort_rows(code, node)
    assert order.tolist() == sorted(range(len(rows)), key=lambda row: rows[row])
    assert order.dtype == np.int32


def test_what_records_are_called() -> None:
    said = ['{"name":"甲","text":"x"}', '{"text":"y"}', "{}", None, "", '{"name":""}']
    assert labels_of(said) == ["甲", "y", "", "", "", ""]
    assert labels_of([]) == []
