"""The parts of a company's name: place, brand, trade, legal form, branch.

The rules for names of companies in China (企业名称登记管理规定, 2020, art. 6) ask for place, brand,
trade and form in this order; within one place and trade no two may have the same brand. Names in
letters have a brand and a form.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from algorithms.matching.regions import agree, ended_by, led_by
from algorithms.matching.words import words_of_names
from graph.names.sounds import sound_of

_BRANCH: Final = re.compile(
    r"^(.{4,}?(?:公司|银行|企业|合作社|店|中心))?(.*?)(分公司|分行|支行|分店|办事处|代表处|分所|营业部)$"
)
_SOUND: Final = 0.8  # brands of other characters that sound the same


class Parts(NamedTuple):
    """A folded company name in parts; an absent part is empty."""

    text: str
    place: frozenset[str]
    brand: str
    trade: str
    form: str
    branch: str


class Likeness(NamedTuple):
    """How alike two names are, and why: English / Chinese."""

    score: float
    detail: str


def _ends(text: str, word: str) -> bool:
    """Whether a name ends with a word and says more than that."""
    return len(text) > len(word) + 1 and text.endswith(word)


@lru_cache(maxsize=65536)
def parts_of(text: str) -> Parts:
    """Take a folded name apart."""
    known = words_of_names()
    if text.isascii():
        words = text.split()
        kept = [word for word in words if word not in known.letters]
        form = " ".join(known.same.get(word, word) for word in words if word in known.letters)
        return Parts(text, frozenset(), " ".join(kept) or text, "", form, "")
    branch, rest = "", text
    if match := _BRANCH.match(text):
        head, where, kind = match.groups()
        branch, rest = where + kind, head or text[: -len(kind)]
    forms: list[str] = []
    while form := next((f for f in known.forms if _ends(rest, f)), ""):
        forms.insert(0, known.same.get(form, form))
        rest = rest[: -len(form)]
    place, core = led_by(rest)
    if not place:
        place, core = ended_by(core)
    trade = next((t for t in known.trades if _ends(core, t)), "")
    brand = core[: -len(trade)] if trade else core
    if not place:  # 甲(北京)科技有限公司: the place after the brand
        place, brand = ended_by(brand)
    return Parts(text, place, brand, trade, "".join(forms), branch)


def compare(asked: str, met: str) -> Likeness:
    """How alike two folded names of companies are, 0..1.

    Brand 0.55, place 0.2, trade 0.2, form 0.05: the form is nearly nothing, and neither place nor
    trade make up for another brand. Absent place or trade counts half. Another place, another
    trade, and a branch against its company are other firms: at most 0.6, 0.65 and 0.5.
    """
    if asked == met:
        return Likeness(1.0, "the same name / 名称相同")
    a, b = parts_of(asked), parts_of(met)
    brand, said = _brand(a.brand, b.brand)
    place = agree(a.place, b.place)
    trade = 1.0 if a.trade == b.trade else fuzz.ratio(a.trade, b.trade) / 100
    if not (a.trade and b.trade) and a.trade != b.trade:
        trade = 0.5
    form = 1.0 if a.form == b.form else 0.5
    score = 0.55 * brand + 0.2 * (0.5 if place is None else place) + 0.2 * trade + 0.05 * form
    if place is None and not a.place and not b.place:
        score += 0.1  # neither says where: nothing is missing
    why = [said]
    caps = [1.0]
    if brand < 0.5:
        score *= brand / 0.5
    if place == 0:
        caps.append(0.6)
        why.append("another place / 地区不同")
    elif place is None and (a.place or b.place):
        why.append("one without a place / 一方未写地区")
    if trade < 0.5:
        caps.append(0.65)
        why.append("another trade / 行业不同")
    if a.branch != b.branch:
        caps.append(0.5)
        why.append("a branch, or another branch / 分支机构不同")
    if form < 1:
        why.append("another form / 组织形式不同")
    return Likeness(min(score, *caps), "; ".join(why))


def _brand(a: str, b: str) -> tuple[float, str]:
    if a == b:
        return 1.0, "the same brand / 字号相同"
    alike = Levenshtein.normalized_similarity(a, b)
    if not a.isascii() and len(a) == len(b) and alike < _SOUND:
        same = sound_of(a, person=False).tolist() == sound_of(b, person=False).tolist()
        if same:
            return _SOUND, "a brand that sounds the same / 字号同音"
    if a.isascii() and b.isascii():
        alike = max(alike, fuzz.token_sort_ratio(a, b) / 100)
    return alike, f"brands {alike:.0%} alike / 字号相似度 {alike:.0%}"
