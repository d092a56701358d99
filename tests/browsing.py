"""Chromium, driven by Playwright, where both are there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def missing(what: str) -> NoReturn:
    """Skip for want of something; under CI it has to be there."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@contextmanager
def chromium(*flags: str, **options: Any) -> Iterator[Browser]:
    """Debian's Chromium; `flags` are its own, `options` Playwright's for starting it."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("Playwright is not installed: it is in the group dev")
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        missing("no Chromium: .ci/browser installs Debian's")
    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=found, args=["--no-sandbox", *flags], **options
        )
        yield browser
        browser.close()
