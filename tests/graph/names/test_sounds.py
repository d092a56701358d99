"""Pinyin: readings against pypinyin itself, surnames, and dividing what was typed."""

from __future__ import annotations

import itertools
import random
import unicodedata

import numpy as np
import pytest
from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

from graph.names import sounds
from ingest.generate.names import SURNAMES


def toneless(reading: str) -> str:
    taken = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(char for char in taken if not unicodedata.combining(char))


def said(text: str, *, person: bool = False) -> str:
    return sounds.written(sounds.sound_of(text, person=person))


def test_the_syllables_are_those_of_pypinyin() -> None:
    every = {toneless(way) for ways in PINYIN_DICT.values() for way in ways.split(",")}
    numbers = range(sounds.FIRST, sounds.FIRST + len(every))
    assert {sounds.written([number]) for number in numbers} == every


def test_characters_sound_as_pypinyin_reads_them() -> None:
    rng = random.Random(1)
    for char in rng.sample([c for c in PINYIN_DICT if 0x4E00 <= c < 0x9FA6], 500):
        assert said(chr(char)).split() == lazy_pinyin(chr(char)), chr(char)


def test_words_of_two_sound_as_pypinyin_reads_them() -> None:
    rng = random.Random(2)
    words = [word for word in PHRASES_DICT if len(word) == 2 and word.isalpha()]
    for word in rng.sample(words, 500):
        assert said(word).split() == [toneless(way[0]) for way in PHRASES_DICT[word]], word


@pytest.mark.parametrize(("name", "pinyin"), [
    ("中国银行长沙支行", "zhong guo yin hang chang sha zhi hang"),
    ("重庆会计师事务所", "chong qing kuai ji shi shi wu suo"),
    ("厦门abc贸易", "xia men a b c mao yi"),
    ("吕绿", "lv lv"), ("", ""),
])  # fmt: skip
def test_companies(name: str, pinyin: str) -> None:
    assert said(name) == pinyin


@pytest.mark.parametrize(("name", "pinyin"), [
    ("单晓", "shan xiao"), ("曾伟", "zeng wei"), ("解东", "xie dong"), ("尉迟恭", "yu chi gong"),
    ("欧阳锋", "ou yang feng"), ("仇和", "qiu he"), ("任重", "ren zhong"), ("张三", "zhang san"),
])  # fmt: skip
def test_surnames_have_readings_of_their_own(name: str, pinyin: str) -> None:
    assert said(name, person=True) == pinyin


def test_a_word_across_two_names_is_none() -> None:
    """银行 is yin hang; a name that ends with 银 before one that begins with 行 is not."""
    units = np.array([ord(char) for char in "银行走"], np.uint16)
    found = sounds.sounds_of(units, np.array([0, 1, 3]), np.array([False, False]))
    assert sounds.written(found[1:2]) == "xing"


@pytest.mark.parametrize(("typed", "ways"), [
    ("zhang san", ["zhang san"]), ("zhangsan", ["zhang san"]), ("xian", ["xian", "xi an"]),
    ("xi'an", ["xi an"]), ("Zhāng Sān", ["zhang san"]), ("lü bu", ["lv bu"]), ("lyu bu", ["lv bu"]),
    ("zs", []), ("smith", []), ("张三", []), ("", []), ("z1", []),
])  # fmt: skip
def test_what_was_typed_is_divided(typed: str, ways: list[str]) -> None:
    assert [sounds.written(way) for way in sounds.spoken(typed)] == ways


def test_every_division_is_found_by_brute_force() -> None:
    every = (all_syllables()).split()
    names = [s for s in every if s not in {"hm", "m", "n", "ng"}]
    rng = random.Random(3)
    for _ in range(50):
        word = "".join(rng.choices(names, k=3))
        ways = {
            tuple(word[a:b] for a, b in itertools.pairwise((0, *cuts, len(word))))
            for count in range(len(word))
            for cuts in itertools.combinations(range(1, len(word)), count)
            if count < 6
        }
        right = {" ".join(way) for way in ways if all(part in names for part in way)}
        found = [sounds.written(way) for way in sounds.spoken(word)]
        assert len(found) == len(set(found)) == min(8, len(right)) or len(right) > 8
        assert set(found) <= right


def all_syllables() -> str:
    from pathlib import Path

    return (Path(sounds.__file__).parent / "syllables.txt").read_text()


def test_common_surnames_read_as_they_are_called() -> None:
    """None of the hundred commonest was given another reading by mistake."""
    called = {"单": "shan", "曾": "zeng", "任": "ren", "盖": "ge", "翟": "zhai"}
    for name in SURNAMES:
        usual = called.get(name) or " ".join(lazy_pinyin(name))
        assert said(f"{name}一", person=True) == f"{usual} yi", name


def test_long_texts_are_no_pinyin() -> None:
    assert sounds.spoken("a" * 10_000) == []
