"""Small worlds of holdings in a store, and the answers on them, for the tests of ownership."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from algorithms.registry import ask, encode
from graph.facts import Normaliser
from graph.snapshot import Snapshot, open_snapshot
from graph.store import open_store

DATA = Path(os.environ.get("LINKRISK_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))


def needs(path: str) -> Path:
    """A file of the test data; without it a test is skipped, or fails where CI is set."""
    found = DATA / path
    if not found.exists():
        if os.environ.get("CI"):
            pytest.fail(f"test data missing: {found}")
        pytest.skip(f"test data missing: {found}")
    return found


def world(
    folder: Path, holdings: Iterable[Mapping[str, Any]], extra: Iterable[Mapping[str, Any]] = ()
) -> Snapshot:
    """A snapshot of these holdings (`from`, `to`, `share` ...); ends called p… are persons."""
    facts = [{"kind": "shareholder", "id": f"h{i}", **h} for i, h in enumerate(holdings)]
    ends = {f[end] for f in facts for end in ("from", "to")}
    owned = {f["to"] for f in facts}
    given = {f["id"] for f in extra if f["kind"] in ("company", "person")}
    entities = [
        {"kind": "person" if e.lower().startswith("p") and e not in owned else "company", "id": e}
        for e in sorted(ends - given)
    ]
    store = open_store(f"sqlite:///{folder}/s.db", create=True)
    normalise = Normaliser("d", store.id_key)
    rows = [normalise.row(fact) for fact in [*entities, *extra, *facts]]
    written = store.write("batch", rows)
    assert not written.rejected
    return open_snapshot(store)


def holding(owner: str, owned: str, share: object, **fields: object) -> dict[str, Any]:
    """One holding as a fact without an id."""
    return {"from": owner, "to": owned, "share": share, **fields}


def answer(snapshot: Snapshot, name: str, **params: Any) -> dict[str, Any]:
    """The envelope as a caller gets it: asked through the registry, read back from JSON."""
    found: dict[str, Any] = json.loads(encode(ask(snapshot, name, params)))
    return found


def plain(name: str) -> str:
    """`d:c1` -> `c1`."""
    return name.split(":", 1)[1]


def examples() -> dict[str, dict[str, Any]]:
    """The published examples by their id."""
    path = needs("ownership_worked_examples.json")
    return {e["id"]: e for e in json.loads(path.read_text(encoding="utf-8"))}


def finbench() -> dict[tuple[str, str], Fraction]:
    """Every investment of the FinBench snapshot as written, persons p…, companies c…."""
    register: dict[tuple[str, str], Fraction] = {}
    for file, letter in (("PersonInvestCompany.csv", "p"), ("CompanyInvestCompany.csv", "c")):
        path = needs(f"finbench_sf01/snapshot/{file}")
        with path.open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines, delimiter="|"):
                pair = (letter + row["investorId"], "c" + row["companyId"])
                share = Fraction(Decimal(row["ratio"]))
                register[pair] = register.get(pair, Fraction(0)) + share
    return register
