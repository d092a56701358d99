"""One mapping of a rulebook file, read field by field; each wrong field is noted where it stands.

A reader gives back a harmless stand-in for what is wrong, so that the rest is still looked at;
`ok` says whether what was read may be used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import yaml

from graph.rulebook.durations import parts_of
from graph.rulebook.rules import is_day, near
from graph.rulebook.source import Source, kind_of

_ID: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
ID_RULE: Final = "must be of a-z, 0-9, _, . and -, at most 64"
_SHARE: Final = re.compile(r"0\.[0-9]{1,15}|1(\.0{1,15})?|0")
_MOST_TEXT: Final = 1000


class Entry:
    """A mapping, what it is called in messages, and its fields' nodes."""

    def __init__(self, source: Source, node: yaml.Node, what: str, known: Sequence[str]) -> None:
        self.source, self.node, self.what = source, node, what
        self.fields: dict[str, yaml.Node] = {}
        self.ok = True
        if not isinstance(node, yaml.MappingNode):
            self.fail(None, f"{what} must be a mapping, here is {kind_of(node)}")
            return
        before = len(source.problems)
        for name, key, value in source.entries(node):
            if name in known:
                self.fields[name] = value
            else:
                source.say(key, f"{what}: unknown key {name[:60]!r}{near(name, known)}")
        self.ok = len(source.problems) == before

    def fail(self, name: str | None, reason: str) -> None:
        """Note a problem at a field, or at the mapping where that is absent."""
        self.source.say(self.fields.get(name or "", self.node), reason)
        self.ok = False

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        node = self.fields.get(name)
        return node is not None and kind_of(node) != "nothing"

    def scalar(self, name: str, kinds: Sequence[str] = ("text",), *, need: bool = True) -> str:
        """The field as it is written; empty where it is absent or wrong."""
        node = self.fields.get(name)
        if node is None or (not need and kind_of(node) == "nothing"):
            if need and isinstance(self.node, yaml.MappingNode):
                self.fail(None, f"{self.what} needs {name}:")
            return ""
        if not isinstance(node, yaml.ScalarNode) or kind_of(node) not in kinds:
            hint = "; put it in quotes" if isinstance(node, yaml.ScalarNode) and (
                "text" in kinds) and node.value else ""  # fmt: skip
            wanted = " or ".join(kinds)
            self.fail(name, f"{name} must be {wanted}, here is {kind_of(node)}{hint}")
            return ""
        return str(node.value)

    def text(self, name: str, *, need: bool = True) -> str:
        """Words for people; white space is one space."""
        words = " ".join(self.scalar(name, need=need).split())
        node = self.fields.get(name)
        if node is None or kind_of(node) != "text":
            return words
        if not (words and words.isprintable() and len(words) <= _MOST_TEXT):
            self.fail(name, f"{name} must be 1 to {_MOST_TEXT} characters that can be printed")
        return words

    def id(self, name: str = "id", *, need: bool = True) -> str:
        """A name in small letters, digits, `_`, `.` and `-`."""
        found = self.scalar(name, need=need)
        if found and not is_id(found):
            self.fail(name, f"{name} {found[:60]!r} {ID_RULE}")
        return found

    def choice(self, name: str, options: Sequence[str]) -> str:
        """One of the options; the first stands in for a wrong one."""
        found = self.scalar(name)
        if found in options:
            return found
        if found:
            hint = near(found, options) or f" (one of {', '.join(options)})"
            self.fail(name, f"unknown {name} {found[:60]!r}{hint}")
        elif self.ok:
            self.fail(name, f"{name} is empty")
        return options[0]

    def day(self, name: str, *, need: bool = False) -> str | None:
        """An ISO date, None where it is absent or null."""
        found = self.scalar(name, ("date", "text"), need=need)
        if found and not is_day(found):
            self.fail(name, f"{name} {found[:40]!r} is not a date (YYYY-MM-DD)")
            return None
        return found or None

    def days(self) -> tuple[str | None, str | None]:
        """`from` and `to`, the first before the second."""
        start, end = self.day("from"), self.day("to")
        if start and end and start >= end:
            self.fail("to", f"to {end} must be after from {start} (the day itself is not in it)")
        return start, end

    def duration(self, name: str, *, need: bool = False) -> str | None:
        """An ISO 8601 duration of years, months and days, not zero."""
        found = self.scalar(name, need=need)
        if found and parts_of(found) is None:
            self.fail(name, f"{name} {found[:40]!r} is not a duration such as P2Y, P6M or P90D")
            return None
        return found or None

    def share(self, name: str) -> str | None:
        """A decimal fraction from 0 to 1, kept as text."""
        found = self.scalar(name, ("text", "number"), need=False)
        if found and not _SHARE.fullmatch(found):
            self.fail(name, f"{name} {found[:40]!r} is not a share from 0 to 1 such as 0.5")
            return None
        return found or None

    def words(self, name: str, options: Sequence[str] | None = None, *, need: bool = True
              ) -> tuple[str, ...]:  # fmt: skip
        """One text or a list of them, each one of the options and there once."""
        node = self.fields.get(name)
        if node is None or not self.has(name):
            if need:
                self.scalar(name)
            return ()
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        found: list[str] = []
        for part in parts:
            word = str(part.value) if isinstance(part, yaml.ScalarNode) else ""
            if kind_of(part) != "text":
                said = f"{name} must be text or a list of it, here is {kind_of(part)}"
            elif options is not None and word not in options:
                said = f"unknown {name} {word[:60]!r}{near(word, options)}"
            elif word in found:
                said = f"{name} {word[:60]!r} stands here twice"
            else:
                found.append(word)
                continue
            self.source.say(part, said)
            self.ok = False
        if need and not parts:
            self.fail(name, f"{name} is empty")
        return tuple(found)

    def nodes(self, name: str) -> Sequence[yaml.Node]:
        """The elements of a list; none where the field is absent."""
        node = self.fields.get(name)
        if node is None or not self.has(name):
            return ()
        if not isinstance(node, yaml.SequenceNode):
            self.fail(name, f"{name} must be a list, here is {kind_of(node)}")
            return ()
        elements: Sequence[yaml.Node] = node.value
        return elements

    def inner(self, name: str, known: Sequence[str]) -> Entry | None:
        """The mapping in a field; None where it is absent. Ask `ok` of it by `joined`."""
        node = self.fields.get(name)
        if node is None or not self.has(name):
            return None
        return Entry(self.source, node, name, known)

    def joined(self, inner: Entry) -> None:
        """What is wrong within is wrong with the whole."""
        self.ok = self.ok and inner.ok


def is_id(text: str) -> bool:
    """Whether a text may name something."""
    return _ID.fullmatch(text) is not None
