"""The service end to end: a real process, asked over loopback by the client and by raw requests."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from algorithms.registry import ALGORITHMS
from api.cli import main
from api.client import Client, connect
from graph.errors import LinkriskError, UnknownSubject, WrongUsage
from graph.facts import Normaliser
from graph.store import open_store
from tests.api.asked import fits
from tests.api.conftest import FACTS, RESIDENT

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = f"sqlite:///{tmp_path_factory.mktemp('service') / 'facts.db'}"
    store = open_store(made, create=True)
    store.write("b1", [Normaliser("reg", store.id_key).row(fact) for fact in FACTS])
    store.close()
    return made


@pytest.fixture(scope="module")
def address(url: str) -> Iterator[httpx.URL]:
    """Where the service listens, with its token in the query."""
    environment = {k: v for k, v in os.environ.items() if k != "LINKRISK_TOKEN"}
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve", "--store", url, "--port", "0", "--no-warm"],
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    with process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        try:
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32}", line), line
            yield httpx.URL(line)
        finally:
            process.terminate()


@pytest.fixture
def http(address: httpx.URL) -> Iterator[httpx.Client]:
    """A client of the service that sends the token."""
    headers = {"Authorization": f"Bearer {address.params['token']}"}
    base = f"http://127.0.0.1:{address.port}"
    with httpx.Client(base_url=base, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def stranger(address: httpx.URL) -> Iterator[httpx.Client]:
    """A client that sends no token."""
    with httpx.Client(base_url=f"http://127.0.0.1:{address.port}", timeout=60) as client:
        yield client


def assert_problem(response: httpx.Response, status: int, said: str) -> None:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:linkrisk:error:")
    assert said in problem["detail"]


@pytest.mark.parametrize("verb", ["post", "get"])
def test_the_route_answers_what_the_command_line_prints(
    http: httpx.Client, url: str, capfd: pytest.CaptureFixture[str], verb: str
) -> None:
    asked = {"target": "c2", "as_of": "2022-01-05"}
    path = "/v1/integrated-ownership"
    answer = http.post(path, json=asked) if verb == "post" else http.get(path, params=asked)
    assert main(["integrated-ownership", "--target", "c2", "--as-of", "2022-01-05", "--json",
                 "--store", url]) == 0  # fmt: skip
    assert capfd.readouterr().out.encode() == answer.content + b"\n"
    assert answer.headers["content-type"] == "application/json"
    assert re.fullmatch(r"answer;dur=\d+\.\d\d", answer.headers["server-timing"])


def test_lists_in_a_query_repeat_or_have_commas(http: httpx.Client) -> None:
    path = "/v1/related-parties?subject=c1&as_of=2022-01-05"
    twice = http.get(f"{path}&kinds=shareholder&kinds=legal_representative")
    commas = http.get(f"{path}&kinds=shareholder,legal_representative")
    assert twice.status_code == 200
    assert twice.content == commas.content


def test_subject_search_and_rulebook_are_the_command_lines(
    http: httpx.Client, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for path, args in (
        ("/v1/subjects/reg:p1", ["show", "reg:p1"]),
        ("/v1/search?q=公司", ["search", "公司"]),
        ("/v1/rulebook", ["rulebook", "show"]),
        (
            "/v1/rulebook?edition=2024-07&measure=consumption_restriction&day=2012-01-01",
            [
                "rulebook",
                "show",
                "--edition",
                "2024-07",
                "--measure",
                "consumption_restriction",
                "--day",
                "2012-01-01",
            ],
        ),
    ):
        answer = http.get(path)
        assert main([*args, "--json", "--store", url]) == 0
        assert capfd.readouterr().out.encode() == answer.content + b"\n"
        assert RESIDENT not in answer.text


def test_an_unknown_measure_is_a_problem(http: httpx.Client) -> None:
    assert_problem(http.get("/v1/rulebook?measure=tax-fraud"), 422, "did you mean tax_fraud?")


def test_facts_are_the_command_lines(
    http: httpx.Client, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = http.post("/v1/facts", json={"ids": ["reg:s1", "reg:l1"]})
    assert answer.status_code == 200
    assert main(["facts", "reg:s1", "reg:l1", "--json", "--store", url]) == 0
    assert capfd.readouterr().out.encode() == answer.content + b"\n"
    assert main(["facts", "reg:s1", "--store", url]) == 0
    shown = capfd.readouterr().out
    assert "张三" in shown
    assert "甲公司" in shown
    assert "0.51" in shown
    assert main(["facts", "reg:s9", "--store", url]) == 3
    assert "no fact is named 'reg:s9'" in capfd.readouterr().err
    assert main(["facts", "--store", url]) == 2


def test_an_answer_without_a_body_comes_too(http: httpx.Client) -> None:
    answer = http.head("/openapi.json", timeout=10)
    assert answer.status_code == 200
    assert answer.content == b""


def test_every_error_is_a_problem(http: httpx.Client) -> None:
    ownership = "/v1/integrated-ownership"
    assert_problem(http.get("/v1/nothing"), 404, "Not Found")
    assert_problem(http.delete(ownership), 405, "Method Not Allowed")
    assert_problem(http.post(ownership, json={"target": "c9"}), 404, "no subject is named 'c9'")
    assert_problem(http.post(ownership, json={"targt": "c9"}), 422, "unknown parameter targt")
    assert_problem(http.post(ownership, content=b"[1]"), 422, "not a JSON object")
    assert_problem(http.post(ownership, content=b"{"), 422, "not a JSON object")
    assert_problem(http.post(ownership, content=b"[" * 100_000), 422, "not a JSON object")
    assert_problem(http.post(ownership, content=b'{"target":"\xff"}'), 422, "not a JSON object")
    assert_problem(http.post(ownership, content=b" " * (1 << 20) + b"{}"), 413, "larger than")
    assert_problem(http.get(ownership + "?target=c1&target=c2"), 422, "target is given twice")
    assert_problem(http.get("/v1/subjects/c9"), 404, "no subject is named 'c9'")
    assert_problem(http.get("/v1/search?q="), 422, "nothing to search for")
    assert_problem(http.get("/v1/search?q=a&limit=x"), 422, "limit")


def test_without_the_token_only_health_answers(stranger: httpx.Client, address: httpx.URL) -> None:
    assert stranger.get("/healthz").json() == {"status": "ok"}
    assert stranger.get("/readyz").json()["snapshot"].startswith("sha256:")
    assert "<script" in stranger.get("/").text  # the page itself holds no data
    for path in ("/questions", "/openapi.json", "/v1/algorithms", "/v1/subjects/c1", "/nothing"):
        answer = stranger.get(path)
        assert_problem(answer, 401, "Bearer TOKEN")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    token = address.params["token"]
    for wrong in (f"Bearer {token}x", "Bearer", token, f"Basic {token}"):
        answer = stranger.get("/v1/algorithms", headers={"Authorization": wrong})
        assert_problem(answer, 401, "Bearer TOKEN")
    # A token in a query is for the page that a browser opens, and for nothing else.
    assert_problem(stranger.get(f"/v1/algorithms?token={token}"), 401, "Bearer TOKEN")


def test_a_browser_swaps_the_token_for_a_cookie_that_may_read(
    stranger: httpx.Client, address: httpx.URL
) -> None:
    answer = stranger.get("/", params={"token": address.params["token"]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert address.params["token"] not in answer.headers["set-cookie"]
    page = stranger.get("/questions")
    assert page.status_code == 200
    assert "综合持股" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert_problem(stranger.post("/v1/integrated-ownership", json={}), 401, "Bearer TOKEN")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", ""])
def test_another_host_name_is_refused(http: httpx.Client, host: str) -> None:
    """A page of another site that had its name point at loopback does not get in."""
    answer = http.get("/healthz", headers={"Host": host})
    assert answer.status_code in (400, 421)


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_loopbacks_own_names_are_served(http: httpx.Client, host: str) -> None:
    assert http.get("/healthz", headers={"Host": host}).status_code == 200


def test_openapi_describes_every_algorithm(http: httpx.Client) -> None:
    said = http.get("/openapi.json").json()
    for record in ALGORITHMS.values():
        path = said["paths"][record.path]
        assert path["post"]["summary"] == record.title
        body = path["post"]["requestBody"]["content"]["application/json"]
        fits(said, body["schema"], body["example"])
        names = [p["name"] for p in path["get"]["parameters"]]
        assert names == list(record.fields)


def test_answers_are_what_openapi_says(http: httpx.Client) -> None:
    said = http.get("/openapi.json").json()
    for verb, asked in (("integrated-ownership", {}), ("related-parties", {"subject": "c1"})):
        answer = http.post(f"/v1/{verb}", json=asked).json()
        responses = said["paths"][f"/v1/{verb}"]["post"]["responses"]
        fits(said, responses["200"]["content"]["application/json"]["schema"], answer)
        assert answer["results"]


def test_the_list_of_algorithms(http: httpx.Client) -> None:
    listed = http.get("/v1/algorithms").json()
    assert [entry["name"] for entry in listed] == list(ALGORITHMS)


def test_client_and_process_give_the_same_answers(address: httpx.URL, url: str) -> None:
    service = Client(str(address), address.params["token"])
    with service, connect(url) as local:
        for risk in (service, local):
            assert "related_parties" in dir(risk)
            with pytest.raises(UnknownSubject, match="no subject is named 'c9'"):
                risk.subject("c9")
            with pytest.raises(WrongUsage, match="unknown parameter colour"):
                risk.integrated_ownership(colour="red")
            with pytest.raises(AttributeError):
                risk.nothing_of_the_kind()
        assert service.related_parties(subject="c1", depth=2) == local.ask(
            "related-parties", subject="c1", depth=2
        )
        assert service.paths(from_="p1", to="c2") == local.paths(from_="p1", to="c2")
        assert service.subject("reg:p1") == local.subject("p1")
        assert service.search("公司", kind="company") == local.search("公司", kind="company")
        assert service.rulebook(day="2012-01-01") == local.rulebook(day="2012-01-01")
        assert service.rulebook("2024-07")["edition"] == "2024-07"


def test_the_client_says_when_it_may_not_ask(address: httpx.URL) -> None:
    with Client(str(address), "wrong") as client, pytest.raises(LinkriskError, match="Bearer"):
        client.subject("c1")


def test_a_write_is_in_the_next_answer(http: httpx.Client, url: str) -> None:
    asked = {"target": "c2", "as_of": "2022-01-05"}
    before = http.post("/v1/integrated-ownership", json=asked).json()
    store = open_store(url)
    new = {"kind": "shareholder", "id": "s9", "from": "p1", "to": "c2", "share": "0.25"}
    written = store.write("later", [Normaliser("reg", store.id_key).row(new)])
    after = http.post("/v1/integrated-ownership", json=asked).json()
    store.undo("later")
    store.close()
    assert written.loaded == 1
    assert after["snapshot"] != before["snapshot"]
    direct = {row["owner"]: row["direct"] for row in after["results"]}
    assert 0.25 in direct.values()
    again = http.post("/v1/integrated-ownership", json={**asked, "known_at": before["known_at"]})
    assert again.json() == before


def test_a_taken_port_is_one_line(
    address: httpx.URL, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--store", url, "--port", str(address.port)]) == 1
    err = capfd.readouterr().err
    assert "cannot listen on 127.0.0.1" in err
    assert len(err.splitlines()) == 1


def test_the_image_runs_the_program_as_it_is() -> None:  # the compose file: tests/deploy
    docker = (ROOT / "Dockerfile").read_text("utf-8")
    command = json.loads(re.findall(r"^CMD (\[.*\])$", docker, re.M)[-1])
    assert main([*command[1:], "--help"]) == 0
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", docker, re.M):
        assert all((ROOT / name).exists() for name in copied.split())
        allowed = (ROOT / ".dockerignore").read_text("utf-8")
        assert all(f"!{name}\n" in allowed for name in copied.split())
