"""Reports of what is kept tell a caller no more than the routes of casework do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.casework.conftest import RUN, World, opened


@pytest.fixture
def made(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path) as found:
        yield found


def test_what_speaks_for_a_finding_is_withheld_there_too(made: World) -> None:
    made.post("/v1/findings", RUN)
    (found,) = made.get("/v1/findings")["results"]
    why = found["row"]["why"].partition(" / ")[0]
    low = made.key("low", "registry", "search related trace")
    shown = made.get(f"/v1/findings/{found['id']}", low)
    assert shown["withheld"] is not None and "why" not in shown["row"]
    asked = {"id": found["id"]}
    whole = made.post("/v1/reports/case", asked).body.decode()
    part = made.post("/v1/reports/case", asked, low)
    assert part.status == 200, part
    assert why in whole and why not in part.body.decode()
    assert "bank, telecom" in part.body.decode()


def test_a_case_file_needs_its_own_scope(made: World) -> None:
    file = {"title": "secret title", "shared": "read", "scene": {"ids": ["c1", "c2"]}}
    asked = {"id": made.post("/v1/case-files", file).said["id"]}
    refused = made.post("/v1/reports/case", asked, made.key("t", scopes="search trace"))
    assert (refused.status, "scope related" in refused.detail) == (403, True)
    told = made.post("/v1/reports/case", asked, made.key("r", scopes="search trace related"))
    assert (told.status, "secret title" in told.body.decode()) == (200, True)
