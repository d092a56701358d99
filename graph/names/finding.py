"""Finding subjects by name in a snapshot, best first: the name itself, then less and less like it.

In stages: names that are what was asked for, that sound as it is spelled in pinyin, that begin
with it, hold it further on, begin so in pinyin or by the pinyin's first letters, and last those
that are like it. Within a stage shorter names come first, of equal ones by their characters, and
of their bearers those who are called so now before those who were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from rapidfuzz import fuzz

from graph.model import CODES
from graph.names import grams
from graph.names.folding import fold, units_of
from graph.names.segment import BEGINS, EVERY, WHOLE, WITHIN, Segment
from graph.names.sounds import sound_of, spoken

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_LONGEST: Final = 400  # characters of a question that are looked at
_MORE: Final = 16
_MOST: Final = 4096  # names of one stage that are looked at
_ALIKE: Final = 0.6  # of rapidfuzz's ratio, from which on a name is like another
_BUDGET: Final = 100_000  # names looked at for those that are like another
_NEAR: Final = 64
_FEW: Final = 2  # letters from which on first letters of pinyin are looked for


class Found(NamedTuple):
    """A subject, how its name answers what was asked, and that name."""

    node: int
    how: str  # exact, sound, prefix, within, sound_prefix, sound_within, initials, similar
    place: int  # the version that bears the name
    former: bool  # it is not called so any more


class _Name(NamedTuple):
    rank: float
    text: str
    segment: Segment
    number: int


_Stage = Callable[[Segment, int], list[int]]


def find(snapshot: Snapshot, text: str, limit: int, kind: str | None = None) -> list[Found]:
    """The first `limit` subjects (of one kind) by name; see the module. A name of punctuation alone
    is found as it is written.

    Time goes by what is shown: 0.1 to 2 ms a million names; where two letters stand within a word,
    10 ms.
    """
    asked = fold(text[:_LONGEST])
    kinds = EVERY if kind is None else 1 << CODES[kind]
    found: dict[int, Found] = {}
    segments = snapshot.name_segments()
    stages = (
        (how, _in_order(segments, stage, limit))
        for how, stage in _stages(asked, text[:_LONGEST], kinds)
    )
    for how, names in chain(stages, (("similar", _similar(segments, asked, kinds)),)):
        for name in names:
            for each in _bearers(snapshot, name, how, kind):
                if not snapshot.restricted(each.node):
                    found.setdefault(each.node, each)
            if len(found) >= limit:
                return list(found.values())[:limit]
    return list(found.values())


def _stages(asked: str, text: str, kinds: int) -> Iterator[tuple[str, _Stage]]:
    """What is looked for, and how a segment looks for it."""
    units = units_of(asked)
    if not len(units):
        return

    def written(how: int) -> _Stage:
        return lambda segment, most: segment.holding(units, how, kinds, most, sounds=False)

    yield "exact", written(WHOLE)
    ways = [np.array(way, np.uint16) for way in spoken(text)]

    def sounding(how: int, ways: list[grams.U16]) -> _Stage:
        def look(segment: Segment, most: int) -> list[int]:
            many = (segment.holding(way, how, kinds, most, sounds=True) for way in ways)
            return sorted({name for names in many for name in names})[:most]

        return look

    if ways:
        yield "sound", sounding(WHOLE, ways)
    yield "prefix", written(BEGINS)
    yield "within", written(WITHIN)
    if ways:
        yield "sound_prefix", sounding(BEGINS, ways)
        yield "sound_within", sounding(WITHIN, ways)
    elif not asked.isascii():
        alike = [sound_of(asked, person=person) for person in (True, False)]
        yield "sound", sounding(WHOLE, alike)
    letters = asked.replace(" ", "")
    if _FEW <= len(letters) <= _MORE and letters.isascii() and letters.isalpha():
        yield (
            "initials",
            lambda segment, most: segment.initialled(units_of(letters), kinds, most),
        )


def _in_order(segments: list[Segment], stage: _Stage, limit: int) -> Iterator[_Name]:
    """The names of a stage in order; more of them are looked for as more are taken."""
    most, done = limit + _MORE, 0
    while True:
        lists = [stage(segment, most) for segment in segments]
        names = [
            _Name(len(text := segment.text(number)), text, segment, number)
            for segment, numbers in zip(segments, lists, strict=True)
            for number in numbers
        ]
        if len(segments) > 1:
            names.sort(key=lambda name: name[:2])
        yield from names[done:most]
        done = min(len(names), most)
        if most >= _MOST or all(len(numbers) < most for numbers in lists):
            return
        most *= 4


def _similar(segments: list[Segment], asked: str, kinds: int) -> Iterator[_Name]:
    """The names that are most like one, by rapidfuzz's ratio (insertions and deletions) of those
    that share most of its grams; the likest first. Looked for when the first is taken."""
    found = []
    for segment, number in sharing(segments, asked, kinds, _NEAR):
        text = segment.text(number)
        ratio = fuzz.ratio(asked, text) / 100
        if ratio >= _ALIKE:
            found.append(_Name(-ratio, text, segment, number))
    yield from sorted(found, key=lambda name: name[:2])


def sharing(
    segments: list[Segment], asked: str, kinds: int, most: int
) -> list[tuple[Segment, int]]:
    """The names of each segment that share most with a folded name, as it is written."""
    keys = grams.of_text(units_of(asked), begins=True)
    look = partial(Segment.sharing, keys=keys, kinds=kinds, most=most, budget=_BUDGET)
    return [(segment, hit.name) for segment in segments for hit in look(segment)[0]]


def _bearers(snapshot: Snapshot, name: _Name, how: str, kind: str | None) -> Iterator[Found]:
    """Who bears a name in this view: those who do now first, then by number."""
    code = None if kind is None else CODES[kind]
    subjects, places, current = snapshot.bearing(name.segment.versions(name.number))
    for i in np.lexsort((places, subjects, ~current)).tolist():
        node = int(subjects[i])
        if code is None or snapshot.nodes.kind[node] == code:
            yield Found(node, how, int(places[i]), not current[i])
