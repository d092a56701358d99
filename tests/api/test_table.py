"""Answers as tables: what findings say stands beneath them, and long lists are counted."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from api.table import cell, reasons, table

ROW = {
    "id": "fan_in:1", "pattern": "fan_in", "members": ["d:a"], "facts": ["d:t1"], "score": 0.5,
    "why": "五人付入 / five pay in", "p": 0.1, "q": 0.2, "evidence": 3.0, "signs": {"new": 1.0},
}  # fmt: skip


def shown(rows: list[dict[str, Any]]) -> str:
    out = Console(width=120, record=True, file=io.StringIO())
    out.print(table(rows))
    return out.export_text()


def test_findings_are_numbered_and_their_reasons_stand_apart() -> None:
    rows = [ROW, {**ROW, "why": "另一条 / another"}]
    text = shown(rows)
    assert text.split()[0] == "#"
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["1", "2"]
    assert "five pay in" not in text and "why" not in text
    assert reasons(rows) == [["五人付入 / five pay in"], ["另一条 / another"]]


def test_clusters_keep_their_names_and_their_reasons_stand_apart() -> None:
    row = {"id": "cluster:1", "pattern": "cluster", "born": None, "reasons": {"black/tax": 2},
           "relations": {}, "why": "两个 / two"}  # fmt: skip
    assert reasons([row]) == [["两个 / two"]]
    assert "cluster:1" in shown([row])
    assert "black/tax" not in shown([row])
    assert "two" not in shown([row])


def test_scores_and_propagated_risk_say_why_beneath() -> None:
    """A reason holds a feature, its value and both languages: in a column it is forty lines."""
    reason = {"feature": "degree", "value": 3.0, "contribution": 1.0, "facts": ["d:t1"]}
    score = {
        "id": "d:a", "score": 0.7, "band": "high", "why": "度为3 / degree: 3", "use": "orders work",
        "reasons": [{**reason, "why": "度为3 / degree: 3"}, {**reason, "why": "龄为9 / age: 9"}],
        "model": "m@1",
    }  # fmt: skip
    assert reasons([score]) == [["度为3 / degree: 3", "龄为9 / age: 9"]]
    assert reasons([{**score, "why": "", "reasons": []}]) == [[""]]
    assert shown([score]).split()[:6] == ["#", "id", "score", "band", "model", "1"]
    way = {"seed": "d:a", "members": ["d:a", "d:b"], "contribution": 0.2, "facts": ["d:r1"]}
    risk = {
        "subject": "d:b", "kind": "company", "rank": 2, "value": 0.2, "own": 0.0, "paths": [way],
        "seeds": [{"seed": "d:a", "contribution": 0.2, "facts": ["d:l"]}], "seeds_rest": 0.0,
        "paths_rest": 0.0, "facts": ["d:l", "d:r1"], "why": "来自 1 个风险源 / from 1 origins",
    }  # fmt: skip
    assert reasons([risk, risk]) == [["来自 1 个风险源 / from 1 origins"]] * 2
    assert reasons([risk])[0][1:] == ["d:a → d:b: 0.2 (d:r1)"]
    assert shown([risk]).split()[:6] == ["#", "subject", "kind", "rank", "value", "own"]


def test_other_rows_keep_their_reason_in_its_column() -> None:
    rows = [{"party": "d:p", "why": "股东 / shareholder"}]
    assert reasons(rows) == []
    assert "股东 / shareholder" in shown(rows)
    assert reasons([]) == []


def test_a_long_list_is_cut_and_counted() -> None:
    names = [f"d:a{n}" for n in range(15)]
    assert cell("members", names, None) == ", ".join(names[:12]) + " +3"
    assert cell("facts", names, None) == "d:a0, d:a1, d:a2 +12"
    assert cell("members", names[:12], None) == ", ".join(names[:12])
