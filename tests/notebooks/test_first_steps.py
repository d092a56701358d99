"""The notebook runs from top to bottom in a kernel, draws, and keeps to public names."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path
from typing import Any

import pytest

from api.demo import run

NOTEBOOK = Path(__file__).parent.parent.parent / "notebooks" / "first_steps.py"
PUBLIC = {"api.client", "api.report", "api.demo"}
ROOMS = {"api", "graph", "ingest", "algorithms"}


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The cells, executed on a small demo."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Jupyter's own parts
        import jupytext
        import nbclient

        folder = tmp_path_factory.mktemp("notebook")
        run(folder, 1_000, 0)
        book = jupytext.read(NOTEBOOK)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LINKRISK_STORE", f"sqlite:///{folder / 'demo.db'}")
            where = {"metadata": {"path": str(NOTEBOOK.parent)}}
            nbclient.NotebookClient(book, timeout=60, resources=where).execute()
    return [cell for cell in book.cells if cell.cell_type == "code"]


def test_it_draws_four_kinds_of_picture(cells: list[Any]) -> None:
    drawn = [
        output["data"]["image/svg+xml"]
        for cell in cells
        for output in cell.outputs
        if "image/svg+xml" in output.get("data", {})
    ]
    assert len(drawn) == 4
    for title, svg in zip(("关联方", "持股结构", "资金闭环", "关联路径"), drawn, strict=True):
        assert title in svg


def test_nothing_is_written_to_standard_error(cells: list[Any]) -> None:
    assert not [o for c in cells for o in c.outputs if o.get("name") == "stderr"]


def test_it_uses_public_names_only() -> None:
    tree = ast.parse(NOTEBOOK.read_text(encoding="utf-8"))
    used = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    used |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert {name for name in used if name.partition(".")[0] in ROOMS} <= PUBLIC
    private = [n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)]
    assert not [name for name in private if name.startswith("_") or name == "session"]
