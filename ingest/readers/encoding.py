"""Which encoding a text file is in, and its lines, with bounded memory.

Recognised: UTF-8 with or without BOM, UTF-16 with BOM, GBK/GB18030. A byte that is not in the
file's encoding survives as a lone surrogate, so that its line can be told and set aside.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

_BLOCK: Final = 1 << 20
_SAMPLE: Final = 1 << 18
LINE_LIMIT: Final = 1 << 22  # characters of one physical line; past it the line is set aside
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNDECODED: Final = re.compile("[\udc80-\udcff\ufffd]")


class Line(NamedTuple):
    """One physical line with its end; `whole` is false where it was cut at the limit."""

    number: int
    text: str
    whole: bool = True


def recognise(path: Path) -> str:
    """The codec of a file: from its BOM, else from the first stretch that is not ASCII.

    Reads on to the first non-ASCII byte in blocks of 1 MiB, then judges 256 KiB from there.
    Of two readings the one with fewer undecodable places wins; UTF-8 at a tie.
    """
    with path.open("rb") as stream:
        block = stream.read(_BLOCK)
        for bom, name in _BOMS:
            if block.startswith(bom):
                return name
        while block and block.isascii():
            block = stream.read(_BLOCK)
        if not block:
            return "utf-8"
        sample = block + stream.read(_SAMPLE)
    first = next(i for i, byte in enumerate(sample) if byte > 127)
    sample = sample[first : first + _SAMPLE]
    # Where the sample was cut, its last bytes may be half a character.
    end = -4 if len(sample) == _SAMPLE else None
    flaws = {
        name: len(_UNDECODED.findall(sample.decode(name, "surrogateescape")[:end]))
        for name in ("utf-8", "gb18030")
    }
    return min(flaws, key=lambda name: flaws[name])


def undecoded(text: str) -> bool:
    """Whether a line holds bytes that are not in its file's encoding."""
    return not text.isascii() and _UNDECODED.search(text) is not None


def lines(path: Path, encoding: str | None = None) -> Iterator[Line]:
    """The physical lines of a text file, numbered from 1, ends kept (LF, CRLF or CR)."""
    codec = encoding or recognise(path)
    errors = "replace" if codec.startswith("utf-16") else "surrogateescape"
    with path.open("r", encoding=codec, errors=errors, newline="") as stream:
        number = 0
        while text := stream.readline(LINE_LIMIT):
            number += 1
            if len(text) < LINE_LIMIT or text[-1] in "\r\n":
                yield Line(number, text)
                continue
            while (rest := stream.readline(LINE_LIMIT)) and rest[-1] not in "\r\n":
                pass
            yield Line(number, text[:1000], whole=False)
