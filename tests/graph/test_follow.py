"""A live graph that followed the store, one made from scratch and one from a saved base agree, and
a view once taken stays what it was."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.base import build
from graph.columns import Growing
from graph.disk import load, save
from graph.live import Live, open_live
from graph.snapshot import Snapshot, snapshot_of
from graph.store import Store, open_store
from graph.times import format_instant
from tests.graph.views import Fact, life, picture, write

SECOND = 1_000_000
START = 1_600_000_000 * SECOND


def moment(batch: int) -> int:
    return START + batch * SECOND


def at(batch: int) -> str:
    return format_instant(moment(batch))


def opened(folder: Path, name: str) -> Store:
    return open_store(f"sqlite:///{folder / name}", create=True)


def live_from(base: Any, store: Store) -> Live:
    live = Live(store, base)
    live.follow()
    return live


def all_ways_agree(folder: Path, batches: list[list[Fact]], saved_at: int) -> None:
    store = opened(folder, "facts.db")
    followed = open_live(store)
    views: dict[int, tuple[Snapshot, dict[str, Any]]] = {}
    path = folder / "saved"
    for number, facts in enumerate(batches, 1):
        write(store, facts, moment(number))
        view = snapshot_of(followed)
        views[number] = view, picture(view)
        if number == saved_at:
            save(build(store), path)
    newest = picture(snapshot_of(followed))
    base = load(path)
    assert base is not None
    lives = {
        "followed": followed,
        "from scratch, in memory": live_from(build(store), store),
        "from a saved base": live_from(base, store),
        "opened": open_live(store),
    }
    for way, live in lives.items():
        assert picture(snapshot_of(live)) == newest, way
        for number, (_, then) in views.items():
            assert picture(snapshot_of(live, at(number))) == then, (way, number)
    for number, (view, then) in views.items():
        assert picture(view) == then, f"the view of batch {number} has changed"
    # A store that never heard of the later batches says the same.
    cut = random.Random(len(batches)).randint(1, len(batches))
    twin = opened(folder, "twin.db")
    for number, facts in enumerate(batches[:cut], 1):
        write(twin, facts, moment(number))
    assert picture(snapshot_of(open_live(twin))) == views[cut][1]
    twin.close()
    store.close()


@pytest.fixture
def _one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names agree between stores of one key."""
    monkeypatch.setenv("LINKRISK_ID_KEY", "one and the same key")


lives = st.tuples(st.integers(0, 2**32), st.integers(1, 7))


@pytest.mark.usefixtures("_one_key")
@settings(max_examples=25, deadline=None)
@given(lives)
def test_all_ways_to_a_view_agree(drawn: tuple[int, int]) -> None:
    seed, saved_at = drawn
    with tempfile.TemporaryDirectory() as folder:
        all_ways_agree(Path(folder), life(random.Random(seed), 7), saved_at)


@pytest.mark.full
@pytest.mark.usefixtures("_one_key")
@settings(max_examples=150, deadline=None)
@given(lives)
def test_all_ways_agree_in_many_more_lives(drawn: tuple[int, int]) -> None:
    seed, saved_at = drawn
    with tempfile.TemporaryDirectory() as folder:
        all_ways_agree(Path(folder), life(random.Random(seed), 12, 15), saved_at)


def world(store: Store, batch: int = 1) -> None:
    write(store, [
        {"kind": "company", "id": "c1", "name": "甲", "valid_from": "2015-01-01"},
        {"kind": "company", "id": "c2"},
        {"kind": "person", "id": "p1", "name": "张三"},
        {"kind": "shareholder", "id": "s1", "from": "p1", "to": "c1", "share": "0.5"},
        {"kind": "listing", "id": "l1", "subject": "c1", "list": "black"},
    ], moment(batch))  # fmt: skip


LATER: dict[str, list[Fact]] = {
    "more of everything": [
        {"kind": "company", "id": "c3"},
        {"kind": "shareholder", "id": "s2", "from": "p1", "to": "c3", "share": "0.9"},
        {"kind": "listing", "id": "l2", "subject": "c1", "list": "red"},
    ],
    "corrections": [
        {"kind": "company", "id": "c1", "name": "乙", "valid_to": "2020-01-01"},
        {"kind": "shareholder", "id": "s1", "from": "p1", "to": "c2", "share": "0.6"},
        {"kind": "listing", "id": "l1", "subject": "c2", "list": "red"},
    ],
    "retractions": [{"kind": "retract", "id": i} for i in ("s1", "l1", "c1", "p1")],
    "one subject": [{"kind": "same_as", "id": "j", "from": "c1", "to": "c2"}],
    "a key": [{"kind": "company", "id": i, "keys": {"uscc": "91350100M000100Y43"}}
              for i in ("c1", "c2")],
    "an end": [{"kind": "close", "id": i, "valid_to": "2020-01-01"} for i in ("s1", "c1", "l1")],
}  # fmt: skip


@pytest.mark.parametrize("later", LATER)
def test_a_view_is_immutable(tmp_path: Path, later: str) -> None:
    store = opened(tmp_path, "facts.db")
    world(store)
    live = open_live(store)
    view = snapshot_of(live)
    before = picture(view)
    named = {text: view.resolve(text) for text in ("c1", "d:c2", "p1")}
    write(store, LATER[later], moment(2))
    # The store has moved on and the view has not, whether or not its live graph follows.
    for _ in range(2):
        assert picture(view) == before
        assert {text: view.resolve(text) for text in named} == named
        assert picture(snapshot_of(live)) != before
    past = snapshot_of(live, at(1))
    assert picture(past) == before
    store.close()


def test_names_of_the_past_are_resolved_as_of_then(tmp_path: Path) -> None:
    """A key that moved from one record to another leads to its bearer of that day."""
    store, key = opened(tmp_path, "facts.db"), "91350100M000100Y43"
    write(store, [{"kind": "company", "id": "c1", "keys": {"uscc": key}}], moment(1))
    live = open_live(store)
    first = snapshot_of(live)
    write(store, [{"kind": "company", "id": "c1"},
                  {"kind": "company", "id": "c2", "keys": {"uscc": key}}], moment(2))  # fmt: skip
    views = [first, snapshot_of(live, at(1)), snapshot_of(live)]
    found = [view.records(view.resolve(name)) for view in views for name in (key, f"cn:uscc:{key}")]
    assert found == [["d:c1"]] * 4 + [["d:c2"]] * 2
    store.close()


def test_a_write_between_two_questions_is_in_the_second(tmp_path: Path) -> None:
    store, other = opened(tmp_path, "facts.db"), opened(tmp_path, "facts.db")
    live = open_live(store)
    for number in range(1, 6):
        write(other, [{"kind": "company", "id": f"c{number}"}], moment(number))
        view = snapshot_of(live)
        assert len(view.subjects("company")) == number
        assert view.batch == number
    other.close()
    store.close()


def test_following_while_others_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store may be ahead of what is being followed: a bearer of a key that comes, or loses it,
    just then is grouped in the next view, not in this one."""
    store, other = opened(tmp_path, "facts.db"), opened(tmp_path, "facts.db")
    key = {"keys": {"uscc": "91350100M000100Y43"}}
    write(store, [{"kind": "company", "id": "c1", **key}], moment(1))
    live = open_live(store)
    write(store, [{"kind": "company", "id": "c2", **key}], moment(2))
    ask, calls = store.last_batch, []

    def late() -> int:
        """The newest batch, and one more is written as soon as it was said."""
        found = ask()
        calls.append(found)
        if len(calls) == 2:
            write(other, [{"kind": "company", "id": "c1"}, {"kind": "company", "id": "c3", **key}],
                  moment(3))  # fmt: skip
        return found

    monkeypatch.setattr(store, "last_batch", late)
    live.follow()
    assert live.batch == 2
    view = snapshot_of(live, at(2))
    assert sorted(map(tuple, (view.records(int(n)) for n in view.subjects()))) == [
        ("d:c1", "d:c2"),
    ]
    view = snapshot_of(live)
    assert sorted(map(tuple, (view.records(int(n)) for n in view.subjects()))) == [
        ("d:c1",), ("d:c2", "d:c3"),
    ]  # fmt: skip
    other.close()
    store.close()


# -- the saved base -----------------------------------------------------------------------------


def test_a_base_is_saved_opened_and_made_anew(tmp_path: Path) -> None:
    store = opened(tmp_path, "facts.db")
    world(store)
    saved = tmp_path / "facts.db.snapshot"
    first = picture(snapshot_of(open_live(store)))
    assert saved.exists()
    made = saved.stat().st_mtime_ns
    assert picture(snapshot_of(open_live(store))) == first
    assert saved.stat().st_mtime_ns == made  # it was opened, not made again
    store.close()


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_base_is_made_anew(tmp_path: Path, seed: int) -> None:
    """Cut short or overwritten at its head, as a full disk or lost power leaves files."""
    store = opened(tmp_path, "facts.db")
    world(store)
    saved = tmp_path / "facts.db.snapshot"
    expected = picture(snapshot_of(open_live(store)))
    whole, rng = saved.read_bytes(), random.Random(seed)
    cut = rng.choice([0, 1, 8, 15, 40, rng.randrange(4096), rng.randrange(len(whole))])
    head = bytearray(whole[:4096])
    at = rng.randrange(8, 2000)
    head[at : at + 9] = rng.randbytes(9)
    saved.write_bytes(whole[:cut] if seed % 2 else bytes(head) + bytes(len(whole) - 4096))
    if seed % 2:
        assert picture(snapshot_of(open_live(store))) == expected
    else:  # zeros where columns were: told by its head, or else never looked like ours
        found = load(saved)
        assert found is None or found.name
    store.close()


def test_a_base_of_another_store_is_not_ours(tmp_path: Path) -> None:
    one, two = opened(tmp_path, "one.db"), opened(tmp_path, "two.db")
    world(one)
    world(two, 2)
    write(two, [{"kind": "company", "id": "c9"}], moment(3))
    open_live(one)
    expected = picture(snapshot_of(open_live(two)))
    (tmp_path / "one.db.snapshot").replace(tmp_path / "two.db.snapshot")
    assert picture(snapshot_of(open_live(two))) == expected
    one.close()
    two.close()


def test_a_store_put_back_from_an_older_copy(tmp_path: Path) -> None:
    """The base beside it is of a future that did not happen."""
    store = opened(tmp_path, "facts.db")
    world(store)
    expected = picture(snapshot_of(open_live(store)))
    store.backup(tmp_path / "copy.db")
    write(store, LATER["more of everything"], moment(2))
    (tmp_path / "facts.db.snapshot").unlink()
    open_live(store)
    store.close()
    for name in ("facts.db", "facts.db-wal", "facts.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "copy.db").rename(tmp_path / "facts.db")
    store = opened(tmp_path, "facts.db")
    assert picture(snapshot_of(open_live(store))) == expected
    store.close()


def test_a_place_where_no_base_can_be_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    store = opened(tmp_path, "facts.db")
    world(store)
    monkeypatch.setattr("graph.live.save", full)
    view = snapshot_of(open_live(store))
    assert len(view.subjects()) == 3
    assert picture(view)["rows"]
    store.close()


def test_a_base_that_is_far_behind_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.live._STALE", 3)
    store = opened(tmp_path, "facts.db")
    world(store)
    open_live(store)
    write(store, LATER["more of everything"], moment(2))
    assert open_live(store).tail_facts == 3  # one of them a relation
    write(store, LATER["corrections"], moment(3))
    live = open_live(store)
    assert (live.tail_facts, live.base_batch) == (0, 3)
    store.close()


@pytest.mark.parametrize(
    ("later", "copied"),
    [
        ("more of everything", set()),
        ("an end", {"node_version", "node_vt"}),
        ("corrections", {"node_version", "node_vf", "node_vt"}),  # no beginning is said any more
        ("one subject", {"rep", "nxt", "node_vf"}),  # one record's beginning is the other's too
    ],
)
def test_a_write_copies_only_what_changes_of_known_records(
    tmp_path: Path, later: str, copied: set[str]
) -> None:
    """A mapped base has room behind its columns, where what comes is appended."""
    store = opened(tmp_path, "facts.db")
    world(store)
    live = open_live(store)
    columns = [live.rows.arrays, live.nodes.arrays, live.versions.arrays]
    before = {name: array for arrays in columns for name, array in arrays.items()}
    write(store, LATER[later], moment(2))
    live.follow()
    columns = [live.rows.arrays, live.nodes.arrays, live.versions.arrays]
    now = {name: array for arrays in columns for name, array in arrays.items()}
    assert {name for name in before if now[name] is not before[name]} == copied
    store.close()


# -- growing arrays -----------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 1500), max_size=8), st.integers(0, 5))
def test_growing_arrays(sizes: list[int], room: int) -> None:
    """Against plain lists; views taken before stay what they were, appended to or copied."""
    growing = Growing({"a": np.empty(room, np.int32), "b": np.empty(room, np.int64)}, 0)
    expected: list[int] = []
    views = []
    for size in sizes:
        more = list(range(growing.length, growing.length + size))
        growing.extend(a=np.array(more, np.int32), b=np.array(more, np.int64) * 7)
        expected += more
        views.append((growing.view("a"), list(expected)))
        assert growing.length == len(expected)
        assert growing.view("b").tolist() == [7 * n for n in range(len(expected))]
        if size % 2 and expected:
            growing.own("a")
            growing.arrays["a"][0] = expected[0] = -size
        for view, then in views:
            assert view.tolist() == then
            assert view.dtype == np.int32
