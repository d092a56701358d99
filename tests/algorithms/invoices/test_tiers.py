"""Compiled or not, the answers are the same."""

from __future__ import annotations

import random

import pytest

from algorithms.registry import ask, encode
from graph import compiled
from graph.snapshot import open_snapshot, snapshot_of
from tests.algorithms.invoices.worlds import accounts, as_facts, transfer
from tests.algorithms.related.worlds import Fact, world
from tests.referees.invoices import Invoice

ASKED: dict[str, dict[str, object]] = {
    "invoice_cycles": {},
    "invoice_pass_through": {"min_through": 0.1, "max_margin": 1.0},
    "invoice_bursts": {},
    "goods_mismatch": {"min_share": 0.0, "min_replaced": 0.05},
}


def economy() -> list[Fact]:
    chance = random.Random(7)
    made = []
    for number in range(300):
        a, b = chance.sample(range(14), 2)
        amount = int(chance.choice([100, 400, 1500]) * chance.uniform(0.9, 1.1))
        sign = -1 if number % 31 == 7 else 1
        goods = chance.choice(["1070101", f"{110 + a}0101"])
        made.append(
            Invoice(
                f"d:i{number:03d}", f"d:c{a}", f"d:c{b}", number // 2 + chance.randrange(20),
                sign * amount, goods, number % 41 == 3,
            )
        )  # fmt: skip
    facts = [
        {**fact, "valid_from": "2020-10-01"} if fact["kind"] == "company" else fact
        for fact in as_facts(made)
    ]
    firms = [fact for fact in facts if fact["kind"] == "company"]
    paid = [
        transfer(f"t{number}", f"a-{i.buyer[2:]}", f"a-{i.seller[2:]}", i.time + 5, f"{number}.00")
        for number, i in enumerate(made)
        if number % 3
    ]
    return [*facts, *accounts(*firms), *paid]


@pytest.mark.slow
def test_compiled_answers_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(economy()) as snapshot:
        asked = {name: {"as_of": "2022-12-31", **more} for name, more in ASKED.items()}
        plain = {name: ask(snapshot, name, question) for name, question in asked.items()}
        assert {
            name: len(answer["results"]) > 0 for name, answer in plain.items()
        } == dict.fromkeys(ASKED, True)
        monkeypatch.setattr(compiled, "_warm", True)
        again = snapshot_of(snapshot._live)  # with books of its own
        for name, question in asked.items():
            assert encode(ask(again, name, question)) == encode(plain[name]), name
        assert open_snapshot(snapshot._live.store).name == again.name
