"""The guide 'Monitoring', walked from its first command to its last."""

from __future__ import annotations

import csv
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from tests.api.walking import Walk


def test_every_command_and_what_the_page_says_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    walk = Walk("monitoring.md", monkeypatch, capfd)
    walk.plain("export")
    assert walk.json("linkrisk ingest july")["loaded"] == 11
    first = walk.json("linkrisk monitor run")
    assert (first["first"], first["events"], first["alerts"]) == (True, {"present": 2}, [])
    assert walk.json("linkrisk ingest august")["quarantined"] == 0
    second = walk.json("linkrisk monitor run")
    assert (second["events"], second["cases"]) == ({"merged": 1}, 1)
    alerts = walk.json("linkrisk monitor alerts")["results"]
    assert {alert["kind"] for alert in alerts} == {"cluster", "case"}
    (cluster,) = [alert for alert in alerts if alert["kind"] == "cluster"]
    assert [new["what"] for new in cluster["new"]] == ["merged", "listed", "grew", "risen"]
    assert cluster["new"][1]["facts"] == ["city:le"]
    lines = walk.json("linkrisk monitor lines")["results"]
    assert {line["event"] for line in lines} == {"merged", "absorbed"}
    ordered = walk.json("linkrisk monitor alerts --order risk")
    assert [alert["row"]["score"] for alert in ordered["results"]] == sorted(
        (alert["row"]["score"] for alert in alerts), reverse=True
    )
    for alert in ordered["results"]:
        assert alert["priority"]["score"] is None
        assert "no model is in use" in alert["priority"]["why"]
        assert "never a basis for extending" in alert["priority"]["use"]
    judged = walk.json("linkrisk monitor ack")
    assert (judged["id"], judged["state"]) == (cluster["id"], "dismissed")
    walk.json("linkrisk ingest september")
    third = walk.json("linkrisk monitor run")
    assert (third["events"], third["alerts"]) == ({"split": 2}, [])
    line = walk.json("linkrisk monitor line")
    assert [step["event"] for step in line["steps"]] == ["split", "merged", "present"]
    digest = walk.json("linkrisk monitor digest")
    assert [alert["kind"] for alert in digest["alerts"]] == ["case"]  # the other was dismissed
    walk.plain("linkrisk monitor digest")
    mail = BytesParser(policy=policy.default).parsebytes(Path("digest.eml").read_bytes())
    assert mail["To"] == "clerk@example.org"
    status = walk.json("linkrisk monitor status")
    assert status["alerts"] == {"cluster": 0, "case": 1}
    rows = walk.json("linkrisk monitor stats")["results"]
    assert [(r["domain"], r["measure"], r["listed"], r["met"], r["missed"]) for r in rows] == [
        ("court", "black", 1, 1, 1), ("tax", "black", 1, 0, 0), ("tax", "penalty", 3, 0, 0),
    ]  # fmt: skip
    walk.plain("linkrisk monitor stats")
    with Path("statistics.csv").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert {row["region_name"] for row in found} == {"浙江省", ""}
    assert walk.left() == []
