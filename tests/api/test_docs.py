"""The pages made from declarations are current: run `make docs` where this fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from algorithms.catalogue import catalogue
from api.cli import VERBS
from api.docs import pages

ROOT = Path(__file__).parent.parent.parent
SETTING = re.compile(r"\bLINKRISK_[A-Z0-9_]+\b")


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_page_is_current(path: Path) -> None:
    assert path.read_text("utf-8") == pages()[path]


def test_the_readme_names_every_setting() -> None:
    rooms = ("graph", "ingest", "algorithms", "api", "tests")
    sources = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    used = {name for path in sources for name in SETTING.findall(path.read_text("utf-8"))}
    assert used
    assert used == set(SETTING.findall((ROOT / "README.md").read_text("utf-8")))


def test_the_readme_names_only_verbs_that_are_there() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    verbs = {*VERBS, *(entry.verb for entry in catalogue().values())}
    shown = set(re.findall(r"^linkrisk ([a-z-]+)|`linkrisk ([a-z-]+)", text, re.M))
    assert {first or second for first, second in shown} <= verbs
