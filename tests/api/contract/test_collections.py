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

DOCUMENT = published()
COUNT = len(list(operations(DOCUMENT)))


@pytest.mark.parametrize("path", collections(), ids=lambda path: path.name)
def test_the_copy_in_the_docs_is_current(path: Path) -> None:
    """Run `make docs` where this fails."""
    assert path.read_text("utf-8") == collections()[path]


def test_postman_has_every_operation() -> None:
    made = postman(DOCUMENT)
    assert made["info"]["schema"].endswith("/v2.1.0/collection.json")
    requests = [item["request"] for folder in made["item"] for item in folder["item"]]
    assert len(requests) == COUNT
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


def test_a_file_of_requests_has_every_operation() -> None:
    text = http_file(DOCUMENT)
    lines = re.findall(r"^(GET|POST|PATCH|PUT|DELETE) \{\{baseUrl\}\}(/\S*)$", text, re.M)
    assert len(lines) == text.count("\n### ") == COUNT
    assert not any("{" in path for _, path in lines)
    assert text.count("Authorization: Bearer {{token}}") == COUNT - 2  # the probes


def test_the_command_line_writes_them(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["openapi", "--format", "http", "--out", str(tmp_path / "x.http")]) == 0
    assert (tmp_path / "x.http").read_text("utf-8") == http_file(DOCUMENT)
    capfd.readouterr()
    assert main(["openapi"]) == 0
    assert json.loads(capfd.readouterr().out) == DOCUMENT
