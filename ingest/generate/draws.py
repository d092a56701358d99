"""Counter-based random numbers: value number i of a named stream is computed, never stored.

Any block of the world can be drawn alone, in any order, and refer to what another block drew, so
nothing has to be held. Only integer and exactly rounded operations are used: one seed gives the
same bytes on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Texts = Sequence[str]

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX2: Final = np.uint64(0x94D049BB133111EB)
_HALF: Final = np.uint64(32)
_MANTISSA: Final = np.uint64(11)


def span(start: int, stop: int) -> Ints:
    """The numbers start..stop-1."""
    return np.arange(start, stop, dtype=np.int64)


def mix(values: Bits) -> Bits:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195)."""
    z = values ^ (values >> np.uint64(30))
    z *= _MIX1
    z ^= z >> np.uint64(27)
    z *= _MIX2
    z ^= z >> np.uint64(31)
    return z


class Draws:
    """The random streams of one seed, each known by its name."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._keys: dict[str, np.uint64] = {}

    def key(self, stream: str) -> int:
        """A 64-bit number that belongs to a stream."""
        digest = hashlib.blake2b(f"{self._seed}/{stream}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little")

    def bits(self, stream: str, at: Ints) -> Bits:
        """64 random bits for each number in `at`."""
        key = self._keys.get(stream)
        if key is None:
            key = self._keys[stream] = np.uint64(self.key(stream))
        return mix(at.astype(np.uint64) * _GOLDEN + key)

    def below(self, stream: str, at: Ints, bound: int | Ints) -> Ints:
        """Uniform integers in 0..bound-1 (bound below 2**31; Lemire's multiply and shift)."""
        high = self.bits(stream, at) >> _HALF
        wide = high * np.asarray(bound).astype(np.uint64)
        return (wide >> _HALF).astype(np.int64)

    def unit(self, stream: str, at: Ints) -> npt.NDArray[np.float64]:
        """Uniform numbers in [0, 1), 53 bits."""
        return (self.bits(stream, at) >> _MANTISSA).astype(np.float64) * 2.0**-53

    def chance(self, stream: str, at: Ints, probability: float) -> Flags:
        """True with a probability."""
        return (self.bits(stream, at) >> _MANTISSA) < np.uint64(int(probability * 2.0**53))

    def choose(self, stream: str, at: Ints, table: Ints) -> Ints:
        """Entries of a table made by `weighted`."""
        return table[(self.bits(stream, at) >> np.uint64(48)).astype(np.int64)]

    def head(self, stream: str, at: Ints, bound: int | Ints, power: int = 3) -> Ints:
        """Integers in 0..bound-1 crowded at the head: floor(bound * u**power), a power law."""
        unit = self.unit(stream, at)
        value = unit
        for _ in range(power - 1):
            value = value * unit
        return (value * bound).astype(np.int64)

    def tail(self, stream: str, at: Ints, least: float, growth: float, most: int) -> Ints:
        """Heavy-tailed integers: Pareto from `least`, tail index log 2 / log growth, cut at most.

        The binary exponent of a uniform number is geometric: each step multiplies by `growth`,
        and the mantissa fills the space between two steps.
        """
        mantissa, exponent = np.frexp(self.unit(stream, at) + 2.0**-54)
        steps = np.array([least * growth**k for k in range(64)])
        k = np.clip(-exponent, 0, 62)
        low = steps[k]
        value = low + (steps[k + 1] - low) * (2.0 - 2.0 * mantissa)
        whole: Ints = np.minimum(value, float(most)).astype(np.int64)
        return whole

    def permuted(self, stream: str, at: Ints, size: int) -> Ints:
        """Each number's place in a fixed shuffle of 0..size-1, found without holding the shuffle.

        Odd multiplications and half-width shifts are one-to-one on a power of two; what falls
        outside `size` walks on until it is inside (cycle walking: Black, Rogaway 2002,
        doi:10.1007/3-540-45760-7_9).
        """
        width = max(2, (size - 1).bit_length())
        mask = np.uint64((1 << width) - 1)
        shift = np.uint64((width + 1) // 2)
        key = self.key(stream)
        odd = [np.uint64(((key >> k) | 1) & 0xFFFFFFFF) for k in (0, 11, 23)]
        add = np.uint64(key >> 32)

        def step(x: Bits) -> Bits:
            x = (x * odd[0] + add) & mask
            x = ((x ^ (x >> shift)) * odd[1]) & mask
            return ((x ^ (x >> shift)) * odd[2] + add) & mask

        x = step(at.astype(np.uint64))
        while (outside := np.flatnonzero(x >= np.uint64(size))).size:
            x[outside] = step(x[outside])
        return x.astype(np.int64)


def weighted(weights: Sequence[float]) -> Ints:
    """A table of 65,536 entries in which entry k stands in proportion to weights[k]."""
    ends = np.cumsum(np.asarray(weights, dtype=np.float64))
    edges = np.floor(ends / ends[-1] * 65536.0 + 0.5).astype(np.int64)
    edges[-1] = 65536
    table: Ints = np.repeat(span(0, len(weights)), np.diff(edges, prepend=0))
    return table
