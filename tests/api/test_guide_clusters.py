"""The guide 'Risk clusters and their history', walked from its first command to its last."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.api.walking import Walk


def test_every_command_and_what_the_page_says_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    walk = Walk("risk-clusters.md", monkeypatch, capfd)
    walk.plain("export")
    receipt = walk.json("linkrisk ingest")
    assert (receipt["read"], receipt["loaded"]) == (14, 14)
    (row,) = walk.json("linkrisk clusters")["results"]
    assert row["relations"] == {"guarantee": 4}
    assert len(row["core"]) == len(row["members"]) == 5
    assert row["born"] == "2019-06-01"
    history = walk.json("linkrisk cluster-history")["results"]
    told = re.findall(r"^\| (\d{4}-\d\d-\d\d) \| (\w+) \| (\d) \|$", walk.text, re.M)
    assert [(r["day"], r["event"], str(r["members"])) for r in history] == told
    assert walk.json("linkrisk cluster-history --cluster")["results"] == history
    assert walk.json("linkrisk cluster-history --known then")["results"] == []
    assert walk.left() == []
