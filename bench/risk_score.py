"""What `linkrisk risk-score` takes on a large store: the first hundred, one subject, no model.

    python -m bench.risk_score [--entities N] [--no-rules]

A model with all default features is trained on a small world with schemes and lies beside the large
one (which has none: what is measured is time, not rank). Each question is a process of its own, its
kernels compiled before; of one subject also in a process that lives. Tenfold: the same on a store
of a tenth.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from bench._measure import AS_OF, ROOT, Child, Row, finish, percentile, plain, run
from bench.world import MILLION, store, url
from graph.store import open_store
from ingest.generate import generate
from ingest.load import load

SEED = 7101  # of the worlds that `bench.risk_model` trains on
SIZE = 4_000
DAYS = ("2025-03-01", "2025-08-01", "2025-12-01", "2026-06-01")
NAME = "bench"
ASKED = 20  # subjects that a process which lives is asked about


def train(folder: Path) -> None:
    """A model of accounts in the folder that all stores of this process keep their state in."""
    from api.models.making import train as carried_out
    from api.models.showing import Label, TrainAsked
    from api.session import Session

    path, database = folder / "small.jsonl", folder / "small.db"
    made = generate(path, SIZE, SEED, schemes="hard")
    opened = open_store(url(database), create=True)
    load(opened, [path])
    opened.close()
    labels = [
        Label(id=name, day=(each["ends"] or each["begins"])[:10])
        for each in made.truth["schemes"]
        if not each["innocent"] and each["begins"]
        for name in [*each["members"], *each.get("tools", ())]
        if name[0] == "a" and name[1:].isdigit()
    ]
    fit, calibrate, test, until = DAYS
    asked = TrainAsked(
        name=NAME, as_of=fit, calibrate_as_of=calibrate, test_as_of=test, until=until,
        labels=labels, rules=False, use=True,
    )  # fmt: skip
    with Session(url(database)) as session:
        carried_out(session, asked, "bench")


def asked(database: Path, *more: str) -> Child:
    """The command, in a process of its own."""
    return run([
        sys.executable, "-m", "api.cli", "--store", url(database), "--json", "risk-score",
        "--as-of", AS_OF, *more,
    ])  # fmt: skip


def alive(database: Path) -> tuple[list[float], list[str]]:
    """CPU milliseconds of one subject after the other in this process, and some names."""
    from api.session import Session
    from graph import compiled

    compiled.warm()
    times = []
    with Session(url(database)) as session:
        snapshot = session.snapshot()
        accounts = snapshot.subjects("account")
        chosen = np.random.default_rng(0).choice(accounts, ASKED + 1, replace=False)
        names = snapshot.canonicals(chosen.tolist())
        for name in names:
            begun = time.process_time()
            session.ask("risk_score", {"subject": name, "as_of": AS_OF})
            times.append((time.process_time() - begun) * 1e3)
    return times[1:], names  # the first one compiles


def sized(entities: int, *, rules: bool) -> tuple[list[Row], dict[str, float]]:
    """All questions on a store of this size; and the CPU of each."""
    database = store(entities)
    times, names = alive(database)
    questions: dict[str, list[str]] = {
        "the first hundred": ["--top", "100"],
        "one subject": ["--subject", names[1]],
    }
    if rules:
        questions["the first hundred, no model in use"] = ["--top", "100", "--model", "rules"]
    rows, took = [], {}
    for what, more in questions.items():
        if what == "the first hundred":
            asked(database, *more)  # the compiler
        child = asked(database, *more)
        took[what] = child.cpu
        note = f"{child.cpu:.1f} s of CPU, {child.peak / 2**20:,.0f} MiB at most"
        rows.append(plain(f"{what}, {entities:,} entities", child.seconds, "s", note))
    what = "one subject, in a process that lives, CPU"
    took[what] = percentile(times, 0.5)
    rows.append(plain(f"{what}, {entities:,} entities, p50", took[what], "ms",
                      f"worst of {ASKED}: {max(times):,.0f} ms"))  # fmt: skip
    return rows, took


def main() -> None:
    """Train, ask both sizes, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    parser.add_argument("--no-rules", action="store_true", help="detectors are not asked")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=ROOT / "work") as scratch:
        os.environ["LINKRISK_STATE"] = str(Path(scratch) / "state")
        train(Path(scratch))
        rules = not given.no_rules
        few, small = sized(given.entities // 10, rules=rules)
        many, large = sized(given.entities, rules=rules)
    rows = [*many, *few]
    for what, cpu in large.items():
        rows.append(plain(f"{what}: ten times the world takes", cpu / small[what], "times of CPU"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    rows.append(plain("a process that lives, asked about single subjects, memory", peak, "MiB",
                      "with what training on the small world took"))  # fmt: skip
    finish("risk_score", rows)


if __name__ == "__main__":
    main()
