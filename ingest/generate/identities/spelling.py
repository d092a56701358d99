"""The slips of those who write names, dates and numbers down."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

from ingest.generate.schemes.dice import Dice

# One name in other characters: the Table of General Standard Chinese Characters (2013), annex 1,
# and surnames of the second scheme of simplification.
_VARIANTS: Final = {
    "哲": "喆", "坤": "堃", "升": "昇", "苏": "甦", "国": "囯", "宁": "甯", "浚": "濬",
    "岩": "喦", "喜": "囍",
}  # fmt: skip
_SURNAMES: Final = {"萧": "肖", "傅": "付", "阎": "闫", "戴": "代", "卢": "芦", "邱": "丘"}
_NUMERALS: Final = "零一二三四五六七八九"
_DIGITS: Final = "0123456789"


def traditional(text: str) -> str:
    """In traditional characters."""
    from zhconv_rs_opencc import zhconv

    return str(zhconv(text, "zh-hant"))


def variant(name: str) -> str:
    """With one character as some write it; the same where none has another way."""
    if name[0] in _SURNAMES:
        return _SURNAMES[name[0]] + name[1:]
    for at, char in enumerate(name):
        if char in _VARIANTS:
            return name[:at] + _VARIANTS[char] + name[at + 1 :]
    return name


@cache
def _alike() -> dict[str, str]:
    """The common characters (GB 2312, first level) of each syllable."""
    found: dict[str, str] = {}
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            try:
                char = bytes((high, low)).decode("gb2312")
            except UnicodeDecodeError:
                continue
            found[_syllable(char)] = found.get(_syllable(char), "") + char
    return found


@lru_cache(maxsize=8192)
def _syllable(char: str) -> str:
    from pypinyin import lazy_pinyin

    return str(lazy_pinyin(char)[0])


def homophone(dice: Dice, name: str, low: int = 1) -> str:
    """With one character from `low` on replaced by another of the same sound."""
    at = dice.between(min(low, len(name) - 1), len(name) - 1)
    others = _alike().get(_syllable(name[at]), "").replace(name[at], "")
    return name[:at] + dice.pick(others) + name[at + 1 :] if others else name


def shortened(dice: Dice, name: str, low: int = 1) -> str:
    """Without one character from `low` on, where two are left."""
    if len(name) - low < 2:
        return name
    at = dice.between(low, len(name) - 1)
    return name[:at] + name[at + 1 :]


def lengthened(dice: Dice, name: str) -> str:
    """With a character doubled."""
    at = dice.between(1, len(name) - 1)
    return name[:at] + name[at] + name[at:]


def latin(dice: Dice, surname: str, given: str) -> str:
    """In pinyin, the surname first or last."""
    from pypinyin import lazy_pinyin

    family, own = ("".join(lazy_pinyin(part)).capitalize() for part in (surname, given))
    return f"{family} {own}" if dice.chance(0.6) else f"{own} {family}"


def slipped(dice: Dice, digits: str, low: int, high: int) -> str:
    """With one digit of the places low..high-1 wrong."""
    at = dice.between(low, high - 1)
    return digits[:at] + dice.pick(_DIGITS.replace(digits[at], "")) + digits[at + 1 :]


def numeral(number: int) -> str:
    """A number below a thousand in characters: 138 is 一百三十八."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_NUMERALS[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else _NUMERALS[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (_NUMERALS[ones] if ones else "") or _NUMERALS[0]
