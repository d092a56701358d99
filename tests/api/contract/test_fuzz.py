"""Requests that nobody thought of, made from the document by schemathesis and sent with a token: no
failure inside, and every answer one that the document names, in the shape that it gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import Service, make_app
from api.auth import Access
from api.contract.document import operations, published
from api.session import Session
from graph.facts import Normaliser
from graph.store import open_store
from tests.api.asked import TOKEN
from tests.api.conftest import FACTS

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip
DOCUMENT = published()
OPERATIONS = [(method.upper(), path) for method, path, _ in operations(DOCUMENT)]
CASES = 10_000  # of the whole run with large counts
SETTINGS = hypothesis.settings(
    deadline=None, derandomize=True, database=None, print_blob=False,
    phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    url = f"sqlite:///{tmp_path_factory.mktemp('fuzz') / 'facts.db'}"
    store = open_store(url, create=True)
    store.write("b", [Normaliser("demo", store.id_key).row(fact) for fact in FACTS])
    store.close()
    with Session(url) as session:
        inner = make_app(session, Service(Access(TOKEN, None)))

        async def asked(scope: Any, receive: Any, send: Any) -> None:
            """The app, which would end with the client that is made for each request."""
            if scope["type"] == "lifespan":
                for what in ("startup", "shutdown"):
                    await receive()
                    await send({"type": f"lifespan.{what}.complete"})
            else:
                await inner(scope, receive, send)

        yield asked


def send(app: Any, method: str, path: str, count: int) -> None:
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.app = app
    operation = schema[path][method]

    @hypothesis.settings(SETTINGS, max_examples=count)
    @hypothesis.given(case=operation.as_strategy())
    def run(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"}, checks=CHECKS)

    run()


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_fails_inside(app: Any, method: str, path: str) -> None:
    send(app, method, path, 3)


@pytest.mark.full
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_fails_inside_of_very_many(app: Any, method: str, path: str) -> None:
    send(app, method, path, -(-CASES // len(OPERATIONS)))
