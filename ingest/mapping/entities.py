"""The entities that a row of a table gives, and how relations refer to them."""

from __future__ import annotations

from typing import Any, NamedTuple

from graph.errors import BadFact
from graph.keys import clean
from graph.model import ENTITIES
from ingest.mapping import cells
from ingest.mapping.model import EntityRule
from ingest.mapping.parties import party_kind
from ingest.mapping.values import Binder, Row, Value, nothing
from ingest.mapping.words import plain
from ingest.repeats import Repeats


class Made(NamedTuple):
    """An entity of one row: its fact, how a relation refers to it, the parts that identify it."""

    fact: dict[str, Any]
    reference: Any
    parts: tuple[str, ...]


def bound_values(bind: Binder, found: dict[str, Any], sorts: dict[str, Any]) -> dict[str, Value]:
    """Functions of a row for expressions by name; those of columns that are absent are left out."""
    made = {name: bind.value(e, sorts.get(name, "text")) for name, e in found.items()}
    return {name: value for name, value in made.items() if value is not nothing}


def attribute(value: Any) -> Any:
    if isinstance(value, tuple):  # money among attributes
        return value[0] if value[1] in {None, "CNY"} else f"{value[0]} {value[1]}"
    return value


def possible(rule: EntityRule, bind: Binder) -> bool:
    """Whether a table has any column that could tell an entity."""
    told = [*rule.keys.values(), *rule.identity.parts, *rule.otherwise]
    told += [rule.fields[name] for name in ("name", "text") if name in rule.fields]
    return not bind.never(rule.when) and bind.knows(told)


def bound_parts(bind: Binder, found: tuple[Any, ...]) -> list[str | Value]:
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


class Entity:
    """An entity rule bound to a table's columns."""

    def __init__(self, rule: EntityRule, bind: Binder, repeats: Repeats) -> None:
        self.rule, self.repeats = rule, repeats
        self.when = bind.holds(rule.when)
        self.keys = bound_values(bind, rule.keys, dict.fromkeys(rule.keys, "key"))
        self.fields = bound_values(bind, rule.fields, {"valid_from": "time", "valid_to": "time"})
        self.attrs = bound_values(bind, rule.attrs, {})
        self.sort = bind.cell(rule.type_column) if rule.type_column else None
        self.parts = bound_parts(bind, rule.identity.parts)
        self.otherwise = bound_parts(bind, rule.otherwise)
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
        attrs = {
            n: attribute(v) for n, value in self.attrs.items() if (v := value(row)) is not None
        }
        ident, reference, parts = self._identity(
            row, others, kind=kind, keys=keys, fields=fields, given=given or spare
        )
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
        row: Row,
        others: dict[str, Made | None],
        *,
        kind: str,
        keys: dict[str, str],
        fields: dict[str, Any],
        given: list[str],
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

        The second of equal mentions in one file gets a number: equal names join nobody. Only a
        row that is repeated whole is the same mention.
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
        whole = "\x1f".join(cells.text(cell) or "" for cell in row)
        nth = self.repeats.nth("\x1f".join(parts), whole)
        return parts if nth == 1 else [*parts, str(nth)]
