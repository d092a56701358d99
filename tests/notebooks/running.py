"""Runs notebooks in this process: each cell, and what its last expression shows."""

from __future__ import annotations

import ast
import contextlib
import io
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent.parent / "notebooks"


@dataclass
class Ran:
    """What a notebook showed and printed, and the names it left."""

    shown: list[Any] = field(default_factory=list)
    printed: str = ""
    names: dict[str, Any] = field(default_factory=dict)


def cells(name: str) -> list[Any]:
    """The cells of a notebook, as jupytext has them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Jupyter's own parts
        import jupytext

        return list(jupytext.read(FOLDER / f"{name}.py").cells)


def run(name: str) -> Ran:
    """Run a notebook from top to bottom. Raises what a cell raises."""
    ran = Ran(names={"__name__": "__main__"})
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        for cell in cells(name):
            if cell.cell_type == "code":
                _run(cell.source, name, ran)
    ran.printed = out.getvalue()
    return ran


def _run(source: str, name: str, ran: Ran) -> None:
    tree = ast.parse(source, f"{name}.py")
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, f"{name}.py", "exec"), ran.names)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), f"{name}.py", "eval"), ran.names)
        if value is not None:
            ran.shown.append(value)
