"""Close links against the published example and all simple paths, in rationals."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from itertools import combinations
from math import prod
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.snapshot import Snapshot
from tests.algorithms.ownership.worlds import answer, examples, finbench, holding, plain, world

DAY = "2026-01-01"
Rows = list[dict[str, Any]]
Register = dict[tuple[str, str], Fraction]
Link = tuple[str, str, str, str | None]


def rows(snapshot: Snapshot, **asked: Any) -> Rows:
    found: Rows = answer(snapshot, "close_links", as_of=DAY, **asked)["results"]
    return found


def links(found: Rows) -> dict[Link, float]:
    """Each row once, by parties, basis and third party."""
    keys = [
        (plain(r["a"]), plain(r["b"]), r["basis"], plain(r["via"]) if "via" in r else None)
        for r in found
    ]
    assert len(set(keys)) == len(keys)
    return {key: row["value"] for key, row in zip(keys, found, strict=True)}


def path_sums(register: Register) -> Register:
    """The definition: the product of shares along each simple path, summed."""
    graph = nx.DiGraph(list(register))
    found = {}
    for a in graph:
        for b in graph:
            paths = nx.all_simple_edge_paths(graph, a, b) if a != b else ()
            products = (prod((register[e] for e in path), start=Fraction(1)) for path in paths)
            total = sum(products, Fraction(0))
            if total:
                found[a, b] = total
    return found


def everybody(sums: Register, threshold: Fraction) -> dict[Link, Fraction]:
    """The three limbs over all path sums."""
    found: dict[Link, Fraction] = {
        (a, b, "owns", None): x for (a, b), x in sums.items() if x >= threshold
    }
    linked = list(found)
    for (z, a, *_), (y, b, *_) in combinations(linked, 2):
        if z == y:
            first, second = sorted((a, b))
            found[first, second, "common", z] = min(sums[z, a], sums[z, b])
    return found


def seen_from(party: str, links: dict[Link, Any]) -> dict[Link, Any]:
    """The links of one party, itself first."""
    swapped = {"owns": "owned", "common": "common"}
    found = {key: x for key, x in links.items() if key[0] == party}
    return found | {
        (b, a, swapped[basis], via): x for (a, b, basis, via), x in links.items() if b == party
    }


def test_published_close_links(tmp_path: Path) -> None:
    example = examples()["W3_close_links"]
    snapshot = world(tmp_path, [holding(u, v, w) for u, v, w in example["own"]])
    sums = {tuple(pair.split("-")): x for pair, x in example["simple_path_sum"].items()}
    found = links(rows(snapshot, threshold=1e-9))
    assert {key[:2]: x for key, x in found.items() if key[2] == "owns"} == pytest.approx(
        sums, abs=1e-12
    )
    found = links(rows(snapshot))
    limit = example["threshold"]
    owns = {key[:2] for key in found if key[2] == "owns"}
    assert owns == {pair for pair, x in sums.items() if x >= limit}
    assert found["A", "B", "owns", None] == 0.2
    common = {key for key in found if key[2] == "common"}
    assert common == {(a, b, "common", z) for z, a in owns for y, b in owns if z == y and a < b}
    reasons = {r.get("reason") for r in rows(snapshot, subject="B") if r["b"] == "d:A"}
    assert reasons == {None, "holdings in d:A sum to 1.7, over 1"}


@st.composite
def registers(draw: st.DrawFn) -> Register:
    """Loops, self-holdings and registers over 1 in twentieths, so that values fall on 0.2."""
    names = [f"{'p' if i < 2 else 'c'}{i}" for i in range(7)]
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names[2:]))
    chosen = draw(st.lists(pairs, max_size=14, unique=True))
    shares = st.sampled_from([1, 2, 4, 5, 8, 10, 12, 20])
    return {pair: Fraction(draw(shares), 20) for pair in chosen}


@given(registers(), st.sampled_from([0.2, 0.1, 0.5]))
@settings(max_examples=80, deadline=None)
def test_all_simple_paths(register: Register, threshold: float) -> None:
    sums = path_sums(register)
    wanted = everybody(sums, Fraction(str(threshold)))
    with tempfile.TemporaryDirectory() as folder:
        holdings = [holding(u, v, str(float(w))) for (u, v), w in register.items()]
        snapshot = world(Path(folder), holdings)
        found = rows(snapshot, threshold=threshold)
        assert links(found) == pytest.approx({k: float(x) for k, x in wanted.items()}, abs=1e-12)
        for name in sorted({name for pair in register for name in pair}):
            theirs = {k: float(x) for k, x in seen_from(name, wanted).items()}
            about = rows(snapshot, subject=name, threshold=threshold)
            assert links(about) == pytest.approx(theirs, abs=1e-12)
            order = [r["basis"] for r in about]
            assert order == sorted(order, key=["owns", "owned", "common"].index)
            for row in about[:2]:
                both = {"subject": name, "target": plain(row["b"]), "threshold": threshold}
                assert row in rows(snapshot, **both)
    for row in found:
        facts = {tuple(register)[int(plain(f)[1:])] for f in row["facts"]}
        a, b = plain(row["a"]), plain(row["b"])
        ends = [(a, b)] if row["basis"] == "owns" else [(plain(row["via"]), end) for end in (a, b)]
        kept = path_sums({pair: register[pair] for pair in facts})
        assert all(kept[pair] == sums[pair] for pair in ends)


def test_asked_by_the_other_party(tmp_path: Path) -> None:
    snapshot = world(
        tmp_path, [holding("p", "a", "0.5"), holding("p", "b", "0.4"), holding("a", "d", "0.9")]
    )
    assert links(rows(snapshot, target="a")) == pytest.approx({
        ("d", "a", "owned", None): 0.9, ("p", "a", "owns", None): 0.5,
        ("b", "a", "common", "p"): 0.4, ("d", "a", "common", "p"): 0.45,
    })  # fmt: skip
    assert links(rows(snapshot, subject="d", target="b")) == {("d", "b", "common", "p"): 0.4}
    assert rows(snapshot, subject="a")[0]["facts"] == ["d:h2"]
    assert rows(snapshot, subject="d", target="b")[0]["facts"] == ["d:h0", "d:h2", "d:h1"]


def test_what_leads_back_is_no_evidence(tmp_path: Path) -> None:
    """Nor are holdings in itself, those of what leads elsewhere, and those of others."""
    snapshot = world(
        tmp_path,
        [holding("p", "a", "0.5"), holding("a", "b", "0.5"), holding("b", "a", "0.3"),
         holding("a", "a", "0.1"), holding("q", "b", "0.2"), holding("b", "e", "0.1")],
    )  # fmt: skip
    facts = {plain(r["b"]): r["facts"] for r in rows(snapshot, subject="p")}
    assert facts == {"a": ["d:h0"], "b": ["d:h0", "d:h1"]}
    up = [r for r in rows(snapshot, subject="b") if r["basis"] == "owned"]
    assert {plain(r["b"]): r["facts"] for r in up} == {
        "a": ["d:h1"], "p": ["d:h0", "d:h1"], "q": ["d:h4"]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("second", "linked"), [("0.4", True), ("0.39999999999999999999", False), ("0.41", True)]
)
def test_exactly_the_threshold_is_enough(tmp_path: Path, second: str, linked: bool) -> None:
    snapshot = world(tmp_path, [holding("p", "a", "0.5"), holding("a", "t", second)])
    assert (("p", "t", "owns", None) in links(rows(snapshot, subject="p"))) is linked


def test_in_floating_point_it_would_be_less(tmp_path: Path) -> None:
    assert 0.05 * 0.5 + 0.35 * 0.5 < 0.2
    snapshot = world(
        tmp_path,
        [holding("p", "a", "0.05"), holding("p", "b", "0.35"),
         holding("a", "t", "0.5"), holding("b", "t", "0.5")],
    )  # fmt: skip
    assert ("p", "t", "owns", None) in links(rows(snapshot, subject="p"))


def test_it_is_another_number_than_integrated_ownership(tmp_path: Path) -> None:
    snapshot = world(
        tmp_path, [holding("p", "a", "0.5"), holding("a", "b", "0.5"), holding("b", "a", "0.5")]
    )
    assert links(rows(snapshot, subject="p"))["p", "b", "owns", None] == 0.25
    (row,) = answer(snapshot, "integrated_ownership", owner="p", target="b")["results"]
    assert row["integrated"] == pytest.approx(1 / 3)


def test_a_loop_that_is_too_large_gives_lower_bounds(tmp_path: Path) -> None:
    """Fourteen companies hold 7 % of each other: 13! paths, whole lengths of which are summed."""
    n = 14
    loop = [holding(f"c{i:02}", f"c{j:02}", "0.07") for i in range(n) for j in range(n) if i != j]
    snapshot = world(tmp_path, [holding("c99", "c00", "0.9"), holding("c00", "d", "0.5"), *loop])
    said = answer(snapshot, "close_links", as_of=DAY, subject="c99", threshold=0.1, max_paths=2000)
    assert said["truncated"]["reason"] == "max_paths"
    assert said["truncated"]["limit"] == 2000
    found = {plain(r["b"]): r for r in said["results"]}
    assert all(r["lower_bound"] for r in said["results"])
    assert found["c00"]["value"] == pytest.approx(0.9)

    def of_length(k: int) -> float:
        """Sum over paths from c00 to another of the loop of k steps."""
        return prod(range(n - 2, n - 1 - k, -1), start=1) * 0.07**k

    few = sum(of_length(k) for k in (1, 2))
    whole = sum(of_length(k) for k in range(1, n))
    assert found["c01"]["value"] == pytest.approx(0.9 * few, abs=1e-12)
    exact = answer(snapshot, "close_links", as_of=DAY, subject="c99", threshold=0.1,
                   max_paths=10_000_000)  # fmt: skip
    assert exact["truncated"] is None
    values = {plain(r["b"]): r for r in exact["results"]}
    assert values["c01"]["value"] == pytest.approx(0.9 * whole, abs=1e-12)
    assert not any("lower_bound" in r for r in exact["results"])


def test_bounds_and_unknown_shares_are_said(tmp_path: Path) -> None:
    chain = [holding(f"c{i:02}", f"c{i + 1:02}", "0.9") for i in range(8)]
    snapshot = world(tmp_path, [*chain, holding("c00", "x", None)])
    cut = answer(snapshot, "close_links", as_of=DAY, subject="c00", max_nodes=3)
    assert cut["truncated"]["reason"] == "max_nodes"
    assert {r["lower_bound"] for r in cut["results"]} == {True}
    assert cut["notes"] == ["1 holdings without a share were left out: d:h8"]
    few = answer(snapshot, "close_links", as_of=DAY, max_rows=3)
    assert (len(few["results"]), few["truncated"]["limit"]) == (3, 3)
    assert few["results"] == rows(snapshot)[:3]
    whole = answer(snapshot, "close_links", as_of=DAY, subject="c00")
    assert whole["truncated"] is None


def test_a_day_counts_the_holdings_of_that_day(tmp_path: Path) -> None:
    snapshot = world(
        tmp_path,
        [holding("p", "c", "0.6", valid_to="2021-06-30"),
         holding("q", "c", "0.3", valid_from="2021-06-30")],
    )  # fmt: skip
    for day, owner in (("2021-06-29", "d:p"), ("2021-06-30", "d:q")):
        found = answer(snapshot, "close_links", subject="c", as_of=day)["results"]
        assert [(r["b"], r["basis"]) for r in found] == [(owner, "owned")]


def test_finbench_is_never_over_integrated_ownership(tmp_path: Path) -> None:
    """Simple paths are some of all walks; outside the closed loops they are all of them."""
    register = finbench()
    snapshot = world(tmp_path, [holding(u, v, str(float(w))) for (u, v), w in register.items()])
    graph = nx.DiGraph(list(register))
    looped = {v for part in nx.strongly_connected_components(graph) if len(part) > 1 for v in part}
    beyond = looped | {w for v in looped for w in nx.descendants(graph, v)}
    seen = set()
    for owner in sorted({u for u, _ in register if u.startswith("p")})[::60]:
        shares = {
            row["owned"]: row["integrated"]
            for row in answer(snapshot, "integrated_ownership", as_of=DAY, owner=owner)["results"]
        }
        for row in rows(snapshot, subject=owner, max_paths=500, threshold=0.01):
            if row["basis"] == "owns":
                seen.add(plain(row["b"]) in beyond)
                assert row["value"] <= shares[row["b"]] + 1e-9
                if plain(row["b"]) not in beyond:
                    assert row["value"] == pytest.approx(shares[row["b"]], abs=1e-12)
    assert seen == {True, False}


def test_what_only_the_state_owns_in_common_is_no_link(tmp_path: Path) -> None:
    """An organ of the state owns two firms, one of which owns a third with a fund."""
    organ = {"kind": "company", "id": "o", "attrs": {"form": "机关法人"}}
    snapshot = world(
        tmp_path,
        [holding("o", "a", "1"), holding("o", "b", "1"), holding("a", "c", "0.5"),
         holding("f", "c", "0.5"), holding("f", "b", "0.3")],
        [organ],
    )  # fmt: skip
    found = links(rows(snapshot))
    assert {key for key in found if key[2] == "common"} == {("b", "c", "common", "f")}
    assert {key[:2] for key in found if key[0] == "o"} == {("o", "a"), ("o", "b"), ("o", "c")}
    assert {key for key in links(rows(snapshot, subject="b")) if key[2] == "common"} == {
        ("b", "c", "common", "f")
    }
    assert {key for key in links(rows(snapshot, target="a")) if key[2] == "common"} == set()
