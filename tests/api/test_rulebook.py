"""`linkrisk rulebook`, and the guide's example as it is written."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from api.cli import main
from graph.rulebook import load_editions

GUIDE = Path(__file__).parent.parent.parent / "docs" / "guides" / "rulebook.md"
EDITIONS = load_editions([])


def run(capfd: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = main(["rulebook", *args])
    out, err = capfd.readouterr()
    return code, out, err


def test_the_guide_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every command of the page, in its order, with the page's own file beside it."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE.read_text("utf-8"), re.S | re.M)
    (own,) = (body for kind, body in blocks if kind == "yaml")
    (tmp_path / "city.yaml").write_text(own, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LINKRISK_RULEBOOK", raising=False)
    shown: dict[str, str] = {}
    for line in "".join(body for kind, body in blocks if not kind).splitlines():
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            monkeypatch.setenv(name, value)
            continue
        program, *args = shlex.split(line)
        assert program == "linkrisk"
        code = main(args)
        shown[line], err = capfd.readouterr()
        assert (code, err) == (0, ""), line
    assert (
        "actual_controller"
        not in shown["linkrisk rulebook show --measure consumption_restriction --day 2015-07-21"]
    )
    assert "example-wages-controller" in shown["linkrisk rulebook diff 2026-04 city.yaml"]
    assert "controlling_shareholder" in shown["linkrisk rulebook show --measure wage_arrears"]
    assert "example-city" in shown["linkrisk rulebook check"]


def test_check_lists_every_mistake(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("layer: own\nrow: []\nrows: 5\n", "utf-8")
    code, out, err = run(capfd, "check", str(path))
    assert code == 3
    assert out.splitlines() == [
        f"{path}:2:1: a layer: unknown key 'row'; did you mean rows?",
        f"{path}:3:7: rows must be a list, here is number",
    ]
    assert err == "linkrisk: the rulebook cannot be used, mistakes: 2\n"
    code, out, _ = run(capfd, "check", str(path), "--json")
    assert code == 3
    found = json.loads(out)
    assert [(p["line"], p["column"]) for p in found["problems"]] == [(2, 1), (3, 7)]
    assert found["editions"] == []


def test_check_without_mistakes(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capfd, "check", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["problems"] == []
    assert {e["edition"]: e["version"] for e in found["editions"]} == {
        name: book.version for name, book in EDITIONS.items()
    }


def test_show_names_version_and_no_basis(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capfd, "show", "--edition", "2026-04", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["version"] == EDITIONS["2026-04"].version
    basis = {m["id"]: m["basis"] for m in found["measures"]}
    assert basis["tax_fraud"] == "no_basis"
    assert [b["document"] for b in basis["consumption_restriction"]] == [
        "fashi-2010-8",
        "fashi-2010-8-amended",
    ]
    assert all({"zh", "en", "status", "from", "basis"} <= row.keys() for row in found["rows"])
    code, out, _ = run(
        capfd, "show", "--measure", "consumption_restriction", "--day", "2015-07-21", "--json"
    )
    reached = {r["relation"] for r in json.loads(out)["rows"] if r["outcome"] == "extend"}
    assert reached == {"legal_representative", "principal", "directly_responsible"}


def test_show_in_words(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capfd, "show")
    assert code == 0
    for said in ("法释〔2010〕8号 第三条第二款", "no_basis", "Counsel must confirm", "under-18"):
        assert said in out


def test_diff_of_the_shipped_editions(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capfd, "diff", "2024-07", "2026-04", "--json")
    assert code == 0
    found = json.loads(out)
    assert [p["id"] for p in found["publication"]["added"]] == ["general", "minor", "serious"]
    assert [d["id"] for d in found["documents"]["added"]] == ["credit-repair-2026"]
    assert found["rows"] == {"added": [], "removed": [], "changed": []}
    code, out, _ = run(capfd, "diff", "2024-07", "2024-07")
    assert "no difference" in out


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["show", "x"], 2, "rulebook show takes no 'x'"),
        (["diff", "2024-07"], 2, "which two editions or files?"),
        (["diff", "2024-07", "2031-01"], 2, "no edition '2031-01'"),
        (["check", "--day", "2020-01-01"], 2, "rulebook check takes no --day"),
        (["check", "missing.yaml"], 3, "missing.yaml: No such file or directory"),
        (["show", "--measure", "tax"], 2, "no measure 'tax'"),
        (["show", "--day", "2015-02-30"], 2, "not a date"),
        (["draw"], 2, "'draw' is not one of"),
    ],
)
def test_wrong_use(
    args: list[str], code: int, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    got, out, err = run(capfd, *args)
    assert (got, out) == (code, "")
    assert said in err
    assert len(err.splitlines()) == 1
