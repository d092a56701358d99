"""Who may ask what: every route by every scope and by every set of domains."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from algorithms.registry import ALGORITHMS
from api.caller import ANYONE, DOMAINS, OPEN, SCOPES
from api.serving import Plain, add, scopes_of
from tests.api.access.asking import ask, send
from tests.api.access.conftest import TOKEN

Key = Callable[..., str]
ROLES = {
    "clerk": "search related",
    "analyst": "search related trace",
    "officer": "search related extend.propose",
    "chief": "search related extend.approve",
    "loader": "ingest",
    "auditor": "audit",
    "feed": "export",
    "admin": "admin",
    "proposes and approves": "extend.propose extend.approve",
}


def concrete(path: str) -> str:
    """A path with something in each place; a step is one that a proposer may take."""
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda m: "notify" if m[1] == "step" else "x", path)


def test_every_route_has_a_scope(app: FastAPI) -> None:
    table = scopes_of(app)
    # Nothing but routes: what is mounted has neither scope nor domains.
    assert {type(route) for route in app.routes} <= {Route, Plain}
    served = {
        (method, route.path)
        for route in app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
    }
    # The description of the service itself is asked by whoever is let in.
    served -= {("GET", "/openapi.json"), ("HEAD", "/openapi.json")}
    assert served == {*table}
    for route in app.routes:
        if isinstance(route, Plain):
            assert {table[method, route.path] for method in route.methods or ()} == {route._needed}
    assert {*table.values()} <= {*SCOPES, OPEN, ANYONE}
    assert {path for (_, path), scope in table.items() if scope == OPEN} == {
        "/healthz", "/readyz",
        "/", "/static/{name:path}",  # the page and its files, in which there is no data
    }  # fmt: skip
    assert {path for (_, path), scope in table.items() if scope == ANYONE} <= {
        "/questions", "/me", "/v1/algorithms", "/v1/rulebook", "/v1/catalog", "/metrics",
        "/v1/jobs", "/v1/jobs/{id}", "/v1/jobs/{id}/result",  # each caller's own
    }  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "domains"), [("", ()), ("none", ()), ("search ", ()), ("search", ("taxes",))]
)
def test_a_route_without_a_scope_is_none(scope: str, domains: tuple[str, ...]) -> None:
    async def endpoint(_: Request) -> Response:
        raise AssertionError("it is not there")

    bare = FastAPI()
    with pytest.raises(ValueError, match=r"no scope|not in tuple"):
        add(bare, "GET", "/v1/x", endpoint, scope=scope, domains=domains, tags=[])
    assert not [route for route in bare.routes if isinstance(route, Plain)]
    with pytest.raises(TypeError, match="scope"):
        add(bare, "GET", "/v1/x", endpoint, tags=[])  # type: ignore[call-arg]


def test_what_is_granted_to_whom_is_what_was_meant(app: FastAPI) -> None:
    table = scopes_of(app)
    assert table["POST", "/v1/decisions"] == "extend.propose"
    assert table["POST", "/v1/decisions/{id}/approve"] == "extend.approve"
    assert table["POST", "/v1/decisions/{id}/resolve"] == "extend.approve"
    assert table["GET", "/v1/search"] == "search"
    assert table["GET", "/v1/audit/verify"] == "audit"
    for record in ALGORITHMS.values():
        scope = {"ownership": "related", "related": "related", "extension": "extend.propose",
                 "matching": "search"}  # fmt: skip
        meant = scope.get(record.family, "trace")
        assert {table[m, record.path] for m in ("GET", "POST")} == {meant}


@pytest.mark.parametrize("scopes", [*SCOPES, *ROLES.values()])
def test_a_route_answers_those_who_have_its_scope(app: FastAPI, key: Key, scopes: str) -> None:
    token, granted = key(scopes), {*scopes.split(), OPEN, ANYONE}

    async def all_() -> dict[tuple[str, str], bool]:
        return {
            (method, path): await _is_let(app, token, method, path)
            for method, path in scopes_of(app)
        }

    let = asyncio.run(all_())
    more = also(app)
    wrong = {
        route
        for route, scope in scopes_of(app).items()
        if let[route] != ({scope, *more[route]} <= granted)
    }
    assert not wrong
    assert len(let) > 100


def needed(app: FastAPI) -> dict[tuple[str, str], set[str]]:
    return {
        (method, route.path): {*route._domains}
        for route in app.routes
        if isinstance(route, Plain)
        for method in route.methods or ()
    }


def also(app: FastAPI) -> dict[tuple[str, str], tuple[str, ...]]:
    return {
        (method, route.path): route._also
        for route in app.routes
        if isinstance(route, Plain)
        for method in route.methods or ()
    }


def test_what_needs_two_scopes(app: FastAPI) -> None:
    """A report shows names and facts beside what its question answers; a judgement of who is who
    is a fact that is written."""
    told = {path: scopes for (_, path), scopes in also(app).items() if scopes}
    identity = ("judgements", "judgements/{id}/undo", "reviews/{id}/accept", "reviews/{id}/reject")
    assert told == {
        **{f"/v1/reports/{kind}": ("search",) for kind in ("subject", "case", "clusters")},
        **{f"/v1/identity/{path}": ("ingest",) for path in identity},
    }


def test_the_document_says_what_each_route_needs(app: FastAPI) -> None:
    said = {
        (method.upper(), path): (about["x-scope"], {*about["x-domains"]})
        for path, each in app.openapi()["paths"].items()
        for method, about in each.items()
    }
    domains = needed(app)
    told = {
        (method, path.replace(":path}", "}")): (scope, domains[method, path])
        for (method, path), scope in scopes_of(app).items()
    }
    assert {*said} <= {*told}
    assert said == {route: told[route] for route in said}


def test_what_an_algorithm_is_about_is_needed(app: FastAPI) -> None:
    table = needed(app)
    for record in ALGORITHMS.values():
        about = {"flows": {"bank"}, "invoices": {"tax"}, "ownership": {"registry"}}
        if record.family in about:
            assert table["POST", record.path] == about[record.family]
    assert table["GET", "/v1/decisions/fallout"] == {*DOMAINS}


@pytest.mark.parametrize(
    "granted",
    [c for n in range(1, 5) for c in itertools.combinations(DOMAINS, n)],
    ids="+".join,
)
def test_a_route_answers_those_who_have_its_domains(
    app: FastAPI, key: Key, granted: tuple[str, ...]
) -> None:
    token = key(" ".join(SCOPES), " ".join(granted))
    table = needed(app)

    async def all_() -> dict[tuple[str, str], bool]:
        return {(method, path): await _is_let(app, token, method, path) for method, path in table}

    let = asyncio.run(all_())
    assert {r for r, domains in table.items() if let[r] != (domains <= {*granted})} == set()


async def _is_let(app: FastAPI, token: str, method: str, path: str) -> bool:
    """Whether a request gets past the door; asked so that hardly anything is done behind it. A
    refusal comes before the body is read."""
    answer = await send(
        app, method, concrete(path), token=token, query="no_such_parameter=1",
        body=b'{"no_such_parameter":1}',
    )  # fmt: skip
    assert answer.status < 500, (path, answer)
    if answer.status == 403:
        assert "needs the" in answer.detail
        again = await send(app, method, concrete(path), token=token, body=None)
        assert again.status == 403
    return answer.status != 403


def test_nobody_gets_nothing_and_the_owner_everything(app: FastAPI) -> None:
    async def all_() -> None:
        for (method, path), scope in scopes_of(app).items():
            if scope == OPEN:
                continue
            for token in (None, "x", "", TOKEN + "x", TOKEN[:-1]):
                answer = await send(app, method, concrete(path), token=token, body=None)
                assert answer.status == 401, path
            assert await _is_let(app, TOKEN, method, path)

    asyncio.run(all_())


def test_the_caller_is_told_which_scope(app: FastAPI, key: Key) -> None:
    answer = ask(app, "GET", "/v1/audit/head", token=key("search"))
    assert answer.status == 403
    assert answer.said["title"] == "Forbidden"
    assert "needs the scope audit" in answer.detail
    assert answer.headers["content-type"] == "application/problem+json"
