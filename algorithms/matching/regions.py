"""Places in the names of companies: provinces, prefectures, counties (GB/T 2260, old ones too).

The table is the one that `python-stdnum` reads resident ids by.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

_LINE: Final = re.compile(r'^\s*(\d{2,4}) (?:county|province)="([^"]+)"')
_ONE: Final = re.compile(r"(?:\[[^\]]*\])?([^\[\],]+)")
_SHORT: Final = re.compile(
    r"(?:(?:壮族|回族|维吾尔)?自治区|特别行政区|省|市|地区|盟|(?:[一-鿿]{1,3}族)+自治州)$"
)
_MOST: Final = 3  # a province, a prefecture and a county may stand one after the other


class Places(NamedTuple):
    """Names of places, and the codes of each: two digits of a province, four of a prefecture, six
    of a county."""

    codes: dict[str, frozenset[str]]
    longest: int


@cache
def places() -> Places:
    """The table; made once a process, in 10 ms."""
    from importlib.resources import files

    found: dict[str, set[str]] = {}
    province = ""
    for line in files("stdnum.cn").joinpath("loc.dat").read_text(encoding="utf-8").splitlines():
        if (match := _LINE.match(line)) is None:
            continue
        digits, said = match.groups()
        if len(digits) == 2:
            province = digits
        code = digits if len(digits) == 2 else province + digits
        code = code.removesuffix("0000").removesuffix("00") if len(code) == 6 else code
        for name in _ONE.findall(said):
            found.setdefault(name, set()).add(code)
            short = _SHORT.sub("", name)
            if len(short) > 1 and (len(code) < 6 or name.endswith("市")):
                found.setdefault(short, set()).add(code)
    found.pop("市辖区", None)
    named = {name: frozenset(codes) for name, codes in found.items() if len(name) > 1}
    return Places(named, max(map(len, named)))


def led_by(text: str) -> tuple[frozenset[str], str]:
    """The codes of the place that a name begins with, the nearest one, and the rest of the name."""
    table = places()
    codes: frozenset[str] = frozenset()
    for _ in range(_MOST):
        sizes = range(min(table.longest, len(text) - 1), 1, -1)
        size = next((size for size in sizes if text[:size] in table.codes), 0)
        if not size:
            break
        codes, text = table.codes[text[:size]], text[size:]
    return codes, text


def ended_by(text: str) -> tuple[frozenset[str], str]:
    """The same of a place that a name ends with: 华为技术(深圳) without its brackets."""
    table = places()
    sizes = range(min(table.longest, len(text) - 2), 1, -1)
    size = next((size for size in sizes if text[-size:] in table.codes), 0)
    return (table.codes[text[-size:]], text[:-size]) if size else (frozenset(), text)


def agree(one: frozenset[str], other: frozenset[str]) -> float | None:
    """1 for the same place, 0.9 for one within the other, 0 for others; None for an unknown one."""
    if not one or not other:
        return None
    if one & other:
        return 1.0
    within = any(a.startswith(b) or b.startswith(a) for a in one for b in other)
    return 0.9 if within else 0.0
