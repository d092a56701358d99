"""The guide 'Who is who', walked from its first command to its last, with the engine itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.contract.document import operations, published
from tests.api.walking import ROOT, Walk

PARTY = "registry:p1"


def outcome(walk: Walk) -> tuple[str, str]:
    (row,) = [r for r in walk.json("linkrisk extend")["results"] if r["party"] == PARTY]
    return row["outcome"], row["reason"]


def test_every_command_and_what_the_page_says_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    walk = Walk("identity.md", monkeypatch, capfd)
    walk.plain("export")
    assert walk.json("linkrisk ingest")["quarantined"] == 0
    trial, run = walk.json("linkrisk resolve"), walk.json("linkrisk resolve")
    for told in (trial, run):
        assert [(e["a"], e["b"]) for e in told["results"]] == [(PARTY, "tax:t1")]
    assert (trial["dry_run"], run["dry_run"], run["waiting"]) == (True, False, 1)
    assert run["affected"] == [PARTY, "tax:t1"]
    why = walk.json("linkrisk resolve why")
    assert (why["one"], why["confirmed"]) == (True, False)
    (link,) = why["links"]
    assert {"phone"} <= {f["name"] for f in link["features"] if f["says"] == "agrees"}
    assert walk.json("linkrisk resolve how")["records_total"] == 2
    assert "two valid official ids" in walk.json("linkrisk resolve why")["against"][0]
    assert outcome(walk) == ("review", "name_match")
    (joined,) = walk.json("linkrisk resolve judgements")["results"]
    monkeypatch.setenv("PAIR", joined["id"])
    assert walk.json("linkrisk resolve accept")["by"] == "李审核"
    assert outcome(walk) == ("extend", "rule")
    (waits,) = walk.json("linkrisk resolve review")["results"]
    assert waits["common"] and waits["others"] > 10
    monkeypatch.setenv("WAIT", waits["id"])
    assert walk.plain("linkrisk resolve accept")[0] == 2
    assert "others of the country" in walk.errors
    assert walk.json("linkrisk resolve reject")["what"] == "rejected"
    kept: Any = walk.json("linkrisk resolve why")
    assert "judged not to be the same" in kept["against"][0]
    assert "two valid official ids" in walk.refused("linkrisk resolve judge")
    undone = walk.json("linkrisk resolve undo")
    assert (undone["one"], len(undone["subjects"])) == (False, 2)
    assert outcome(walk) == ("review", "unknown_age")
    again = walk.json("linkrisk resolve")
    assert again["since"] is not None
    assert again["joined"] == 0
    assert [r["id"] for r in walk.json("linkrisk resolve review")["results"]] == [joined["id"]]
    assert walk.left() == []


def test_every_route_is_on_the_page() -> None:
    text = (ROOT / "docs" / "guides" / "identity.md").read_text("utf-8")
    paths = {path for _, path, said in operations(published()) if "identity" in said["tags"]}
    assert len(paths) == 10
    for path in paths:
        assert path in text, path
