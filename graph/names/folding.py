"""One form for every way to write a name: width, case, traditional characters, punctuation.

Chinese is written without spaces, so spaces beside it say nothing; between words of letters one
space stays. Many names are folded as one text: a twentieth of the cost of one by one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_LETTER: Final = 1
_CHINESE: Final = 2  # and whatever else is written without spaces
_BETWEEN: Final = 3
_END: Final = 4
_SPACELESS: Final = ((0x2E80, 0xA000), (0xAC00, 0xD7B0), (0xF900, 0xFB00), (0x20000, 0x40000))
_classes: npt.NDArray[np.uint8] = np.zeros(0x110000, np.uint8)  # filled as characters are met


def fold_all(texts: Sequence[str]) -> list[str]:
    """Each text half-width, case-folded, simplified, without punctuation; a text that is nothing
    else keeps it. Zeros, which stand where a name was erased, are no text. Linear."""
    if not texts:
        return []
    lines = [" ".join(text.replace("\0", " ").split()) for text in texts]
    whole = _simple("\n".join(lines))
    codes = np.frombuffer(whole.encode("utf-32-le"), np.uint32)
    classes = _classes_of(codes)
    kept = np.flatnonzero(classes != _BETWEEN)
    codes, classes = codes[kept], classes[kept]
    letters = classes == _LETTER
    apart = (kept[1:] - kept[:-1] > 1) & letters[1:] & letters[:-1]
    spaced = np.insert(codes, np.flatnonzero(apart) + 1, np.uint32(ord(" ")))
    folded = spaced.tobytes().decode("utf-32-le").split("\n")
    return [
        found or (" ".join(_simple(line).split()) if line else "")
        for found, line in zip(folded, lines, strict=True)
    ]


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """`fold_all` of one text."""
    return fold_all([text])[0]


def _simple(text: str) -> str:
    if text.isascii():
        return text.casefold()
    from zhconv_rs_opencc import zhconv

    plain = text.encode("utf-8", "replace").decode()  # half a surrogate pair is no text
    simple: str = zhconv(unicodedata.normalize("NFKC", plain).casefold(), "zh-hans")
    return simple


def _classes_of(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    found = _classes[codes]
    if not found.all():
        for code in np.unique(codes[found == 0]).tolist():
            _classes[code] = _class_of(code)
        found = _classes[codes]
    return found


def _class_of(code: int) -> int:
    if code == ord("\n"):
        return _END
    if unicodedata.category(chr(code))[0] not in "LNM":
        return _BETWEEN
    return _CHINESE if any(low <= code < high for low, high in _SPACELESS) else _LETTER


def units_of(text: str) -> npt.NDArray[np.uint16]:
    """A text as UTF-16 code units, which is how the index holds names."""
    return np.frombuffer(text.encode("utf-16-le", "replace"), np.uint16)


def text_of(units: npt.NDArray[Any]) -> str:
    """The text of UTF-16 code units."""
    return units.tobytes().decode("utf-16-le", "replace")
