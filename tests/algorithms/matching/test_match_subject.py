"""Matching: keys decide, names are compared by their parts, common names are no evidence."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from rapidfuzz import fuzz

from algorithms.registry import ask
from graph.errors import WrongUsage
from graph.facts import Normaliser
from graph.names.folding import fold
from graph.snapshot import Snapshot, open_snapshot
from graph.store import Store

Write = Callable[..., Store]
AS_OF = "2021-12-31"
USCC, OTHER = "91350100M000100Y43", "91110000600037341L"
OUYANG, BORN, ANOTHER = "11010519491231002X", "1949-12-31", "110105198001010024"
PHONE, CARD = "13800138000", "6217000562083163181"


def rows(view: Snapshot, **asked: Any) -> list[dict[str, Any]]:
    from msgspec import to_builtins

    found = ask(view, "match_subject", {"name": "", "as_of": AS_OF, **asked})
    return to_builtins(found["results"])  # type: ignore[no-any-return]


def told(view: Snapshot, **asked: Any) -> dict[str, tuple[float, bool]]:
    return {row["id"]: (row["score"], row["match"]) for row in rows(view, **asked)}


@pytest.fixture
def view(write: Write) -> Snapshot:
    people = [
        {"kind": "person", "id": f"w{n}", "name": "王伟", "attrs": {"birth_date": f"197{n}-05-01"}}
        for n in range(3)
    ]
    return open_snapshot(write([
        *people,
        {"kind": "person", "id": "p1", "name": "欧阳明月", "keys": {"resident_id": OUYANG}},
        {"kind": "person", "id": "p2", "name": "欧阳明悦"},
        {"kind": "company", "id": "c1", "name": "深圳華夏貿易有限公司", "keys": {"uscc": USCC},
         "attrs": {"country": "cn"}},
        {"kind": "company", "id": "c2", "name": "北京华夏贸易有限公司"},
        {"kind": "company", "id": "c3", "name": "深圳华夏贸易有限公司广州分公司"},
        {"kind": "company", "id": "c4", "name": "Acme Holdings Ltd"},
        {"kind": "company", "id": "c5", "name": "甲乙丙物流有限公司"},
        {"kind": "company", "id": "c6", "name": "甲乙丙物流有限公司"},
        {"kind": "phone", "id": "t1", "keys": {"e164": PHONE}},
        {"kind": "account", "id": "a1", "keys": {"account": CARD}},
        {"kind": "address", "id": "d1", "text": "广东省深圳市罗湖区星湖街1号2018室"},
        {"kind": "uses_phone", "id": "u1", "from": "w1", "to": "t1", "valid_from": "2015-01-01"},
        {"kind": "uses_phone", "id": "u2", "from": "w2", "to": "t1", "valid_from": "2015-01-01",
         "valid_to": "2018-01-01"},
        {"kind": "holds_account", "id": "h1", "from": "c2", "to": "a1", "valid_from": "2015-01-01"},
        {"kind": "located_at", "id": "l1", "from": "c5", "to": "d1", "valid_from": "2015-01-01"},
    ]))  # fmt: skip


# -- official keys ------------------------------------------------------------------------------


def test_an_equal_key_decides_whatever_the_name(view: Snapshot) -> None:
    (first, *_) = rows(view, name="完全不同的名字", uscc=USCC)
    assert (first["id"], first["score"], first["match"]) == (f"cn:uscc:{USCC}", 1.0, True)
    assert first["features"]["key"] == 1.0
    assert told(view, uscc=USCC) == {f"cn:uscc:{USCC}": (1.0, True)}


def test_another_valid_key_decides_against_the_same_name(view: Snapshot) -> None:
    found = told(view, name="深圳华夏贸易有限公司", uscc=OTHER, cutoff=0)
    assert found[f"cn:uscc:{USCC}"] == (0.0, False)
    assert f"cn:uscc:{USCC}" not in told(view, name="深圳华夏贸易有限公司", uscc=OTHER)
    person = rows(view, name="欧阳明月", resident_id=ANOTHER, cutoff=0)
    assert {row["caption"]: row["score"] for row in person}["欧阳明月"] == 0.0


def test_an_invalid_key_is_not_used_and_that_is_said(view: Snapshot) -> None:
    found = ask(view, "match_subject", {"name": "深圳华夏贸易有限公司", "uscc": USCC[:-1] + "0"})
    assert found["results"][0].score == 0.92
    assert "wrong check digit" in found["notes"][0]
    with pytest.raises(WrongUsage, match="wrong check digit"):
        rows(view, uscc=USCC[:-1] + "0")


def test_a_key_of_another_kind_is_no_conflict(view: Snapshot) -> None:
    assert told(view, name="深圳华夏贸易有限公司", resident_id=OUYANG)[f"cn:uscc:{USCC}"][1]


# -- names of companies -------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "best", "low", "high", "match"), [
    ("深圳华夏贸易有限公司", f"cn:uscc:{USCC}", 0.92, 0.92, True),
    ("深圳華夏貿易有限責任公司", f"cn:uscc:{USCC}", 0.9, 0.92, True),  # the form is nearly nothing
    ("华夏贸易(深圳)有限公司", f"cn:uscc:{USCC}", 0.9, 0.92, True),
    ("ACME Holdings, Limited", "d:c4", 0.9, 0.92, True),
    ("Acme", "d:c4", 0.7, 0.92, True),
    ("上海华夏贸易有限公司", f"cn:uscc:{USCC}", 0.5, 0.6, False),  # another place is another firm
    ("深圳华夏物流有限公司", f"cn:uscc:{USCC}", 0.5, 0.6, False),  # and so is another trade
    ("深圳华夏贸易有限公司上海分公司", f"cn:uscc:{USCC}", 0.46, 0.46, False),  # a branch is a lead
])  # fmt: skip
def test_names_of_companies(
    view: Snapshot, name: str, best: str, low: float, high: float, match: bool
) -> None:
    first = rows(view, name=name, kind=["company"], cutoff=0.3)[0]
    assert first["id"] == best
    assert low <= first["score"] <= high
    assert first["match"] is match


def test_firms_of_one_name_are_told_apart_by_more_than_it(view: Snapshot) -> None:
    same = rows(view, name="甲乙丙物流有限公司")
    assert [(row["id"], row["match"]) for row in same] == [("d:c5", False), ("d:c6", False)]
    assert "equally alike" in same[0]["explanations"]["name_only"]["detail"]
    there = rows(view, name="甲乙丙物流有限公司", address="广东省深圳市罗湖区星湖街1号2018室")
    assert [(row["id"], row["match"]) for row in there] == [("d:c5", True), ("d:c6", False)] or (
        there[0]["id"], there[0]["match"]) == ("d:c5", True)  # fmt: skip
    assert there[0]["facts"] == ["d:l1"]
    assert rows(view, name="甲乙丙物流有限公司", exclude=["c6"])[0]["match"]


def test_a_former_name_is_found_and_said(write: Write) -> None:
    store = write([{"kind": "company", "id": "c1", "name": "深圳旧名贸易有限公司"}])
    new = {"kind": "company", "id": "c1", "name": "深圳新名贸易有限公司"}
    store.write("b2", [Normaliser("d", store.id_key).row(new)])
    (row,) = rows(open_snapshot(store), name="深圳旧名贸易有限公司")
    assert (row["caption"], row["score"]) == ("深圳新名贸易有限公司", round(0.92 * 0.95, 4))
    assert "former name" in row["explanations"]["name"]["detail"]


# -- people -------------------------------------------------------------------------------------


def test_a_common_name_alone_is_never_a_match(view: Snapshot) -> None:
    found = rows(view, name="王伟", kind=["person"], threshold=0.1)
    assert [row["match"] for row in found] == [False] * 3
    assert {row["score"] for row in found} == {0.5}
    assert "common name" in found[0]["explanations"]["name_only"]["detail"]


def test_a_name_that_one_person_bears_is_a_lead_and_no_match(view: Snapshot) -> None:
    first, second = rows(view, name="欧阳明月", cutoff=0.3)
    assert (first["caption"], first["score"], first["match"]) == ("欧阳明月", 0.68, False)
    assert (second["caption"], second["score"]) == ("欧阳明悦", round(0.68 * 0.6, 4))
    assert rows(view, name="欧阳明月", threshold=0.6)[0]["match"]


def test_a_birth_date_tells_people_of_one_name_apart(view: Snapshot) -> None:
    found = told(view, name="王伟", birth_date="1971-05-01", cutoff=0)
    assert found == {"d:w1": (0.85, True), "d:w0": (0.3, False), "d:w2": (0.3, False)}
    year = told(view, name="王伟", birth_date="1971", cutoff=0)
    assert year["d:w1"] == (1 - 0.5 * (1 - 0.35), False)
    resident = rows(view, name="欧阳明月", birth_date=BORN)
    assert (resident[0]["score"], resident[0]["match"]) == (round(1 - 0.32 * 0.3, 4), True)


def test_a_phone_counts_on_the_days_it_was_used(view: Snapshot) -> None:
    found = {row["id"]: row for row in rows(view, name="王伟", phone=[f"+86 {PHONE}"])}
    assert (found["d:w1"]["score"], found["d:w1"]["match"]) == (1 - 0.5 * 0.4, True)
    assert found["d:w1"]["facts"] == ["d:u1"]
    assert found["d:w2"]["score"] == 0.5
    before = told(view, name="王伟", phone=[PHONE], as_of="2016-01-01")
    assert before["d:w1"] == before["d:w2"] == (0.8, True)


def test_what_agrees_beside_another_name_is_half_of_it(view: Snapshot) -> None:
    by_account = told(view, name="毫不相干有限公司", account=[CARD], cutoff=0)
    assert by_account["d:c2"] == (0.4, False)
    assert told(view, name="", account=[CARD], kind=["company"], uscc=OTHER, cutoff=0)["d:c2"] == (
        0.8, True)  # fmt: skip


@pytest.mark.parametrize("name", ["Ouyang Mingyue", "mingyue OUYANG", "ouyangmingyue"])
def test_pinyin_is_a_lead(view: Snapshot, name: str) -> None:
    found = rows(view, name=name, kind=["person"])
    assert {row["caption"] for row in found} == {"欧阳明月", "欧阳明悦"}
    assert {row["score"] for row in found} == {round(0.68 * 0.8, 4)}
    assert not any(row["match"] for row in found)


def test_another_country_halves(view: Snapshot) -> None:
    assert rows(view, name="深圳华夏贸易有限公司", country="CN")[0]["score"] == 0.92
    assert rows(view, name="深圳华夏贸易有限公司", country="us", cutoff=0)[0]["score"] < 0.56
    found = told(view, name="深圳华夏贸易有限公司", country="us", cutoff=0)
    assert found[f"cn:uscc:{USCC}"] == (0.46, False)


# -- what is shown ------------------------------------------------------------------------------


def test_things_are_meant_themselves_where_nothing_else_is(view: Snapshot) -> None:
    (phone, *users) = rows(view, phone=[PHONE])
    assert (phone["kind"], phone["score"]) == ("phone", 1.0)
    assert [row["id"] for row in users] == ["d:w1"]
    assert all(row["kind"] != "phone" for row in rows(view, name="王伟", phone=[PHONE]))


def test_identifiers_are_masked(view: Snapshot) -> None:
    found = rows(view, name=f"王伟 {PHONE}", phone=[PHONE], birth_date="1971-05-01", cutoff=0)
    assert PHONE not in str(found)
    assert "138****8000" in str(found)
    assert "1971-05-01" not in str(found)


def test_excluded_and_unchanged_subjects_are_not_shown(write: Write) -> None:
    store = write([{"kind": "company", "id": "c1", "name": "深圳华夏贸易有限公司"}])
    more = {"kind": "company", "id": "c2", "name": "深圳华夏贸易有限公司"}
    store.write("b2", [Normaliser("d", store.id_key).row(more)])
    view = open_snapshot(store)
    ids = {"d:c1", "d:c2"}
    name = "深圳华夏贸易有限公司"
    assert set(told(view, name=name)) == ids
    assert set(told(view, name=name, exclude=["d:c1", "nobody"])) == {"d:c2"}
    assert set(told(view, name=name, changed_since="1")) == {"d:c2"}
    assert set(told(view, name=name, changed_since="0")) == ids
    assert told(view, name=name, changed_since="2") == {}
    assert told(view, name=name, changed_since=view.known_at) == {}
    assert set(told(view, name=name, changed_since="2001-01-01")) == ids


def test_a_listing_is_a_change(write: Write) -> None:
    store = write([{"kind": "company", "id": "c1", "name": "深圳华夏贸易有限公司"}])
    row = {"kind": "listing", "id": "l1", "subject": "c1", "list": "black", "domain": "tax",
           "decided_on": "2021-01-01"}  # fmt: skip
    store.write("b2", [Normaliser("d", store.id_key).row(row)])
    view = open_snapshot(store)
    assert set(told(view, name="深圳华夏贸易有限公司", changed_since="1")) == {"d:c1"}


def test_rows_stop_at_the_limit_and_at_the_cutoff(view: Snapshot) -> None:
    assert len(rows(view, name="王伟", limit=2)) == 2
    assert rows(view, name="王伟", cutoff=0.51) == []


@pytest.mark.parametrize(("asked", "said"), [
    ({"name": ""}, "nothing to match by"), ({"name": " \u3000"}, "nothing to match by"),
    ({"name": "x", "kind": ["firm"]}, "kind: one of company"),
    ({"name": "x", "birth_date": "yesterday"}, "birth_date: a date or its year"),
    ({"name": "x", "birth_date": "1980-1-1"}, "birth_date"),
    ({"name": "x" * 401}, "name"), ({"name": "x", "address": "y" * 401}, "address"),
    ({"name": "x", "phone": ["1"] * 21}, "phone: more than 20"),
    ({"name": "x", "also": ["y" * 401]}, "also: longer"),
    ({"name": "x", "threshold": 1.5}, "threshold"), ({"name": "x", "limit": 0}, "limit"),
])  # fmt: skip
def test_what_is_malformed_is_named(view: Snapshot, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongUsage, match=said):
        rows(view, **asked)


def test_a_name_of_very_many_is_cut_and_said(write: Write) -> None:
    people = [{"kind": "person", "id": f"w{n}", "name": "王伟"} for n in range(501)]
    found = ask(open_snapshot(write(people)), "match_subject", {"name": "王伟"})
    assert "more than 500" in found["truncated"].reason
    assert len(found["results"]) == 5


def test_the_likest_of_all_pairs_are_those_shown(write: Write) -> None:
    """Texts that are no names of firms or people are ranked by rapidfuzz's ratio: by all pairs."""
    rng = random.Random(4)
    chars = "东西南北中山路街巷弄号楼单元室花园新村里"
    texts = ["".join(rng.choices(chars, k=rng.randrange(6, 14))) for _ in range(300)]
    facts = [{"kind": "address", "id": f"d{n}", "text": text} for n, text in enumerate(texts)]
    view = open_snapshot(write(facts))
    for text in rng.sample(texts, 30):
        slip = text[:2] + rng.choice(chars) + text[3:]
        best = max(fuzz.ratio(fold(slip), fold(each)) for each in texts)
        first = rows(view, name=slip, kind=["address"], cutoff=0)[0]
        assert first["score"] == pytest.approx(0.9 * best / 100, abs=1e-4)
