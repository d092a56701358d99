"""The contract of a store, run on every one: batches, corrections, ends, the feed, undo."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import Conflict, NoStore, UnknownSubject
from graph.facts import Row
from graph.snapshot import open_snapshot
from graph.store import Written, open_store
from graph.times import INF, NEG, format_instant
from tests.stores.contract import (
    Ground,
    Kind,
    company,
    day,
    listing,
    person,
    replay,
    share,
    told,
)

WORLD = [person("p1"), company("c1"), company("c2"), share("s1", "p1", "c1"), listing("l1", "c1")]
USCC = "91350100M000100Y43"  # the example of GB 32100, as python-stdnum quotes it


# -- batches ------------------------------------------------------------------------------------


def test_a_batch_is_recorded_whole(ground: Ground) -> None:
    written = ground.write(WORLD)
    assert (written.batch, written.loaded, written.duplicates) == (1, 5, 0)
    assert not written.rejected
    assert not written.deferred
    (info,) = ground.store.batches()
    assert (info.no, info.id, info.facts, info.retractions) == (1, "b1", 5, 0)
    assert info.settled
    assert ground.store.last_batch() == 1
    assert ground.store.batch("b1") == info
    assert sorted(ground.current()) == ["d:c1", "d:c2", "d:l1", "d:p1", "d:s1"]


def test_texts_of_any_length(ground: Ground) -> None:
    """A name longer than a database indexes, an id as long as one may be, attributes of 1 MB."""
    long = company("c" * 512, name="名" * 20_000, attrs={"said": "x" * 1_000_000})
    assert ground.write([long, {"kind": "address", "id": "a1", "text": "路" * 9000}]).loaded == 2
    fact = ground.current()["d:" + "c" * 512]
    assert (len(fact.payload["name"]), len(fact.payload["attrs"]["said"])) == (20_000, 1_000_000)
    assert ground.store.check() == []


def test_a_batch_sent_again_changes_nothing(ground: Ground) -> None:
    ground.write(WORLD, "x")
    again = ground.write([company("c9")], "x")  # whatever it holds now
    assert again.repeated
    assert (again.batch, again.loaded) == (1, 0)
    assert ground.store.last_batch() == 1
    assert "d:c9" not in ground.current()


def test_equal_content_in_another_batch_is_a_duplicate(ground: Ground) -> None:
    ground.write(WORLD)
    again = ground.write(list(reversed(WORLD)))
    assert (again.batch, again.loaded, again.duplicates) == (None, 0, 5)
    assert ground.store.last_batch() == 1


def test_duplicates_within_a_batch_are_counted(ground: Ground) -> None:
    written = ground.write([company("c1"), company("c1"), company("c1")])
    assert (written.loaded, written.duplicates) == (1, 2)


def test_where_a_fact_stood_is_no_content(ground: Ground) -> None:
    ground.write([company("c1", source={"dataset": "d", "record": "17"})])
    again = ground.write([company("c1", source={"dataset": "d", "record": "99"})])
    assert again.duplicates == 1
    assert ground.current()["d:c1"].record == "17"


def test_an_error_in_the_middle_leaves_nothing(ground: Ground) -> None:
    """A batch that cannot be finished is not there at all, and its id is free."""
    ground.write([company("c1")])
    bad = [Row(1, "d", f"c{i}", None, None, NEG, INF, None, None, "{}", b"x" * 16, None, None,
               None, ()) for i in range(5)]  # fmt: skip
    bad.append(bad[0]._replace(id="c9", payload=None))  # type: ignore[arg-type]
    with pytest.raises(Exception, match=r".+"):
        ground.store.write("broken", bad)
    assert ground.store.last_batch() == 1
    assert ground.store.batch("broken") is None
    assert list(ground.current()) == ["d:c1"]
    assert ground.store.check() == []
    assert ground.write([company("c2")], "broken").loaded == 1


def test_recorded_at_never_runs_backwards(ground: Ground) -> None:
    ground.write([company("c1")], recorded_at=1_000)
    ground.write([company("c2")], recorded_at=500)
    assert [b.recorded_at for b in ground.store.batches()] == [1_000, 1_000]


def test_batch_at_a_moment(ground: Ground) -> None:
    for moment in (100, 200, 200, 300):
        ground.write([company(f"c{moment}-{ground.store.last_batch()}")], recorded_at=moment)
    found = {at: ground.store.batch_at(at) for at in (99, 100, 199, 200, 299, 300, 10**15)}
    assert {at: info.no if info else None for at, info in found.items()} == {
        99: None, 100: 1, 199: 1, 200: 3, 299: 3, 300: 4, 10**15: 4,
    }  # fmt: skip


def test_settling(ground: Ground) -> None:
    ground.write([company("c1")], "a", settled=False)
    ground.write([company("c2")], "b", settled=False)
    ground.write([company("c3"), share("s", "nobody", "c3")], "c")  # something was rejected
    assert [b.settled for b in ground.store.batches()] == [False, False, False]
    ground.store.settle(["a", "no such batch"])
    assert [b.settled for b in ground.store.batches()] == [True, False, False]


def test_the_file_of_a_batch_is_cited(ground: Ground) -> None:
    ground.write([company("c1")], file=("reg.jsonl", "00ff"))
    fact = ground.current()["d:c1"]
    assert (fact.file, fact.record) == ("reg.jsonl", "1")
    (info,) = ground.store.batches()
    assert info.file == "reg.jsonl"


# -- corrections, retractions, closing ----------------------------------------------------------


def test_a_correction_retracts_and_records_anew(ground: Ground) -> None:
    ground.write(WORLD)
    written = ground.write([share("s1", "p1", "c1", "0.6")])
    assert (written.loaded, written.duplicates) == (1, 0)
    old, new = ground.store.history("d:s1")
    assert (old.payload["share"], new.payload["share"]) == ("0.5", "0.6")
    assert old.retracted_at == new.recorded_at
    assert new.retracted_at is None
    assert (old.first, new.first) == (old.seq, old.seq)
    info = ground.store.batch("b2")
    assert info is not None
    assert (info.facts, info.retractions) == (1, 1)


def test_history_is_complete(ground: Ground) -> None:
    for name in ("甲", "乙", "丙"):
        ground.write([company("c1", name=name)])
    ground.write([{"kind": "retract", "id": "c1"}])
    ground.write([company("c1", name="丁")])
    history = ground.store.history("d:c1")
    assert [f.payload["name"] for f in history] == ["甲", "乙", "丙", "丁"]
    assert [f.batch for f in history] == [1, 2, 3, 5]
    assert [f.retracted_at is None for f in history] == [False, False, False, True]
    assert ground.store.history("d:nobody") == []
    assert ground.store.history("nowhere:c1") == []


def versioned(version: str | None, name: str) -> dict[str, object]:
    source = {"dataset": "d"} | ({"version": version} if version else {})
    return company("c1", name=name, source=source)


@pytest.mark.parametrize(
    ("old", "new", "wins"),
    [
        ("2", "1", False),
        ("2", "10", True),  # numbers compare as numbers
        ("2022-01-05", "2021-12-31", False),
        ("2", "2", True),  # not older: changed content corrects
        (None, "1", True),
        ("1", None, True),
        ("9" * 5000, "1" + "0" * 5000, True),
    ],
)
def test_an_older_version_of_the_source_loses(
    ground: Ground, old: str | None, new: str | None, wins: bool
) -> None:
    ground.write([versioned(old, "旧")])
    written = ground.write([versioned(new, "新")])
    assert (written.loaded, written.duplicates) == ((1, 0) if wins else (0, 1))
    assert ground.current()["d:c1"].payload["name"] == ("新" if wins else "旧")


def test_versions_of_one_batch_in_any_order(ground: Ground) -> None:
    ground.write([versioned("2", "新"), versioned("1", "旧")])
    assert ground.current()["d:c1"].payload["name"] == "新"
    ground.write([versioned("3", "三"), versioned("4", "四")])
    assert ground.current()["d:c1"].payload["name"] == "四"
    assert ground.store.check() == []


def test_one_file_cannot_say_two_things_of_one_id(ground: Ground) -> None:
    written = ground.write([company("c1", name="甲"), company("c1", name="乙")])
    assert written.loaded == 1
    assert ground.reasons(written) == [(1, "id", "the same id with other content in one file")]
    ground.write([company("c2", name="甲")], "f/0", file=("f", "00"))
    later = ground.write([company("c2", name="乙")], "f/1", file=("f", "00"))
    assert [reason for *_, reason in ground.reasons(later)] == [
        "the same id with other content in one file"
    ]
    other = ground.write([company("c2", name="乙")], "g/0", file=("g", "11"))
    assert other.loaded == 1


def test_retraction(ground: Ground) -> None:
    ground.write(WORLD)
    written = ground.write([{"kind": "retract", "id": "s1"}])
    assert (written.loaded, written.duplicates) == (1, 0)
    assert "d:s1" not in ground.current()
    again = ground.write([{"kind": "retract", "id": "s1"}])
    assert (again.batch, again.duplicates) == (None, 1)
    unknown = ground.write([{"kind": "retract", "id": "s9"}])
    assert ground.reasons(unknown) == [(0, "id", "no fact is named 's9'")]


def test_a_retraction_finds_its_fact(ground: Ground) -> None:
    """Its own dataset first, then `dataset:id`, then the only dataset that has it."""
    ground.write([company("x"), company("y"), company("only"), company("d2:z")], dataset="d")
    ground.write([company("x"), company("y"), company("z")], dataset="d2")
    ground.write([{"kind": "retract", "id": "x"}], dataset="d2")
    ground.write([{"kind": "retract", "id": "d:y"}, {"kind": "retract", "id": "only"}],
                 dataset="fix")  # fmt: skip
    ground.write([{"kind": "retract", "id": "d2:z"}], dataset="d")  # an id of its own, with a colon
    assert sorted(ground.current()) == ["d2:y", "d2:z", "d:x"]
    ground.write([company("x")], dataset="d2")
    written = ground.write([{"kind": "retract", "id": "x"}], dataset="fix")
    assert ground.reasons(written) == [(0, "id", "2 datasets have 'x': write dataset:id")]


def test_a_retracted_fact_may_be_recorded_anew(ground: Ground) -> None:
    ground.write(WORLD)
    ground.write([{"kind": "retract", "id": "c2"}])
    written = ground.write([company("c2")])
    assert written.loaded == 1
    assert [f.retracted_at is None for f in ground.store.history("d:c2")] == [False, True]


def test_what_was_retracted_in_its_own_batch_was_never_known(ground: Ground) -> None:
    written = ground.write([company("c1"), {"kind": "retract", "id": "c1"}, company("c2")])
    assert written.loaded == 3
    assert list(ground.current()) == ["d:c2"]
    assert ground.store.check() == []


def test_a_file_sent_again_does_not_bring_back_what_others_changed(ground: Ground) -> None:
    mine = {"file": ("mine", "00")}
    ground.write([company("c1", name="甲"), company("c2")], **mine)
    ground.write([company("c1", name="乙"), {"kind": "retract", "id": "c2"}], file=("other", "11"))
    again = ground.write([company("c1", name="甲"), company("c2")], **mine)
    assert (again.batch, again.loaded, again.duplicates) == (None, 0, 2)
    assert {name: f.payload["name"] for name, f in ground.current().items()} == {"d:c1": "乙"}


def test_nor_does_its_retraction_or_closing_come_again(ground: Ground) -> None:
    mine = {"file": ("mine", "00")}
    operations = [
        {"kind": "retract", "id": "c1"},
        {"kind": "close", "id": "c2", "valid_to": "2020-01-01"},
    ]
    ground.write([company("c1"), company("c2")])
    assert ground.write(operations, **mine).loaded == 2
    assert ground.write([company("c1"), company("c2")], file=("other", "11")).loaded == 2
    again = ground.write(operations, **mine)
    assert (again.loaded, again.duplicates) == (0, 2)
    assert sorted(ground.current()) == ["d:c1", "d:c2"]
    assert ground.current()["d:c2"].vt == INF


def test_a_file_may_correct_and_retract_the_same_fact(ground: Ground) -> None:
    """What it corrected itself is not taken for what it retracted."""
    ground.write([company("c1", name="甲")])
    mine = {"file": ("mine", "00")}
    ground.write([company("c1", name="乙")], "m/0", **mine)
    assert ground.write([{"kind": "retract", "id": "c1"}], "m/1", **mine).loaded == 1
    assert ground.current() == {}


def test_closing(ground: Ground) -> None:
    ground.write([*WORLD, share("s2", "p1", "c2", valid_from="2015-03-01")])
    written = ground.write([{"kind": "close", "id": "s2", "valid_to": "2020-01-01"}])
    assert written.loaded == 1
    old, new = ground.store.history("d:s2")
    assert (old.vt, new.vf, new.vt) == (INF, day("2015-03-01"), day("2020-01-01"))
    assert (new.a, new.b, new.value, new.payload) == (old.a, old.b, old.value, old.payload)
    assert ground.write([{"kind": "close", "id": "s2", "valid_to": "2020-01-01"}]).duplicates == 1
    early = ground.write([{"kind": "close", "id": "s2", "valid_to": "2014-01-01"}])
    assert ground.reasons(early) == [(0, "valid_to", "ends before it begins")]
    assert ground.store.check() == []


def test_closing_keeps_keys_and_version(ground: Ground) -> None:
    fact = company("c1", keys={"uscc": USCC}, source={"dataset": "d", "version": "7"})
    ground.write([fact, {"kind": "close", "id": "c1", "valid_to": "2020-01-01"}])
    closed = ground.current()["d:c1"]
    assert closed.version == "7"
    assert ground.store.bearers(f"cn:uscc:{USCC}") == ["d:c1"]
    assert ground.store.check() == []


# -- ends ---------------------------------------------------------------------------------------


def ends(ground: Ground, name: str) -> tuple[str | None, str | None]:
    fact = ground.current()[name]
    return fact.a, fact.b


def test_order_within_a_batch_does_not_matter(ground: Ground) -> None:
    written = ground.write([listing("l1", "c1"), share("s1", "p1", "c1"), company("c1"),
                            person("p1")])  # fmt: skip
    assert written.loaded == 4
    assert ends(ground, "d:s1") == ("d:p1", "d:c1")


def test_an_end_is_looked_for_in_its_own_dataset_first(ground: Ground) -> None:
    ground.write([person("p1"), company("c1")], dataset="other")
    ground.write(WORLD, dataset="d")
    assert ends(ground, "d:s1") == ("d:p1", "d:c1")


def test_an_end_may_name_its_dataset(ground: Ground) -> None:
    ground.write([person("p1"), company("c1")], dataset="other")
    ground.write([company("c1"), share("s1", "other:p1", "c1")])
    assert ends(ground, "d:s1") == ("other:p1", "d:c1")


def test_an_end_may_be_a_canonical_id(ground: Ground) -> None:
    ground.write([company("c7", keys={"uscc": USCC})], dataset="other")
    ground.write([person("p1"), share("s1", "p1", f"cn:uscc:{USCC}")])
    assert ends(ground, "d:s1") == ("d:p1", "other:c7")


def test_a_canonical_id_of_many_bearers_is_any_of_them_the_same_in_every_order(
    ground: Ground,
) -> None:
    facts = [company(i, keys={"uscc": USCC}) for i in ("c9", "c3", "c5")]
    ground.write([*facts, person("p1"), share("s1", "p1", f"cn:uscc:{USCC}")])
    assert ends(ground, "d:s1") == ("d:p1", "d:c3")
    # One more bearer does not make the fact another one.
    ground.write([company("c1", keys={"uscc": USCC})])
    assert ground.write([share("s1", "p1", f"cn:uscc:{USCC}")]).duplicates == 1


def test_an_end_may_be_the_only_bearer(ground: Ground) -> None:
    ground.write([person("p1")], dataset="other")
    ground.write([company("c1"), share("s1", "p1", "c1")])
    assert ends(ground, "d:s1") == ("other:p1", "d:c1")
    # A second bearer later leaves what was recorded, and is a question only for new facts.
    ground.write([person("p1")], dataset="third")
    assert ground.write([share("s1", "p1", "c1")]).duplicates == 1
    written = ground.write([share("s2", "p1", "c1")])
    assert ground.reasons(written) == [(0, "from", "2 datasets have 'p1': write dataset:id")]


def test_an_end_that_was_retracted_is_nobody_else(ground: Ground) -> None:
    ground.write([person("p1"), company("c1")])
    ground.write([person("p1")], dataset="other")
    ground.write([{"kind": "retract", "id": "p1"}])
    written = ground.write([share("s1", "p1", "c1")])
    assert ground.reasons(written) == [(0, "from", "'p1' was retracted")]


def test_a_dangling_end_is_rejected(ground: Ground) -> None:
    written = ground.write([person("p1"), share("s1", "p1", "c9"), share("s2", "d:p8", "d:p1"),
                            listing("l1", "c9")])  # fmt: skip
    assert written.loaded == 1
    assert ground.reasons(written) == [
        (1, "to", "no record is named 'c9'"),
        (2, "from", "no record is named 'd:p8'"),
        (3, "subject", "no record is named 'c9'"),
    ]


def test_a_relation_is_nobody_s_end(ground: Ground) -> None:
    ground.write(WORLD)
    written = ground.write([listing("l2", "s1"), share("s3", "p1", "l1")])
    assert [column for _, column, _ in ground.reasons(written)] == ["subject", "to"]


def test_ends_have_the_kinds_of_the_model(ground: Ground) -> None:
    ground.write([*WORLD, {"kind": "account", "id": "a1"}, {"kind": "phone", "id": "t1"}])
    written = ground.write([
        share("x1", "a1", "c1"),
        share("x2", "c1", "p1"),
        {"kind": "call", "id": "x3", "from": "p1", "to": "t1", "at": "2020-01-01"},
        {"kind": "same_as", "id": "x4", "from": "p1", "to": "c1"},
        {"kind": "same_as", "id": "x5", "from": "c1", "to": "c2"},
        {"kind": "uses_phone", "id": "x6", "from": "a1", "to": "t1"},
    ])  # fmt: skip
    assert ground.reasons(written) == [
        (0, "from", "shareholder cannot have a account here"),
        (1, "to", "shareholder cannot have a person here"),
        (2, "from", "call cannot have a person here"),
        (3, "to", "joins two kinds"),
    ]
    assert written.loaded == 2


def test_one_id_names_one_kind_of_fact(ground: Ground) -> None:
    ground.write(WORLD)
    written = ground.write([person("c1"), share("p1", "p1", "c2"), listing("s1", "c1")])
    assert ground.reasons(written) == [
        (0, "id", "already names a company of this dataset"),
        (1, "id", "already names a person of this dataset"),
        (2, "id", "already names a shareholder of this dataset"),
    ]
    assert ground.write([person("c1")], dataset="other").loaded == 1


def test_deferred_rows_wait(ground: Ground) -> None:
    facts = [
        company("c1"),
        share("s1", "p1", "c1"),
        {"kind": "retract", "id": "c1"},
        share("s2", f"cn:uscc:{USCC}", "c1"),
        listing("l1", "c1"),
        listing("l2", "later"),
    ]
    written = ground.write(facts, defer=True)
    assert (written.loaded, written.deferred) == (2, [1, 2, 3, 5])
    (info,) = ground.store.batches()
    assert not info.settled
    assert sorted(ground.current()) == ["d:c1", "d:l1"]


# -- keys ---------------------------------------------------------------------------------------


def test_a_key_leads_to_its_bearers(ground: Ground) -> None:
    ground.write([company("c1", keys={"uscc": USCC}), company("c2")])
    ground.write([company("x", keys={"uscc": USCC.lower()})], dataset="e")
    canonical = f"cn:uscc:{USCC}"
    assert ground.store.bearers(canonical) == ["d:c1", "e:x"]
    ground.write([company("c1")])  # corrected: it has no key
    assert ground.store.bearers(canonical) == ["e:x"]
    assert ground.store.bearers("cn:uscc:none") == []
    found = []
    for info in ground.store.batches():
        view = open_snapshot(ground.store, format_instant(info.recorded_at))
        found.append(view.records(view.resolve(canonical)))
    assert found == [["d:c1"], ["d:c1", "e:x"], ["e:x"]]
    with pytest.raises(UnknownSubject):
        open_snapshot(ground.store, "1999-01-01").resolve(canonical)


def test_a_key_with_a_broken_checksum_loads_and_identifies_nobody(ground: Ground) -> None:
    broken = USCC[:-1] + "9"
    written = ground.write([company("c1", keys={"uscc": broken}),
                            company("c2", keys={"uscc": broken})])  # fmt: skip
    assert written.loaded == 2
    ((kind, value, reason, canonical),) = ground.current()["d:c1"].keys
    assert (kind, value, canonical) == ("uscc", broken, None)
    assert reason is not None
    assert ground.store.bearers(f"cn:uscc:{broken}") == []
    view = open_snapshot(ground.store)
    assert view.resolve("c1") != view.resolve("c2")


def test_a_bare_id_names_the_record_of_the_one_dataset_that_has_it(ground: Ground) -> None:
    ground.write([company("x"), person("y")])
    ground.write([person("x"), company("c"), share("z", "x", "c")], dataset="a")
    view = open_snapshot(ground.store)
    with pytest.raises(UnknownSubject, match="2 subjects"):
        view.resolve("x")
    ground.write([{"kind": "retract", "id": "x"}])
    later = open_snapshot(ground.store)
    assert later.record_name(later.resolve("x")) == "a:x"
    assert later.record_name(later.node_of("d:x")) == "d:x", "ends of facts outlive their record"
    for name in ("z", "d:x", "a:y", ":x", "b:x", "", "\ud800", "xx"):
        with pytest.raises(UnknownSubject):
            later.resolve(name)


# -- the change feed ----------------------------------------------------------------------------


def a_life(seed: int) -> list[list[dict[str, object]]]:
    """Batches of creations, corrections, retractions, closings and returns."""
    rng = random.Random(seed)
    batches = []
    for _ in range(8):
        facts: list[dict[str, object]] = []
        for _ in range(rng.randrange(1, 7)):
            c, p = f"c{rng.randrange(5)}", f"p{rng.randrange(4)}"
            facts.append(rng.choice([
                company(c, name=rng.choice("甲乙丙"), keys=rng.choice([{}, {"uscc": USCC}])),
                person(p, name=rng.choice("甲乙丙")),
                share(f"s{c}{p}", p, c, rng.choice(["0.1", "0.2"])),
                listing(f"l{c}", c, domain=rng.choice("ab")),
                {"kind": "retract", "id": rng.choice([c, p, f"s{c}{p}", f"l{c}"])},
                {"kind": "close", "id": rng.choice([c, f"s{c}{p}"]),
                 "valid_to": f"20{rng.randrange(10, 30)}-01-01"},
            ]))  # fmt: skip
        batches.append(facts)
    return batches


@pytest.mark.parametrize("seed", range(6))
def test_the_feed_replayed_is_the_current_state(ground: Ground, seed: int) -> None:
    followed = ({}, {})
    for facts in a_life(seed):
        before = ground.store.last_batch()
        ground.write(facts)
        followed = replay(ground.store, before, state=followed)
        current = {fact.seq: told(fact) for fact in ground.store.facts()
                   if fact.retracted_at is None}  # fmt: skip
        assert followed[0] == current
        assert replay(ground.store)[0] == current
        records = [fact.name for fact in ground.store.facts() if fact.retracted_at is None]
        assert len(records) == len(set(records)), "one current version a record"
    assert ground.store.check() == []


@pytest.mark.parametrize("seed", range(3))
def test_the_feed_up_to_a_batch_is_the_state_then(ground: Ground, seed: int) -> None:
    states = []
    for facts in a_life(100 + seed):
        ground.write(facts)
        states.append((ground.store.last_batch(), replay(ground.store)[0]))
    for batch, state in states:
        assert replay(ground.store, 0, batch)[0] == state
    assert replay(ground.store, upto=0)[0] == {}
    assert list(ground.store.changes(ground.store.last_batch())) == []


def test_the_feed_comes_in_blocks(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.stores.sqlite.read._BLOCK", 3)
    monkeypatch.setattr("graph.stores.neo4j.read.BLOCK", 3)
    ground.write(WORLD)
    ground.write([company(f"x{i}") for i in range(7)])
    assert len(replay(ground.store)[0]) == 12


# -- names --------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6))
def test_facts_of_a_batch_in_any_order_give_the_same_name(
    kind: Kind, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    facts = [
        *WORLD,
        company("k1", keys={"uscc": USCC}),
        company("k2", keys={"uscc": USCC}),
        share("k3", "p1", f"cn:uscc:{USCC}"),
        {"kind": "same_as", "id": "j1", "from": "c1", "to": "c2"},
        {"kind": "retract", "id": "l1"},
        {"kind": "close", "id": "s1", "valid_to": "2020-01-01"},
    ]
    shuffled = random.Random(seed).sample(facts, len(facts))
    names = []
    for order in (facts, shuffled):
        one = Ground(kind, tmp_path_factory.mktemp("name"))
        one.write(order, recorded_at=1_000)
        names.append(one.store.batches()[0].name)
        one.store.close()
    assert names[0] == names[1]


def test_two_stores_with_the_same_key_and_clock_agree(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKRISK_ID_KEY", "one and the same key")
    people = [person("p1", keys={"resident_id": "11010519491231002X"}), company("c1")]
    names = []
    for part in ("a", "b"):
        folder = tmp_path / part
        folder.mkdir()
        twin = Ground(ground.kind, folder)
        twin.write(people, recorded_at=7)
        twin.write([share("s1", "p1", "c1")], recorded_at=8)
        names.append([batch.name for batch in twin.store.batches()])
        names[-1].append(open_snapshot(twin.store).name.encode())
        twin.store.close()
    assert names[0] == names[1]


def test_later_batches_do_not_rename_an_earlier_view(ground: Ground) -> None:
    ground.write(WORLD, recorded_at=1_000_000)
    before = open_snapshot(ground.store).name
    ground.write([share("s1", "p1", "c1", "0.7"), {"kind": "retract", "id": "l1"}],
                 recorded_at=2_000_000)  # fmt: skip
    assert open_snapshot(ground.store).name != before
    assert open_snapshot(ground.store, "1970-01-01T08:00:01+08:00").name == before
    ground.store.undo("b2")
    assert open_snapshot(ground.store, "1970-01-01T08:00:01+08:00").name == before


# -- undo ---------------------------------------------------------------------------------------


def contents(ground: Ground) -> dict[str, tuple[object, ...]]:
    """Current facts without the numbers that count recordings."""
    return {name: told(fact)[:-1] for name, fact in ground.current().items()}


def test_undo_takes_back_a_batch_as_a_batch_of_its_own(ground: Ground) -> None:
    ground.write(WORLD)
    before = contents(ground)
    ground.write([company("c1", name="新"), person("p2"), share("s2", "p2", "c1"),
                  {"kind": "retract", "id": "l1"},
                  {"kind": "close", "id": "s1", "valid_to": "2020-01-01"}], "second")  # fmt: skip
    after = contents(ground)
    written = ground.store.undo("second")
    assert (written.batch, written.loaded) == (3, 7)
    assert contents(ground) == before
    assert [b.no for b in ground.store.batches()] == [1, 2, 3]
    assert len(ground.store.history("d:c1")) == 3
    assert ground.store.check() == []
    assert replay(ground.store)[0] == {f.seq: told(f) for f in ground.current().values()}
    # It may be sent again, under the same id.
    again = ground.write([company("c1", name="新"), person("p2"), share("s2", "p2", "c1"),
                          {"kind": "retract", "id": "l1"},
                          {"kind": "close", "id": "s1", "valid_to": "2020-01-01"}],
                         "second")  # fmt: skip
    assert not again.repeated
    assert again.loaded == 5
    assert contents(ground) == after
    assert ground.store.check() == []


def test_a_file_whose_batch_was_undone_loads_again(ground: Ground) -> None:
    mine = {"file": ("mine", "00")}
    ground.write([company("c1"), company("c2")], "m/0", **mine)
    ground.store.undo("m/0")
    assert ground.current() == {}
    assert ground.write([company("c1"), company("c2")], "m/0", **mine).loaded == 2


def test_undo_refuses_what_later_batches_changed(ground: Ground) -> None:
    ground.write(WORLD, "first")
    ground.write([share("s1", "p1", "c1", "0.7")], "second")
    with pytest.raises(Conflict, match="1 facts of this batch were changed"):
        ground.store.undo("first")
    ground.store.undo("second")


def test_undo_refuses_what_later_facts_refer_to(ground: Ground) -> None:
    ground.write([person("p1"), company("c1")], "first")
    ground.write([share("s1", "p1", "c1")], "second")
    with pytest.raises(Conflict, match="refer to records of this batch"):
        ground.store.undo("first")
    ground.store.undo("second")
    ground.store.undo("first")
    assert ground.current() == {}


def test_undo_refuses_a_retraction_that_was_made_good_since(ground: Ground) -> None:
    ground.write(WORLD, "first")
    ground.write([{"kind": "retract", "id": "l1"}], "second")
    ground.write([listing("l1", "c1", domain="new")], "third")
    with pytest.raises(Conflict, match="recorded anew"):
        ground.store.undo("second")
    ground.write([{"kind": "retract", "id": "l1"}], "fourth")
    with pytest.raises(Conflict, match="recorded anew"):
        ground.store.undo("second")
    assert ground.store.check() == []


def test_undo_of_an_undo_and_of_nothing(ground: Ground) -> None:
    ground.write(WORLD, "first")
    before = contents(ground)
    taken = ground.store.undo("first")
    (undoing,) = ground.store.batches(1)
    assert taken.batch == undoing.no
    ground.store.undo(undoing.id)
    assert contents(ground) == before
    assert ground.store.check() == []
    with pytest.raises(Conflict, match="no batch"):
        ground.store.undo("nothing of the kind")


# -- reading, counting, looking after -----------------------------------------------------------


def test_stats(ground: Ground) -> None:
    ground.write(WORLD)
    ground.write([company("c1", name="新"), {"kind": "retract", "id": "l1"}])
    stats = ground.store.stats()
    assert stats["kinds"] == {"company": 2, "person": 1, "shareholder": 1, "listing": 0}
    assert (stats["batches"], stats["versions"], stats["retractions"]) == (2, 6, 2)
    if ground.kind.capabilities.knows_size:
        assert stats["bytes"] > 0
    else:
        assert stats["bytes"] is None


def test_an_empty_store_is_whole(ground: Ground) -> None:
    assert ground.store.check() == []
    assert ground.store.last_batch() == 0
    assert ground.store.batches() == []
    assert list(ground.store.changes()) == []
    assert ground.store.stats()["newest"] is None
    assert ground.store.write("none", []) == Written()


def test_a_store_that_is_not_there(tmp_path: Path, ground: Ground) -> None:
    with pytest.raises(NoStore):
        open_store(ground.kind.url(tmp_path / "elsewhere"))


def test_another_opening_sees_what_was_acknowledged(ground: Ground) -> None:
    other = ground.again()
    try:
        for i in range(3):
            ground.write([company(f"c{i}")])
            assert other.last_batch() == i + 1
            assert other.history(f"d:c{i}")[0].recorded_at == other.batches(i)[0].recorded_at
    finally:
        other.close()


def test_readers_while_a_writer_writes(ground: Ground) -> None:
    if not ground.kind.capabilities.readers_while_writing:
        pytest.skip("this store cannot")
    stop = threading.Event()

    def read() -> int:
        store, looks = ground.again(), 0
        try:
            while not stop.is_set() or not looks:
                last = store.last_batch()
                versions = replay(store, 0, last)[0]
                # Batch i holds i facts: whole, or not there.
                assert len(versions) == last * (last + 1) // 2
                looks += 1
        finally:
            store.close()
        return looks

    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            for i in range(25):
                ground.write([company(f"c{i}-{j}") for j in range(i + 1)])
        finally:
            stop.set()
        assert all(reader.result() for reader in readers)


def test_writers_take_turns(ground: Ground) -> None:
    def write(name: str) -> None:
        for i in range(10):
            ground.store.write(
                f"{name}-{i}", ground.rows([company(f"{name}{i}"), company(f"shared{i}")])
            )

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(write, ("a", "b", "c"))) == [None] * 3
    assert len(ground.current()) == 40
    assert [b.no for b in ground.store.batches()] == list(range(1, 31))
    assert ground.store.check() == []


def test_backup_while_a_writer_writes(ground: Ground) -> None:
    if not ground.kind.capabilities.online_backup:
        pytest.skip("this store cannot")
    stop, count = threading.Event(), [0]

    def write() -> None:
        while not stop.is_set():
            ground.write([company(f"w{count[0]}-{j}") for j in range(3)], f"w{count[0]}")
            count[0] += 1

    ground.write([company(f"c{i}", name="名" * 200) for i in range(3000)])
    thread = threading.Thread(target=write)
    thread.start()
    try:
        while count[0] < 3:
            stop.wait(0.001)
        least = ground.store.last_batch()
        ground.store.backup(ground.folder / "copy.db")
    finally:
        stop.set()
        thread.join()
    copy = open_store(f"sqlite:///{ground.folder / 'copy.db'}")
    try:
        assert copy.check() == []
        assert copy.last_batch() >= least
        assert copy.id_key == ground.store.id_key
        assert replay(copy)[0] == replay(ground.store, 0, copy.last_batch())[0]
        assert [b.name for b in copy.batches()] == [
            b.name for b in ground.store.batches()[: copy.last_batch()]
        ]
    finally:
        copy.close()
    with pytest.raises(Conflict, match="already there"):
        ground.store.backup(ground.folder / "copy.db")


def test_a_bulk_load_is_like_any_other(ground: Ground) -> None:
    with ground.store.bulk():
        ground.write([company("c1", keys={"uscc": USCC})])
        ground.write([person("p1"), share("s1", "p1", f"cn:uscc:{USCC}")])
    assert ends(ground, "d:s1") == ("d:p1", "d:c1")
    assert ground.store.bearers(f"cn:uscc:{USCC}") == ["d:c1"]
    with pytest.raises(RuntimeError, match="stop"), ground.store.bulk():
        raise RuntimeError("stop")
    ground.write([company("c2", keys={"uscc": USCC})])
    assert ground.store.bearers(f"cn:uscc:{USCC}") == ["d:c1", "d:c2"]
    assert ground.store.check() == []


def test_a_file_that_ends_what_it_says_may_be_sent_again(ground: Ground) -> None:
    mine = {"file": ("mine", "00")}
    facts = [company("c1"), company("c2")]
    ends = [
        {"kind": "close", "id": "c1", "valid_to": "2020-01-01"},
        {"kind": "retract", "id": "c2"},
    ]
    ground.write(facts, **mine)
    ground.write(ends, **mine)
    for again in (ground.write(facts, **mine), ground.write(ends, **mine)):
        assert (again.loaded, again.duplicates, again.rejected) == (0, 2, [])
    assert ground.store.last_batch() == 2


def test_a_relation_sent_again_after_its_ends_were_retracted(ground: Ground) -> None:
    """It is still the fact that it was; only a new one needs ends that stand."""
    ground.write([person("p1"), company("c1")], dataset="other")
    facts = [share("s1", "p1", "c1"), share("s2", "other:p1", "other:c1")]
    ground.write(facts)
    ground.write([{"kind": "retract", "id": "other:p1"}])
    assert ground.write(facts).duplicates == 2
    written = ground.write([share("s3", "other:p1", "c1"), share("s1", "p1", "c1", "0.7")])
    assert [index for index, *_ in ground.reasons(written)] == [0]
    assert ground.current()["d:s1"].payload["share"] == "0.7"
