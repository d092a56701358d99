"""Comparing names of people: characters, pinyin, the order of words; and which are common."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

from algorithms.matching.company_names import Likeness
from algorithms.matching.words import words_of_names
from graph.names.sounds import sound_of, spoken


@lru_cache(maxsize=65536)
def compare(asked: str, met: str) -> Likeness:
    """How alike two folded names of people are, 0..1.

    Chinese names: another character that sounds the same 0.6, another one less. Pinyin against
    characters 0.8, words in either order. Letters: Jaro-Winkler, words in any order.
    """
    if asked == met:
        return Likeness(1.0, "the same name / 姓名相同")
    latin, other = asked.isascii(), met.isascii()
    if latin and other:
        alike = JaroWinkler.similarity(asked, met)
        sorted_ = fuzz.token_sort_ratio(asked, met) / 100
        alike = max(alike, sorted_) if sorted_ == 1 else max(alike, sorted_ * 0.95)
        return Likeness(alike if alike < 1 else 0.98, "letters alike / 拼写相近")
    if latin != other:
        letters, characters = (asked, met) if latin else (met, asked)
        if spelled(letters, characters):
            return Likeness(0.8, "its pinyin / 拼音相同")
        return Likeness(0.0, "another name / 姓名不同")
    if len(asked) == len(met) and (
        sound_of(asked, person=True).tolist() == sound_of(met, person=True).tolist()
    ):
        return Likeness(0.6, "sounds the same, other characters / 同音不同字")
    alike = fuzz.ratio(asked, met) / 100
    # Two of three characters in common is a brother as often as a slip of the pen.
    return Likeness(alike * 0.7, "some characters in common / 部分字相同")


def spelled(letters: str, characters: str) -> bool:
    """Whether letters are the pinyin of a Chinese name, surname first or last."""
    sound = sound_of(characters, person=True).tolist()
    return any(sound == way for text in orders(letters) for way in spoken(text))


def orders(letters: str) -> list[str]:
    """A name in letters as it stands, and with its last word first."""
    words = letters.split()
    return [letters] if len(words) < 2 else [letters, " ".join([words[-1], *words[:-1]])]


def is_common(name: str) -> bool:
    """Whether a folded name is one of the commonest of all."""
    return name in words_of_names().common
