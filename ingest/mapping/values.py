"""Expressions and conditions of a mapping, bound to the columns of one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

from graph.errors import BadFact
from graph.model import FieldType
from ingest.mapping import cells
from ingest.mapping.header import Header
from ingest.mapping.model import Condition, Expression, Mapping
from ingest.mapping.patterns import LOOKED_AT
from ingest.mapping.words import plain, words

Row = Sequence[Any]
Value = Callable[[Row], Any]
_SUMMED: Final = frozenset({"money", "number", "share", "plain"})  # others are texts of a number
_JOINED: Final = 1 << 20  # characters: a mapping may name a column over and over
_ONE: Final = Decimal(1)
_AS: Final[dict[str, str]] = {"date": "time", "number": "plain"}


class Binder:
    """Makes functions of a row from a mapping's expressions.

    `percents` are the share columns whose plain numbers are percentages.
    """

    def __init__(self, mapping: Mapping, header: Header, percents: frozenset[str]) -> None:
        self.mapping, self.header = mapping, header
        self.percents = percents

    def cell(self, label: str, read: Callable[[Any], Any] = cells.text) -> Value:
        """The cell of a column, read; errors carry the column's header. Absent columns are None."""
        at = self.header.columns.get(label)
        if at is None:
            return nothing
        shown = self.header.names[at] or label

        def value(row: Row) -> Any:
            found = row[at]
            if found is None or found == "":
                return None
            try:
                return read(found)
            except BadFact as error:
                raise BadFact(error.reason, shown) from None

        return value

    def value(self, found: Expression, sort: FieldType | str) -> Value:
        """A function of a row for an expression, read as the sort of field it is for.

        Money gives (decimal text, currency or None); everything else native values.
        """
        sort = _AS.get(found.options.get("as", ""), found.options.get("as", sort))
        if found.op == "column":
            cell = self.cell(found.args[0], self.reader(found.args[0], sort))
            holds = self.holds(found.when)
            return cell if holds is None else lambda row: cell(row) if holds(row) else None
        if found.op == "const":
            return self._constant(found.args[0], sort)
        if found.op == "map":
            return self._map(found)
        if found.op == "test":
            return self._test(found)
        if found.op == "sum" and sort not in _SUMMED:
            sort = "plain"
        inner = [self.value(arg, "text" if found.op == "join" else sort) for arg in found.args]
        if found.op == "join":
            return self._join(inner, str(found.options.get("sep", " ")), sort)
        if found.op == "first":
            return lambda row: next((v for one in inner if (v := one(row)) is not None), None)
        return lambda row: _total([one(row) for one in inner], sort)

    def reader(self, label: str, sort: FieldType | str) -> Callable[[Any], Any]:
        """How the cells of a column are read for a sort of field."""
        if sort == "time":
            return cells.moment
        if sort == "share":
            percent = label in self.percents
            return lambda cell: cells.share(cell, percent)
        if sort == "money":
            column = self.mapping.columns[label]
            unit = self.header.units.get(label) or column.unit or _ONE
            return lambda cell: cells.money(cell, unit, None)
        if sort == "number":
            return cells.seconds
        if sort == "plain":
            return cells.number
        if sort == "currency":
            return _currency
        return cells.key if sort == "key" else cells.text

    def holds(self, conditions: tuple[Condition, ...]) -> Callable[[Row], bool] | None:
        """Whether all conditions hold of a row; None where there are none."""
        if not conditions:
            return None
        tests = [self._condition(condition) for condition in conditions]
        return lambda row: all(test(row) for test in tests)

    def never(self, conditions: tuple[Condition, ...]) -> bool:
        """Whether conditions on columns that the table lacks can hold of no row."""
        lacking = tuple(c for c in conditions if c.column not in self.header.columns)
        holds = self.holds(lacking)
        return holds is not None and not holds(())

    def knows(self, found: Iterable[Any]) -> bool:
        """Whether the table has a column of any of these expressions."""
        return any(
            isinstance(one, Expression)
            and (
                one.op == "const"
                or (one.op in {"column", "map"} and one.args[0] in self.header.columns)
                or (one.op in {"join", "first", "sum"} and self.knows(one.args))
            )
            for one in found
        )

    def _condition(self, condition: Condition) -> Callable[[Row], bool]:
        cell, value = self.cell(condition.column), condition.value
        if condition.test == "in":
            return lambda row: plain(cell(row) or "") in value
        if condition.test == "not_in":
            return lambda row: plain(cell(row) or "") not in value
        if condition.test == "matches":
            return lambda row: value.search((cell(row) or "")[:LOOKED_AT]) is not None
        if condition.test == "present":
            return lambda row: (cell(row) is not None) == value
        number = self.cell(condition.column, lambda c: cells.money(c, _ONE, None))
        return lambda row: ((n := number(row)) is not None and Decimal(n[0]) != 0) == value

    @staticmethod
    def _constant(constant: Any, sort: FieldType | str) -> Value:
        made = (str(constant), None) if sort == "money" else constant
        return lambda row: made  # noqa: ARG005

    def _map(self, found: Expression) -> Value:
        cell = self.cell(found.args[0])
        to = {plain(str(word)): value for word, value in found.options["to"].items()}
        default = found.options.get("default")

        def value(row: Row) -> Any:
            text = cell(row)
            return to.get(plain(text), default) if text is not None else default

        return value

    def _test(self, found: Expression) -> Value:
        holds = self.holds(found.args)
        assert holds is not None
        then, otherwise = found.options.get("then", True), found.options.get("else")
        return lambda row: then if holds(row) else otherwise

    @staticmethod
    def _join(inner: list[Value], sep: str, sort: FieldType | str) -> Value:
        def value(row: Row) -> Any:
            texts = [v for one in inner if (v := one(row)) is not None]
            if not texts:
                return None
            if sort == "time":
                return cells.moment_of(texts)
            if sum(map(len, texts)) + len(sep) * len(texts) > _JOINED:
                raise BadFact(f"joined it has more than {_JOINED} characters")
            return sep.join(texts)

        return value


def judge_percents(mapping: Mapping, header: Header, sample: Sequence[Row]) -> frozenset[str]:
    """The columns whose numbers without % are percentages.

    As the mapping or the header says; else a column with a number above 1 in the sample is in
    percent, and one that stays within 0..1 holds fractions.
    """
    found = set(header.percents)
    for label, at in header.columns.items():
        percent = mapping.columns[label].percent
        if percent is None and label not in found:
            percent = any(_above_one(row[at]) for row in sample if at < len(row))
        if percent:
            found.add(label)
        elif percent is False:
            found.discard(label)
    return frozenset(found)


def _above_one(cell: Any) -> bool:
    text = cells.text(cell)
    if text is None or text[-1] in "%％":
        return False
    try:
        return float(text) > 1
    except ValueError:
        return False


def nothing(row: Row) -> None:  # noqa: ARG001
    """The value of a column that the table lacks."""
    return


def _currency(cell: Any) -> str | None:
    text = cells.text(cell)
    return None if text is None else words().currencies.get(plain(text), text.upper())


def _total(found: list[Any], sort: FieldType | str) -> Any:
    values = [value for value in found if value is not None]
    if not values:
        return None
    if sort == "money":
        total = sum((Decimal(text) for text, _ in values), Decimal(0))
        return format(total, "f"), next((c for _, c in values if c), None)
    return format(sum((Decimal(value) for value in values), Decimal(0)), "f")
