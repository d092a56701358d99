"""Carried fields read as columns are what each relation says when it is asked alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import carried
from graph.live import open_live
from graph.money import decimal_text, minor_units
from graph.snapshot import Snapshot, snapshot_of
from graph.store import NONE
from graph.views import relations
from tests.algorithms.related.worlds import Fact, relation, world

FIELDS = ("goods", "status", "currency", "export", "red_of")
TEXTS = st.sampled_from(["107", "1070101", "作废", 'a"}{\\b', "\n", "😀"]) | st.text(
    st.characters(exclude_categories=("Cs",)), max_size=4
)


@st.composite
def invoices(draw: st.DrawFn) -> list[Fact]:
    made = []
    for number in range(draw(st.integers(0, 12))):
        more: dict[str, Any] = {}
        for field in ("goods", "status"):
            if draw(st.booleans()):
                more[field] = draw(TEXTS)
        if draw(st.booleans()):
            more["currency"] = draw(st.sampled_from(["CNY", "JPY", "KWD"]))
        if draw(st.booleans()):
            more["tax"] = draw(st.sampled_from(["0", "5", "-13", "99999999999", "123456"]))
        if draw(st.booleans()):
            more["attrs"] = {"export": draw(st.booleans())}
        if draw(st.booleans()):
            of = draw(TEXTS | st.sampled_from([7, None, ["i1"]]))
            more["attrs"] = more.get("attrs", {}) | {"red_of": of}
        made.append(relation("invoice", f"i{number}", "a", "b", at="2021-01-01", **more))
    return made


def agrees(snapshot: Snapshot) -> None:
    """Columns against `extra`, row by row."""
    rows = snapshot.rows("invoice")
    asked = rows[::-1].copy()
    extras = [snapshot.extra(int(row)) for row in asked]
    for field in FIELDS:
        codes, texts = snapshot.carried("invoice", asked, field)
        assert texts == sorted(texts)
        shown = [texts[code] if code >= 0 else None for code in codes.tolist()]
        assert shown == [carried.shown(extra.get(field)) or None for extra in extras]
    tax = snapshot.carried_money("invoice", asked, "tax").tolist()
    for value, extra in zip(tax, extras, strict=True):
        assert (value == NONE) == ("tax" not in extra)
        if value != NONE:
            currency = extra.get("currency", "CNY")
            assert decimal_text(value, currency) == extra["tax"]
            assert minor_units(extra["tax"], currency) == value


ENDS = [{"kind": "company", "id": name} for name in "ab"]
OTHERS = [
    {"kind": "account", "id": "x"},
    relation("transfer", "t", "x", "x", amount="1", at="2021-01-01", channel="网银"),
]


@pytest.mark.parametrize("many", [0, 10_000])
@settings(max_examples=40, deadline=None)
@given(first=invoices(), later=invoices(), block=st.sampled_from([1, 3, 500_000]))
def test_columns_say_what_each_relation_says(many, first, later, block) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relations, "_MANY", many - 1)
        patch.setattr(carried, "_BLOCK", block)
        with world([*ENDS, *OTHERS, *first]) as snapshot:
            agrees(snapshot)
            live = open_live(snapshot._live.store)
            agrees(snapshot_of(live))
            normaliser = carried_normaliser(snapshot)
            rows = [normaliser.row({**fact, "id": f"z{fact['id']}"}) for fact in later]
            if rows:
                live.store.write("later", rows)
            agrees(snapshot_of(live))


def carried_normaliser(snapshot: Snapshot) -> Any:
    from graph.facts import Normaliser

    return Normaliser("d", snapshot._live.store.id_key)


def test_they_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relations, "_MANY", 0)
    made = [relation("invoice", f"i{n}", "a", "b", at="2021-01-01", goods="1") for n in range(3)]
    with world([*ENDS, *made]) as snapshot:
        rows = snapshot.rows("invoice")
        assert snapshot.carried("invoice", rows, "goods").codes.tolist() == [0, 0, 0]
        monkeypatch.setattr(carried, "keep", None)
        monkeypatch.setattr("graph.live.keep", None)
        assert snapshot.carried("invoice", rows[:1], "goods").texts == ["1"]
        assert np.array_equal(snapshot.carried_money("invoice", rows, "tax"), [NONE] * 3)
