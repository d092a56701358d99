"""An immutable index of names: folded once each, who bears them, and where their grams lead.

Names are numbered by length, then by their characters: a list of a gram's names is in the order in
which hits are shown, and a search ends as soon as it has enough. 14 bytes a character and 30 a
name, mostly numbers of names by gram.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from graph.model import CODES
from graph.names import grams
from graph.names.folding import fold_all, text_of
from graph.names.scanning import EASY, gather_scores, scan, scan_first
from graph.names.sounds import FIRST, UNKNOWN, initials, sounds_of

I64 = npt.NDArray[np.int64]
U16 = npt.NDArray[np.uint16]
Arrays = dict[str, npt.NDArray[Any]]
_BLOCK: Final = 200_000  # labels folded at a time: bounds what folding needs beside the index
_PERSON: Final = 1 << CODES["person"]
EVERY: Final = 0xFFFF  # all kinds
# Ways in which a name can hold what was asked for.
WHOLE: Final = 0
BEGINS: Final = 1
WITHIN: Final = 2


class Hit(NamedTuple):
    """A name and how much of the grams asked for it shares, weighed by how rare they are."""

    name: int
    weight: float


class Segment:
    """See the module. Arrays may be mapped from a file; nothing changes them."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.units, self.starts = arrays["units"], arrays["starts"]
        self.sounds, self.kinds = arrays["sounds"], arrays["kinds"]
        self.bearers, self.borne = arrays["bearers"], arrays["borne"]
        self.keys, self.begins = arrays["grams"], arrays["begins"]
        self.lists = arrays["lists"]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def text(self, name: int) -> str:
        """A name as it was folded."""
        return text_of(self.units[self.starts[name] : self.starts[name + 1]])

    def versions(self, name: int) -> list[int]:
        """The versions of records that bear a name, ascending."""
        low, high = int(self.borne[name]), int(self.borne[name + 1])
        found: list[int] = self.bearers[low:high].tolist()
        return found

    def lists_of(self, keys: I64) -> tuple[I64, I64]:
        """From where to where the names of each gram stand; equal where there are none."""
        if not len(self.keys):
            none = np.zeros(len(keys), np.int64)
            return none, none
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        hit = self.keys[at] == keys
        return np.where(hit, self.begins[at], 0), np.where(hit, self.begins[at + 1], 0)

    # -- finding ----------------------------------------------------------------------------

    def holding(self, units: U16, how: int, kinds: int, limit: int, *, sounds: bool) -> list[int]:
        """Names that are, begin with, or hold somewhere further on a sequence, in order.

        Looks at the names of its rarest gram; where it has none (two letters within a word), at
        all: 10 ms a million.
        """
        units = units.copy()  # all of one type, so that one compiled code does for all
        of = grams.of_sound if sounds else grams.of_text
        keys = of(units, begins=how != WITHIN)
        column = self.sounds if sounds else self.units
        if len(keys):
            lows, highs = self.lists_of(keys)
            rarest = int(np.argmin(highs - lows))
            lists, low, high = self.lists, int(lows[rarest]), int(highs[rarest])
        else:
            lists, low, high = np.arange(len(self), dtype=np.int32), 0, len(self)
        if low == high or not len(units):
            return []
        out = np.empty(limit, np.int32)
        run = scan.tier(heavy=high - low > EASY)
        count = run(
            lists, low, high, column, self.starts, self.kinds, units, how, np.uint16(kinds), out
        )
        return cast(list[int], out[:count].tolist())

    def initialled(self, letters: U16, kinds: int, limit: int) -> list[int]:
        """Names whose characters' pinyin begin with these letters, at least two, in order."""
        letters = letters.copy()
        key = int(letters[0]) << 16 | int(letters[1]) | grams.INITIAL
        lows, highs = self.lists_of(np.array([key], np.int64))
        low, high = int(lows[0]), int(highs[0])
        out = np.empty(limit, np.int32)
        run = scan_first.tier(heavy=high - low > EASY)
        count = run(
            *(self.lists, low, high, self.sounds, self.starts, self.kinds),
            *(letters, _initials(), np.uint16(kinds), out),
        )
        return cast(list[int], out[:count].tolist())

    def sharing(self, keys: I64, kinds: int, most: int, budget: int) -> tuple[list[Hit], bool]:
        """The names that share most with a set of grams, and whether all that share any were seen.

        A gram weighs the logarithm of how rare it is; what a name shares is set against its length.
        Rare grams come first, and those that `budget` names are not enough for are left out, but
        never all. The order of equals is that of names.
        """
        lows, highs = self.lists_of(keys)
        sizes = highs - lows
        there = np.flatnonzero(sizes)
        if not len(there):
            return [], True
        order = there[np.lexsort((keys[there], sizes[there]))]
        used = int(np.searchsorted(np.cumsum(sizes[order]), budget, side="right"))
        chosen = order[: max(1, used)]
        weights = np.log1p(len(self) / sizes[chosen])
        scores, touched = np.zeros(len(self), np.float32), np.empty(sizes[chosen].sum(), np.int32)
        run = gather_scores.tier(heavy=len(touched) > EASY)
        count = run(
            *(self.lists, lows[chosen], highs[chosen], weights.astype(np.float32)),
            *(self.kinds, np.uint16(kinds), scores, touched),
        )
        names = touched[:count]
        # As with Dice's coefficient, what two have in common is set against both their lengths.
        score = scores[names] / (self.starts[names + 1] - self.starts[names] + len(keys))
        if count > most:
            kept = np.argpartition(-score, most)[: most + 1]
            # All that equal the last one, so that which are shown does not go by chance.
            kept = np.flatnonzero(score >= score[kept].min())
            names, score = names[kept], score[kept]
        best = np.lexsort((names, -score))[:most]
        hits = [Hit(int(names[i]), float(score[i])) for i in best]
        return hits, used >= len(order)


@cache
def _initials() -> U16:
    return initials()


def build(labels: Sequence[str], versions: I64, kinds: npt.NDArray[np.uint8]) -> Segment:
    """The index of labels: `versions` bear them, of records of these kinds. Those without a label
    are left out. n log n in the characters."""
    import pyarrow as pa

    parts = [
        pa.array(fold_all(labels[low : low + _BLOCK]), pa.large_string())
        for low in range(0, len(labels), _BLOCK)
    ]
    folded = pa.concat_arrays(parts) if parts else pa.array([], pa.large_string())
    coded = folded.dictionary_encode()
    code = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    names, place = _ordered(coded.dictionary)
    code = place[code]
    keep = np.flatnonzero(code >= 0)
    order = keep[np.argsort(code[keep], kind="stable")]
    borne = np.zeros(len(names) + 1, np.int64)
    np.cumsum(np.bincount(code[keep], minlength=len(names)), out=borne[1:])
    of_kinds = np.zeros(len(names), np.uint16)
    np.bitwise_or.at(of_kinds, code[keep], np.left_shift(1, kinds[keep]).astype(np.uint16))
    raw = [name.encode("utf-16-le") for name in names]
    starts = np.zeros(len(names) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, raw), np.int64, len(raw)) // 2, out=starts[1:])
    units = np.frombuffer(b"".join(raw), np.uint16).copy()
    sounds = sounds_of(units, starts, (of_kinds & _PERSON) > 0)
    arrays: Arrays = {
        "units": units,
        "starts": starts,
        "sounds": sounds,
        "kinds": of_kinds,
        "bearers": versions[order].astype(np.int32),
        "borne": borne,
    }
    return Segment(arrays | _lists(units, sounds, starts))


def _ordered(names: Any) -> tuple[list[str], I64]:
    """Different names by length and characters, and the place of each in that order; -1 for the
    empty one, which has none."""
    texts = names.to_pylist()
    order = sorted(
        (i for i, text in enumerate(texts) if text), key=lambda i: (len(texts[i]), texts[i])
    )
    place = np.full(len(texts), -1, np.int64)
    place[order] = np.arange(len(order))
    return [texts[i] for i in order], place


def _lists(units: U16, sounds: U16, starts: I64) -> Arrays:
    """Which names have each gram, ascending, gram by gram."""
    if len(starts) < 2:
        none = np.zeros(0, np.int64)
        return {"grams": none, "begins": np.zeros(1, np.int64), "lists": none.astype(np.int32)}
    heard = np.add.reduceat((sounds >= FIRST) & (sounds != UNKNOWN), starts[:-1]) > 0
    bits = max(1, len(starts).bit_length())
    runs = []
    for keys, owners in (
        grams.of_names(units, starts),
        grams.of_sounds(sounds, starts, heard, _initials()),
    ):
        both = keys << bits
        both |= owners
        del keys, owners
        both.sort()
        runs.append(both[np.append(True, both[1:] != both[:-1])] if len(both) else both)
    # The grams of sounds are the larger numbers, so the two runs stand in order.
    both = np.concatenate(runs)
    del runs
    lists = (both & ((1 << bits) - 1)).astype(np.int32)
    both >>= bits
    fresh = np.flatnonzero(np.append(True, both[1:] != both[:-1])) if len(both) else both
    return {"grams": both[fresh], "begins": np.append(fresh, len(both)), "lists": lists}
