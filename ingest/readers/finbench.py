"""LDBC FinBench: snapshot folders (18 tables) and the incremental writes that follow them.

Source: The LDBC Financial Benchmark specification (arXiv:2306.15975), data of
ldbc_finbench_datagen: `|`-separated text, unquoted, one table a file, times in UTC (text in
snapshots, epoch milliseconds in increments).

Ids: FinBench numbers each table by itself, so a letter stands before the number: person 755 is
`p755`, company 423 `c423`, and `a` account, `m` medium, `l` loan. A relation is known by its
letter, its ends and its milliseconds: `t-a1-a2-1584742469312`; the second of the same ends and
moment gets `-2`. The snapshot and its increments belong into one dataset, `finbench` by default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graph.errors import BadFact, BadFile
from ingest.readers.encoding import lines, undecoded
from ingest.readers.finbench_values import Row, attributes, cell, ident, iso, millis
from ingest.readers.item import Format, Item
from ingest.repeats import Repeats

if TYPE_CHECKING:
    from ingest.mapping.model import Mapping

Facts = Iterator[dict[str, Any]]
_STEM: Final = re.compile(r"(Add|Delete|Update)?([A-Za-z]+?)(?:(?:Read)?Write\d+)?\Z")
_SAME: Final = {"account": "accountId", "accountBlocked": "isBlocked"}  # spelled twice in the data


class _Table:
    """One file: its name in facts, and what a relation's repeats were."""

    def __init__(self, dataset: str, file: str, repeats: Repeats) -> None:
        self.dataset, self.file, self.repeats = dataset, file, repeats
        self.line = 0

    def source(self) -> dict[str, str]:
        return {"dataset": self.dataset, "file": self.file, "record": f"{self.file}:{self.line}"}

    def entity(
        self, kind: str, ident: str, row: Row, name: str | None, attrs: Row
    ) -> dict[str, Any]:
        fact: dict[str, Any] = {"kind": kind, "id": ident}
        if name:
            fact["name"] = name
        fact["attrs"] = attributes(row, attrs)
        fact["valid_from"] = iso(millis(row, "createTime"))
        fact["source"] = self.source()
        return fact

    def relation(
        self,
        kind: str,
        letter: str,
        ends: tuple[str, str],
        row: Row,
        *,
        attrs: Row,
        fields: Row | None = None,
        state: bool = False,
    ) -> dict[str, Any]:
        moment = millis(row, "createTime")
        ident = f"{letter}-{ends[0]}-{ends[1]}-{moment}"
        nth = self.repeats.count(ident)
        fact: dict[str, Any] = {
            "kind": kind,
            "id": ident if nth == 1 else f"{ident}-{nth}",
            "from": ends[0],
            "to": ends[1],
        }
        for field, column in (fields or {}).items():
            fact[field] = cell(row, column)
        fact["valid_from" if state else "at"] = iso(moment)
        if found := attributes(row, attrs):
            fact["attrs"] = found
        fact["source"] = self.source()
        return fact


_PERSON = {
    "blocked": "isBlocked",
    "gender": "gender",
    "birthday": "birthday",
    "country": "country",
    "city": "city",
}
_COMPANY = {
    "blocked": "isBlocked",
    "country": "country",
    "city": "city",
    "business": "business",
    "description": "description",
    "url": "url",
}
_ACCOUNT = {
    "type": "accountType",
    "blocked": "isBlocked",
    "phone": "phonenum",
    "email": "email",
    "login": "freqLoginType",
    "last_login": "lastLoginTime",
    "level": "accountLevel",
}
_MEDIUM = {
    "type": "mediumType",
    "blocked": "isBlocked",
    "last_login": "lastLoginTime",
    "risk": "riskLevel",
}
_LOAN = {
    "amount": "loanAmount",
    "balance": "balance",
    "usage": "loanUsage",
    "interest_rate": "interestRate",
}
_NOTE = {"comment": "comment"}


def _person(t: _Table, row: Row) -> Facts:
    yield t.entity("person", ident("p", row, "personId"), row, row.get("personName"), _PERSON)


def _company(t: _Table, row: Row) -> Facts:
    yield t.entity("company", ident("c", row, "companyId"), row, row.get("companyName"), _COMPANY)


def _account(t: _Table, row: Row) -> Facts:
    yield t.entity("account", ident("a", row, "accountId"), row, row.get("nickname"), _ACCOUNT)


def _medium(t: _Table, row: Row) -> Facts:
    # A medium of type PHONE signs in as a device does and has no number, so all are devices.
    yield t.entity("device", ident("m", row, "mediumId"), row, None, _MEDIUM)


def _loan(t: _Table, row: Row) -> Facts:
    yield t.entity("loan", ident("l", row, "loanId"), row, None, _LOAN)


def _own(letter: str, column: str) -> Callable[[_Table, Row], Facts]:
    def facts(t: _Table, row: Row) -> Facts:
        if "accountType" in row:  # the increments create the account and its ownership in one row
            yield from _account(t, row)
        ends = (ident(letter, row, column), ident("a", row, "accountId"))
        yield t.relation("holds_account", "o", ends, row, attrs=_NOTE, state=True)

    return facts


def _apply(letter: str, column: str) -> Callable[[_Table, Row], Facts]:
    def facts(t: _Table, row: Row) -> Facts:
        if "balance" in row:  # likewise the loan and the application for it
            yield from _loan(t, row)
        ends = (ident(letter, row, column), ident("l", row, "loanId"))
        yield t.relation(
            "borrows",
            "b",
            ends,
            row,
            fields={"amount": "loanAmount"},
            attrs={"org": "org", **_NOTE},
        )

    return facts


def _invest(letter: str) -> Callable[[_Table, Row], Facts]:
    def facts(t: _Table, row: Row) -> Facts:
        ends = (ident(letter, row, "investorId"), ident("c", row, "companyId"))
        yield t.relation(
            "shareholder", "i", ends, row, fields={"share": "ratio"}, attrs=_NOTE, state=True
        )

    return facts


def _guarantee(letter: str) -> Callable[[_Table, Row], Facts]:
    def facts(t: _Table, row: Row) -> Facts:
        ends = (ident(letter, row, "fromId"), ident(letter, row, "toId"))
        yield t.relation(
            "guarantee", "g", ends, row, attrs={"relation": "relation", **_NOTE}, state=True
        )

    return facts


def _money(
    kind: str, letter: str, ends: tuple[tuple[str, str], tuple[str, str]], fields: Row, attrs: Row
) -> Callable[[_Table, Row], Facts]:
    def facts(t: _Table, row: Row) -> Facts:
        pair = (ident(ends[0][0], row, ends[0][1]), ident(ends[1][0], row, ends[1][1]))
        yield t.relation(
            kind, letter, pair, row, fields={"amount": "amount", **fields}, attrs=attrs
        )

    return facts


def _sign_in(t: _Table, row: Row) -> Facts:
    ends = (ident("a", row, "accountId"), ident("m", row, "mediumId"))
    yield t.relation(
        "uses_device", "s", ends, row, attrs={"location": "location", **_NOTE}, state=True
    )


def _block(letter: str, column: str) -> Callable[[_Table, Row], Facts]:
    def facts(t: _Table, row: Row) -> Facts:
        subject = ident(letter, row, column)
        moment = millis(row, "createTime")
        yield {
            "kind": "listing",
            "id": f"k-{subject}-{moment}",
            "subject": subject,
            "list": "blocked",
            "basis": t.file,
            "decided_on": iso(moment),
            "status": "active",
            "source": t.source(),
        }

    return facts


def _delete_account(t: _Table, row: Row) -> Facts:
    account = ident("a", row, "accountId")
    yield {
        "kind": "close",
        "id": account,
        "valid_to": iso(millis(row, "deleteTime")),
        "source": t.source(),
    }


_BETWEEN = (("a", "fromId"), ("a", "toId"))
_TABLES: Final[dict[str, tuple[int, Callable[[_Table, Row], Facts]]]] = {
    # order of reading (entities first, endings last) and what a row says
    "person": (0, _person),
    "company": (0, _company),
    "account": (0, _account),
    "medium": (0, _medium),
    "loan": (0, _loan),
    "personownaccount": (1, _own("p", "personId")),
    "companyownaccount": (1, _own("c", "companyId")),
    "personapplyloan": (1, _apply("p", "personId")),
    "companyapplyloan": (1, _apply("c", "companyId")),
    "personinvestcompany": (2, _invest("p")),
    "companyinvestcompany": (2, _invest("c")),
    "personguaranteeperson": (2, _guarantee("p")),
    "companyguaranteecompany": (2, _guarantee("c")),
    "loandepositaccount": (
        2,
        _money("deposit", "d", (("l", "loanId"), ("a", "accountId")), {}, _NOTE),
    ),
    "accountrepayloan": (2, _money("repay", "r", (("a", "accountId"), ("l", "loanId")), {}, _NOTE)),
    "accounttransferaccount": (
        2,
        _money(
            "transfer",
            "t",
            _BETWEEN,
            {"channel": "payType"},
            {"order": "orderNum", "goods_type": "goodsType", **_NOTE},
        ),
    ),
    "accountwithdrawaccount": (
        2,
        _money(
            "withdrawal", "w", _BETWEEN, {}, {"from_type": "fromType", "to_type": "toType", **_NOTE}
        ),
    ),
    "mediumsigninaccount": (2, _sign_in),
    "updateaccount": (3, _block("a", "accountId")),
    "updateperson": (3, _block("p", "personId")),
    "deleteaccount": (4, _delete_account),
}


def _table(path: Path) -> str | None:
    """The table a file holds, by its name; None for another file."""
    match = _STEM.match(path.name.removesuffix(".csv"))
    if not path.name.endswith(".csv") or not match:
        return None
    verb, name = match[1] or "", match[2].lower()
    key = name if verb in {"", "Add"} else verb.lower() + name
    return key if key in _TABLES else None


def _files(path: Path) -> list[Path]:
    """The table files below a folder (or the one file), in the order they are read."""
    found = [p for p in sorted(path.rglob("*.csv")) if _table(p)] if path.is_dir() else [path]
    if not found or _table(found[0]) is None:
        raise BadFile(f"{path}: no FinBench table (Person.csv, Account.csv …) here")
    return sorted(found, key=lambda p: (_TABLES[str(_table(p))][0], str(p)))


def _rows(path: Path, file: str) -> Iterator[tuple[int, Row | Item]]:
    """The rows of one table, each a dictionary by column or the item that rejects it."""
    header: list[str] = []
    for line in lines(path):
        text = line.text.rstrip("\r\n")
        if not text.strip():
            continue
        cells = text.split("|")
        if not header:
            header = [_SAME.get(cell, cell) for cell in cells]
            continue
        reason = (
            "line is absurdly long"
            if not line.whole
            else "bytes in no known encoding"
            if undecoded(text)
            else f"{len(cells)} cells where the header has {len(header)}"
            if len(cells) != len(header)
            else None
        )
        if reason:
            yield line.number, Item(line.number, None, reason, file=file)
        else:
            yield line.number, dict(zip(header, cells, strict=True))


def read(path: Path, dataset: str, mapping: Mapping | None = None) -> Iterator[Item]:  # noqa: ARG001  # every Reader has it
    """The facts of a FinBench table, a snapshot folder, or a folder of incremental writes.

    Entities come first and account deletions (`close`) last. Memory is bounded.
    """
    with Repeats() as repeats:
        for source in _files(path):
            file = source.relative_to(path).as_posix() if path.is_dir() else source.name
            table = _Table(dataset, file, repeats)
            make = _TABLES[str(_table(source))][1]
            for number, row in _rows(source, file):
                if isinstance(row, Item):
                    yield row
                    continue
                table.line = number
                try:
                    facts = list(make(table, row))
                except BadFact as error:
                    yield Item(number, None, error.reason, error.column, file=file)
                    continue
                for fact in facts:
                    yield Item(number, fact, file=file)


def _accepts(path: Path, head: bytes) -> int:
    if path.is_dir():
        return 9 if any(_table(p) for p in path.rglob("*.csv")) else 0
    return 9 if _table(path) and b"|" in head.split(b"\n", 1)[0] else 0


FORMAT = Format("finbench", read, _accepts, "finbench")
