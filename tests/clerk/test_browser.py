"""A clerk's way through the app in a real browser, from an upload to what is taken away."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browsing import chromium

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent / "data"
WAIT = 60_000  # ms


@pytest.fixture
def address() -> Iterator[str]:
    """The app's address with its token."""
    pytest.importorskip("marimo", reason="the extra clerk is not installed")
    args = [sys.executable, "-m", "api.cli", "clerk", "--port", "0"]
    process = subprocess.Popen(args, stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait(20)
    process.stdout.close()


@pytest.fixture
def page() -> Iterator[Any]:
    """A page of Chromium that notes every request."""
    with chromium() as browser:
        made: Any = browser.new_page(viewport={"width": 1200, "height": 1500})
        made.asked = []
        made.on("request", lambda request: made.asked.append(request.url))
        yield made


def test_from_upload_to_picture_without_code(address: str, page: Any, tmp_path: Path) -> None:
    page.goto(address)
    page.set_input_files("input[type=file]", DATA / "交易流水.csv", timeout=WAIT)
    page.wait_for_selector("text=2 核对", timeout=WAIT)
    page.get_by_role("button", name="导入 Load").click()
    page.wait_for_selector("text=3 回执", timeout=WAIT)
    assert page.get_by_text("八千元整").count() == 0  # it was read
    page.wait_for_selector("text=gives no transfer", timeout=WAIT)
    page.get_by_role("button", name="提问 Ask", exact=True).click(timeout=WAIT)
    page.wait_for_selector("svg.lr, svg >> text=49,000.00", timeout=WAIT)
    page.wait_for_selector("text=5 资金闭环", timeout=WAIT)
    for name in ("CSV", "XLSX", "HTML"):
        with page.expect_download(timeout=WAIT) as coming:
            page.get_by_role("link", name=name, exact=True).or_(
                page.get_by_role("button", name=name, exact=True)
            ).first.click()
        coming.value.save_as(tmp_path / name)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "CSV").read_text("utf-8-sig"))))
    assert [row["金额 amount"] for row in rows] == ["49,000.00"]
    assert (tmp_path / "XLSX").read_bytes()[:2] == b"PK"
    assert "<svg" in (tmp_path / "HTML").read_text("utf-8")
    here = re.compile(r"(http|ws)://127\.0\.0\.1:\d+/|data:|blob:")
    assert [url for url in page.asked if not here.match(url)] == []


def test_nobody_without_the_token(address: str) -> None:
    import httpx

    plain = address.partition("?")[0]
    for path in ("", "api/status"):
        answer = httpx.get(plain + path, follow_redirects=True)
        assert answer.status_code == 401 or "access_token" in str(answer.url) or "login" in str(
            answer.url
        )  # fmt: skip
        assert "办事台" not in answer.text
    assert httpx.get(address, headers={"Host": "evil.example"}).status_code == 400
