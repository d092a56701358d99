"""Every method of every client against a service, and against one another."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import networkx
import pytest

from algorithms.registry import ALGORITHMS
from api.client import (
    Answer,
    AsyncClient,
    Client,
    Local,
    bulk,
    calls,
    casework,
    connect,
    identity,
    modelling,
    monitoring,
    operating,
)
from api.client.inside import Inside
from api.client.surface import LaterMethods, Methods
from api.contract.document import operations, published
from api.report.ask import KINDS
from graph.errors import LinkriskError, UnknownSubject, WrongUsage
from graph.store import Store, open_store
from tests.api.asked import TOKEN, service
from tests.api.conftest import FACTS

MANY = 7


@pytest.fixture
def crowded(write: Callable[..., Store], store_url: str) -> str:
    """The small store, with a phone that several use."""
    people = [{"kind": "person", "id": f"q{k}"} for k in range(MANY)]
    uses = [{"kind": "uses_phone", "id": f"v{k}", "from": f"q{k}", "to": "t1"} for k in range(MANY)]
    write([*FACTS, *people, *uses], dataset="reg")
    return store_url


@pytest.fixture
def near(crowded: str) -> Iterator[Local]:
    with connect(crowded) as risk:
        yield risk


@pytest.fixture
def far(crowded: str) -> Iterator[Client]:
    with service(crowded) as asked, Inside(asked.app) as inside:
        yield Client("http://127.0.0.1", TOKEN, transport=inside)


def test_both_kinds_of_client_have_the_same_methods() -> None:
    def methods(kind: type) -> dict[str, inspect.Signature]:
        return {
            name: inspect.signature(getattr(kind, name))
            for name in vars(kind)
            if not name.startswith("_")
        }

    assert methods(Methods) == methods(LaterMethods)
    assert all(getattr(Methods, name).__doc__ for name in methods(Methods))


QUESTIONS: list[Callable[[Any], Any]] = [
    lambda risk: risk.related_parties(subject="c1", depth=2, as_of="2024-01-01"),
    lambda risk: risk.ask("paths", **{"from": "p1", "to": "c2"}, as_of="2024-01-01"),
    lambda risk: risk.paths(from_="p1", to="c2", as_of="2024-01-01"),
    lambda risk: risk.subject("reg:c1"),
    lambda risk: risk.record("reg:c1", as_of="2024-01-01"),
    lambda risk: risk.related("reg:c1", as_of="2024-01-01"),
    lambda risk: risk.controllers("reg:c2", as_of="2024-01-01"),
    lambda risk: risk.adjacent_to("reg:c1", as_of="2024-01-01"),
    lambda risk: risk.search("公司", kind="company"),
    lambda risk: risk.facts(["reg:s1"]),
    lambda risk: risk.catalog(),
    lambda risk: risk.rulebook(measure="consumption_restriction"),
    lambda risk: risk.decisions(),
    lambda risk: risk.overdue(day="2024-01-01"),
    lambda risk: risk.red_list(["c1"], day="2024-01-01"),
    lambda risk: risk.match({"k": {"schema": "Company", "properties": {"name": ["甲公司"]}}}),
    lambda risk: risk.fallout(["reg:s1"]),
    lambda risk: risk.replay(),
    lambda risk: risk.ledger_head(),
    lambda risk: risk.ledger_verified(),
    lambda risk: risk.monitored(),
    lambda risk: risk.monitor_digest(),
    lambda risk: risk.reviews(),
    lambda risk: risk.why_one("reg:c1", "reg:c2"),
    lambda risk: risk.statistics(by=["domain", "region"], day="2024-01-01"),
]


@pytest.mark.parametrize("ask", QUESTIONS)
def test_all_ways_answer_the_same(near: Local, far: Client, ask: Callable[[Any], Any]) -> None:
    by_socket = ask(far)
    assert isinstance(by_socket, Answer)
    assert by_socket
    assert ask(near) == by_socket

    async def run() -> Any:
        transport = httpx.ASGITransport(far._http._transport._inner.app)  # type: ignore[attr-defined]
        async with AsyncClient("http://127.0.0.1", TOKEN, transport=transport) as later:
            return await ask(later)

    assert asyncio.run(run()) == by_socket


def test_lists_are_gone_through_page_by_page(near: Local, far: Client) -> None:
    for risk in (near, far):
        found = list(risk.neighbours("reg:t1", "uses_phone", "in", page=3))
        assert [row["facts"] for row in found] == [
            row["facts"]
            for row in risk.adjacent_to("reg:t1", kinds=["uses_phone"], limit=100).rows[0][
                "relations"
            ]
        ]
        assert len(found) == MANY + 1
        whole = risk._run(_page("reg:c1"))["results"]
        assert len(whole) > 4
        assert list(risk.timeline("reg:c1", page=2)) == whole
        assert list(itertools.islice(risk.timeline("reg:c1", page=2), 3)) == whole[:3]


def _page(name: str) -> Any:
    from api.client.exchange import get, part

    return get(f"/v1/subjects/{part(name)}/timeline", limit=1000)


def test_every_algorithm_is_a_method() -> None:
    assert set(ALGORITHMS) <= set(dir(Methods())) & set(dir(LaterMethods()))
    with pytest.raises(AttributeError, match="no_such"):
        Methods().no_such  # noqa: B018


def test_an_answer_is_a_graph(near: Local) -> None:
    asked = near.integrated_ownership(as_of="2024-01-01")
    graph = asked.graph()
    assert {(a, b) for a, b in graph.edges()} == {(r["owner"], r["owned"]) for r in asked.rows}
    shares = networkx.get_edge_attributes(graph, "integrated")
    assert {round(v, 6) for v in shares.values()} == {0.51, 0.6, 0.306}
    around = near.related_parties(subject="reg:c1", as_of="2024-01-01")
    assert set(around.graph().successors("reg:c1")) == {row["party"] for row in around.rows}
    assert not Answer({"results": []}).graph()
    with pytest.raises(WrongUsage, match="name no two subjects"):
        Answer({"results": [{"x": 1}]}).graph()


def test_an_answer_is_a_table(near: Local) -> None:
    polars = pytest.importorskip("polars")
    pandas = pytest.importorskip("pandas")
    asked = near.integrated_ownership(as_of="2024-01-01")
    expected = [row["integrated"] for row in asked.rows]
    assert asked.polars().get_column("integrated").to_list() == expected
    assert isinstance(asked.polars(), polars.DataFrame)
    assert asked.frame()["integrated"].tolist() == expected
    assert isinstance(asked.frame(), pandas.DataFrame)
    assert asked.cut is None


def test_jobs_are_waited_for(near: Local, far: Client) -> None:
    asked = {"as_of": "2024-01-01", "depth": 2}
    for risk in (near, far):
        seen: list[str] = []
        made = risk.submit("related_parties", subject="reg:c1", **asked)
        found = risk.wait(made["id"], told=lambda job, seen=seen: seen.append(job["status"]))
        assert found == risk.related_parties(subject="reg:c1", **asked)
        assert seen[-1] == "done"
        assert made["id"] in [row["id"] for row in risk.jobs().rows]
        assert risk.result(made["id"]) == found
        risk.cancel(made["id"])
        with pytest.raises(LinkriskError):
            risk.job(made["id"])
        with pytest.raises(UnknownSubject):
            risk.wait(risk.submit("related_parties", subject="reg:nobody")["id"])


def test_changes_and_facts_stream(near: Local, far: Client, crowded: str) -> None:
    with closing(open_store(crowded)) as store:
        facts = {fact.name for fact in store.facts()}
    for risk in (near, far):
        came = list(risk.changes(page=4))
        rows = [row for _, row in came]
        for at, (place, _) in enumerate(came):  # from wherever one stopped: the rest, and no gap
            again = [row for _, row in risk.changes(since=place, page=4)]
            assert again[-len(rows[at + 1 :]) or len(again) :] == rows[at + 1 :]
            assert len(again) < len(rows) - at + 4
        assert list(risk.changes(since=came[-1][0])) == []
        exported = list(risk.export())
        assert {f"reg:{fact['id']}" for fact in exported} == facts
        with pytest.raises(WrongUsage, match="write the route's answer"):
            list(risk.export(format="graphml"))


def sent(method: Callable[..., Any]) -> set[tuple[str, str]]:
    """What a method of `calls` or `bulk` sends first, for whatever arguments."""
    named = inspect.signature(method).parameters.values()
    required = {p.name: "x" for p in named if p.default is p.empty and p.kind == p.KEYWORD_ONLY}
    if method in (operating.ingest, operating.add_mapping):
        step = next(method([b"x"]))  # of blocks, not of a file
        return {(step.method, step.path)}
    places = ["x" for p in named if p.default is p.empty and p.kind < p.VAR_POSITIONAL]
    step = next(method(*places, **required))
    return {(step.method, step.path)}


def test_every_route_is_reached_by_a_method() -> None:
    """Every operation of the published document, and no path that is not in it."""
    reached = set().union(*(
        sent(getattr(module, name))
        for name in vars(Methods)
        if not name.startswith("_") and name not in {"ask", "decide", "make_report"}
        for module in (calls, bulk, operating, casework, identity, modelling, monitoring)
        if hasattr(module, name)
    ))  # fmt: skip
    for step, about in (
        ("propose", None),
        ("expire", None),
        ("approve", "x"),
        ("resolve", "x"),
        ("s", "x"),
    ):
        call = next(calls.decide(step, about))
        reached.add((call.method, call.path))
    reached |= {(c.method, c.path) for kind in KINDS for c in (next(calls.make_report(kind)),)}
    patterns = {
        (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$")): said
        for method, path, said in operations(published())
    }
    for method, path in reached:
        assert any(m == method and p.match(path) for m, p in patterns), (method, path)
    questions = {("POST", record.path) for record in ALGORITHMS.values()}
    questions |= {("GET", record.path) for record in ALGORITHMS.values()}
    missed = [
        f"{method} {pattern.pattern}"
        for method, pattern in patterns
        if not any(m == method and pattern.match(path) for m, path in reached | questions)
        and "/reconcile" not in pattern.pattern  # OpenRefine's protocol has clients of its own
    ]
    assert sorted(missed) == NOT_FOR_PROGRAMS


# Probes of whoever runs the service, and what a browser or another client's protocol asks.
NOT_FOR_PROGRAMS = ["GET /healthz$", "GET /metrics$", "GET /readyz$"]
