"""Notices: every part in every kind and language, masked, escaped, refused where they must be."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from api.notices.ask import notice
from api.notices.facts import percent
from api.notices.known import Known, known
from api.notices.particulars import GROUNDS, KINDS
from api.notices.render import render
from api.session import Session
from graph.errors import Conflict, InputError, LinkriskError, UnknownSubject, WrongUsage
from graph.proof.shape import ENGINE, ENGINES, sealed
from tests.api.notices.conftest import CASE, MASKED, OTHER, RESIDENT, given

# What a notice must hold, in its reader's words: law.md 11 (prior notice, hearing, nothing harsher,
# suspension), 13 (explanation, nobody decided by machine alone, access, correction), 14 (written
# basis, reason, remedy), 9 (repair), 10 (answer in 20 days).
ALWAYS = {
    "zh": {
        "whom": ["张示例", MASKED, "示例人民法院"],
        "measure": ["限制高消费", "示例机械有限公司", "2021年5月1日", "实际控制人"],
        "facts": ["数据集 reg，记录 s1", "数据集 reg，记录 l1", "已满十八周岁"],
        "basis": ["法释〔2010〕8号", "第三条第二款", "来自二手资料", "核实程度 S"],
        "term": ["2023年5月10日止（不含当日）"],
        "meaning": ["限制高消费"],
        "hearing": ["陈述、申辩", "听证", "更重", "第四十四条、第四十五条"],
        "objection": ["执行局 0755-00000000", "20日内", "书面答复", "第二十五条", "行政复议"],
        "repair": ["停止公示、共享和使用", "执行局 0755-00000000", "信用修复管理办法"],
        "people": ["李甲", "王乙", "不得仅由机器作出", "要求说明", "拒绝", "第二十四条"],
        "data": ["查阅", "更正", "第四十五条、第四十六条"],
        "proof": ["sha256:", "2026-04+sha256:", "须经法律顾问确认"],
    },
    "en": {
        "whom": ["张示例", MASKED, "示例人民法院"],
        "measure": ["restriction of high consumption", "示例机械有限公司", "2021-05-01",
                    "actual controller"],
        "facts": ["dataset reg, record s1", "dataset reg, record l1", "at least 18 years old"],
        "basis": ["法释〔2010〕8号", "第三条第二款", "from secondary sources", "verified, S"],
        "term": ["until 2023-05-10 (that day not included)"],
        "meaning": ["restriction of high consumption"],
        "hearing": ["state", "hearing", "Nothing harsher", "articles 44 and 45"],
        "objection": ["执行局 0755-00000000", "in writing within 20 days", "article 25", "object"],
        "repair": ["no longer published, shared or used", "执行局 0755-00000000",
                   "Measures for credit repair"],
        "people": ["李甲", "王乙", "by a machine alone", "explanation", "refuse", "article 24"],
        "data": ["see and copy", "corrected", "articles 45 and 46"],
        "proof": ["sha256:", "2026-04+sha256:", "Counsel must confirm"],
    },
}  # fmt: skip
OF_KIND = {
    "prior": {
        "zh": ["事先告知书", "不是决定", "2021年9月8日（含当日）之前", "经第二名指定人员"],
        "en": ["Prior notice", "not a decision", "on or before 2021-09-08",
               "a second named person"],
    },
    "decision": {
        "zh": ["决定书", "决定：将上述措施扩展适用于你", "送达记录在案之前，决定不生效",
               "已于2021年8月10日送达", "此为本机关采用的政策"],
        "en": ["Decision to extend", "It is decided",
               "No decision takes effect before its delivery",
               "delivered on 2021-08-10", "this authority's policy, not a requirement of statute"],
    },
    "objection_received": {
        "zh": ["异议受理通知书", "已在记录上标注", "不晚于2021年9月21日"],
        "en": ["objection was accepted", "marked on the record", "by 2021-09-21 at the latest"],
    },
    "lifted": {
        "zh": ["解除通知书", "予以解除", "已修复", "2021年9月1日终止", "停止公示"],
        "en": ["is lifted", "was repaired", "stopped applying to you on 2021-09-01",
               "stop publishing"],
    },
}  # fmt: skip


class Page(HTMLParser):
    """A page's tags in order, and its text by language and part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[tuple[str, str | None]] = []
        self.said: dict[tuple[str, str], str] = {}
        self.facts: list[str] = []
        self._lang = self._part = ""
        self._item = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.values += attrs
        if tag == "article":
            self._lang, self._part = (named["lang"] or "")[:2], "head"
        self._part = named.get("data-part") or self._part
        if tag == "li":
            self.facts.append("")
            self._item = True

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", ()))
        self._item = self._item and tag != "li"

    def handle_data(self, data: str) -> None:
        place = self._lang, self._part
        self.said[place] = self.said.get(place, "") + data
        if self._item:
            self.facts[-1] += data

    def whole(self, lang: str) -> str:
        """All text of one language."""
        return "".join(text for (of, _), text in self.said.items() if of == lang)


def party(session: Session) -> str:
    return session.snapshot().canonical(session.snapshot().resolve("p1"))


def made(session: Session, answer: Any, kind: str, lang: str = "both", **more: Any) -> str:
    if kind == "prior":
        more.setdefault("respond_by", "2021-09-08")
    asked = {"answer": answer, "party": "p1", "kind": kind, "lang": lang}
    return notice(session, asked | {"particulars": given(kind, **more)})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", ["zh", "en", "both"])
def test_every_part_is_there(session: Session, answer: Any, kind: str, lang: str) -> None:
    page = Page(made(session, answer, kind, lang))
    langs = ["zh", "en"] if lang == "both" else [lang]
    assert [of for of, part in page.said if part == "whom"] == langs
    for of in langs:
        assert [part for named, part in page.said if named == of][1:] == list(ALWAYS[of])
        for part, phrases in ALWAYS[of].items():
            for phrase in phrases:
                assert phrase in page.said[of, part], (part, phrase)
        for phrase in OF_KIND[kind][of]:
            assert phrase in page.whole(of), phrase


def test_facts_are_in_words(session: Session, answer: Any) -> None:
    """What, from when to when, and where it is written; shares exact."""
    page = Page(made(session, answer, "decision"))
    said = [" ".join(fact.split()) for fact in page.facts]
    assert sorted(said[: len(said) // 2]) == sorted([
        "示例机械有限公司被列入严重失信主体名单（领域：司法执行；认定机关：示例人民法院；状态："
        "有效），自2021年5月10日起，至2023年5月10日止（不含当日）。"
        "来源：数据集 reg，记录 l1（原始记录 10）",
        "张示例持有示例控股有限公司 30.00001 % 的股权，自2005年1月1日起，未见终止。"
        "来源：数据集 reg，记录 s1（原始记录 page 17）",
        "欧**持有示例控股有限公司 25 % 的股权，自2005年1月1日起，至2023年6月30日止（不含当日）。"
        "来源：数据集 reg，记录 s2（原始记录 6）",
        "示例控股有限公司持有示例机械有限公司 80 % 的股权，自2006年2月3日起，未见终止。"
        "来源：数据集 reg，记录 s3（原始记录 7）",
        "张示例与欧**为一致行动人（agreement, tel. 138****8000），自2010年1月1日起，未见终止。"
        "来源：数据集 reg，记录 a1（原始记录 8）",
    ])  # fmt: skip
    assert (
        "欧** holds 25 % of the capital in 示例控股有限公司, from 2005-01-01 until 2023-06-30 (that"
        " day not included).Source: dataset reg, record s2 (original record 6)"
    ) in said
    assert (
        "由此，你于行为日期（2021年5月1日）是示例机械有限公司的实际控制人"
        in page.said["zh", "facts"]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_identifiers_are_masked_and_others_veiled(session: Session, answer: Any, kind: str) -> None:
    html = made(session, answer, kind)
    assert RESIDENT not in html
    assert "1949" not in html  # nor is the birth date told
    assert OTHER not in html
    assert "欧阳" not in html
    assert "138****8000" in html
    assert "91350100M000100Y43" in html  # a company's is public


def test_without_a_store_ids_stand_for_names(session: Session, answer: Any) -> None:
    """A record whose own id is a resident id is masked too."""
    html = render(answer, party(session), "decision", given("decision"))
    assert "张示例" not in html
    assert "reg:p2" in html
    text = html.replace("reg:p2", "")
    assert "cn:uscc:91350100M000100Y43" in text
    told = render(
        answer, party(session), "decision", given("decision"),
        names=Known(names={"reg:h1": f"x {RESIDENT}"}),
    )  # fmt: skip
    assert MASKED in told
    assert RESIDENT not in told


HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style></title></bdi>",
    "{{ 7*7 }}{% raw %}", "&lt;b&gt;&amp;", "\u202egnp.exe\u202c", "شركة ذات مسؤولية محدودة",
    "👩‍👩‍👧‍👦🏴‍☠️" * 20, "甲" * 5000, "a" * 5000, "x\x00\x1b[31m\ny", "${7*7}", "<!--", "]]>", " ",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:20])
def test_hostile_names_are_text(session: Session, answer: Any, kind: str, name: str) -> None:
    """Whatever a name, the page has the tags that it has with a harmless one."""
    whole = known(session, answer["results"][0]["proof"])
    html = _with_name(session, answer, kind, whole, name)
    assert Page(html).tags == Page(_with_name(session, answer, kind, whole, "好")).tags
    if len(name) > 300:
        assert f"{name[:300]}… ({len(name)})" in Page(html).said["zh", "whom"]
    elif name.isprintable() and name.strip():
        assert name in Page(html).said["zh", "whom"]
    assert "\u202e" not in html
    assert "\x1b" not in html


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@drawn(name=st.text(min_size=1, max_size=40))
@example(name="'><svg/onload=alert(1)>")
def test_any_name_is_text(session: Session, answer: Any, name: str) -> None:
    whole = Known()
    html = _with_name(session, answer, "decision", whole, name)
    assert Page(html).tags == Page(_with_name(session, answer, "decision", whole, "好")).tags


def _with_name(session: Session, answer: Any, kind: str, whole: Known, name: str) -> str:
    """The notice with every text that somebody else wrote set to `name`."""
    ids = {each["of"] for each in answer["results"][0]["proof"]["records"]}
    names = Known(dict.fromkeys(ids, name), dict.fromkeys(ids, (name,)), whole.facts)
    written = ("authority", "contact", "decision", "meaning", "remedy")
    texts = dict.fromkeys(written, name[:300] if name.strip() else "x")
    return render(answer, party(session), kind, given(kind, **texts), names=names)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_outside_is_referred_to(session: Session, answer: Any, kind: str) -> None:
    html = made(session, answer, kind)
    page = Page(html)
    assert not {"script", "link", "img", "iframe", "object", "a"} & {tag for tag, _ in page.tags}
    assert not {"src", "href", "style", "onload"} & {name for name, _ in page.values}
    assert not re.search(r"url\(|@import|https?:", html)
    assert "@page{size:A4" in html


def test_the_same_input_makes_the_same_bytes(session: Session, answer: Any, tmp_path: Path) -> None:
    """Also in other processes, where hashes of text differ."""
    import msgspec

    path = tmp_path / "answer.json"
    path.write_bytes(msgspec.json.encode(answer))
    options = [f"--{name.replace('_', '-')}={value}" for name, value in given("decision").items()]
    command = [sys.executable, "-m", "api.cli", "notice", "--from", str(path), "--party", "p1",
               "--kind", "decision", "--store", session.url, *options]  # fmt: skip
    found = {
        subprocess.run(
            command, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {made(session, answer, "decision").encode()}


@pytest.mark.parametrize("grounds", GROUNDS)
def test_why_it_is_lifted(session: Session, answer: Any, grounds: str) -> None:
    page = Page(made(session, answer, "lifted", grounds=grounds))
    words = {
        "repaired": ("已修复", "repaired"), "revoked": ("已撤销", "revoked"),
        "expired": ("期限届满", "term has ended"), "objection": ("异议成立", "found right"),
        "fact": ("更正或撤回", "corrected or retracted"),
    }[grounds]  # fmt: skip
    assert words[0] in page.said["zh", "measure"]
    assert words[1] in page.said["en", "measure"]


def test_suspension_is_said_as_it_is_configured(session: Session, answer: Any) -> None:
    page = Page(made(session, answer, "decision", suspends=False))
    assert "异议期间不停止扩展适用" in page.said["zh", "objection"]
    assert "policy" not in page.said["en", "objection"]
    assert "article 73" in page.said["en", "objection"]


def test_the_repair_measures_of_the_day(session: Session, answer: Any) -> None:
    """The measures of 2026 replaced the trial ones on 1 April 2026."""
    before = Page(made(session, answer, "lifted", on="2026-03-31")).said["zh", "repair"]
    after = Page(made(session, answer, "lifted", on="2026-04-01")).said["zh", "repair"]
    assert "信用修复管理办法 (试行)" in before
    assert "信用修复管理办法" in after
    assert "试行" not in after


@pytest.mark.parametrize(
    ("kind", "more", "error", "said"),
    [
        ("decision", {"approved_by": None}, WrongUsage, "approved_by"),
        ("objection_received", {"approved_by": None}, WrongUsage, "approved_by"),
        ("decision", {"approved_by": " 李 甲"}, WrongUsage, "a second person decides"),
        ("decision", {"on": "2021-02-30"}, WrongUsage, "not a date"),
        ("decision", {"on": "2023-05-10"}, Conflict, "ended on 2023-05-10"),
        ("prior", {"on": "2024-01-01", "respond_by": None}, Conflict, "ended on 2023-05-10"),
        ("prior", {"respond_by": "2021-08-31"}, WrongUsage, "is before"),
        ("lifted", {"grounds": None}, WrongUsage, "grounds are one of"),
        ("decision", {"contact": "  "}, WrongUsage, "contact is empty"),
        ("decision", {"because": "x"}, WrongUsage, "because"),
        ("decision", {"contact": "x" * 301}, WrongUsage, "contact"),
        ("verdict", {}, WrongUsage, "kind: one of"),
    ],
)
def test_refused_particulars(
    session: Session, answer: Any, kind: str, more: Any, error: type[LinkriskError], said: str
) -> None:
    with pytest.raises(error, match=said):
        made(session, answer, kind, **more)


def test_the_last_day_of_an_extension_still_has_a_notice(session: Session, answer: Any) -> None:
    assert "决定书" in made(session, answer, "decision", on="2023-05-09")


def test_only_who_is_reached_has_a_notice(session: Session, answer: Any) -> None:
    outcomes = {row["party"]: row["outcome"] for row in answer["results"]}
    spared = [name for name, outcome in outcomes.items() if outcome != "extend"]
    assert spared
    for name in spared:
        with pytest.raises(WrongUsage, match=f"outcome is {outcomes[name]}"):
            render(answer, name, "decision", given("decision"))


def test_proofs_that_do_not_hold_print_nothing(session: Session, answer: Any) -> None:
    name = party(session)

    def changed(edit: Any) -> Any:
        other = copy.deepcopy(answer)
        row = next(row for row in other["results"] if row["party"] == name)
        edit(row)
        return other

    def less(row: Any) -> None:
        held = next(f for f in row["proof"]["relations"] if f["fact"] == "reg:s1")
        held["share"] = "0.1"
        row["proof"] = sealed({k: v for k, v in row["proof"].items() if k != "digest"})

    def longer(row: Any) -> None:
        row["until"] = "2030-01-01"

    def without(row: Any) -> None:
        del row["proof"]

    def relabelled(row: Any) -> None:
        row["proof"]["digest"] = "sha256:" + "0" * 64

    for edit, why in ((less, "does not hold"), (longer, "until is not"), (without, "no proof"),
                      (relabelled, "digest")):  # fmt: skip
        with pytest.raises(InputError, match=why):
            render(changed(edit), name, "decision", given("decision"))


def test_what_was_decided_under_an_earlier_rulebook(session: Session, answer: Any) -> None:
    """Nothing new is decided on it; an objection to it, and its lifting, are told as it was."""
    other = copy.deepcopy(answer)
    row = next(row for row in other["results"] if row["party"] == party(session))
    row["proof"]["rulebook"] = "2019-01+sha256:" + "0" * 64
    row["proof"]["rule"]["basis"] = {"document": "gone", "article": "第九条"}
    row["basis"] = {"document": "旧规定", "number": "文号1", "article": "第九条", "status": "U"}
    with pytest.raises(InputError, match="digest"):
        made(session, other, "lifted")
    row["proof"] = sealed({k: v for k, v in row["proof"].items() if k != "digest"})
    for kind in ("prior", "decision"):
        with pytest.raises(InputError, match="another rulebook"):
            made(session, other, kind)
    for kind in ("objection_received", "lifted"):
        page = Page(made(session, other, kind))
        assert "《旧规定》，文号1，第九条" in page.said["zh", "basis"]
        assert "2019-01+sha256:0000" in page.said["en", "proof"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_earlier_engine_decided_is_told_while_its_proof_holds(
    session: Session, answer: Any, kind: str
) -> None:
    """The number of the engine refuses nothing; a claim that does not follow is told as it was
    in an objection and a lifting alone."""
    other = copy.deepcopy(answer)
    row = next(row for row in other["results"] if row["party"] == party(session))

    def claiming(**said: Any) -> None:
        proof = {**row["proof"], "claim": {**row["proof"]["claim"], **said}}
        row["proof"] = sealed({k: v for k, v in proof.items() if k != "digest"})

    assert row["proof"]["claim"]["engine"] == ENGINE
    claiming(engine=ENGINES[0])
    assert Page(made(session, other, kind)).said["en", "proof"]
    row["until"] = "2023-05-03"
    claiming(until="2023-05-03")
    if kind in ("objection_received", "lifted"):
        assert Page(made(session, other, kind)).said["en", "proof"]
    else:
        with pytest.raises(InputError, match="does not hold: until: it claims 2023-05-03"):
            made(session, other, kind)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@drawn(data=st.data())
def test_broken_answers_are_one_clear_error(session: Session, answer: Any, data: Any) -> None:
    """Any part taken away or put in place of another: a page that is whole, or our own error."""
    other = copy.deepcopy(answer)
    at: Any = other
    while True:
        keys = sorted(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if not isinstance(at[key], dict | list) or data.draw(st.booleans()):
            break
        at = at[key]
    if isinstance(at, dict) and data.draw(st.booleans()):
        del at[key]
    else:
        at[key] = data.draw(st.sampled_from([None, 1, "x", [], {}, [1], {"a": 1}]))
    kind = data.draw(st.sampled_from(KINDS))
    try:
        if data.draw(st.booleans()):
            html = render(other, party(session), kind, given(kind))
        else:
            html = made(session, other, kind)
    except LinkriskError:
        return
    assert Page(html).tags[-1] == ("/html", ())


def test_who_is_not_in_the_answer(session: Session, answer: Any) -> None:
    with pytest.raises(WrongUsage, match="no party 'p9'"):
        render(answer, "p9", "decision", given("decision"))
    for other in ({}, {"algorithm": "control", "results": []}, []):
        with pytest.raises(InputError, match="not an answer of extend"):
            render(other, "p1", "decision", given("decision"))  # type: ignore[arg-type]


def test_a_store_that_does_not_know_the_party(
    session: Session, answer: Any, tmp_path: Path
) -> None:
    from graph.facts import Normaliser
    from graph.store import open_store

    url = f"sqlite:///{tmp_path / 'other.db'}"
    other = open_store(url, create=True)
    other.write("b", [Normaliser("other", other.id_key).row(CASE[1])])
    other.close()
    with Session(url) as opened, pytest.raises((UnknownSubject, LinkriskError)):
        made(opened, answer, "decision")


def test_shares_are_exact() -> None:
    told = [percent(text) for text in ("0.5000000000000001", "1", "0", "0.250", None)]
    assert told == ["50.00000000000001 %", "100 %", "0 %", "25 %", ""]


GOLDEN = Path(__file__).parents[2] / "algorithms" / "extension" / "golden_extension.jsonl"


@pytest.mark.full
def test_every_golden_extension_has_its_notices(tmp_path: Path) -> None:
    """Whoever the law reaches can be told so, whatever the relation."""
    import msgspec

    from algorithms.registry import encode
    from graph.facts import Normaliser
    from graph.store import open_store

    reached = 0
    for line in GOLDEN.read_text("utf-8").splitlines():
        case = msgspec.json.decode(line)
        if "extend" not in case["expect"].values():
            continue
        url = f"sqlite:///{tmp_path / case['case']}.db"
        store = open_store(url, create=True)
        normaliser = Normaliser("g", store.id_key)
        store.write("b", [normaliser.row(fact, at) for at, fact in enumerate(case["facts"], 1)])
        store.close()
        with Session(url) as opened:
            asked = {name: case[name] for name in ("subject", "measure", "act", "as_of")}
            found = msgspec.json.decode(encode(opened.ask("extend", asked)))
            names = [row["party"] for row in found["results"] if row["outcome"] == "extend"]
            for name, kind in ((name, kind) for name in names for kind in KINDS):
                said = given(kind, on=case["as_of"])
                html = notice(
                    opened, {"answer": found, "party": name, "kind": kind, "particulars": said}
                )
                assert {part for _, part in Page(html).said} >= ALWAYS["zh"].keys()
                assert "None" not in html
                reached += 1
    assert reached >= 4 * 100
