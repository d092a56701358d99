"""AMLSim samples: counts and sums against the files themselves, ids, days and odd rows."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from graph.errors import BadFile
from graph.snapshot import open_snapshot
from graph.store import Store
from ingest.load import load
from ingest.readers import default_dataset, detect
from tests.ingest.helpers import facts, read, rejects

SAMPLES = ("20K_cycle200", "20K_fanin200", "20K_fanin200cycle200")


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_row_of_a_sample_is_a_fact(data_dir: Path, sample: str) -> None:
    folder = data_dir / "amlsim" / sample
    assert detect(folder) == "amlsim"
    items = read(folder, "amlsim")
    assert rejects(items) == []
    with (folder / "nodes.csv").open() as file:
        nodes = list(csv.DictReader(file))
    with (folder / "transactions.csv").open() as file:
        rows = list(csv.DictReader(file))
    accounts, transfers = facts(items, "account"), facts(items, "transfer")
    assert [a["id"] for a in accounts] == [f"a{node['nodeid']}" for node in nodes]
    assert Counter(a["attrs"]["fraud"] for a in accounts) == Counter(
        node["isFraud"] == "1" for node in nodes
    )
    assert [(t["from"], t["to"], t["amount"]) for t in transfers] == [
        (f"a{r['sourceNodeId']}", f"a{r['targetNodeId']}", r["value"]) for r in rows
    ]
    assert len({t["id"] for t in transfers}) == len(rows)


def test_a_sample_loads_whole(data_dir: Path, store: Store) -> None:
    folder = data_dir / "amlsim" / "20K_fanin200"
    receipt = load(store, [folder])
    assert receipt.quarantined == 0
    assert receipt.loaded == receipt.read == 20_000 + 118_250
    snapshot = open_snapshot(store)
    rows = snapshot.rows("transfer")
    with (folder / "transactions.csv").open() as file:
        total = sum(Decimal(row["value"]) for row in csv.DictReader(file))
    assert int(snapshot.columns.value[rows].sum()) == total * 100
    again = load(store, [folder])
    assert (again.loaded, again.duplicates) == (0, again.read)


NODES = "nodeid,isFraud,init_balance,fraudStep\n"
MOVES = "sourceNodeId,targetNodeId,value,time\n"


def test_steps_are_days_after_the_base_date(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text(f"{NODES}7,1,184.44,31\n9,0,3.00,-1\n\n")
    (tmp_path / "transactions.csv").write_text(f"{MOVES}7,9,10.5,0\r\n7,9,10.5,0\n7,9,1,365\n")
    items = read(tmp_path, "amlsim")
    assert facts(items, "account") == [
        {"kind": "account", "id": "a7", "source": {"dataset": "d", "file": "nodes.csv",
         "record": "2"}, "attrs": {"fraud": True, "initial_balance": "184.44",
         "fraud_on": "2017-02-01"}},
        {"kind": "account", "id": "a9", "source": {"dataset": "d", "file": "nodes.csv",
         "record": "3"}, "attrs": {"fraud": False, "initial_balance": "3.00"}},
    ]  # fmt: skip
    moved = facts(items, "transfer")
    assert [(t["id"], t["at"]) for t in moved] == [
        ("t-a7-a9-0", "2017-01-01"), ("t-a7-a9-0-2", "2017-01-01"), ("t-a7-a9-365", "2018-01-01"),
    ]  # fmt: skip


def test_odd_rows_are_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"{MOVES}1,x,5,3\n1,2,5\n1,2,5,-4\n1,2,5,999999999\n1,2,5,3\n")
    assert detect(path) == "amlsim"
    assert default_dataset(path, "amlsim") == "amlsim"
    items = read(path, "amlsim")
    assert [(line, column) for line, column, _ in rejects(items)] == [
        (2, "targetNodeId"), (3, None), (4, "time"), (5, "time"),
    ]  # fmt: skip
    assert len(facts(items)) == 1
    path.write_text(f"{NODES}1,2,5,-1\n")
    assert [column for _, column, _ in rejects(read(path, "amlsim"))] == ["isFraud"]


def test_what_is_no_sample(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadFile, match="header"):
        read(tmp_path / "nodes.csv", "amlsim")
    with pytest.raises(BadFile, match=r"no transactions\.csv"):
        read(tmp_path, "amlsim")
    with pytest.raises(BadFile, match="no known format"):
        detect(tmp_path)
