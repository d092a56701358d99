"""Tests that share what is costly to start are run by one worker, and the long ones first."""

from __future__ import annotations

import itertools

import pytest

from tests.spreading import SHARED, scope, spread


@pytest.mark.parametrize(
    ("nodeid", "name"),
    [
        ("tests/stores/test_contract.py::test_a[neo4j]", "a Neo4j"),
        ("tests/stores/test_contract.py::test_a[sqlite]", "tests/stores/test_contract.py"),
        ("tests/api/jobs/test_jobs.py::test_a[neo4j-3]", "a Neo4j"),
        ("tests/stores/test_neo4j_csv.py::test_a", "a Neo4j"),
        ("tests/web/test_reach.py::test_a[ledger]", "the explorer"),
        ("tests/deploy/test_users.py::test_a", "the deployment"),
        ("tests/graph/test_keys.py::test_a[x::y]", "tests/graph/test_keys.py"),
    ],
)
def test_a_scope(nodeid: str, name: str) -> None:
    assert scope(nodeid) == name


def test_every_test_is_given_out_once_and_with_its_scope() -> None:
    files = ("graph/test_a.py", "web/test_b.py", "stores/test_c.py", "api/test_guide_d.py")
    nodeids = [
        f"tests/{file}::test_{n}[{store}]"
        for n, store, file in itertools.product(range(3), ("sqlite", "neo4j"), files)
    ]
    places = spread(nodeids)
    assert sorted(places) == list(range(len(nodeids)))
    scopes = [scope(nodeids[place]) for place in places]
    runs = [name for name, _ in itertools.groupby(scopes)]
    assert len(runs) == len(set(runs))
    assert set(runs[:2]) <= set(SHARED)
    assert runs[2:] == [
        "tests/api/test_guide_d.py",
        "tests/graph/test_a.py",
        "tests/stores/test_c.py",
    ]
    for name in runs:  # in the order they were in
        own = [place for place in places if scope(nodeids[place]) == name]
        assert own == sorted(own)
