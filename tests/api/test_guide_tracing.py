"""The guide 'Tracing a false-invoice network', walked from its first command to its last."""

from __future__ import annotations

import json
import os
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
    truth = json.loads(Path("world.jsonl.truth.json").read_text("utf-8"))
    listed(walk, truth["schemes"])
    goods_and_money(walk)
    pictures(walk)
    people(walk)
    network(walk, truth["schemes"])
    rest(walk, truth["schemes"])
    assert walk.left() == []


@cache
def file_ids() -> dict[str, str]:
    """The id in the file of each company, by its canonical id."""
    facts = map(json.loads, Path("world.jsonl").read_text("utf-8").splitlines())
    return {
        f"cn:uscc:{fact['keys']['uscc']}" if fact.get("keys") else f"world:{fact['id']}": fact["id"]
        for fact in facts
        if fact["kind"] == "company"
    }


def members(found: dict[str, Any]) -> set[str]:
    """Who a row is about, by the ids of the file."""
    return {file_ids()[name] for name in found["members"]}


def planted(schemes: list[dict[str, Any]], pattern: str) -> list[str]:
    """The members of the one scheme of a pattern, as the truth has them."""
    (found,) = (s for s in schemes if s["pattern"] == pattern and not s["innocent"])
    names: list[str] = found["members"]
    return names


def listed(walk: Walk, schemes: list[dict[str, Any]]) -> None:
    """The list, and the companies that the page goes on with."""
    rows = walk.json("linkrisk invoice-schemes --by group")["results"]
    assert len(rows) < 10
    for pattern in PATTERNS:
        (row,) = (row for row in rows if next(iter(row["patterns"])) == pattern)
        assert set(planted(schemes, pattern)) <= members(row)
    walk.plain("export")
    seller, buyer = planted(schemes, "payment_return")
    exporter = planted(schemes, "rebate_chain")[0]
    given = [os.environ[name] for name in ("SELLER", "BUYER", "EXPORTER")]
    assert given == [seller, buyer, exporter], "the page names others than the world has"
    shown = walk.json("linkrisk show")
    assert "商贸" in shown["label"] or "贸易" in shown["label"]
    founded = shown["records"][0]["valid_from"]
    (row,) = walk.json("linkrisk invoice-schemes --company")["results"]
    assert "payment_return" in row["patterns"]
    assert "2025-01-01" < founded < row["begins"]


def goods_and_money(walk: Walk) -> None:
    """Goods that came from nowhere, money that came back, and a ring of invoices."""
    sold = walk.json("linkrisk trace-goods")["results"]
    assert [(row["depth"], row["role"]) for row in sold] == [(0, "maker"), (1, "seller")]
    assert float(sold[0]["amount"]) > 2e6
    assert walk.json("linkrisk trace-goods")["results"] == []
    (found,) = walk.json("linkrisk payment-returns")["results"]
    assert found["attrs"]["share"] > 0.5
    assert 0.01 < found["attrs"]["fee"] < 0.1
    trail = walk.json("linkrisk trace-flow")["results"]
    assert [row["depth"] for row in trail[:2]] == [1, 2]
    (ring,) = walk.json("linkrisk invoice-cycles")["results"]
    assert len(ring["members"]) == 3
    assert ring["attrs"]["unpaid"] == 1.0


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
    """Who is around the buyer, and the way from the seller to it over accounts."""
    parties = walk.json("linkrisk related-parties")["results"]
    assert {"legal_representative", "holds_account"} <= {r for row in parties for r in row["roles"]}
    paths = walk.json("linkrisk paths")["results"]
    assert paths


def network(walk: Walk, schemes: list[dict[str, Any]]) -> None:
    """Six firms, of which three made nothing."""
    chain = set(planted(schemes, "rebate_chain"))
    (group,) = walk.json("linkrisk invoice-schemes --company")["results"]
    assert chain <= members(group)
    (found,) = walk.json("linkrisk rebate-chains")["results"]
    assert members(found) == chain
    assert len(chain) == 6
    assert found["attrs"]["fake"] == 3
    way = walk.json("linkrisk trace-goods")["results"]
    assert chain <= {file_ids()[row["company"]] for row in way}


def rest(walk: Walk, schemes: list[dict[str, Any]]) -> None:
    """Look-alikes stand below, and cases hold what belongs together."""
    innocent = [
        set(each["members"])
        for each in schemes
        if each["innocent"] and each["pattern"] in {"payment_return", "affiliated_trade"}
    ]
    assert innocent
    for verb in ("payment-returns", "affiliated-trades"):
        rows = walk.json(f"linkrisk {verb} --as-of")["results"]
        assert all(row["score"] < 0.5 for row in rows if members(row) in innocent)
    cases = walk.json("linkrisk cases")["results"]
    assert any("payment_return" in case["patterns"] for case in cases)
