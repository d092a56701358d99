"""Actual controllers against the brute-force referee, and the cases of the statute by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from algorithms.ownership.controllers import controllers_of
from algorithms.registry import ask
from graph.snapshot import Snapshot, open_snapshot
from graph.store import Store, open_store
from graph.times import day_end
from ingest.load import load
from tests.algorithms.ownership.worlds import (
    answer,
    examples,
    finbench,
    holding,
    needs,
    plain,
    world,
)
from tests.referees import controllers as referee
from tests.referees import ownership
from tests.referees.controllers import Fact

DAY = "2026-01-01"
AT = day_end(DAY)
PEOPLE = ["p1", "p2", "p3"]
FIRMS = ["c1", "c2", "c3", "c4"]
ANY = st.sampled_from(PEOPLE + FIRMS)
SHARES = st.sampled_from(["0.5", "0.51", "0.26", "0.25", "0.3", "0.1", "0.6", "1", "0.17", "0.33"])

exact = st.tuples(st.just("shareholder"), ANY, st.sampled_from(FIRMS), SHARES)
ties = st.one_of(
    st.tuples(st.just("controller"), ANY, st.sampled_from(FIRMS), st.none()),
    st.tuples(st.just("nominee"), ANY, ANY, st.none()),
    st.tuples(st.just("acts_in_concert"), ANY, ANY, st.none()),
    st.tuples(st.just("acts_in_concert"), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE),
              st.none()),
)  # fmt: skip


def facts_of(drawn: list[tuple[Any, ...]]) -> list[Fact]:
    found = []
    for number, (kind, a, b, share) in enumerate(drawn):
        ends: tuple[Fraction | None, ...] = (None, None)
        if kind == "shareholder":
            ends = tuple(map(Fraction, (share, share) if isinstance(share, str) else share))
        found.append(Fact(f"d:f{number}", kind, a, b, *ends))
    return found


def snapshot_of(folder: Path, drawn: list[tuple[Any, ...]], **attrs: Any) -> Snapshot:
    extra: list[dict[str, Any]] = [{"kind": "person", "id": p} for p in PEOPLE]
    extra += [{"kind": "company", "id": c, "attrs": attrs.get(c, {})} for c in FIRMS]
    holdings = []
    for number, (kind, a, b, share) in enumerate(drawn):
        fact = {"kind": kind, "id": f"f{number}", "from": a, "to": b}
        if kind != "shareholder":
            extra.append(fact)
        elif isinstance(share, str):
            holdings.append({**fact, "share": share})
        else:
            holdings.append({**fact, "share_min": share[0], "share_max": share[1]})
    return world(folder, holdings, extra)


def controllers(snapshot: Snapshot, **asked: Any) -> dict[tuple[str, str], dict[str, Any]]:
    rows = answer(snapshot, "actual_controller", as_of=DAY, **asked)["results"]
    return {(plain(r["controller"]), plain(r["company"])): r for r in rows}


@given(st.lists(st.one_of(exact, exact, ties), max_size=12))
@settings(max_examples=300, deadline=None)
def test_equals_the_referee_where_all_shares_are_known(drawn: list[Any]) -> None:
    facts = facts_of(drawn)
    completions = list(referee.completions(facts, 1))
    expected = [referee.ultimate(held, facts) for held in completions]
    with tempfile.TemporaryDirectory() as folder:
        snapshot = snapshot_of(Path(folder), drawn)
        found = controllers(snapshot)
        sure = {pair for pair, row in found.items() if row["certainty"] == "certain"}
        if len(completions) == 1:  # no nominal holder holds for several
            assert sure == found.keys() == expected[0]
        else:
            assert sure <= set.intersection(*expected)
            assert found.keys() >= set.union(*expected)
        everybody = answer(snapshot, "actual_controller", as_of=DAY)
        for firm in FIRMS:
            alone = answer(snapshot, "actual_controller", as_of=DAY, target=firm)
            mine = [r for r in everybody["results"] if plain(r["company"]) == firm]
            assert alone["results"] == mine
            noted = [n for n in everybody.get("notes", ()) if n.startswith(f"d:{firm}:")]
            assert alone.get("notes", []) == noted
            if len(completions) == 1:
                circles = referee.in_circles(completions[0], facts)
                assert firm not in circles or noted
            _proofs_hold(snapshot, firm, facts)


def _proofs_hold(snapshot: Snapshot, firm: str, facts: list[Fact]) -> None:
    """Each proof proves by itself, and no fact of it can be left out."""
    by_id = {f.id: f for f in facts}
    for one in controllers_of(snapshot, snapshot.resolve(firm), AT).found:
        pair = plain(snapshot.canonical(one.node)), firm
        for proof in one.proofs:
            assert [plain(snapshot.canonical(n)) for n in (proof.chain[0], proof.chain[-1])] == [
                *pair
            ]
            shown = [by_id[name] for name in snapshot.fact_ids(list(proof.rows))]
            needed = all if one.certainty == "certain" else any
            # What else is registered stays registered: a nominal holder's votes are not its own.
            assert needed(pair in referee.control(h, shown) for h in _registers(facts, shown))
            kinds = {f.kind for f in shown}
            assert ("declared" in proof.limbs) == ("controller" in kinds)
            assert ("agreement" in proof.limbs) == bool(kinds & {"nominee", "acts_in_concert"})
            for fact in shown:
                fewer = [f for f in shown if f != fact]
                assert not needed(
                    pair in referee.control(h, fewer) for h in _registers(facts, fewer)
                ), (one, fact)


def _registers(facts: list[Fact], shown: list[Fact]) -> list[list[referee.Held]]:
    """Registers of these holdings, their votes with those whom the nominees among them name;
    holdings whose nominees are left out are nobody's."""
    kept = []
    for held in referee.completions(facts, 1):
        every = [f for f in facts if f.kind == "shareholder"]
        part = []
        for f, h in zip(every, held, strict=True):
            moved = referee.owners_behind(facts, f.a) != {f.a}
            named = referee.owners_behind(shown, f.a) == referee.owners_behind(facts, f.a)
            if f in shown and (named or not moved):
                part.append(h)
        kept.append(part)
    return kept


spans = st.sampled_from([("0.05", "0.1"), ("0.4", "0.6"), ("0", "1"), ("0.3", "1"), ("0", "0.5")])
loose = st.tuples(st.just("shareholder"), ANY, st.sampled_from(FIRMS), spans)


@given(st.lists(st.one_of(exact, ties), max_size=8), st.lists(loose, min_size=1, max_size=3))
@settings(max_examples=200, deadline=None)
def test_holds_under_the_registers_that_unknown_shares_allow(
    known: list[Any], unknown: list[Any]
) -> None:
    """Certain: in all of them. Whatever holds in one is at least possible."""
    drawn = unknown + known
    facts = facts_of(drawn)
    every = [(h, referee.ultimate(h, facts)) for h in referee.completions(facts, 2)]
    assume(0 < len(every) <= 200)
    with tempfile.TemporaryDirectory() as folder:
        snapshot = snapshot_of(Path(folder), drawn)
        found = controllers(snapshot)
    sure = {pair for pair, row in found.items() if row["certainty"] == "certain"}
    assert sure <= set.intersection(*(pairs for _, pairs in every))
    assert found.keys() >= set.union(*(pairs for _, pairs in every))
    for (x, y), row in found.items():
        if "agreement" not in row["limb"] and row["votes_min"] is not None:
            for held, _ in every:
                group = referee.commands(held, facts, [x])
                votes = float(sum(h.share for h in held if h.owned == y and h.whose in group))
                assert row["votes_min"] - 1e-12 <= votes <= row["votes_max"] + 1e-12


@given(st.lists(st.one_of(exact, exact, ties), max_size=9))
@settings(max_examples=100, deadline=None)
def test_limbs_name_how_it_is_controlled(drawn: list[Any]) -> None:
    facts = facts_of(drawn)
    completions = list(referee.completions(facts, 1))
    if len(completions) > 1:
        return
    held = completions[0]
    with tempfile.TemporaryDirectory() as folder:
        snapshot = snapshot_of(Path(folder), drawn)
        for firm in FIRMS:
            for one in controllers_of(snapshot, snapshot.resolve(firm), AT).found:
                x = plain(snapshot.canonical(one.node))
                registered = [h for h in held if not h.moved]
                pure = firm in referee.commands(registered, [], [x])
                assert pure == any(proof.limbs == ("votes",) for proof in one.proofs)
                alone = [f for f in facts if f.kind == "controller"]
                if firm in referee.commands(held, alone, [x]):
                    without = [h for h in held if h.whose != firm]
                    kept = [f for f in alone if f.a != firm]
                    group = referee.commands(without, kept, [x]) - {firm}
                    says = any(f.b == firm and f.a in group for f in alone)
                    assert ("declared" in one.limbs) >= says


def test_the_limbs_of_the_statute(tmp_path: Path) -> None:
    snapshot = snapshot_of(
        tmp_path,
        [
            ("shareholder", "p1", "c1", "0.51"),
            ("controller", "p2", "c2", None),
            ("shareholder", "p1", "c3", "0.3"),
            ("shareholder", "p2", "c3", "0.25"),
            ("acts_in_concert", "p1", "p2", None),
            ("shareholder", "p3", "c4", "0.9"),
            ("nominee", "p3", "p1", None),
        ],
    )
    found = controllers(snapshot)
    said = {pair: (row["limb"], row["votes"], row["facts"]) for pair, row in found.items()}
    assert said == {
        ("p1", "c1"): (["votes"], 0.51, ["d:f0"]),
        ("p2", "c2"): (["declared"], 0.0, ["d:f1"]),
        ("p1", "c3"): (["agreement"], 0.55, ["d:f2", "d:f3", "d:f4"]),
        ("p2", "c3"): (["agreement"], 0.55, ["d:f2", "d:f3", "d:f4"]),
        ("p1", "c4"): (["agreement"], 0.9, ["d:f5", "d:f6"]),
    }
    assert all(row["certainty"] == "certain" for row in found.values())


def test_one_who_controls_alone_needs_no_agreement(tmp_path: Path) -> None:
    """Whoever acts in concert with a majority holder decides nothing."""
    snapshot = snapshot_of(
        tmp_path,
        [
            ("shareholder", "p1", "c1", "0.6"),
            ("shareholder", "p2", "c1", "0.1"),
            ("acts_in_concert", "p1", "p2", None),
        ],
    )
    assert {pair: row["limb"] for pair, row in controllers(snapshot).items()} == {
        ("p1", "c1"): ["votes"]
    }


def test_the_ultimate_one_and_the_chain(tmp_path: Path) -> None:
    snapshot = snapshot_of(
        tmp_path,
        [
            ("shareholder", "p1", "c1", "0.6"),
            ("controller", "c1", "c2", None),
            ("shareholder", "c2", "c3", "0.3"),
            ("shareholder", "p1", "c3", "0.21"),
            ("shareholder", "p2", "c3", "0.49"),
        ],
    )
    row = controllers(snapshot, target="c3")["p1", "c3"]
    assert len(controllers(snapshot, target="c3")) == 1
    assert row["limb"] == ["declared", "votes"]
    assert [plain(n) for n in row["chain"]] == ["p1", "c1", "c2", "c3"]
    assert row["votes"] == pytest.approx(0.51)
    assert sorted(row["facts"]) == ["d:f0", "d:f1", "d:f2", "d:f3"]


def test_circles_are_said(tmp_path: Path) -> None:
    snapshot = snapshot_of(
        tmp_path,
        [
            ("shareholder", "c1", "c2", "0.6"),
            ("shareholder", "c2", "c1", "0.6"),
            ("shareholder", "c2", "c3", "0.7"),
        ],
    )
    for target in ("c1", "c2", "c3"):
        said = answer(snapshot, "actual_controller", as_of=DAY, target=target)
        assert said["results"] == []
        assert said["notes"] == [
            f"d:{target}: control goes round among d:c1, d:c2, and nobody stands above them"
        ]


def test_unknown_shares_leave_it_open(tmp_path: Path) -> None:
    snapshot = snapshot_of(
        tmp_path,
        [
            ("shareholder", "p1", "c1", ("0.4", "0.6")),
            ("shareholder", "p2", "c1", "0.4"),
            ("shareholder", "p3", "c2", ("0.05", "0.5")),
            ("shareholder", "c1", "c3", "0.8"),
        ],
    )
    rows = controllers(snapshot)
    assert {
        pair: (r["certainty"], r["votes"], r["votes_min"], r["votes_max"])
        for pair, r in rows.items()
    } == {
        ("p1", "c1"): ("possible", None, 0.4, 0.6),
        ("p1", "c3"): ("possible", None, 0.0, 0.8),
        ("c1", "c3"): ("possible", 0.8, 0.8, 0.8),
    }


def test_published_control(tmp_path: Path) -> None:
    """Vadalog's banking example: AT controls all that anybody controls, IN its own SO below it."""
    found = examples()["W2_vadalog_banking"]
    snapshot = world(tmp_path, [holding(u, v, share) for u, v, share in found["own"]])
    assert {x for x, _ in controllers(snapshot)} == {"AT"}
    assert {y for _, y in controllers(snapshot)} == set(found["control"]["AT"])


@pytest.mark.parametrize("example", ["W4_cross", "W5_complex"])
def test_published_votes(tmp_path: Path, example: str) -> None:
    found = examples()[example]
    snapshot = world(tmp_path, [holding(u, v, share) for u, v, share in found["own"]])
    rows = controllers(snapshot)
    expected = {pair.removeprefix("P-"): votes for pair, votes in found["control"].items()}
    assert {y: r["votes"] for (x, y), r in rows.items() if x == "P"} == pytest.approx(
        expected, abs=1e-12
    )


def test_a_state_organ_is_marked(tmp_path: Path) -> None:
    """By its credit code, by its form, and in a record that came later."""
    code = "11440604366779952B"
    extra = [
        {
            "kind": "company",
            "id": "sasac",
            "name": "国有资产监督管理委员会",
            "keys": {"uscc": code},
        },
        {"kind": "company", "id": "city", "name": "某市", "attrs": {"form": "机关法人"}},
        {
            "kind": "company",
            "id": "firm",
            "name": "机关服务公司",
            "attrs": {"form": "有限责任公司"},
        },
    ]
    held = [holding("sasac", "a", "1"), holding("city", "b", "1"), holding("firm", "c", "1")]
    snapshot = world(tmp_path, [*held, holding("a", "d", "1"), holding("a", "e", "1")], extra)
    rows = answer(snapshot, "actual_controller", as_of=DAY)["results"]
    assert {(r["controller"], plain(r["company"]), r["state_organ"]) for r in rows} == {
        (f"cn:uscc:{code}", "a", True),
        (f"cn:uscc:{code}", "d", True),
        (f"cn:uscc:{code}", "e", True),
        ("d:city", "b", True),
        ("d:firm", "c", False),
    }


def bods(folder: Path, name: str) -> Snapshot:
    """A published BODS package, as it is loaded."""
    store = open_store(f"sqlite:///{folder}/bods.db", create=True)
    load(store, [needs(f"bods/{name}.json")])
    return open_snapshot(store)


def named(snapshot: Snapshot, as_of: str = DAY) -> set[tuple[str, str, str, bool]]:
    """(controller, company, limbs, state organ), by what they are called."""
    rows = answer(snapshot, "actual_controller", as_of=as_of)["results"]
    return {
        (
            *(snapshot.label(snapshot.resolve(r[end])) for end in ("controller", "company")),
            " ".join(r["limb"]),
            r["state_organ"],
        )
        for r in rows
    }


def test_a_state_owned_enterprise(tmp_path: Path) -> None:
    """The Republic of Finland, through its ministry, by declaration and by 100 % of the votes."""
    state = "Suomen tasavalta"
    assert named(bods(tmp_path, "bods-package-fi-soe")) == {
        (state, "Valtiovarainministerio", "declared", True),
        (state, "Suomen Kaasuverkko Oy", "declared votes", True),
        (state, "Gasgrid Finland Oy", "declared votes", True),
    }


def test_a_nomination(tmp_path: Path) -> None:
    """The nominee sits on the board; the nominator is declared to have control."""
    found = named(bods(tmp_path, "nomination"))
    assert ("Silvia Teixeira Perez", "Los Corazones de Plata", "declared", False) in found
    assert not any(who == "Vanessa Rivero" for who, *_ in found)


def test_one_who_bought_the_other_out(tmp_path: Path) -> None:
    """Two held 50 % each, until in January 2022 one of them had all."""
    found = named(bods(tmp_path, "fermcat"), "2022-06-01")
    assert found == {("Patrick O'Donohue", "Fermcat Ltd", "votes", False)}


def test_finbench_equals_the_fixpoint(tmp_path: Path) -> None:
    """Every investment of FinBench; who controls and is not controlled, by the rule alone."""
    held = [holding(u, v, str(w.numerator / w.denominator)) for (u, v), w in finbench().items()]
    register: dict[tuple[str, str], Fraction] = {}
    for h in held:
        pair = h["from"], h["to"]
        register[pair] = register.get(pair, Fraction(0)) + Fraction(h["share"])
    pairs = {
        (x, y): votes
        for x in {u for u, _ in register}
        for y, votes in ownership.controlled(register, x).items()
    }
    under = {y for _, y in pairs}
    expected = {pair: float(votes) for pair, votes in pairs.items() if pair[0] not in under}
    assert len(expected) > 50
    rows = controllers(world(tmp_path, held))
    total = ownership.sums(register)
    assert rows.keys() == expected.keys()
    for (x, y), row in rows.items():
        over = total[y] > 1 + Fraction(1, 10**9)
        assert row["votes"] == (None if over else pytest.approx(expected[x, y], abs=1e-9))
        assert (row["certainty"], row["limb"]) == ("certain", ["votes"])


def test_bounds_are_said(tmp_path: Path) -> None:
    chain = [holding(f"c{i:02}", f"c{i + 1:02}", "0.6") for i in range(12)]
    snapshot = world(tmp_path, chain)
    whole = answer(snapshot, "actual_controller", as_of=DAY, target="c12")
    assert [(plain(r["controller"]), r["certainty"]) for r in whole["results"]] == [
        ("c00", "certain")
    ]
    cut = answer(snapshot, "actual_controller", as_of=DAY, target="c12", max_nodes=4)
    assert cut["truncated"]["reason"] == "max_nodes"
    assert {r["certainty"] for r in cut["results"]} == {"possible"}
    every = answer(snapshot, "actual_controller", as_of=DAY, max_rows=5)
    assert every["truncated"] == {"reason": "max_rows", "explored": 12, "limit": 5}
    assert len(every["results"]) == 5


def test_a_day_counts_the_facts_of_that_day(tmp_path: Path) -> None:
    """A nominee agreement that ended, and a controller declared from then on."""
    until, since = {"valid_to": "2021-06-30"}, {"valid_from": "2021-06-30"}
    extra = [
        {"kind": "person", "id": "p2"},
        {"kind": "person", "id": "p3"},
        {"kind": "nominee", "id": "n", "from": "p1", "to": "p2", **until},
        {"kind": "controller", "id": "k", "from": "p3", "to": "c", **since},
    ]
    snapshot = world(tmp_path, [holding("p1", "c", "0.6")], extra)
    found = {
        day: [
            (plain(r["controller"]), r["limb"])
            for r in answer(snapshot, "actual_controller", as_of=day, target="c")["results"]
        ]
        for day in ("2021-06-29", "2021-06-30")
    }
    assert found == {
        "2021-06-29": [("p2", ["agreement"])],
        "2021-06-30": [("p1", ["votes"]), ("p3", ["declared"])],
    }


def test_a_proof_does_not_run_in_a_circle(write: Callable[..., Store]) -> None:
    """x is declared to control y, and controls it by the votes of z, in which y has more than w:
    the proof by votes leads over w, for y helps nobody towards itself."""
    held = [("x", "w", "1"), ("w", "z", "0.55"), ("y", "z", "0.6"), ("z", "y", "0.6")]
    facts: list[dict[str, Any]] = [{"kind": "person", "id": "x"}]
    facts += [{"kind": "company", "id": name} for name in ("w", "y", "z")]
    facts.append({"kind": "controller", "id": "declared", "from": "x", "to": "y"})
    facts += [
        {"kind": "shareholder", "id": f"{a}{b}", "from": a, "to": b, "share": share}
        for a, b, share in held
    ]
    rows = ask(open_snapshot(write(facts)), "actual_controller", {"target": "y"})["results"]
    assert [(row.controller, list(row.limb)) for row in rows] == [("d:x", ["declared", "votes"])]
