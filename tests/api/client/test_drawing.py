"""Graphs in a notebook: what is drawn, what is said of the rest, and that nothing is loaded."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.client import Drawing, connect, draw, evidence
from api.client.placing import places
from graph.errors import WrongUsage
from tests.browsing import chromium


@pytest.fixture(autouse=True)
def _bokeh() -> None:
    pytest.importorskip("bokeh", reason="the extra notebook is not installed")


def line(n: int) -> nx.DiGraph:
    made = nx.DiGraph()
    for i in range(n):
        made.add_node(i, label=f"深圳{i}公司", kind="company")
    for i in range(n - 1):
        made.add_edge(i, i + 1, label="股东 51 %", when="2020-01-01 – …")
    return made


def data(drawn: Drawing) -> dict[str, Any]:
    """What Bokeh is given: the arrays by the names of their columns, those of lines and marks."""
    found = re.search(r'id="data">(.*?)</script>', drawn.page, re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


def columns(drawn: Drawing, name: str) -> list[Any]:
    """All values of the columns of that name."""
    made: list[Any] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            if value.get("type") == "map":
                for key, inner in value["entries"]:
                    if key == name and isinstance(inner, list):
                        made.extend(inner)
                    look(inner)
            else:
                for inner in value.values():
                    look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    look(data(drawn))
    return made


def test_what_is_there_is_drawn() -> None:
    drawn = draw(line(5))
    assert (drawn.nodes, drawn.edges, drawn.left_out) == (5, 4, 0)
    assert sorted(columns(drawn, "label")) == [f"深圳{i}公司" for i in range(5)]
    assert columns(drawn, "words") == ["股东 51 %"] * 4
    assert set(columns(drawn, "told")) == {"股东 51 % 2020-01-01 – …"}
    assert "未画出" not in drawn.page


def test_what_is_left_out_is_said_in_both_languages() -> None:
    drawn = draw(line(1200), most=100)
    assert (drawn.nodes, drawn.edges, drawn.left_out) == (100, 99, 1100)
    said = html.unescape(drawn.page)
    assert "只画出 1,200 个主体中的前 100 个，其余 1,100 个未画出" in said
    assert "the first 100 of 1,200 subjects are drawn, 1,100 are not (most=100)" in said
    assert sorted(columns(drawn, "id"), key=int) == [str(i) for i in range(100)]


@pytest.mark.parametrize("most", [0, 5001, -1])
def test_no_more_than_can_be_drawn(most: int) -> None:
    with pytest.raises(WrongUsage, match=r"most: 1 to 5,000 nodes .* 一张图最多画"):
        draw(line(3), most=most)


def test_places_may_be_given() -> None:
    drawn = draw(line(2), places={0: (1.5, 2.5), 1: (3.0, 4.0)})
    assert columns(drawn, "xs") == [[1.5, 3.0]] and columns(drawn, "ys") == [[2.5, 4.0]]
    with pytest.raises(WrongUsage, match="places: 1 nodes have none, 1 for one"):
        draw(line(2), places={0: (0.0, 0.0)})


def test_edges_between_the_same_two_share_a_line() -> None:
    graph = nx.MultiDiGraph()
    graph.add_edge("a", "b", label="股东 60 %")
    graph.add_edge("a", "b", label="法定代表人")
    graph.add_edge("b", "a", label="担保")
    graph.add_edge("a", "a", label="自己")
    drawn = draw(graph)
    assert drawn.edges == 1
    assert columns(drawn, "words") == ["股东 60 %\n法定代表人 … 3"]
    assert columns(drawn, "told") == ["股东 60 %; 法定代表人; 担保"]


@pytest.mark.parametrize("graph", [nx.Graph(), nx.empty_graph(3)])
def test_graphs_without_edges(graph: Any) -> None:
    assert draw(graph).nodes == len(graph)


def test_names_cannot_leave_their_page() -> None:
    evil = "</script><script>alert(1)</script>&\"'<img src=https://evil.example/x>"
    graph = nx.DiGraph()
    graph.add_node(evil, label=evil, kind=evil)
    graph.add_edge(evil, "b", label=evil)
    drawn = draw(graph, title=evil)
    assert "<script>alert" not in drawn.page and "<img" not in drawn.page
    frame = drawn._repr_html_()
    assert frame.startswith("<iframe sandbox=") and frame.count("<") == 2
    assert html.unescape(re.search(r'srcdoc="([^"]*)"', frame)[1]) == drawn.page  # type: ignore[index]


def test_the_page_refers_to_nothing_and_may_load_nothing() -> None:
    page = draw(line(3)).page
    assert "default-src 'none'" in page
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page)


def test_the_same_graph_is_drawn_in_the_same_places() -> None:
    graph = nx.gnm_random_graph(60, 90, seed=1)
    assert places(graph) == places(graph.copy())
    large = nx.barabasi_albert_graph(700, 2, seed=1)
    assert places(large) == places(large.copy())


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 40), st.integers(0, 60), st.integers(0, 5))
def test_every_node_has_a_place_of_its_own(nodes: int, edges: int, seed: int) -> None:
    graph = nx.gnm_random_graph(nodes, min(edges, nodes * (nodes - 1) // 2), seed=seed)
    at = places(graph)
    assert set(at) == set(graph)
    assert len({(round(x, 6), round(y, 6)) for x, y in at.values()}) == nodes


def test_large_parts_stand_in_rings_by_their_steps() -> None:
    tree = nx.balanced_tree(3, 6)  # 1,093 nodes
    at = places(tree)
    far = nx.single_source_shortest_path_length(tree, max(tree, key=tree.degree))
    root = max(tree, key=tree.degree)
    away = {n: ((at[n][0] - at[root][0]) ** 2 + (at[n][1] - at[root][1]) ** 2) ** 0.5 for n in tree}
    for step in range(max(far.values())):
        inner = max(away[n] for n in tree if far[n] == step)
        assert inner < min(away[n] for n in tree if far[n] == step + 1)


def test_an_answers_evidence(filled: str) -> None:
    with connect(filled) as risk:
        answer = risk.related_parties(subject="reg:p1", depth=2, as_of="2022-01-01")
        graph = evidence(risk, answer)
        cited = {fact for row in answer.rows for fact in row["facts"]}
        assert {key for _, _, key in graph.edges(keys=True)} == cited
        ids = {name: risk.subject(f"reg:{name}")["id"] for name in ("p1", "c1", "c2")}
        assert graph.edges[ids["p1"], ids["c1"], "reg:s1"]["share"] == "0.51"
        assert graph.nodes[ids["c1"]] == {"kind": "company", "label": "甲公司"}
        assert (graph.graph["as_of"], graph.graph["snapshot"]) == ("2022-01-01", answer["snapshot"])
        assert draw(graph).nodes == len(graph)
        listed = evidence(risk, risk.clusters(lists=["black"], min_core=1, as_of="2022-06-01"))
        assert [f["list"] for f in listed.nodes[ids["c1"]]["listings"]] == ["black"]


@pytest.fixture
def page() -> Iterator[Any]:
    with chromium() as browser:
        made: Any = browser.new_page(viewport={"width": 900, "height": 600})
        made.asked, made.said = [], []
        made.on("request", lambda request: made.asked.append(request.url))
        made.on("console", lambda message: made.said.append((message.type, message.text)))
        yield made


def test_a_browser_draws_it_within_a_static_page(page: Any, tmp_path: Path) -> None:
    file = tmp_path / "exported.html"
    frame = draw(line(30))._repr_html_()
    file.write_text(f'<!doctype html><meta charset="utf-8">{frame}', encoding="utf-8")
    page.goto(file.as_uri())
    inner = page.frame_locator("iframe")
    inner.locator("body[data-drawn=yes]").wait_for(timeout=60_000)
    assert inner.locator("#drawn > *").count() > 0
    assert [each for each in page.said if each[0] == "error"] == []
    assert {url.partition(":")[0] for url in page.asked} <= {"file", "about", "data", "blob"}
