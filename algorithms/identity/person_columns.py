"""Names of people as columns: characters without their variants, surname and given, how they sound.

Surnames of two characters after the census of surnames (中国姓氏大辞典); readings after pypinyin.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from algorithms.matching.person_names import orders
from graph.names.folding import fold_all, units_of
from graph.names.sounds import sounds_of, spoken, written

_READINGS: Final = 6  # ways to read one name that are kept
_LONGEST: Final = 4  # syllables of a name in pinyin
_TWO: Final = (
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 "
    "澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 "
    "司空 令狐 呼延 南荣 东郭 百里 西门 第五 拓跋 轩辕 单于 淳于 纳兰 完颜 叶赫 "
    "耶律 左丘 梁丘 谷梁"
)
# Seen for the dot between the parts of a name (U+00B7, A1A4 of GB 18030) and no punctuation by
# Unicode: sinological dot, Canadian final dot.
_DOTS: Final = str.maketrans("\ua78f\u1427", "··")
_COMPOUND: Final = frozenset(_TWO.split())


class PersonName(NamedTuple):
    """One name of a person, taken apart; what it does not say is empty."""

    key: str  # folded, variants of characters made one
    surname: str
    given: str
    sound: str  # its usual reading, surname first: zhang wei
    sounds: tuple[str, ...]  # every reading, `sound` first
    latin: bool  # written in letters


def person_names(names: Sequence[str]) -> list[PersonName]:
    """Take names of people apart, each as it was written. Linear in characters."""
    folded = fold_all([name.translate(_DOTS) for name in names])
    chinese = [at for at, text in enumerate(folded) if text and not text.isascii()]
    usual = _usual([folded[at] for at in chinese])
    sound = dict(zip(chinese, usual, strict=True))
    return [
        _chinese(text, sound[at]) if at in sound else _letters(text)
        for at, text in enumerate(folded)
    ]


def unvaried(name: str) -> str:
    """A folded name with variants of its characters made one."""
    inside, first = _variants()
    return first.get(name[:1], name[:1].translate(inside)) + name[1:].translate(inside)


def split(name: str) -> tuple[str, str]:
    """Surname and given name of a folded Chinese name."""
    at = 2 if len(name) > 2 and name[:2] in _COMPOUND else 1
    return name[:at], name[at:]


@cache
def _variants() -> tuple[dict[int, str], dict[str, str]]:
    text = (Path(__file__).parent / "variants.txt").read_text(encoding="utf-8")
    pairs = [line.split() for line in text.splitlines() if not line.startswith("#")]
    inside = {ord(a): b for a, b in pairs if not a.startswith("^")}
    return inside, {a[1:]: b for a, b in pairs if a.startswith("^")}


def _usual(names: list[str]) -> list[str]:
    """How folded names sound as a rule, all at once."""
    if not names:
        return []
    parts = [units_of(name) for name in names]
    starts = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=starts[1:])
    found = sounds_of(np.concatenate(parts), starts, np.ones(len(parts), np.bool_))
    cuts = zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
    return [written(found[low:high]) for low, high in cuts]


def _chinese(text: str, sound: str) -> PersonName:
    key = unvaried(text)
    surname, given = split(key)
    said = sound.split(" ")
    if len(said) != len(text):  # letters within, or characters that nobody reads
        return PersonName(key, surname, given, sound, (sound,) if sound else (), False)
    ways = product(*(dict.fromkeys((s, *readings(c))) for s, c in zip(said, text, strict=True)))
    sounds = [" ".join(way) for _, way in zip(range(_READINGS), ways, strict=False)]
    return PersonName(key, surname, given, sound, tuple(sounds), False)


def _letters(text: str) -> PersonName:
    """A name in letters: pinyin in either order, or any other, which goes by its words."""
    if not text:
        return PersonName("", "", "", "", (), True)
    ways = [(each, way) for each in orders(text) for way in spoken(each) if len(way) <= _LONGEST]
    # A word that is a surname comes first; where both are, or none is, as it is written.
    ways.sort(key=lambda way: way[0].split(" ")[0] not in _surname_sounds())
    fewest = min((len(way) for _, way in ways), default=0)  # xiao ming, not xi a o ming
    said = [written(np.array(way, np.uint16)) for _, way in ways if len(way) <= fewest + 1]
    plain = [way for way in said if min(map(len, way.split(" "))) > 1] or said  # no lone a, e, o
    sounds = tuple(dict.fromkeys(plain))[:_READINGS]
    words = text.split()
    sound, family, given = "", words[-1], " ".join(words[:-1])
    if sounds:
        family, _, given = ways[0][0].partition(" ")
        sound = sounds[0]
    return PersonName(" ".join(sorted(words)), family, given, sound, sounds, True)


@lru_cache(maxsize=65536)
def readings(char: str) -> tuple[str, ...]:
    """The readings of a character without tones, the usual one first."""
    from pypinyin import Style, pinyin

    found = pinyin(char, style=Style.NORMAL, heteronym=True, errors="ignore", v_to_u=False)
    return tuple(dict.fromkeys(found[0])) if found else ()


@cache
def _surname_sounds() -> frozenset[str]:
    """How the hundred commonest surnames sound (公安部, 2020), for pinyin in unknown order."""
    common = (
        "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任"
        "卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷段龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔"
    )
    return frozenset(_usual(list(common)))
