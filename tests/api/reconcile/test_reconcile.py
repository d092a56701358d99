"""A conversation as OpenRefine has it: manifest, columns reconciled, suggestions, data fetched."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import closing
from html.parser import HTMLParser
from typing import Any

import httpx
import jsonschema
import pytest

from api.app import Service, make_app
from api.auth import Access
from api.reads.chain import Chain
from api.reconcile.forward import forwarder
from api.session import Session
from graph.keys import Key, canonical
from graph.store import Store
from tests.api.asked import Asked
from tests.api.matching.conftest import CARD, PHONE, RESIDENT, USCC
from tests.api.reconcile import shapes

PATH = "/v1/reconcile"


def reconcile(service: Asked, **queries: Any) -> dict[str, list[dict[str, Any]]]:
    answer = service.post(PATH, data={"queries": json.dumps(queries)})
    assert answer.status_code == 200, answer.text
    jsonschema.validate(answer.json(), shapes.RESULTS)
    return {name: each["result"] for name, each in answer.json().items()}


def extended(service: Asked, ids: list[str], *names: str) -> dict[str, Any]:
    asked = {"ids": ids, "properties": [{"id": name} for name in names]}
    answer = service.post(PATH, data={"extend": json.dumps(asked)})
    assert answer.status_code == 200, answer.text
    jsonschema.validate(answer.json(), shapes.EXTENDED)
    found: dict[str, Any] = answer.json()
    return found


def test_the_manifest(service: Asked) -> None:
    found = service.get(f"http://localhost{PATH}").json()  # it names where it was asked
    jsonschema.validate(found, shapes.MANIFEST)
    assert found["identifierSpace"] == "http://localhost/v1/subjects/"
    assert [each["id"] for each in found["defaultTypes"]] == ["company", "person"]
    for each in (*found["suggest"].values(), found["extend"]["propose_properties"]):
        where = each["service_url"] + each["service_path"]
        assert service.get(where, params={"prefix": "x"}).status_code == 200


def test_a_column_of_names(service: Asked) -> None:
    found = reconcile(
        service,
        q0={"query": "深圳华夏贸易有限公司", "type": "company", "limit": 3, "type_strict": "any"},
        q1={"query": "王伟", "type": "person"},
        q2={"query": "王伟", "properties": [{"pid": "birth_date", "v": "1980-01-01"}]},
        q3={"query": USCC},
        q4={"query": "nobody at all"},
        q5={"query": " "},
        q6={"query": "", "properties": [{"pid": "uscc", "v": "123"}]},
        q7={"query": "王伟", "properties": [{"pid": "birth_date", "v": "soon"}]},
    )
    (company,) = found["q0"]
    assert (company["id"], company["match"], company["score"]) == (f"cn:uscc:{USCC}", True, 92.0)
    assert company["type"] == [{"id": "company", "name": "company / 企业"}]
    assert "listings / 名单: 1" in company["description"]
    assert [row["match"] for row in found["q1"]] == [False, False]
    assert [(row["id"], row["match"]) for row in found["q2"]] == [
        ("reg:p3", True), ("reg:p4", False)]  # fmt: skip
    assert [(row["name"], row["match"]) for row in found["q3"]] == [("深圳華夏貿易有限公司", True)]
    assert found["q4"] == found["q5"] == found["q6"] == found["q7"] == []


def test_what_other_columns_say(service: Asked) -> None:
    found = reconcile(
        service,
        q0={"query": "王伟", "properties": [{"pid": "phone", "v": [int(PHONE)]}]},
        q1={"query": "华夏", "properties": [{"pid": "uscc", "v": {"id": "x", "name": USCC}}]},
        q2={"properties": [{"pid": "account", "v": float(CARD)}, {"pid": "P31", "v": True}],
            "query": "x", "type": ["company", "Q43229"]},
        q3={"properties": [{"pid": "name", "v": "张三"}], "type": "person"},
    )  # fmt: skip
    assert (found["q0"][0]["id"], found["q0"][0]["match"]) == ("reg:p3", True)
    assert found["q1"][0]["match"]
    assert found["q3"][0]["name"] == "张三"


def test_queries_come_in_the_query_too(service: Asked) -> None:
    queries = json.dumps({"q": {"query": "张三"}})
    assert service.get(PATH, params={"queries": queries}).json() == service.post(
        PATH, data={"queries": queries}).json()  # fmt: skip


def test_suggestions(service: Asked) -> None:
    entities = service.get(f"{PATH}/suggest/entity", params={"prefix": "zhang"}).json()
    jsonschema.validate(entities, shapes.ENTITIES)
    assert {row["name"] for row in entities["result"]} == {"张三", "章叁"}
    later = service.get(f"{PATH}/suggest/entity", params={"prefix": "zhang", "cursor": 1}).json()
    assert later["result"] == entities["result"][1:]
    assert service.get(f"{PATH}/suggest/entity").json() == {"result": []}
    types = service.get(f"{PATH}/suggest/type", params={"prefix": "com"}).json()
    jsonschema.validate(types, shapes.TYPES)
    assert types["result"][0]["id"] == "company"
    names = service.get(f"{PATH}/suggest/property", params={"prefix": "名称"}).json()
    jsonschema.validate(names, shapes.PROPERTIES)
    assert {"name"} <= {row["id"] for row in names["result"]}
    proposed = service.get(f"{PATH}/properties", params={"type": "person", "limit": 3}).json()
    jsonschema.validate(proposed, shapes.PROPOSED)
    assert (proposed["type"], proposed["limit"], len(proposed["properties"])) == ("person", 3, 3)


def test_data_of_what_was_reconciled(service: Asked, record: Any) -> None:
    name = "深圳新华夏贸易有限公司"
    record({"kind": "company", "id": "c1", "name": name, "keys": {"uscc": USCC}})
    names = ("name", "former_name", "uscc", "kind", "record", "listing", "listed", "address",
             "legal_representative", "shareholder", "id")  # fmt: skip
    found = extended(service, ["c1", "p2", "nobody"], *names)
    assert [each["id"] for each in found["meta"]] == list(names)
    row = found["rows"]["c1"]
    assert row["name"] == [{"str": name}]
    assert row["former_name"] == [{"str": "深圳華夏貿易有限公司"}]
    assert (row["uscc"], row["listed"]) == ([{"str": USCC}], [{"int": 1}])
    assert row["listing"] == [{"str": "black · tax · 2022-01-05 · active"}]
    assert row["address"] == [{"id": "reg:d1", "name": "广东省深圳市罗湖区星湖街1号"}]
    assert [each["name"] for each in row["legal_representative"]] == ["张三"]
    assert found["rows"]["p2"]["uscc"] == []
    assert set(map(str, found["rows"]["nobody"].values())) == {"[]"}


def test_whose_properties_were_fetched_is_recorded(service: Asked, facts: Store) -> None:
    """An answer goes by the ids that were asked for: `name` of a person has no id as a value."""
    key = str(canonical(Key("resident_id", RESIDENT), facts.id_key))
    extended(service, ["p1", "c1", "reg:p2", key, "nobody"], "name", "kind")
    extended(service, ["c1"], "name")
    with closing(Chain.of(facts)) as chain:
        _, entry = chain.ledger()
    assert (entry.about, entry.content["subjects"]) == (PATH, sorted([key, "reg:p2"]))
    assert {"name", "kind"} <= {*entry.content["fields"]}


class Html(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_preview_is_masked_and_runs_nothing(service: Asked, record: Any) -> None:
    record({"kind": "person", "id": "p7", "name": f"<script>x</script>{PHONE}",
            "keys": {"resident_id": RESIDENT}})  # fmt: skip
    answer = service.get(f"{PATH}/preview", params={"id": "p7"})
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    page = Html(answer.text)
    assert "script" not in page.tags
    assert "张三" in page.text or "<script>x</script>138****8000" in page.text
    for secret in (PHONE, RESIDENT):
        assert secret not in answer.text
    assert "110***********002X" in answer.text
    assert service.get(f"{PATH}/preview", params={"id": "nobody"}).status_code == 404
    assert service.get(f"{PATH}/preview").status_code == 404


@pytest.mark.parametrize(("form", "said"), [
    ({}, "queries or extend: missing"), ({"queries": "{"}, "queries"),
    ({"queries": "[]"}, "queries"),
    ({"queries": '{"q": {"query": 1}}'}, "query"), ({"queries": '{"q": {"name": "x"}}'}, "name"),
    ({"queries": '{"q": {"query": "x", "type": "Q5"}}'}, "queries.q.type: one of company"),
    ({"queries": json.dumps({f"q{n}": {"query": "x"} for n in range(101)})}, "more than 100"),
    ({"queries": '{"q": {"query": "x", "properties": [{"pid": "phone", "v": [[]]}]}}'}, "neither"),
    ({"extend": "[]"}, "extend"), ({"extend": '{"ids": []}'}, "properties"),
    ({"extend": '{"ids": [], "properties": [{"id": "P31"}]}'}, "extend.properties: one of id"),
    ({"extend": json.dumps({"ids": ["x"] * 1001, "properties": []})}, "more than 1000"),
])  # fmt: skip
def test_what_is_malformed_is_named(service: Asked, form: dict[str, str], said: str) -> None:
    answer = service.post(PATH, data=form)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_limits_that_are_no_counts(service: Asked) -> None:
    for limit in (0, -5, 1e9, 2.7):
        found = reconcile(service, q={"query": "王伟", "limit": limit})
        assert 1 <= len(found["q"]) <= 2


def test_jsonp_is_refused(service: Asked) -> None:
    for path in (PATH, f"{PATH}/suggest/entity"):
        answer = service.get(path, params={"callback": "evil", "prefix": "x"})
        assert answer.status_code == 422
        assert "JSONP" in answer.json()["detail"]
        assert "access-control-allow-origin" not in answer.headers


def test_every_route_asks_for_credentials(service: Asked) -> None:
    for path in (PATH, f"{PATH}/suggest/entity", f"{PATH}/preview?id=c1", f"{PATH}/properties"):
        assert service.get(path, headers={"Authorization": "Bearer no"}).status_code == 401


# -- the forwarder ------------------------------------------------------------------------------


def test_openrefine_reaches_it_through_the_forwarder(url: str) -> None:
    asyncio.run(_conversation(url))


async def _conversation(url: str) -> None:
    token = "t" * 32
    with Session(url) as session:
        service = make_app(session, Service(Access(token, None)))
        through = httpx.ASGITransport(service)
        app, path = forwarder("http://service.test/", token, transport=through)
        refine = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=refine, base_url="http://127.0.0.1:4000") as client:
            manifest = (await client.get(path)).json()
            jsonschema.validate(manifest, shapes.MANIFEST)
            assert "service.test" not in json.dumps({**manifest, "view": 0, "identifierSpace": 0,
                "schemaSpace": 0, "documentation": 0})  # fmt: skip
            assert token not in json.dumps(manifest)
            queries = {"queries": json.dumps({"q": {"query": "深圳华夏贸易有限公司"}})}
            answer = await client.post(path, data=queries)
            assert answer.json()["q"]["result"][0]["match"]
            assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1:3333"
            entity = manifest["suggest"]["entity"]
            where = entity["service_url"] + entity["service_path"]
            assert (await client.get(where, params={"prefix": "王"})).json()["result"]
            page = await client.get(re.sub(r"\{\{id\}\}", "c1", manifest["preview"]["url"]))
            assert page.headers["content-security-policy"].startswith("default-src 'none'")
            assert (await client.get("/guess" + path[path.index("/v1") :])).status_code == 404
            assert (await client.get(path.replace("reconcile", "search"))).status_code == 404
            assert (await client.get(f"{path}/../search?q=x")).status_code == 404
            assert (await client.get(path, headers={"host": "evil.test"})).status_code == 421
            assert (await client.post(path, content=b"x" * ((1 << 20) + 1))).status_code == 413
