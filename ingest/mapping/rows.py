"""One row of a table as facts, by a mapping bound to the table's header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from graph.errors import BadFact
from graph.model import LISTING, RELATIONS
from ingest.mapping import cells
from ingest.mapping.entities import Entity, Made, possible
from ingest.mapping.header import Header
from ingest.mapping.model import Mapping
from ingest.mapping.relations import Relation
from ingest.mapping.values import Binder, Row
from ingest.repeats import Repeats

_RECENT: Final = 200_000  # facts remembered so that an entity of many rows is told once
_SPLIT: Final = 10_000  # values of one cell, each a row of its own


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
        # What the table has no columns for is not tried on every row.
        self.entities = {
            label: Entity(rule, bind, repeats)
            for label, rule in mapping.entities.items()
            if not rule.optional or possible(rule, bind)
        }
        self.relations = [
            Relation(rule, bind, repeats)
            for rule in mapping.relations
            if not bind.never(rule.when) and all(e in self.entities for e in rule.ends.values())
        ]
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
        told = [
            made.fact
            for label, made in entities.items()
            if made and not self.entities[label].rule.given
        ]
        return told + relations

    def _parts(self, row: Row) -> Iterator[Row]:
        """The row once for each value of its columns that hold several, read in parallel."""
        lists = {}
        for at, parting in self.splits:
            text = cells.text(row[at])
            lists[at] = [p for p in parting.split(text) if p.strip()] if text else []
        most = max(len(values) for values in lists.values())
        if most > _SPLIT:
            raise BadFact(f"{most} values in one cell; at most {_SPLIT}")
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
