"""The objects of a JSON array, of JSON Lines, or of concatenated JSON, one at a time.

Memory is that of one object. An object that is cut short, too large or too deep is told with its
line, and reading goes on behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from graph.errors import BadFact
from ingest.readers.encoding import lines, recognise, undecoded
from ingest.readers.item import Item

_BLOCK: Final = 1 << 16
SIZE_LIMIT: Final = 1 << 24  # characters of one object
DEPTH_LIMIT: Final = 64
_SEPARATORS: Final = " \t\r\n,"
_MARK: Final = re.compile(r'"[^"\\]*"|["{}\[\]]')  # a whole simple string, or one character
_IN_STRING: Final = re.compile(r'["\\]')


class Element(NamedTuple):
    """The text of one object and the line where it begins, or why it cannot be read."""

    line: int
    text: str
    reason: str | None = None

    def whole(self) -> str:
        """The text; raises BadFact where the object cannot be read."""
        if self.reason:
            raise BadFact(self.reason)
        if undecoded(self.text):
            raise BadFact("bytes in no known encoding")
        return self.text


def items(path: Path, facts: Callable[[Element], list[dict[str, Any]]]) -> Iterator[Item]:
    """The facts that each element of a file becomes; one that raises BadFact is one rejected."""
    for element in elements(path):
        try:
            found = facts(element)
        except BadFact as error:
            yield Item(element.line, None, error.reason, error.column)
            continue
        for fact in found:
            yield Item(element.line, fact)


def elements(path: Path) -> Iterator[Element]:
    """The elements of a file of JSON objects."""
    codec = recognise(path)
    beginning = ""
    for line in lines(path, codec):
        if beginning := line.text.strip():
            break
    if beginning.startswith("{") and beginning.endswith("}"):
        yield from _by_line(path, codec)
    else:
        yield from _Splitter(path, codec)


def _by_line(path: Path, codec: str) -> Iterator[Element]:
    for line in lines(path, codec):
        if text := line.text.strip():
            reason = None if line.whole else "absurdly long line"
            if line.whole and text.count("{") + text.count("[") > DEPTH_LIMIT and _deep(text):
                reason = "nested absurdly deep"
            yield Element(line.number, text, reason)


def _deep(text: str) -> bool:
    depth = deepest = 0
    for mark in _MARK.finditer(re.sub(r'"(?:[^"\\]|\\.)*"', "", text)):
        depth += 1 if mark[0] in "{[" else -1 if mark[0] in "}]" else 0
        deepest = max(deepest, depth)
    return deepest > DEPTH_LIMIT


class _Splitter:
    """Cuts a stream of characters at the ends of its objects by counting brackets."""

    def __init__(self, path: Path, codec: str) -> None:
        self.path, self.codec = path, codec
        self.line = 1  # at `counted` in the current block
        self.counted = 0
        self.depth = self.base = self.deepest = self.size = 0
        self.in_string = self.escaped = False
        self.parts: list[str] = []
        self.began: int | None = None

    def __iter__(self) -> Iterator[Element]:
        errors = "replace" if self.codec.startswith("utf-16") else "surrogateescape"
        with self.path.open("r", encoding=self.codec, errors=errors, newline="") as stream:
            while block := stream.read(_BLOCK):
                yield from self._block(block)
                self._line_at(block, len(block))
                self.counted = 0
        if self.began is not None or self.depth:
            yield Element(self.began or self.line, "", "cut short: the file ends inside it")

    def _block(self, block: str) -> Iterator[Element]:
        at = start = 0  # `start`: where the current element or gap begins in this block
        if self.escaped:
            self.escaped, at = False, 1
        while match := (_IN_STRING if self.in_string else _MARK).search(block, at):
            at, mark = match.end(), match[0]
            if mark == "\\":
                self.escaped = at == len(block)
                at += 1
            elif mark[0] == '"':
                self.in_string = self.in_string != (len(mark) == 1)
            elif mark in "{[":
                if self.began is None:
                    yield from self._gap(block, start, match.start())
                    if mark == "[" and self.depth == self.base == 0:
                        self.depth = self.base = 1
                        start = at
                        continue
                    self.began = self._line_at(block, match.start())
                    start, self.size, self.deepest, self.parts = match.start(), 0, 0, []
                self.depth += 1
                self.deepest = max(self.deepest, self.depth)
            else:
                self.depth -= 1
                if self.began is None:  # the end of the array
                    yield from self._gap(block, start, match.start())
                    self.depth = self.base = 0
                    start = at
                elif self.depth <= self.base:
                    self._keep(block[start:at])
                    yield self._element()
                    start = at
        if self.began is not None:
            self._keep(block[start:])
        else:
            yield from self._gap(block, start, len(block))

    def _keep(self, part: str) -> None:
        self.size += len(part)
        if self.size <= SIZE_LIMIT:
            self.parts.append(part)

    def _element(self) -> Element:
        line, self.began, self.depth = self.began or self.line, None, self.base
        if self.size > SIZE_LIMIT:
            return Element(line, "", "absurdly large")
        if self.deepest > DEPTH_LIMIT:
            return Element(line, "", "nested absurdly deep")
        return Element(line, "".join(self.parts))

    def _gap(self, block: str, start: int, end: int) -> Iterator[Element]:
        """What stands between two objects: separators, or something that is no object."""
        part = block[start:end]
        if text := part.strip(_SEPARATORS):
            begins = start + len(part) - len(part.lstrip(_SEPARATORS))
            yield Element(self._line_at(block, begins), text[:200], "not an object")

    def _line_at(self, block: str, at: int) -> int:
        """The line of a position in the current block; positions are asked in order."""
        self.line += block.count("\n", self.counted, at)
        self.counted = at
        return self.line
