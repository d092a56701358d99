"""Answers that callers send for a report: whatever stands in them, a report or a clear error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.casework.conftest import DAY, World, opened


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("sent")
    with opened(folder) as found:
        yield found


@pytest.mark.parametrize(
    "row",
    [
        {"facts": ["bank:l1"]},  # a listing
        {"facts": ["bank:p1"]},  # a record of a person
        {"facts": ["bank:s1"], "members": ["bank:p1", "bank:c1"]},  # no payment
        {"attrs": {"was": None}},
        {"attrs": {"was": 5}},
        {"attrs": {"was": [{"a": 1}]}},
    ],
)
def test_rows_of_any_shape_are_reported(made: World, row: dict[str, Any]) -> None:
    found = {"id": "i", "pattern": "transfer_cycle", "members": ["bank:a1", "bank:a2"],
             "facts": ["bank:t1"], "why": "w", **row}  # fmt: skip
    answer = {"algorithm": "transfer_cycles", "as_of": DAY,
              "known_at": "2100-01-01T00:00:00+08:00", "results": [found]}  # fmt: skip
    made_of = made.post("/v1/reports/case", {"answer": answer})
    assert made_of.status == 200, made_of
    assert found["facts"][0] in made_of.body.decode()
