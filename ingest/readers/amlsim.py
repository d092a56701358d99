"""AMLSim samples: accounts (`nodes.csv`) and their transactions (`transactions.csv`).

Source: IBM/AMLSim and what its samples carry: `nodeid,isFraud,init_balance,fraudStep` and
`sourceNodeId,targetNodeId,value,time`, comma-separated, unquoted. A time is a step of the
simulation: days after the base date, 2017-01-01 in its configuration, which the files do not
repeat.

An account of number 7 is `a7`; a transfer is known by its ends and its step, `t-a7-a9-12`, the
second of the same ends and step gets `-2`. Both files belong into one dataset, `amlsim` by default.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graph.errors import BadFact, BadFile
from ingest.readers.encoding import lines
from ingest.readers.item import Format, Item
from ingest.repeats import Repeats

if TYPE_CHECKING:
    from ingest.mapping.model import Mapping

_BASE: Final = date(2017, 1, 1)
_NODES: Final = ["nodeid", "isFraud", "init_balance", "fraudStep"]
_TRANSACTIONS: Final = ["sourceNodeId", "targetNodeId", "value", "time"]
_FILES: Final = {"nodes.csv": _NODES, "transactions.csv": _TRANSACTIONS}  # in order of reading


def _number(text: str, column: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadFact(f"not a number: {text[:40]!r}", column)
    return int(text)


def _day(text: str, column: str) -> str:
    try:
        return (_BASE + timedelta(days=_number(text, column))).isoformat()
    except OverflowError:
        raise BadFact(f"not a step: {text[:40]}", column) from None


def _account(cells: list[str]) -> dict[str, Any]:
    number, fraud, balance, step = cells
    if fraud not in {"0", "1"}:
        raise BadFact(f"neither 0 nor 1: {fraud[:40]!r}", "isFraud")
    attrs: dict[str, Any] = {"fraud": fraud == "1", "initial_balance": balance}
    if not step.startswith("-"):
        attrs["fraud_on"] = _day(step, "fraudStep")
    return {"kind": "account", "id": f"a{_number(number, 'nodeid')}", "attrs": attrs}


def _transfer(cells: list[str], repeats: Repeats) -> dict[str, Any]:
    start, end = (f"a{_number(cells[at], _TRANSACTIONS[at])}" for at in (0, 1))
    day = _day(cells[3], "time")
    ident = f"t-{start}-{end}-{int(cells[3])}"
    nth = repeats.count(ident)
    return {
        "kind": "transfer",
        "id": ident if nth == 1 else f"{ident}-{nth}",
        "from": start,
        "to": end,
        "amount": cells[2],
        "at": day,
    }


def _files(path: Path) -> list[Path]:
    found = [path / name for name in _FILES] if path.is_dir() else [path]
    if missing := [file.name for file in found if not file.is_file()]:
        raise BadFile(f"{path}: no {', '.join(missing)} here")
    return found


def _rows(path: Path) -> Iterator[tuple[int, list[str], str | None]]:
    """Line, cells, and why they are none; the header, which is checked, left out."""
    header: list[str] | None = None
    for line in lines(path):
        cells = line.text.strip().split(",")
        if cells == [""]:
            continue
        if header is None:
            if cells not in _FILES.values():
                raise BadFile(f"{path}: the header is not one of AMLSim's")
            header = cells
        elif not line.whole or len(cells) != len(header):
            yield line.number, header, f"{len(cells)} cells where the header has {len(header)}"
        else:
            yield line.number, [header[0], *cells], None


def read(path: Path, dataset: str, mapping: Mapping | None = None) -> Iterator[Item]:  # noqa: ARG001  # every Reader has it
    """The facts of a sample's folder, accounts first, or of one of its files. Memory is bounded."""
    with Repeats() as repeats:
        for source in _files(path):
            file = source.name if path.is_dir() else None
            for number, (first, *cells), reason in _rows(source):
                if reason is not None:
                    yield Item(number, None, reason, file=file)
                    continue
                try:
                    fact = _account(cells) if first == _NODES[0] else _transfer(cells, repeats)
                except BadFact as error:
                    yield Item(number, None, error.reason, error.column, file=file)
                    continue
                fact["source"] = {"dataset": dataset, "file": source.name, "record": str(number)}
                yield Item(number, fact, file=file)


def _accepts(path: Path, head: bytes) -> int:
    if path.is_dir():
        return 8 if all((path / name).is_file() for name in _FILES) else 0
    first = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].strip()
    return (
        9 if first.split(b",") in [[c.encode() for c in names] for names in _FILES.values()] else 0
    )


FORMAT = Format("amlsim", read, _accepts, "amlsim")
