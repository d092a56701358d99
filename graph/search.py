"""Finding subjects by name: one normal form for width, case and traditional characters."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from graph.heap import Texts, matching

_WIDE: Final = 0xFEE0  # from an ASCII character to its full-width twin
_LOOKED_AT: Final = 20_000


@lru_cache(maxsize=65536)
def normal(text: str) -> str:
    """Half-width, case-folded, simplified characters, single spaces."""
    text = unicodedata.normalize("NFKC", text).casefold()
    if not text.isascii():
        from zhconv_rs_opencc import zhconv

        text = zhconv(text, "zh-hans")
    return " ".join(text.split())


def find(labels: Texts, versions: npt.NDArray[Any], text: str, limit: int) -> list[int]:
    """Nodes whose newest label holds `text`: exact first, then the shortest, at most `limit`.

    One pass of a compiled pattern over all labels; of very many hits, the shortest are looked at.
    """
    wanted = normal(text)
    if not wanted:
        return []
    owner = np.full(len(labels), -1, np.int64)
    nodes = np.flatnonzero(versions >= 0)
    owner[versions[nodes]] = nodes
    # Folding takes letters apart (ß to ss): what was typed is looked for beside what it folds to.
    lower = unicodedata.normalize("NFKC", text).lower()
    forms = sorted({wanted, *(" ".join(form.split()) for form in (lower, text))})
    places, sizes = matching(labels, "|".join(pattern(form) for form in forms))
    keep = owner[places] >= 0
    places, sizes = places[keep], sizes[keep]
    nearest = places[np.argsort(sizes, kind="stable")[:_LOOKED_AT]]
    found = [
        (len(name), int(owner[at]))
        for at in nearest.tolist()
        if wanted in (name := normal(labels[at]))
    ]
    return [node for _, node in sorted(found)[:limit]]


def pattern(wanted: str) -> str:
    """A regular expression for every usual way to write a normal form: capitals, full width,
    traditional characters."""
    return "".join(r"\s+" if char == " " else _ways(char) for char in wanted)


def _ways(char: str) -> str:
    ways = {char, char.upper(), *_traditional().get(char, ())}
    ways |= {chr(ord(way) + _WIDE) for way in ways if len(way) == 1 and "!" <= way <= "~"}
    return "(?:" + "|".join(sorted(re.escape(way) for way in ways)) + ")"


@lru_cache(maxsize=1)
def _traditional() -> dict[str, list[str]]:
    """What is simplified to each character."""
    from zhconv_rs_opencc import zhconv

    found: dict[str, list[str]] = {}
    for char in map(chr, range(0x3400, 0xA000)):
        if (simple := zhconv(char, "zh-hans")) != char:
            found.setdefault(simple, []).append(char)
    return found
