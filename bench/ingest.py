"""Ingest of native JSON Lines: validated, durable, in a process of its own as a user runs it.

    python -m bench.ingest [--entities N] [--large]

The rate counts the whole command, start of the interpreter included; memory is that of the
command and its helpers together. `--large` does the same on ten times the facts. The baseline
beside it parses the same lines and inserts them into one SQLite table without any check, key or
history, committed every 20,000 rows: what the disk and the parser alone allow.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import time
from itertools import islice
from pathlib import Path

import orjson

from bench._measure import WORK, Row, at_least, at_most, finish, plain
from bench.world import MILLION, drop, load, world

BASELINE = 800_000


def baseline(source: Path) -> float:
    """Facts per second of parsing and inserting without checks."""
    database = WORK / "bench-baseline.db"
    drop(database)
    db = sqlite3.connect(database, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE fact(id TEXT PRIMARY KEY, kind TEXT, a TEXT, b TEXT, body BLOB)")
    start, done = time.perf_counter(), 0
    with source.open("rb") as file:
        while done < BASELINE and (lines := list(islice(file, 20_000))):
            facts = [orjson.loads(line) for line in lines]
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                "INSERT INTO fact VALUES(?,?,?,?,?)",
                [
                    (f["id"], f["kind"], f.get("from"), f.get("to"), line)
                    for f, line in zip(facts, lines, strict=True)
                ],
            )
            db.execute("COMMIT")
            done += len(lines)
    seconds = time.perf_counter() - start
    db.close()
    drop(database)
    return done / seconds


def measure(entities: int) -> tuple[float, list[Row]]:
    """Load a world into a new store, which is kept for the other benchmarks."""
    source = world(entities)
    database = source.with_suffix(".db")
    child = load(source, database)
    receipt = json.loads(child.out)
    assert receipt["quarantined"] == 0 and receipt["loaded"] == receipt["read"], receipt
    rate = receipt["loaded"] / child.seconds
    size = sum(p.stat().st_size for p in database.parent.glob(f"{database.name}*") if p.is_file())
    name = f"ingest of {receipt['loaded']:,} facts"
    return rate, [
        at_least(
            name, rate, 60_000, "facts/s", f"{child.seconds:.1f} s in all, {child.cpu:.1f} s of CPU"
        ),
        at_most(f"{name}, memory of all processes", child.peak / 2**20, 1536, "MiB"),
        plain(f"{name}, store on disk", size / receipt["loaded"], "bytes/fact"),
    ]


def main() -> None:
    """Measure, baseline first and last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    parser.add_argument("--large", action="store_true")
    given = parser.parse_args()
    source = world(given.entities)
    before = baseline(source)
    rate, rows = measure(given.entities)
    after = baseline(source)
    peer = (before + after) / 2
    rows.append(
        plain(
            "plain SQLite inserts, no checks",
            peer,
            "facts/s",
            f"ingest reaches {rate / peer:.2f} of it",
        )
    )
    if given.large:
        large, more = measure(given.entities * 10)
        rows += more
        rows.append(at_least("rate on ten times the facts", large / rate, 0.8, "of the rate"))
        drop(world(given.entities * 10).with_suffix(".db"))
    finish("ingest", rows)


if __name__ == "__main__":
    main()
