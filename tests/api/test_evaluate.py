"""`linkrisk evaluate` on a small store with a truth written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from graph.store import Store

Row = dict[str, Any]

# Two cycles of transfers: a1-a2-a3 was planted, b1-b2-b3 is kin who settle among themselves.
HOPS = [("a1", "a2"), ("a2", "a3"), ("a3", "a1"), ("b1", "b2"), ("b2", "b3"), ("b3", "b1")]
FACTS: list[Row] = [
    *({"kind": "account", "id": f"{side}{k}"} for side in "ab" for k in (1, 2, 3)),
    {"kind": "account", "id": "z1"},
    *(
        {"kind": "transfer", "id": f"t{n}", "from": one, "to": two, "amount": "9000.00",
         "currency": "CNY", "at": f"2025-03-0{n % 3 + 1}T10:00:00+08:00"}
        for n, (one, two) in enumerate(HOPS)
    ),
]  # fmt: skip


def planted(name: str, side: str, look_alike: str | None) -> Row:
    return {
        "id": name, "pattern": "transfer_cycle", "innocent": look_alike is not None,
        "look_alike": look_alike, "difficulty": "easy",
        "members": [f"{side}{k}" for k in (1, 2, 3)],
        "circle": [], "facts": [f"t{k}" for k in range(3)], "amount": None, "begins": None,
        "ends": None,
    }  # fmt: skip


TRUTH = {"schemes": [planted("s1", "a", None), planted("s2", "b", "group_settlement")]}


@pytest.fixture
def truth(write: Callable[..., Store], store_url: str, tmp_path: Path) -> Path:
    write(FACTS, dataset="bank")
    path = tmp_path / "w.truth.json"
    path.write_text(json.dumps(TRUTH), "utf-8")
    return path


def run(capfd: pytest.CaptureFixture[str], *args: str | Path) -> tuple[int, str, str]:
    code = main(["evaluate", *map(str, args)])
    out, err = capfd.readouterr()
    return code, out, err


def test_it_asks_and_measures(
    truth: Path, store_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(
        capfd, "--store", store_url, "--truth", truth, "--algorithms", "transfer-cycles",
        "--threshold", "0", "--json",
    )  # fmt: skip
    assert (code, err) == (0, "")
    answer = json.loads(out)
    row = answer["results"][0]
    assert row["pattern"] == "transfer_cycle"
    assert (row["schemes"], row["found"], row["recall"], row["false"]) == (1, 1, 1.0, 1)
    assert (row["look_alikes"], row["accused"], row["precision"]) == (1, 1.0, 0.5)
    assert row["accused_by_name"] == {"group_settlement": "1/1"}
    assert "half" in answer["rule"]


def finding(members: list[str], score: float, evidence: float, **more: Any) -> Row:
    return {
        "pattern": "transfer_cycle", "members": members, "score": score, "evidence": evidence,
        "facts": [], **more,
    }  # fmt: skip


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "answer.json"
    rows = [
        finding(["bank:a1", "bank:a2"], 0.9, 9.0, attrs={"circle": ["bank:z1"]}),
        finding(["bank:z1"], 0.8, 2.0),
        finding(["bank:b1", "bank:b2", "bank:b3"], 0.2, 1.0),
    ]
    path.write_text(json.dumps({"algorithm": "by hand", "results": rows}), "utf-8")
    return path


def test_answers_by_hand(
    truth: Path, answers: Path, store_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(
        capfd, "--store", store_url, "--truth", truth, "--answers", answers, "--dataset", "bank",
        "--json",
    )  # fmt: skip
    assert code == 0
    row, every = json.loads(out)["results"]
    assert (row["found"], row["false"], row["precision"], row["accused"]) == (1, 1, 0.5, 0.0)
    assert row["average_precision"] == 1.0
    assert {**every, "pattern": "transfer_cycle"} == row
    code, out, _ = run(capfd, "--store", store_url, "--truth", truth, "--answers", answers)
    assert code == 0
    assert "transfer_cycle" in out


def test_curves_are_fitted_and_tried(
    truth: Path, store_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out_file = tmp_path / "curves.json"
    folder = tmp_path / "folder"
    folder.mkdir()
    assert store_url.startswith("sqlite:///")
    (folder / "store.db").symlink_to(store_url.removeprefix("sqlite:///"))
    (folder / "facts.truth.json").write_text(truth.read_text("utf-8"), "utf-8")
    code, out, err = run(
        capfd, "--world", folder, "--held-out", folder, "--algorithms", "transfer_cycles",
        "--calibrate", out_file, "--json",
    )  # fmt: skip
    assert (code, err) == (0, "")
    curves = json.loads(out_file.read_text("utf-8"))["curves"]
    assert list(curves) == ["transfer_cycle"]
    curve = curves["transfer_cycle"]
    assert (curve["true"], curve["other"]) == (1, 1)
    (row,) = json.loads(out)["reliability"]
    assert (row["findings"], row["true"]) == (2, 1)
    assert 0 <= row["expected_calibration_error"] <= 1


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ([], 2, "give --truth FILE"),
        (["--truth", "{truth}", "--world", "."], 2, "give --truth FILE"),
        (["--truth", "{truth}", "--held-out", "."], 2, "--held-out goes with --calibrate"),
        (["--truth", "{truth}", "--params", "x=1"], 2, "ALGORITHM.NAME=VALUE"),
        (["--truth", "{truth}", "--patterns", "no_such"], 2, "no_such"),
        (["--truth", "{truth}", "--algorithms", "paths"], 2, "paths: yields no findings on the"),
        (["--truth", "{truth}", "--algorithms", "trace-flow"], 2, "trace-flow: yields no findings"),
        (["--truth", "{truth}", "--as-of", "2025"], 2, "as_of is a date"),
        (["--truth", "{truth}", "--as-of", "2025-01-01", "--answers", "{store}"], 2, "--as-of"),
        (["--truth", "{truth}", "--dataset", "no"], 3, "not of this store"),
        (["--truth", "{store}"], 3, "not a truth"),
        (["--world", "{folder}"], 3, "not a folder with store.db"),
    ],
)
def test_wrong_use_is_one_line(
    args: list[str], code: int, said: str, truth: Path, store_url: str, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    broken = tmp_path / "broken.json"
    broken.write_text("[1]", "utf-8")
    places = {"truth": truth, "store": broken, "folder": tmp_path / "empty"}
    (tmp_path / "empty").mkdir()
    texts = [text.format(**places) for text in args]
    got, out, err = run(capfd, "--store", store_url, "--algorithms", "transfer_cycles", *texts)
    assert (got, out) == (code, "")
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "bounds",
    [
        ["--params", "transfer_cycles.window=90"],
        pytest.param([], marks=pytest.mark.full),  # searches until its time is up: a minute
    ],
    ids=["90_days", "any_time"],
)
def test_a_generated_world_is_loaded_and_measured(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], bounds: list[str]
) -> None:
    """From the command line alone: what is sharp and stands alone is found."""
    store = f"sqlite:///{tmp_path}/store.db"
    facts = tmp_path / "facts.jsonl"
    assert main(["generate", "--schemes", "easy", "--seed", "3", "--out", str(facts)]) == 0
    assert main(["--store", store, "ingest", str(facts)]) == 0
    capfd.readouterr()
    code, out, _ = run(
        capfd, "--world", tmp_path, "--algorithms", "invoice_cycles,transfer_cycles",
        "--patterns", "invoice_cycle,transfer_cycle", "--threshold", "0", "--json", *bounds,
    )  # fmt: skip
    assert code == 0
    rows = {row["pattern"]: row for row in json.loads(out)["results"]}
    assert set(rows) == {"invoice_cycle", "transfer_cycle", "all"}
    for pattern in ("invoice_cycle", "transfer_cycle"):
        assert (rows[pattern]["schemes"], rows[pattern]["look_alikes"]) == (1, 2)
        assert rows[pattern]["recall"] == 1.0
    assert rows["all"]["schemes"] == 2


def test_generate_says_what_it_cannot(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = str(tmp_path / "w.jsonl")
    for args, said in (
        (["--instances", "3"], "only of a world with schemes"),
        (["--schemes", "hard", "--instances", "9"], "instances: from 1 to 1, not 9"),
        (["--schemes", "brutal"], "'brutal' is not one of"),
    ):
        assert main(["generate", "--out", out, *args]) == 2
        assert said in capfd.readouterr().err


@pytest.mark.parametrize(
    "text",
    ['{"results": ["x"]}', '[{"pattern": "p", "score": "high", "members": ["a"], "facts": []}]'],
)
def test_an_answer_without_findings_is_one_line(
    truth: Path, store_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, "utf-8")
    code, _, err = run(capfd, "--store", store_url, "--truth", truth, "--answers", path)
    assert code == 3
    assert "not an answer with findings" in err


def test_a_truth_without_members_is_one_line(
    truth: Path, store_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    truth.write_text(json.dumps({"schemes": [{**planted("s1", "a", None), "members": []}]}))
    code, _, err = run(capfd, "--store", store_url, "--truth", truth)
    assert (code, "a scheme without members: s1" in err) == (3, True)


def test_parameters_of_what_is_not_asked_are_refused(
    truth: Path, store_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(
        capfd, "--store", store_url, "--truth", truth, "--algorithms", "transfer_cycles",
        "--params", "transfer-cycle.window=7",
    )  # fmt: skip
    assert (code, "transfer_cycle.window" in err) == (2, True)


def test_a_search_cut_short_is_said(
    truth: Path, store_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(
        capfd, "--store", store_url, "--truth", truth, "--algorithms", "transfer_cycles",
        "--params", "transfer_cycles.max_rows=1", "--json",
    )  # fmt: skip
    assert (code, "transfer_cycles: max_rows" in err) == (0, True)


@pytest.mark.parametrize(("day", "findings"), [("2025-03-01", 0), ("2025-03-31", 2)])
def test_questions_are_asked_as_of_a_day(
    truth: Path, store_url: str, capfd: pytest.CaptureFixture[str], day: str, findings: int
) -> None:
    """The cycles close on the third of March."""
    code, out, _ = run(
        capfd, "--store", store_url, "--truth", truth, "--algorithms", "transfer_cycles",
        "--threshold", "0", "--as-of", day, "--json",
    )  # fmt: skip
    answer = json.loads(out)
    row = answer["results"][0]
    assert (code, answer["as_of"]) == (0, day)
    assert row["found"] + row["false"] == findings


def test_without_a_day_it_is_today(
    truth: Path, store_url: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.times.today", lambda: "2025-03-01")
    code, out, _ = run(
        capfd, "--store", store_url, "--truth", truth, "--algorithms", "transfer_cycles", "--json",
    )  # fmt: skip
    assert (code, json.loads(out)["as_of"]) == (0, "2025-03-01")
