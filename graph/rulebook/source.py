"""YAML as nodes that know their place, so that every mistake of a file is shown where it is.

Only plain data is read: no anchors, aliases, tags, merges or tabs; a key stands once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import yaml

from graph.errors import BadFile

MOST_BYTES: Final = 1 << 18  # the shipped editions are a tenth of it; parsing takes about a second
_MOST_DEPTH: Final = 12
_MOST_PROBLEMS: Final = 100
_SHOWN: Final = 5
_UNWELCOME: Final = re.compile("[\t\x85\u2028\u2029]")  # YAML breaks lines where editors do not
_STANDARD: Final = "tag:yaml.org,2002:"


class Problem(NamedTuple):
    """One mistake; line and column count from 1."""

    file: str
    line: int
    column: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.reason}"


class BadRulebook(BadFile):
    """All mistakes of the files that were read, up to a hundred, in the order of their places.

    As text the first few; `linkrisk rulebook check` lists them.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))[:_MOST_PROBLEMS]
        more = len(self.problems) - _SHOWN
        rest = f"; and {more} more: linkrisk rulebook check" if more > 0 else ""
        super().__init__("; ".join(map(str, self.problems[:_SHOWN])) + rest)

    def __reduce__(self) -> tuple[type[BadRulebook], tuple[tuple[Problem, ...]]]:
        return (BadRulebook, (self.problems,))


class _Refused(yaml.composer.ComposerError):
    """What YAML allows and a rulebook does not."""


class _Loader(yaml.SafeLoader):
    """Composes nodes; nothing is ever constructed from them."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        reason = None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            reason = "anchors and aliases (& and *) are refused: write the value out"
        elif getattr(event, "tag", None):
            reason = "tags (!) are refused"
        elif self.depth >= _MOST_DEPTH:
            reason = "nested too deep"
        if reason:
            raise _Refused(None, None, reason, event.start_mark)
        self.depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


class Source:
    """One file while it is read: its name, and the problems met so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []

    def say(self, node: yaml.Node, reason: str) -> None:
        """Note a problem at the start of a node."""
        mark = node.start_mark
        self.at(mark.line + 1, mark.column + 1, reason)

    def at(self, line: int, column: int, reason: str) -> None:
        """Note a problem at a line and column, both from 1."""
        self.problems.append(Problem(self.name, line, column, reason))

    def compose(self, data: bytes) -> yaml.MappingNode | None:
        """The file's mapping; None, with the problems noted, where it is no such file."""
        text = self._text(data)
        if text is None:
            return None
        try:
            node = yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            reason = f"not YAML: {error.problem}" if not isinstance(error, _Refused) else ""
            place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            self.at(*place, reason or str(error.problem))
            return None
        except yaml.reader.ReaderError as error:
            self.at(*_place(text, error.position), "not YAML: a character that cannot be printed")
            return None
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            # PyYAML lets through what `chr` and `int` say of absurd escapes and versions.
            self.at(1, 1, f"not YAML: {' '.join(str(error).split())[:200]}")
            return None
        if not isinstance(node, yaml.MappingNode):
            self.at(1, 1, "a rulebook is a YAML mapping (key: value)")
            return None
        return node

    def _text(self, data: bytes) -> str | None:
        if len(data) > MOST_BYTES:
            self.at(1, 1, f"larger than {MOST_BYTES // 1024} KiB")
            return None
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = data[: error.start].decode("utf-8-sig", "replace")
            self.at(*_place(before, len(before)), f"not UTF-8 text ({error.reason})")
            return None
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        for number, line in enumerate(text.split("\n"), 1):
            if found := _UNWELCOME.search(line):
                reason = (
                    "a tab; indent with spaces"
                    if found[0] == "\t"
                    else "a line break of another kind"
                )
                self.at(number, found.start() + 1, reason)
        return None if self.problems else text

    def entries(self, node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """Key, its node and the value's node; a key that is no text or stands twice is noted."""
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.say(key, "a key must be a text")
                continue
            name = str(key.value)
            if name in seen:
                self.say(key, f"{name[:60]!r} stands here twice")
                continue
            seen.add(name)
            yield name, key, value


def kind_of(node: yaml.Node) -> str:
    """What a node is, in a word: text, number, date, null, true or false, list, mapping."""
    words = {
        "str": "text", "int": "number", "float": "number", "timestamp": "date", "null": "nothing",
        "bool": "true or false", "seq": "a list", "map": "a mapping",
    }  # fmt: skip
    tag = node.tag.removeprefix(_STANDARD)
    return words.get(tag, tag)


def _place(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
