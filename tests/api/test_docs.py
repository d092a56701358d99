"""The pages made from declarations are current: run `make docs` where this fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.docs import pages


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_page_is_current(path: Path) -> None:
    assert path.read_text("utf-8") == pages()[path]
