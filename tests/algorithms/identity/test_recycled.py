"""A phone number that was given out again joins nobody, however a record states it."""

from __future__ import annotations

from typing import Any

import pytest

from algorithms.identity.database import database
from algorithms.identity.prepared import Records
from algorithms.identity.standing import standing
from tests.algorithms.related.worlds import world


def _facts(first_until: str | None, second_from: str) -> list[dict[str, Any]]:
    return [
        {"kind": "person", "id": "p1", "name": "李文君", "attrs": {"phone": "13800138000"},
         "valid_from": "2001-01-01", "valid_to": first_until},
        {"kind": "person", "id": "p2", "name": "李文君", "attrs": {"phone": "13800138000"},
         "valid_from": second_from, "valid_to": None},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("until", "since", "shared"),
    [
        ("2005-01-01", "2020-01-01", False), ("2005-01-01", "2005-01-01", True),
        (None, "2020-01-01", True), ("2010-01-01", "2009-01-01", True),
    ],
)  # fmt: skip
def test_a_number_counts_where_both_records_held_at_once(
    until: str | None, since: str, shared: bool
) -> None:
    with world(_facts(until, since)) as snapshot, database() as con:
        table = Records(con, snapshot, "person", standing(snapshot)).whole()
    first, second = (set(each) for each in table["phones"].to_pylist())
    assert first and second
    assert bool(first & second) is shared
