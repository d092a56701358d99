"""Reading a store: the change feed as columns, and single facts with their history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import orjson

from graph.facts import Keys
from graph.model import FIRST_RELATION, LISTING_CODE
from graph.store import NONE, Delta, Ints, StoredFact
from graph.stores.sqlite.connection import Db
from graph.stores.sqlite.sealing import opened
from graph.times import INF, NEG

_BLOCK: Final = 100_000
_FEED: Final = (  # only constants are put in
    f"SELECT seq, first, kind, ifnull(a, -1), ifnull(b, -1), ifnull(vf, {NEG}), ifnull(vt, {INF}),"
    f" ifnull(value, {NONE}), batch, dataset, id, {opened('extra')},"
    f" CASE WHEN kind < {FIRST_RELATION} OR kind = {LISTING_CODE} THEN {opened('payload')} END"
    " FROM fact WHERE seq > ? AND seq <= ? ORDER BY seq"
)
_FACT: Final = (
    "SELECT f.seq, f.first, f.kind, d.name, f.id,"
    " (SELECT da.name || ':' || fa.id FROM fact fa JOIN dataset da ON da.no = fa.dataset"
    "  WHERE fa.seq = f.a),"
    " (SELECT db.name || ':' || fb.id FROM fact fb JOIN dataset db ON db.no = fb.dataset"
    "  WHERE fb.seq = f.b),"
    f" ifnull(f.vf, {NEG}), ifnull(f.vt, {INF}), f.value, {opened('f.payload')},"
    " ifnull(f.file, fi.name),"
    " f.record, f.version, f.batch, b.recorded_at,"
    " (SELECT rb.recorded_at FROM retraction r JOIN batch rb ON rb.no = r.batch"
    "  WHERE r.seq = f.seq)"
    " FROM fact f JOIN dataset d ON d.no = f.dataset JOIN batch b ON b.no = f.batch"
    " LEFT JOIN file fi ON fi.no = b.file"
)

_IDENTIFIERS: Final = (
    f"SELECT kind, {opened('value')}, reason, canonical FROM identifier WHERE seq = ? ORDER BY kind"
)

_IDENTIFIERS_OF: Final = (
    f"SELECT seq, kind, {opened('value')}, reason, canonical FROM identifier"
    " WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq, kind"
)


def scalar(db: Db, query: str, values: Sequence[Any] = ()) -> Any:
    """The one value of a query that always has one."""
    return db.execute(query, values).fetchone()[0]


def _last_seq(db: Db, batch: int | None) -> int:
    if batch is None:
        return int(scalar(db, "SELECT ifnull(max(last_seq), 0) FROM batch"))
    found = db.execute("SELECT max(last_seq) FROM batch WHERE no <= ?", (batch,)).fetchone()[0]
    return int(found or 0)


def changes(db: Db, since: int, upto: int | None) -> Iterator[Delta]:
    """Blocks of at most 100,000 facts; retractions ride on a last block of their own."""
    if upto is None:
        upto = int(scalar(db, "SELECT ifnull(max(no), 0) FROM batch"))
    low, high = _last_seq(db, since), _last_seq(db, upto)
    while low < high:
        top = min(low + _BLOCK, high)
        rows = db.execute(_FEED, (low, top)).fetchall()
        canonical = dict(
            db.execute(
                "SELECT seq, canonical FROM identifier WHERE seq > ? AND seq <= ?"
                " AND canonical IS NOT NULL",
                (low, top),
            )
        )
        yield _delta(rows, canonical, [])
        low = top
    gone = db.execute(
        "SELECT t.seq, t.batch, f.kind, ifnull(f.a, -1) FROM retraction t"
        " JOIN fact f ON f.seq = t.seq WHERE t.batch > ? AND t.batch <= ? ORDER BY t.no",
        (since, upto),
    ).fetchall()
    if gone:
        yield _delta([], {}, gone)


def _delta(
    rows: list[tuple[Any, ...]], canonical: dict[int, str], gone: list[tuple[int, ...]]
) -> Delta:
    columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * 13

    def ints(position: int) -> Ints:
        return np.array(columns[position], dtype=np.int64)

    ended = np.array(gone, dtype=np.int64).reshape(-1, 4)
    return Delta(
        ints(0),
        ints(1),
        ints(2).astype(np.uint8),
        ints(3),
        ints(4),
        ints(5),
        ints(6),
        ints(7),
        ints(8).astype(np.int32),
        ints(9).astype(np.int32),
        list(columns[10]),
        list(columns[11]),
        list(columns[12]),
        canonical,
        ended[:, 0].copy(),
        ended[:, 1].astype(np.int32),
        ended[:, 2].astype(np.uint8),
        ended[:, 3].copy(),
    )


def identifiers(db: Db, seq: int) -> Keys:
    """The official keys of a version, by kind."""
    found = db.execute(
        _IDENTIFIERS,
        (seq,),
    )
    return tuple(found)


def identifiers_of(db: Db, seqs: str) -> dict[int, Keys]:
    """The official keys of many versions (a JSON list of numbers), of those that have any."""
    found: dict[int, Keys] = {}
    for seq, *key in db.execute(_IDENTIFIERS_OF, (seqs,)):
        found[seq] = (*found.get(seq, ()), tuple(key))
    return found


def facts(
    db: Db,
    where: str,
    values: Sequence[Any],
    order: str = "f.seq",
    known: Mapping[int, Keys] | None = None,
) -> Iterator[StoredFact]:
    """Versions that a condition selects; `where` is one of this package's own texts. `known`: the
    official keys of those that have any, where they were read already."""
    for row in db.execute(f"{_FACT} WHERE {where} ORDER BY {order}", values):
        keys = identifiers(db, row[0]) if known is None else known.get(row[0], ())
        rest: tuple[Any, ...] = (*row[:10], orjson.loads(row[10]), *row[11:], keys)
        yield StoredFact(*rest)


def history(db: Db, name: str) -> list[StoredFact]:
    """All versions of `dataset:id`; a dataset's name holds no colon."""
    dataset, _, ident = name.partition(":")
    numbers = [
        row[0]
        for row in db.execute(
            "WITH RECURSIVE version(seq) AS (SELECT abs(r.current) FROM record r"
            " JOIN dataset d ON d.no = r.dataset WHERE r.id = ? AND d.name = ?"
            " UNION ALL SELECT f.prior FROM fact f JOIN version v ON f.seq = v.seq"
            " WHERE f.prior IS NOT NULL) SELECT seq FROM version ORDER BY seq",
            (ident, dataset),
        )
    ]
    return [fact for seq in numbers for fact in facts(db, "f.seq = ?", (seq,))]


def bearers(db: Db, canonical: str) -> list[str]:
    """Records whose current version carries a canonical id."""
    rows = db.execute(
        "SELECT d.name || ':' || f.id FROM identifier i JOIN fact f ON f.seq = i.seq"
        " JOIN dataset d ON d.no = f.dataset"
        " JOIN record r ON r.id = f.id AND r.dataset = f.dataset"
        " WHERE i.canonical = ? AND r.current = i.seq ORDER BY r.first",
        (canonical,),
    )
    return [row[0] for row in rows]
