"""Search over HTTP and on the command line: what is found, why, in which order, in pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from api.cli import main
from tests.api.asked import Asked
from tests.api.matching.conftest import CARD, PHONE, RESIDENT, USCC


def found(service: Asked, text: str, **more: Any) -> list[tuple[str, str]]:
    answer = service.get("/v1/search", params={"q": text, **more})
    assert answer.status_code == 200, answer.text
    return [(row["records"][0], row["how"]) for row in answer.json()["results"]]


@pytest.mark.parametrize(("text", "best"), [
    ("深圳华夏贸易有限公司", ("reg:c1", "exact")), ("深圳華夏貿易有限公司", ("reg:c1", "exact")),
    ("深圳华夏", ("reg:c1", "prefix")), ("华夏贸易", ("reg:c1", "within")),
    ("huaxia maoyi", ("reg:c1", "sound_within")), ("shenzhen hua", ("reg:c1", "sound_prefix")),
    ("深圳花夏贸易有限公司", ("reg:c1", "sound")), ("深圳华美贸易有限公司", ("reg:c1", "similar")),
    ("zhang san", ("reg:p1", "sound")), ("zhangsan", ("reg:p1", "sound")),
    ("ZHANG SAN", ("reg:p1", "sound")), ("zs", ("reg:p1", "initials")),
    ("bjyhcq", ("reg:c2", "initials")), ("yinhang chongqing", ("reg:c2", "sound_within")),
    (USCC, ("reg:c1", "key")), (USCC.lower(), ("reg:c1", "key")), (RESIDENT, ("reg:p1", "key")),
    (PHONE, ("reg:t1", "key")), (f"+86 {PHONE}", ("reg:t1", "key")), (CARD, ("reg:a1", "key")),
    ("138****8000", ("reg:t1", "masked")), ("+86 138****8000", ("reg:t1", "masked")),
    ("110***********002X", ("reg:p1", "masked")), ("621************3181", ("reg:a1", "masked")),
    ("reg:p2", ("reg:p2", "key")), ("p2", ("reg:p2", "key")), ("星湖街", ("reg:d1", "within")),
])  # fmt: skip
def test_what_is_found_first(service: Asked, text: str, best: tuple[str, str]) -> None:
    assert found(service, text)[0] == best


def test_a_name_written_a_moment_ago_and_former_names(
    service: Asked, record: Callable[..., None]
) -> None:
    assert found(service, "李四") == []
    record({"kind": "person", "id": "p9", "name": "李四"})
    assert found(service, "李四") == [("reg:p9", "exact")]
    for n in range(12):  # in pieces that are put together as they come
        record({"kind": "person", "id": f"q{n}", "name": f"李{'甲乙丙丁戊己庚辛壬癸子丑'[n]}"})
        assert len(found(service, "李", limit=50)) == n + 2
    record({"kind": "person", "id": "p9", "name": "李肆"})
    (row,) = service.get("/v1/search", params={"q": "李四", "kind": "person"}).json()["results"][:1]
    assert (row["label"], row["name"], row["former"]) == ("李肆", "李四", True)
    record({"kind": "retract", "id": "p9"})
    assert "reg:p9" not in [name for name, _ in found(service, "李四")]


def test_as_it_was_known(service: Asked, record: Callable[..., None]) -> None:
    before = service.get("/v1/search", params={"q": "张三"}).json()["known_at"]
    record({"kind": "person", "id": "p8", "name": "张三"})
    assert len(found(service, "张三")) == 2 + 1  # and who sounds the same
    assert [name for name, how in found(service, "张三", known_at=before) if how == "exact"] == [
        "reg:p1"
    ]


def test_masked_forms_of_what_comes_and_goes(service: Asked, record: Callable[..., None]) -> None:
    more = {"kind": "phone", "id": "t2", "keys": {"e164": "13811118000"}}
    assert found(service, "138****8000") == [("reg:t1", "masked")]
    record(more)
    assert found(service, "138****8000") == [("reg:t1", "masked"), ("reg:t2", "masked")]
    assert found(service, "138****8000", limit=1, offset=1) == [("reg:t2", "masked")]
    assert found(service, "138****8000", kind="person") == []
    record({**more, "keys": {"e164": "13911118000"}})
    assert found(service, "138****8000") == [("reg:t1", "masked")]
    assert found(service, "139****8000") == [("reg:t2", "masked")]
    for text in ("138****8001", "***", "1*0", "138*8000", "*" * 80):
        assert found(service, text) == []


def test_kinds_and_pages(service: Asked) -> None:
    assert [name for name, _ in found(service, "王伟", kind="person")] == ["reg:p3", "reg:p4"]
    assert found(service, "王伟", kind="company") == []
    pages = [found(service, "王伟", limit=1, offset=at) for at in range(3)]
    assert [[name for name, _ in page] for page in pages] == [["reg:p3"], ["reg:p4"], []]
    more = [service.get("/v1/search", params={"q": "王伟", "limit": 1, "offset": n}).json()["more"]
            for n in range(2)]  # fmt: skip
    assert more == [True, False]


def test_an_identifier_that_was_searched_for_is_not_echoed(service: Asked) -> None:
    for text in (RESIDENT, PHONE, CARD):
        answer = service.get("/v1/search", params={"q": text})
        assert text not in answer.text
        assert answer.json()["results"]


@pytest.mark.parametrize(("query", "said"), [
    ({}, "q: nothing"), ({"q": " "}, "q: nothing"), ({"q": "a", "limit": "0"}, "limit"),
    ({"q": "a", "limit": "1001"}, "limit"), ({"q": "a", "offset": "-1"}, "offset"),
    ({"q": "a", "offset": "9" * 400}, "offset"), ({"q": "a", "offset": f"{99999:014}"}, "offset"),
    ({"q": "a", "kind": "firm"}, "kind: one of"),
    ({"q": "a", "page": "2"}, "unknown parameter page"), ({"q": "a", "limit": "１"}, "limit"),
    ({"q": "a", "known_at": "never"}, "not a date"),
])  # fmt: skip
def test_what_is_malformed_is_named(service: Asked, query: dict[str, str], said: str) -> None:
    answer = service.get("/v1/search", params=query)
    assert answer.status_code in {400, 422}
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    "text",
    ["'", "\x00", "%", "*", "a" * 5000, "🀄", "--", "'; DROP TABLE fact;", "(", "[", "\\"],
)
def test_odd_texts_are_texts(service: Asked, text: str) -> None:
    assert service.get("/v1/search", params={"q": text}).status_code == 200


def test_the_command_line_prints_what_the_route_answers(
    service: Asked, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for text, more in (("华夏", {}), ("wangwei", {"limit": "1", "offset": "1"})):
        options = [part for name, value in more.items() for part in (f"--{name}", value)]
        assert main(["--store", url, "search", text, "--json", *options]) == 0
        assert capfd.readouterr().out.strip() == service.get(
            "/v1/search", params={"q": text, **more}
        ).text.strip()  # fmt: skip
    assert main(["--store", url, "search", "王伟", "--limit", "1"]) == 0
    assert "--offset 1" in capfd.readouterr().out


def test_answers_are_as_the_description_says(service: Asked) -> None:
    whole = service.get("/openapi.json").json()
    operation = whole["paths"]["/v1/search"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    schema = {"components": whole["components"]} | schema
    for text in ("华夏", "zs", USCC, "王", "nobody"):
        jsonschema.validate(service.get("/v1/search", params={"q": text}).json(), schema)
    assert operation["x-scope"] == "search"
