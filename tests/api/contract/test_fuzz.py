"""Requests that nobody thought of, made from the document by schemathesis and sent with a token: no
failure inside, and every answer one that the document names, in the shape that it gives.

Half of them are as the document has it, half are not. The whole run says how many were sent and
what was answered.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
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
from api.jobs.settings import JobSettings
from api.session import Session
from graph.facts import Normaliser
from graph.store import open_store
from tests.api.access.world import FACTS
from tests.api.asked import TOKEN

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip
DOCUMENT = published()
OPERATIONS = [(method.upper(), path) for method, path, _ in operations(DOCUMENT)]
CASES = 10_000  # of the whole run with large counts, at the least
# Of an operation and mode: more than the share, for some have not so many requests that differ.
EACH = 45
PATIENCE = 120  # seconds for an answer: the first of its kind, on a machine that has other work
LAST = 1800  # seconds that the last worker waits for the others
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
SETTINGS = hypothesis.settings(
    deadline=None, derandomize=True, database=None, print_blob=False,
    phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip


# Values that mean something in the store, by a field's name. Made-up ones end at `unknown subject`.
KNOWN = {
    **dict.fromkeys(
        ("id", "subject", "target", "owner", "controller", "from", "to", "party", "company",
         "account", "through"), st.sampled_from(["c1", "c2", "p1", "t1", "a1", "a2", "demo:c1"]),
    ),
    "subjects": st.just(["c1", "c2", "p1"]), "kinds": st.none(), "facts": st.just("demo:s1"),
    "as_of": st.sampled_from(["2022-01-05", "2024-01-01"]), "known_at": st.none(),
    "day": st.just("2024-01-01"), "act": st.just("2021-05-01"), "algorithms": st.none(),
    "measure": st.just("consumption_restriction"), "lists": st.none(), "domains": st.none(),
}  # fmt: skip


def made_known(case: Any, data: st.DataObject) -> None:
    """Put such values in place of what was made up; None leaves a field out."""
    for part in (case.path_parameters, case.query, case.body):
        if not isinstance(part, dict):
            continue
        for name in [name for name in part if name in KNOWN]:
            value = data.draw(KNOWN[name])
            if isinstance(value, list) and part is case.query:
                value = ",".join(value)
            if value is None:
                del part[name]
            else:
                part[name] = value


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    url = f"sqlite:///{tmp_path_factory.mktemp('fuzz') / 'facts.db'}"
    store = open_store(url, create=True)
    store.write("b", [Normaliser("demo", store.id_key).row(fact) for fact in FACTS])
    store.close()
    with Session(url) as session:
        # Nobody works off what is queued: `Prefer: respond-async` would be too many before the end.
        parts = (JobSettings(open_jobs=2 * CASES),)
        inner = make_app(session, Service(Access(TOKEN, None), parts=parts))

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
    @hypothesis.given(
        case=operation.as_strategy(generation_mode=mode), data=st.data(), known=st.booleans()
    )
    def run(case: Any, data: st.DataObject, known: bool) -> None:
        if known and mode is GenerationMode.POSITIVE:
            made_known(case, data)
        answer = case.call_and_validate(
            headers={"Authorization": f"Bearer {TOKEN}"}, checks=CHECKS, timeout=PATIENCE
        )
        told[answer.status_code] += 1

    try:
        run()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # nothing that can be sent is wrong there
    return told


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_fails_inside(app: Any, method: str, path: str) -> None:
    for count, mode in zip((2, 1), MODES, strict=True):
        assert 401 not in send(app, method, path, mode, count)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each operation of the whole run says what it was answered: one folder for all workers
    (`-n`), of whom each sends a part."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "fuzzed"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.mark.full
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_fails_inside_of_very_many(
    app: Any, told: Path, method: str, path: str, mode: GenerationMode
) -> None:
    counted: Counter[int] = Counter()
    try:
        counted = send(app, method, path, mode, EACH)
    finally:  # one that fails has said that it was there: nobody waits for it
        number = OPERATIONS.index((method, path))
        part = told / f"{mode.value}-{number}.part"
        part.write_text(json.dumps(counted))
        part.rename(part.with_suffix(".json"))


@pytest.mark.full
def test_they_were_very_many(
    told: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the whole file: what it came to, and that it was as much as it should be. Where other
    workers are at it still, it waits for them."""
    first = test_nothing_fails_inside_of_very_many.__name__
    due = sum(item.name.startswith(f"{first}[") for item in request.session.items)
    until = time.monotonic() + LAST
    while len(parts := [*told.glob("*.json")]) < due and time.monotonic() < until:
        time.sleep(1)
    assert len(parts) == due, f"{len(parts)} of {due} operations have ended"
    by: dict[str, Counter[int]] = {mode.value: Counter() for mode in MODES}
    for each in parts:
        said = {int(status): n for status, n in json.loads(each.read_text()).items()}
        by[each.name.partition("-")[0]].update(said)
    whole = sum(by.values(), Counter())
    with capsys.disabled():
        print(f"\nschemathesis: {whole.total()} cases over {len(OPERATIONS)} operations")
        for name, counted in by.items():
            statuses = dict(sorted(counted.items()))
            print(f"  {name}: {counted.total()} cases; by status {statuses}")
    assert whole.total() >= CASES
    assert not {status for status in whole if status in (401, 429) or status >= 500}
