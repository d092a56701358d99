"""Reads the parts that every block of a mapping is made of: texts, columns, expressions."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from ingest.mapping.model import Column, Condition, EntityRule, Expression
from ingest.mapping.patterns import compiled
from ingest.mapping.source import Map, Seq, Source
from ingest.mapping.words import plain, words

_LEAST, _MOST = Decimal("1e-9"), Decimal("1e15")  # of a unit
_TESTS: Final = ("in", "not_in", "matches", "present", "nonzero")


class Reading:
    """A mapping that is being read; columns are collected as they are named."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.columns: dict[str, Column] = {}
        self.entities: dict[str, EntityRule] = {}

    # helpers over the parsed YAML

    def known(self, found: Map, allowed: Iterable[str]) -> None:
        """Refuses keys that mean nothing here, with the nearest one that does."""
        names = list(allowed)
        for key in found:
            if key not in names:
                raise self.source.fail(found.lines[key], f"unknown key {key!r}{near(key, names)}")

    def map_of(self, found: Map, key: str) -> Map:
        value = found.get(key)
        if value is None:
            return Map()
        if not isinstance(value, Map):
            raise self.source.fail(found.lines[key], f"{key} must hold key: value lines")
        return value

    def items(self, found: Map, key: str) -> list[tuple[Map, int]]:
        value = found.get(key)
        if value is None:
            return []
        if not isinstance(value, Seq) or not all(isinstance(v, Map) for v in value):
            raise self.source.fail(found.lines[key], f"{key} must be a list of key: value blocks")
        return list(zip(value, value.lines, strict=True))

    def text(self, found: Map, key: str) -> str | None:
        value = found.get(key)
        if value is None or isinstance(value, str):
            return value
        raise self.source.fail(found.lines[key], f"{key} must be one text")

    def texts(self, found: Map, key: str) -> tuple[str, ...]:
        value = found.get(key)
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        if isinstance(value, Seq) and all(isinstance(v, str) for v in value):
            return tuple(value)
        raise self.source.fail(found.lines[key], f"{key} must be a text or a list of texts")

    def truth(self, found: Map, key: str) -> bool:
        value = found.get(key, False)
        if isinstance(value, bool):
            return value
        raise self.source.fail(found.lines[key], f"{key} must be true or false")

    def column(self, label: str, body: Any, line: int) -> Column:
        if body is None:
            return Column(label)
        if not isinstance(body, Map):
            raise self.source.fail(line, f"column {label!r} must hold key: value lines")
        self.known(body, ("also", "required", "unit", "split"))
        unit, percent = None, None
        if (given := self.text(body, "unit")) is not None and given != "auto":
            if given in {"percent", "fraction"}:
                percent = given == "percent"
            elif (unit := words().units.get(plain(given))) is None:
                try:
                    unit = Decimal(given)
                    if not _LEAST <= unit <= _MOST:  # not a number, or one that no sum is given in
                        raise InvalidOperation
                except InvalidOperation:
                    names = [*words().units, "percent", "fraction", "auto"]
                    raise self.source.fail(
                        body.lines["unit"], f"unknown unit {given!r}{near(given, names)}"
                    ) from None
        return Column(
            label, self.texts(body, "also"), self.truth(body, "required"), unit, percent,
            self.text(body, "split"),
        )  # fmt: skip

    def need(self, label: Any, line: int) -> str:
        """A column's label; one that was not declared is an optional column of that header."""
        if not isinstance(label, str) or not label:
            raise self.source.fail(line, "a column's name is a text")
        self.columns.setdefault(label, Column(label))
        return label

    def expression(self, value: Any, line: int) -> Expression:
        if isinstance(value, str):
            return Expression("column", (self.need(value, line),), {}, line)
        if not isinstance(value, Map):
            raise self.source.fail(line, "expected a column's name or {const: …}, {join: …} …")
        ops = [
            op for op in ("const", "join", "first", "sum", "map", "test", "column") if op in value
        ]
        if len(ops) != 1:
            raise self.source.fail(
                line, "expected one of const, column, join, first, sum, map, test"
            )
        op = ops[0]
        allowed = {
            "join": ("sep",),
            "map": ("to", "default"),
            "column": ("as", "when"),
            "test": ("then", "else"),
        }.get(op, ())
        self.known(value, (op, *allowed))
        inner, at = value[op], value.lines[op]
        for key in ("const", "then", "else", "default", "sep"):
            if isinstance(value.get(key), (Map, Seq)):
                raise self.source.fail(value.lines[key], f"{key} must be one value")
        if op == "const":
            return Expression(op, (inner,), {}, line)
        if op == "test":
            return Expression(op, self.conditions(inner, at), dict(value), line)
        if op in {"column", "map"}:
            options = dict(value)
            if op == "map" and not isinstance(value.get("to"), Map):
                raise self.source.fail(at, "map needs to: with one line a word")
            if any(isinstance(word, (Map, Seq)) for word in options.get("to", {}).values()):
                raise self.source.fail(value.lines["to"], "to: gives each word one value")
            if options.get("as") not in [None, "text", "money", "date", "number", "share"]:
                raise self.source.fail(
                    value.lines["as"], "as must be text, money, date, number or share"
                )
            when = self.conditions(options.pop("when", None), value.lines.get("when", line))
            return Expression(op, (self.need(inner, at),), options, line, when)
        if not isinstance(inner, Seq) or not inner:
            raise self.source.fail(at, f"{op} needs a list")
        args = tuple(self.expression(v, n) for v, n in zip(inner, inner.lines, strict=True))
        return Expression(op, args, dict(value), line)

    def expressions(self, found: Map, keys: Iterable[str]) -> dict[str, Expression]:
        return {
            key: self.expression(found[key], found.lines[key])
            for key in keys
            if found.get(key) is not None
        }

    def conditions(self, value: Any, line: int) -> tuple[Condition, ...]:
        if value is None:
            return ()
        blocks = (
            list(zip(value, value.lines, strict=True))
            if isinstance(value, Seq)
            else [(value, line)]
        )
        return tuple(self.condition(block, at) for block, at in blocks)

    def condition(self, block: Any, line: int) -> Condition:
        if not isinstance(block, Map) or "column" not in block:
            raise self.source.fail(line, "a condition has column: and one test")
        self.known(block, ("column", *_TESTS))
        tests = [test for test in _TESTS if test in block]
        if len(tests) != 1:
            raise self.source.fail(line, f"a condition has one of {', '.join(_TESTS)}")
        test = tests[0]
        column = self.need(block["column"], block.lines["column"])
        value: Any
        if test in {"in", "not_in"}:
            value = frozenset(plain(word) for word in self.texts(block, test))
        elif test == "matches":
            try:
                value = compiled(self.text(block, test) or "")
            except ValueError as error:
                raise self.source.fail(block.lines[test], str(error)) from None
        else:
            value = self.truth(block, test)
        return Condition(column, test, value, line)


def near(word: str, names: list[str]) -> str:
    close = difflib.get_close_matches(word, names, 1, 0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(names[:12])}"
