"""The guide 'Tracing a false-invoice network', walked from its first command to its last."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.api.walking import Walk

PATTERNS = {
    "invoice_pass_through", "invoice_burst", "rebate_chain", "payment_return", "goods_mismatch",
    "invoice_cycle",
}  # fmt: skip


@pytest.fixture
def walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Walk:
    monkeypatch.chdir(tmp_path)
    return Walk("tracing-false-invoices.md", monkeypatch, capfd)


def test_from_a_company_to_its_network(walk: Walk) -> None:
    """Every command of the page, in its order, and what the page says of it."""
    walk.plain("linkrisk generate")
    walk.plain("export")
    receipt = walk.json("linkrisk ingest")
    assert receipt["read"] == receipt["loaded"] > 0
    planted = schemes()
    begun(walk, planted)
    goods_and_money(walk)
    pictures(walk)
    people(walk)
    network(walk, planted)
    rest(walk, planted)
    assert walk.left() == []


def schemes() -> list[dict[str, Any]]:
    truth = json.loads(Path("world.jsonl.truth.json").read_text("utf-8"))
    found: list[dict[str, Any]] = truth["schemes"]
    return found


@cache
def file_ids() -> dict[str, str]:
    """The id in the file of each company, by its canonical id."""
    facts = map(json.loads, Path("world.jsonl").read_text("utf-8").splitlines())
    return {
        f"cn:uscc:{fact['keys']['uscc']}": fact["id"]
        for fact in facts
        if fact["kind"] == "company" and fact.get("keys")
    }


def members(found: dict[str, Any]) -> set[str]:
    """Who a row is about, by the ids of the file."""
    return {file_ids()[name] for name in found["members"]}


def begun(walk: Walk, planted: list[dict[str, Any]]) -> None:
    """The list, and the company that the page goes on with."""
    rows = walk.json("linkrisk invoice-schemes --by group")["results"]
    assert len(rows) == 6
    assert {next(iter(row["patterns"])) for row in rows} == PATTERNS
    true = {name for each in planted if not each["innocent"] for name in each["members"]}
    assert all(members(row) <= true for row in rows)
    shown = walk.json("linkrisk show c169")
    assert shown["label"] == "天津卓图和纸品商贸有限公司"
    assert shown["records"][0]["valid_from"].startswith("2025-06")
    (row,) = walk.json("linkrisk invoice-schemes --company c169")["results"]
    assert list(row["patterns"]) == ["payment_return"]


def goods_and_money(walk: Walk) -> None:
    """Goods that came from nowhere, money that came back, and the ring it ran in."""
    sold = walk.json("linkrisk trace-goods --from c169")["results"]
    assert [(row["depth"], row["role"]) for row in sold] == [(0, "maker"), (1, "seller")]
    assert sold[0]["amount"] == "2699455.88"
    assert len(walk.json("linkrisk trace-goods --from c169 --backward")["results"]) == 0
    (found,) = walk.json("linkrisk payment-returns --company c169")["results"]
    assert (found["attrs"]["payments"], found["attrs"]["returns"]) == (9, 7)
    assert found["amount"] == "2460050.88"
    assert found["attrs"]["fee"] == pytest.approx(0.05, abs=0.005)
    trail = walk.json("linkrisk trace-flow --from a1009")["results"]
    assert trail[0]["share"] == 1.0
    assert trail[1]["share"] > 0.5
    rings = walk.json("linkrisk transfer-cycles --through a1009")["results"]
    assert {len(row["members"]) for row in rings} == {3}


def pictures(walk: Walk) -> None:
    """Five drawings, each a picture of its own."""
    walk.plain("python pictures.py")
    drawn = {path.stem: ElementTree.parse(path).getroot() for path in Path().glob("*.svg")}
    assert drawn.keys() == {"ring", "flow", "timeline", "people", "rebate"}
    for root in drawn.values():
        assert len([*root.iter("{http://www.w3.org/2000/svg}text")]) > 5
    said = "".join(drawn["timeline"].itertext())
    assert said.index("成立 founded") < said.index("转账")


def people(walk: Walk) -> None:
    """The card belongs to who represents and owns the buyer."""
    parties = walk.json("linkrisk related-parties --subject c236")["results"]
    owner = next(row for row in parties if "legal_representative" in row["roles"])
    assert owner["share"] == 1.0
    assert [row for row in parties if "world:ha50" in row["facts"]]
    record = walk.json("linkrisk subject-record --subject p67")["results"]
    assert len({row["firm"] for row in record}) > 1


def network(walk: Walk, planted: list[dict[str, Any]]) -> None:
    """Six firms, of which three made nothing."""
    (group,) = walk.json("linkrisk invoice-schemes --company c87 --by group")["results"]
    (chain,) = (
        each for each in planted if each["pattern"] == "rebate_chain" and not each["innocent"]
    )
    assert members(group) == set(chain["members"])
    (found,) = walk.json("linkrisk rebate-chains --company c87")["results"]
    assert found["attrs"] == {"goods": "103", "makers": 3, "fake": 3, "share": 1.0}
    assert {"idle_traders", "young_makers"} <= found["signs"].keys()
    way = walk.json("linkrisk trace-goods --goods 103 --from c87 --backward")["results"]
    assert [row["depth"] for row in way] == [0, 1, 1, 2, 2, 2]
    assert {file_ids()[row["company"]] for row in way} == set(chain["members"])


def rest(walk: Walk, planted: list[dict[str, Any]]) -> None:
    """Look-alikes stand below, and cases hold what belongs together."""
    innocent = [
        set(each["members"])
        for each in planted
        if each["innocent"] and each["pattern"] in {"payment_return", "affiliated_trade"}
    ]
    assert innocent
    for verb in ("payment-returns", "affiliated-trades"):
        rows = walk.json(f"linkrisk {verb} --as-of")["results"]
        assert all(row["score"] < 0.5 for row in rows if members(row) in innocent)
    cases = walk.json("linkrisk cases")["results"]
    assert {"payment_return", "transfer_cycle"} <= set(cases[0]["patterns"])
