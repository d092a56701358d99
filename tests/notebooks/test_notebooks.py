"""Every notebook runs from top to bottom, shows graphs inline and says what an answer is not."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from algorithms.scoring import fitting
from api.report.canvas import Picture
from tests.notebooks.running import FOLDER, Ran, cells, run

PUBLIC = {"api.client", "api.report", "api.demo"}
ROOMS = {"api", "graph", "ingest", "algorithms"}
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))
STORIES = [name for name in NAMES if name != "first_steps"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which the worlds are made once, for all notebooks."""
    pytest.importorskip("bokeh", reason="the extra notebook is not installed")
    folder = tmp_path_factory.mktemp("notebooks")
    before = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)


@pytest.fixture(scope="module")
def ran(place: Path) -> dict[str, Ran]:
    """What was run so far."""
    return {}


@pytest.fixture(params=STORIES)
def story(request: pytest.FixtureRequest, place: Path, ran: dict[str, Ran]) -> tuple[str, Ran]:
    name = request.param
    if name not in ran:
        with pytest.MonkeyPatch.context() as patch:  # what is shown holds of any number
            patch.setattr("algorithms.scoring.metrics.RESAMPLES", 100)
            patch.setitem(fitting._BOOSTING, "max_iter", 40)
            ran[name] = run(name)
    return name, ran[name]


def test_all_stories_are_there() -> None:
    assert NAMES == [
        "false_invoices", "first_steps", "monitoring", "ownership_and_control",
        "penalty_to_parties", "phone_to_ring", "risk_model",
    ]  # fmt: skip


def test_a_story_shows_graphs(story: tuple[str, Ran]) -> None:
    from api.client import Drawing

    _, done = story
    drawn = [each for each in done.shown if isinstance(each, Drawing)]
    assert drawn
    assert all(each.nodes > 0 and each.edges > 0 for each in drawn)
    assert all("srcdoc" in each._repr_html_() for each in drawn)
    assert "Traceback" not in done.printed


def test_what_each_story_finds(story: tuple[str, Ran]) -> None:
    name, done = story
    names, printed = done.names, done.printed
    if name == "phone_to_ring":
        (scheme,) = names["world"].planted("shared_identifiers")
        whole = len(scheme["members"])
        assert f"预埋 planted  {whole} 个成员 members, 找到 found {whole}," in printed
        assert "****" in printed  # the phone's number
    elif name == "false_invoices":
        assert re.search(r"invoice_cycle 预埋 planted (\d+) / \1 在方案中", printed)
    elif name == "penalty_to_parties":
        assert names["answer"].rows and names["answer"]["algorithm"] == "extend"
        assert names["listing"]["list"] == "black"
    elif name == "ownership_and_control":
        rows = names["owners"].rows
        assert any(not row["direct"] and row["integrated"] > 0.3 for row in rows)
        assert any(isinstance(each, Picture) for each in done.shown)
    elif name == "risk_model":
        assert list(names["comparison"].index) == [
            "model", "logistic regression", "trees alone", "tabular only",
        ]  # fmt: skip
        assert all(row["reasons"] and "never a basis" in row["use"] for row in names["scored"].rows)
        assert "Data and split" in names["card"]
    elif name == "monitoring":
        assert {row["event"] for row in names["history"].rows} >= {"born"}


@pytest.mark.parametrize("name", NAMES)
def test_public_names_only(name: str) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    used = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    used |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert {each for each in used if each.partition(".")[0] in ROOMS} <= PUBLIC
    private = [n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)]
    assert not [each for each in private if each.startswith("_") or each == "session"]


@pytest.mark.parametrize("name", STORIES)
def test_text_is_in_both_languages_and_says_what_it_does_not_mean(name: str) -> None:
    text = [cell.source for cell in cells(name) if cell.cell_type == "markdown"]
    assert all(re.search("[\u4e00-\u9fff]", each) for each in text)
    assert all(re.search("[A-Za-z]{4}", each) for each in text)
    whole = "\n".join(text)
    assert "**问题**" in whole and "**Question**" in whole
    assert "不代表" in whole and "does not mean" in whole.lower().replace("\n", " ")


def test_the_same_over_http(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from api.demo import sample

    token = "t" * 32
    args = [sys.executable, "-m", "api.cli", "serve", "--port", "0", "--store", sample().url]
    env = {**os.environ, "LINKRISK_TOKEN": token, "PYTHONPATH": str(FOLDER.parent)}
    service = subprocess.Popen(args, stdout=subprocess.PIPE, text=True, env=env, cwd=place)
    try:
        assert service.stdout is not None
        address: Any = re.search(r"http://127\.0\.0\.1:\d+", service.stdout.readline())
        monkeypatch.setenv("LINKRISK_URL", address[0])
        monkeypatch.setenv("LINKRISK_TOKEN", token)
        over = run("phone_to_ring")
    finally:
        service.terminate()
        service.wait(20)
        service.stdout.close()
    monkeypatch.delenv("LINKRISK_URL")
    assert over.printed == run("phone_to_ring").printed


def test_a_notebook_opens_as_ipynb(tmp_path: Path) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jupytext
        import nbformat

        for name in NAMES:
            book = jupytext.read(FOLDER / f"{name}.py")
            jupytext.write(book, tmp_path / f"{name}.ipynb")
            nbformat.validate(nbformat.read(tmp_path / f"{name}.ipynb", as_version=4))
