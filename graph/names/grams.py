"""The grams of names: pairs of neighbouring characters, and triples of letters, as numbers.

A pair is kept where one of the two is Chinese (or a space, or the beginning of the name); within a
word of letters it would say little, so there triples are. What a question asks for is cut the
same way, so a name that holds it has all of its grams.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
U16 = npt.NDArray[np.uint16]
BEGIN: Final = 1  # stands before a name; no text has it
_SPACE: Final = ord(" ")
_CHINESE: Final = 0x2E80  # units from here on are no letters
_TRIPLE: Final = 1 << 32
SOUND: Final = 2 << 32  # pairs of sounds, and triples of letters among them with _TRIPLE
INITIAL: Final = 4 << 32  # the first letters of the first two sounds


def cut(units: U16, owner: npt.NDArray[np.int32], *, chinese: int) -> tuple[I64, I64]:
    """The grams of sequences laid end to end, each after a BEGIN, and whose they are.

    `owner` says of each unit which sequence it is of; units below `chinese` are letters. Linear.
    """
    letter = (units < chinese) & (units != BEGIN) & (units != _SPACE)
    a, b = units[:-1], units[1:]
    at = np.flatnonzero((b != BEGIN) & ~(letter[:-1] & letter[1:]))
    keys = a[at].astype(np.int64) << 16 | b[at]
    triples = np.flatnonzero(letter[:-2] & letter[1:-1] & letter[2:])
    if len(triples):
        code = units[triples].astype(np.uint64) << np.uint64(32)
        code |= units[triples + 1].astype(np.uint64) << np.uint64(16)
        code |= units[triples + 2].astype(np.uint64)
        # Multiplicative hashing to 32 bits: two triples of one number only cost a look at a name.
        code = (code * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
        keys = np.concatenate((keys, code.astype(np.int64) | _TRIPLE))
        at = np.concatenate((at, triples))
    return keys, owner[at].astype(np.int64)


def begun(units: U16, starts: I64) -> tuple[U16, npt.NDArray[np.int32]]:
    """Sequences with a BEGIN before each, and whose each unit is."""
    sizes = np.diff(starts)
    owner = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes + 1)
    return np.insert(units, starts[:-1], np.uint16(BEGIN)), owner


def of_names(units: U16, starts: I64) -> tuple[I64, I64]:
    """The grams of names as they are written."""
    return cut(*begun(units, starts), chinese=_CHINESE)


def of_sounds(
    sounds: U16, starts: I64, spoken: npt.NDArray[np.bool_], first: U16
) -> tuple[I64, I64]:
    """The grams of how names sound, of those that are `spoken`: sounds, and first letters of the
    first two (`first` is by sound)."""
    from graph.names.sounds import FIRST

    whole, owner = begun(sounds, starts)
    keep = spoken[owner]
    keys, owners = cut(whole[keep], owner[keep], chinese=FIRST)
    two = np.flatnonzero(spoken & (np.diff(starts) > 1))
    at = starts[:-1][two]
    pair = first[sounds[at]].astype(np.int64) << 16 | first[sounds[at + 1]]
    return np.concatenate((keys | SOUND, pair | INITIAL)), np.concatenate((owners, two))


def of_text(units: U16, *, begins: bool) -> I64:
    """The grams that a name must have in which these units stand, or that `begins` with them."""
    return _of_one(units, begins, _CHINESE)


def of_sound(sounds: U16, *, begins: bool) -> I64:
    """The grams of a name that sounds so, or begins so."""
    from graph.names.sounds import FIRST

    return _of_one(sounds, begins, FIRST) | SOUND


def _of_one(units: U16, begins: bool, chinese: int) -> I64:
    if begins:
        units = np.insert(units, 0, np.uint16(BEGIN))
    keys, _ = cut(units, np.zeros(len(units), np.int32), chinese=chinese)
    return np.unique(keys)
