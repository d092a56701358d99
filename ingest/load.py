"""Loading files into a store: named chunks, each a batch; late rows at the end; one receipt.

A chunk is named by file, mapping and position, so a committed one sent again is a no-op. Rows whose
ends are not known yet in their own dataset wait until every file of the call was read; retractions
and closings come last of all: order within a call never matters.
"""

from __future__ import annotations

import errno
import hashlib
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple

from graph.beside import beside
from graph.errors import BadFile, StoreFull, WrongUsage
from graph.facts import CLOSE, RETRACT, Row
from graph.memory import no_cycles
from graph.store import Store, open_store
from ingest.chunks import Chunk, Source, chunks
from ingest.mapping.model import Mapping
from ingest.readers import default_dataset, detect, formats
from ingest.readers.native import Reject
from ingest.receipt import Quarantine, Receipt

Progress = Callable[[int, int, int], None]  # bytes done, bytes in all, facts read
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})
_BULK_FROM: Final = 256 << 20  # bytes of a call from which secondary indexes are put off


class Late(NamedTuple):
    """Rows of one chunk that wait for the end of the call."""

    chunk: str
    source: Source
    sha256: str
    file: int  # its place in the call
    rows: list[Row]
    lines: list[int]


class Spool:
    """Late rows, kept on disk so that memory stays bounded."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `close`
        self.count = 0

    def put(self, late: Late) -> None:
        """Append."""
        pickle.dump(late, self._file, protocol=5)
        self.count += 1

    def __iter__(self) -> Iterator[Late]:
        self._file.seek(0)
        for _ in range(self.count):
            late: Late = pickle.load(self._file)  # noqa: S301  # our own temporary file
            yield late

    def close(self) -> None:
        """Drop the file."""
        self._file.close()


def load(
    store: Store,
    paths: Sequence[Path],
    *,
    dataset: str | None = None,
    format: str | None = None,  # noqa: A002  # the option's name
    mapping: Mapping | None = None,
    quarantine: Path | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Receipt:
    """Load files or folders as one call and return its receipt.

    Raises BadFile when a path or its format cannot be read at all; WrongUsage; StoreFull,
    StoreError. Rows that are no facts go to the quarantine file, the others load. Memory does not
    depend on size.
    """
    if dataset is not None and (not 0 < len(dataset) <= 128 or set(dataset) & set(":\x1f\x00")):
        raise WrongUsage("a dataset's name has 1 to 128 characters and no colon")
    if dry_run:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "dry-run.db"
            store.backup(copy)
            trial = open_store(f"sqlite:///{copy}")
            try:
                return load(
                    trial,
                    paths,
                    dataset=dataset,
                    format=format,
                    mapping=mapping,
                    quarantine=quarantine or _quarantine_path(store),
                    progress=progress,
                )
            finally:
                trial.close()
    _not_the_store(store, paths)
    sources = [_source(path, dataset, format, mapping) for path in paths]
    with _plain_errors(), ExitStack() as stack:
        stack.enter_context(no_cycles())
        bad = stack.enter_context(Quarantine(quarantine or _quarantine_path(store)))
        if sum(_size(source.path) for source in sources) >= _BULK_FROM:
            stack.enter_context(store.bulk())
        receipt = _Call(store, bad, progress, sources).run()
        receipt.quarantine = bad.name
    return receipt


@contextmanager
def _plain_errors() -> Iterator[None]:
    """A full disk where late rows or bad ones are put down, and files that cannot be read."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StoreFull(f"no room for rows that wait or were rejected: {error}") from error
        if error.filename is not None:
            raise BadFile(f"{error.filename}: {error.strerror}") from error
        raise


def _not_the_store(store: Store, paths: Sequence[Path]) -> None:
    """Refuse the store's own file, alone or in a folder: to read it here, past SQLite, would drop
    the locks that this process holds on it."""
    if (file := beside(store.url)) is None:
        return
    own = file.resolve()
    for path in paths:
        if any(each.resolve() == own for each in _files(path)):
            raise BadFile(f"{path}: that is, or holds, the store itself")


def _source(path: Path, dataset: str | None, name: str | None, mapping: Mapping | None) -> Source:
    if not path.exists():
        raise BadFile(f"{path}: no such file")
    found = name or ("csv" if mapping is not None and not path.is_dir() else detect(path))
    if path.is_dir() and not formats()[found].accepts(path, b""):
        raise BadFile(f"{path}: a folder, and {found} is read from files: name those")
    if found == "csv" and mapping is None:
        from ingest.mapping.draft import choose

        mapping = choose(path)
    given = dataset or (mapping.dataset if mapping is not None else None)
    cited = path.name or path.resolve().name
    return Source(path, found, given or default_dataset(path, found), mapping, cited)


def _quarantine_path(store: Store) -> Path:
    stamp = hashlib.sha256(str(store.last_batch()).encode()).hexdigest()[:6]
    folder = beside(store.url, ".quarantine") or Path("linkrisk.quarantine")
    taken = (path.name.partition("-")[0] for path in folder.glob("*-*.jsonl"))
    number = max((int(text) for text in taken if text.isdecimal()), default=0) + 1
    return folder / f"{number:06d}-{stamp}.jsonl"


def _files(path: Path) -> list[Path]:
    return sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in _files(path))


def _sha256(path: Path) -> str:
    """Digest of a file, or of a folder's files with their names."""
    if not path.is_dir():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    whole = hashlib.sha256()
    for file in _files(path):
        whole.update(f"{file.relative_to(path)}:{_sha256(file)}\n".encode())
    return whole.hexdigest()


class _Call:
    """One call of `load`."""

    def __init__(
        self, store: Store, bad: Quarantine, progress: Progress | None, sources: list[Source]
    ) -> None:
        self.store = store
        self.bad = bad
        self.progress = progress
        self.sources = sources
        self.total = sum(_size(source.path) for source in sources)
        self.receipts: list[Receipt] = []
        self.unsettled: dict[str, bool] = {}

    def run(self) -> Receipt:
        late, operations = Spool(), Spool()
        try:
            behind = 0
            for source in self.sources:
                sha256 = _sha256(source.path)
                self.receipts.append(Receipt(batch=_name(source, sha256), file=source.name))
                self._file(source, sha256, late, operations, behind)
                behind += _size(source.path)
            for spool, suffix in ((late, "late"), (operations, "last")):
                for held in spool:
                    self._held(held, suffix)
            self.store.settle([name for name, clean in self.unsettled.items() if clean])
        finally:
            late.close()
            operations.close()
        return self._total()

    def _file(
        self, source: Source, sha256: str, late: Spool, operations: Spool, behind: int
    ) -> None:
        call = _name(source, sha256)
        receipt = self.receipts[-1]

        def settled(position: int) -> bool:
            batch = self.store.batch(f"{call}/{position}")
            return batch is not None and batch.settled

        for chunk in chunks(source, self.store.id_key, settled):
            name = f"{call}/{chunk.position}"
            receipt.read += len(chunk.lines) + len(chunk.rejects)
            if settled(chunk.position):
                receipt.duplicates += len(chunk.lines)
                receipt.quarantined += len(chunk.rejects)
            else:
                self._chunk(name, source, sha256, chunk, late, operations)
            self.bad.put(source.name, chunk.rejects)
            if self.progress is not None:
                self.progress(behind + chunk.done, self.total, sum(r.read for r in self.receipts))

    def _chunk(
        self, name: str, source: Source, sha256: str, chunk: Chunk, late: Spool, operations: Spool
    ) -> None:
        """Write a chunk; where a store takes fewer rows at once, in parts, the last of which has
        the chunk's name: it is there when all are."""
        receipt = self.receipts[-1]
        receipt.quarantined += len(chunk.rejects)
        rows, size = chunk.rows, self.store.capabilities.batch_rows or max(1, len(chunk.rows))
        begins = list(range(0, len(rows), size)) or [0]
        rejected = deferred = False
        for number, begin in enumerate(begins, 1):
            part, lines = rows[begin : begin + size], chunk.lines[begin : begin + size]
            last = number == len(begins)
            written = self.store.write(
                self._free(name if last else f"{name}.{number}"),
                part,
                file=(source.name, sha256),
                defer=True,
                settled=not (rejected or deferred or chunk.rejects),
            )
            receipt.loaded += written.loaded
            receipt.duplicates += written.duplicates
            self._reject(receipt, source, part, lines, written.rejected)
            rejected = rejected or bool(written.rejected)
            if written.deferred:
                deferred = True
                self._defer(written.deferred, name, source, sha256, (part, lines), late, operations)
        if deferred:
            self.unsettled[name] = not (rejected or chunk.rejects)

    def _defer(
        self,
        indexes: list[int],
        name: str,
        source: Source,
        sha256: str,
        rows_and_lines: tuple[list[Row], list[int]],
        late: Spool,
        operations: Spool,
    ) -> None:
        """Put down rows that wait for the end of the call."""
        rows, lines = rows_and_lines
        held: tuple[list[int], list[int]] = ([], [])
        for index in indexes:
            held[rows[index].code in (RETRACT, CLOSE)].append(index)
        for spool, chosen in zip((late, operations), held, strict=True):
            if chosen:
                picked = [rows[i] for i in chosen], [lines[i] for i in chosen]
                spool.put(Late(name, source, sha256, len(self.receipts) - 1, *picked))

    def _held(self, held: Late, suffix: str) -> None:
        receipt = self.receipts[held.file]
        written = self.store.write(
            self._free(f"{held.chunk}/{suffix}"), held.rows, file=(held.source.name, held.sha256)
        )
        receipt.loaded += written.loaded
        receipt.duplicates += written.duplicates
        self._reject(receipt, held.source, held.rows, held.lines, written.rejected)
        if written.rejected:
            self.unsettled[held.chunk] = False

    def _free(self, name: str) -> str:
        """A batch's name, numbered where an earlier attempt left rows behind."""
        attempt, number = name, 1
        while self.store.batch(attempt) is not None:
            number += 1
            attempt = f"{name}+{number}"
        return attempt

    def _reject(
        self,
        receipt: Receipt,
        source: Source,
        rows: Sequence[Row],
        lines: Sequence[int],
        rejected: Iterable[tuple[int, object]],
    ) -> None:
        found = []
        for index, error in rejected:
            column, reason = getattr(error, "column", None), getattr(error, "reason", str(error))
            row = rows[index]
            found.append(Reject(lines[index], column, reason, f"id {row.id}", row.file))
        receipt.quarantined += len(found)
        self.bad.put(source.name, found)

    def _total(self) -> Receipt:
        if len(self.receipts) == 1:
            return self.receipts[0]
        name = hashlib.sha256("\n".join(r.batch for r in self.receipts).encode()).hexdigest()[:16]
        total = Receipt(batch=f"call@{name}", files=self.receipts)
        for receipt in self.receipts:
            total.add(receipt)
        return total


def _name(source: Source, sha256: str) -> str:
    """What a load of this file is called: its name, and a digest of file, dataset and mapping."""
    said = f"{sha256}\n{source.dataset}\n{source.format}\n"
    if source.mapping is not None:
        said += source.mapping.digest
    return f"{source.name}@{hashlib.sha256(said.encode()).hexdigest()[:16]}"
