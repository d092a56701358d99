"""Tracing money and invoices at size: time, memory, and how both grow.

    python -m bench.tracing [--folder FOLDER] [--sizes 0.1 0.333333 1] [--only NAME ...]

Payments: at size 1 ten million transfers of a year among a million accounts, one of which has a
tenth of them. Trade: five million invoices of two years among 300,000 companies, half of them paid
by transfer. Each question is asked in a process of its own on the same store at each size; its
memory is the peak of that process, the columns of the snapshot that it touches included. The growth
is the exponent b of CPU time ~ size^b, fitted over the sizes. Worlds and stores are made where they
are missing (half an hour and 20 GB at all sizes).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from algorithms.registry import ALGORITHMS
from bench import _payments, _trades
from bench._measure import (
    AS_OF,
    ROOT,
    WORK,
    Row,
    at_most,
    finish,
    latencies,
    percentile,
    plain,
    python,
    run,
)
from bench.world import url

SIZES = (0.1, 0.333333, 1.0)
TRACED = 300
MEMORY = 4096.0  # MiB
DEAF = 2.0  # seconds
_OPEN = """
import sys
from graph.snapshot import open_snapshot
from graph.store import open_store
open_snapshot(open_store(sys.argv[1]))
"""
_WORLDS = {
    "transfers": (_payments.generate, _payments.ACCOUNTS),
    "invoices": (_trades.generate, _trades.COMPANIES),
}


@dataclass(frozen=True)
class Asked:
    """A question to measure: on which world, and what it may take there at size 1."""

    world: str
    name: str
    params: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    what: str = ""

    @property
    def label(self) -> str:
        """How its rows are called."""
        return self.what or self.name


QUESTIONS = (
    Asked("transfers", "transfer_cycles", {"max_length": 6, "window": 7}, 60, "temporal cycles"
          " of up to 6 transfers within 7 days"),
    Asked("transfers", "fan_patterns", {}, 60, "fans, scatter-gather and their like"),
    Asked("transfers", "transfer_cycles", {"max_length": 6, "window": 7, "through": "@hub"},
          what="temporal cycles through the busiest account"),
    Asked("transfers", "trace_flow", {"max_depth": 6, "from": "@hub"},
          what="trace from the busiest account"),
    Asked("transfers", "pass_through"),
    Asked("transfers", "layered_flow"),
    Asked("transfers", "fund_pools"),
    Asked("transfers", "rented_accounts"),
    Asked("transfers", "dense_blocks"),
    Asked("transfers", "shared_identifier_rings"),
    Asked("invoices", "invoice_schemes", {}, 120),
)  # fmt: skip
TRACE = Asked("transfers", "trace_flow", {"max_depth": 6})


def place(folder: Path, world: str, size: float) -> Path:
    """The store of a world at a size; written, loaded and opened where it is missing."""
    generate, subjects = _WORLDS[world]
    thousands = round(subjects * size / 1000)
    thousands = thousands if thousands < 100 else thousands // 100 * 100
    home = folder / f"{world}-{thousands}k"
    database, facts = home / "store.db", home / "facts.jsonl"
    if not database.exists():
        home.mkdir(parents=True, exist_ok=True)
        generate(facts, size)
        command = [ROOT / ".venv/bin/linkrisk", "--store", url(database), "ingest"]
        run([*command, "--dataset", "world", facts, "--json"])
        python(_OPEN, url(database))  # or the first question's memory is that of the snapshot made
        facts.unlink()
    return database


def ask(database: Path, asked: Asked, *more: str) -> tuple[dict[str, Any], float]:
    """What a process told about its question, and its peak memory in MiB."""
    takes = ALGORITHMS[asked.name].fields
    params = {"as_of": AS_OF, "time_limit": 600.0, **asked.params}
    params = {name: value for name, value in params.items() if name in takes}
    child = run([sys.executable, "-m", "bench._asked", url(database), asked.name,
                 json.dumps(params), *more])  # fmt: skip
    return json.loads(child.out), child.peak / 2**20


def growth(sizes: list[float], seconds: list[float]) -> float:
    """The exponent b of seconds ~ size^b by least squares of the logarithms."""
    xs, ys = [math.log(x) for x in sizes], [math.log(y) for y in seconds]
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    over = sum((x - mx) ** 2 for x in xs)
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)) / over


def whole(folder: Path, asked: Asked, sizes: list[float]) -> list[Row]:
    """A question about the whole graph at each size."""
    rows, took = [], []
    for size in sizes:
        told, memory = ask(place(folder, asked.world, size), asked)
        took.append(told["cpu"])  # others on the machine do not stretch it
        note = f"{told['rows']} rows, {told['cpu']:.1f} s of CPU"
        note += f"; {told['cut']}" if told["cut"] else ""
        name = f"{asked.label}, size {size:.3g}"
        if size == 1 and asked.seconds is not None:
            rows.append(at_most(name, told["seconds"], asked.seconds, "s", note))
        else:
            rows.append(plain(name, told["seconds"], "s", note))
        deaf = "between two looks at whether it was called off, CPU"
        rows.append(at_most(f"{name}, {deaf}", told["deaf"], DEAF, "s", told["where"])
                    if size == 1 else plain(f"{name}, {deaf}", told["deaf"], "s"))  # fmt: skip
        full = at_most(f"{name}, memory", memory, MEMORY, "MiB")
        rows.append(full if size == 1 else plain(f"{name}, memory", memory, "MiB"))
        print(*rows[-3:], sep="\n", flush=True)
    if len(sizes) > 1:
        rows.append(plain(f"{asked.label}, growth exponent of CPU time", growth(sizes, took), ""))
    return rows


def traced(folder: Path, sizes: list[float]) -> list[Row]:
    """Traces of accounts drawn at random."""
    rows = []
    for size in sizes:
        told, memory = ask(place(folder, TRACE.world, size), TRACE, str(TRACED))
        name = f"trace of 6 payments, size {size:.3g}"
        bounds = {0.99: 50.0} if size == 1 else {}
        rows += latencies(name, [1e3 * each for each in told["each"]], bounds)
        rows.append(plain(f"{name}, CPU p99", 1e3 * percentile(told["cpu"], 0.99), "ms"))
        rows.append(plain(f"{name}, memory", memory, "MiB",
                          f"{told['rows']} rows; {told['cut']} cut by a bound"))  # fmt: skip
    return rows


def main() -> None:
    """Measure what the registry has of these."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, help="not used: sizes are fixed")
    parser.add_argument("--folder", type=Path, default=WORK / "tracing")
    parser.add_argument("--sizes", type=float, nargs="+", default=list(SIZES))
    parser.add_argument("--only", nargs="+")
    given = parser.parse_args()
    wanted = [one for one in (*QUESTIONS, TRACE) if not given.only or one.name in given.only]
    rows = []
    for one in wanted:
        if one.name not in ALGORITHMS:
            print(f"{one.name}: not there, skipped", flush=True)
        elif one is TRACE:
            rows += traced(given.folder, given.sizes)
        else:
            rows += whole(given.folder, one, given.sizes)
    finish("tracing", rows)


if __name__ == "__main__":
    main()
