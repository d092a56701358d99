"""Reports as HTML: what they say against the facts they are made of, what they leave out and say
so, and that nothing in them can break out or lead outside."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from algorithms.findings.patterns import named
from algorithms.registry import ALGORITHMS, encode
from api.caller import OWNER
from api.report.ask import KINDS, asked, made
from api.report.case import FINDERS
from api.session import Session
from graph.errors import InputError, UnknownSubject, WrongUsage
from graph.store import Store
from tests.api.report.cases import ASKED, DAY, EXTENSION, FACTS, MOBILE, RESIDENT

CHINESE = re.compile("[\u4e00-\u9fff]")
VOID = {"meta", "br"}


class Page(HTMLParser):
    """Ids, references and tags; the text of each element with an id; raises where tags cross."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.refs: list[str] = []
        self.tags: set[str] = set()
        self.text: dict[str, str] = {}
        self._open: list[tuple[str, str]] = []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        if "id" in found:
            self.ids.append(found["id"])
            self.text[found["id"]] = ""
        self.refs += [found[name] for name in ("href", "src") if name in found]
        assert not any(name.startswith("on") for name in found)
        if tag not in VOID:
            self._open.append((tag, found.get("id", "")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, ident in self._open:
            if ident:
                self.text[ident] += data


def html(session: Session, kind: str, **given: Any) -> str:
    return made(session, asked(kind, given), OWNER, "tester").body.decode()


def whole(session: Session, kind: str, **more: Any) -> str:
    """The page of one of the usual reports."""
    given = {**ASKED[kind], **more}
    if given.get("id") == "cluster":
        given["id"] = session.ask("clusters", {"as_of": DAY})["results"][0].id
    return html(session, kind, **given)


def words(page: str) -> str:
    body = page.partition("<body")[2]
    return unescape(re.sub(r"<[^>]+>", " ", body))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", ["zh", "en", "both"])
def test_pages_are_well_formed_and_lead_nowhere_outside(
    session: Session, kind: str, lang: str
) -> None:
    text = whole(session, kind, lang=lang)
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    for ref in page.refs:
        assert ref[0] == "#", ref
        assert ref[1:] in page.ids, ref
    assert not page.tags & {"script", "link", "img", "iframe", "object", "embed", "use", "image"}
    bare = text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?://|url\(|@import|src=", bare)
    assert text.count("<svg") >= 1
    assert RESIDENT not in text
    assert MOBILE not in text


@pytest.mark.parametrize("kind", KINDS)
def test_every_reference_is_in_the_appendix_with_its_source(session: Session, kind: str) -> None:
    text = whole(session, kind, lang="zh")
    page = Page(text)
    numbers = set(re.findall(r'<a class="ref" href="#f-([^"]+)">\[\d+\]</a>', text))
    assert numbers
    lines = {f"reg:{fact['id']}": fact for fact in FACTS}
    for name in numbers:
        told = page.text[f"f-{name}"]
        assert f"{name} · reg" in told.replace("\n", " ")
        fact = lines[name]
        for value in (fact.get("valid_from"), fact.get("authority")):
            assert value is None or value in told
    if kind == "subject":
        assert "a.csv:7" in page.text["f-reg:r1"]


@pytest.mark.parametrize("kind", KINDS)
def test_each_says_of_what_it_is_and_the_same_again(session: Session, kind: str) -> None:
    first = whole(session, kind)
    answer = session.ask("clusters", {"as_of": DAY})
    for value in (DAY, answer["known_at"], answer["snapshot"]):
        assert f">{value}<" in first
    assert whole(session, kind) == first
    stamped = whole(session, kind, stamp=True)
    assert "制作人" in stamped
    assert "tester" in stamped
    assert "制作人" not in first


@pytest.mark.parametrize("kind", KINDS)
def test_one_language_alone(session: Session, kind: str) -> None:
    """In English Chinese is left in names, texts of the register and documents alone."""
    heads = re.findall(r"<(?:h2|h3|dt|th|small)\b[^>]*>(.*?)</", whole(session, kind, lang="en"))
    names = "|".join(str(fact["name"]) for fact in FACTS if "name" in fact)
    assert heads
    for head in heads:
        assert not CHINESE.search(re.sub(names, "", head)), head
    chinese = whole(session, kind, lang="zh")
    assert 'lang="en"' not in chinese
    heads = re.findall(r"<(?:h2|dt|th)\b[^>]*>([^<]+)</", chinese)
    assert all(CHINESE.search(head) for head in heads)


def test_a_subject_report_says_what_is_known(session: Session) -> None:
    page = Page(whole(session, "subject"))
    assert "黑名单 black list" in page.text["qlistings"]
    assert "示例人民法院" in page.text["qlistings"]
    assert "(2025)示01执17号" in page.text["qlistings"]
    related = page.text["qrelated"]
    for name in ("张示例", "示例控股有限公司", "王示例", "陈示例"):
        assert name in related
    assert "42 %" in page.text["qowners"]  # 0.6 of 0.7
    assert "王示例" in page.text["qcontrollers"]
    assert "113,000.00" in page.text["qmoney"]
    assert "2025-09-10" in page.text["qtime"]
    person = Page(html(session, "subject", subject="p1", as_of=DAY))
    assert "110***********002X" in person.text["qrecords"]
    assert "2018-01-01" in person.text["qroles"]
    assert "黑名单 black list 2025-09-10" in person.text["qroles"]  # while in office


def test_an_extension_report_says_what_the_answer_says(session: Session) -> None:
    answer = msgspec.json.decode(encode(session.ask("extend", EXTENSION)))
    page = Page(whole(session, "extension", lang="zh"))
    label = {row["id"]: row["name"] for row in FACTS if "name" in row}
    outcomes = {"extend": "qextend-", "review": "qreview-"}
    seen = 0
    for row in answer["results"]:
        name = next(
            text for ident, text in label.items()
            if session.snapshot().canonical(session.snapshot().resolve(ident)) == row["party"]
        )  # fmt: skip
        if row["outcome"] == "exclude":
            assert name in page.text["qexclude"]
            assert (row["lacking"] or "").rpartition(" / ")[2] in page.text["qexclude"]
            continue
        told = next(
            text for key, text in page.text.items()
            if key.startswith(outcomes[row["outcome"]]) and name in text
        )  # fmt: skip
        seen += 1
        assert row["rule"] in told.replace("\n", "")
        assert row["basis"]["document"] in told
        assert (row["basis"]["article"] or "") in told
        assert "证明核验" in told
        assert "成立" in told
        assert "不成立" not in told
    assert seen == sum(row["outcome"] != "exclude" for row in answer["results"]) >= 3
    ways = page.text["qways"]
    for said in ("20 日内书面答复", "征信业管理条例", "信用修复", "第四十四条", "并非法定要求"):
        assert said in ways
    assert answer["rulebook"] in words(whole(session, "extension", lang="zh")).replace(" ", "")


def test_a_cluster_report_says_who_and_what_is_new(session: Session) -> None:
    page = Page(whole(session, "clusters", lang="en"))
    (row,) = session.ask("clusters", {"as_of": DAY})["results"]
    assert row.id in page.text["qwhole"]
    assert "born" in page.text["qnew"]  # in 2025, when the second was listed
    told = page.text["qc1"]
    for said in ("示例机械有限公司", "示例贸易有限公司", "black list judgment", "penalty tax"):
        assert said in told
    assert "2024-02-01" in told
    steady = Page(whole(session, "clusters", lang="en", since="2025-09-20"))
    assert "no change" in steady.text["qnew"]


def test_what_is_left_out_is_counted(write: Callable[..., Store], store_url: str) -> None:
    """A hub of 1,200 holdings, and a cluster of 130 listed companies."""
    facts: list[dict[str, Any]] = [{"kind": "company", "id": "hub", "name": "枢纽公司"}]
    for i in range(1200):
        facts.append({"kind": "company", "id": f"h{i}", "name": f"子公司{i}"})
        facts.append({"kind": "shareholder", "id": f"s{i}", "from": "hub", "to": f"h{i}",
                      "share": "0.6"})  # fmt: skip
    for i in range(130):
        facts.append({"kind": "company", "id": f"k{i}", "name": f"名单公司{i}"})
        facts.append({"kind": "listing", "id": f"l{i}", "subject": f"k{i}", "list": "black",
                      "domain": "tax", "valid_from": "2020-01-01", "status": "active"})  # fmt: skip
        if i:
            facts.append({"kind": "guarantee", "id": f"g{i}", "from": f"k{i}",
                          "to": f"k{(i - 1) // 3}", "valid_from": "2021-01-01"})  # fmt: skip
    write(facts)
    with Session(store_url) as session:
        hub = html(session, "subject", subject="hub", as_of="2022-01-01")
        said = words(hub)
        assert "1,200" in said
        assert "Cut short: max_rows: only the nearest 1000 are shown" in said
        assert "970 more rows are not shown" in said
        assert len(hub) < 200_000
        page = html(session, "clusters", as_of="2022-01-01", members=10)
        assert "36 of 130 members drawn" in page
        assert "120 more rows are not shown" in words(page)
        assert page.count("名单公司") < 400


HOSTILE = '<script>alert("x")</script>&]]>\x07' + "w" * 300


def test_names_cannot_break_out(write: Callable[..., Store], store_url: str) -> None:
    write([
        {"kind": "company", "id": "c1", "name": HOSTILE, "attrs": {HOSTILE: HOSTILE}},
        {"kind": "person", "id": "p1", "name": HOSTILE},
        {"kind": "shareholder", "id": "s<1>", "from": "p1", "to": "c1", "share": "0.6"},
        {"kind": "listing", "id": "l1", "subject": "c1", "list": "black", "authority": HOSTILE,
         "basis": HOSTILE, "domain": HOSTILE, "valid_from": "2020-01-01", "status": "active"},
    ])  # fmt: skip
    with Session(store_url) as session:
        for kind, given in (("subject", {"subject": "c1"}), ("clusters", {"min_core": 1})):
            text = html(session, kind, as_of="2022-01-01", **given)
            assert "script" not in Page(text).tags
            assert "<script" not in text


def test_findings_of_an_answer(session: Session) -> None:
    answer = msgspec.json.decode(encode(session.ask("clusters", {"as_of": DAY})))
    page = Page(html(session, "case", answer=answer, lang="en"))
    assert answer["results"][0]["id"] in page.text["qf1"]
    assert "示例贸易有限公司" in page.text["qf1"]
    empty = html(session, "case", answer={**answer, "results": []})
    assert "Nothing was found." in words(empty)
    cut = {"reason": "time_limit: 60 s / 时间已到", "explored": 12, "limit": 60}
    said = words(html(session, "case", answer={**answer, "truncated": cut}))
    assert "未查全：时间已到（已查看 12）" in said
    assert "Cut short: time_limit: 60 s (explored 12)" in said
    other = html(session, "case", answer={**answer, "snapshot": "sha256:other"})
    assert "another snapshot" in words(other)


@pytest.mark.parametrize(
    ("kind", "given", "error", "said"),
    [
        ("subject", {"subject": "nobody"}, UnknownSubject, "nobody"),
        ("subject", {}, WrongUsage, "subject"),
        ("subject", {"subject": "c1", "lang": "fr"}, WrongUsage, "lang"),
        ("subject", {"subject": "c1", "as_of": "2025-13-01"}, WrongUsage, "month"),
        ("subject", {"subject": "c1", "nope": 1}, WrongUsage, "nope"),
        ("extension", {**EXTENSION, "measure": "nope"}, WrongUsage, "nope"),
        ("extension", {**EXTENSION, "act": "x"}, WrongUsage, "act"),
        ("case", {}, WrongUsage, "answer"),
        ("case", {"id": "case:0"}, UnknownSubject, "case:0"),
        ("case", {"id": "transfer_cycle:0"}, UnknownSubject, "transfer_cycle:0"),
        ("case", {"id": "cluster:0"}, UnknownSubject, "cluster:0"),
        ("case", {"id": "nope"}, UnknownSubject, "nope"),
        ("case", {"answer": {}}, InputError, "algorithm"),
        ("clusters", {"top": 0}, WrongUsage, "top"),
        ("clusters", {"members": 101}, WrongUsage, "members"),
        ("clusters", {"as_of": DAY, "since": "2026-01-01"}, WrongUsage, "after as_of"),
        ("clusters", {"algorithms": ["nope"]}, WrongUsage, "nope"),
    ],
)
def test_what_cannot_be_made_is_said(
    session: Session, kind: str, given: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=re.escape(said)):
        html(session, kind, **given)


def test_an_answer_of_facts_that_are_not_here_is_refused(session: Session) -> None:
    answer = msgspec.json.decode(encode(session.ask("clusters", {"as_of": DAY})))
    answer["results"][0]["facts"] = ["reg:nope"]
    with pytest.raises(UnknownSubject):
        html(session, "case", answer=answer)


def test_every_pattern_has_a_finder() -> None:
    for pattern, finder in FINDERS.items():
        assert named(pattern) != pattern
        assert finder in ALGORITHMS
    from algorithms.findings import patterns

    assert set(patterns.WORDS) - {"cluster", "case"} == set(FINDERS)
