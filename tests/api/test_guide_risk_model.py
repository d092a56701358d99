"""The guide 'A risk model', walked from its first command to its last."""

from __future__ import annotations

from pathlib import Path

import pytest

from algorithms.scoring import fitting
from tests.api.walking import Walk


def test_every_command_and_what_the_page_says_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LINKRISK_STATE", raising=False)
    monkeypatch.setattr("algorithms.scoring.metrics.RESAMPLES", 100)
    monkeypatch.setitem(fitting._BOOSTING, "max_iter", 40)
    walk = Walk("risk-model.md", monkeypatch, capfd)
    walk.plain("export")
    walk.plain("linkrisk generate")
    receipt = walk.json("linkrisk ingest")
    assert receipt["read"] == receipt["loaded"]
    walk.plain("python labels.py")
    model = walk.json("linkrisk model train first")
    assert model["lineage"]["days"] == ["2025-02-01", "2025-10-01", "2026-01-01", "2026-07-01"]
    names = [each["name"] for each in model["evaluation"]["table"]]
    assert names == ["model", "logistic regression", "trees alone", "tabular only"]
    walk.plain("linkrisk model card first")
    assert model["sha256"] in Path("card.md").read_text("utf-8")
    assert walk.json("linkrisk model again")["same"]
    assert walk.json("linkrisk model use first")["in_use"]
    rows = walk.json("linkrisk risk-score")["results"]
    assert len(rows) == 5 and all(row["model"].startswith("first@") for row in rows)
    assert all("never a basis for extending" in row["use"] for row in rows)
    drift = walk.json("linkrisk model drift")
    assert drift["model"] == rows[0]["model"]
    still = walk.json("linkrisk model stability")
    assert [each["k"] for each in still["agreements"]] == [100, 100]
    assert walk.left() == []
