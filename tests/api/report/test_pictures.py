"""Pictures of small stores: what is drawn, what is counted, what is escaped, how it looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from api.client import Local
from api.report import Picture, chains, cycle, ownership, surroundings
from api.report.canvas import clean, measure, wrap
from api.report.style import KINDS, SHEETS
from api.report.words import money, percent, says, short
from graph.model import ENTITIES
from graph.store import Store
from tests.api.conftest import RESIDENT

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("x")</script>&]]>\x07'
Facts = list[dict[str, Any]]
Opened = Callable[[Facts], Local]


@pytest.fixture
def opened(write: Callable[..., Store], store_url: str) -> Iterator[Opened]:
    """`opened(facts)` is a client of a store with these facts."""
    clients: list[Local] = []

    def make(facts: Facts) -> Local:
        write(facts)
        clients.append(Local(store_url))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def words(picture: Picture) -> list[str]:
    root = ElementTree.fromstring(picture.svg())
    return [node.text or "" for node in root.iter(f"{SVG}text")]


def company(number: int, name: str | None = None) -> dict[str, Any]:
    return {"kind": "company", "id": f"c{number}", "name": name or f"公司{number}"}


def holding(number: int, holder: str, owned: str, share: str | None) -> dict[str, Any]:
    said = {} if share is None else {"share": share}
    return {"kind": "shareholder", "id": f"s{number}", "from": holder, "to": owned, **said}


def test_a_hub_is_capped_and_says_how_many_more(opened: Opened) -> None:
    people = [{"kind": "person", "id": f"p{i}", "name": f"股东{i}"} for i in range(110)]
    shares = [holding(i, f"p{i}", "c1", "0.009") for i in range(110)]
    risk = opened([company(1), *people, *shares])
    answer = risk.related_parties(subject="c1", depth=1)
    said = words(surroundings(risk, answer, most=36, fan=10))
    assert "and 100 more" in said
    assert "另有 100 个" in said
    assert any("10 of 110 parties drawn" in text for text in said)
    assert sum(text.startswith("股东 0.9 %") for text in said) == 10

    pyramid = words(ownership(risk, risk.integrated_ownership(target="c1"), fan=6))
    assert "and 104 more" in pyramid
    assert any("7 of 111 subjects drawn" in text for text in pyramid)


def test_within_the_cap_nothing_is_said_to_be_left_out(opened: Opened) -> None:
    risk = opened([company(1), company(2), holding(1, "c1", "c2", "0.6")])
    for picture in (
        surroundings(risk, risk.related_parties(subject="c1")),
        ownership(risk, risk.integrated_ownership(target="c2")),
    ):
        assert picture.note == ""
        assert not any("more" in text for text in words(picture))


def test_holdings_show_their_sums_and_loops(opened: Opened) -> None:
    risk = opened([
        *(company(i) for i in range(1, 6)),
        holding(1, "c1", "c2", "0.25"), holding(2, "c1", "c2", "0.5"),  # side by side
        holding(3, "c3", "c2", None),  # not counted, so not drawn
        holding(4, "c2", "c1", "0.1"),  # mutual
        holding(5, "c2", "c2", "0.05"),  # of itself
        holding(6, "c1", "c4", "0.125"),
        holding(7, "c5", "c1", "0.9"),
    ])  # fmt: skip
    answer = risk.integrated_ownership(target="c2")
    said = words(ownership(risk, answer))
    assert "75 %" in said
    assert "10 %" in said
    assert "↻ 自持 own 5 %" in said
    assert any(text.startswith("综合 integrated") for text in said)
    assert not any("公司4" in text for text in said)  # below what was asked about
    rows = {risk.subject(r["owner"])["label"]: r["integrated"] for r in answer["results"]}
    assert f"综合 integrated {percent(rows['公司1'])}" in said


@pytest.mark.parametrize("length", [2, 3, 6])
def test_a_cycle_shows_each_hop_in_order_and_who_holds_the_accounts(
    opened: Opened, length: int
) -> None:
    facts: Facts = [{"kind": "person", "id": "p1", "name": "张三"}]
    for i in range(length):
        facts.append({"kind": "account", "id": f"a{i}"})
        facts.append({
            "kind": "transfer", "id": f"t{i}", "from": f"a{i}", "to": f"a{(i + 1) % length}",
            "amount": f"{10_000 - i}.50", "currency": "CNY",
            "at": f"2021-03-0{i + 1}T10:00:00+08:00",
        })  # fmt: skip
    facts.append({"kind": "holds_account", "id": "h1", "from": "p1", "to": "a0"})
    risk = opened(facts)
    said = words(cycle(risk, risk.transfer_cycles()))
    hops = [text for text in said if text[0] in "①②③④⑤⑥⑦"]
    assert sorted(hops) == [f"{'①②③④⑤⑥⑦'[i]} {10_000 - i:,}.50" for i in range(length)]
    assert {f"2021-03-0{i + 1} 10:00" for i in range(length)} <= set(said)
    assert said.count("持有人 held by 张三") == 1


def test_a_path_is_drawn_step_by_step(opened: Opened) -> None:
    facts: Facts = [company(i) for i in range(1, 9)]
    facts += [holding(i, f"c{i}", f"c{i + 1}", "0.5") for i in range(1, 8)]
    risk = opened(facts)
    said = words(chains(risk, risk.paths(from_="c1", to="c8")))
    assert [text for text in said if text.startswith("公司")] == [f"公司{i}" for i in range(1, 9)]
    assert said.count("股东 50 %") == 7


def test_names_cannot_break_out(opened: Opened) -> None:
    risk = opened([
        company(1, HOSTILE), {"kind": "person", "id": "p1", "name": HOSTILE},
        holding(1, "p1", "c1", "0.6"),
    ])  # fmt: skip
    for picture in (
        surroundings(risk, risk.related_parties(subject="c1")),
        ownership(risk, risk.control(controller="p1")),
        chains(risk, risk.paths(from_="p1", to="c1")),
    ):
        root = ElementTree.fromstring(picture.svg())
        assert root.find(f".//{SVG}script") is None
        assert "<script" not in picture.svg()
        assert any("<script>" in (node.text or "") for node in root.iter(f"{SVG}text"))


def test_identifiers_stay_behind_their_hash(opened: Opened) -> None:
    risk = opened([
        {"kind": "person", "id": "p1", "keys": {"resident_id": RESIDENT}},
        {"kind": "phone", "id": "t1", "keys": {"e164": "13800138000"}},
        {"kind": "uses_phone", "id": "u1", "from": "p1", "to": "t1"},
    ])  # fmt: skip
    asked = risk.related_parties(subject="p1", kinds=["uses_phone"])
    drawn = surroundings(risk, asked).svg()
    assert RESIDENT not in drawn
    assert "13800138000" not in drawn
    assert risk.subject("t1")["id"] in drawn  # in the card's title, whole


def test_an_answer_without_rows_is_still_a_picture(opened: Opened) -> None:
    risk = opened([company(1)])
    for picture in (
        surroundings(risk, risk.related_parties(subject="c1")),
        ownership(risk, risk.integrated_ownership(target="c1")),
    ):
        assert "公司1" in words(picture)


def test_the_same_question_draws_the_same_picture(opened: Opened) -> None:
    risk = opened([company(i) for i in range(1, 7)] + [
        holding(i, f"c{i}", f"c{j}", "0.1") for i, j in ((1, 2), (2, 3), (3, 1), (4, 1), (5, 2))
    ])  # fmt: skip
    asked = risk.related_parties(subject="c1", depth=3)
    assert surroundings(risk, asked).svg() == surroundings(risk, asked).svg()
    assert surroundings(risk, asked)._repr_svg_().startswith("<svg")


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("sheet", ["light", "dark"])
def test_words_and_marks_stand_out(sheet: str) -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    colours = SHEETS[sheet]
    for under in (colours["ground"], colours["card"]):
        for text in ("ink", "soft", "alarm"):
            assert contrast(colours[text], under) >= 4.5, (text, under)
        for shape in (colours["line"], *(look[sheet == "dark"] for look in KINDS.values())):
            assert contrast(shape, under) >= 3, (shape, under)


def test_no_two_kinds_share_a_shape() -> None:
    assert set(KINDS) == set(ENTITIES)
    assert len({look[2] for look in KINDS.values()}) == len(KINDS)


def test_words() -> None:
    assert percent(1 / 3) == "33.3333 %"
    assert money("-1234567.80") == "-1,234,567.80"
    assert short("cn:person:0123456789abcdef0123456789abcdef") == "cn:person:01234567…"
    assert short("cn:uscc:91350100M000100Y43") == "cn:uscc:91350100M000100Y43"
    assert clean("a\x00b\nc\ud800") == "a\ufffdb c\ufffd"
    fact = {"kind": "invoice", "amount": "113000.00", "tax": "13000.00", "status": "issued"}
    assert says(fact) == "113,000.00; tax 13,000.00; issued"


def test_wrapping_keeps_the_width_and_marks_what_is_cut() -> None:
    name = "苏州达晟合商贸有限公司"
    assert wrap("甲公司", 118) == ["甲公司"]
    assert "".join(wrap(name, 118)) == name
    assert len(wrap(name, 118)) == 2
    cut = wrap(name * 3, 118)
    assert len(cut) == 2
    assert cut[-1].endswith("…")
    assert all(measure(line) <= 118 for line in cut)
