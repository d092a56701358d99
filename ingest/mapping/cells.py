"""Cells of tables as values: texts, dates, money, shares, durations, the way offices write them.

Every function takes a cell as CSV, XLSX or Parquet gave it (text, number, date, None) and returns
the value in native form or None where the cell says nothing; BadFact tells what is wrong.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from graph.errors import BadFact
from graph.money import exponent
from ingest.mapping.words import plain, words

_TEXT_FORMULA: Final = re.compile(
    r'="([0-9A-Za-z]*)"\Z'
)  # how spreadsheets are made to keep digits
_CUT: Final = re.compile(r"\d(\.\d+)?E\+\d+\Z", re.IGNORECASE)
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?\Z", re.IGNORECASE)
_GROUPED: Final = re.compile(r"(?<=\d),(?=\d)")
_CHINESE_NUMBER: Final = re.compile(
    "[零〇一二三四五六七八九十百千万亿两壹贰叁肆伍陆柒捌玖拾佰仟萬億点點]+\\Z"
)
_DIGITS: Final = {c: i % 10 for i, c in enumerate("零一二三四五六七八九〇壹贰叁肆伍陆柒捌玖")} | {
    "两": 2
}
_SMALL: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_LARGE: Final = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_EXCEL_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001  (spreadsheets know no zone)
_DATE: Final = re.compile(
    r"(?P<y>\d{4})(?:-|/|\.|年)(?P<m>\d{1,2})(?:-|/|\.|月)(?P<d>\d{1,2})日?"
    r"(?:[T\s]*(?P<H>\d{1,2})(?::|时|点)(?P<M>\d{1,2})(?:分|:)?(?:(?P<S>\d{1,2})(?:\.(?P<f>\d{1,9}))?秒?)?)?"
    r"\s*(?P<z>Z|[+-]\d{2}:?\d{2})?\Z"
)
_COMPACT: Final = re.compile(
    r"(?P<y>(?:19|20|21)\d{2})(?P<m>\d{2})(?P<d>\d{2})"
    r"(?:[T\s]*(?P<H>\d{2}):?(?P<M>\d{2})(?::?(?P<S>\d{2}))?(?P<f>\d{3})?)?(?P<z>)\Z"
)
# 23-MAR-2006, as databases in English write it
_ENGLISH: Final = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3})[a-z]*[- ](\d{4})\Z")
_MONTHS: Final = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9,
    "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_CLOCK: Final = re.compile(r"(?:(\d+):)?(\d{1,3}):(\d{2})\Z")
_SPOKEN: Final = re.compile(r"(?:(\d+)(?:小时|时))?(?:(\d+)分钟?)?(?:(\d+)秒)?\Z")


@lru_cache(maxsize=65536)
def _nothing(found: str) -> bool:
    return plain(found) in words().nothing


def text(cell: Any) -> str | None:
    """The text of a cell, stripped; None for an empty cell or a word for nothing.

    `="0012"` (a spreadsheet's way to keep digits) becomes `0012`; any other formula stays text.
    """
    if cell is None:
        return None
    if isinstance(cell, str):
        found = cell.strip(" \t\r\n\u3000\u00a0\ufeff'") if cell else ""
        if found[:2] == '="' and (match := _TEXT_FORMULA.match(found)):
            found = match[1]
            # Words for nothing are short; long texts need not be looked up.
        return None if len(found) < 5 and _nothing(found) else found
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return None
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, datetime):
        return _iso(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bytes):
        return text(cell.decode("utf-8", "surrogateescape"))
    return str(cell)


def key(cell: Any) -> str | None:
    """The text of an identifier; refuses one that a spreadsheet has already cut."""
    found = text(cell)
    if found is None:
        return None
    lost = isinstance(cell, float) and abs(cell) >= 1e15  # a sheet keeps 15 digits
    if lost or _CUT.match(found):
        raise BadFact(f"a spreadsheet has cut this number: {found[:40]}")
    return found


def _half(cell: Any) -> str | None:
    found = text(cell)
    return found if found is None or found.isascii() else unicodedata.normalize("NFKC", found)


def chinese_number(given: str) -> Decimal | None:
    """The value of a Chinese numeral: 三十, 壹佰贰拾万, 一点五; None for other text."""
    if not _CHINESE_NUMBER.match(given):
        return None
    whole, _, fraction = given.replace("點", "点").partition("点")
    total = section = digit = 0
    for char in whole:
        if char in _DIGITS:
            digit = digit * 10 + _DIGITS[char] if section == 0 and digit else _DIGITS[char]
        elif char in _SMALL:
            section += (digit or 1) * _SMALL[char]
            digit = 0
        else:
            # 亿 multiplies all that came before it, 万 only what came since
            before = total if _LARGE[char] == 10**8 else 0
            total = total - before + (before + section + digit) * _LARGE[char]
            section = digit = 0
    value = Decimal(total + section + digit)
    if fraction and all(char in _DIGITS for char in fraction):
        value += Decimal("0." + "".join(str(_DIGITS[char]) for char in fraction))
    return value


def decimal(given: str) -> Decimal:
    """A number as written: grouped, in brackets for negative, full-width, or Chinese."""
    found = given.strip()
    negative = False
    if found.startswith("(") and found.endswith(")"):
        negative, found = True, found[1:-1]
    elif found.endswith("-"):
        negative, found = True, found[:-1]
    found = _GROUPED.sub("", found).replace(" ", "")
    if _NUMBER.match(found):
        try:
            value = Decimal(found)
        except InvalidOperation:
            raise BadFact(f"not a number: {given[:40]!r}") from None
    elif (spoken := chinese_number(found)) is not None:
        value = spoken
    else:
        raise BadFact(f"not a number: {given[:40]!r}")
    if abs(value) >= Decimal(10) ** 30:
        raise BadFact(f"out of range: {given[:40]!r}")
    return -value if negative else value


def _written(value: Decimal) -> str:
    """Decimal text without an exponent and without zeros at its end."""
    found = format(value, "f")
    return (found.rstrip("0").rstrip(".") or "0") if "." in found else found


def number(cell: Any) -> str | None:
    """A plain number."""
    found = _half(cell)
    return None if found is None else _written(decimal(found))


def share(cell: Any, percent: bool) -> str | None:
    """A fraction as exact text; `percent` says how a number without % is meant."""
    found = _half(cell)
    if found is None:
        return None
    if found.startswith("百分之"):
        found, percent = found[3:], True
    elif found[-1:] == "%":
        found, percent = found[:-1], True
    value = decimal(found)
    if percent:
        sign, digits, exp = value.as_tuple()
        value = Decimal((sign, digits, int(exp) - 2))
    if not 0 <= value <= 1:
        raise BadFact(f"a share outside 0..100 %: {text(cell)}")
    return _written(value)


def money(cell: Any, unit: Decimal, currency: str | None) -> tuple[str, str | None] | None:
    """An amount in whole units of its currency, and the currency that the cell names.

    The cell's own unit (100万元) wins over `unit`. What is finer than the minor unit is rounded
    to it, halves to even.
    """
    found = _half(cell)
    if found is None:
        return None
    known = words()
    rest, named = found.lower().replace("整", "").replace("圆", "元").strip(), currency
    for word, code in known.currencies.items():
        if word in rest:
            rest, named = rest.replace(word, "").strip(), code
            break
    head = rest.rstrip("元千万亿百角分")
    suffix = rest[len(head) :]
    spoken = chinese_number(rest.removesuffix("元"))
    if spoken is not None:
        plain_number = spoken < 10_000 and not rest.endswith("元")
        value = spoken * (unit if plain_number else 1)
    elif suffix and suffix not in known.units:
        raise BadFact(f"not an amount: {found[:40]!r}")
    else:
        value = decimal(head) * (known.units[suffix] if suffix else unit)
    if abs(value) >= Decimal(10) ** 20:
        raise BadFact(f"out of range: {found[:40]!r}")
    places = Decimal(1).scaleb(-exponent(named or "CNY"))
    return format(value.quantize(places), "f"), named


@lru_cache(maxsize=65536)
def moment(cell: Any) -> str | None:
    """A date or time in ISO; times without a zone are at +08:00; None for 长期 and the like.

    Reads 2021-03-04, 2021/3/4, 2021.3.4, 20210304, 2021年3月4日, with or without a time of day,
    04-MAR-2021, and spreadsheets' serial numbers.
    """
    if isinstance(cell, datetime):
        return _iso(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    found = _half(cell)
    if found is None or plain(found) in words().endless:
        return None
    match = _DATE.match(found) or _COMPACT.match(found)
    if match:
        return _from_parts(match, found)
    if (english := _ENGLISH.match(found)) and (month := _MONTHS.get(english[2].lower())):
        return moment(f"{english[3]}-{month:02}-{english[1]}")
    if isinstance(cell, (int, float)) or re.fullmatch(r"\d{5}(\.\d+)?", found):
        serial = float(found)
        if 1 <= serial < 200_000:
            seconds = round(serial * 86_400)
            return _iso(_EXCEL_EPOCH + timedelta(seconds=seconds))
    raise BadFact(f"not a date: {found[:40]!r}")


def _iso(found: datetime) -> str:
    if found.tzinfo is not None:
        return found.isoformat()
    if found.time() == time():
        return found.date().isoformat()
    return found.isoformat() + "+08:00"


def _from_parts(match: re.Match[str], found: str) -> str:
    part = match.groupdict()
    try:
        day = date(int(part["y"]), int(part["m"]), int(part["d"]))
        if part["H"] is None:
            return day.isoformat()
        clock = time(int(part["H"]), int(part["M"]), int(part["S"] or 0))
    except ValueError as error:
        raise BadFact(f"not a date: {found[:40]!r} ({error})") from None
    fraction = f".{part['f'][:6]}" if part["f"] else ""
    zone = part["z"] or "+08:00"
    return f"{day.isoformat()}T{clock.isoformat()}{fraction}{'+00:00' if zone == 'Z' else zone}"


def moment_of(parts: list[str]) -> str | None:
    """A moment from a date and a time of day; a part that is both stands alone."""
    for part in parts:
        if len(part) > 10 and (match := _DATE.match(part) or _COMPACT.match(part)) and match["H"]:
            return moment(part)
    # 90000 is 09:00:00 without the zero that a number loses
    return moment(
        " ".join("0" + p if len(p) == 5 and p.isdigit() and i else p for i, p in enumerate(parts))
    )


def seconds(cell: Any) -> str | None:
    """A duration in seconds: 95, 00:01:35, 1分35秒, 1小时2分."""
    if isinstance(cell, time):
        return str(cell.hour * 3600 + cell.minute * 60 + cell.second)
    if isinstance(cell, timedelta):
        return str(int(cell.total_seconds()))
    found = _half(cell)
    if found is None:
        return None
    if match := _CLOCK.match(found):
        return str(int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3]))
    if (match := _SPOKEN.match(found)) and any(match.groups()):
        hours, minutes, rest = (int(part or 0) for part in match.groups())
        return str(hours * 3600 + minutes * 60 + rest)
    return _written(decimal(found))
