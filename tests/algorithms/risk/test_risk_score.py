"""The risk score: what orders it, what it says, and that nothing which extends can reach it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from algorithms.registry import ask
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import world

FACTS = [
    *({"kind": "account", "id": f"a{n}"} for n in range(1, 5)),
    *(
        {
            "kind": "transfer",
            "id": f"m{n}",
            "from": a,
            "to": b,
            "amount": "9000",
            "at": f"2021-01-0{n}",
        }
        for n, (a, b) in enumerate((("a1", "a2"), ("a2", "a3"), ("a3", "a1")), 1)
    ),
]  # fmt: skip


def test_rules_are_the_highest_finding_of_each(snapshot: Snapshot) -> None:
    envelope = ask(snapshot, "risk_score", {"as_of": "2021-02-01", "model": "rules"})
    found = envelope["results"]
    cases = ask(snapshot, "cases", {"as_of": "2021-02-01", "min_score": 0.0})["results"]
    assert found and cases
    assert any("never a basis for extending" in note for note in envelope["notes"])
    for row in found:
        assert row.why == row.reasons[0].why
        assert row.model == "rules" and "never a basis for extending" in row.use
        assert row.score == max(reason.contribution for reason in row.reasons)
        assert all(reason.why and reason.facts for reason in row.reasons)
    assert [row.score for row in found] == sorted((row.score for row in found), reverse=True)
    assert {row.id for row in found} <= {name for case in cases for name in case.members}


def test_one_subject_is_told_of_whatever_its_score(snapshot: Snapshot) -> None:
    (row,) = ask(snapshot, "risk_score", {"subject": "a4", "as_of": "2021-02-01"})["results"]
    assert (row.score, row.band, row.reasons) == (0.0, "low", [])


def test_no_model_in_use_is_said(snapshot: Snapshot) -> None:
    envelope = ask(snapshot, "risk_score", {"as_of": "2021-02-01"})
    assert any("no model is in use" in note for note in envelope["notes"])


def test_what_extends_never_imports_the_score() -> None:
    """Nothing that is loaded to extend a measure is of scoring, features or this algorithm."""
    code = (
        "import pkgutil, importlib, sys, algorithms.extension as e\n"
        "for m in pkgutil.iter_modules(e.__path__):\n"
        "    importlib.import_module(f'{e.__name__}.{m.name}')\n"
        "bad = ('algorithms.scoring', 'algorithms.features', 'algorithms.risk', 'sklearn')\n"
        "sys.exit(' '.join(n for n in sys.modules if n.startswith(bad)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def snapshot() -> Iterator[Snapshot]:
    with world(FACTS) as view:
        yield view
