"""Dense blocks through the real store, against a plain greedy and brute force."""

from __future__ import annotations

import csv
import random
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from algorithms.rings.peeling import Network, cut, densest
from graph import compiled
from graph.deadline import Deadline
from graph.errors import WrongUsage
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees import rings as referee

AS_OF = "2022-01-01"


def asked(snapshot: Snapshot, **params: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(
        ask(snapshot, "dense_blocks", {"as_of": AS_OF, **params})
    )
    return plain


def blocks(snapshot: Snapshot, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asked(snapshot, **params)["results"]
    return found


def account(name: str) -> Fact:
    return {"kind": "account", "id": name}


def pay(name: str, a: str, b: str, **more: Any) -> Fact:
    return relation("transfer", name, a, b, **{"amount": "10.00", "at": "2021-03-01", **more})


PAYMENTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=24)


@settings(max_examples=50, deadline=None)
@given(PAYMENTS)
def test_the_blocks_are_those_of_plain_greedy(made) -> None:
    """Parallel payments are one edge, payments to oneself none; an account may be on both sides."""
    facts = [account(f"a{k}") for k in range(6)]
    facts += [pay(f"t{k}", f"a{a}", f"a{b}") for k, (a, b) in enumerate(made)]
    facts.append(pay("later", "a0", "a1", at="2022-01-02"))
    edges = {(f"a{a}", f"a{b}") for a, b in made if a != b}
    count = Counter((f"a{a}", f"a{b}") for a, b in made if a != b)
    expected = []
    rest = set(edges)
    for _ in range(3):
        if rest:
            left, right, _ = referee.peeled(rest, 5)
            inside = {edge for edge in rest if edge[0] in left and edge[1] in right}
            expected.append((left | right, sum(count[edge] for edge in inside), len(inside)))
            rest -= inside
    with world(facts) as snapshot:
        found = blocks(snapshot, blocks=3, min_side=1)
    assert len(found) == len(expected)
    key = lambda block: (sorted(block[0]), block[1])  # noqa: E731
    assert sorted(
        (
            ({m[2:] for m in row["members"]}, row.get("facts_total", len(row["facts"])),
             row["attrs"]["edges"])
            for row in found
        ),
        key=key,
    ) == sorted(expected, key=key)  # fmt: skip


def planted() -> list[Fact]:
    """Six payers who all pay four payees, beside shops that everybody pays once."""
    facts = [account(f"a{k}") for k in range(10)]
    facts += [account(f"b{k}") for k in range(600)] + [account(f"s{k}") for k in range(300)]
    number = 0
    for k in range(6):
        for other in range(6, 10):
            facts.append(pay(f"t{number}", f"a{k}", f"a{other}"))
            number += 1
        facts.append(pay(f"t{number}", f"a{k}", f"s{k}"))  # camouflage
        number += 1
    for k in range(600):
        for step in (0, 7):
            facts.append(pay(f"t{number}", f"b{k}", f"s{(k * 11 + step) % 300}"))
            number += 1
    return facts


def test_a_planted_block_is_first_in_spite_of_camouflage() -> None:
    with world(planted()) as snapshot:
        found = blocks(snapshot)
        (mine,) = blocks(snapshot, subject="a0", blocks=1)
        assert blocks(snapshot, subject="b0", blocks=1) == []
        assert blocks(snapshot, kinds="participated") == []
        with pytest.raises(WrongUsage):
            blocks(snapshot, kinds="transfers")
    first = found[0]
    assert mine["id"] == first["id"]
    assert first["pattern"] == "dense_block"
    assert first["members"] == [f"d:a{k}" for k in range(10)]
    assert first["attrs"]["edges"] == 24
    # Each of the 24 edges weighs 1 / ln(6 + 5), over 10 accounts.
    assert first["attrs"]["density"] == pytest.approx(24 / 2.3978952727983707 / 10, abs=1e-4)
    assert first["amount"] == "240.00"
    assert first["facts_total"] == 24
    assert first["p"] < 1e-6 < found[1]["p"]
    assert first["signs"]["closed"] > 0


def economy(chance: random.Random) -> list[tuple[str, str]]:
    """A busy trade of 120 firms that drowns three small blocks, and shops of everybody."""
    pairs = {(f"f{a}", f"f{b}") for a in range(120) for b in range(120) if chance.random() < 0.2}
    pairs |= {(f"x{k}", f"s{chance.randrange(150)}") for k in range(900) for _ in range(2)}
    for block in range(3):
        for payer in range(6):
            pairs |= {(f"b{block}p{payer}", f"b{block}q{k}") for k in range(4)}
            pairs.add((f"b{block}p{payer}", f"s{chance.randrange(150)}"))
    return sorted(pair for pair in pairs if pair[0] != pair[1])


def test_small_blocks_are_found_beside_the_busiest_trade() -> None:
    """Peeled as a whole the trade is all there is; in parts of a tenth all three stand out."""
    pairs = economy(random.Random(3))
    facts = [account(name) for name in sorted({end for pair in pairs for end in pair})]
    facts += [pay(f"t{k}", a, b) for k, (a, b) in enumerate(pairs)]
    planted = {
        frozenset([*(f"d:b{k}p{p}" for p in range(6)), *(f"d:b{k}q{q}" for q in range(4))])
        for k in range(3)
    }
    with world(facts) as snapshot:
        whole = blocks(snapshot, part=0, blocks=1, kinds="transfer")
        parts = blocks(snapshot, part=len(pairs) // 10, kinds="transfer")
        assert asked(snapshot, part=len(pairs) // 10)["results"] == blocks(
            snapshot, part=len(pairs) // 10
        )
        random.Random(5).shuffle(facts)
    with world(facts) as other:
        assert blocks(other, part=len(pairs) // 10, kinds="transfer") == parts
    (first,) = whole
    assert sum(member.startswith("d:f") for member in first["members"]) >= 100
    assert planted <= {frozenset(row["members"]) for row in parts}


def test_a_market_and_its_suppliers_are_ordinary() -> None:
    facts = [account("m")] + [account(f"s{k}") for k in range(12)]
    facts += [company(f"c{k}") for k in range(12)]
    facts += [relation("holds_account", f"h{k}", f"c{k}", f"s{k}") for k in range(12)]
    facts += [pay(f"t{k}", "m", f"s{k}") for k in range(12)]
    with world(facts) as snapshot:
        assert blocks(snapshot) == []
        (row,) = blocks(snapshot, min_side=1)
    assert row["signs"]["one_sided"] < 0
    assert row["score"] < 0.5


def test_people_and_events() -> None:
    facts: list[Fact] = [person(f"p{k}") for k in range(4)]
    facts += [{"kind": "event", "id": f"e{k}"} for k in range(3)]
    facts += [
        relation("participated", f"r{k}-{e}", f"p{k}", f"e{e}") for k in range(4) for e in range(3)
    ]
    with world(facts) as snapshot:
        (row,) = blocks(snapshot)
    assert row["members"] == [f"d:p{k}" for k in range(4)]
    assert row["attrs"]["circle"] == [f"d:e{k}" for k in range(3)]
    assert row["amount"] is None


def test_blocks_of_a_real_call_graph_are_fraudsters(data_dir: Path) -> None:
    """Six thousand phones of a telecom-fraud contest, a third of them fraud by label: who calls
    whom, without times or durations. Labels are used to look at the outcome alone."""
    folder = data_dir / "sichuan_telecom"
    with (folder / "all_feat_with_label.csv").open() as file:
        fraud = np.array([float(row["label"]) > 0 for row in csv.DictReader(file)])
    graph = scipy.sparse.load_npz(folder / "node_adj_sparse.npz").tocoo()
    apart = graph.row != graph.col
    n = len(fraud)
    ends = (graph.row[apart].astype(np.int32), graph.col[apart].astype(np.int32))
    net = Network(n, n, *ends, np.arange(int(apart.sum())))
    found = np.zeros(n, np.bool_)
    for _ in range(3):
        block = densest(net, 5, Deadline(60))
        assert block is not None
        members = np.union1d(block.left, block.right)
        assert fraud[members].mean() > 0.9 > 2 * fraud.mean()
        found[members] = True
        _, net = cut(net, block)
    assert found[fraud].mean() > 0.4


def test_compiled_code_answers_the_same_and_time_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(planted()) as snapshot:
        plain = asked(snapshot)
        monkeypatch.setattr(compiled, "_warm", True)
        assert asked(snapshot) == plain
        stopped = asked(snapshot, time_limit=1e-9)
    assert plain["truncated"] is None
    assert stopped["truncated"]["reason"].startswith("time_limit")
