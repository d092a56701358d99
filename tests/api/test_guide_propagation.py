"""The guide 'Risk propagation', walked from its first command to its last."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from algorithms.risk.carrying import WEIGHTS
from algorithms.risk.clusters import TIES
from tests.api.walking import Walk


def test_every_command_and_what_the_page_says_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    walk = Walk("risk-propagation.md", monkeypatch, capfd)
    walk.plain("export")
    receipt = walk.json("linkrisk ingest")
    assert (receipt["read"], receipt["loaded"]) == (18, 18)
    rows = walk.json("linkrisk risk-propagation --as-of")["results"]
    told = re.findall(r"^\| (\w+) \| (\d) \|$", walk.text, re.M)
    assert [(row["subject"].split(":")[1], str(row["rank"])) for row in rows] == told
    (row,) = walk.json("linkrisk risk-propagation --subject")["results"]
    assert [each["seed"] for each in row["seeds"]] == ["ties:a"]
    assert [way["members"] for way in row["paths"]] == [["ties:a", "ties:p", "ties:b"]]
    assert row["facts"] == ["ties:la", "ties:r1", "ties:s1"]
    assert (row["seeds_rest"], row["paths_rest"]) == (0.0, 0.0)
    ranked = walk.json("linkrisk risk-propagation --method")["results"]
    assert {each["subject"] for each in ranked} == {each["subject"] for each in rows}
    assert walk.left() == []


def test_the_page_tells_every_weight() -> None:
    text = (Path(__file__).parents[2] / "docs/guides/risk-propagation.md").read_text("utf-8")
    table = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ([\d.]+)", text, re.M)
    (beside,) = re.findall(r"^Asked for by .*? Family", text, re.M)
    rest = re.findall(r"((?:`\w+`(?:, )?)+) ([\d.]+\d)", beside)
    told = {
        kind: float(weight)
        for kinds, weight in (*table, *rest)
        for kind in re.findall(r"`(\w+)`", kinds)
    }
    assert told == WEIGHTS
    assert {kind for kinds, _ in table for kind in re.findall(r"`(\w+)`", kinds)} == {*TIES}
