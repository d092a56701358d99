"""The collections of requests: whole, current, and such as their readers take them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from api.cli import main
from api.contract.collections import http_file, postman
from api.contract.document import operations, published
from api.docs import collections


@pytest.fixture
def count() -> int:
    """How many operations there are."""
    return len(list(operations(published())))


COPIES = ["linkrisk.http", "linkrisk.postman_collection.json"]


@pytest.mark.parametrize("name", COPIES)
def test_the_copy_in_the_docs_is_current(name: str) -> None:
    """Run `make docs` where this fails."""
    found = {path.name: path for path in collections()}
    assert sorted(found) == COPIES
    assert found[name].read_text("utf-8") == collections()[found[name]]


def test_postman_has_every_operation(count: int) -> None:
    made = postman(published())
    assert made["info"]["schema"].endswith("/v2.1.0/collection.json")
    requests = [item["request"] for folder in made["item"] for item in folder["item"]]
    assert len(requests) == count
    for request in requests:
        url = request["url"]
        assert url["raw"].startswith("{{baseUrl}}/")
        named = {each["key"] for each in url["variable"]}
        assert {part[1:] for part in url["path"] if part.startswith(":")} == named
        if "body" in request and "json" in request["header"][0]["value"]:
            json.loads(request["body"]["raw"].splitlines()[0] if "ndjson" in request["header"][0][
                "value"] else request["body"]["raw"])  # fmt: skip
    opened = [r["url"]["raw"] for r in requests if r.get("auth") == {"type": "noauth"}]
    assert opened == ["{{baseUrl}}/healthz", "{{baseUrl}}/readyz"]


def test_a_file_of_requests_has_every_operation(count: int) -> None:
    text = http_file(published())
    lines = re.findall(r"^(GET|POST|PATCH|PUT|DELETE) \{\{baseUrl\}\}(/\S*)$", text, re.M)
    assert len(lines) == text.count("\n### ") == count
    assert not any("{" in path for _, path in lines)
    assert text.count("Authorization: Bearer {{token}}") == count - 2  # the probes


def test_the_command_line_writes_them(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["openapi", "--format", "http", "--out", str(tmp_path / "x.http")]) == 0
    assert (tmp_path / "x.http").read_text("utf-8") == http_file(published())
    capfd.readouterr()
    assert main(["openapi"]) == 0
    assert json.loads(capfd.readouterr().out) == published()
