"""A subject's own routes: what they answer, which ids lead to it, and answers that hold still."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from algorithms.registry import ALGORITHMS
from api.caller import Caller, let_in
from api.cli import main
from api.engine import Engine
from api.etags import tag_of
from api.subjects.routes import VIEWS
from graph.facts import Normaliser
from graph.store import Store, open_store
from tests.api.asked import Asked, fits, service
from tests.api.conftest import FACTS, USCC

ROOT = Path(__file__).parents[3]
OTHER = "91110000MA0000001L"
CANONICAL = f"cn:uscc:{USCC}"


IDS = ["a/b", "x/related", "名/timeline", "50%", "a%2Fb", "q?x=1", "s t"]
MERGED = [
    {"kind": "company", "id": "a", "keys": {"uscc": USCC}},
    {"kind": "company", "id": "b", "keys": {"uscc": USCC}},
    {"kind": "company", "id": "c"},
    {"kind": "company", "id": "e"},
    {"kind": "same_as", "id": "j", "from": "c", "to": "b", "score": "1", "by": "审核"},
]
BELOW = pytest.mark.parametrize("below", ["", *(f"/{name}" for name in VIEWS), "/timeline"])


def stored(folder: Path, facts: list[dict[str, Any]], dataset: str) -> str:
    """The address of a store with these facts."""
    url = f"sqlite:///{folder / 'facts.db'}"
    store = open_store(url, create=True)
    store.write("b1", [Normaliser(dataset, store.id_key).row(fact) for fact in facts])
    store.close()
    return url


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return stored(tmp_path_factory.mktemp("facts"), FACTS, "reg")


@pytest.fixture(scope="module")
def http(url: str) -> Iterator[Asked]:
    with service(url) as asked:
        yield asked


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """Companies of odd ids, and of several records."""
    facts = [*({"kind": "company", "id": ident} for ident in (*IDS, "x")), *MERGED]
    with service(stored(tmp_path_factory.mktemp("odd"), facts, "d")) as asked:
        yield asked


@pytest.fixture
def written(filled: str) -> Iterator[Asked]:
    """A service whose store is written to."""
    with service(filled) as asked:
        yield asked


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_what_the_command_line_prints_of_its_algorithm(
    http: Asked, url: str, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    algorithm, parameter = VIEWS[name]
    about = "reg:c2" if name == "controllers" else "reg:c1"
    answer = http.get(f"/v1/subjects/{about}/{name}", params={"as_of": "2022-01-05"})
    asked = [f"--{parameter}", about, "--as-of", "2022-01-05", "--json", "--store", url]
    assert main([algorithm.replace("_", "-"), *asked]) == 0
    assert capfd.readouterr().out.encode() == answer.content + b"\n"
    assert answer.json()["results"]


def test_a_credit_code_names_its_company(http: Asked) -> None:
    for path in ("", "/record", "/related", "/controllers", "/adjacent", "/timeline"):
        answer = http.get(f"/v1/subjects/{USCC}{path}")
        assert answer.status_code == 200, path
    assert http.get(f"/v1/subjects/{USCC}").json()["id"] == CANONICAL
    related = http.get(f"/v1/subjects/{USCC}/related", params={"direction": "out"}).json()
    assert [row["party"] for row in related["results"]] == ["reg:c2"]


def test_the_rest_of_the_parameters_is_in_the_query(http: Asked) -> None:
    path = "/v1/subjects/c1/related"
    kinds = http.get(f"{path}?kinds=shareholder&kinds=officer&depth=2").json()
    assert kinds["params"]["kinds"] == ["shareholder", "officer"]
    assert kinds["params"]["depth"] == 2
    assert http.get(f"{path}?subject=c2").status_code == 422
    assert http.get(f"{path}?colour=red").status_code == 422
    assert http.get("/v1/subjects/c1?colour=red").status_code == 422
    assert http.get("/v1/subjects/c1/timeline?colour=red").status_code == 422
    assert http.get("/v1/subjects/c9/timeline").status_code == 404


@pytest.mark.parametrize("ident", IDS)
@BELOW
def test_an_id_may_hold_what_a_path_is_made_of(odd: Asked, ident: str, below: str) -> None:
    answer = odd.get(f"/v1/subjects/{quote(f'd:{ident}', safe='')}{below}")
    assert answer.status_code == 200, answer.text
    said = answer.json()
    asked = said.get("params", {})
    assert f"d:{ident}" in (said.get("id"), asked.get("subject"), asked.get("target"))


@pytest.mark.parametrize("old", ["d:a", "d:b", "b", "d:c"])
@BELOW
def test_a_merged_id_is_sent_to_the_canonical_one(odd: Asked, old: str, below: str) -> None:
    answer = odd.get(f"/v1/subjects/{old}{below}?known_at=2030-01-01")
    assert answer.status_code == 308
    where = answer.headers["location"]
    assert where == f"/v1/subjects/{CANONICAL}{below}?known_at=2030-01-01"
    assert answer.json() == {"canonical": CANONICAL, "location": where}
    there = odd.get(where)
    assert there.status_code == 200
    assert CANONICAL in there.text


def test_before_it_was_merged_an_id_stood_where_it_was(
    write: Callable[..., Store], store_url: str
) -> None:
    write([{"kind": "company", "id": "a"}])
    with service(store_url) as http:
        before = http.get("/v1/subjects/d:a")
        assert before.status_code == 200
        known_at = before.json()["known_at"]
        write([{"kind": "company", "id": "b", "keys": {"uscc": USCC}}], dataset="e")
        write([{"kind": "same_as", "id": "j", "from": "d:a", "to": "e:b"}], dataset="f")
        moved = http.get("/v1/subjects/d:a")
        assert moved.headers["location"] == f"/v1/subjects/{CANONICAL}"
        then = http.get("/v1/subjects/d:a", params={"known_at": known_at})
        assert (then.status_code, then.json()) == (200, before.json())


def test_an_id_that_was_corrected_is_sent_on_and_no_algorithm_takes_it(
    write: Callable[..., Store], store_url: str
) -> None:
    """The wrong code may be somebody else's: an answer about this one would pass for that one's."""
    write([{"kind": "company", "id": "a", "keys": {"uscc": OTHER}}])
    write([{"kind": "company", "id": "a", "keys": {"uscc": USCC}}])
    with service(store_url) as http:
        answer = http.get(f"/v1/subjects/cn:uscc:{OTHER}/related")
        assert answer.headers["location"] == f"/v1/subjects/{CANONICAL}/related"
        assert http.get(f"/v1/subjects/{OTHER}").status_code == 404
        asked = {"subject": f"cn:uscc:{OTHER}"}
        assert http.post("/v1/related-parties", json=asked).status_code == 404


@pytest.mark.parametrize("ident", ["reg:c2", "c2", USCC, CANONICAL, "reg:c1", "c1"])
def test_ids_that_stay(http: Asked, ident: str) -> None:
    """Those of a record that stands alone, with a key or without; the key; the canonical id."""
    assert http.get(f"/v1/subjects/{ident}").status_code == 200


# -- answers that hold still ----------------------------------------------------------------------

PATHS = [
    "/v1/subjects/reg:c2",
    "/v1/subjects/reg:c2/timeline",
    "/v1/subjects/reg:c2/related?as_of=2022-01-05",
    "/v1/integrated-ownership?as_of=2022-01-05",
    "/v1/extend?subject=c1&measure=consumption_restriction&act=2022-01-05&as_of=2022-01-05",
]


@pytest.mark.parametrize("path", PATHS)
def test_what_a_caller_holds_is_not_sent_again(http: Asked, path: str) -> None:
    first = http.get(path)
    tag = first.headers["etag"]
    assert first.status_code == 200
    assert tag.startswith('"')
    for held in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        again = http.get(path, headers={"If-None-Match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    other = http.get(path, headers={"If-None-Match": '"x"'})
    assert (other.status_code, other.content) == (200, first.content)


def test_a_write_makes_another_answer(written: Asked, write: Callable[..., Store]) -> None:
    tags = [written.get(path).headers["etag"] for path in PATHS]
    write([{"kind": "officer", "id": "o1", "from": "p1", "to": "c2"}], dataset="reg")
    for path, tag in zip(PATHS, tags, strict=True):
        again = written.get(path, headers={"If-None-Match": tag})
        assert again.status_code == 200
        assert again.headers["etag"] != tag


def test_an_answer_that_is_held_is_not_computed(
    http: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = PATHS[3]
    tag = http.get(path).headers["etag"]

    async def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Engine, "ask", never)
    assert http.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_a_past_view_keeps_its_tag(written: Asked, write: Callable[..., Store]) -> None:
    first = written.get("/v1/integrated-ownership?as_of=2022-01-05")
    path = "/v1/integrated-ownership"
    asked = {"as_of": "2022-01-05", "known_at": first.json()["known_at"]}
    write([{"kind": "company", "id": "c7"}], dataset="reg")
    again = written.get(path, params=asked, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_other_questions_and_other_callers_have_other_tags(http: Asked) -> None:
    base = "/v1/integrated-ownership"
    questions = ["?as_of=2022-01-05", "?as_of=2022-01-06", "?as_of=2022-01-05&target=c2"]
    tags = [http.get(base + each).headers["etag"] for each in questions]
    tags.append(http.get("/v1/control?as_of=2022-01-05").headers["etag"])
    assert len(set(tags)) == 4
    assert http.post(base, json={"as_of": "2022-01-05"}).headers["etag"] == tags[0]

    class Request:
        def __init__(self, *domains: str) -> None:
            self.scope: dict[str, object] = {}
            let_in(self.scope, Caller("k", frozenset(), frozenset(domains)))

    seen = [Request("tax"), Request("tax", "bank"), Request()]
    assert len({tag_of(each, "q") for each in seen}) == 3  # type: ignore[arg-type]
    assert tag_of(Request(), "ab", "c") != tag_of(Request(), "a", "bc")  # type: ignore[arg-type]


def test_an_answer_is_for_no_cache_and_says_the_rulebook(http: Asked) -> None:
    (rules,) = {http.get("/v1/rulebook").json()["version"]}
    for path in PATHS:
        answer = http.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["linkrisk-rulebook"]
    extended = http.get(PATHS[4])
    assert extended.headers["linkrisk-rulebook"] == extended.json()["rulebook"]
    assert http.get(PATHS[3]).headers["linkrisk-rulebook"] == rules


def test_a_post_is_answered_whatever_the_caller_holds(http: Asked) -> None:
    answer = http.post("/v1/integrated-ownership", json={}, headers={"If-None-Match": "*"})
    assert answer.status_code == 200


# -- the routes as they are described -------------------------------------------------------------


def test_routes_are_under_v1_and_have_one_way(http: Asked) -> None:
    said = http.get("/openapi.json").json()["paths"]
    plain = {"/healthz", "/readyz", "/metrics"}
    assert [path for path in said if not path.startswith("/v1/") and path not in plain] == []
    for name, path in (
        ("extend", "/v1/extend"),
        ("extend_batch", "/v1/extend/batch"),
        ("extend_preview", "/v1/extend/preview"),
        ("what_if", "/v1/what-if"),
        ("trace_flow", "/v1/flows/trace"),
        ("invoice_schemes", "/v1/invoices/schemes"),
        ("paths", "/v1/paths"),
        ("common_links", "/v1/common-links"),
    ):
        assert ALGORITHMS[name].path == path
        assert {"get", "post"} <= set(said[path])
        other = f"/v1/{ALGORITHMS[name].verb}"
        assert other == path or other not in said


@BELOW
def test_answers_are_what_openapi_says(http: Asked, below: str) -> None:
    whole = http.get("/openapi.json").json()
    said = whole["paths"][f"/v1/subjects/{{id}}{below}"]["get"]
    content = said["responses"]["200"]["content"]["application/json"]
    answer = http.get(f"/v1/subjects/c1{below}").json()
    fits(whole, content["schema"], answer)
    assert answer.get("results") or answer.get("records")
    assert said["summary"].count(" / ") == 1
    assert {"304", "308", "404"} <= set(said["responses"])


def test_the_facts_of_the_fixture_are_all_on_the_timeline(http: Asked) -> None:
    answer = http.get("/v1/subjects/c1/timeline?axis=recorded").json()
    at_c1 = {f"reg:{f['id']}" for f in FACTS if "c1" in (f["id"], f.get("from"), f.get("to"),
                                                       f.get("subject"))}  # fmt: skip
    assert {event["fact"] for event in answer["results"]} == at_c1


def test_the_line_of_a_cluster_has_an_address(
    write: Callable[..., Store], store_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    write([
        {"kind": "company", "id": "a"}, {"kind": "company", "id": "b"},
        {"kind": "guarantee", "id": "g", "from": "a", "to": "b", "valid_from": "2021-01-01"},
        *({"kind": "listing", "id": f"l{who}", "subject": who, "list": "black", "domain": "court",
           "valid_from": "2021-02-01"} for who in "ab"),
    ])  # fmt: skip
    with service(store_url) as http:
        (found,) = http.get("/v1/clusters?as_of=2022-01-05").json()["results"]
        path = f"/v1/clusters/{quote(found['id'], safe='')}/history"
        answer = http.get(path, params={"as_of": "2022-01-05"})
        assert [row["event"] for row in answer.json()["results"]] == ["born"]
        assert answer.json()["params"]["cluster"] == found["id"]
        whole = http.get("/v1/clusters/history?as_of=2022-01-05").json()
        assert whole["results"] == answer.json()["results"]
        assert http.get(f"{path}?cluster=x").status_code == 422
        assert http.get("/v1/clusters/cluster:0/history").status_code == 404
        said = http.get("/openapi.json").json()
        line = said["paths"]["/v1/clusters/{id}/history"]["get"]
        content = line["responses"]["200"]["content"]["application/json"]
        fits(said, content["schema"], answer.json())
    asked = ["--cluster", found["id"], "--as-of", "2022-01-05", "--json", "--store", store_url]
    assert main(["cluster-history", *asked]) == 0
    assert capfd.readouterr().out.encode() == answer.content + b"\n"


def test_the_requests_of_the_guide_are_answered(http: Asked) -> None:
    text = (ROOT / "docs" / "guides" / "subjects.md").read_text("utf-8")
    blocks = re.findall(r"^```http\n(.+?)\n```$", text, re.M | re.S)
    asked = [line.removeprefix("GET ") for block in blocks for line in block.splitlines()
             if line.startswith("GET ")]  # fmt: skip
    assert len(asked) > 10
    for path in asked:
        assert http.get(path).status_code == 200, path
    named = {line.partition(":")[0] for block in blocks for line in block.splitlines()
             if not line.startswith("GET ")}  # fmt: skip
    assert named == {"If-None-Match"}
