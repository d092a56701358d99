"""A share of a store's batches as CSV.

Shares are written beside one another and know nothing of each other: what later batches did to
their versions is told to each of them before.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.memory import no_cycles
from graph.model import LISTING_CODE, NAMES, is_entity
from graph.store import Ints
from graph.stores.copying import Copied, Copying
from graph.stores.deciding.books import KIND
from graph.stores.neo4j.csv_files import Block, Files, times
from graph.stores.neo4j.csv_tables import made_by, marks_of, tables
from graph.stores.neo4j.shapes import Fact, Identifier, Shaper, at
from graph.stores.neo4j.veil import Veil

SECOND: Final = 1_000_000
IDENTIFIED: Final = "identified.{}.arrow"  # for a while, by share
_NULL: Final = pa.scalar(None, pa.string())
Span = tuple[int, str, str]  # where it begins, least and greatest id


class Later(NamedTuple):
    """What became of versions afterwards; sorted by version."""

    ended: Ints  # retracted
    ended_in: Ints  # by which batch
    ended_of: Ints  # what relations and listings begin at
    replaced: Ints  # another version of the same record came
    moments: Ints  # of batches, by number


class Request(NamedTuple):
    """What a share is made of."""

    url: str  # may hold a password
    folder: Path
    writer: int
    batches: list[int]
    datasets: dict[int, str]
    plain: bool
    later: Later


@dataclass(slots=True)
class Share:
    """What is told of a share that was written."""

    batches: list[dict[str, Any]] = field(default_factory=list)  # as parameters of batch_create
    spans: dict[tuple[int, int], Span] = field(default_factory=dict)  # by dataset and kind
    datasets: dict[int, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)  # by table
    widest: int = 0


def write_share(store: Copying, request: Request, progress: Callable[[int], None]) -> Share:
    """Write the files of some batches. Raises StoreFull, StoreError."""
    with no_cycles(), Files(request.folder, request.writer) as files:
        writer = _Writer(store, request, files)
        for no in request.batches:
            for copied in store.copies(no - 1, no):
                writer.add(copied)
                progress(copied.info.facts)
        writer.close()
        share = writer.share
        share.rows, share.widest = dict(files.rows), files.widest
        return share


class _Writer:
    """Takes batches one after the other."""

    def __init__(self, store: Copying, request: Request, files: Files) -> None:
        self.share = Share()
        self._shaper = Shaper(Veil(store.id_key, plain=request.plain), request.datasets)
        self._later = request.later
        self._files = files
        self._identified = request.folder / IDENTIFIED.format(request.writer)
        self._sink: Any = None

    def close(self) -> None:
        """End what is told of identifiers."""
        if self._sink is not None:
            self._sink.close()

    def add(self, copied: Copied) -> None:
        """Write what a batch records."""
        changes, info = copied.changes, copied.info
        self.share.datasets.update(copied.datasets)
        common = {"$batch": info.no, "$at": time_text(info.recorded_at)}
        keys: defaultdict[int, list[Identifier]] = defaultdict(list)
        for identifier in changes.identifiers:
            keys[identifier[0]].append(identifier)
        groups: defaultdict[tuple[int, bool], list[Fact]] = defaultdict(list)
        for fact in changes.facts:
            groups[fact[2], fact[0] == fact[1]].append(fact)
        for (code, fresh), facts in groups.items():
            common["$kind"] = NAMES[code]
            if is_entity(code):
                rows = self._entities(code, fresh, facts, keys, common)
            elif code == LISTING_CODE:
                rows = [self._shaper.listing(fact) for fact in facts]
                self._put(rows, common, "listing", **marks_of(code))
            else:
                rows = [self._shaper.relation(fact) for fact in facts]
                self._put(rows, common, "relation", **marks_of(code))
            if fresh:
                self._span(code, facts, rows)
        said = {fact[0]: fact for fact in changes.facts if fact[0] in keys}
        rows = [self._shaper.identifier(each, said[each[0]]) for each in changes.identifiers]
        self._identify(rows, common)
        self.share.batches.append(self._batch(copied))

    def _entities(
        self,
        code: int,
        fresh: bool,
        facts: list[Fact],
        keys: dict[int, list[Identifier]],
        common: dict[str, Any],
    ) -> list[list[Any]]:
        rows = [self._shaper.entity(fact, keys.get(fact[0], ())) for fact in facts]
        if fresh:
            self._put(rows, common, "record_first", **marks_of(code))
        else:
            self._put(rows, common, "record_next")
        # A subject shows what the newest version of its record says.
        newest = ~_among([fact[0] for fact in facts], self._later.replaced)[0]
        chosen = [fact for fact, shows in zip(facts, newest, strict=True) if shows]
        if fresh:
            shown = [row for row, shows in zip(rows, newest, strict=True) if shows]
        else:  # as if it had been the first one
            shown = [self._shaper.entity((f[1], *f[1:]), keys.get(f[0], ())) for f in chosen]
        if not shown:
            return rows
        seqs = np.array([fact[0] for fact in chosen], np.int64)
        current = np.where(_among(seqs, self._later.ended)[0], -seqs, seqs)
        subject = made_by("record_first", **marks_of(code))[0]
        table = tables()[subject.name]
        block = _block(shown, common)
        self._files.write(table, block.table(subject, table, {"current": pa.array(current)}))
        return rows

    def _put(self, rows: list[list[Any]], common: dict[str, Any], text: str, **marks: str) -> None:
        """Write what a text makes of rows, but for subjects."""
        if not rows:
            return
        block = _block(rows, common)
        ended = self._ended([row[0] for row in rows])
        for made in made_by(text, **marks):
            if not made.name.startswith("Subject"):
                table = tables()[made.name]
                self._files.write(table, block.table(made, table, ended))

    def _identify(self, rows: list[list[Any]], common: dict[str, Any]) -> None:
        """Put down identifiers and which versions carry them: they are numbered once it is known
        which are met again, here or in another share."""
        if not rows:
            return
        block = _block(rows, common)
        ended = self._ended([row[0] for row in rows])
        found = {"seq": block.column("row[0]", "long")}
        for made in made_by("identifiers"):
            columns = block.table(made, tables()[made.name], ended).columns
            found |= {f"{made.name} {place}": column for place, column in enumerate(columns)}
        whole = pa.table(found)
        if self._sink is None:
            self._sink = pa.ipc.new_stream(self._identified, whole.schema)
        self._sink.write_table(whole)

    def _ended(self, seqs: Sequence[int]) -> dict[str, Any]:
        """The columns that say which versions were retracted, when and by which batch."""
        found, places = _among(seqs, self._later.ended)
        if not found.any():
            nothing = pa.nulls(len(seqs), pa.string())
            return {"retractedIn": nothing.cast(pa.int64()), "retractedAt": nothing}
        batches = np.zeros(len(seqs), np.int64)
        batches[found] = self._later.ended_in[places[found]]
        when = self._later.moments[batches]
        return {
            "retractedIn": pa.array(batches, mask=~found),
            "retractedAt": pc.if_else(pa.array(found), times(*np.divmod(when, SECOND)), _NULL),
        }

    def _span(self, code: int, facts: list[Fact], rows: list[list[Any]]) -> None:
        for dataset in {fact[3] for fact in facts}:
            mine = [(f[0], row[1]) for f, row in zip(facts, rows, strict=True) if f[3] == dataset]
            idents = [ident for _, ident in mine]
            span = mine[0][0], min(idents), max(idents)
            self.share.spans[dataset, code] = joined(self.share.spans.get((dataset, code)), span)

    def _batch(self, copied: Copied) -> dict[str, Any]:
        """The batch as parameters of `batch_create`; `file` is left to who knows all of them."""
        changes, info = copied.changes, copied.info
        places = _among(changes.retracted, self._later.ended)[1]
        return {
            "no": info.no, "id": info.id, **at(info.recorded_at), "facts": info.facts,
            "retractions": info.retractions, "seq": info.last_seq, "name": info.name.hex(),
            "settled": bool(info.settled), "undone": copied.undone, "undoes": copied.undoes,
            "attempt": uuid.uuid4().hex, "file": copied.file,
            "kinds": sorted({fact[2] for fact in changes.facts}), "retracted": changes.retracted,
            "retractedKinds": [known[KIND] for known in copied.ended],
            "retractedSubjects": self._later.ended_of[places].tolist(),
        }  # fmt: skip


def joined(span: Span | None, other: Span) -> Span:
    """Two spans as one."""
    if span is None:
        return other
    return min(span[0], other[0]), min(span[1], other[1]), max(span[2], other[2])


def time_text(micros: int) -> str:
    """One instant as the files have it."""
    seconds, rest = divmod(micros, SECOND)
    text: str = times([seconds], [rest])[0].as_py()
    return text


def _block(rows: list[list[Any]], common: dict[str, Any]) -> Block:
    columns = zip(*rows, strict=True)
    parts = {f"row[{place}]": column for place, column in enumerate(columns)}
    return Block(parts | common, len(rows))


def _among(seqs: Sequence[int] | Ints, ordered: Ints) -> tuple[npt.NDArray[np.bool_], Ints]:
    """Which versions are among those of an ordered column, and at which places there."""
    wanted = np.asarray(seqs, np.int64)
    if not len(ordered):
        return np.zeros(len(wanted), np.bool_), np.zeros(len(wanted), np.int64)
    places = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return ordered[places] == wanted, places
