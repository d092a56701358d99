"""The OpenAPI document is valid, says everything in both languages, and is true: its examples are
sent and what comes back is held to its schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import openapi_spec_validator
import pytest
from jsonschema.validators import Draft202012Validator

from algorithms.registry import ALGORITHMS, Algorithm
from api.contract.collections import Example, examples
from api.contract.document import operations, published, response
from tests.api.asked import Asked, service
from tests.api.conftest import FACTS

CHINESE = re.compile("[\u4e00-\u9fff]")
DOCUMENT = published()
OPERATIONS = [pytest.param(*each, id=f"{each[0]} {each[1]}") for each in operations(DOCUMENT)]
EXAMPLES = list(examples(DOCUMENT))


def test_it_is_valid() -> None:
    openapi_spec_validator.validate(DOCUMENT)


@pytest.mark.parametrize(("method", "path", "said"), OPERATIONS)
def test_every_route_says_what_it_does(method: str, path: str, said: dict[str, Any]) -> None:
    words = f"{said.get('summary', '')}\n{said.get('description', '')}"
    assert CHINESE.search(words), "no Chinese"
    assert re.search(r"[A-Za-z]{3}", words), "no English"
    assert said["x-scope"]
    assert "security" in said
    for parameter in said["parameters"]:
        assert parameter["description"], parameter["name"]
    assert any(status.startswith("2") for status in said["responses"])
    for status in said["responses"]:
        answer = response(DOCUMENT, said, status)
        if status.startswith("2") and status != "204":
            assert all(content["schema"] for content in answer["content"].values())
    if "requestBody" in said:
        for content in said["requestBody"]["content"].values():
            assert "example" in content or "examples" in content


# What is no object of ours: a list, a page, lines, one of several shapes, what another route said.
UNNAMED = {
    ("get", "/v1/algorithms"), ("get", "/v1/export"), ("get", "/v1/ingest/quarantine/{name}"),
    ("get", "/v1/jobs/{id}/result"), ("post", "/v1/jobs"), ("get", "/v1/reconcile"),
    ("post", "/v1/reconcile"), ("get", "/v1/reconcile/types"),
}  # fmt: skip


def test_types_have_names() -> None:
    """So that a client made from the document has them: every answer's, every problem's; what all
    share is one type."""
    unnamed = set()
    for method, path, said in operations(DOCUMENT):
        for status in said["responses"]:
            for kind, content in response(DOCUMENT, said, status).get("content", {}).items():
                schema = content["schema"]
                if kind == "application/problem+json":
                    assert schema == {"$ref": "#/components/schemas/Problem"}
                elif "json" in kind and "$ref" not in schema:
                    unnamed.add((method, path))
            if status[0] in "45":
                assert "$ref" in said["responses"][status], "written down once"
    assert unnamed == UNNAMED
    shared = {"Envelope", "Problem", "Truncated"}
    assert shared <= set(DOCUMENT["components"]["schemas"])


@pytest.mark.parametrize("kind", ["schemas", "responses"])
def test_each_name_is_one_type(kind: str) -> None:
    """Of equal names with other contents the later ones are numbered: there are none."""
    names = set(DOCUMENT["components"][kind])
    assert not [name for name in names if name[-1].isdigit() and name.rstrip("0123456789") in names]


def test_what_may_become_a_job_says_so() -> None:
    reports = {path for path in DOCUMENT["paths"] if path.startswith("/v1/reports/")}
    assert len(reports) >= 4
    for path in (*reports, "/v1/monitor/runs", "/v1/findings"):
        said = DOCUMENT["paths"][path]["post"]["responses"]["202"]
        assert said == {"$ref": "#/components/responses/JobMade"}, path


@pytest.mark.parametrize("record", ALGORITHMS.values(), ids=lambda record: record.name)
def test_an_answer_is_the_envelope_with_rows_of_its_own(record: Algorithm) -> None:
    schemas = DOCUMENT["components"]["schemas"]
    said = response(DOCUMENT, DOCUMENT["paths"][record.path]["post"], "200")
    name = said["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    envelope, own = schemas[name]["allOf"]
    assert envelope == {"$ref": "#/components/schemas/Envelope"}
    assert own["properties"]["algorithm"] == {"const": record.name}
    assert own["properties"]["results"]["items"]["$ref"].rpartition("/")[2] in schemas
    truncated = schemas["Envelope"]["properties"]["truncated"]["anyOf"]
    assert {"$ref": "#/components/schemas/Truncated"} in truncated


def resolved(schema: dict[str, Any]) -> Draft202012Validator:
    """A validator that finds what a schema refers to."""
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]})


@pytest.mark.parametrize(("method", "path", "said"), OPERATIONS)
def test_examples_meet_their_schemas(method: str, path: str, said: dict[str, Any]) -> None:
    for content in said.get("requestBody", {}).get("content", {}).values():
        named = content.get("examples", {"": {"value": content.get("example")}})
        for each in named.values():
            if isinstance(each["value"], (dict, list)):
                resolved(content["schema"]).validate(each["value"])


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    from graph.facts import Normaliser
    from graph.store import open_store

    url = f"sqlite:///{tmp_path_factory.mktemp('contract') / 'facts.db'}"
    store = open_store(url, create=True)
    for dataset in ("demo", "registry"):
        facts = [*FACTS, {"kind": "company", "id": "c9"}]
        store.write(dataset, [Normaliser(dataset, store.id_key).row(fact) for fact in facts])
    store.close()
    with service(url) as made:
        yield made


@pytest.mark.parametrize("each", EXAMPLES, ids=lambda each: f"{each.method} {each.path}")
def test_every_example_is_understood(asked: Asked, each: Example) -> None:
    """Nothing fails inside, nothing is refused as an unknown route or parameter; what comes back is
    what the document says."""
    path = each.path
    for name, value in each.parts.items():
        path = path.replace(f"{{{name}}}", value)
    body = {} if each.kind is None else {"content": json.dumps(each.body)}
    headers = {} if each.kind is None else {"Content-Type": each.kind}
    answer = asked.request(each.method, path, params=each.query, headers=headers, **body)
    assert answer.status_code < 500, answer.text
    assert answer.status_code not in (405, 415), answer.text
    assert "unknown parameter" not in answer.text
    operation, status = DOCUMENT["paths"][each.path][each.method.lower()], str(answer.status_code)
    assert status in operation["responses"], (status, answer.text[:200])
    kind = answer.headers.get("content-type", "").partition(";")[0]
    content = response(DOCUMENT, operation, status).get("content", {})
    if kind.endswith("json") and answer.content:
        lines = answer.text.splitlines() if kind.endswith("ndjson") else [answer.text]
        for line in lines:
            said = json.loads(line)
            if not kind.endswith("ndjson"):
                resolved(content[kind]["schema"]).validate(said)
