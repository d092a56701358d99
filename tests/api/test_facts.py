"""Facts by the ids that answers cite: in process and over HTTP, now and as they were known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest

from api.app import Service, make_app
from api.auth import Access
from api.client import Local
from api.evidence import MOST
from api.session import Session
from graph.errors import UnknownSubject, WrongUsage
from graph.store import Store
from tests.api.conftest import FACTS


def test_a_fact_names_its_ends_its_fields_and_its_source(filled: str) -> None:
    with Local(filled) as risk:
        answer = risk.related_parties(subject="c1", depth=1)
        cited = [fact for row in answer["results"] for fact in row["facts"]]
        found = risk.facts(cited, known_at=answer["known_at"])
        assert [fact["id"] for fact in found["results"]] == cited
        fact = next(fact for fact in found["results"] if fact["id"] == "reg:s1")
        assert fact["share"] == "0.51"
        assert fact["from"] == {
            "id": risk.subject("p1")["id"], "kind": "person", "label": "张三",
        }  # fmt: skip
        assert fact["to"]["label"] == "甲公司"
        assert fact["source"]["dataset"] == "reg"
        listed = risk.facts(["reg:b1"])["results"][0]
        assert (listed["kind"], listed["subject"]["label"]) == ("listing", "甲公司")
        invoice = risk.facts(["reg:i1"])["results"][0]
        assert (invoice["at"], invoice["amount"]) == ("2021-05-01", "113000.00")


def test_a_corrected_fact_is_shown_as_it_was_known(
    write: Callable[..., Store], store_url: str
) -> None:
    write(FACTS, dataset="reg")
    with Local(store_url) as risk:
        before = risk.session.snapshot().known_at
        write([{**FACTS[4], "share": "0.49"}], dataset="reg")
        assert risk.facts(["reg:s1"])["results"][0]["share"] == "0.49"
        assert risk.facts(["reg:s1"], known_at=before)["results"][0]["share"] == "0.51"


def test_an_end_that_was_retracted_is_named_as_answers_name_it(
    write: Callable[..., Store], store_url: str
) -> None:
    accounts: list[dict[str, object]] = [{"kind": "account", "id": f"a{i}"} for i in range(3)]
    transfers = [
        {"kind": "transfer", "id": f"t{i}", "from": f"a{i}", "to": f"a{(i + 1) % 3}",
         "amount": "10.00", "currency": "CNY", "at": f"2021-03-0{i + 1}T10:00:00+08:00"}
        for i in range(3)
    ]  # fmt: skip
    write([*accounts, *transfers], dataset="bank")
    write([{"kind": "retract", "id": "a1"}], dataset="bank")
    with Local(store_url) as risk:
        (cycle,) = risk.transfer_cycles()["results"]
        first, second, _ = risk.facts(cycle["facts"])["results"]
    assert "bank:a1" in cycle["members"]
    assert first["to"] == second["from"] == {
        "id": "bank:a1", "kind": "account", "label": "bank:a1",
    }  # fmt: skip


def test_unknown_and_too_many_are_refused(filled: str) -> None:
    with Local(filled) as risk:
        with pytest.raises(UnknownSubject, match="no fact is named 'reg:s9'"):
            risk.facts(["reg:s9"])
        with pytest.raises(WrongUsage, match="at most 1000"):
            risk.facts(["reg:s1"] * (MOST + 1))


def test_the_route_answers_the_same(filled: str) -> None:
    session = Session(filled)
    app = make_app(session, Service(Access("t" * 32, None)))

    async def post(body: object, token: str = "t" * 32) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            headers = {"Authorization": f"Bearer {token}"}
            return await http.post("/v1/facts", json=body, headers=headers)

    with session, Local(filled) as risk:
        answer = asyncio.run(post({"ids": ["reg:s1", "reg:l1"]}))
        assert answer.status_code == 200
        assert answer.json() == risk.facts(["reg:s1", "reg:l1"])
        assert asyncio.run(post({"ids": ["reg:s9"]})).status_code == 404
        assert asyncio.run(post({"ids": "reg:s1"})).status_code == 422
        assert asyncio.run(post({"ids": [], "more": 1})).status_code == 422
        assert asyncio.run(post({"ids": []}, "wrong")).status_code == 401


def test_identifiers_of_persons_are_masked_wherever_they_stand(
    write: Callable[..., Store], store_url: str
) -> None:
    said = {
        "identifiers": [{"scheme": "GB-TAX", "id": "AB123456C", "uri": "u"}, {"scheme": "x"}],
        "note": "身份证11010519491231002X,电话13800000001、+86 13900000002",
        "capital": "13800000001.00", "order": "9913800000001", "serial": "110105194912310021",
        "phones": ["13800000003"],
    }  # fmt: skip
    write([
        {"kind": "person", "id": "p9", "name": "某人", "attrs": said},
        {"kind": "company", "id": "c9", "attrs": {"identifiers": [{"id": "07444723"}]}},
        {"kind": "officer", "id": "o9", "from": "p9", "to": "c9", "role": "经理 13800000004"},
    ], dataset="bods")  # fmt: skip
    with Local(store_url) as risk:
        person, company, role = risk.facts(["bods:p9", "bods:c9", "bods:o9"])["results"]
    assert person["attrs"] == {
        "identifiers": [{"scheme": "GB-TAX", "id": "AB1**456C", "uri": "u"}, {"scheme": "x"}],
        "note": "身份证110***********002X,电话138****0001、139****0002",
        "capital": "13800000001.00",  # an amount, a longer number, a failed check: as they were
        "order": "9913800000001",
        "serial": "110105194912310021",
        "phones": ["138****0003"],
    }
    assert company["attrs"] == {"identifiers": [{"id": "07444723"}]}  # a company's is public
    assert role["role"] == "经理 138****0004"
