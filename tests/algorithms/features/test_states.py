"""States, ownership, shared identifiers, invoices, records: each against counting by hand."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from typing import Any
from unittest import mock

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.features import shared
from algorithms.features.making import features
from algorithms.registry import ask
from tests.algorithms import small_world
from tests.algorithms.features.test_money import SPANS, same, value
from tests.algorithms.features.worlds import DAY, moment
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees import features as referee
from tests.referees.invoices import Invoice, standing

COMPANIES = tuple(f"c{i}" for i in range(5))
PEOPLE = ("p0", "p1")
SHARES = ("0.1", "0.3", "0.5", "0.51", "0.6", "1", None)
Holding = tuple[str, str, str | None, bool]


@st.composite
def holdings(draw: st.DrawFn) -> list[Holding]:
    """Owner, company, share, whether it is still held on the day; one holding a pair."""
    found: dict[tuple[str, str], Holding] = {}
    for _ in range(draw(st.integers(0, 9))):
        owner, owned = draw(st.sampled_from(PEOPLE + COMPANIES)), draw(st.sampled_from(COMPANIES))
        share = draw(st.sampled_from(SHARES))
        found[owner, owned] = (owner, owned, share, draw(st.integers(0, 4)) > 0)
    return list(found.values())


def facts_of(drawn: list[Holding]) -> list[Fact]:
    found: list[Fact] = [company(name) for name in COMPANIES] + [person(name) for name in PEOPLE]
    for at, (owner, owned, share, held) in enumerate(drawn):
        more: dict[str, Any] = {} if share is None else {"share": share}
        until = "2024-07-01" if held else "2024-06-30"  # half open: on its last day it is over
        found.append(relation("shareholder", f"s{at}", owner, owned, valid_from="2024-06-20",
                              valid_to=until, **more))  # fmt: skip
    return found


@settings(max_examples=25, deadline=None)
@given(holdings())
def test_degrees_of_states_and_ownership(drawn: list[Holding]) -> None:
    apart = [h for h in drawn if h[0] != h[1]]
    now = [h for h in apart if h[3]]
    graph = nx.DiGraph((owner, owned) for owner, owned, _, _ in now)
    graph.add_nodes_from(COMPANIES + PEOPLE)
    loops = nx.condensation(graph)
    of = loops.graph["mapping"]
    with world(facts_of(drawn)) as snapshot:
        told = {kind: features(snapshot, kind, DAY, groups=["degree", "ownership"])
                for kind in ("company", "person")}  # fmt: skip
        for who in COMPANIES + PEOPLE:
            made = told["company" if who in COMPANIES else "person"]

            def said(name: str) -> float | None:
                return value(snapshot, made, f"d:{who}", name)  # noqa: B023

            held = [h for h in now if h[0] == who]
            assert said("shareholder_out_count_now") == said("ownership_held") == len(held)
            assert said("shareholder_out_ended") == len([h for h in apart if h[0] == who]) - len(
                held
            )
            begun = len([h for h in apart if h[0] == who])
            assert (said("shareholder_out_begun_7d"), said("shareholder_out_begun_30d")) == (
                0,
                begun,
            )
            below, above = loops.subgraph(nx.descendants(loops, of[who]) | {of[who]}), {of[who]}
            assert said("ownership_depth") == nx.dag_longest_path_length(below)
            assert said("ownership_controlled") == len(controlled(who, drawn))
            if who in PEOPLE:
                continue
            above |= nx.ancestors(loops, of[who])
            by = {h[0]: h[2] for h in now if h[1] == who}
            known = [Fraction(s) for s in by.values() if s is not None]
            assert said("ownership_owners") == said("shareholder_in_partners_now") == len(by)
            assert same(said("ownership_known"), float(sum(known)) if known else None)
            assert same(said("ownership_largest"), float(max(known)) if known else None)
            square = float(sum(s * s for s in known)) if known else None
            assert same(said("ownership_concentration"), square)
            longest = nx.dag_longest_path_length(loops.subgraph(above))
            assert said("ownership_chain_longest") == longest
            tops = [n for n in nx.ancestors(graph, who) | {who} if not graph.in_degree(n)]
            paths = [nx.shortest_path_length(graph, top, who) for top in tops]
            assert said("ownership_chain_shortest") == (min(paths) if paths else None)
            assert said("ownership_loop") == (len(loops.nodes[of[who]]["members"]) > 1)
            assert same(said("ownership_to_people"), to_people(who, now) if known else None)


def controlled(who: str, drawn: list[Holding]) -> set[str]:
    """The companies of which somebody commands over half of the votes, by the fixpoint's rule."""
    found: set[str] = set()
    now = [(a, b, Fraction(s)) for a, b, s, held in drawn if held and s is not None]
    while True:
        more = {
            y for y in COMPANIES
            if y != who
            and sum(s for a, b, s in now if b == y and a in found | {who}) > Fraction(1, 2)
        }  # fmt: skip
        if more <= found:
            return found
        found |= more


def to_people(who: str, now: list[Holding]) -> float:
    """The share held by people through at most 64 companies; registers past 1 scaled to 1."""
    names = COMPANIES + PEOPLE
    total = {y: sum(float(s) for _, b, s, _ in now if b == y and s) for y in names}
    part = {(a, b): float(s) / max(total[b], 1.0) for a, b, s, _ in now if s}
    worth = {name: float(name in PEOPLE) for name in names}
    for _ in range(64):
        worth = {
            y: 1.0 if y in PEOPLE else sum(p * worth[a] for (a, b), p in part.items() if b == y)
            for y in names
        }
    return worth[who]


@settings(max_examples=25, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=14))
def test_shared_identifiers(drawn: set[tuple[int, int]]) -> None:
    kinds = {0: "phone", 1: "phone", 2: "device", 3: "address"}
    link = {"phone": "uses_phone", "device": "uses_device", "address": "located_at"}
    facts: list[Fact] = [company(name) for name in COMPANIES]
    facts += [{"kind": kind, "id": f"i{i}"} for i, kind in kinds.items()]
    facts += [relation(link[kinds[i]], f"u{c}{i}", f"c{c}", f"i{i}") for c, i in sorted(drawn)]
    with mock.patch.object(shared, "LIMIT", 3), world(facts) as snapshot:
        told = {kind: features(snapshot, kind, DAY, groups=["shared"])
                for kind in ("company", "phone")}  # fmt: skip
        users = {i: {c for c, j in drawn if j == i} for i in kinds}
        small = nx.Graph((f"c{c}", f"i{i}") for c, i in drawn if len(users[i]) <= 3)
        small.add_nodes_from((*COMPANIES, *(f"i{i}" for i in kinds)))
        for c in range(5):

            def said(name: str) -> float | None:
                return value(snapshot, told["company"], f"d:c{c}", f"shared_{name}")  # noqa: B023

            for name, kind in (("phones", "phone"), ("devices", "device"),
                               ("addresses", "address")):  # fmt: skip
                mine = [users[i] - {c} for i in kinds if kinds[i] == kind and c in users[i]]
                assert said(name) == sum(1 for others in mine if others)
                assert said(f"{name}_most") == max(map(len, mine), default=0)
            met = {d for i in kinds if c in users[i] and len(users[i]) <= 3 for d in users[i]}
            assert said("others") == len(met - {c})
            ring = nx.node_connected_component(small, f"c{c}") & {*COMPANIES}
            assert said("ring") == len(ring)
        for i in (0, 1):
            many = value(snapshot, told["phone"], f"d:i{i}", "shared_others")
            ring = nx.node_connected_component(small, f"i{i}") & {*COMPANIES}
            own = len(users[i]) if len(users[i]) > 3 else len(ring)
            assert (many, value(snapshot, told["phone"], f"d:i{i}", "shared_ring")) == (
                len(users[i]), own,
            )  # fmt: skip


def invoice(name: str, *ends: str, minutes: int, amount: str, **more: Any) -> Fact:
    return relation("invoice", name, *ends, at=moment(minutes), amount=amount, **more)


def test_invoices_counted_by_hand() -> None:
    day = 60 * 24
    facts = [
        company("a"), company("b"), company("c"),
        invoice("1", "a", "b", minutes=day, amount="300", goods="1010101", status="issued"),
        invoice("2", "a", "c", minutes=2 * day, amount="100", goods="2020101", export=True),
        invoice("3", "a", "b", minutes=3 * day, amount="50", status="void"),
        invoice("4", "a", "b", minutes=20 * day, amount="80", goods="1010101", status="issued"),
        invoice("5", "a", "b", minutes=19 * day, amount="-80", goods="1010101", status="red",
                attrs={"red_of": "4"}),
        invoice("6", "c", "a", minutes=40 * day, amount="200", goods="1010909"),
        invoice("7", "a", "b", minutes=-day, amount="999"),
    ]  # fmt: skip
    expected = {
        "sold_sum_7d": 400, "sold_known_7d": 2, "sold_max_7d": 300, "sold_void_7d": 1 / 3,
        "sold_red_7d": 0, "sold_partners_7d": 2, "sold_top_7d": 0.75, "bought_sum_30d": 0,
        "sold_goods_7d": 0.75**2 + 0.25**2, "sold_red_30d": 1 / 5, "sold_sum_30d": 400,
        "bought_to_sold_30d": 0, "bought_to_sold_90d": 0.5, "bought_sum_ever": 200,
        "days_7d": 3, "days_ever": 6, "bought_goods_90d": 1, "bought_top_7d": None,
        "first_age": 40 - 1e-9,
    }  # fmt: skip
    with world(facts) as snapshot:
        made = features(snapshot, "company", DAY, groups=["invoices"])
        for name, number in expected.items():
            assert same(value(snapshot, made, "d:a", f"invoices_{name}"), number), name


_SORTS = ("issued", "issued", "issued", "void", "red")
INVOICES = st.lists(
    st.tuples(
        st.integers(0, 3), st.integers(0, 3), st.integers(0, 50), st.integers(1, 4),
        st.sampled_from(["1010101", "1010202", "2020101", None]), st.sampled_from(_SORTS),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=10, deadline=None)
@given(INVOICES)
def test_invoices_against_what_the_referee_lets_stand(drawn: list[Any]) -> None:
    facts, made = [company(f"c{n}") for n in range(4)], []
    for n, (a, b, days, hundreds, goods, status) in enumerate(drawn):
        minutes = days * 60 * 24 + 1
        amount = hundreds * (-100 if status == "red" else 100)
        more = {} if goods is None else {"goods": goods}
        facts.append(invoice(f"i{n:02}", f"c{a}", f"c{b}", minutes=minutes, amount=str(amount),
                             status=status, **more))  # fmt: skip
        if a != b:
            made.append(Invoice(f"d:i{n:02}", f"c{a}", f"c{b}", -minutes, amount * 100, goods,
                                status == "void"))  # fmt: skip
    net = standing(made)
    with world(facts) as snapshot:
        table = features(snapshot, "company", DAY, groups=["invoices"])
        for who in ("c0", "c1", "c2", "c3"):
            for end, days in SPANS.items():
                here = [i for i in made if days is None or i.time > -days * 60 * 24]
                for way, mine, other in (("sold", 1, 2), ("bought", 2, 1)):
                    every = [i for i in here if i[mine] == who]
                    stand = [i for i in every if net.get(i.id, 0) > 0]
                    by: Counter[str] = Counter()
                    sorts: Counter[str] = Counter()
                    for i in stand:
                        by[i[other]] += net[i.id]
                        sorts[(i.goods or "")[:3]] += net[i.id]
                    del sorts[""]
                    whole = sum(sorts.values())
                    wanted = referee.described([net[i.id] for i in stand], 0.01) | {
                        "void": len([i for i in every if i.void]) / len(every) if every else None,
                        "red": len([i for i in every if i.amount < 0]) / len(every)
                        if every else None,
                        "partners": len(by),
                        "top": max(by.values()) / sum(by.values()) if by else None,
                        "goods": sum((v / whole) ** 2 for v in sorts.values()) if whole else None,
                    }  # fmt: skip
                    for name, expected in wanted.items():
                        column = f"invoices_{way}_{name}_{end}"
                        assert same(value(snapshot, table, f"d:{who}", column), expected), column


def test_records_listings_and_calls() -> None:
    facts: list[Fact] = [
        company("a", valid_from="2024-06-01", attrs={"form": "股份有限公司", "capital": "500.50"}),
        company("b", valid_from="2020-01-01", valid_to="2024-06-30", attrs={"form": "个体工商户"}),
        company("c"), company("later", valid_from="2024-07-01"),
        {"kind": "listing", "id": "l1", "subject": "a", "list": "black", "decided_on": "2024-01-01",
         "valid_from": "2024-01-01", "valid_to": "2024-03-01"},
        {"kind": "listing", "id": "l2", "subject": "a", "list": "black", "decided_on": "2024-05-01",
         "valid_from": "2024-05-01"},
        {"kind": "listing", "id": "l3", "subject": "b", "list": "black", "decided_on": "2024-07-01",
         "valid_from": "2024-07-01"},
        # Taken off, when is not said; over by now, but not by the day.
        {"kind": "listing", "id": "l4", "subject": "c", "list": "black", "decided_on": "2024-01-01",
         "status": "lifted"},
        {"kind": "listing", "id": "l5", "subject": "c", "list": "black", "decided_on": "2024-01-01",
         "until": "2024-08-01", "status": "expired"},
        {"kind": "company", "id": "a2", "valid_from": "2024-08-01"},
        relation("same_as", "s", "a", "a2"),
        {"kind": "phone", "id": "t"}, {"kind": "phone", "id": "u"},
        relation("call", "k1", "t", "u", at="2024-06-29T23:00:00+08:00", duration=60),
        relation("call", "k2", "t", "u", at="2024-06-30T12:00:00+08:00", duration=20),
        relation("call", "k3", "u", "t", at="2024-06-01T12:00:00+08:00", duration=5),
        relation("call", "k4", "u", "t", at="2024-07-01T00:00:00+08:00", duration=999),
    ]  # fmt: skip
    with world(facts) as snapshot:
        made = features(snapshot, "company", DAY, groups=["entity"])
        assert made.rows(np.array([snapshot.resolve("d:later")])).tolist() == [-1]
        for who, name, expected in (
            ("a", "age", 29), ("a", "capital", 500.5), ("a", "form_joint_stock", 1),
            ("a", "form_limited", 0), ("b", "form_sole_trader", 1), ("b", "ended", 1),
            ("a", "ended", 0), ("c", "age", None), ("c", "form_limited", None),
            ("a", "listings_now", 1), ("a", "listings_total", 2), ("b", "listings_total", 0),
            ("c", "listings_now", 1), ("c", "listings_total", 2), ("a", "records", 1),
        ):  # fmt: skip
            assert value(snapshot, made, f"d:{who}", f"entity_{name}") == expected, (who, name)
        calls = features(snapshot, "phone", DAY, groups=["calls"])
        for name, number in (
            ("out_sum_7d", 80), ("in_sum_30d", 5), ("out_mean_7d", 40), ("night_7d", 0.5),
            ("out_share_30d", 2 / 3), ("out_per_partner_30d", 2), ("days_30d", 3),
            ("days_7d", 2), ("in_known_7d", 0),
        ):  # fmt: skip
            assert same(value(snapshot, calls, "d:t", f"calls_{name}"), number), name


def test_burstiness_and_dwell_of_a_worked_example() -> None:
    facts: list[Fact] = [{"kind": "account", "id": name} for name in ("a", "b", "c")]
    for at, (src, dst, hours, amount) in enumerate((
        ("b", "a", 96, "100"), ("a", "c", 72, "60"), ("a", "c", 48, "40"), ("b", "a", 0, "300"),
    )):  # fmt: skip
        facts.append(relation("transfer", f"t{at}", src, dst, at=moment(hours * 60 + 1),
                              amount=amount))  # fmt: skip
    gaps = [24, 24, 48]
    mean = sum(gaps) / 3
    spread = math.sqrt(sum((g - mean) ** 2 for g in gaps) / 3)
    with world(facts) as snapshot:
        made = features(snapshot, "account", DAY, groups=["money"])
        for name, number in (
            ("burstiness", (spread - mean) / (spread + mean)),
            ("dwell", (60 * 1 + 40 * 2) / 100),
            ("passed", 100 / 400), ("passed_soon", 60 / 400),
        ):  # fmt: skip
            assert same(value(snapshot, made, "d:a", f"money_{name}"), number), name
        for who, passed in (("c", 0), ("b", None)):  # nothing of what came went on; nothing came
            assert value(snapshot, made, f"d:{who}", "money_passed") == passed
            assert value(snapshot, made, f"d:{who}", "money_passed_soon") == passed


def test_what_arrives_is_the_algorithms_own() -> None:
    facts: list[Fact] = [company("bad"), company("near"), company("far")]
    facts.append(relation("shareholder", "s", "bad", "near", share="0.9"))
    facts.append({"kind": "listing", "id": "l", "subject": "bad", "list": "black",
                  "decided_on": "2024-01-01", "valid_from": "2024-01-01"})  # fmt: skip
    with world(facts) as snapshot:
        made = features(snapshot, "company", DAY, groups=["propagated"])

        def said(who: str, name: str) -> float:
            return value(snapshot, made, f"d:{who}", name) or 0.0

        asked = ask(snapshot, "risk_propagation", {"as_of": DAY})["results"]
        expected = {row.subject: row.value for row in asked}
        for who in ("near", "far"):
            assert same(said(who, "propagated_noisy_or"), expected.get(f"d:{who}", 0.0))
        assert said("near", "propagated_pagerank") > said("far", "propagated_pagerank") == 0


def test_the_highest_score_of_each_pattern_is_told_to_its_members() -> None:
    day = "2021-12-31"
    with world([*small_world.entities(), *small_world.relations()]) as snapshot:
        best: dict[tuple[str, str], float] = {}
        for name in ("transfer_cycles", "fan_patterns", "pass_through"):
            for row in ask(snapshot, name, {"as_of": day, "min_score": 0.1})["results"]:
                for who in row.members:
                    key = (who, row.pattern)
                    best[key] = max(best.get(key, 0.0), row.score)
        assert best
        made = features(snapshot, "account", day, groups=["findings"])
        for (who, pattern), score in best.items():
            assert same(value(snapshot, made, who, f"findings_{pattern}"), score)
        held = {snapshot.canonical(n) for n in snapshot.subjects("account").tolist()}
        assert {who for who, _ in best} <= held
