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


def run(
    name: str, content: bytes, form: dict[str, Any] | None = None,
    seen: list[Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The app's definitions once a file was uploaded, loaded, and the first question asked; what
    it shows goes to `seen`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of marimo's own parts
        from api.clerk.app import app

        uploaded = SimpleNamespace(name=name, contents=content)
        clicked = SimpleNamespace(value=True)
        shown, defs = app.run(
            {
                "upload": SimpleNamespace(value=[uploaded]),
                "mapping": SimpleNamespace(value=None), "load": clicked,
                "form": SimpleNamespace(value=form or {}), "go": clicked,
            }
        )  # fmt: skip
    if seen is not None:
        seen += shown
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


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("<img src=x onerror=alert(1)>.pdf", {}),
        ("<img src=x onerror=alert(1)>.csv", {}),
        ("a.csv", {"as_of": "<img src=x onerror=alert(1)>"}),
    ],
)
def test_what_a_file_says_is_text_and_no_markup(name: str, form: dict[str, Any]) -> None:
    seen: list[Any] = []
    run(name, (DATA / "交易流水.csv").read_bytes(), form, seen)
    texts = [each.text for each in seen if hasattr(each, "text")]
    assert any("img src" in text for text in texts), "it is shown"
    for text in texts:
        assert "<img" not in text
        if "<marimo-table" not in text:  # in whose cells it is text
            assert "u003cimg" not in text  # as a callout hands markup on
