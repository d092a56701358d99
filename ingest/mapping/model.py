"""What a mapping says, once it is loaded and checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a mapping uses: its label, other headers for it, how its cells are read."""

    label: str
    also: tuple[str, ...] = ()
    required: bool = False
    unit: Decimal | None = None  # of amounts
    percent: bool | None = None  # of shares without %; None: judged from the first rows
    split: str | None = None  # characters that part several values in one cell


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on a cell; several must all hold."""

    column: str
    test: str  # in, not_in, matches, present, nonzero
    value: Any
    line: int = 0


@dataclass(frozen=True, slots=True)
class Expression:
    """Where a value comes from.

    `op` is column, const, join, first, sum, map or test; `args` are columns' labels or inner
    expressions, `options` what else was written; a column is empty where its `when` fails.
    """

    op: str
    args: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)
    line: int = 0
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """How a record's id is made.

    `key` (its official key, else the mention), `key+name`, `parts` (keyed hash of the parts) or
    `plain` (the parts themselves, joined by a dash).
    """

    how: str
    parts: tuple[Any, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class EntityRule:
    """One entity that a row may give. `kind` is None where it is judged row by row."""

    label: str
    kind: str | None
    identity: Identity
    keys: dict[str, Expression]
    fields: dict[str, Expression]  # name, text, valid_from, valid_to
    attrs: dict[str, Expression]
    type_column: str | None = None
    mention: tuple[str, ...] = ()  # context of a mention without key, numbered where it repeats
    otherwise: tuple[Any, ...] = ()  # or the parts that identify it where it has no key
    when: tuple[Condition, ...] = ()
    optional: bool = False
    given: bool = False  # another table tells it: the row refers to it and makes no fact of it
    line: int = 0


@dataclass(frozen=True, slots=True)
class RelationRule:
    """One relation or listing that a row may give. Ends name entities of the mapping."""

    kind: str
    ends: dict[str, str]  # from/to or subject -> an entity's label
    fields: dict[str, Expression]
    attrs: dict[str, Expression]
    identity: Identity | None = None
    repeats: str | None = None  # the entity's label from whose side equal rows are counted
    negative: str | None = None  # flip the ends, or red: a red-letter invoice
    when: tuple[Condition, ...] = ()
    optional: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Where the table is in its file."""

    header: int | None = None  # 1-based row; None: found by its words
    sheet: str | None = None  # name or 1-based number; None: the first that holds the header
    delimiter: str | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked mapping. `digest` is the SHA-256 of its text, in hexadecimal."""

    name: str
    dataset: str
    title: str
    table: Table
    columns: dict[str, Column]
    skip: tuple[tuple[Condition, ...], ...]
    entities: dict[str, EntityRule]
    relations: tuple[RelationRule, ...]
    expect: tuple[str, ...]
    digest: str
