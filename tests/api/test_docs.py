"""The pages made from declarations are current: run `make docs` where this fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from algorithms.catalogue import catalogue
from api.cli import VERBS
from api.docs import pages
from api.settings import keys

ROOT = Path(__file__).parent.parent.parent
SETTING = re.compile(r"\bLINKRISK_[A-Z0-9_]+\b")


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_page_is_current(path: Path) -> None:
    assert path.read_text("utf-8") == pages()[path]


def test_readme_and_settings_page_name_every_setting() -> None:
    rooms = ("graph", "ingest", "algorithms", "api", "tests")
    sources = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    used = {
        name
        for path in sources
        if path.name != "test_settings.py"  # names some that are none
        for name in SETTING.findall(path.read_text("utf-8"))
    }
    assert used
    pages = ("README.md", "docs/settings.md")
    named = {name for page in pages for name in SETTING.findall((ROOT / page).read_text("utf-8"))}
    assert used - named == set()
    own = {key.variable for key in keys()}
    assert set(SETTING.findall((ROOT / "README.md").read_text("utf-8"))) <= used | own


def test_the_readme_names_only_verbs_that_are_there() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    verbs = {*VERBS, *(entry.verb for entry in catalogue().values())}
    shown = set(re.findall(r"^linkrisk ([a-z-]+)|`linkrisk ([a-z-]+)", text, re.M))
    assert {first or second for first, second in shown} <= verbs
