"""PDF of a notice, read back with Poppler: the same text, fonts embedded, or a clear refusal."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from api.notices.ask import notice
from api.notices.known import Known
from api.notices.particulars import KINDS
from api.notices.pdf import pdf
from api.notices.render import render
from api.session import Session
from tests.api.notices.conftest import RESIDENT, given
from tests.api.poppler import needed, poppler


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    needed()


def close(text: str) -> str:
    """Without white space and page numbers: lines are broken elsewhere on paper."""
    return re.sub(r"\s", "", re.sub(r"(?m)^\s*\d+ / \d+\s*$", "", text))


@pytest.mark.parametrize("kind", KINDS)
def test_the_pdf_says_what_the_page_says(
    session: Session, answer: Any, kind: str, tmp_path: Path
) -> None:
    """Every paragraph, heading, fact and line of the page, in Chinese and English."""
    asked = {"answer": answer, "party": "p1", "kind": kind, "particulars": given(kind)}
    html = notice(session, asked)
    made = pdf(html)
    read = close(poppler("pdftotext", made, tmp_path, "-raw", "-nopgbrk"))
    blocks = re.findall(r"<(p|h1|h2|li|dd|dt)\b[^>]*>(.*?)</\1>", html, re.S)
    assert len(blocks) > 100
    for _, block in blocks:
        assert close(unescape(re.sub(r"<[^>]+>", "", block))) in read
    assert RESIDENT not in read


def test_fonts_are_embedded(session: Session, answer: Any, tmp_path: Path) -> None:
    asked = {"answer": answer, "party": "p1", "kind": "decision", "particulars": given("decision")}
    made = pdf(notice(session, asked))
    assert made.startswith(b"%PDF-")
    fonts = poppler("pdffonts", made, tmp_path).splitlines()[2:]
    assert any("CJK" in line or "CID" in line for line in fonts)
    for line in fonts:
        embedded, subset, unicode_ = re.findall(r"\b(yes|no)\b", line)[:3]
        assert (embedded, subset, unicode_) == ("yes", "yes", "yes"), line
    told = poppler("pdfinfo", made, tmp_path)
    assert "A4" in told
    assert re.search(r"Title:\s+失信惩戒措施扩展决定书 / Decision to extend a measure", told)
    assert re.search(r"JavaScript:\s+no", told)


def test_hostile_names_are_set(session: Session, answer: Any, tmp_path: Path) -> None:
    """A long name wraps within the page; markup in a name is text; nothing is fetched."""
    party = answer["results"][0]["party"]
    for name in ("甲" * 300, "w" * 300, "<img src='http://127.0.0.1:9/x'>", "שלום 👩‍👩‍👧 ٣"):
        made = pdf(render(answer, party, "prior", given("prior"), names=Known({party: name})))
        read = close(poppler("pdftotext", made, tmp_path, "-raw", "-nopgbrk"))
        if name.isascii() or name[0] == "甲":
            assert close(name) in read
        boxes = poppler("pdftotext", made, tmp_path, "-bbox")
        rights = [float(x) for x in re.findall(r'<word [^>]*xMax="([\d.]+)"', boxes)]
        assert max(rights) < 595.3


def test_what_lies_outside_is_refused() -> None:
    """A page that refers to a file gets nothing of it."""
    made = pdf("<p>x</p><img src='file:///etc/passwd'><link rel=stylesheet href='http://[::1]:9/'>")
    assert made.startswith(b"%PDF-")
    assert b"/Image" not in made


@pytest.mark.parametrize("fonts", ["none", "latin"])
def test_without_a_chinese_font_nothing_is_made(tmp_path: Path, fonts: str) -> None:
    """Boxes for words are no notice; nor does the process end where there is no font at all."""
    folder = tmp_path
    if fonts == "latin":
        folder = Path("/usr/share/fonts/truetype/dejavu")
        if not folder.is_dir():
            pytest.skip("no Latin font by itself")
    config = tmp_path / "fonts.conf"
    config.write_text(
        f"<fontconfig><dir>{folder}</dir><cachedir>{tmp_path}/c</cachedir></fontconfig>"
    )
    code = (
        "from api.notices.pdf import NoPdf, pdf\n"
        "try:\n    pdf('<p>中文</p>')\n"
        "except NoPdf as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, "FONTCONFIG_FILE": str(config)},
    )  # fmt: skip
    assert "PDF needs a Chinese font" in done.stdout, done.stderr
