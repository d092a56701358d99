"""How many of a whole people bear a name: Chinese, in pinyin, or in letters, listed or not.

A store of two records does not say how common 王伟 is; `shares.txt` does, by published counts.
Each answer is rather too high than too low, since it bounds how much agreement on a name may say.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from algorithms.identity.person_columns import person_names

_CHARACTERS: Final = 0x2E80  # Unicode's first Chinese character: what is below is letters
_MILLION: Final = 1e6
# Names are no random draws of characters: 秀英, 桂英, 建国 are up to so many times as common as
# their characters would have it. With these two no name on the ministry's list is taken for rarer.
_TOGETHER: Final = 30.0
_ALONE: Final = 0.5  # of those who bear a character in a given name, it is all of it for so many
_CHARACTER: Final = 3e-5  # a character that is not listed
_SYLLABLE: Final = 1e-4
_RARE: Final = 1e-7  # no given name is taken for rarer: a hundred people of each surname's million
_SURNAME: Final = 1e-5
_OTHER: Final = 2e-5  # a name of whose surname nothing is known may be of another tradition
_LETTERS: Final = 1e-4  # surname or given name in letters that is not listed, as the last that is
_LONG: Final = 2  # characters of a Chinese given name, at most


class Shares(NamedTuple):
    """Shares of a people, by what bears them."""

    surnames: dict[str, float]
    characters: dict[str, float]
    surname_sounds: dict[str, float]
    syllables: dict[str, float]
    last: dict[str, float]
    first: dict[str, float]
    full: dict[str, float]
    other: dict[str, float]


@cache
def shares() -> Shares:
    """The table, its Chinese names as `person_columns` writes them; read once a process."""
    said: dict[str, dict[str, float]] = defaultdict(dict)
    text = (Path(__file__).parent / "shares.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        what, *entries = line.split() or [""]
        if what not in ("", "#"):
            for entry in entries:
                name = entry.rstrip("0123456789")
                said[what][name] = int(entry[len(name) :]) / _MILLION
    surnames: dict[str, float] = defaultdict(float)
    surname_sounds: dict[str, float] = defaultdict(float)
    borne = said["surname"]
    for each, share in zip(person_names(list(borne)), borne.values(), strict=True):
        surnames[each.key] += share
        surname_sounds[each.sound] += share
    characters: dict[str, float] = defaultdict(float)
    syllables: dict[str, float] = defaultdict(float)
    borne = said["character"]
    for each, share in zip(person_names([f"王{c}" for c in borne]), borne.values(), strict=True):
        characters[each.given] += share
        syllables[each.sound.rpartition(" ")[2]] += share
    return Shares(
        dict(surnames), dict(characters), dict(surname_sounds), dict(syllables),
        said["last"], said["first"], said["full"], said["other"],
    )  # fmt: skip


def is_chinese(text: str) -> bool:
    """Whether a text begins with a Chinese character."""
    return bool(text) and ord(text[0]) >= _CHARACTERS


@lru_cache(maxsize=65536)
def surname_share(text: str, sound: str = "") -> float:
    """How many of all bear a surname; of one in letters that sounds Chinese, all that sound so."""
    known = shares()
    if is_chinese(text):
        return known.surnames.get(text, _SURNAME)
    if sound in known.surname_sounds:
        return known.surname_sounds[sound]
    return known.last.get(text, _LETTERS)


@lru_cache(maxsize=65536)
def given_share(text: str, sound: str = "") -> float:
    """How many of all bear a given name; of one in letters that sounds Chinese, all that sound
    so."""
    known = shares()
    if is_chinese(text):
        return _of_parts([known.characters.get(char, _CHARACTER) for char in text])
    syllables = sound.split()
    if syllables and all(each in known.syllables for each in syllables):
        return sound_share(sound)
    return known.first.get(text.split(" ", 1)[0], _LETTERS)


@lru_cache(maxsize=65536)
def sound_share(sound: str) -> float:
    """How many of all have a given name that sounds so, in whatever characters."""
    known = shares()
    return _of_parts([known.syllables.get(each, _SYLLABLE) for each in sound.split()])


def _of_parts(parts: list[float]) -> float:
    """Of a given name, from how many bear each of its characters or syllables."""
    if not parts or len(parts) > _LONG:  # no Chinese name
        return _OTHER
    share = parts[0] * (_ALONE if len(parts) == 1 else _TOGETHER * parts[1])
    return max(min(share, *parts), _RARE)


def full_share(name: str) -> float | None:
    """How many of all bear a whole name, where that has been published."""
    return shares().full.get(name)


@lru_cache(maxsize=65536)
def least_share(family: str, given: str) -> float:
    """What a whole name is borne by at least: names of other traditions are not read as a surname
    and a given name (扎西 and 白玛 are given names alone, 阿依古丽 is one of four characters)."""
    known, name = shares(), family + given
    if name in known.other or not is_chinese(name):
        return known.other.get(name, 0.0)
    chinese = family in known.surnames and len(given) <= _LONG
    return 0.0 if chinese else _OTHER
