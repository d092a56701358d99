"""Loads a mapping and checks it against the model; every error names file, line and reason."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, Final

from graph.errors import BadFile
from graph.model import ENTITIES, LISTING, LISTING_FIELDS, RELATIONS
from ingest.mapping.model import (
    Column,
    Condition,
    EntityRule,
    Expression,
    Identity,
    Mapping,
    RelationRule,
    Table,
)
from ingest.mapping.source import Map, Seq, Source
from ingest.mapping.words import plain, words

_SHIPPED: Final = Path(__file__).parent / "shipped"
_TESTS: Final = ("in", "not_in", "matches", "present", "nonzero")
_ENDS: Final = ("from", "to", "subject")
_OWN: Final = ("at", "amount", "valid_from", "decided_on")  # a relation's fields for its id
_INTERVAL: Final = ("valid_from", "valid_to")
_TOP: Final = (
    "version", "name", "title", "dataset", "table", "columns", "skip", "entities", "relations",
    "listings", "expect",
)  # fmt: skip


def shipped() -> dict[str, Path]:
    """The mappings that come with the program, by name."""
    return {path.stem: path for path in sorted(_SHIPPED.glob("*.yaml"))}


def load_mapping(name_or_path: str | Path) -> Mapping:
    """A shipped mapping by its name, or the mapping in a file; raises BadFile."""
    path = shipped().get(str(name_or_path), Path(name_or_path))
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        known = ", ".join(shipped())
        raise BadFile(f"{path}: {error.strerror}; shipped mappings: {known}") from None
    except UnicodeDecodeError as error:
        raise BadFile(f"{path}:1: a mapping is UTF-8 text ({error.reason})") from None
    return parse_mapping(text, str(path), path.stem)


@cache
def shipped_mapping(name: str) -> Mapping:
    """A shipped mapping, loaded once."""
    return load_mapping(name)


def parse_mapping(text: str, source: str = "mapping.yaml", name: str = "mapping") -> Mapping:
    """A mapping from its text; `source` stands in messages."""
    return _Loader(Source(source, text), name).load()


class _Loader:
    def __init__(self, source: Source, name: str) -> None:
        self.source, self.name = source, name
        self.top = source.parse()
        self.columns: dict[str, Column] = {}
        self.entities: dict[str, EntityRule] = {}

    def load(self) -> Mapping:
        top = self.top
        self.known(top, _TOP)
        if top.get("version") != "1":
            raise self.source.fail(top.lines.get("version", top.line), "version must be 1")
        for label, body in self.map_of(top, "columns").items():
            self.columns[label] = self.column(label, body, top["columns"].lines[label])
        names = self.map_of(top, "entities")
        for label in names:
            self.entities[label] = self.entity(label, names)
        if not self.entities:
            raise self.source.fail(top.line, "no entities")
        relations = [self.relation(r, line) for r, line in self.items(top, "relations")]
        relations += [self.relation(r, line, LISTING) for r, line in self.items(top, "listings")]
        skip = tuple((self.condition(c, line),) for c, line in self.items(top, "skip"))
        name = self.text(top, "name") or self.name
        return Mapping(
            name=name,
            dataset=self.text(top, "dataset") or name,
            title=self.text(top, "title") or name,
            table=self.table(self.map_of(top, "table")),
            columns=self.columns,
            skip=skip,
            entities=self.entities,
            relations=tuple(relations),
            expect=self.expect(relations),
            digest=hashlib.sha256(self.source.text.encode()).hexdigest(),
        )

    # helpers over the parsed YAML

    def known(self, found: Map, allowed: Iterable[str]) -> None:
        """Refuses keys that mean nothing here, with the nearest one that does."""
        names = list(allowed)
        for key in found:
            if key not in names:
                raise self.source.fail(found.lines[key], f"unknown key {key!r}{_near(key, names)}")

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

    # parts of a mapping

    def table(self, found: Map) -> Table:
        self.known(found, ("header", "sheet", "delimiter", "encoding"))
        header = self.text(found, "header")
        if header not in {None, "auto"} and not (header.isdigit() and int(header) > 0):
            raise self.source.fail(found.lines["header"], "header must be auto or a row's number")
        delimiter = self.text(found, "delimiter")
        if delimiter not in {None, "auto", ",", ";", "\t", "|", "tab"}:
            raise self.source.fail(found.lines["delimiter"], "delimiter must be , ; | or tab")
        return Table(
            header=int(header) if header and header != "auto" else None,
            sheet=self.text(found, "sheet"),
            delimiter=None if delimiter == "auto" else "\t" if delimiter == "tab" else delimiter,
            encoding=None if found.get("encoding") == "auto" else self.text(found, "encoding"),
        )

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
                except InvalidOperation:
                    names = [*words().units, "percent", "fraction", "auto"]
                    raise self.source.fail(
                        body.lines["unit"], f"unknown unit {given!r}{_near(given, names)}"
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
            "column": ("as",),
            "test": ("then", "else"),
        }.get(op, ())
        self.known(value, (op, *allowed))
        inner, at = value[op], value.lines[op]
        if op == "const":
            if isinstance(inner, (Map, Seq)):
                raise self.source.fail(at, "const must be one value")
            return Expression(op, (inner,), {}, line)
        if op == "test":
            return Expression(op, self.conditions(inner, at), dict(value), line)
        if op in {"column", "map"}:
            options = dict(value)
            if op == "map" and not isinstance(value.get("to"), Map):
                raise self.source.fail(at, "map needs to: with one line a word")
            if options.get("as") not in {None, "text", "money", "date", "number", "share"}:
                raise self.source.fail(
                    value.lines["as"], "as must be text, money, date, number or share"
                )
            return Expression(op, (self.need(inner, at),), options, line)
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
                value = re.compile(self.text(block, test) or "")
            except re.error as error:
                raise self.source.fail(block.lines[test], f"not a pattern: {error}") from None
        else:
            value = self.truth(block, test)
        return Condition(column, test, value, line)

    def identity(self, found: Map, *, entity: bool) -> Identity | None:
        value = found.get("id")
        if value is None:
            return Identity("key", (), found.line) if entity else None
        line = found.lines["id"]
        how = "parts"
        if isinstance(value, str) and entity and value in {"key", "key+name"}:
            return Identity(value, (), line)
        if isinstance(value, Map):
            self.known(value, ("plain",))
            how, value = "plain", value.get("plain")
        parts = value if isinstance(value, Seq) else [value]
        made: list[Any] = []
        for part in parts:
            # A relation's id may name an entity of the mapping, or one of its own fields.
            if isinstance(part, str) and (
                part in self.entities or (not entity and part in {*_ENDS, *_OWN})
            ):
                made.append(part)
            else:
                made.append(self.expression(part, line))
        return Identity(how, tuple(made), line)

    def otherwise(self, found: Map) -> tuple[str | Expression, ...]:
        """What identifies a record that has no key."""
        line = found.lines.get("otherwise", found.line)
        return tuple(
            part if part in self.entities else self.expression(part, line)
            for part in self.texts(found, "otherwise")
        )

    def entity(self, label: str, names: Map) -> EntityRule:
        line = names.lines[label]
        body = names[label]
        if not isinstance(body, Map):
            raise self.source.fail(line, f"entity {label!r} must hold key: value lines")
        self.known(body, (
            "kind", "type", "keys", "name", "text", "attrs", "id", "mention", "otherwise", "when",
            "optional", *_INTERVAL,
        ))  # fmt: skip
        kind = self.text(body, "kind")
        if kind not in ENTITIES and kind != "auto":
            raise self.source.fail(
                body.lines.get("kind", line),
                f"entity {label!r}: unknown kind {kind!r}{_near(kind or '', [*ENTITIES, 'auto'])}",
            )
        keys = self.map_of(body, "keys")
        allowed = ("uscc", "resident_id") if kind == "auto" else ENTITIES[str(kind)].keys
        for key in keys:
            if key not in allowed:
                raise self.source.fail(
                    keys.lines[key], f"a {kind} has no key {key!r} ({', '.join(allowed) or 'none'})"
                )
        attrs = self.map_of(body, "attrs")
        identity = self.identity(body, entity=True)
        assert identity is not None
        return EntityRule(
            label=label,
            kind=None if kind == "auto" else kind,
            identity=identity,
            keys=self.expressions(keys, keys),
            fields=self.expressions(body, ("name", "text", *_INTERVAL)),
            attrs=self.expressions(attrs, attrs),
            type_column=None
            if not body.get("type")
            else self.need(body["type"], body.lines["type"]),
            mention=tuple(
                m if m in self.entities else self.need(m, body.lines["mention"])
                for m in self.texts(body, "mention")
            ),
            otherwise=self.otherwise(body),
            when=self.conditions(body.get("when"), body.lines.get("when", line)),
            optional=self.truth(body, "optional"),
            line=line,
        )

    def relation(self, body: Map, line: int, kind: str | None = None) -> RelationRule:
        ends: tuple[str, ...] = ("subject",) if kind else ("from", "to")
        found = kind or self.text(body, "kind")
        if found not in RELATIONS and found != LISTING:
            raise self.source.fail(
                body.lines.get("kind", line),
                f"unknown relation kind {found!r}{_near(found or '', list(RELATIONS))}",
            )
        fields = list(LISTING_FIELDS if kind else RELATIONS[found].fields)
        common = ("kind", "id", "repeats", "negative", "attrs", "when", "optional", *_INTERVAL)
        self.known(body, (*ends, *common, *fields))
        labels: dict[str, str] = {}
        for end in ends:
            label = self.text(body, end)
            if label not in self.entities:
                raise self.source.fail(
                    body.lines.get(end, line),
                    f"{found}: {end} must name an entity{_near(label or '', list(self.entities))}",
                )
            labels[end] = label
            self.fits(found, end, self.entities[label], body.lines[end])
        repeats = self.text(body, "repeats")
        if repeats is not None and repeats not in {*labels.values(), "row"}:
            raise self.source.fail(body.lines["repeats"], "repeats must be row or one of the ends")
        negative = self.text(body, "negative")
        if negative not in {None, "flip", "red"}:
            raise self.source.fail(body.lines["negative"], "negative must be flip or red")
        if kind and "list" not in body:
            raise self.source.fail(line, "a listing needs list:")
        if not kind and RELATIONS[found].event and "at" not in body:
            raise self.source.fail(line, f"a {found} is an event and needs at:")
        attrs = self.map_of(body, "attrs")
        return RelationRule(
            kind=found,
            ends=labels,
            fields=self.expressions(body, [*fields, *_INTERVAL]),
            attrs=self.expressions(attrs, attrs),
            identity=self.identity(body, entity=False),
            repeats=repeats,
            negative=negative,
            when=self.conditions(body.get("when"), body.lines.get("when", line)),
            optional=self.truth(body, "optional"),
            line=line,
        )

    def fits(self, kind: str, end: str, entity: EntityRule, line: int) -> None:
        """Refuses an end that the model does not allow."""
        if kind == LISTING or entity.kind is None:
            return
        relation = RELATIONS[kind]
        allowed = relation.sources if end == "from" else relation.targets
        if entity.kind not in allowed:
            raise self.source.fail(
                line, f"{kind}: {end} is a {entity.kind}, must be {' or '.join(allowed)}"
            )

    def expect(self, relations: list[RelationRule]) -> tuple[str, ...]:
        wanted = self.texts(self.top, "expect")
        kinds = {r.kind for r in relations}
        for kind in wanted:
            if kind not in kinds:
                raise self.source.fail(
                    self.top.lines["expect"], f"no relation of kind {kind!r} is made here"
                )
        return wanted


def _near(word: str, names: list[str]) -> str:
    close = difflib.get_close_matches(word, names, 1)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(names[:12])}"
