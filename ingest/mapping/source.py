"""YAML with the line of every value, so that a mistake can be shown where it is.

Accepts the safe subset that mappings need; anchors may repeat a value, never contain themselves.
"""

from __future__ import annotations

from typing import Any, Final

import yaml

from graph.errors import BadFile

_MOST: Final = 20_000  # values of one mapping; stops aliases that multiply


class Map(dict[str, Any]):
    """A mapping with its own line and that of each key."""

    line: int = 0

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}


class Seq(list[Any]):
    """A list with its own line and that of each element."""

    line: int = 0

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []


class Source:
    """One YAML text; `name` stands in messages."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        self._left = _MOST
        self._open: set[int] = set()

    def fail(self, line: int, reason: str) -> BadFile:
        """The error to raise for something at a line."""
        return BadFile(f"{self.name}:{line}: {reason}")

    def parse(self) -> Map:
        """The document as `Map`, `Seq` and scalars; raises BadFile with file and line."""
        try:
            node = yaml.compose(self.text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise self.fail(mark.line + 1 if mark else 1, str(error.problem)) from None
        except yaml.YAMLError as error:
            raise self.fail(1, str(error).replace("\n", " ")) from None
        except RecursionError:
            raise self.fail(1, "nested too deeply") from None
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(1, "a mapping is a YAML mapping (key: value)")
        found = self._value(node)
        assert isinstance(found, Map)
        return found

    def _value(self, node: yaml.Node) -> Any:
        line = node.start_mark.line + 1
        self._left -= 1
        if self._left < 0 or id(node) in self._open:
            raise self.fail(line, "too many values, or an anchor that contains itself")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        self._open.add(id(node))
        found: Map | Seq
        if isinstance(node, yaml.MappingNode):
            found = Map()
            for name_node, value_node in node.value:
                at = name_node.start_mark.line + 1
                if not isinstance(name_node, yaml.ScalarNode):
                    raise self.fail(at, "a key must be a text")
                name = str(name_node.value)
                if name in found:
                    raise self.fail(at, f"{name!r} stands here twice")
                found[name] = self._value(value_node)
                found.lines[name] = at
        else:
            found = Seq()
            for inner in node.value:
                found.append(self._value(inner))
                found.lines.append(inner.start_mark.line + 1)
        found.line = line
        self._open.discard(id(node))
        return found

    @staticmethod
    def _scalar(node: yaml.ScalarNode) -> Any:
        # Dates, numbers and codes stay as they are written; only truth values and null are read.
        tag = node.tag.rsplit(":", 1)[-1]
        if tag == "bool" and not node.style:
            return str(node.value).lower() in {"true", "yes", "on"}
        if tag == "null" and not node.style:
            return None
        return str(node.value)
