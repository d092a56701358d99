"""Requests that nobody thought of, made from the document by schemathesis and sent with a token: no
failure inside, and every answer one that the document names, in the shape that it gives.

Half of them are as the document has it, half are not. The whole run says how many were sent and
what was answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
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
CASES = 10_000  # of the whole run with large counts, at the least
# Of an operation and mode: more than the share, for some have not so many requests that differ.
EACH = 45
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
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


def send(app: Any, method: str, path: str, mode: GenerationMode, count: int) -> Counter[int]:
    """At most `count` requests to an operation (fewer where there are no more that differ); how
    many had each status as their answer."""
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.app = app
    schema.config.generation.update(with_security_parameters=False)  # the token is always sent
    operation = schema[path][method]
    told: Counter[int] = Counter()

    @hypothesis.settings(SETTINGS, max_examples=count)
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        answer = case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"}, checks=CHECKS)
        told[answer.status_code] += 1

    try:
        run()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # nothing that can be sent is wrong there
    return told


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_fails_inside(app: Any, method: str, path: str) -> None:
    for mode in MODES:
        assert 401 not in send(app, method, path, mode, 2)


@pytest.fixture(scope="module")
def told() -> dict[GenerationMode, Counter[int]]:
    """What the whole run was answered."""
    return {mode: Counter() for mode in MODES}


@pytest.mark.full
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_fails_inside_of_very_many(
    app: Any, told: dict[Any, Counter[int]], method: str, path: str, mode: GenerationMode
) -> None:
    told[mode] += send(app, method, path, mode, EACH)


@pytest.mark.full
def test_they_were_very_many(
    told: dict[Any, Counter[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    """After the whole file: what it came to, and that it was as much as it should be."""
    whole = sum(told.values(), Counter())
    with capsys.disabled():
        print(f"\nschemathesis: {whole.total()} cases over {len(OPERATIONS)} operations")
        for mode, counted in told.items():
            print(f"  {mode.value}: {counted.total()} cases; by status {dict(sorted(counted.items()))}")
    assert whole.total() >= CASES
    assert not {status for status in whole if status in (401, 429) or status >= 500}
