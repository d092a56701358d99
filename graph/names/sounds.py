"""How Chinese names sound: pinyin without tones, one syllable a character, as small numbers.

A character's usual reading comes from pypinyin, as do words in which it is another (银行, 长沙);
surnames have readings of their own (单 Shàn, 曾 Zēng). The numbers are places in a list that comes
with the program, so that a saved index and a question mean the same by them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

U16 = npt.NDArray[np.uint16]
FIRST: Final = 0x100  # numbers below are ASCII characters, which sound as they are written
UNKNOWN: Final = 0xFFFF
_SYLLABLES: Final = tuple((Path(__file__).parent / "syllables.txt").read_text().split())
_NUMBER: Final = {text: number for number, text in enumerate(_SYLLABLES, FIRST)}
_NO_NAMES: Final = frozenset({"hm", "m", "n", "ng"})  # interjections: nobody is called so
_SPELLED: Final = {"ü": "v", "lyu": "lv", "nyu": "nv"}  # ways to write what keyboards lack
_MOST: Final = 8  # ways to divide what was typed that are looked for
_LONGEST: Final = 40  # syllables
_WORDS: Final = {"支行": "zhi hang"}  # what stands in names of companies and in no dictionary
# Surnames whose reading is not the character's usual one.
_SURNAMES: Final = Path(__file__).parent / "surnames.txt"


class Readings(NamedTuple):
    """Tables by UTF-16 code unit, and by pairs of them."""

    usual: U16  # the usual reading of each unit; UNKNOWN where it has none
    pairs: npt.NDArray[np.int64]  # unit * 65536 + unit, ascending, read otherwise in this word
    read: npt.NDArray[np.uint16]  # how, two numbers each
    surname: U16  # as `usual`, at the beginning of a person's name
    surnames: dict[int, tuple[int, int]]  # surnames of two characters


def number_of(syllable: str) -> int:
    """A syllable's number; UNKNOWN for none."""
    return _NUMBER.get(syllable, UNKNOWN)


def _toneless(reading: str) -> str:
    taken = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(char for char in taken if not unicodedata.combining(char))


@cache
def readings() -> Readings:
    """The tables; made once a process, in a fifth of a second."""
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

    usual = np.full(65536, UNKNOWN, np.uint16)
    usual[:128] = np.arange(128)
    for code, said in PINYIN_DICT.items():
        if code < 65536:
            usual[code] = number_of(_toneless(said.partition(",")[0]))
    words: dict[int, tuple[int, ...]] = {}
    for word, ways in PHRASES_DICT.items():
        if len(word) == 2 and max(word) <= "\uffff":
            read = tuple(number_of(_toneless(way[0])) for way in ways)
            if read != tuple(usual[[ord(char) for char in word]].tolist()):
                words[ord(word[0]) << 16 | ord(word[1])] = read
    for word, how in _WORDS.items():
        words[ord(word[0]) << 16 | ord(word[1])] = tuple(map(number_of, how.split()))
    pairs = np.array(sorted(words), np.int64)
    read_as = np.array([words[pair] for pair in pairs.tolist()], np.uint16).reshape(-1, 2)
    surname, surnames = usual.copy(), {}
    for line in _SURNAMES.read_text(encoding="utf-8").splitlines():
        name, _, how = line.partition(" ")
        numbers = [number_of(syllable) for syllable in how.split(",")]
        if len(name) == 1:
            surname[ord(name)] = numbers[0]
        else:
            surnames[ord(name[0]) << 16 | ord(name[1])] = (numbers[0], numbers[1])
    return Readings(usual, pairs, read_as, surname, surnames)


def sounds_of(units: U16, starts: npt.NDArray[np.int64], person: npt.NDArray[np.bool_]) -> U16:
    """How names sound, one number for each of their units; `starts` has an end at its end. Linear,
    times the logarithm of the words that are read otherwise."""
    table = readings()
    found = table.usual[units]
    firsts = starts[:-1]
    if len(units) > 1:
        pair = units[:-1].astype(np.int64) << 16 | units[1:]
        inside = np.ones(len(pair), np.bool_)
        inside[starts[1:-1] - 1] = False  # a pair of two names is no word
        at = np.minimum(np.searchsorted(table.pairs, pair), len(table.pairs) - 1)
        hits = _apart(np.flatnonzero((table.pairs[at] == pair) & inside))
        found[hits] = table.read[at[hits], 0]
        found[hits + 1] = table.read[at[hits], 1]
    called = firsts[person & (np.diff(starts) > 1)]
    found[called] = table.surname[units[called]]
    if len(called):
        pair = units[called].astype(np.int64) << 16 | units[called + 1]
        for both, (one, other) in table.surnames.items():
            where = called[pair == both]
            found[where], found[where + 1] = one, other
    return found


def _apart(hits: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Of pairs that overlap, the first, the third and so on: 银行|长沙, not 银|行长|沙."""
    if not len(hits):
        return hits
    place = np.arange(len(hits))
    begins = np.where(np.append(True, np.diff(hits) > 1), place, 0)
    kept: npt.NDArray[np.int64] = hits[(place - np.maximum.accumulate(begins)) % 2 == 0]
    return kept


@lru_cache(maxsize=65536)
def sound_of(text: str, *, person: bool) -> U16:
    """How one folded name sounds; not to be written to."""
    from graph.names.folding import units_of

    units = units_of(text)
    if not len(units):
        return units
    starts = np.array([0, len(units)], np.int64)
    found = sounds_of(units, starts, np.array([person]))
    found.flags.writeable = False
    return found


def initials() -> U16:
    """The first letter of each sound, by its number; 0 for what has none."""
    table = np.zeros(65536, np.uint16)
    table[: len(_ASCII)] = _ASCII
    table[FIRST : FIRST + len(_SYLLABLES)] = [ord(text[0]) for text in _SYLLABLES]
    return table


_ASCII: Final = np.arange(128, dtype=np.uint16)


def spoken(text: str) -> list[list[int]]:
    """The ways to read what was typed as pinyin, each a list of sounds: `xi an`, `xian`, `Zhāng
    sān`. Longer syllables first; at most eight, none where it is no pinyin."""
    plain = _toneless(text.casefold())
    for way, letters in _SPELLED.items():
        plain = plain.replace(way, letters)
    words = plain.replace("'", " ").replace("-", " ").split()
    ways: list[list[int]] = [[]]
    for word in words:
        if not (word.isascii() and word.isalpha()):
            return []
        ways = [[*way, *more] for way in ways for more in _divided(word)][:_MOST]
    return [way for way in ways if 0 < len(way) <= _LONGEST]


def _divided(word: str) -> Iterator[list[int]]:
    """All ways to divide a word without spaces into syllables, longer ones first."""
    if len(word) > 6 * _LONGEST:
        return
    ends = [False] * len(word) + [True]  # whether the rest from here can be divided
    for at in range(len(word) - 1, -1, -1):
        ends[at] = any(ends[at + size] for size in _sizes(word, at))
    todo: list[tuple[int, list[int]]] = [(0, [])]
    count = 0
    while todo and count < _MOST:
        at, done = todo.pop()
        if at == len(word):
            count += 1
            yield done
            continue
        todo.extend(
            (at + size, [*done, _NUMBER[word[at : at + size]]])
            for size in _sizes(word, at)
            if ends[at + size]
        )


def _sizes(word: str, at: int) -> list[int]:
    parts = ((size, word[at : at + size]) for size in range(1, min(6, len(word) - at) + 1))
    return [size for size, part in parts if part in _NUMBER and part not in _NO_NAMES]


def written(sounds: Any) -> str:
    """Sounds as pinyin, for people."""
    return " ".join(
        _SYLLABLES[number - FIRST] if FIRST <= number < FIRST + len(_SYLLABLES) else chr(number)
        for number in np.asarray(sounds).tolist()
        if number != UNKNOWN
    )
