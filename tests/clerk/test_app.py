"""The app itself, run as marimo runs it, with a clerk's clicks in the place of the browser's."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.report.canvas import Picture

DATA = Path(__file__).parent / "data"
pytest.importorskip("marimo", reason="the extra clerk is not installed")


def run(name: str, content: bytes, form: dict[str, Any] | None = None) -> dict[str, Any]:
    """The app's definitions once a file was uploaded, loaded, and the first question asked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of marimo's own parts
        from api.clerk.app import app

        uploaded = SimpleNamespace(name=name, contents=content)
        clicked = SimpleNamespace(value=True)
        defs = app.run(
            {
                "upload": SimpleNamespace(value=[uploaded]),
                "mapping": SimpleNamespace(value=None), "load": clicked,
                "form": SimpleNamespace(value=form or {}), "go": clicked,
            }
        )[1]  # fmt: skip
    defs["desk"].close()
    return dict(defs)


@pytest.mark.parametrize("path", sorted(p for p in DATA.iterdir() if p.suffix in {".csv", ".txt"}))
def test_an_upload_leads_to_a_picture(path: Path) -> None:
    defs = run(path.name, path.read_bytes(), {"as_of": "2026-06-01"})
    assert isinstance(defs["drawn"], Picture)
    assert defs["found"].rows
    assert defs["loaded"].bad


def test_what_cannot_be_read_stops_there() -> None:
    defs = run("x.pdf", b"%PDF")
    assert defs["draft"] is None
    assert "loaded" not in defs and "found" not in defs


def test_a_wrong_form_stops_there() -> None:
    path = DATA / "交易流水.csv"
    defs = run(path.name, path.read_bytes(), {"as_of": "no day"})
    assert defs["loaded"] is not None
    assert "found" not in defs
