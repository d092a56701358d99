"""A relation's payload comes back from its properties to the letter, whatever it held."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadFact
from graph.facts import Normaliser
from graph.model import NAMES, RELATIONS
from graph.stores.neo4j.fields import (
    ABSENT,
    carried_columns,
    extra_again,
    extras_again,
    payload_again,
    shown_fields,
    to_properties,
)

SHARES = ["0", "1", "1.0", "0.5", "0.50", "0.1234567890123456789", "1e-7", "0.333333333333333333"]
SUMS = ["0", "0.00", "1.5", "113000.00", "99999999999999.99", "-13000.00", "-1.00", "0.1"]
TEXTS = st.sampled_from(["", "执行董事", '带"引号"', "CNY", "USD", "0.5"]) | st.text(max_size=8)
VALUES = {
    "text": TEXTS,
    "share": st.sampled_from(SHARES) | st.floats(0, 1).map(repr),
    "money": st.sampled_from(SUMS),
    "number": st.integers(0, 2**40).map(str),
}


@st.composite
def relations(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(RELATIONS)))
    fact: dict[str, Any] = {"kind": kind, "id": "r", "from": "a", "to": "b", "at": "2020-01-01"}
    for field, sort in RELATIONS[kind].fields.items():
        if sort != "time" and draw(st.booleans()):
            fact[field] = draw(
                st.sampled_from(["CNY", "USD", "JPY"]) if field == "currency" else VALUES[sort]
            )
    if draw(st.booleans()):
        fact["attrs"] = draw(st.sampled_from([{"export": True}, {"role": "x"}, {"n": [1, None]}]))
    return fact


@given(relations())
def test_what_was_recorded_comes_back(fact: dict[str, Any]) -> None:
    try:
        row = Normaliser("d", b"k" * 32).row(fact)
    except BadFact:  # a share_min above its share_max, half a character
        return
    assert NAMES[row.code] == fact["kind"]
    shown, rest = to_properties(row.code, row.payload, row.value)
    assert payload_again(row.code, shown, rest) == row.payload
    assert extra_again(row.code, row.value, row.payload) == row.extra
    columns = []
    for field in carried_columns(row.code):
        value = shown[shown_fields(row.code).index(field)]
        absent = "" if RELATIONS[fact["kind"]].fields[field] == "text" else ABSENT
        columns.append([absent if value is None else value])
    value = -(2**63) if row.value is None else row.value
    assert extras_again(row.code, columns, [value], [rest or ""]) == [row.extra]


def test_plain_relations_keep_no_payload() -> None:
    row = Normaliser("d", b"k" * 32).row(
        {"kind": "shareholder", "id": "s", "from": "p", "to": "c", "share": "0.51"}
    )
    shown, rest = to_properties(row.code, row.payload, row.value)
    assert (shown[0], rest) == (0.51, None)
