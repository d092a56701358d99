"""From objects to rows: what is refused with its column, what loads, and what a digest covers."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import BadFact
from graph.facts import CLOSE, RETRACT, Normaliser, Row
from graph.fields import carried_again, share_units
from graph.model import CODES, ENTITIES, NAMES, RELATIONS
from graph.store import StoredFact
from graph.times import INF, NEG, parse_time

KEY = bytes(32)
Fact = dict[str, Any]


def row(fact: object, dataset: str = "d", line: int | None = 7) -> Row:
    return Normaliser(dataset, KEY).row(fact, line)


def company(**more: Any) -> Fact:
    return {"kind": "company", "id": "c1", **more}


def holding(**more: Any) -> Fact:
    return {"kind": "shareholder", "id": "s1", "from": "p1", "to": "c1", **more}


def transfer(**more: Any) -> Fact:
    return {"kind": "transfer", "id": "t1", "from": "a1", "to": "a2", "amount": "5.00",
            "at": "2021-03-04T10:00:00+08:00", **more}  # fmt: skip


def listing(**more: Any) -> Fact:
    return {"kind": "listing", "id": "l1", "subject": "c1", "list": "black", **more}


# -- what is refused ----------------------------------------------------------------------------

LONG = "x" * 513
REFUSED: list[tuple[object, str | None]] = [
    ([], None), ("company", None), (None, None), (3, None),
    ({}, "kind"), ({"kind": None, "id": "x"}, "kind"), ({"kind": "compnay", "id": "x"}, "kind"),
    ({"kind": ["company"], "id": "x"}, "kind"), ({"kind": "company"}, "id"),
    (company(id=""), "id"), (company(id=None), "id"), (company(id=True), "id"),
    (company(id=1.5), "id"), (company(id=LONG), "id"), (company(id="a\x00b"), "id"),
    (company(id="a\x1fb"), "id"), (company(id={}), "id"), (company(id=[]), "id"),
    (company(id="\ud800"), None), (company(name="\udcff"), "attrs"), (company(name=[]), "name"),
    (company(name=True), "name"), (company(attrs=[]), "attrs"), (company(attrs="x"), "attrs"),
    (company(keys=["x"]), "keys"), (company(keys={"e164": "13800138000"}), "keys.e164"),
    (company(keys={"uscc": []}), "keys.uscc"), (company(keys={"uscc": "9" * 257}), "keys.uscc"),
    (company(keys={"uscc": "\ud800"}), None),
    (company(valid_from="2021-02-30"), "valid_from"), (company(valid_to="soon"), "valid_to"),
    (company(valid_from=20210101), "valid_from"),
    (company(valid_from="2021-01-02", valid_to="2021-01-01"), "valid_to"),
    (company(source="x"), "source"), (company(source={"dataset": ""}), "source.dataset"),
    (company(source={"dataset": "a:b"}), "source.dataset"),
    (company(source={"dataset": 7}), "source.dataset"),
    (company(source={"dataset": "x" * 129}), "source.dataset"),
    (company(source={"record": []}), "source.record"),
    (company(source={"version": {}}), "source.version"),
    (holding(**{"from": None}), "from"), (holding(to=None), "to"), (holding(to=""), "to"),
    (holding(to=LONG), "to"), (holding(to=["a"]), "to"), (holding(to={"kind": "x"}), "to"),
    (holding(to={"kind": "company"}), "to"), (holding(to={"kind": "company", "keys": {}}), "to"),
    (holding(share=1.0000001), "share"), (holding(share=-0.1), "share"),
    (holding(share=51), "share"),
    (holding(share="51%"), "share"), (holding(share=math.nan), "share"),
    (holding(share=math.inf), "share"), (holding(share="NaN"), "share"),
    (holding(share="Infinity"), "share"), (holding(share="-Infinity"), "share"),
    (holding(share=True), "share"), (holding(share=[]), "share"), (holding(share=""), "share"),
    (holding(share="0_5"), "share"), (holding(share="0." + "3" * 200), "share"),
    (holding(share="1e-500"), "share"), (holding(votes=2), "votes"),
    (holding(share_min="0.6", share_max="0.5"), "share_min"), (holding(share_max=1.5), "share_max"),
    (holding(amount="much"), "amount"), (holding(amount="1.001"), "amount"),
    (holding(amount=math.nan), "amount"), (holding(amount="1e999999"), "amount"),
    (transfer(at=None), "at"), (transfer(at=""), "at"), (transfer(at="2021-13-01"), "at"),
    (transfer(at=1614823200), "at"), (transfer(amount=math.inf), "amount"),
    (transfer(amount="1" * 25), "amount"), (transfer(amount=[]), "amount"),
    (transfer(currency=[]), "currency"), (transfer(channel={}), "channel"),
    (transfer(valid_from="2021-01-02", valid_to="2021-01-01"), "valid_to"),
    ({"kind": "call", "id": "x", "from": "a", "to": "b", "at": "2021-01-01", "duration": -1},
     "duration"),
    ({"kind": "call", "id": "x", "from": "a", "to": "b", "at": "2021-01-01", "duration": "long"},
     "duration"),
    ({"kind": "call", "id": "x", "from": "a", "to": "b", "at": "2021-01-01", "duration": 1e300},
     "duration"),
    (listing(list=None), "list"), (listing(subject=None), "subject"), (listing(until="x"), "until"),
    (listing(decided_on="2022-01-05", until="2021-01-05"), "until"),
    (listing(domain=[]), "domain"), (listing(decided_on=5), "decided_on"),
    ({"kind": "retract"}, "id"), ({"kind": "retract", "id": LONG}, "id"),
    ({"kind": "close", "id": "x"}, "valid_to"),
    ({"kind": "close", "id": "x", "valid_to": "never"}, "valid_to"),
    (company(attrs={"deep": orjson.loads("[" * 300 + "]" * 300)}), "attrs"),
    (company(attrs={"big": 2**70}), "attrs"), (company(attrs={"half": "\ud800"}), "attrs"),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "column"), REFUSED)
def test_refused(fact: object, column: str | None) -> None:
    with pytest.raises(BadFact) as caught:
        row(fact)
    assert caught.value.column == column
    assert caught.value.reason
    assert "\n" not in str(caught.value)


# -- what loads ---------------------------------------------------------------------------------


def said(fact: Fact) -> Fact:
    payload: Fact = orjson.loads(row(fact).payload)
    return payload


def test_the_shapes_of_the_design() -> None:
    """The five example lines of the interchange format, value by value."""
    got = row({"kind": "company", "id": "c1", "name": "甲公司",
               "keys": {"uscc": "91110000MA0000001L"}, "attrs": {}, "valid_from": "2015-03-01",
               "valid_to": None, "source": {"dataset": "registry", "record": "17"}})  # fmt: skip
    assert (NAMES[got.code], got.dataset, got.id, got.record) == ("company", "registry", "c1", "17")
    assert (got.vf, got.vt) == (parse_time("2015-03-01"), INF)
    assert orjson.loads(got.payload) == {"name": "甲公司"}
    got = row({"kind": "shareholder", "id": "s1", "from": "p1", "to": "c1", "share": 0.51,
               "valid_from": "2015-03-01", "valid_to": "2021-06-30",
               "source": {"dataset": "registry", "record": "18"}})  # fmt: skip
    assert (got.a, got.b, got.value, got.extra) == ("p1", "c1", 51 * 10**13, None)
    assert got.vt == parse_time("2021-06-30")
    got = row({"kind": "transfer", "id": "t9", "from": "a1", "to": "a2", "amount": "5000.00",
               "currency": "CNY", "at": "2021-03-04T10:00:00+08:00"})  # fmt: skip
    assert (got.value, got.vf, got.vt) == (500_000, 1_614_823_200_000_000, INF)
    got = row({"kind": "invoice", "id": "i4", "from": "c1", "to": "c2", "amount": "113000.00",
               "tax": "13000.00", "goods": "1070101", "number": "04403", "at": "2021-05-01",
               "status": "issued"})  # fmt: skip
    assert got.value == 11_300_000
    assert got.extra is not None
    assert orjson.loads(got.extra) == {"tax": "13000.00", "goods": "1070101", "status": "issued"}
    got = row({"kind": "listing", "id": "l2", "subject": "c1", "list": "black", "domain": "tax",
               "authority": "局", "basis": "法", "decided_on": "2022-01-05", "until": "2025-01-05",
               "status": "active"})  # fmt: skip
    assert (got.a, got.b) == ("c1", None)
    assert (got.vf, got.vt) == (parse_time("2022-01-05"), parse_time("2025-01-05"))


def test_dataset_and_record_of_a_fact_without_source() -> None:
    assert row(company())[1] == "d"
    assert row(company()).record == "7"
    got = row(company(source={"record": 9, "file": "a.csv", "version": 3}))
    assert (got.dataset, got.record, got.file, got.version) == ("d", "9", "a.csv", "3")


@pytest.mark.parametrize("name", [
    "=SUM(A1)", "@cmd", "+1", "甲\n乙", "\u202e右", "漢字公司", "a" * 100_000, "", "\x00", "👪", 12,
])  # fmt: skip
def test_any_name_loads_as_it_was_written(name: object) -> None:
    assert said(company(name=name))["name"] == str(name)


def test_numbers_as_ids_are_texts() -> None:
    assert row(company(id=17)).id == "17"
    got = row(holding(**{"from": 1, "to": "00017"}))
    assert (got.a, got.b) == ("1", "00017")


def test_full_width_digits_are_read_beside_what_was_written() -> None:
    assert row(holding(share="０.５１")).value == 51 * 10**13
    assert row(transfer(amount="５０００.００", at="２０２１-０３-０４")).value == 500_000
    got = row(company(keys={"uscc": "９１３５０１００Ｍ０００１００Ｙ４３"}, name="ＡＢＣ公司"))
    assert got.keys == (("uscc", "91350100M000100Y43", None, "cn:uscc:91350100M000100Y43"),)
    assert orjson.loads(got.payload)["name"] == "ＡＢＣ公司"


def test_absent_is_unknown() -> None:
    got = row(holding())
    assert (got.value, got.extra, got.payload) == (None, None, "{}")
    assert (got.vf, got.vt) == (NEG, INF)
    assert row(holding(share=None)).value is None
    assert row(holding(share=0)).value == 0
    assert row(company(valid_from="", valid_to="")).vf == NEG


def test_unknown_fields_are_kept() -> None:
    got = said(company(colour="red", attrs={"form": "个体"}, text="路1号", canonical="cn:uscc:x"))
    assert got == {"attrs": {"colour": "red", "form": "个体"}, "text": "路1号"}


def test_an_event_may_say_its_day_as_valid_from() -> None:
    fact = transfer(valid_from="2021-03-04")
    del fact["at"]
    assert row(fact).vf == parse_time("2021-03-04")
    assert row(transfer(at=None, valid_from="2021-03-04")).vf == parse_time("2021-03-04")


def test_invalid_keys_load_with_their_reason() -> None:
    ((kind, value, reason, canonical),) = row(company(keys={"uscc": "91350100M000100Y44"})).keys
    assert (kind, value, canonical) == ("uscc", "91350100M000100Y44", None)
    assert reason
    assert row(company(keys={"uscc": None})).keys == ()
    assert row(company(keys={"uscc": ""})).keys == ()
    phone = row({"kind": "phone", "id": "t", "keys": {"e164": 13800138000}})
    assert phone.keys[0][1] == "+8613800138000"


def test_luhn_is_asked_of_cards_only() -> None:
    number = {"account": "79927398710"}
    fact = {"kind": "account", "id": "a", "keys": number}
    assert row(fact).keys[0][2] is None
    assert row({**fact, "attrs": {"type": "corporate"}}).keys[0][2] is None
    assert row({**fact, "attrs": {"type": "card"}}).keys[0][2] == "card number fails Luhn"


def test_a_record_may_be_named_by_its_key_alone() -> None:
    fact = {"kind": "phone", "keys": {"e164": "138 0013 8000"}}
    named = row(fact).id
    assert named.startswith("phone~")
    assert "13800138000" not in named
    ends = {"from": fact, "to": {"kind": "phone", "id": ["a", "b"]}}
    call = row({"kind": "call", "id": ["x"], "at": "2020-01-01", **ends})
    assert call.a == named
    assert call.b == row({"kind": "phone", "id": ["a", "b"]}).id
    assert call.b != row({"kind": "phone", "id": ["ab"]}).id


def test_operations() -> None:
    got = row({"kind": "retract", "id": "c1", "source": {"dataset": "x", "record": "3"}})
    assert (got.code, got.dataset, got.id, got.record) == (RETRACT, "x", "c1", "3")
    got = row({"kind": "close", "id": "x:c1", "valid_to": "2020-01-01"})
    assert (got.code, got.id, got.vt) == (CLOSE, "x:c1", parse_time("2020-01-01"))


# -- exactness ----------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(
    st.decimals(0, 1, allow_nan=False).map(lambda d: format(d, "f")).filter(lambda t: len(t) < 99)
)
def test_shares_are_exact(text: str) -> None:
    units, kept, exact = share_units(text, "share")
    assert kept == text
    assert exact is (Fraction(text) * 10**15 == units)
    assert abs(Fraction(text) * 10**15 - units) <= Fraction(1, 2)


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 1))
def test_float_shares_keep_their_shortest_text(share: float) -> None:
    try:
        units, text, exact = share_units(share, "share")
    except BadFact:
        assert 0 < share < 1e-100  # finer than anything that a register says
        return
    assert float(text) == share
    assert exact is (Fraction(text) * 10**15 == units)


def test_finer_shares_are_carried_beside() -> None:
    got = row(holding(share="0.3333333333333333333"))
    assert got.value == 333_333_333_333_333
    assert got.extra is not None
    assert orjson.loads(got.extra) == {"exact": "0.3333333333333333333"}
    assert said(holding(share="0.50"))["share"] == "0.50"


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1f\x00"), max_size=9)
scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | texts
values = st.recursive(
    scalars | st.sampled_from(["0.5", "100.00", "2020-01-01", "p1", "CNY", "JPY", "é", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
FIELDS = sorted({"id", "from", "to", "subject", "list", "name", "text", "keys", "attrs", "source",
                 "valid_from", "valid_to", "at", "until", "decided_on", "unknown"}
                | {field for kind in RELATIONS.values() for field in kind.fields})  # fmt: skip
objects = st.builds(
    lambda kind, rest, ends: {"kind": kind, "id": "x", "at": "2020-01-01", **ends, **rest},
    st.sampled_from([*CODES, "retract", "close"]),
    st.dictionaries(st.sampled_from(FIELDS), values, max_size=5),
    st.sampled_from([{}, {"from": "a", "to": "b", "subject": "c", "list": "black"}]),
)


def any_object(fact: Fact) -> None:
    """A row that a store can keep, or a BadFact; nothing else."""
    try:
        got = row(fact)
    except BadFact as error:
        assert error.reason
        return
    again = row(fact)
    assert got == again
    assert orjson.loads(got.payload) is not None
    assert min(got.vf, got.vt, got.value or 0) >= -(2**63)
    assert max(got.vf, got.vt, got.value or 0) < 2**63
    if got.code in {RETRACT, CLOSE}:
        return
    assert len(got.digest) == 16
    if NAMES[got.code] in RELATIONS:
        carried = carried_again(RELATIONS[NAMES[got.code]], got.value, orjson.loads(got.payload))
        assert carried == orjson.loads(got.extra or "{}")


@settings(max_examples=300, deadline=None)
@given(objects)
def test_any_object(fact: Fact) -> None:
    any_object(fact)


@pytest.mark.full
@settings(max_examples=20_000, deadline=None)
@given(objects)
def test_many_more_objects(fact: Fact) -> None:
    any_object(fact)


# -- digests ------------------------------------------------------------------------------------


def test_every_part_of_the_content_is_in_the_digest() -> None:
    base = holding(share="0.5", votes="0.4", valid_from="2020-01-01", attrs={"a": 1})
    variants = [
        {"id": "s2"}, {"from": "p2"}, {"to": "c2"}, {"share": "0.6"}, {"share": "0.50"},
        {"votes": "0.3"}, {"valid_from": "2020-01-02"}, {"valid_to": "2022-01-01"},
        {"attrs": {"a": 2}}, {"kind": "guarantee"}, {"source": {"dataset": "e"}}, {"share": None},
    ]  # fmt: skip
    digests = [row(base | variant).digest for variant in [{}, *variants]]
    assert len(set(digests)) == len(digests)
    same = [
        {"source": {"dataset": "d", "record": "5", "file": "f", "version": "9"}},
        {"canonical": "x"},
        {"valid_to": None},
        {"valid_from": "2019-12-31T16:00:00Z"},
    ]
    assert {row(base | variant).digest for variant in same} == {digests[0]}


def test_keys_are_in_the_digest() -> None:
    one, two, broken, none = (
        row(company(keys={"uscc": code} if code else {})).digest
        for code in ("91350100M000100Y43", "91110000600037341L", "91350100M000100Y44", None)
    )
    assert len({one, two, broken, none}) == 4


def test_a_stored_fact_has_a_name() -> None:
    assert StoredFact.name.__doc__ == "`dataset:id`."


def test_every_kind_of_the_model_can_be_written() -> None:
    ends = {"from": "a", "to": "b", "at": "2020-01-01"}
    for kind in ENTITIES:
        assert row({"kind": kind, "id": "x"}).code == CODES[kind]
    for kind in RELATIONS:
        assert row({"kind": kind, "id": "x", **ends}).code == CODES[kind]
