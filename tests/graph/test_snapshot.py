"""What a snapshot is asked by name: subjects, labels, listings, rows on a day; a new base."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from graph.errors import BadFact, UnknownSubject
from graph.heap import Texts, arrow, pack
from graph.live import Live, base_path, open_live
from graph.rebuild import fresher
from graph.snapshot import Snapshot, open_snapshot, snapshot_of
from graph.store import Store
from graph.times import day_end
from tests.graph.views import USCCS, picture, write

Write = Callable[..., Store]
PHONE, RESIDENT = "13800138000", "11010519491231002X"


@pytest.fixture
def view(write: Write) -> Snapshot:
    store = write([
        {"kind": "company", "id": "c1", "name": "华夏貿易有限公司", "keys": {"uscc": USCCS[0]},
         "valid_from": "2010-01-01", "valid_to": "2020-01-01"},
        {"kind": "company", "id": "c2", "name": "ＡＢＣ Trading"},
        {"kind": "person", "id": "p1", "name": "张三", "keys": {"resident_id": RESIDENT}},
        {"kind": "phone", "id": "t1", "keys": {"e164": PHONE}},
        {"kind": "account", "id": "a1"}, {"kind": "account", "id": "a2"},
        {"kind": "shareholder", "id": "s1", "from": "p1", "to": "c1", "share": "0.6",
         "votes": "0.7", "valid_from": "2009-01-01", "valid_to": "2030-01-01"},
        {"kind": "transfer", "id": "x1", "from": "a1", "to": "a2", "amount": "5.00",
         "at": "2015-06-01T10:00:00"},
        {"kind": "listing", "id": "l1", "subject": "c1", "list": "black", "domain": "tax",
         "decided_on": "2018-01-01", "until": "2019-01-01"},
        {"kind": "listing", "id": "l2", "subject": "c1", "list": "red", "decided_on": "2017-01-01"},
    ])  # fmt: skip
    write([{"kind": "company", "id": "c1", "name": "分公司"}, {"kind": "company", "id": "e"}],
          dataset="other")  # fmt: skip
    return open_snapshot(store)


def test_subjects_have_many_names(view: Snapshot) -> None:
    node = view.resolve(USCCS[0])
    for name in ("d:c1", f"cn:uscc:{USCCS[0]}", USCCS[0].lower(), f" {USCCS[0]} "):
        assert view.resolve(name) == node
    assert view.canonical(node) == f"cn:uscc:{USCCS[0]}"
    assert view.records(node) == ["d:c1"]
    assert view.kind_name(node) == "company"
    person = view.resolve("p1")
    assert view.resolve(RESIDENT) == view.resolve(view.canonical(person)) == person
    assert RESIDENT not in view.canonical(person)
    assert view.resolve(f"+86 {PHONE}") == view.resolve("t1")
    assert view.canonical(view.resolve("e")) == "other:e"


@pytest.mark.parametrize(("name", "said"), [
    ("c1", "2 subjects are named 'c1': write dataset:id"), ("nobody", "no subject is named"),
    ("d:nobody", "no subject is named"), ("none:c1", "no subject is named"), ("", "no subject"),
    (USCCS[1], "no subject is named"), ("s1", "no subject is named"), ("x" * 500, "no subject"),
])  # fmt: skip
def test_names_of_nobody_and_of_many(view: Snapshot, name: str, said: str) -> None:
    with pytest.raises(UnknownSubject, match=said):
        view.resolve(name)


def test_labels(view: Snapshot) -> None:
    labels = {view.canonical(n): view.label(n) for n in view.subjects("company").tolist()}
    assert labels == {f"cn:uscc:{USCCS[0]}": "华夏貿易有限公司", "d:c2": "ＡＢＣ Trading",
                      "other:c1": "分公司", "other:e": "other:e"}  # fmt: skip


@pytest.mark.parametrize(("text", "found"), [
    ("华夏贸易", ["d:c1"]), ("華夏貿易", ["d:c1"]), ("abc", ["d:c2"]), ("ＡＢＣ", ["d:c2"]),
    ("ABC\u3000trading", ["d:c2"]),
    ("c t", ["d:c2"]), (".", []), ("ǰ", []), ("公司", ["other:c1", "d:c1"]),
    ("nothing", []), ("", []), ("张三", ["d:p1"]),
])  # fmt: skip
def test_search(view: Snapshot, text: str, found: list[str]) -> None:
    """Width, case and traditional characters do not matter; shorter names first."""
    assert [view.records(node)[0] for node in view.search(text)] == found
    assert view.search(text, 1) == view.search(text)[:1]


@pytest.mark.parametrize(("day", "holds"), [
    ("2009-06-01", False),  # the holding was, the company was not yet
    ("2009-12-31", False), ("2010-01-01", True), ("2019-12-31", True), ("2020-01-01", False),
])  # fmt: skip
def test_a_state_holds_while_it_and_both_its_ends_do(view: Snapshot, day: str, holds: bool) -> None:
    rows = view.rows("shareholder", day_end(day)).tolist()
    assert [view.fact_id(row) for row in rows] == (["d:s1"] if holds else [])


def test_an_event_counts_once_it_happened(view: Snapshot) -> None:
    days = ("2015-05-31", "2015-06-01", "2040-01-01")
    assert [len(view.rows("transfer", day_end(day))) for day in days] == [0, 1, 1]


def test_evidence(view: Snapshot) -> None:
    (row,) = view.rows("shareholder").tolist()
    assert view.extra(row) == {"votes": "0.7"}
    assert list(view.extras("shareholder")) == [(row, {"votes": "0.7"})]
    assert list(view.extras("guarantee")) == []
    (row,) = view.rows(["transfer", "guarantee", "transfer"]).tolist()
    assert (view.fact_id(row), view.extra(row)) == ("d:x1", {})
    assert view.fact_ids([row, row]) == ["d:x1", "d:x1"]


def test_listings(view: Snapshot) -> None:
    node = view.resolve("d:c1")
    assert [entry["fact"] for entry in view.listings(node)] == ["d:l2", "d:l1"]
    in_force = {day: [entry["list"] for entry in view.listings(node, day_end(day))]
                for day in ("2016-12-31", "2017-01-01", "2018-06-01", "2019-01-01")}  # fmt: skip
    assert in_force == {"2016-12-31": [], "2017-01-01": ["red"], "2018-06-01": ["red", "black"],
                        "2019-01-01": ["red"]}  # fmt: skip
    assert view.listings(node)[1] == {
        "fact": "d:l1", "valid_from": "2018-01-01", "valid_to": "2019-01-01", "list": "black",
        "domain": "tax", "decided_on": "2018-01-01", "until": "2019-01-01",
    }  # fmt: skip
    assert view.listings(view.resolve("p1")) == []


def test_an_empty_store_has_a_snapshot(store: Store) -> None:
    view = open_snapshot(store)
    assert (view.n, view.batch) == (0, 0)
    assert view.subjects().tolist() == []
    assert view.rows("shareholder", day_end("2020-01-01")).tolist() == []
    assert view.name.startswith("sha256:")
    assert picture(view)["rows"] == {}
    live = open_live(store)
    write(store, [{"kind": "company", "id": "c1"}], 1)
    assert len(snapshot_of(live).subjects()) == 1


def test_before_everything_nothing_was_known(view: Snapshot, store: Store) -> None:
    past = open_snapshot(store, "1999-01-01")
    assert (past.batch, past.subjects().tolist()) == (0, [])
    assert past.name != view.name
    with pytest.raises(UnknownSubject):
        past.resolve("d:c1")
    assert open_snapshot(store, "2999-01-01T00:00:00Z").name == view.name
    for text in ("yesterday", "2020-02-30", ""):
        with pytest.raises(BadFact):
            open_snapshot(store, text)


# -- a new base beside the service --------------------------------------------------------------


def wait_for_newer(live: Live) -> Live:
    deadline = time.monotonic() + 60
    newer = fresher(live)
    while newer is live and live.rebuilding is not None and time.monotonic() < deadline:
        time.sleep(0.02)
        newer = fresher(live)
    return newer


def test_a_long_tail_is_merged_beside(store: Store) -> None:
    write(store, [{"kind": "company", "id": "c"}], 1)
    live = open_live(store)
    assert fresher(live) is live
    live.tail_limit = 3
    facts = [{"kind": "guarantee", "id": f"g{i}", "from": "c", "to": "c"} for i in range(5)]
    write(store, facts, 2_000_000)
    view = snapshot_of(live)
    before = picture(view)
    newer = wait_for_newer(live)
    assert newer is not live
    assert (newer.tail_facts, newer.base_batch) == (0, 2)
    assert picture(snapshot_of(newer)) == picture(view) == before
    # Both follow on.
    write(store, [{"kind": "retract", "id": "g0"}], 3_000_000)
    assert picture(snapshot_of(newer)) == picture(snapshot_of(live)) != before


def test_processes_that_ask_at_once_share_one_new_base(store: Store) -> None:
    write(store, [{"kind": "company", "id": "c"}], 1)
    first, second = open_live(store), open_live(store)
    first.tail_limit = second.tail_limit = 1
    facts = [{"kind": "guarantee", "id": f"g{i}", "from": "c", "to": "c"} for i in range(5)]
    write(store, facts, 2_000_000)
    first.follow()
    second.follow()
    path = base_path(store)
    assert path is not None
    assert wait_for_newer(first) is not first
    made = path.stat().st_ino
    assert wait_for_newer(second) is not second
    assert path.stat().st_ino == made


def test_a_merge_that_fails_is_not_tried_again_at_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, [{"kind": "company", "id": "c"}], 1)
    live = open_live(store)
    live.tail_limit = 1
    write(
        store, [{"kind": "guarantee", "id": f"g{i}", "from": "c", "to": "c"} for i in range(2)], 2
    )
    live.follow()
    monkeypatch.setattr("graph.rebuild.sys.executable", "/bin/false")
    assert wait_for_newer(live) is live
    assert live.tail_limit == 2
    assert fresher(live) is live
    assert live.rebuilding is None


@pytest.mark.parametrize("alphabet", ["ab:~19", "ab名é𠮷"])
def test_many_texts_are_each_what_they_are_alone(alphabet: str) -> None:
    """Gathered as one or read one by one, ASCII or not, empty ones and repeats among them."""
    rng = random.Random(5)
    said = ["".join(rng.choices(alphabet, k=rng.randrange(9))) for _ in range(300)]
    texts = Texts(*pack(arrow(said)))
    for size in (0, 1, 31, 32, 500):
        at = [rng.randrange(300) for _ in range(size)]
        assert texts.many(at) == [said[i] for i in at]
    longer = texts.longer(["more"])
    assert longer.many([*range(301)]) == [*said, "more"]


def test_currencies_are_those_carried(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def paid(number: int, **more: str) -> dict[str, object]:
        return {"kind": "transfer", "id": f"x{number}", "from": "a1", "to": "a2", "amount": "5",
                "at": "2015-06-01", **more}  # fmt: skip

    some = [{"channel": "app"}, {}, {"currency": "USD"}, {"currency": "JPY", "channel": "app"}]
    ends = [{"kind": "account", "id": "a1"}, {"kind": "account", "id": "a2"}]
    live = open_live(write([*ends, *(paid(n, **some[n % 4]) for n in range(12))]))
    write([paid(n, **some[n % 4]) for n in range(12, 20)])
    view = snapshot_of(live)
    rows = view.rows("transfer")
    said = {row: extra["currency"] for row, extra in view.extras("transfer") if "currency" in extra}
    assert len(said) == 10
    assert view.currencies(rows) == said
    monkeypatch.setattr("graph.views.relations._FEW", 0)
    assert view.currencies(rows) == said
    assert view.currencies(rows[:7]) == {row: said[row] for row in rows[:7].tolist() if row in said}
