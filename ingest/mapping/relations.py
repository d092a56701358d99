"""The relations and listings that a row of a table gives."""

from __future__ import annotations

from typing import Any, Final

from graph.errors import BadFact
from graph.model import LISTING, LISTING_FIELDS, RELATIONS
from ingest.mapping.entities import Made, attribute, bound_parts, bound_values
from ingest.mapping.model import RelationRule
from ingest.mapping.values import Binder, Row
from ingest.repeats import Repeats

_DISTINCT: Final = ("at", "valid_from", "decided_on", "role", "number", "list")


class Relation:
    """A relation or listing rule bound to a table's columns."""

    def __init__(self, rule: RelationRule, bind: Binder, repeats: Repeats) -> None:
        self.rule, self.repeats = rule, repeats
        self.listing = rule.kind == LISTING
        sorts: dict[str, Any] = dict(
            LISTING_FIELDS if self.listing else RELATIONS[rule.kind].fields
        )
        self.money = frozenset(name for name, sort in sorts.items() if sort == "money")
        self.named = "currency" in sorts
        sorts |= {"valid_from": "time", "valid_to": "time", "currency": "currency"}
        self.event = not self.listing and RELATIONS[rule.kind].event
        self.when = bind.holds(rule.when)
        self.fields = bound_values(bind, rule.fields, sorts)
        self.attrs = bound_values(bind, rule.attrs, {})
        self.identity = bound_parts(bind, rule.identity.parts if rule.identity else ())
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
        fact = self._filled(row)
        attrs = {n: attribute(v) for n, f in self.attrs.items() if (v := f(row)) is not None}
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

    def _filled(self, row: Row) -> dict[str, Any]:
        """The fields of the relation; an event needs its moment and, if any, its amount."""
        fact: dict[str, Any] = {"kind": self.rule.kind, "id": None}
        for name, value in self.fields.items():
            found = value(row)
            if found is None:
                continue
            if name in self.money:
                fact[name], currency = found
                if currency and self.named:
                    fact.setdefault("currency", currency)
            else:
                fact[name] = found
        if fact.get("currency") == "CNY":  # the default: said or not, the content is the same
            del fact["currency"]
        if self.event:
            for name in ("at", "amount"):
                if name in self.fields and name not in fact:
                    raise BadFact("missing", self._column(name))
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
            parts += [str(fact[name]) for name in _DISTINCT if name in fact]
        if not any(parts):
            raise BadFact("nothing to make an id from")
        nth = 1
        if self.rule.repeats:
            side = entities.get(self.rule.repeats)
            mark = "\x1f".join(side.parts) if side else "row"
            nth = self.repeats.count("\x1f".join([self.rule.kind, mark, "", *parts]))
        if nth > 1:
            parts.append(str(nth))
        return "-".join(p for p in parts if p) if self.plain else parts
