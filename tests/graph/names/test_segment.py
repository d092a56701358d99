"""The index against looking at every name: what it finds, in which order, and who shares most."""

from __future__ import annotations

import math
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.names import grams
from graph.names.folding import fold, units_of
from graph.names.segment import BEGINS, EVERY, WHOLE, WITHIN, Segment, build
from graph.names.sounds import initials, sound_of

NAMES = st.lists(st.text("ab 华夏贸易银行𠮷", max_size=6), max_size=10)


def made(labels: list[str], kinds: list[int] | None = None) -> Segment:
    return build(labels, np.arange(len(labels)), np.array(kinds or [1] * len(labels), np.uint8))


def expected(labels: list[str], wanted: str, how: int) -> list[str]:
    names = sorted({fold(label) for label in labels} - {""}, key=lambda n: (len(n), n))
    tests = {
        WHOLE: lambda name: name == wanted,
        BEGINS: lambda name: name.startswith(wanted) and name != wanted,
        WITHIN: lambda name: wanted in name and not name.startswith(wanted),
    }
    return [name for name in names if tests[how](name)]


@settings(max_examples=200, deadline=None)
@given(NAMES, st.text("ab 华夏贸银𠮷", min_size=1, max_size=4))
def test_names_are_found_as_by_looking_at_every_one(labels: list[str], text: str) -> None:
    segment, wanted = made(labels), fold(text)
    for how in (WHOLE, BEGINS, WITHIN) if wanted else ():
        found = segment.holding(units_of(wanted), how, EVERY, 99, sounds=False)
        assert [segment.text(name) for name in found] == expected(labels, wanted, how)
        few = segment.holding(units_of(wanted), how, EVERY, 2, sounds=False)
        assert few == found[:2]


@settings(max_examples=100, deadline=None)
@given(NAMES)
def test_every_name_is_found_by_itself_its_sound_and_its_letters(labels: list[str]) -> None:
    segment, first = made(labels), initials()
    for place, label in enumerate(labels):
        name = fold(label)
        if not name:
            continue
        (number,) = segment.holding(units_of(name), WHOLE, EVERY, 9, sounds=False)
        assert place in segment.versions(number)
        sound = sound_of(name, person=False)
        if any("华" <= char <= "龥" for char in name):
            assert number in segment.holding(sound, WHOLE, EVERY, 99, sounds=True)
            letters = first[sound]
            if len(letters) > 1 and letters.all():
                assert number in segment.initialled(letters, EVERY, 99)


@settings(max_examples=100, deadline=None)
@given(NAMES, st.text("ab 华夏贸易", min_size=1, max_size=6))
def test_who_shares_most_as_counted_one_by_one(labels: list[str], text: str) -> None:
    """Every name that shares a gram is a candidate, weighed as its definition says."""
    segment, wanted = made(labels), fold(text)
    if not wanted:
        return
    keys = grams.of_text(units_of(wanted), begins=True)
    names = [segment.text(number) for number in range(len(segment))]
    owned = [set(grams.of_text(units_of(name), begins=True).tolist()) for name in names]
    rare = Counter(key for own in owned for key in own)
    right = {}
    for name, own in zip(names, owned, strict=True):
        shared = own & set(keys.tolist())
        if shared:
            weight = sum(math.log1p(len(names) / rare[key]) for key in shared)
            right[name] = weight / (len(units_of(name)) + len(keys))
    hits, whole = segment.sharing(keys, EVERY, 99, 10_000)
    assert whole
    assert {segment.text(hit.name): hit.weight for hit in hits} == pytest.approx(right, rel=1e-5)
    assert [hit.weight for hit in hits] == sorted((hit.weight for hit in hits), reverse=True)


def test_kinds_and_bearers() -> None:
    segment = made(["张三", "張三", "甲公司", "张三", ""], [2, 2, 1, 1, 2])
    (both,) = segment.holding(units_of("张三"), WHOLE, 1 << 2, 9, sounds=False)
    assert segment.versions(both) == [0, 1, 3]
    assert segment.kinds[both] == 0b110
    assert segment.holding(units_of("甲公司"), WHOLE, 1 << 2, 9, sounds=False) == []


def test_rare_grams_come_first_where_there_is_no_room_for_all() -> None:
    labels = [f"{'甲乙丙丁'[n % 4]}{'子丑寅卯'[n // 4 % 4]}有限公司" for n in range(64)]
    segment = made([*labels, "辰巳有限公司"])
    keys = grams.of_text(units_of("辰巳有限公司"), begins=True)
    hits, whole = segment.sharing(keys, EVERY, 5, 3)
    assert not whole
    assert segment.text(hits[0].name) == "辰巳有限公司"


def test_an_empty_index_finds_nothing() -> None:
    for labels in ([], ["", " "]):
        segment = made(labels)
        assert len(segment) == 0
        assert segment.holding(units_of("甲"), WITHIN, EVERY, 9, sounds=False) == []
        assert segment.initialled(units_of("ab"), EVERY, 9) == []
        keys = grams.of_text(units_of("甲乙"), begins=True)
        assert segment.sharing(keys, EVERY, 9, 9) == ([], True)


def test_recall_of_slips_in_random_names_of_companies() -> None:
    """A name with one character left out or changed is among the first 20 of a thousand."""
    rng = random.Random(7)
    chars = "华夏天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳"
    labels = [
        f"{rng.choice(['北京', '上海', '成都'])}{''.join(rng.sample(chars, 3))}"
        f"{rng.choice(['科技', '贸易', '物流'])}有限公司"
        for _ in range(1000)
    ]
    segment = made(labels)
    for label in rng.sample(labels, 100):
        at = rng.randrange(2, 5)
        slip = label[:at] + rng.choice(["", "某"]) + label[at + 1 :]
        keys = grams.of_text(units_of(fold(slip)), begins=True)
        hits, _ = segment.sharing(keys, EVERY, 20, 100_000)
        assert fold(label) in {segment.text(hit.name) for hit in hits}, slip
