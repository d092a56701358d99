"""One clerk's desk: a store, the files that were put on it, and what became of their rows."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from api.clerk.words import in_chinese
from graph.closing import Closing
from graph.errors import BadFile

if TYPE_CHECKING:
    from api.client import Local
    from ingest.receipt import Receipt

TABLES: Final = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".parquet"})
FACTS: Final = frozenset({".jsonl", ".ndjson", ".json"})
MOST_BAD: Final = 1_000  # rows set aside that are shown
_OFFERED: Final = 2_000  # subjects to choose from; of more, the first


@dataclass(frozen=True)
class Draft:
    """A file that was put on the desk. `mapping` is None for facts, which need none."""

    path: Path
    mapping: str | None
    columns: list[dict[str, str]]  # each header of the table and what it is taken for
    rows: list[list[str]]  # the first ones below the header


@dataclass(frozen=True)
class Loaded:
    """What became of a file: its receipt, and the rows set aside with line, column and reason."""

    receipt: Receipt
    bad: list[dict[str, Any]]

    @property
    def counts(self) -> dict[str, int]:
        """How many facts and rows were read, loaded, known already, set aside."""
        receipt = self.receipt
        return {
            "读取 read": receipt.read, "导入 loaded": receipt.loaded,
            "重复 duplicates": receipt.duplicates, "隔离 set aside": receipt.quarantined,
        }  # fmt: skip


class Desk(Closing):
    """A store of one's own that goes away with the desk, or the one at `url`."""

    shared: ClassVar[str | None] = None  # the address of the store that the app's desks share

    def __init__(self, url: str | None = None) -> None:
        from graph.store import open_store

        self.folder = Path(tempfile.mkdtemp(prefix="linkrisk-clerk-"))
        # Also where nobody closes it: a browser session that ends drops its desk.
        self._gone = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.own = url is None
        self.url = url or f"sqlite:///{self.folder / 'desk.db'}"
        open_store(self.url, create=True).close()
        self._loads = 0
        self._risk: Local | None = None

    def close(self) -> None:
        """Let go of the store, and of every file that was put on the desk."""
        if self._risk is not None:
            self._risk.close()
            self._risk = None
        self._gone()

    @property
    def risk(self) -> Local:
        """What is on the desk, to be asked."""
        from api.client import connect

        if self._risk is None:
            self._risk = connect(self.url)
        return self._risk

    def put(self, name: str, content: bytes) -> Draft:
        """Put a file on the desk; a table with the mapping that its header gives.

        Raises BadFile where it is neither a table nor facts, or is empty.
        """
        path = self.folder / "files" / (Path(name.replace("\\", "/")).name or "table.csv")
        if path.suffix.lower() not in TABLES | FACTS:
            kinds = " ".join(sorted(TABLES | FACTS))
            raise BadFile(f"{path.name}: {kinds} 之一 / one of these, please")
        if not content.strip():
            raise BadFile(f"{path.name}: 文件是空的 / the file is empty")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        if path.suffix.lower() in FACTS:
            return Draft(path, None, [], [])
        from ingest.mapping import draft

        text = draft(path)
        return Draft(path, text, *self.taken(path, text))

    def taken(self, path: Path, mapping: str) -> tuple[list[dict[str, str]], list[list[str]]]:
        """What a mapping takes each header of a table for, and the first rows below it.

        Raises BadFile where the mapping is none, or does not fit the table.
        """
        from ingest.mapping import parse_mapping
        from ingest.mapping.header import LOOK, find_header, header_names, no_header
        from ingest.readers.sheets import tables

        made = parse_mapping(mapping, path.name)
        seen: list[list[Any]] = []
        for _, found in tables(path, made.table):
            with_cells = (row.cells for row in found if row.reason is None)
            seen = list(islice(with_cells, 2 * LOOK))
            if (header := find_header(made, seen)) is None:
                continue
            label_at = {at: label for label, at in header.columns.items()}
            columns = [
                {"表头 header": name, "含义 taken for": label_at.get(at, "（不用 not used）")}
                for at, name in enumerate(header.names)
                if name
            ]
            rows = [header_names(cells) for cells in seen[header.row : header.row + 6]]
            return columns, rows
        raise no_header(made, path.name, seen)

    def load(self, draft: Draft, mapping: str | None = None) -> Loaded:
        """Load a file by its mapping as the clerk has left it. Raises BadFile."""
        from graph.store import open_store
        from ingest.load import load
        from ingest.mapping import parse_mapping

        text = draft.mapping if mapping is None else mapping
        self._loads += 1
        bad = self.folder / f"set-aside-{self._loads}.jsonl"
        by = None if text is None else parse_mapping(text, draft.path.name)
        with closing(open_store(self.url)) as store:
            receipt = load(store, [draft.path], mapping=by, quarantine=bad)
        return Loaded(receipt, list(self._bad(draft, text, bad)))

    def _bad(self, draft: Draft, mapping: str | None, quarantine: Path) -> Iterator[dict[str, Any]]:
        if not quarantine.exists():
            return
        with quarantine.open("rb") as lines:
            rows = [
                msgspec.json.decode(line, type=dict[str, Any]) for line in islice(lines, MOST_BAD)
            ]
        cells = (
            {} if mapping is None else self._cells(draft.path, mapping, {r["line"] for r in rows})
        )
        for row in rows:
            yield {
                "行 line": row["line"], "列 column": row["column"] or "",
                "原因 reason": in_chinese(row["reason"]),
                "内容 row": cells.get(row["line"]) or row["text"] or "",
            }  # fmt: skip

    @staticmethod
    def _cells(path: Path, mapping: str, wanted: set[int]) -> dict[int, str]:
        """The cells of rows by their lines, for the clerk to find them again."""
        from ingest.mapping import parse_mapping
        from ingest.mapping.header import header_names
        from ingest.readers.sheets import tables

        found: dict[int, str] = {}
        for _, rows in tables(path, parse_mapping(mapping, path.name).table):
            for row in rows:
                if row.line in wanted and row.line not in found:
                    found[row.line] = " | ".join(header_names(row.cells))[:300]
        return found

    def holdings(self) -> dict[str, int]:
        """How many facts of each kind are on the desk, by their Chinese and English names."""
        from api.report.words import kind_words
        from graph.store import open_store

        with closing(open_store(self.url)) as store:
            kinds = store.stats()["kinds"]
        return {kind_words(kind): count for kind, count in kinds.items() if count}

    def kinds(self) -> set[str]:
        """The kinds of fact that are on the desk."""
        return {name.rpartition(" ")[2] for name in self.holdings()}

    def subjects(self) -> dict[str, str]:
        """Whom one may ask about: what a list shows, by its canonical id; at most 2,000."""
        from api.report.words import kind_words

        offered: dict[str, str] = {}
        snapshot = self.risk.session.snapshot()

        for kind in ("company", "person", "account", "phone", "address", "event"):
            for node in snapshot.subjects(kind)[: _OFFERED - len(offered)].tolist():
                ident = snapshot.canonical(node)
                label = snapshot.label(node)
                name = ident if label == ident else f"{label} · {ident}"
                offered[f"{name} ({kind_words(kind)})"] = ident
        return offered
