"""One row of a table as facts, by a mapping bound to the table's header."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import orjson

from graph.errors import BadFact
from graph.keys import clean
from graph.model import ENTITIES, LISTING, LISTING_FIELDS, RELATIONS
from ingest.mapping import cells
from ingest.mapping.header import Header
from ingest.mapping.model import EntityRule, Mapping, RelationRule
from ingest.mapping.parties import party_kind
from ingest.mapping.values import Binder, Row, Value
from ingest.mapping.words import plain
from ingest.repeats import Repeats

_RECENT: Final = 200_000  # facts remembered so that an entity of many rows is told once


class Made(NamedTuple):
    """An entity of one row: its fact, how a relation refers to it, the parts that identify it."""

    fact: dict[str, Any]
    reference: Any
    parts: tuple[str, ...]


class RowFacts:
    """Makes the facts of rows. `percents` as judged by `ingest.mapping.values.judge_percents`."""

    def __init__(
        self, mapping: Mapping, header: Header, percents: frozenset[str], repeats: Repeats
    ) -> None:
        self.mapping = mapping
        self.repeats = repeats
        self.width = len(header.names)
        bind = Binder(mapping, header, percents)
        self.skips = [test for s in mapping.skip if (test := bind.holds(s)) is not None]
        self.splits = [
            (header.columns[label], re.compile(f"[{re.escape(column.split)}]"))
            for label, column in mapping.columns.items()
            if column.split and label in header.columns
        ]
        self.entities = {
            label: _Entity(rule, bind, self) for label, rule in mapping.entities.items()
        }
        self.relations = [_Relation(rule, bind, self) for rule in mapping.relations]
        self.recent: set[int] = set()

    def facts(self, row: Row) -> list[dict[str, Any]]:
        """The facts of one row, without sources; empty where a skip rule fits.

        Raises BadFact where the row gives not all that the mapping expects of it: then the row
        gives nothing.
        """
        if any(skip(row) for skip in self.skips):
            return []
        found: list[dict[str, Any]] = []
        for part in self._parts(row) if self.splits else (row,):
            found += self._facts(part)
        return [fact for fact in found if self._new(fact)]

    def _facts(self, row: Row) -> list[dict[str, Any]]:
        entities: dict[str, Made | None] = {}
        for label, entity in self.entities.items():
            entities[label] = entity.make(row, entities)
        relations = [fact for rule in self.relations if (fact := rule.make(row, entities))]
        kinds = {fact["kind"] for fact in relations}
        for kind in self.mapping.expect:
            if kind not in kinds:
                raise BadFact(f"gives no {kind}")
        return [made.fact for made in entities.values() if made] + relations

    def _parts(self, row: Row) -> Iterator[Row]:
        """The row once for each value of its columns that hold several, read in parallel."""
        lists = {}
        for at, parting in self.splits:
            text = cells.text(row[at])
            lists[at] = [p for p in parting.split(text) if p.strip()] if text else []
        most = max(len(values) for values in lists.values())
        for values in lists.values():
            if len(values) not in {0, 1, most}:
                raise BadFact(f"{len(values)} values beside {most} in another column")
        for n in range(max(most, 1)):
            part = list(row)
            for at, values in lists.items():
                part[at] = None if not values else values[n if len(values) == most else 0]
            yield part

    def _new(self, fact: dict[str, Any]) -> bool:
        """False for an entity or state that was just told with the same content."""
        kind = fact["kind"]
        if kind == LISTING or (kind in RELATIONS and RELATIONS[kind].event):
            return True
        said = hash(orjson.dumps(fact))
        if said in self.recent:
            return False
        if len(self.recent) >= _RECENT:
            self.recent.clear()
        self.recent.add(said)
        return True


def _values(bind: Binder, found: dict[str, Any], sorts: dict[str, Any]) -> dict[str, Value]:
    return {name: bind.value(e, sorts.get(name, "text")) for name, e in found.items()}


def _attr(value: Any) -> Any:
    if isinstance(value, tuple):  # money among attributes
        return value[0] if value[1] in {None, "CNY"} else f"{value[0]} {value[1]}"
    return value


def _parts(bind: Binder, found: tuple[Any, ...]) -> list[str | Value]:
    return [part if isinstance(part, str) else bind.value(part, "key") for part in found]


def _given(parts: list[str | Value], row: Row, entities: dict[str, Made | None]) -> list[str]:
    """The parts of an id; empty where no column among them says anything."""
    found: list[str] = []
    told = False
    for part in parts:
        if isinstance(part, str):
            made = entities.get(part)
            found += made.parts if made else ("",)
        else:
            value = part(row)
            told = told or value is not None
            found.append(value or "")
    return found if told else []


class _Entity:
    def __init__(self, rule: EntityRule, bind: Binder, rows: RowFacts) -> None:
        self.rule, self.rows = rule, rows
        self.when = bind.holds(rule.when)
        self.keys = _values(bind, rule.keys, dict.fromkeys(rule.keys, "key"))
        self.fields = _values(bind, rule.fields, {"valid_from": "time", "valid_to": "time"})
        self.attrs = _values(bind, rule.attrs, {})
        self.sort = bind.cell(rule.type_column) if rule.type_column else None
        self.parts = _parts(bind, rule.identity.parts)
        self.otherwise = _parts(bind, rule.otherwise)
        self.mention: list[str | Value] = [
            m if m in bind.mapping.entities else bind.cell(m) for m in rule.mention
        ]

    def make(self, row: Row, others: dict[str, Made | None]) -> Made | None:
        """The entity of a row; None where it is absent and may be, or its condition fails."""
        if self.when is not None and not self.when(row):
            return None
        fields = {name: v for name, value in self.fields.items() if (v := value(row)) is not None}
        keys = {name: v for name, value in self.keys.items() if (v := value(row)) is not None}
        given = _given(self.parts, row, others)
        spare = _given(self.otherwise, row, others)
        if not keys and not given and not spare and not fields.keys() & {"name", "text"}:
            if self.rule.optional:
                return None
            raise BadFact(f"no {self.rule.label}: neither a key nor a name", self._column())
        kind = self.rule.kind
        if kind is None:
            number = next(iter(keys.values()), None)
            kind = party_kind(self.sort(row) if self.sort else None, number, fields.get("name"))
        keys = {name: v for name, v in keys.items() if name in ENTITIES[kind].keys}
        attrs = {n: _attr(v) for n, value in self.attrs.items() if (v := value(row)) is not None}
        ident, reference, parts = self._identity(kind, keys, fields, given or spare, row, others)
        fact: dict[str, Any] = {"kind": kind, "id": ident, **fields}
        if keys:
            fact["keys"] = keys
        if attrs:
            fact["attrs"] = attrs
        return Made(fact, reference, parts)

    def _column(self) -> str | None:
        source = self.rule.keys or self.rule.fields
        first = next(iter(source.values()), None)
        return str(first.args[0]) if first is not None and first.op == "column" else None

    def _identity(
        self,
        kind: str,
        keys: dict[str, str],
        fields: dict[str, Any],
        given: list[str],
        row: Row,
        others: dict[str, Made | None],
    ) -> tuple[Any, Any, tuple[str, ...]]:
        how = self.rule.identity.how
        if given and how in {"key", "key+name"} and not keys:
            how = "parts"
        if how == "plain" and given:
            ident = "-".join(given)
            return ident, ident, (ident,)
        parts: list[str] = []
        if how == "parts" and given:
            parts = [self.rule.label, *(clean(part) for part in given)]
        elif keys:
            name = fields.get("name")
            if how != "key+name" or name is None:
                found = next(iter(sorted(keys.items())))
                return None, {"kind": kind, "keys": keys}, (clean(found[1]),)
            parts = [clean(next(iter(keys.values()))), plain(name)]
        elif kind == "address" and "text" in fields:
            parts = [plain(fields["text"])]
        else:
            parts = self._mentioned(fields, row, others)
        return parts, {"kind": kind, "id": parts}, tuple(parts)

    def _mentioned(
        self, fields: dict[str, Any], row: Row, others: dict[str, Made | None]
    ) -> list[str]:
        """What tells this mention from others: its context and name, or the whole row.

        The second of equal mentions in one file gets a number: equal names join nobody.
        """
        if not self.mention:
            return ["mention", self.rule.label, *(cells.text(cell) or "" for cell in row)]
        parts = ["mention", self.rule.label]
        for context in self.mention:
            if isinstance(context, str):
                made = others.get(context)
                parts += made.parts if made else ("",)
            else:
                parts.append(context(row) or "")
        parts.append(plain(fields.get("name", "")))
        nth = self.rows.repeats.count("\x1f".join(parts))
        return parts if nth == 1 else [*parts, str(nth)]


class _Relation:
    def __init__(self, rule: RelationRule, bind: Binder, rows: RowFacts) -> None:
        self.rule, self.rows = rule, rows
        self.listing = rule.kind == LISTING
        sorts: dict[str, Any] = dict(
            LISTING_FIELDS if self.listing else RELATIONS[rule.kind].fields
        )
        self.money = frozenset(name for name, sort in sorts.items() if sort == "money")
        self.named = "currency" in sorts
        sorts |= {"valid_from": "time", "valid_to": "time", "currency": "currency"}
        self.event = not self.listing and RELATIONS[rule.kind].event
        self.when = bind.holds(rule.when)
        self.fields = _values(bind, rule.fields, sorts)
        self.attrs = _values(bind, rule.attrs, {})
        self.identity = _parts(bind, rule.identity.parts if rule.identity else ())
        self.plain = rule.identity is not None and rule.identity.how == "plain"

    def make(self, row: Row, entities: dict[str, Made | None]) -> dict[str, Any] | None:
        """The relation or listing of a row; None where a condition or an optional end lacks."""
        if self.when is not None and not self.when(row):
            return None
        ends: dict[str, Made] = {}
        for end, label in self.rule.ends.items():
            made = entities[label]
            if made is None:
                return None
            ends[end] = made
        fact: dict[str, Any] = {"kind": self.rule.kind, "id": None}
        attrs = {n: _attr(v) for n, value in self.attrs.items() if (v := value(row)) is not None}
        for name, value in self.fields.items():
            found = value(row)
            if found is None:
                continue
            if name in self.money:
                fact[name], currency = found
                if currency and self.named and currency != "CNY":
                    fact.setdefault("currency", currency)
            else:
                fact[name] = found
        if fact.get("currency") == "CNY":  # the default: said or not, the content is the same
            del fact["currency"]
        if self.event and "at" not in fact:
            raise BadFact("missing", self._column("at"))
        if "amount" in self.fields and "amount" not in fact and self.event:
            raise BadFact("missing", self._column("amount"))
        if self.rule.negative and str(fact.get("amount", "")).startswith("-"):
            if self.rule.negative == "flip":
                fact["amount"] = fact["amount"][1:]
                ends = {"from": ends["to"], "to": ends["from"]}
                attrs["reversal"] = True
            elif fact.get("status") != "void":
                fact["status"] = "red"
        fact["id"] = self._id(fact, ends, row, entities)
        for end, made in ends.items():
            fact[end] = made.reference
        if attrs:
            fact["attrs"] = attrs
        return fact

    def _column(self, field: str) -> str:
        expression = self.rule.fields[field]
        while expression.op in {"first", "sum", "join"}:
            expression = expression.args[0]
        return str(expression.args[0])

    def _id(
        self,
        fact: dict[str, Any],
        ends: dict[str, Made],
        row: Row,
        entities: dict[str, Made | None],
    ) -> str | list[str]:
        parts: list[str] = []
        if self.identity:
            for part in self.identity:
                if not isinstance(part, str):
                    parts.append(part(row) or "")
                elif part in ends:
                    parts += ends[part].parts
                elif part in entities:
                    other = entities[part]
                    parts += other.parts if other else ("",)
                else:
                    parts.append(str(fact.get(part, "")))
        else:
            for made in ends.values():
                parts += made.parts
            parts += [
                str(fact[n])
                for n in ("at", "valid_from", "decided_on", "role", "number", "list")
                if n in fact
            ]
        if not any(parts):
            raise BadFact("nothing to make an id from")
        nth = 1
        if self.rule.repeats:
            side = entities.get(self.rule.repeats)
            mark = "\x1f".join(side.parts) if side else "row"
            nth = self.rows.repeats.count("\x1f".join([self.rule.kind, mark, "", *parts]))
        if nth > 1:
            parts.append(str(nth))
        return "-".join(p for p in parts if p) if self.plain else parts


Make = Callable[[Row], list[dict[str, Any]]]
