"""Detectors on the samples of AMLSim: how many of the accounts they flag are flagged there.

    python -m bench.amlsim [--data FOLDER] [--only NAME ...]

Each sample (20,000 accounts, some 118,000 transfers, planted cycles and fan-ins) is loaded as it
is, and each detector asked of it as stated. An account counts as accused where a finding has it
among its members; its score is that of the best such finding. Average precision ranks accounts by
it. The samples carry flags on accounts alone: which of them belong together is not said.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from algorithms import registry
from bench._measure import ROOT, Row, finish, show
from graph.snapshot import Snapshot, open_snapshot
from graph.store import open_store
from ingest.load import load

SAMPLES = {
    "20K_cycle200": "200 cycles",
    "20K_fanin200": "200 fan-ins",
    "20K_fanin200cycle200": "200 cycles and 200 fan-ins",
}
AS_OF = "2026-06-01"
ASKED: Sequence[tuple[str, str, Mapping[str, Any]]] = (
    ("transfer_cycles", "in order of time, of up to 8, no window", {}),
    ("transfer_cycles", "in order of time, of up to 8, kept within 10 %", {"tolerance": 0.1}),
    ("transfer_cycles", "in any order, of up to 5", {"any_order": True, "max_length": 5}),
    ("fan_patterns", "as it is", {}),
    ("pass_through", "as it is", {}),
    ("layered_flow", "as it is", {}),
    ("dense_blocks", "as it is", {}),
    ("cases", "as it is", {}),
)


def flagged(folder: Path) -> set[str]:
    """The accounts that a sample flags."""
    with (folder / "nodes.csv").open() as file:
        return {f"amlsim:a{r['nodeid']}" for r in csv.DictReader(file) if r["isFraud"] == "1"}


def planted(folder: Path) -> list[Row]:
    """What of the planted patterns is in the transfers: those that a flagged account makes to
    another on the day that the sample says it acted."""
    import networkx as nx

    with (folder / "nodes.csv").open() as file:
        acts = {r["nodeid"]: r["fraudStep"] for r in csv.DictReader(file) if r["isFraud"] == "1"}
    graph = nx.DiGraph()
    with (folder / "transactions.csv").open() as file:
        for row in csv.DictReader(file):
            a, b, day = row["sourceNodeId"], row["targetNodeId"], row["time"]
            if a in acts and b in acts and acts[a] == day:
                graph.add_edge(a, b, day=int(day))
    cycles = list(nx.simple_cycles(graph, length_bound=8))
    fans = [node for node, payers in graph.in_degree() if payers >= 3]
    days = [[graph[a][node]["day"] for a in graph.predecessors(node)] for node in fans]
    week = sum(max(each) - min(each) <= 7 for each in days)
    acted = sum(int(step) >= 0 for step in acts.values())
    told = (
        f"of {len(acts)} flagged accounts {acted} act; whole cycles {len(cycles)}, in order of time"
        f" {sum(_in_order(graph, cycle) for cycle in cycles)}; accounts that 3 or more pay"
        f" {len(fans)}, within a week {week}"
    )
    return [Row(f"{folder.name}: planted, as far as it is there", "", note=told)]


def _in_order(graph: Any, cycle: Sequence[str]) -> bool:
    """Whether days do not fall round a cycle but once."""
    hops = zip(cycle, [*cycle[1:], cycle[0]], strict=True)
    days = [graph[a][b]["day"] for a, b in hops]
    return sum(a > b for a, b in zip(days, [*days[1:], days[0]], strict=True)) <= 1


def accused(
    snapshot: Snapshot, name: str, params: Mapping[str, Any]
) -> tuple[dict[str, float], str]:
    """The best score of each account in a finding, and what to note."""
    takes = registry.ALGORITHMS[name].fields
    given = {"as_of": AS_OF, "max_rows": 100_000, "time_limit": 300.0}
    asked = {key: value for key, value in given.items() if key in takes} | dict(params)
    answer = registry.ask(snapshot, name, asked)
    best: dict[str, float] = {}
    for row in answer["results"]:
        for member in row.members:
            best[member] = max(best.get(member, 0.0), row.score)
    cut = answer["truncated"]
    said = f"{len(answer['results'])} findings" + (
        f"; {cut.reason.partition(' / ')[0]}" if cut else ""
    )
    return best, said


def average_precision(best: Mapping[str, float], true: set[str]) -> float:
    """Precision summed over the steps of recall, accounts by score; equal scores are one step."""
    by_score: dict[float, list[str]] = {}
    for name, score in best.items():
        by_score.setdefault(score, []).append(name)
    hits = seen = 0
    total = 0.0
    for score in sorted(by_score, reverse=True):
        fresh = sum(name in true for name in by_score[score])
        hits, seen = hits + fresh, seen + len(by_score[score])
        total += fresh / len(true) * hits / seen
    return total


def rows_of(snapshot: Snapshot, sample: str, true: set[str], only: list[str]) -> list[Row]:
    """What each detector that is there makes of a sample."""
    rows = []
    for name, how, params in ASKED:
        if only and name not in only:
            continue
        if name not in registry.ALGORITHMS:
            print(f"{name}: not there, skipped", flush=True)
            continue
        best, said = accused(snapshot, name, params)
        for least in (0.0, 0.5):
            found = {account for account, score in best.items() if score >= least}
            hits = len(found & true)
            precision = hits / len(found) if found else 0.0
            figure = f"precision {show(precision)}, recall {show(hits / len(true))}"
            note = f"{len(found)} accounts at score ≥ {least}; {said}"
            rows.append(Row(f"{sample}: {name} {how}", figure, note=note))
        ranked = average_precision(best, true)
        chance = len(true) / 20_000
        rows.append(Row(f"{sample}: {name} {how}, average precision", show(ranked),
                        note=f"{show(chance)} of the accounts are flagged"))  # fmt: skip
        print(rows[-3], rows[-1], flush=True)
    return rows


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    usual = os.environ.get("LINKRISK_TEST_DATA", ROOT.parent / "shared" / "data")
    parser.add_argument("--entities", type=int, help="not used: the samples are what they are")
    parser.add_argument("--data", type=Path, default=Path(usual))
    parser.add_argument("--only", nargs="+", default=[])
    asked = parser.parse_args()
    folder = asked.data / "amlsim"
    rows = []
    for sample, what in SAMPLES.items():
        with tempfile.TemporaryDirectory() as scratch:
            store = open_store(f"sqlite:///{scratch}/s.db", create=True)
            receipt = load(store, [folder / sample])
            true = flagged(folder / sample)
            rows.append(Row(f"{sample}: loaded", f"{receipt.loaded:,} facts",
                            note=f"{receipt.quarantined} quarantined; {what},"
                            f" {len(true)} accounts flagged"))  # fmt: skip
            rows += planted(folder / sample)
            rows += rows_of(open_snapshot(store), sample, true, asked.only)
            store.close()
    finish("amlsim", rows)


if __name__ == "__main__":
    main()
