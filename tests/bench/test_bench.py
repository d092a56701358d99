"""The benchmarks run on a small world and agree with their peers; their figures are not tested."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bench import _measure, run
from bench._contest import reached
from bench._cypher import Bolt
from bench._measure import AS_OF, Row, at_least, at_most, percentile, table
from bench._questions import COUNTS, FORMS, in_process, parties, questions
from bench.run import NAMES
from graph.facts import Normaliser
from graph.snapshot import open_snapshot
from graph.store import open_store
from tests.neo4j_server.served import Served
from tests.stores.cookbook_world import address

ROOT = Path(__file__).parent.parent.parent


def test_percentiles_are_of_the_nearest_rank() -> None:
    """Worked example of the nearest-rank method: 15, 20, 35, 40, 50."""
    values = [35.0, 20.0, 15.0, 50.0, 40.0]
    assert [percentile(values, q) for q in (0.05, 0.3, 0.4, 0.5, 1.0)] == [15, 20, 20, 35, 50]
    assert percentile(list(range(1, 1001)), 0.99) == 990


def test_a_row_says_whether_its_target_is_met() -> None:
    assert at_most("a", 5.0, 5.0, "ms").met
    assert not at_most("a", 5.1, 5.0, "ms").met
    assert not at_least("a", 59_999, 60_000, "facts/s").met
    text = table([at_least("rate", 60_000, 60_000, "facts/s"), Row("x", "1 s")])
    assert "| rate | 60,000 facts/s | ≥ 60,000 facts/s | met |  |" in text


def test_one_section_of_the_report_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "WORK", tmp_path)
    (tmp_path / "bench").mkdir()

    def measured(name: str, *rows: Row) -> None:
        kept = {"at": "2026-01-01", "load": 0.1, "rows": [asdict(row) for row in rows]}
        (tmp_path / "bench" / f"{name}.json").write_text(json.dumps(kept))

    for name in NAMES:
        measured(name, Row(f"of {name}", "1 s"))
    whole, missed = run.report(list(NAMES), 1000)
    assert missed == 0
    assert whole.startswith("# Benchmarks\n")
    assert [f"of {name} |" in whole for name in NAMES] == [True] * len(NAMES)
    measured("tracing", at_most("anew", 3.0, 2.0, "s"))
    again, missed = run.report(["tracing"], 1000, whole)
    assert missed == 1
    assert "| anew | 3 s | ≤ 2 s | **missed** |" in again
    old, new = whole.splitlines(), again.splitlines()
    assert [(a, b) for a, b in zip(old, new, strict=True) if a != b] == [
        ("| of tracing | 1 s |  |  |  |", "| anew | 3 s | ≤ 2 s | **missed** |  |")
    ]
    assert run.report(["tracing"], 1000, again)[0] == again
    without = "\n## ".join(part for part in again.split("\n## ") if "Tracing" not in part)
    assert run.report(["tracing"], 1000, without)[0] == again  # where it was not there yet


def test_memory_of_a_process_and_its_children() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    child = "x = bytearray(64 << 20); import time; time.sleep(1)"
    assert 64 << 20 < _measure.python(code, child).peak < 256 << 20


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_benchmark_on_a_small_world(name: str) -> None:
    """Each compares its answers with its peer's and leaves its rows for the report."""
    run = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", "--entities", "20000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("| what |")
    assert "rows" in json.loads((ROOT / "work" / "bench" / f"{name}.json").read_text())


def _tiny(draw: random.Random) -> Iterator[dict[str, Any]]:
    """Firms that hold one another, some of them gone, their people, phones and invoices."""

    def period() -> dict[str, str]:
        start = {"valid_from": draw.choice(["2020-01-01", AS_OF])}
        ends = {"valid_to": draw.choice([AS_OF, "2026-06-02", "2030-01-01"])}
        return draw.choice([start, start | ends, start, {"valid_from": "2026-06-02"}])

    for n in range(12):
        gone = {"valid_to": draw.choice([AS_OF, "2026-06-02"])} if n % 4 == 0 else {}
        yield {"kind": "company", "id": f"c{n}", "name": f"c{n}", **gone}
        yield {"kind": "person", "id": f"p{n}", "name": f"p{n}"}
        yield {"kind": "phone", "id": f"t{n}", "keys": {"e164": f"+86138001380{n:02}"}}
    yield {"kind": "listing", "id": "l", "subject": "c0", "list": "black", "authority": "a"}
    for n in range(120):
        kind, start, end = draw.choice(
            [("shareholder", "c", "c"), ("shareholder", "p", "c"), ("kin", "p", "p"),
             ("uses_phone", "p", "t"), ("invoice", "c", "c"), ("call", "t", "t")]
        )  # fmt: skip
        ends = {"from": f"{start}{draw.randrange(12)}", "to": f"{end}{draw.randrange(12)}"}
        event = kind in {"invoice", "call"}
        when = {"at": draw.choice([AS_OF, "2026-06-02"])} if event else period()
        yield {"kind": kind, "id": f"r{n}", **ends, **when}


def test_cypher_finds_what_linkrisk_finds(
    neo4j_server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Questions about a tiny world, in every form that their Cypher has. Those of 2 hops are made
    as those of 1 and 3 are, and planning them takes a second."""
    monkeypatch.setenv("LINKRISK_KEYS", str(tmp_path))
    neo4j_server.clean(keep_schema=True)
    with closing(open_store(address(neo4j_server), create=True)) as store:
        normaliser = Normaliser("tiny", store.id_key)
        rows = [normaliser.row(fact, k) for k, fact in enumerate(_tiny(random.Random(1)), 1)]
        assert not store.write("world", rows).rejected
        snapshot = open_snapshot(store)
        asked = [each for each in questions(snapshot, 0.05) if each.group != "2 hops"]
        answers = [parties(question, in_process(snapshot, question)) for question in asked]
    with closing(Bolt(neo4j_server.uri, neo4j_server.auth)) as bolt:
        for question, answer in zip(asked, answers, strict=True):
            for name, text in FORMS[question.form].items():
                found = reached(question, bolt.ask(text, question.given))
                assert found == answer, (name, question)
    assert {question.group for question in asked} == COUNTS.keys() - {"2 hops"}
    assert max(map(len, answers)) > 10
