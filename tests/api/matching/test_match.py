"""Batches of descriptions in yente's shape, over HTTP and on the command line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from api.app import Service, make_app
from api.auth import Access
from api.cli import main
from api.matching.settings import MatchSettings
from api.session import Session
from tests.api.asked import Asked
from tests.api.matching.conftest import CARD, PHONE, RESIDENT, USCC

Query = dict[str, Any]


def ask(service: Asked, query: Query, **more: Any) -> dict[str, Any]:
    answer = service.post("/v1/match", json={"queries": {"q": query}, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["responses"]["q"]
    return found


def described(schema: str = "Thing", **properties: Any) -> Query:
    return {"schema": schema, "properties": properties}


def test_the_shape_is_yentes(service: Asked) -> None:
    body = {"queries": {
        "a": described("Company", name=["深圳华夏贸易有限公司"], country=["cn"]),
        "b": described("Person", name=["王伟"], birthDate=["1980-01-01"]),
        "c": described("Person", name=["nobody at all"]),
    }}  # fmt: skip
    answer = service.post("/v1/match", json=body).json()
    assert list(answer["responses"]) == ["a", "b", "c"]
    a, b, c = answer["responses"].values()
    assert [each["status"] for each in (a, b, c)] == [200] * 3
    assert a["total"] == {"value": 1, "relation": "eq"}
    (company,) = a["results"]
    assert company["id"] == f"cn:uscc:{USCC}"
    assert (company["schema"], company["caption"]) == ("Company", "深圳華夏貿易有限公司")
    assert (company["score"], company["match"], company["target"]) == (0.92, True, True)
    assert (company["datasets"], company["referents"]) == (["reg"], ["reg:c1"])
    assert set(company["features"]) == set(company["explanations"]) == {"name"}
    assert set(company["features"]) <= set(answer["matcher"])
    assert [(row["id"], row["match"]) for row in b["results"]] == [("reg:p3", True)]
    assert c["results"] == []
    assert (answer["limit"], answer["threshold"]) == (5, 0.7)
    assert answer["snapshot"].startswith("sha256:")


def test_the_description_of_the_route(service: Asked) -> None:
    whole = service.get("/openapi.json").json()
    named = {"components": whole["components"]}  # what schemas refer to
    operation = whole["paths"]["/v1/match"]["post"]
    asked = operation["requestBody"]["content"]["application/json"]
    body = {"queries": {"a": described("Company", name=["深圳华夏贸易有限公司"]), "b": {"x": 1}}}
    for each in (asked["example"], body):
        jsonschema.validate(asked["example"], named | asked["schema"])
        answer = service.post("/v1/match", json=each).json()
        content = operation["responses"]["200"]["content"]["application/json"]
        jsonschema.validate(answer, named | content["schema"])
    assert operation["x-scope"] == "search"


@pytest.mark.parametrize(("query", "best"), [
    (described("Company", registrationNumber=USCC), f"cn:uscc:{USCC}"),
    (described("LegalEntity", uscCode=[USCC.lower()]), f"cn:uscc:{USCC}"),
    (described("company", name="x", taxNumber=[USCC]), f"cn:uscc:{USCC}"),
    (described("Company", previousName=["深圳华夏贸易有限公司"]), f"cn:uscc:{USCC}"),
    (described("Person", lastName=["Zhang"], firstName=["San"]), "张三"),
    (described("Person", lastName=["张"], firstName=["三"]), "张三"),
    (described("Person", idNumber=[RESIDENT]), "张三"),
    (described("Thing", name=["nobody"], idNumber=RESIDENT), "张三"),
    (described("BankAccount", accountNumber=[CARD]), "account"),
    (described("Company", accountNumber=CARD), "北京银行重庆支行"),
    (described("Person", name=["王伟"], phone=[PHONE]), "reg:p3"),
    (described("Address", full=["广东省深圳市罗湖区星湖街1号"]), "reg:d1"),
])  # fmt: skip
def test_properties_of_followthemoney(service: Asked, query: Query, best: str) -> None:
    first = ask(service, query)["results"][0]
    assert best in {first["id"], first["caption"], first["kind"]}


def test_options_stand_in_the_body_or_in_the_query(service: Asked) -> None:
    query = described("Person", name=["王伟"])
    for options in ({"limit": 1}, {"cutoff": 0.6}, {"exclude_entity_ids": ["p3", "p4"]}):
        inside = ask(service, query, **options)
        outside = service.post("/v1/match", json={"queries": {"q": query}}, params=options)
        assert inside == outside.json()["responses"]["q"]
        assert len(inside["results"]) < 2
    assert ask(service, {**query, "exclude_entity_ids": ["p3"]})["results"][0]["id"] == "reg:p4"
    assert ask(service, query, changed_since=1)["results"] == []


def test_each_query_answers_for_itself(service: Asked) -> None:
    queries = {
        "good": described("Person", name=["张三"]), "schema": described("Vessel", name=["x"]),
        "none": described("Person"), "shape": {"properties": []}, "text": "张三",
        "deep": described("Person", name=[{"a": 1}]), "null": None,
        "date": described("Person", name=["x"], birthDate=["soon"]),
    }  # fmt: skip
    found = service.post("/v1/match", json={"queries": queries}).json()["responses"]
    assert {name: each["status"] for name, each in found.items() if each["status"] != 422} == {
        "good": 200
    }
    assert "schema: one of" in found["schema"]["error"]
    assert "nothing to match by" in found["none"]["error"]
    assert "birth_date" in found["date"]["error"]
    assert "properties.name: not text" in found["deep"]["error"]


@pytest.mark.parametrize(("body", "said"), [
    ({}, "queries"), ({"queries": {}}, "queries: none"), ({"queries": []}, "queries"),
    ({"queries": {"q": {}}, "limit": 0}, "limit"), ({"queries": {"q": {}}, "limit": 501}, "limit"),
    ({"queries": {"q": {}}, "threshold": "high"}, "threshold"),
    ({"queries": {"q": {}}, "weights": {}}, "weights"),
    ({"queries": {"q": {}}, "as_of": "today"}, "as_of"),
    ({"queries": {f"q{n}": {} for n in range(101)}}, "more than 100"),
])  # fmt: skip
def test_what_is_malformed_is_named(service: Asked, body: Any, said: str) -> None:
    answer = service.post("/v1/match", json=body)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def test_how_many_queries_a_request_holds_is_a_setting(
    url: str,
) -> None:
    with Session(url) as session:
        access = Access("t" * 32, None)
        service = Asked(make_app(session, Service(access, parts=(MatchSettings(queries=1),))))
        two = {"queries": {"a": described(name="x"), "b": described(name="y")}}
        assert "more than 1" in service.post("/v1/match", json=two).json()["detail"]
        form = {"queries": json.dumps({"a": {"query": "x"}, "b": {"query": "y"}})}
        assert "more than 1" in service.post("/v1/reconcile", data=form).json()["detail"]


def test_identifiers_are_masked_in_what_is_echoed(service: Asked) -> None:
    query = described("Person", name=[f"王伟 {PHONE}"], phone=PHONE, idNumber=[RESIDENT],
                      accountNumber=[CARD], email=["x@example.com"])  # fmt: skip
    answer = ask(service, query, cutoff=0)
    assert answer["ignored"] == ["email"]
    for secret in (PHONE, RESIDENT, CARD):
        assert secret not in json.dumps(answer)
    assert answer["query"]["properties"]["phone"] == ["138****8000"]


def test_numbers_that_are_no_keys_are_said(service: Asked) -> None:
    answer = ask(service, described("Company", name="深圳华夏贸易有限公司", taxNumber="123"))
    assert answer["results"][0]["match"]
    assert "uscc" in answer["notes"][0]


# -- the command line ---------------------------------------------------------------------------


def run(capfd: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = main(list(args))
    out, err = capfd.readouterr()
    return code, out, err


def test_a_file_of_queries_answers_as_the_route(
    service: Asked, url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    body = {"queries": {"q": described("Person", name=["王伟"])}}
    file = tmp_path / "q.json"
    file.write_text(json.dumps(body), "utf-8")
    code, out, _ = run(capfd, "--store", url, "match", str(file), "--limit", "1", "--json")
    assert code == 0
    assert json.loads(out) == service.post("/v1/match", json=body, params={"limit": 1}).json()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_list_of_names_and_codes_mixed(
    url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], encoding: str
) -> None:
    file, out = tmp_path / "list.csv", tmp_path / "found.csv"
    lines = ["深圳华夏贸易有限公司", USCC, RESIDENT, PHONE, "=HYPERLINK(1)", "王伟"]
    file.write_text("\n".join(lines), encoding)
    code, _, err = run(capfd, "--store", url, "match", str(file), "--out", str(out))
    assert code == 0, err
    text = out.read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    best = {row["query"]: (row["caption"], row["match"]) for row in reversed(rows)}
    assert best["1"] == best["2"] == ("深圳華夏貿易有限公司", "true")
    assert best["3"] == ("张三", "true")
    assert best["5"] == ("", "")
    assert best["6"] == ("王伟", "false")
    assert "'=HYPERLINK(1)" in text
    assert RESIDENT not in text
    assert PHONE not in text


def test_a_table_with_a_header(url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "people.csv"
    file.write_text("序号,姓名,出生日期\n1,王伟,1990-01-01\n2,张三,\n", "utf-8")
    code, out, err = run(capfd, "--store", url, "match", str(file), "--json")
    assert code == 0, err
    found = json.loads(out)["responses"]
    assert [row["id"] for row in found["2"]["results"] if row["match"]] == ["reg:p4"]
    assert found["3"]["query"]["schema"] == "Person"
    assert run(capfd, "--store", url, "match", str(file))[0] == 0


@pytest.mark.parametrize(("name", "content", "code", "said"), [
    ("a.json", "{", 3, "not JSON"), ("a.json", "[1]", 3, "neither an object"),
    ("a.json", "{}", 2, "queries: none"), ("a.csv", "", 2, "queries: none"),
    ("gone.csv", None, 3, "No such file"),
])  # fmt: skip
def test_bad_files_are_named(
    url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, content: str | None,
    code: int, said: str,
) -> None:  # fmt: skip
    file = tmp_path / name
    if content is not None:
        file.write_text(content, "utf-8")
    got, out, err = run(capfd, "--store", url, "match", str(file))
    assert (got, out) == (code, "")
    assert said in err
    assert len(err.splitlines()) == 1
