"""Reports as PDF, read back with Poppler: the page's text, bookmarks, tags, fonts, heads of tables
on every page, nothing beyond the margin."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from api.caller import OWNER
from api.report.ask import KINDS, asked, made
from api.session import Session
from graph.store import Store
from tests.api.poppler import needed, poppler
from tests.api.report.cases import ASKED, DAY, MOBILE, RESIDENT


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    needed()


def close(text: str) -> str:
    return re.sub(r"\s", "", text)


def whole(session: Session, kind: str, **more: Any) -> bytes:
    given = {**ASKED[kind], "format": "pdf", **more}
    if kind == "case":
        given["id"] = session.ask("clusters", {"as_of": DAY})["results"][0].id
    return made(session, asked(kind, given), OWNER, "tester").body


SAID = {
    "subject": ["示例机械有限公司", "张示例", "示例人民法院", "(2025)示01执17号", "2025-09-10",
                "42%"],
    "extension": ["张示例", "王示例", "赵示例", "陈示例", "2025-03-03", "法释〔2010〕8号",
                  "第三条第二款",
                  "证明核验", "异议", "《征信业管理条例》", "信用修复"],
    "clusters": ["示例贸易有限公司", "2024-02-01", "黑名单", "行政处罚", "产生1"],
    "case": ["示例贸易有限公司", "示例机械有限公司", "cluster:"],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_paper_says_it(session: Session, kind: str, tmp_path: Path) -> None:
    body = whole(session, kind, lang="zh")
    read = close(poppler("pdftotext", body, tmp_path, "-raw", "-nopgbrk"))
    for said in [*SAID[kind], DAY, session.snapshot().name]:
        assert close(said) in read, said
    assert RESIDENT not in read
    assert MOBILE not in read
    told = poppler("pdfinfo", body, tmp_path)
    assert re.search(r"Tagged:\s+yes", told)
    assert re.search(r"JavaScript:\s+no", told)
    assert "CreationDate" not in told
    pages = int(re.search(r"Pages:\s+(\d+)", told)[1])  # type: ignore[index]
    for number in range(1, pages + 1):
        assert f"{number}/{pages}" in read
    fonts = poppler("pdffonts", body, tmp_path).splitlines()[2:]
    for line in fonts:
        assert re.findall(r"\b(yes|no)\b", line)[:2] == ["yes", "yes"], line


def test_the_same_bytes_again_unless_stamped(session: Session, tmp_path: Path) -> None:
    first = whole(session, "extension")
    assert whole(session, "extension") == first
    told = poppler("pdfinfo", whole(session, "extension", stamp=True), tmp_path)
    assert "CreationDate" in told
    assert re.search(r"Author:\s+tester", told)


def test_headings_are_bookmarks_and_pictures_have_words(session: Session, tmp_path: Path) -> None:
    body = whole(session, "subject", lang="en")
    page = made(session, asked("subject", {**ASKED["subject"], "lang": "en"}), OWNER).body.decode()
    outline = poppler("pdftohtml", body, tmp_path, "-xml", "-i", "-stdout").partition("<outline>")[
        2
    ]
    heads = [unescape(re.sub(r"<[^>]+>", "", each)).strip()
             for each in re.findall(r"<h2>(.*?)</h2>", page)]  # fmt: skip
    assert len(heads) > 6
    for head in heads:
        assert head in unescape(outline), head
    tree = poppler("pdfinfo", body, tmp_path, "-struct")
    for kind in ("H1", "H2", "Table", "TH", "Figure"):
        assert re.search(rf"^\s*{kind}\b", tree, re.M), kind


def test_long_tables_and_long_words_stay_on_the_page(
    write: Callable[..., Store], store_url: str, tmp_path: Path
) -> None:
    """48 parties over several pages: each has the head; names of 300 letters within the margin."""
    facts: list[dict[str, Any]] = [{"kind": "company", "id": "c1", "name": "w" * 300}]
    for i in range(48):
        facts.append({"kind": "company", "id": f"k{i}", "name": f"{'x' * 60}{i}", "valid_from":
                      "2001-01-01"})  # fmt: skip
        facts.append({"kind": "listing", "id": f"l{i}", "subject": f"k{i}", "list": "black",
                      "domain": "tax", "valid_from": "2020-01-01", "status": "active",
                      "authority": "<b>&" + "y" * 200})  # fmt: skip
        facts.append({"kind": "guarantee", "id": f"g{i}", "from": f"k{i}", "to": "c1",
                      "valid_from": "2020-01-01"})  # fmt: skip
    write(facts)
    with Session(store_url) as session:
        wanted = asked("clusters", {"as_of": "2022-01-01", "members": 48, "format": "pdf",
                                    "lang": "zh"})  # fmt: skip
        body = made(session, wanted, OWNER).body
    sheets = poppler("pdftotext", body, tmp_path, "-layout").split("\f")
    with_rows = [sheet for sheet in sheets if re.search(r"是\s+黑名单 tax", sheet)]
    assert len(with_rows) >= 2
    for sheet in with_rows:
        assert re.search(r"成员\s+种类\s+核心", sheet), sheet[:300]
    boxes = poppler("pdftotext", body, tmp_path, "-bbox")
    for width, words in re.findall(r'<page width="([\d.]+)"[^>]*>(.*?)</page>', boxes, re.S):
        rights = [float(x) for x in re.findall(r'<word [^>]*xMax="([\d.]+)"', words)]
        assert max(rights, default=0.0) < float(width) - 10
