"""Risk clusters against plain sets; the names that stay, the bounds that are said."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph.errors import UnknownSubject, WrongUsage
from graph.snapshot import Snapshot
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.referees.clusters import Expected, Reason, Rules, Tie, clusters_of

AS_OF = "2022-01-05"
KINDS = ["shareholder", "shareholder", "legal_representative", "uses_phone", "guarantee"]
LISTS = ["black", "black", "penalty", "penalty", "red"]
DAYS = [None, "2019-01-01", "2020-01-01", "2021-01-01"]


def listing(name: str, subject: str, sort: str = "black", **more: Any) -> Fact:
    return {"kind": "listing", "id": name, "subject": subject, "list": sort, "domain": "tax",
            **more}  # fmt: skip


def clusters(snapshot: Snapshot, **more: Any) -> list[Any]:
    found: list[Any] = ask(snapshot, "clusters", {"as_of": AS_OF, **more})["results"]
    return found


def named(fact: str) -> str:
    return f"cluster:{hashlib.sha256(f'd:{fact}'.encode()).hexdigest()[:16]}"


class Drawn:
    """A random small world as facts, and the same as the referee takes it."""

    def __init__(self, chance: random.Random) -> None:
        self.kinds = {f"d:c{n}": "company" for n in range(chance.randint(4, 8))}
        self.kinds |= {f"d:p{n}": "person" for n in range(chance.randint(1, 4))}
        self.kinds |= {f"d:t{n}": "phone" for n in range(2)}
        self.facts: list[Fact] = [{"kind": k, "id": n[2:]} for n, k in self.kinds.items()]
        self.ties: list[Tie] = []
        self.reasons: dict[str, list[Reason]] = {}
        subjects = [n for n, k in self.kinds.items() if k != "phone"]
        companies = [n for n in subjects if n.startswith("d:c")]
        for n in range(chance.randint(6, 22)):
            kinds = [
                "shareholder",
                "shareholder",
                "legal_representative",
                "uses_phone",
                "guarantee",
            ]
            kind = chance.choice(kinds)
            a = chance.choice(subjects)
            b = chance.choice(["d:t0", "d:t1"] if kind == "uses_phone" else companies)
            share = chance.choice([None, "0.1", "0.15", "0.25", "0.6", "0.6"])
            share = share if kind == "shareholder" else None
            begins, over = chance.choice(DAYS), chance.random() < 0.1
            fact = relation(kind, f"r{n}", a, b, valid_from=begins)
            fact |= ({"share": share} if share else {}) | (
                {"valid_to": "2021-06-01"} if over else {}
            )
            self.facts.append(fact)
            if not over:
                self.ties.append(Tie(f"d:r{n}", kind, a, b, share, begins))
        for n in range(chance.randint(2, 9)):
            who, sort = (
                chance.choice(subjects),
                chance.choice(["black", "black", "penalty", "penalty", "red"]),
            )
            begins, status = chance.choice(DAYS), chance.choice([*["active"] * 5, "lifted"])
            over = chance.random() < 0.1
            more = {"valid_to": "2021-06-01"} if over else {}
            self.facts.append(listing(f"l{n}", who, sort, valid_from=begins, status=status, **more))
            if sort != "red" and status == "active" and not over:
                reason = Reason(f"d:l{n}", f"{sort}/tax", begins)
                self.reasons.setdefault(who, []).append(reason)
        chance.shuffle(self.facts)


def told(snapshot: Snapshot, row: Any) -> Expected:
    """A row as the referee says it."""
    attrs = row.attrs or {}
    assert row.members[: len(row.core)] == row.core
    assert len(row.facts) == min(20, row.facts_total or len(row.facts))
    return Expected(
        set(row.core), set(row.members), set(attrs.get("circle", ())), set(row.facts), row.id,
        row.born, set(attrs.get("hubs", ())),
    )  # fmt: skip


@settings(max_examples=70, deadline=None)
@example(1369613, 1, 1, 5, 1)  # more facts than are shown
@given(
    st.integers(0, 2**32), st.integers(0, 3), st.integers(1, 3), st.integers(1, 6),
    st.integers(1, 3),
)  # fmt: skip
def test_clusters_are_those_of_plain_sets(
    seed: int, reach: int, min_core: int, max_fanout: int, max_shared: int
) -> None:
    drawn = Drawn(random.Random(seed))
    rules = Rules("0.25", reach, min_core, max_fanout, max_shared)
    wanted = clusters_of(drawn.reasons, drawn.ties, drawn.kinds, rules)
    with world(drawn.facts) as snapshot:
        rows = clusters(
            snapshot, reach=reach, min_core=min_core, max_fanout=max_fanout, max_shared=max_shared
        )
        found = [told(snapshot, row) for row in rows]
    for each in wanted:
        each.first = named(each.first[2:])
    totals = {row.id: row.facts_total for row in rows if row.facts_total}
    shown = {each.first: each.facts for each in found}
    for each in wanted:
        if (total := totals.get(each.first)) is not None:  # twenty are shown of more
            assert (total, shown[each.first] <= each.facts) == (len(each.facts), True)
            each.facts = shown[each.first]
    key = lambda each: each.first  # noqa: E731
    assert sorted(found, key=key) == sorted(wanted, key=key)


def test_parallel_holdings_add_and_a_threshold_is_met_at_equality() -> None:
    facts = [company("a"), company("b"), company("c"), listing("l1", "a"), listing("l2", "b"),
             listing("l3", "c"),
             relation("shareholder", "s1", "a", "b", share="0.1", valid_from="2019-01-01"),
             relation("shareholder", "s2", "a", "b", share="0.15", valid_from="2020-01-01"),
             relation("shareholder", "s3", "a", "c", share="0.249999999999999")]  # fmt: skip
    with world(facts) as snapshot:
        (found,) = clusters(snapshot)
        assert set(found.core) == {"d:a", "d:b"}
        assert found.born == "2020-01-01"
        assert found.relations == {"shareholder": 2}
        assert clusters(snapshot, min_share=0.26) == []


def chain(*more: Fact) -> list[Fact]:
    """Two listed companies with one legal representative, who holds a third."""
    return [
        company("a"), company("b"), company("x"), person("p"),
        relation("legal_representative", "r1", "p", "a", valid_from="2018-01-01"),
        relation("legal_representative", "r2", "p", "b", valid_from="2018-06-01"),
        relation("shareholder", "r3", "p", "x", share="1", valid_from="2018-06-01"),
        listing("l1", "a", valid_from="2020-01-01"),
        listing("l2", "b", "penalty", valid_from="2021-01-01"),
        *more,
    ]  # fmt: skip


def test_a_row_says_what_it_is() -> None:
    with world(chain()) as snapshot:
        (found,) = clusters(snapshot)
    assert (found.id, found.pattern) == (named("l1"), "cluster")
    assert found.members == ["d:a", "d:b", "d:p"]
    assert found.core == ["d:a", "d:b"]
    assert found.facts == ["d:l1", "d:l2", "d:r1", "d:r2"]
    assert (found.begins, found.ends, found.born) == ("2018-01-01", "2021-01-01", "2021-01-01")
    assert found.score == pytest.approx(1 - 0.5 * 0.7)
    assert found.reasons == {"black/tax": 1, "penalty/tax": 1}
    assert found.relations == {"legal_representative": 2}
    assert found.attrs == {"was": [named("l2")]}
    assert found.why == (
        "2 个核心主体 (黑名单(tax) 1、行政处罚(tax) 1) 由 2 条关系 (法定代表人 2) 相连,"
        " 其间另有 1 个主体"
        " / 2 of the core (black/tax 1, penalty/tax 1) joined by 2 relations"
        " (legal_representative 2), 1 others between them"
    )


def test_the_circle_is_not_of_the_members() -> None:
    more = [person("q"), relation("legal_representative", "r4", "q", "b")]
    with world(chain(*more)) as snapshot:
        (found,) = clusters(snapshot)
        assert found.members == ["d:a", "d:b", "d:p"]
        assert found.attrs["circle"] == ["d:q"]
        (about,) = clusters(snapshot, subject="q")
        assert about == found
        assert clusters(snapshot, subject="x") == []  # two relations from the core
        (wide,) = clusters(snapshot, subject="x", reach=2)
        assert wide.attrs["circle"] == ["d:q", "d:x"]
        with pytest.raises(UnknownSubject):
            clusters(snapshot, subject="nobody")


def test_its_name_stays_as_facts_come_later() -> None:
    later = [company("e"), listing("l3", "e", valid_from="2021-06-01"),
             relation("guarantee", "g1", "e", "b", valid_from="2021-06-01")]  # fmt: skip
    with world(chain(*later)) as snapshot:
        (found,) = clusters(snapshot)
    assert found.id == named("l1")
    assert "d:e" in found.core
    assert found.attrs["was"] == sorted([named("l2"), named("l3")])


@pytest.mark.parametrize(
    "listed",
    [
        {"status": "lifted"},
        {"valid_to": "2022-01-05"},  # the day it ends is no longer in it
        {"valid_from": "2022-01-06"},
        {"list": "red"},
    ],
)
def test_what_is_not_in_force_is_no_core(listed: Mapping[str, Any]) -> None:
    facts = [fact for fact in chain() if fact["id"] != "l2"]
    with world([*facts, listing("l2", "b") | listed]) as snapshot:
        assert clusters(snapshot) == []


def test_lists_and_domains_choose_the_core() -> None:
    facts = [fact for fact in chain() if fact["id"] != "l2"]
    with world([*facts, listing("l2", "b", "abnormal") | {"domain": "market"}]) as snapshot:
        assert clusters(snapshot) == []
        (found,) = clusters(snapshot, lists=["black", "abnormal"])
        assert found.score == pytest.approx(1 - 0.5 * 0.9)
        assert clusters(snapshot, lists=["black", "abnormal"], domains=["tax"]) == []
        (alone,) = clusters(snapshot, min_core=1)
        assert (alone.members, alone.relations) == (["d:a"], {})


def test_hubs_are_left_out_and_said() -> None:
    facts = [company("a"), company("b"), person("p"), listing("l1", "a"), listing("l2", "b"),
             *(company(f"x{n}") for n in range(3))]  # fmt: skip
    facts += [relation("legal_representative", f"r{n}", "p", to)
              for n, to in enumerate(("a", "b", "x0", "x1", "x2"))]  # fmt: skip
    with world(facts) as snapshot:
        assert len(clusters(snapshot)) == 1
        answer = ask(snapshot, "clusters", {"as_of": AS_OF, "max_fanout": 4})
        assert answer["results"] == []
        assert "1 hubs at the core join none, d:p first" in answer["truncated"].reason
        facts.append(relation("guarantee", "g", "a", "b"))
    with world(facts) as snapshot:
        (found,) = clusters(snapshot, max_fanout=4)
        assert found.attrs["hubs"] == ["d:p"]
        assert found.members == ["d:a", "d:b"]


def test_members_of_findings_are_core_where_detectors_are_asked() -> None:
    facts = [*chain(), *({"kind": "account", "id": f"k{n}"} for n in range(3)),
             relation("holds_account", "h", "p", "k0")]  # fmt: skip
    facts += [
        relation("transfer", f"m{n}", f"k{n}", f"k{(n + 1) % 3}", amount="1000",
                 at=f"2021-03-0{n + 1}")
        for n in range(3)
    ]  # fmt: skip
    with world(facts) as snapshot:
        (without,) = clusters(snapshot)
        asked = {"algorithms": ["transfer_cycles"], "min_score": 0.0}
        (found, *_) = clusters(snapshot, **asked)
        assert "d:k0" not in without.members
        assert "d:k0" in found.core
        assert found.reasons["transfer_cycle"] == 1
        assert found.score > without.score
        assert clusters(snapshot, algorithms=["transfer_cycles"], min_score=1.0) == [without]
        with pytest.raises(WrongUsage, match="no findings"):
            clusters(snapshot, algorithms=["components"])


def test_rows_are_bounded_and_the_worst_are_kept() -> None:
    facts = [*chain(), company("e"), company("f"), listing("l3", "e", "penalty"),
             listing("l4", "f", "penalty"), relation("guarantee", "g", "e", "f")]  # fmt: skip
    with world(facts) as snapshot:
        first, second = clusters(snapshot)
        assert first.score > second.score
        answer = ask(snapshot, "clusters", {"as_of": AS_OF, "max_rows": 1})
        assert answer["results"] == [first]
        assert answer["truncated"].limit == 1
        with pytest.raises(WrongUsage, match="did you mean guarantee"):
            clusters(snapshot, kinds=["guarante"])
        assert len(clusters(snapshot, kinds=["guarantee"])) == 1
