"""Reports of what casework keeps: a finding with its verdict, a case file with its comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.casework.conftest import CYCLES, DAY, World, opened
from tests.api.casework.test_case_files import FILE

R = "/v1/reports/case"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path) as found:
        yield found


def page(made: World, given: dict[str, Any], *token: str) -> tuple[int, str]:
    answer = made.post(R, given, *token)
    return answer.status, answer.body.decode()


def test_a_finding_of_the_work_list_with_its_verdict(made: World) -> None:
    made.post("/v1/findings", CYCLES)
    (found,) = made.get("/v1/findings")["results"]
    verdict = {"state": "dismissed", "note": "同一家庭 <b>"}
    assert made.post(f"/v1/findings/{found['id']}/verdict", verdict).status == 200
    status, text = page(made, {"id": found["id"], "lang": "en"})
    assert status == 200
    assert "同一家庭 &lt;b&gt;" in text
    assert "dismissed" in text
    assert "50,000.00" in text
    assert f">{DAY}<" in text
    for fact in found["row"]["facts"]:
        assert f'id="f-{fact}"' in text
    assert page(made, {"id": found["id"], "as_of": DAY})[0] == 422
    others = made.key("others", domains="registry", scopes="search trace")
    assert page(made, {"id": found["id"]}, others)[0] == 404


def test_a_case_file_with_its_comments(made: World) -> None:
    ident = made.post("/v1/case-files", FILE).said["id"]
    said = {"text": "再看一遍 <script>"}
    assert made.post(f"/v1/case-files/{ident}/comments", said).status == 201
    status, text = page(made, {"id": ident, "lang": "zh"})
    assert status == 200
    for word in ("一号案", "甲公司", "张三", "51 %", f">{DAY}<", "再看一遍 &lt;script&gt;"):
        assert word in text, word
    assert "<script" not in text
    ids = re.findall(r'id="s-([^"]+)"', text)
    assert "bank:a2" not in ids  # hidden on the scene
    assert "bank:a1" in ids
    stranger = made.key("stranger", scopes="search trace related")
    assert page(made, {"id": ident}, stranger)[0] == 404
    assert page(made, {"id": "c" + "0" * 24})[0] == 404
