"""Features of every account at size, and beside IBM's Graph Feature Preprocessor.

    python -m bench.features [--folder FOLDER] [--sizes 0.1 0.333333 1] [--peer PYTHON]

The stores are those of `bench.tracing`: at size 1 ten million transfers of a year among a million
accounts, one of which has a tenth of them. All groups but the detectors' findings, windows of 7,
30, 90 and 365 days and ever, as of the last day; in a process of its own, its peak memory with what
it touches of the snapshot.

With `--peer`, a Python that has snapml (proprietary; not a dependency of this project) computes its
features of the same transfers: agreement on graphs without parallel transfers, pattern by pattern,
and how many transfers a second each does. The two are not the same work: the peer tells each
transfer of what is around it when it comes, we tell each account as of a day.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms.features.making import features
from algorithms.features.table import Features
from bench._measure import ROOT, WORK, Row, at_least, at_most, finish, plain, run
from bench.tracing import MEMORY, SIZES, growth, place
from bench.world import url
from graph.facts import Normaliser
from graph.snapshot import Snapshot, open_snapshot
from graph.store import open_store
from graph.times import DAY as MICROS
from graph.times import day_end, format_instant

SECONDS = 120.0
DAY = "2024-12-30"
_WINDOW = 7
_PLANTED = 60  # accounts of scatter-gathers, six each
_ORDER = ("fan", "degree", "ratio", "mean", "sum", "min", "max", "median", "var", "skew",
          "kurtosis")  # fmt: skip
_STATISTICS = 30  # where the peer's vertex statistics begin: after 6 histograms of 5 bins
F64 = npt.NDArray[np.float64]


def sized(folder: Path, sizes: list[float]) -> list[Row]:
    """All accounts at each size."""
    rows, took = [], []
    for size in sizes:
        database = place(folder, "transfers", size)
        command = [sys.executable, "-m", "bench._featured", url(database), "account", DAY]
        if not took:
            run(command)  # the compiler
        child = run(command)
        told = json.loads(child.out)
        took.append(told["cpu"])
        name = f"features of {told['rows']:,} accounts, {round(10_000_000 * size):,} transfers"
        groups = ", ".join(f"{g} {cpu:.1f}" for g, (_, cpu) in told["groups"].items())
        note = f"{told['columns']} columns; {told['cpu']:.1f} s of CPU ({groups})"
        note += "".join(f"; {cut}" for cut in told["cut"])
        full = size == 1
        rows.append(at_most(name, told["seconds"], SECONDS, "s", note) if full
                    else plain(name, told["seconds"], "s", note))  # fmt: skip
        memory = child.peak / 2**20
        note = f"of which the table is {told['bytes'] / 2**20:,.0f}"
        rows.append(at_most(f"{name}, memory", memory, MEMORY, "MiB", note) if full
                    else plain(f"{name}, memory", memory, "MiB", note))  # fmt: skip
        print(*rows[-2:], sep="\n", flush=True)
    if len(sizes) > 1:
        rows.append(plain("features, growth exponent of CPU time", growth(sizes, took), ""))
    return rows


def peers(python: str, edges: F64, batch: int) -> tuple[F64, float]:
    """What the peer adds to each edge, and the seconds it took."""
    with tempfile.TemporaryDirectory() as name:
        given, out = Path(name) / "edges.npy", Path(name) / "out.npy"
        np.save(given, edges)
        command = [python, ROOT / "bench" / "_peer_features.py", given, out,
                   str(_WINDOW * 86_400), str(batch)]  # fmt: skip
        done = subprocess.run(
            [str(part) for part in command], check=True, capture_output=True, timeout=900
        )
        return np.load(out), float(done.stdout)


def drawn(accounts: int, count: int, seed: int) -> F64:
    """Edges without parallel ones, each at a second of its own within the window; among them sets
    of accounts that are paid by one and then pay one other."""
    draw = np.random.default_rng(seed)
    scattered = draw.permutation(accounts)[:_PLANTED].reshape(-1, 6)
    first = np.concatenate([part[0] * accounts + part[1:5] for part in scattered])
    second = np.concatenate([part[1:5] * accounts + part[5] for part in scattered])
    rest = np.setdiff1d(draw.permutation(accounts * accounts)[: 2 * count], [*first, *second])
    rest = draw.permutation(rest[rest % accounts != rest // accounts])
    half = (count - len(first) - len(second)) // 2
    early = draw.permutation([*first, *rest[:half]])
    late = draw.permutation([*second, *rest[half : 2 * half]])
    pairs = np.concatenate([early, late])
    src, dst = np.divmod(pairs, accounts)
    at = np.sort(draw.choice(_WINDOW * 86_400 - 1, count, replace=False))
    cents = draw.integers(1, 100_000, count)
    return np.column_stack([np.arange(count), src, dst, at, cents]).astype(float)


def ours(edges: F64, accounts: int) -> tuple[Features, npt.NDArray[np.int64]]:
    """Our table of a store of the same transfers, and the row of each account."""
    first = day_end(DAY) + 1 - _WINDOW * MICROS
    with tempfile.TemporaryDirectory() as name:
        store = open_store(url(Path(name) / "s.db"), create=True)
        normaliser = Normaliser("d", store.id_key)
        facts: list[dict[str, Any]] = [
            {"kind": "account", "id": f"a{number}"} for number in range(accounts)
        ]
        for number, src, dst, at, cents in edges.astype(np.int64).tolist():
            facts.append({
                "kind": "transfer", "id": f"t{number}", "from": f"a{src}", "to": f"a{dst}",
                "amount": f"{cents // 100}.{cents % 100:02}",
                "at": format_instant(first + 1_000_000 * at),
            })  # fmt: skip
        store.write("b", [normaliser.row(fact) for fact in facts])
        snapshot = open_snapshot(store)
        made = features(snapshot, "account", DAY, groups=["money", "motifs"], windows=[_WINDOW])
        rows = made.rows(np.array([snapshot.resolve(f"d:a{n}") for n in range(accounts)]))
        store.close()
    return made, rows


def agreement(python: str) -> list[Row]:
    """How many accounts both tell the same of, on random graphs without parallel transfers."""
    accounts, count = 1_000, 6_000
    edges = drawn(accounts, count, 1)
    out, _ = peers(python, edges, count)
    made, place_of = ours(edges, accounts)
    src, dst = edges[:, 1].astype(int), edges[:, 2].astype(int)
    rows = []
    for at, length in enumerate(range(2, 6)):
        theirs = np.zeros(accounts)
        np.add.at(theirs, src, out[:, 25 + at])  # a cycle leaves each of its accounts once
        mine = made.column(f"transfer_cycle{length}_{_WINDOW}d")[place_of]
        note = f"{int(theirs.sum() / length)} cycles"
        rows.append(_same(f"cycles of {length} in order of time", mine, theirs, 1.0, note))
    for at, name in enumerate(_ORDER):
        # Of the source first its transfers out, then those in; of the target the same.
        for way, end, column in (("out", src, 0), ("in", dst, 33)):
            theirs = np.full(accounts, np.nan)
            theirs[end] = out[:, _STATISTICS + column + at]
            rows.append(_statistic(name, way, made, place_of, theirs))
    rows.append(_scatters(out, (src, dst), made, place_of))
    return rows


def _same(what: str, mine: Any, theirs: Any, least: float, note: str) -> Row:
    same = np.isclose(mine, theirs, rtol=1e-4, atol=1e-6)
    return at_least(f"agreement with the peer, {what}", float(same.mean()), least, "", note)


def _statistic(name: str, way: str, made: Features, place_of: Any, theirs: F64) -> Row:
    def ours_of(what: str) -> F64:
        column = made.column(f"money_{way}_{what}_{_WINDOW}d")[place_of]
        return np.asarray(column, np.float64)

    note = ""
    if name == "fan":
        mine = ours_of("partners")
    elif name == "degree":
        mine = ours_of("transfers")
    elif name == "ratio":
        mine = ours_of("per_partner")
    elif name == "var":
        mine = (100 * ours_of("std")) ** 2
        note = "ours is its root; where amounts differ by little it is 0 there"
    elif name in ("skew", "kurtosis"):
        mine = np.nan_to_num(ours_of(name))
        note = "0 there where all amounts are equal, not known here"
        if name == "kurtosis":
            mine = np.where(np.isnan(ours_of(name)), 0.0, ours_of(name) + 3)
            note += "; ours is the excess over 3"
    else:
        mine = 100 * ours_of(name)
    has = ~np.isnan(theirs)  # the peer tells of accounts at that end of some transfer
    return _same(f"{name} of amounts {way}", mine[has], theirs[has], 0.995, note)


def _scatters(out: F64, ends: Any, made: Features, place_of: Any) -> Row:
    """Who is part of a scatter-gather over three or more."""
    theirs = np.zeros(len(place_of), np.bool_)
    some = out[:, 21:25].sum(axis=1) > 0
    for end in ends:
        theirs[end[some]] = True
    mine = np.zeros(len(place_of), np.bool_)
    for role in ("source", "sink", "middle"):
        mine |= made.column(f"transfer_scatter_{role}_{_WINDOW}d")[place_of] > 0
    note = (
        f"part of one there {int(theirs.sum())}, here {int(mine.sum())}, of these there too"
        f" {int((mine & theirs).sum())}: the peer looks at pairs whatever their order, here money"
        " goes on only after it came"
    )
    return plain("agreement with the peer, part of a scatter-gather over 3 or more",
                 float((mine == theirs).mean()), "", note)  # fmt: skip


def rates(python: str, folder: Path) -> list[Row]:
    """Transfers a second of each, on the first of the year."""
    snapshot: Snapshot = open_snapshot(open_store(url(place(folder, "transfers", 0.1))))
    cols, rows = snapshot.columns, snapshot.rows("transfer")
    rows = rows[np.argsort(cols.vf[rows], kind="stable")][:100_000]
    seconds = (cols.vf[rows] - cols.vf[rows[0]]) // 1_000_000
    edges = np.column_stack([
        np.arange(len(rows)), cols.src[rows], cols.dst[rows], seconds, cols.value[rows],
    ]).astype(float)  # fmt: skip
    _, took = peers(python, edges, 1_000)
    database = place(folder, "transfers", 0.1)
    child = run([sys.executable, "-m", "bench._featured", url(database), "account", DAY])
    told = json.loads(child.out)
    spent = sum(told["groups"][name][0] for name in ("degree", "money", "motifs"))
    return [
        plain("the peer, transfers a second", len(rows) / took, "",
              f"{len(rows):,} transfers in batches of 1,000, two threads, window of 7 days"),
        plain("ours, transfers a second", 1_000_000 / spent, "",
              f"degree, money and motifs of {told['rows']:,} accounts in five windows"),
    ]  # fmt: skip


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, help="not used: sizes are fixed")
    parser.add_argument("--folder", type=Path, default=WORK / "tracing")
    parser.add_argument("--sizes", type=float, nargs="*", default=list(SIZES))
    parser.add_argument("--peer", help="a Python that has snapml")
    given = parser.parse_args()
    rows = sized(given.folder, given.sizes) if given.sizes else []
    if given.peer:
        rows += agreement(given.peer)
        rows += rates(given.peer, given.folder)
    finish("features", rows)


if __name__ == "__main__":
    main()
