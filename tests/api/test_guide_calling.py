"""The guide 'Calling linkrisk from another system', walked against a service of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.api.walking import ROOT, Walk

TOKEN = "a-token-that-both-the-service-and-its-callers-know"


@pytest.fixture
def walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Walk:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LINKRISK_TOKEN", TOKEN)
    return Walk("calling-linkrisk.md", monkeypatch, capfd)


@pytest.fixture
def served(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The service in a process of its own, once the facts are there."""
    walk.plain("export LINKRISK_STORE")
    receipt = walk.json("linkrisk ingest facts.jsonl")
    assert receipt["read"] == receipt["loaded"] == 10
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve", "--port", "0", "--no-warm"],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        try:
            assert process.stdout is not None
            port = urlsplit(process.stdout.readline()).port
            assert port
            monkeypatch.setenv("RISK_URL", f"http://127.0.0.1:{port}")
            yield
        finally:
            process.terminate()


def read(name: str) -> Any:
    return json.loads(Path(name).read_text("utf-8"))


def test_from_the_first_question_to_a_decision(served: None, walk: Walk) -> None:
    """Every command of the page, in its order, and what the page says of it."""
    asked(walk)
    by_python(walk)
    screened(walk)
    decided(walk)
    held(walk)
    long_ones(walk)
    assert walk.left() == []


def curl(walk: Walk, out: str | None = None) -> Any:
    _, said = walk.plain("curl ")
    return read(out) if out else said


def asked(walk: Walk) -> None:
    assert json.loads(curl(walk))["status"] == "ok"
    assert [row["label"] for row in curl(walk, "found.json")["results"]] == ["示例机械有限公司"]
    related = curl(walk, "related.json")
    assert {row["label"] if "label" in row else row["party"] for row in related["results"]} >= {
        "facts:p1", "facts:c2",
    }  # fmt: skip
    assert related["truncated"] is None
    extend = curl(walk, "extend.json")
    outcomes = {row["party"]: row["outcome"] for row in extend["results"]}
    assert outcomes["facts:p1"] == "extend"
    assert outcomes["facts:c2"] != "extend"
    problem = curl(walk, "problem.json")
    assert (problem["status"], problem["title"]) == (404, "UnknownSubject")


def by_python(walk: Walk) -> None:
    walk.plain("python ask.py")
    lines = Path("asked.txt").read_text("utf-8").splitlines()
    assert "facts:p1 extend" in lines
    assert "None" in lines
    edges = next(line for line in lines if line.startswith("[("))
    assert "facts:p1" in edges
    assert any(line.endswith("begins legal_representative") for line in lines)


def screened(walk: Walk) -> None:
    responses = curl(walk, "matched.json")["responses"]
    best = responses["supplier-7"]["results"][0]
    assert (best["id"], best["match"]) == ("cn:uscc:91350100M000100Y43", True)
    by_name = responses["supplier-8"]["results"]
    assert by_name
    assert not any(row["match"] for row in by_name)


def decided(walk: Walk) -> None:
    proposed, again = curl(walk, "proposed.json"), curl(walk, "again.json")
    assert proposed["status"] == "proposed"
    assert again == proposed
    resting = curl(walk, "resting.json")
    assert [row["id"] for row in resting["results"]] == [proposed["id"]]
    assert resting["total"] == 1


def held(walk: Walk) -> None:
    curl(walk)
    curl(walk)
    assert Path("held.txt").read_text("utf-8") == "304"
    assert read("answer.json")["algorithm"] == "control"


def long_ones(walk: Walk) -> None:
    walk.plain("python jobs.py")
    first, second = Path("jobs.txt").read_text("utf-8").splitlines()
    assert first.endswith(" components")
    assert int(first.split()[0]) >= 1
    facts = [json.loads(line) for line in Path("facts.jsonl").read_text("utf-8").splitlines()]
    subjects = [fact for fact in facts if "from" not in fact and "subject" not in fact]
    assert second.startswith(f"{len(subjects)} records touched, read on from 1")
