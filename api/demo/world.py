"""The demo's store: a generated world, and a correction that the register sent later."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from graph.errors import InputError
from graph.times import day_end, format_instant

if TYPE_CHECKING:
    from api.demo.show import Teller
    from graph.snapshot import Snapshot
    from graph.store import Store

DATASET: Final = "demo"
_WORLD, _CORRECTION, _MARK, _STORE = "world.jsonl", "correction.jsonl", "demo.json", "demo.db"


@dataclass(frozen=True)
class World:
    """Where the store is and what is known of it."""

    url: str
    facts: int
    truth: Mapping[str, Any]  # the rings that were planted
    as_of: str
    before: str  # the moment up to which the correction was not known
    corrected: str  # the company whose register was corrected


def prepare(out: Path, entities: int, seed: int, tell: Teller) -> World:
    """Generate, load, correct. Loading what is loaded already changes nothing."""
    from api.progress import Meter
    from graph.store import open_store
    from ingest.generate import generate
    from ingest.generate.days import PRESENT

    out.mkdir(parents=True, exist_ok=True)
    meter = Meter("writing / 写出")
    started = time.perf_counter()
    try:
        made = generate(
            out / _WORLD, entities, seed, dataset=DATASET,
            progress=lambda done, total: meter(done, total, done),
        )  # fmt: skip
    finally:
        meter.close()
    tell.generated(out / _WORLD, made.counts, time.perf_counter() - started)
    url = _place(out, entities, seed)
    store = open_store(url, create=True)
    as_of = (date(1970, 1, 1) + timedelta(PRESENT)).isoformat()
    try:
        _load(store, out / _WORLD, tell)
        before, corrected = _correct(store, out, as_of)
        _load(store, out / _CORRECTION, tell)
    finally:
        store.close()
    return World(url, made.facts, made.truth, as_of, before, corrected)


def _load(store: Store, path: Path, tell: Teller) -> None:
    from api.progress import Meter
    from ingest.load import load

    started = time.perf_counter()
    meter = Meter("reading / 读取")
    try:
        receipt = load(store, [path], dataset=DATASET, format="native", progress=meter)
    finally:
        meter.close()
    tell.loaded(path, receipt, time.perf_counter() - started)


def _place(out: Path, entities: int, seed: int) -> str:
    """The store's address; a store of another world, made by an earlier demo, is taken away."""
    path, mark = out / _STORE, out / _MARK
    digest = hashlib.sha256((out / _WORLD).read_bytes()).hexdigest()
    wanted = orjson.dumps({"entities": entities, "seed": seed, "world": digest})
    if path.exists() and not (mark.exists() and mark.read_bytes() == wanted):
        if not mark.exists():
            raise InputError(f"{path} is a store that the demo did not make: name another --out")
        for name in (_STORE, f"{_STORE}-wal", f"{_STORE}-shm"):
            (out / name).unlink(missing_ok=True)
        for name in (f"{_STORE}.snapshot", f"{_STORE}.quarantine"):
            shutil.rmtree(out / name, ignore_errors=True)
    mark.write_bytes(wanted)
    return f"sqlite:///{path}"


def _correct(store: Store, out: Path, as_of: str) -> tuple[str, str]:
    """Write the correction: two holders whose shares the register had the wrong way round.

    Returns the last moment before it and the company. It is chosen from what was known then, so
    that a second run writes the same bytes.
    """
    from api.native import native
    from graph.live import open_live
    from graph.snapshot import snapshot_of

    last = [batch for batch in store.batches() if batch.file == _WORLD][-1]
    before = format_instant(last.recorded_at)
    snapshot = snapshot_of(open_live(store), before)
    company, rows = _two_holders(snapshot, day_end(as_of))
    versions = [store.history(snapshot.fact_id(row))[0] for row in rows]
    lines = [native(version, masked=False) for version in versions]
    lines[0]["share"], lines[1]["share"] = lines[1]["share"], lines[0]["share"]
    lines[0]["amount"], lines[1]["amount"] = lines[1]["amount"], lines[0]["amount"]
    for number, line in enumerate(lines, 1):
        line["source"] = {"dataset": DATASET, "record": str(number)}
    (out / _CORRECTION).write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return before, company


def _two_holders(snapshot: Snapshot, at: int) -> tuple[str, list[int]]:
    """A company held by two, one of them by over half, and the rows of their holdings.

    A black-listed company comes first: whom a measure reaches then changes with the correction.
    """
    columns, rep = snapshot.columns, snapshot.nodes.rep
    held: dict[int, list[int]] = {}
    for row in snapshot.rows("shareholder", at).tolist():
        held.setdefault(int(rep[columns.dst[row]]), []).append(row)
    best: tuple[tuple[bool, float, str], list[int]] | None = None
    for company, rows in held.items():
        shares = [int(columns.value[row]) / 1e15 for row in rows]
        holders = {int(rep[columns.src[row]]) for row in rows}
        plain = len(rows) == 2 and len(holders | {company}) == 3
        if not plain or not 0 < min(shares) < 0.5 < max(shares) or any(map(snapshot.extra, rows)):
            continue
        listed = any(e.get("list") == "black" for e in snapshot.listings(company, at))
        rank = (not listed, -abs(shares[0] - shares[1]), snapshot.records(company)[0])
        if best is None or rank < best[0]:
            best = rank, rows
    if best is None:
        raise InputError("this world has no company held by two: take another --seed")
    return best[0][2], sorted(best[1])
