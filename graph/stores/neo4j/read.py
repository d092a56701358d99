"""Reading the graph: the change feed as columns, and single facts with their history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import orjson

from graph.errors import StoreCorrupt
from graph.facts import Keys
from graph.model import CODES, LISTING_CODE, is_entity
from graph.store import NONE, BatchInfo, Delta, StoredFact
from graph.stores.neo4j.applied import NotYetError, whole
from graph.stores.neo4j.connection import Server, Transaction
from graph.stores.neo4j.fields import carried_text, extras_again
from graph.stores.neo4j.held import (
    Held,
    held_chosen,
    held_in_run,
    held_of,
    identifiers_in_run,
    identifiers_of,
)
from graph.stores.neo4j.names import TYPE_OF
from graph.stores.neo4j.shapes import at
from graph.stores.neo4j.spans import Spans
from graph.stores.neo4j.veil import Veil
from graph.times import INF, NEG

BLOCK: Final = 50_000  # versions of one question; the server gathers them in memory
_ENDS: Final = {"neg": NEG, "inf": INF}


def batch_info(row: Sequence[Any]) -> BatchInfo:
    """A row of a text about batches."""
    return BatchInfo._make((*row[:6], bytes.fromhex(row[6]), *row[7:9]))


def changes(server: Server, veil: Veil, since: int, upto: int) -> Iterator[Delta]:
    """Blocks of the feed; retractions ride on a last block of their own. Raises StoreCorrupt where
    something of a batch is missing, see `applied`.

    Each block is a transaction of its own: what a batch recorded never changes, and retractions of
    later batches are not among those that are read.
    """
    for low, high, kinds in _runs(kinds_of(server, since, upto)):
        yield _whole_block(server, veil, (low, high), kinds)
    gone = server.rows("batch_retracted", {"since": since, "upto": upto})
    if gone:
        yield _delta([], _ended(gone))


def _whole_block(server: Server, veil: Veil, run: tuple[int, int], codes: set[int]) -> Delta:
    read = partial(_block, veil=veil, run=run, codes=codes)
    return whole(lambda: server.read(read), lambda delta: len(delta.seq) == run[1] - run[0])


def kinds_of(server: Server, since: int, upto: int) -> list[Any]:
    """Number, first and last version (exclusive, inclusive) and kinds of each batch."""
    asked = {"since": since, "upto": upto}
    return whole(lambda: server.rows("batch_kinds", asked), lambda rows: len(rows) == upto - since)


def _runs(batches: Iterable[Sequence[Any]]) -> Iterator[tuple[int, int, set[int]]]:
    """Batches put together, or cut, into runs of at most BLOCK versions, with their kinds."""
    low, high, kinds = 0, 0, set[int]()
    for _, begin, end, codes in batches:
        if high > low and end - low > BLOCK:
            yield low, high, kinds
            low, kinds = high, set()
        if high <= low:
            low = begin
        high = end
        kinds |= set(codes)
        while high - low > BLOCK:
            yield low, low + BLOCK, kinds
            low += BLOCK
    if high > low:
        yield low, high, kinds


def _block(tx: Transaction, veil: Veil, run: tuple[int, int], codes: set[int]) -> Delta:
    numbers = {row[1]: row[0] for row in tx.rows("datasets")}
    parameters = {"low": run[0], "high": run[1], **_ENDS}
    parts: list[dict[str, Any]] = []
    if any(is_entity(code) for code in codes):
        parts.append(_entities(veil, tx.one("feed_entities", parameters)))
    if LISTING_CODE in codes:
        parts.append(_listings(veil, tx.one("feed_listings", parameters)))
    for code in sorted(codes & TYPE_OF.keys()):
        marks = {"TYPE": TYPE_OF[code], "CARRIED": carried_text(code)}
        found = tx.one("feed_relations", parameters, **marks)
        parts.append(_relations(veil, code, found))
    for part in parts:
        if not numbers.keys() >= set(part["dataset"]):
            raise NotYetError
        part["dataset"] = [numbers[name] for name in part["dataset"]]
    return _delta([part for part in parts if part["seq"]], None)


def _entities(veil: Veil, row: Sequence[Any]) -> dict[str, Any]:
    seq, first, kind, vf, vt, batch, dataset, ids, payload, canonical, sealed, sealed_id = row
    count = len(seq)
    return {
        "seq": seq, "first": first, "code": [CODES[k] for k in kind], "a": [-1] * count,
        "b": [-1] * count, "vf": vf, "vt": vt, "value": [NONE] * count, "batch": batch,
        "dataset": dataset, "ids": _plain(veil, ids, sealed_id), "extra": [None] * count,
        "payload": [
            veil.content_again(s)[0] if s else p
            for p, s in zip(payload, sealed, strict=True)
        ],
        "canonical": {s: c for s, c in zip(seq, canonical, strict=True) if c},
    }  # fmt: skip


def _listings(veil: Veil, row: Sequence[Any]) -> dict[str, Any]:
    seq, first, subject, vf, vt, batch, dataset, ids, payload, sealed, sealed_id = row
    canonical = [""] * len(seq)
    kind = ["listing"] * len(seq)
    found = _entities(
        veil,
        (seq, first, kind, vf, vt, batch, dataset, ids, payload, canonical, sealed, sealed_id),
    )
    return found | {"a": subject}


def _relations(veil: Veil, code: int, row: Sequence[Any]) -> dict[str, Any]:
    seq, a, b, vf, vt, value, batch, dataset, ids, rare, *columns = row
    count = len(seq)
    first, rest, sealed = seq, [""] * count, dict[int, str]()
    if rare:
        first, ids = list(seq), list(ids)
        place = dict(zip(seq, range(count), strict=True))
        for number, begun, payload, hidden, hidden_id in rare:
            here = place[number]
            first[here], rest[here] = begun or number, payload or ""
            ids[here] = veil.ident_again(ids[here], hidden_id)
            if hidden:
                sealed[here] = hidden
    carried = extras_again(code, columns, value, rest)
    for here, hidden in sealed.items():
        carried[here] = veil.content_again(hidden)[1]
    return {
        "seq": seq, "first": first, "code": [code] * count, "a": a, "b": b, "vf": vf, "vt": vt,
        "value": value, "batch": batch, "dataset": dataset, "ids": ids, "extra": carried,
        "payload": [None] * count, "canonical": {},
    }  # fmt: skip


def _plain(veil: Veil, shown: list[str], sealed: list[str]) -> list[str]:
    if not any(sealed):
        return shown
    return [veil.ident_again(i, s) for i, s in zip(shown, sealed, strict=True)]


_COLUMNS: Final = {
    "seq": np.int64, "first": np.int64, "code": np.uint8, "a": np.int64, "b": np.int64,
    "vf": np.int64, "vt": np.int64, "value": np.int64, "batch": np.int32, "dataset": np.int32,
}  # fmt: skip


def _ended(rows: Iterable[Sequence[Any]]) -> Any:
    listed = [
        (seq, no, code, subject)
        for no, seqs, codes, subjects in rows
        for seq, code, subject in zip(seqs, codes, subjects, strict=True)
    ]
    return np.array(listed, np.int64).reshape(-1, 4)


def _delta(parts: list[dict[str, Any]], ended: Any) -> Delta:
    """Parts of several kinds put together in the order of recording."""
    columns: dict[str, Any] = {}
    for name, kind in _COLUMNS.items():
        arrays = [np.array(part[name], kind) for part in parts]
        columns[name] = np.concatenate(arrays) if arrays else np.empty(0, kind)
    order = np.argsort(columns["seq"], kind="stable")
    places = order.tolist()
    for name in _COLUMNS:
        columns[name] = columns[name][order]
    for name in ("ids", "extra", "payload"):
        whole = [each for part in parts for each in part[name]]
        columns[name] = [whole[place] for place in places]
    canonical = {seq: text for part in parts for seq, text in part["canonical"].items()}
    gone = np.empty((0, 4), np.int64) if ended is None else ended
    return Delta(
        **columns, canonical=canonical, retracted=gone[:, 0].copy(),
        retracted_in=gone[:, 1].astype(np.int32), retracted_code=gone[:, 2].astype(np.uint8),
        retracted_a=gone[:, 3].copy(),
    )  # fmt: skip


# -- single facts -------------------------------------------------------------------------------


def stored(held: Held, keys: Any, batches: dict[int, BatchInfo]) -> StoredFact:
    """A version as readers see it."""
    info = batches[held.batch]
    ended = None if held.retracted_in is None else batches[held.retracted_in].recorded_at
    return StoredFact(
        held.seq, held.first, held.code, held.dataset, held.id, held.a_name, held.b_name,
        NEG if held.vf is None else held.vf, INF if held.vt is None else held.vt, held.value,
        orjson.loads(held.payload), held.file or info.file, held.record, held.version, held.batch,
        info.recorded_at, ended, keys,
    )  # fmt: skip


def held_whole(
    server: Server, veil: Veil, run: tuple[int, int], codes: Iterable[int]
) -> tuple[list[Held], dict[int, Keys]]:
    """All versions of a run, and the official keys of those of entities."""

    def read(tx: Transaction) -> tuple[list[Held], dict[int, Keys]]:
        return held_in_run(tx, veil, *run, codes), identifiers_in_run(tx, veil, *run)

    return whole(lambda: server.read(read), lambda found: len(found[0]) == run[1] - run[0])


def facts(server: Server, veil: Veil, since_seq: int, upto: int) -> Iterator[StoredFact]:
    """Every version after a number, in order of recording, as of batch `upto`."""
    every = server.rows("batches_since", {"since": 0})
    batches = {row[0]: batch_info(row) for row in every}
    rows = kinds_of(server, 0, upto)
    for low, high, codes in _runs(row for row in rows if row[2] > since_seq):
        found, keys = held_whole(server, veil, (max(low, since_seq), high), codes)
        for held in _as_of(found, upto):
            yield stored(held, keys.get(held.seq, ()), batches)


def _as_of(found: Iterable[Held], upto: int) -> Iterator[Held]:
    """Versions as a batch left them: of what came after we began, some may not be there yet."""
    for held in found:
        if held.batch > upto:
            continue
        later = held.retracted_in is not None and held.retracted_in > upto
        yield held._replace(retracted_in=None) if later else held


def history(tx: Transaction, veil: Veil, name: str, upto: int) -> list[StoredFact]:
    """All versions of `dataset:id` as of batch `upto`; a dataset's name holds no colon."""
    dataset, _, ident = name.partition(":")
    rows = tx.rows("datasets")
    if dataset not in {row[1] for row in rows}:
        return []
    spans = Spans([row[0], *row[2:]] for row in rows)
    codes = [code for code in spans.codes() if spans.within([veil.ident(ident)], [code])]
    return _stored(tx, veil, list(_as_of(held_of(tx, veil, dataset, ident, codes), upto)))


def versions(tx: Transaction, veil: Veil, seqs: Sequence[int], upto: int) -> list[StoredFact]:
    """These versions of entities, in order of number, as of batch `upto`."""
    return _stored(tx, veil, list(_as_of(held_chosen(tx, veil, seqs, 1), upto)))


def _stored(tx: Transaction, veil: Veil, found: Sequence[Held]) -> list[StoredFact]:
    """Raises StoreCorrupt where a batch is missing."""
    if not found:
        return []
    numbers = _batches_of(found)
    batches = {row[0]: batch_info(row) for row in tx.rows("batches_of", {"nos": numbers})}
    if missing := set(numbers) - batches.keys():
        raise StoreCorrupt(f"batch {min(missing)} is missing from Neo4j")
    entities = is_entity(found[0].code)
    keys = identifiers_of(tx, veil, [held.seq for held in found]) if entities else {}
    return [stored(held, keys.get(held.seq, ()), batches) for held in found]


def _batches_of(found: Iterable[Held]) -> list[int]:
    return sorted(
        {no for held in found for no in (held.batch, held.retracted_in) if no is not None}
    )


def bearers(tx: Transaction, veil: Veil, canonical: str) -> list[str]:
    """Records whose current version carries a canonical id."""
    found = sorted(tx.one("bearers", {"canonicals": [canonical]})[0], key=lambda row: row[2])
    return [f"{row[1]}:{veil.ident_again(row[0], row[5])}" for row in found]


def batch_at(tx: Transaction, moment: int) -> BatchInfo | None:
    """The newest batch recorded at or before a moment (µs)."""
    rows = tx.rows("batch_at", at(moment))
    return batch_info(rows[0]) if rows else None
