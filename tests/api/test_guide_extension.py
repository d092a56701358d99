"""The guide 'From a penalty to its related parties', walked from its first command to its last."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from graph.times import today
from tests.api.walking import Walk

P1, P2, P3 = "D-b32d737fc85214fd", "D-9e99cf185233797f", "D-fd57c970da876219"


@pytest.fixture
def walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Walk:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LINKRISK_RULEBOOK", raising=False)
    monkeypatch.delenv("LINKRISK_OBJECTION_SUSPENDS", raising=False)
    return Walk("penalty-to-parties.md", monkeypatch, capfd)


def test_from_listing_to_exit(walk: Walk) -> None:
    """Every command of the page, in its order, and what the page says of it."""
    reached(walk)
    proven(walk)
    decided(walk)
    carried_out(walk)
    objected(walk)
    fallen(walk)
    repaired(walk)
    assert walk.left() == []


def reached(walk: Walk) -> None:
    """Whom the measure reaches, and on which facts."""
    walk.plain("export")
    receipt = walk.json("linkrisk ingest case.jsonl")
    assert (receipt["read"], receipt["loaded"], receipt["quarantined"]) == (20, 20, 0)
    rows = walk.json("linkrisk rulebook show")["rows"]
    outcomes = {row["relation"]: row["outcome"] for row in rows}
    assert outcomes == {
        "legal_representative": "extend", "principal": "extend", "directly_responsible": "extend",
        "actual_controller": "extend", "shareholder": "exclude", "relative": "exclude",
    }  # fmt: skip
    _, table = walk.plain("linkrisk extend --subject c1")
    assert "Extension of a measure, with proof / 措施扩展及证明" in table
    walk.plain("linkrisk extend --subject c1")
    answer = json.loads(Path("answer.json").read_text("utf-8"))
    rows = {row["party"].removeprefix("case:"): row for row in answer["results"]}
    told = re.findall(r"^\| (\w\d) \| `(\w+)` \| .* \| ([\w, ]+) \|$", walk.text, re.M)
    assert [(party, outcome) for party, outcome, _ in told] == [
        ("p1", "extend"), ("p2", "extend"), ("p3", "extend"), ("p5", "review"), ("p6", "review"),
        ("c2", "exclude"), ("p4", "exclude"), ("p7", "exclude"),
    ]  # fmt: skip
    assert [(n, r["outcome"], r["facts"]) for n, r in rows.items()] == [
        (party, outcome, [f"case:{fact}" for fact in facts.split(", ")])
        for party, outcome, facts in told
    ]
    assert rows["p1"]["roles"] == ["legal_representative", "principal"]
    assert rows["p3"]["roles"] == ["actual_controller"]
    assert rows["p5"]["reason"] == "unknown_age"
    assert rows["p6"]["lacking"].startswith("left the role 52 days before the act")
    assert rows["p4"]["lacking"].startswith("0.05 of the votes, where control asks for more than")
    found = walk.json("linkrisk what-if")["results"]
    assert [(r["party"], r["facts"], r["single"]) for r in found] == [
        ("case:p2", ["case:r3"], True), ("case:p3", ["case:s1"], True),
        ("case:p3", ["case:s2"], True), ("case:p1", ["case:r1", "case:r2"], False),
    ]  # fmt: skip
    (seen,) = walk.json("linkrisk extend-preview")["results"]
    counts = ("extend_people", "review_people", "extend_firms", "review_firms", "employees")
    assert [seen[name] for name in counts] == [3, 2, 0, 0, 1]


def proven(walk: Walk) -> None:
    """The proofs, as they were made, alone, and one changed."""
    _, out = walk.plain("linkrisk verify-proof answer.json")
    assert out.count("holds / 成立") == 8
    out = walk.refused("linkrisk verify-proof --alone")
    assert out.count("extend: holds") == 3
    assert out.count("it rests on what is absent") == 5
    walk.plain("sed")
    assert Path("changed.json").read_bytes() != Path("answer.json").read_bytes()
    out = walk.refused("linkrisk verify-proof changed.json")
    assert "case:p3 extend: refused" in out
    assert "proofs refused: 1 of 8" in out


def decided(walk: Walk) -> None:
    """Proposed, approved by a second person, notified, in force; and the two notices."""
    for about in (P1, P2, P3):
        made = walk.json("linkrisk decide propose")
        assert (made["id"], made["status"], made["edition"]) == (about, "proposed", "2024-07")
    assert "does not reach case:p4" in walk.refused("linkrisk decide propose")
    assert "a person must find first" in walk.refused("linkrisk decide propose")
    walk.plain("linkrisk notice")
    assert "王示例" in Path("prior.html").read_text("utf-8")
    assert "a second person approves" in walk.refused(f"linkrisk decide approve {P3}")
    for about in (P1, P2, P3):
        assert walk.json(f"linkrisk decide approve {about}")["status"] == "approved"
    assert "is approved: it cannot be enforced" in walk.refused("linkrisk decide enforce")
    walk.plain("linkrisk notice")
    assert "钱审批" in Path("decision.html").read_text("utf-8")
    for about in (P1, P2, P3):
        assert walk.json(f"linkrisk decide notify {about}")["status"] == "notified"
    for about in (P1, P2, P3):
        found = walk.json(f"linkrisk decide enforce {about}")
        assert (found["status"], found["until"]) == ("in_force", "2099-12-31")


def carried_out(walk: Walk) -> None:
    """What departments were told and did. The working days are the State Council's of 2025."""
    found = walk.json(f"linkrisk decide push {P3}")
    assert [p["department"] for p in found["pushes"]] == ["市场监管局", "民航局"]
    assert walk.json("linkrisk decide ack")["pushes"][0]["acknowledged"] == "2025-09-30"
    assert walk.json("linkrisk decide report")["pushes"][0]["did"] == "已限制"
    found = walk.json("linkrisk decide publish")
    clock = next(c for c in found["clocks"] if c["clock"] == "publish")
    assert (clock["due"], clock["state"]) == ("2025-10-11", "met")
    late = walk.json("linkrisk decide overdue --day 2025-10-13")["results"]
    assert sorted((r["id"], r["clock"], r.get("of"), r["due"]) for r in late) == sorted([
        (P3, "acknowledge", "民航局", "2025-10-10"),
        (P1, "push", None, "2025-10-09"), (P2, "push", None, "2025-10-09"),
        (P1, "publish", None, "2025-10-11"), (P2, "publish", None, "2025-10-11"),
    ], key=str)  # fmt: skip
    for about in (P1, P2):
        found = walk.json(f"linkrisk decide push {about}")
        assert next(c for c in found["clocks"] if c["clock"] == "push")["state"] == "missed"


def objected(walk: Walk) -> None:
    """An objection and its answer; then the ledger against a head that was kept."""
    found = walk.json("linkrisk decide object")
    assert (found["on"]["suspended"], found["on"]["stands"]) == (True, False)
    assert next(c for c in found["clocks"] if c["clock"] == "objection")["due"] == "2025-11-04"
    found = walk.json("linkrisk decide resolve")
    assert (found["on"]["suspended"], found["on"]["stands"]) == (False, True)
    walk.plain("linkrisk audit head")
    assert walk.json("linkrisk audit verify --anchors")["ok"]
    assert "rewritten: entry 1 " in walk.refused("linkrisk audit verify --anchor 1:")


def fallen(walk: Walk) -> None:
    """Two facts fall: one decision stands by another proof, one lapses and is revoked."""
    assert walk.json("linkrisk ingest fallen.jsonl")["loaded"] == 2
    listed = walk.json("linkrisk decide list --affected-by case:s2")["results"]
    assert [row["id"] for row in listed] == [P3]
    days = {today()}
    found = walk.json("linkrisk decide cascade")
    days.add(today())  # midnight may pass meanwhile
    rows = {row["decision"]: row for row in found["results"]}
    assert {name: row["outcome"] for name, row in rows.items()} == {
        P1: "stands_otherwise", P3: "lapses",
    }  # fmt: skip
    assert rows[P1]["facts"] == ["case:r2"]
    assert rows[P3]["since"] in days
    assert found["rested"] == [P1]
    assert walk.json("linkrisk decide revoke")["status"] == "revoked"
    assert [p["what"] for p in walk.json("linkrisk decide push")["pushes"][2:]] == ["lift"] * 2
    replayed(walk)


def replayed(walk: Walk) -> None:
    found = walk.json("linkrisk decide replay")
    assert found["differ"] == 0
    assert {r["decision"]: r["identical"] for r in found["results"]} == {
        P1: True, P2: True, P3: True,
    }  # fmt: skip
    assert all(row["answer"] == row["now"] for row in found["results"])


def repaired(walk: Walk) -> None:
    """The listing is repaired, and with it end the decisions that were left."""
    assert walk.json("linkrisk ingest --dataset case repaired.jsonl")["loaded"] == 1
    found = walk.json("linkrisk decide cascade --facts case:l1")["results"]
    assert {row["decision"]: row["outcome"] for row in found} == {P1: "lapses", P2: "lapses"}
    for about in (P1, P2):
        found = walk.json(f"linkrisk decide repair {about}")
        assert (found["status"], found["on"]["stands"]) == ("repaired", False)
    for about in (P1, P2):
        pushes = walk.json(f"linkrisk decide push {about}")["pushes"]
        assert [(p["department"], p["what"]) for p in pushes] == [
            ("市场监管局", "impose"), ("市场监管局", "lift"),
        ]  # fmt: skip
    walk.plain("linkrisk notice")
    assert "李示例" in Path("lifted.html").read_text("utf-8")
    rows = walk.json("linkrisk extend")["results"]
    assert {(row["outcome"], row["reason"]) for row in rows} == {("exclude", "parent_ended")}
    listed = walk.json("linkrisk decide list")["results"]
    assert {row["id"]: row["status"] for row in listed} == {
        P1: "repaired", P2: "repaired", P3: "revoked",
    }  # fmt: skip
    assert walk.json("linkrisk decide overdue")["total"] == 0
    replayed(walk)
    found = walk.json("linkrisk audit verify --anchors")
    (kept,) = found["anchors"]
    assert found["ok"]
    assert int(kept.partition(":")[0]) < found["entries"]
