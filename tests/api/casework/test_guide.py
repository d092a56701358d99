"""The guide 'The work list and case files', walked from its first command to its last."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.contract.document import operations, published
from tests.api.walking import ROOT, Walk


def test_every_command_and_what_the_page_says_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    walk = Walk("casework.md", monkeypatch, capfd)
    walk.plain("export")
    assert walk.json("linkrisk ingest")["loaded"] == 5
    assert walk.json("linkrisk findings run")["new"] == 1
    (found,) = walk.json("linkrisk findings list")["results"]
    monkeypatch.setenv("ID", found["id"])
    assert walk.json("linkrisk findings dismiss")["state"] == "dismissed"
    assert walk.json("linkrisk findings run")["known"] == 1
    assert [each["id"] for each in walk.json("linkrisk findings list")["results"]] == [found["id"]]
    assert walk.json("linkrisk ingest")["loaded"] == 3
    assert walk.json("linkrisk findings run")["again"] == 1
    again = walk.json("linkrisk findings show")
    assert again["state"] == "open"
    said = {each["kind"]: each["count"] for each in again["news"]}
    assert said == {"members": 1, "facts": 2, "score": 1, "listed": 1}
    assert walk.json("linkrisk findings accept")["judged"]["who"] == "王办"
    monkeypatch.setenv("FILE", walk.json("linkrisk case-files add")["id"])
    walk.plain("linkrisk case-files comment")
    assert len(walk.json("linkrisk case-files comments")["results"]) == 1
    for form in ("graphml", "svg"):
        walk.plain("linkrisk case-files export")
        assert (tmp_path / f"case.{form}").stat().st_size
    assert walk.json("linkrisk case-files change")["version"] == 2
    assert "version 2" in walk.refused("linkrisk case-files change")
    assert walk.left() == []


def test_every_route_is_on_the_page() -> None:
    text = (ROOT / "docs" / "guides" / "casework.md").read_text("utf-8")
    paths = {path for _, path, said in operations(published()) if "casework" in said["tags"]}
    assert len(paths) == 8
    for path in paths:
        assert path in text, path
