"""Cells the way offices write them. Expected values are what the cell says, worked by hand."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadFact
from ingest.mapping import cells

_ONE = Decimal(1)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (" 张三\t", "张三"), ('="00123"', "00123"), ("=SUM(A1)", "=SUM(A1)"), ("@x", "@x"),
        ("-", None), ("无", None), ("ＮＵＬＬ", None), ("", None), (None, None), (12.0, "12"),
        (1.5, "1.5"), (True, "true"), ("　全角　", "全角"), ("'6222", "6222"),
        (date(2021, 3, 4), "2021-03-04"), (datetime(2021, 3, 4), "2021-03-04"),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_text(cell: Any, expected: str | None) -> None:
    assert cells.text(cell) == expected


@pytest.mark.parametrize("cell", ["6.22202E+18", "6.2e+15", 6.222020000000001e18])
def test_a_number_that_a_spreadsheet_has_cut_is_no_key(cell: Any) -> None:
    with pytest.raises(BadFact, match="cut"):
        cells.key(cell)


@pytest.mark.parametrize(
    ("cell", "percent", "expected"),
    [
        ("30%", False, "0.3"), ("30", True, "0.3"), ("0.3", False, "0.3"), ("３０％", False, "0.3"),
        ("三十%", False, "0.3"), ("百分之三十", False, "0.3"), ("100.0000%", False, "1"),
        ("33.3333333333333333333333333333", True, "0.333333333333333333333333333333"),
        (0.51, False, "0.51"), ("0", True, "0"), ("-", True, None),
        ("百分之三点五", False, "0.035"),
    ],
)  # fmt: skip
def test_shares_are_exact(cell: Any, percent: bool, expected: str | None) -> None:
    assert cells.share(cell, percent) == expected


@pytest.mark.parametrize("cell", ["101%", "-1", "abc", "30%%", "1e999"])
def test_what_is_no_share(cell: str) -> None:
    with pytest.raises(BadFact):
        cells.share(cell, percent=True)


@pytest.mark.parametrize(
    ("cell", "unit", "expected"),
    [
        ("5000.00", 1, ("5000.00", None)), ("1,234.5", 1, ("1234.50", None)),
        ("￥5,000", 1, ("5000.00", "CNY")), ("100万元", 1, ("1000000.00", None)),
        ("100", 10000, ("1000000.00", None)), ("100元", 10000, ("100.00", None)),
        ("1.5亿元", 1, ("150000000.00", None)), ("壹佰万元整", 1, ("1000000.00", None)),
        ("一百万", 1, ("1000000.00", None)), ("贰佰伍拾元", 1, ("250.00", None)),
        ("100万美元", 1, ("1000000.00", "USD")), ("1000万元人民币", 1, ("10000000.00", "CNY")),
        ("(1,234.00)", 1, ("-1234.00", None)), ("100.00-", 1, ("-100.00", None)),
        ("-113.00", 1, ("-113.00", None)), ("５００．５", 1, ("500.50", None)),
        (1234.56, 1, ("1234.56", None)), ("0.333333", 10000, ("3333.33", None)),
        ("500000日元", 1, ("500000", "JPY")), ("-", 1, None),
    ],
)  # fmt: skip
def test_money(cell: Any, unit: int, expected: tuple[str, str | None] | None) -> None:
    assert cells.money(cell, Decimal(unit), None) == expected


@pytest.mark.parametrize("cell", ["12万头", "abc", "1.2.3", "9" * 40])
def test_what_is_no_money(cell: str) -> None:
    with pytest.raises(BadFact):
        cells.money(cell, _ONE, None)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2021-03-04", "2021-03-04"), ("2021/3/4", "2021-03-04"), ("2021.3.4", "2021-03-04"),
        ("20210304", "2021-03-04"), ("2021年3月4日", "2021-03-04"),
        ("２０２１年３月４日", "2021-03-04"),
        ("2021-03-04 10:00:00", "2021-03-04T10:00:00+08:00"),
        ("20210304100000", "2021-03-04T10:00:00+08:00"),
        ("2021/3/4 9:05", "2021-03-04T09:05:00+08:00"),
        ("2021年3月4日 10时05分30秒", "2021-03-04T10:05:30+08:00"),
        ("2021-03-04T02:00:00Z", "2021-03-04T02:00:00+00:00"),
        ("44259", "2021-03-04"), (44259, "2021-03-04"), (44259.5, "2021-03-04T12:00:00+08:00"),
        (datetime(2021, 3, 4, 10, 0), "2021-03-04T10:00:00+08:00"),  # noqa: DTZ001
        (date(2021, 3, 4), "2021-03-04"), ("长期", None), ("9999-12-31", None), ("", None),
    ],
)  # fmt: skip
def test_moments(cell: Any, expected: str | None) -> None:
    assert cells.moment(cell) == expected


@pytest.mark.parametrize("cell", ["2021-02-30", "2021-13-01", "昨天", "20211301", "1", "9e99"])
def test_impossible_dates(cell: str) -> None:
    with pytest.raises(BadFact, match="not a date"):
        cells.moment(cell)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["20210304", "100000"], "2021-03-04T10:00:00+08:00"),
        (["2021-03-04", "2021-03-04 10:00:00"], "2021-03-04T10:00:00+08:00"),
        (["2021/3/4", "9:05"], "2021-03-04T09:05:00+08:00"),
        (["20210304", "90000"], "2021-03-04T09:00:00+08:00"), (["2021-03-04"], "2021-03-04"),
    ],
)  # fmt: skip
def test_date_and_time_of_day(parts: list[str], expected: str) -> None:
    assert cells.moment_of(parts) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("95", "95"), ("00:01:35", "95"), ("1分35秒", "95"), ("1小时2分", "3720"), ("90分钟", "5400"),
     ("01:35", "95"), (time(0, 1, 35), "95"), (95, "95"), ("", None)],
)  # fmt: skip
def test_durations(cell: Any, expected: str | None) -> None:
    assert cells.seconds(cell) == expected


# Numerals of everyday and financial writing; values by their definition.
@pytest.mark.parametrize(
    ("numeral", "value"),
    [("十", 10), ("十五", 15), ("二十", 20), ("一百零五", 105), ("三千二百", 3200), ("两万", 20000),
     ("一万零三十", 10030), ("一千二百万", 12_000_000), ("三亿五千万", 350_000_000),
     ("二〇二一", 2021), ("壹佰贰拾叁万肆仟伍佰陆拾柒", 1_234_567)],
)  # fmt: skip
def test_chinese_numerals(numeral: str, value: int) -> None:
    assert cells.chinese_number(numeral) == value


def _spoken(number: int) -> str:
    """A number below 10^8 in everyday Chinese, the textbook way."""
    digits, units = "零一二三四五六七八九", ["", "十", "百", "千"]

    def below(n: int) -> str:
        text = ""
        for place in (3, 2, 1, 0):
            digit = n // 10**place % 10
            if digit:
                text += digits[digit] + units[place]
            elif text and n % 10**place:
                text = text.rstrip("零") + "零"
        return text.rstrip("零")

    high, low = divmod(number, 10**4)
    text = below(high) + "万" if high else ""
    return text + ("零" if high and 0 < low < 1000 else "") + below(low)


@given(st.integers(min_value=1, max_value=10**8 - 1))
def test_chinese_numerals_round_trip(number: int) -> None:
    assert cells.chinese_number(_spoken(number)) == number


@given(st.decimals(min_value=0, max_value=1, places=12))
def test_percent_and_fraction_agree(value: Decimal) -> None:
    assert Decimal(cells.share(f"{value * 100:f}%", percent=False) or "0") == value
    assert Decimal(cells.share(f"{value:f}", percent=False) or "0") == value
