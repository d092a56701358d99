"""Whether a party of a table is a person or a company, where the row alone must tell."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from graph.keys import check, of_a_person
from ingest.mapping.words import plain, words

_COMPANY_WORDS: Final = ("企业", "法人", "公司", "机关", "单位", "组织", "合伙", "工商户", "基金")
_BRACKET: Final = re.compile(r"[(（][^()（）]*[)）]\Z")
_CJK: Final = re.compile("[一-鿿㐀-䶿]{2,4}\\Z")


@lru_cache(maxsize=65536)
def party_kind(sort: str | None, number: str | None, name: str | None) -> str:
    """`person` or `company`, from the word for its type, its number, its name, in this order.

    A word of the table's type column decides; else a number that is a valid USCC or resident id;
    else the ending of the name (公司, 厂, 合伙企业, Ltd …); what is left with a name of two to
    four Chinese characters or a middle dot is a person, anything else a company.
    """
    if sort is not None and (judged := _by_word(plain(sort))):
        return judged
    if number is not None:
        if of_a_person(number):
            return "person"
        if check("uscc", number).valid:
            return "company"
    shown = _BRACKET.sub("", name or "").strip()
    if _ends_as_company(name or "") or _ends_as_company(shown):
        return "company"
    if _CJK.match(shown) or "·" in shown or "•" in shown:
        return "person"
    if not shown and number is not None:
        return "person" if number[:17].isdigit() and len(number) in {15, 18} else "company"
    return "company" if shown.isascii() is False else _latin(shown)


def _ends_as_company(name: str) -> bool:
    """Endings of one character (店, 厂, 局) count in names of four and more."""
    text = name.lower().rstrip(".)） ")
    long, short = _endings()
    return text.endswith(long) or (len(text) > 3 and text.endswith(short))


@cache
def _endings() -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = words().company_endings
    return tuple(e for e in found if len(e) > 1), tuple(e for e in found if len(e) == 1)


def _by_word(word: str) -> str | None:
    for kind in ("company", "person"):
        if word in words().parties[kind]:
            return kind
    if any(part in word for part in _COMPANY_WORDS):
        return "company"
    return "person" if "自然人" in word or "个人" in word else None


def _latin(name: str) -> str:
    """A name in Latin letters of two or three words is a person's."""
    parts = name.split()
    return "person" if 2 <= len(parts) <= 3 and all(p[:1].isupper() for p in parts) else "company"
