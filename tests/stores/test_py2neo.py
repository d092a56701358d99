"""A notebook that still uses py2neo reads a store's graph with it; nothing of ours needs it."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import neo4j
import pytest

from graph.facts import Normaliser
from graph.model import NAMES
from tests.stores.cookbook import ROOT
from tests.stores.cookbook_world import BATCHES, C1, U1, new_store, sampled, write
from tests.stores.plans import operators, scans

if TYPE_CHECKING:
    from tests.neo4j_server.served import Served

ROOMS: Final = ("graph", "ingest", "algorithms", "api")
PAGE: Final = ROOT / "docs" / "guides" / "py2neo.md"


def test_nothing_of_ours_needs_py2neo() -> None:
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                if isinstance(node, ast.Import):
                    named = [each.name for each in node.names]
                assert not any(name.partition(".")[0] == "py2neo" for name in named), path


def test_the_page_says_how_to_install_it_and_what_is_read_is_tried_here() -> None:
    page = PAGE.read_text("utf-8")
    assert "uv sync --extra py2neo" in page
    here = re.sub(r"\s", "", (ROOT / "tests" / "stores" / "test_py2neo.py").read_text("utf-8"))
    for call in (".data()", ".evaluate()", ".to_data_frame()", ".to_subgraph()", "NodeMatcher(",
                 "RelationshipMatcher("):  # fmt: skip
        assert call in page
        assert call in here


def test_what_is_ingested_in_place_of_writes_is_taken() -> None:
    facts = [json.loads(each) for each in re.findall(r'`(\{"kind".+?\})`', PAGE.read_text("utf-8"))]
    rows = [Normaliser("d", b"key").row(fact) for fact in facts]
    assert [NAMES.get(row.code, "retract") for row in rows] == ["company", "shareholder", "retract"]


@pytest.fixture(scope="module")
def world(neo4j_server: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the cookbook's world in its store."""
    with new_store(neo4j_server, tmp_path_factory.mktemp("keys")) as store:
        for batch in BATCHES:
            write(store, batch)
        sampled(neo4j_server)
        yield neo4j_server


def test_the_driver_s_calls_do_what_is_said(world: Served) -> None:
    driver = world.driver
    text = "RETURN $x AS x"
    assert [row.data() for row in driver.execute_query(text, x=1, routing_="r").records] == [
        {"x": 1}
    ]
    assert driver.execute_query(text, x=1, routing_="r").records[0][0] == 1
    shown = driver.execute_query(text, x=1, routing_="r", result_transformer_=neo4j.Result.graph)
    assert not shown.nodes
    assert hasattr(neo4j.Result, "to_df")
    page = PAGE.read_text("utf-8")
    asked = re.findall(r"\| `((?:MATCH|SHOW) [^`]+)` \|", page)
    assert len(asked) == 4
    for each in asked:
        given = dict.fromkeys(re.findall(r"\$(\w+)", each), "x")
        assert not scans(operators(world, each, given)) or each.startswith("SHOW")


@pytest.fixture(scope="module")
def py2neo() -> Any:
    """The package. It ended in 2023, so what newer libraries warn of in it is nobody's to mend."""
    if importlib.util.find_spec("py2neo") is None:
        pytest.skip("py2neo is not installed: uv sync --extra py2neo")
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as surroundings:
        for name in ("NEO4J_URI", "NEO4J_AUTH"):  # read while it is imported; it knows bolt only
            surroundings.delenv(name, raising=False)
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning)
        return importlib.import_module("py2neo")


@pytest.fixture(scope="module")
def graph(py2neo: Any, world: Served) -> Iterator[Any]:
    """The world as py2neo sees it."""
    found = py2neo.Graph(world.uri.replace("neo4j://", "bolt://"), auth=world.auth)
    yield found
    found.service.connector.close()  # it would leave its sockets to the collector


def test_run(graph: Any) -> None:
    text = "MATCH (s:Subject {canonical: $subject}) RETURN s.name AS name ORDER BY name"
    assert graph.run(text, subject=C1).data() == [
        {"name": "甲贸易公司"}, {"name": "甲贸易有限公司"},
    ]  # fmt: skip
    assert graph.run("MATCH (b:Batch) RETURN count(b)").evaluate() == len(BATCHES)
    moment = graph.run("MATCH (b:Batch {no: 2}) RETURN b.recordedAt").evaluate()
    assert moment.iso_format() == "2024-01-10T09:00:00.000000000+08:00"
    found = graph.run("MATCH (a)-[r:SHAREHOLDER_OF {id: 's1'}]->(b) RETURN a, r, b").to_subgraph()
    assert {node["name"] for node in found.nodes} == {"张三", "甲贸易有限公司"}


def test_node_matcher(py2neo: Any, graph: Any) -> None:
    matcher = py2neo.NodeMatcher(graph)
    company = matcher.match("Company", id="c1").first()
    assert (company["name"], company["uscc"]) == ("甲贸易有限公司", U1)
    assert set(company.labels) == {"Subject", "Company"}
    prefix = matcher.match("Subject").where("_.name STARTS WITH '甲'").order_by("_.name").limit(5)
    assert [node["id"] for node in prefix] == ["t1", "c1"]
    assert matcher.match("Listing").count() == 3


def test_relationship_matcher(py2neo: Any, graph: Any) -> None:
    owner = py2neo.NodeMatcher(graph).match("Person", id="p1").first()
    found = py2neo.RelationshipMatcher(graph).match((owner,), "SHAREHOLDER_OF").all()
    assert {each["id"]: (each["share"], each.end_node["id"]) for each in found} == {
        "s1": (0.6, "c1"), "s6": (1, "c4"),
    }  # fmt: skip


def test_to_data_frame(graph: Any) -> None:
    if importlib.util.find_spec("pandas") is None:
        pytest.skip("pandas is not installed")
    rows = graph.run(
        "MATCH (a)-[r:TRANSFERRED_TO]->(b) RETURN a.id AS a, b.id AS b, r.amount AS amount"
        " ORDER BY r.seq LIMIT 3"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        frame = rows.to_data_frame()
    assert frame.to_dict("list") == {
        "a": ["a1", "a2", "a3"], "b": ["a2", "a3", "a1"], "amount": [5000.0, 4900.0, 4800.0],
    }  # fmt: skip
