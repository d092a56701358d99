"""Risk propagation against closed forms, dense solves, networkx and walks counted one by one."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from algorithms.features.making import features
from algorithms.registry import ask
from algorithms.risk.carrying import Web
from algorithms.risk.carrying import _order as ordered
from algorithms.risk.personalised import pagerank
from algorithms.risk.propagated import propagated
from algorithms.risk.risk_propagation import Propagation
from algorithms.risk.spreading import spread
from graph.errors import UnknownSubject, WrongUsage
from graph.facts import Normaliser
from graph.snapshot import Snapshot, open_snapshot
from graph.store import open_store
from graph.times import day_end
from tests.algorithms.related.worlds import Fact, company, person, relation, world
from tests.algorithms.risk.test_clusters import AS_OF, Drawn, listing
from tests.referees import propagation as referee

NEVER_FADES = {"half_life": 1e6, "relation_half_life": 1e6, "event_half_life": 1e6}
LIFE, LISTING_LIFE = 3650.0, 1095.0
SEEDS = st.integers(0, 2**32)


def asked(snapshot: Snapshot, **more: Any) -> dict[str, Any]:
    return ask(snapshot, "risk_propagation", {"as_of": AS_OF, "with_listed": True, **more})


def values(snapshot: Snapshot, **more: Any) -> dict[str, float]:
    return {row.subject: row.value for row in asked(snapshot, **more)["results"]}


def close(found: dict[str, float], wanted: dict[str, float], within: float = 1e-9) -> bool:
    names = found.keys() | wanted.keys()
    return all(abs(found.get(n, 0) - wanted.get(n, 0)) < within for n in names)


class Case:
    """A random small world and what the referee reads in it."""

    def __init__(self, seed: int) -> None:
        self.drawn = Drawn(random.Random(seed))
        self.names = sorted(self.drawn.kinds)
        self.edges = referee.edges_of(self.drawn.ties, AS_OF, LIFE)
        self.starts = referee.starts_of(self.drawn.reasons, AS_OF, LISTING_LIFE)
        assume(self.starts)

    def noisy_or(self) -> dict[str, float]:
        return referee.noisy_or(self.names, self.edges, self.starts, 0.9)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_noisy_or_is_the_fixed_point_that_is_met_from_above(seed: int) -> None:
    case = Case(seed)
    with world(case.drawn.facts) as snapshot:
        found = values(snapshot)
    assert close(found, case.noisy_or())
    assert all(0 < value <= 1 for value in found.values())


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.sampled_from([0.0, 0.5, 0.85, 0.95]))
def test_pagerank_is_a_dense_solve_and_that_of_networkx(seed: int, damping: float) -> None:
    case = Case(seed)
    wanted = referee.pagerank(case.names, case.edges, case.starts, damping)
    graph = nx.Graph()
    graph.add_nodes_from(case.names)
    for a, b, weight in case.edges:
        before = graph.get_edge_data(a, b, {"weight": 0.0})["weight"]
        graph.add_edge(a, b, weight=before + weight)
    theirs = nx.pagerank(
        graph, alpha=damping, personalization=case.starts, tol=1e-13, max_iter=9999
    )
    with world(case.drawn.facts) as snapshot:
        found = values(snapshot, method="pagerank", damping=damping)
    assert close(found, wanted)
    assert close(found, theirs)
    assert sum(found.values()) == pytest.approx(1, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.sampled_from(["noisy_or", "pagerank"]))
def test_every_value_is_the_sum_of_its_seeds_and_of_its_paths(seed: int, method: str) -> None:
    case = Case(seed)
    names = case.names
    if method == "noisy_or":
        chain = referee.chain_noisy_or(names, case.edges, case.starts, case.noisy_or(), 0.9)
        ends = referee.ends_of(*chain)
    with world(case.drawn.facts) as snapshot:
        rows = asked(snapshot, method=method, max_paths=100)["results"]
        alone = {
            name: values(snapshot, method=method, seeds=[name]) for name in case.starts
        } if method == "pagerank" else {}  # fmt: skip
    for row in rows:
        given_by = {each.seed: each.contribution for each in row.seeds}
        by_paths: dict[str, float] = defaultdict(float)
        for each in row.paths:
            by_paths[each.seed] += each.contribution
        assert sum(given_by.values()) + row.seeds_rest == pytest.approx(row.value, abs=1e-10)
        assert row.seeds_rest < 1e-9
        assert sum(by_paths.values()) + row.paths_rest == pytest.approx(row.value, abs=1e-10)
        assert all(part <= given_by[name] + 1e-8 for name, part in by_paths.items())
        if row.paths_rest < 1e-9:  # all ways were found
            assert close(by_paths, given_by, 1e-8)
        if method == "noisy_or":
            share = dict(zip(names, ends[names.index(row.subject)].tolist(), strict=True))
            assert close(given_by, {n: row.value * share[n] for n in case.starts}, 1e-8)
        elif all(any(name in edge for edge in case.edges) for name in case.starts):
            total = sum(case.starts.values())
            wanted = {
                name: part / total * alone[name].get(row.subject, 0.0)
                for name, part in case.starts.items()
            }
            assert close(given_by, wanted, 1e-8)


@settings(max_examples=8, deadline=None)
@given(SEEDS)
def test_a_path_counts_what_went_astray_from_it_and_came_back(seed: int) -> None:
    chance = random.Random(seed)
    names = [f"d:c{n}" for n in range(5)]
    pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :] if chance.random() < 0.6]
    edges = [(a, b, 0.3) for a, b in pairs]
    facts = [company(name[2:]) for name in names]
    facts += [relation("acts_in_concert", f"r{n}", a[2:], b[2:]) for n, (a, b) in enumerate(pairs)]
    facts += [listing("l0", "c0"), listing("l1", "c1", "penalty")]
    starts = {"d:c0": 0.5, "d:c1": 0.3}
    value = referee.noisy_or(names, edges, starts, 0.9)
    chain = referee.chain_noisy_or(names, edges, starts, value, 0.9)
    with world(facts) as snapshot:
        rows = asked(snapshot, max_paths=100, **NEVER_FADES)["results"]
    for row in rows:
        wanted = {
            tuple(names[place] for place in reversed(way)): row.value * share
            for way, share in referee.ways_of(*chain, names.index(row.subject)).items()
        }
        found = {tuple(way.members): way.contribution for way in row.paths}
        assert found.keys() == {way for way, part in wanted.items() if part > 1e-12}
        assert all(abs(part - wanted[way]) < 1e-9 for way, part in found.items())


def pair(*more: Fact) -> list[Fact]:
    """A listed company and its legal representative."""
    return [company("a"), person("p"), listing("l1", "a"),
            relation("legal_representative", "r1", "p", "a"), *more]  # fmt: skip


def test_two_subjects_by_hand() -> None:
    """v(a) = 1 - 0.5 (1 - 0.3 v(p)), v(p) = 0.3 v(a): v(a) = 0.5 / (1 - 0.5 * 0.09)."""
    with world(pair()) as snapshot:
        answer = asked(snapshot)
        listed, tied = answer["results"]
        (only,) = asked(snapshot, with_listed=False)["results"]
    assert only == tied
    assert (listed.subject, listed.rank, listed.own) == ("d:a", 1, 0.5)
    assert listed.value == pytest.approx(0.5 / 0.955, abs=1e-9)
    assert (tied.subject, tied.kind, tied.rank, tied.own) == ("d:p", "person", 2, 0.0)
    assert tied.value == pytest.approx(0.15 / 0.955, abs=1e-9)
    (origin,) = tied.seeds
    assert (origin.seed, origin.facts, tied.seeds_rest) == ("d:a", ["d:l1"], 0.0)
    (way,) = tied.paths
    assert (way.seed, way.members, way.facts) == ("d:a", ["d:a", "d:p"], ["d:r1"])
    assert way.contribution == pytest.approx(tied.value, abs=1e-11)
    assert tied.facts == ["d:l1", "d:r1"]
    assert "最大者 d:a 占 100%" in tied.why
    lead, solved = answer["notes"]
    assert "never a basis for extending" in lead
    assert "不得作为延伸惩戒措施的依据" in lead
    assert "1 origins, 2 subjects reached" in solved


def test_age_halves_what_a_listing_starts_and_a_relation_carries() -> None:
    faded = [company("a"), person("p"), listing("l1", "a", valid_from="2019-01-07"),
             relation("legal_representative", "r1", "p", "a", valid_from="2012-01-09")]  # fmt: skip
    with world(faded) as snapshot:  # 1095 and 3650 days by the end of the day
        found = values(snapshot)
    assert found["d:a"] == pytest.approx(0.25 / (1 - 0.75 * 0.15**2), abs=1e-9)
    assert found["d:p"] == pytest.approx(0.15 * found["d:a"], abs=1e-9)


@pytest.mark.parametrize("method", ["noisy_or", "pagerank"])
def test_what_ended_carries_nothing(method: str) -> None:
    facts = [*pair(), person("q"),
             relation("legal_representative", "r2", "q", "a", valid_to=AS_OF)]  # fmt: skip
    with world(facts) as snapshot:
        assert values(snapshot, method=method).keys() == {"d:a", "d:p"}
        before = values(snapshot, method=method, as_of="2022-01-04")
        assert before.keys() == {"d:a", "d:p", "d:q"}


@pytest.mark.parametrize(
    "listed",
    [{"status": "lifted"}, {"valid_to": AS_OF}, {"valid_from": "2022-01-06"}, {"list": "red"}],
)
def test_only_a_listing_in_force_starts_anything(listed: Fact) -> None:
    facts = [fact for fact in pair() if fact["id"] != "l1"]
    with world([*facts, listing("l1", "a") | listed]) as snapshot:
        assert asked(snapshot)["results"] == []


def test_a_listing_that_ran_out_since_was_in_force_before() -> None:
    facts = [fact for fact in pair() if fact["id"] != "l1"]
    for until, starts in (("2022-01-06", True), (AS_OF, False)):
        with world([*facts, listing("l1", "a", until=until, status="expired")]) as snapshot:
            assert bool(asked(snapshot)["results"]) is starts


@pytest.mark.parametrize(
    ("said", "days"),
    [
        # The day that it was taken off on is said, beside the end that was planned or without one.
        ({"valid_to": "2022-01-04", "until": "2024-01-01"}, ["2022-01-03"]),
        ({"valid_to": "2022-01-04"}, ["2022-01-03"]),
        ({"until": "2024-01-01"}, []),  # when is not said: on no day that is known
        ({"valid_to": "2024-01-01", "until": "2024-01-01"}, []),
    ],
)
def test_what_was_taken_off_was_in_force_until_the_day_of_that(
    said: Fact, days: list[str], tmp_path: Path
) -> None:
    """As it was known before that was recorded, it was in force on every day of its term."""
    asked_of = ["2022-01-03", "2022-01-04", "2023-06-01"]
    plain = listing("l1", "a", until="2024-01-01")
    store = open_store(f"sqlite:///{tmp_path}/s.db", create=True)
    normaliser = Normaliser("d", store.id_key)
    first = [fact for fact in pair() if fact["id"] != "l1"] + [plain]
    store.write("one", [normaliser.row(fact) for fact in first], recorded_at=1)
    taken = {**listing("l1", "a", status="lifted"), **said}
    store.write("two", [normaliser.row(taken)], recorded_at=2_000_000)
    for view, wanted in ((open_snapshot(store), days), (open_snapshot(store).earlier(1), asked_of)):
        started = [day for day in asked_of if asked(view, as_of=day)["results"]]
        counted = []
        for day in asked_of:
            table = features(view, "company", day, groups=["entity"])
            row = table.rows(np.array([view.resolve("d:a")]))[0]
            counted += [day] * int(table.column("entity_listings_now")[row])
        assert started == counted == wanted
    store.close()


def shared_phone(users: int) -> list[Fact]:
    """A phone of so many companies, of which the first is listed."""
    facts = [{"kind": "phone", "id": "t"}, listing("l", "c0")]
    for n in range(users):
        facts += [company(f"c{n}"), relation("uses_phone", f"u{n}", f"c{n}", "t")]
    return facts


@pytest.mark.parametrize("method", ["noisy_or", "pagerank"])
def test_a_hub_carries_next_to_nothing(method: str) -> None:
    found = []
    for users in (2, 20, 200, 2000):
        with world(shared_phone(users)) as snapshot:
            (row,) = asked(snapshot, subject="c1", method=method, max_explored=10**7)["results"]
            found.append(row.value)
            assert row.paths[0].members == ["d:c0", "d:t", "d:c1"]
            assert row.seeds_rest < 1e-9
            (short,) = asked(snapshot, subject="c1", method=method, max_explored=1000)["results"]
            told = sum(each.contribution for each in short.seeds)
            assert told + short.seeds_rest == pytest.approx(row.value, abs=1e-11)
    assert found[0] > found[1] > found[2] > found[3] > 0
    assert found[3] < found[0] / 500


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_another_seed_never_lowers_a_value(seed: int) -> None:
    case = Case(seed)
    more = [*case.drawn.facts, listing("more", random.Random(seed).choice(case.names[:4])[2:])]
    with world(case.drawn.facts) as snapshot, world(more) as grown:
        before, after = values(snapshot), values(grown)
    assert all(after[name] >= value - 1e-9 for name, value in before.items())


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_another_relation_never_lowers_a_value_where_no_hub_is_scaled_down(seed: int) -> None:
    case = Case(seed)
    chance = random.Random(seed)
    a, b = chance.sample([name[2:] for name in case.names if name[2] == "c"], 2)
    more = [*case.drawn.facts, relation("guarantee", "more", a, b)]
    light = {"weights": [f"{kind}=0.03" for kind in referee.CARRIES]}  # 30 relations fill no load
    with world(case.drawn.facts) as snapshot, world(more) as grown:
        before, after = values(snapshot, **light), values(grown, **light)
    assert all(after[name] >= value - 1e-9 for name, value in before.items())


@settings(max_examples=8, deadline=None)
@given(SEEDS)
def test_pagerank_of_seeds_together_is_the_mean_of_theirs(seed: int) -> None:
    case = Case(seed)
    tied = sorted({end for edge in case.edges for end in edge[:2]})
    assume(len(tied) > 2)
    first, second = tied[:1], tied[1:3]
    with world(case.drawn.facts) as snapshot:
        one, two, both = (
            values(snapshot, method="pagerank", seeds=seeds)
            for seeds in (first, second, first + second)
        )
    names = one.keys() | two.keys() | both.keys()
    mean = {name: (one.get(name, 0) + 2 * two.get(name, 0)) / 3 for name in names}
    assert close(both, mean)


def test_events_carry_where_asked_by_pairs_and_void_invoices_do_not() -> None:
    facts = [company("a"), company("b"), company("c"), listing("l", "a")]
    facts += [relation("invoice", f"i{n}", "a", "b", at="2022-01-01", amount="10") for n in (1, 2)]
    facts += [relation("invoice", "i3", "b", "c", at="2022-01-01", amount="10", status="void")]
    with world(facts) as snapshot:
        assert values(snapshot).keys() == {"d:a"}
        found = values(snapshot, kinds=["invoice"], **NEVER_FADES)
        (row,) = asked(snapshot, kinds=["invoice"], subject="b")["results"]
    weight = 0.1 * 2 / 3
    assert found.keys() == {"d:a", "d:b"}
    assert found["d:a"] == pytest.approx(0.5 / (1 - 0.5 * weight**2), abs=1e-5)
    assert found["d:b"] == pytest.approx(weight * found["d:a"], abs=1e-5)
    assert row.paths[0].facts == ["d:i1", "d:i2"]


def test_a_named_seed_is_certain_and_stands_instead_of_the_listed() -> None:
    with world(pair()) as snapshot:
        found = values(snapshot, seeds=["p"])
        (row,) = asked(snapshot, seeds=["p"], subject="a")["results"]
        assert found == {"d:p": 1.0, "d:a": pytest.approx(0.3, abs=1e-12)}
        assert [(each.seed, each.facts) for each in row.seeds] == [("d:p", [])]
        assert asked(snapshot, lists=["abnormal"])["results"] == []
        assert asked(snapshot, domains=["court"])["results"] == []
        with pytest.raises(UnknownSubject):
            asked(snapshot, seeds=["nobody"])
        with pytest.raises(UnknownSubject):
            asked(snapshot, subject="nobody")


def test_weights_and_kinds_are_what_is_asked() -> None:
    with world(pair()) as snapshot:
        found = values(snapshot, weights=["legal_representative=0.5"])
        assert found["d:p"] == pytest.approx(0.5 * found["d:a"], abs=1e-9)
        assert values(snapshot, kinds=["guarantee"]).keys() == {"d:a"}
        for wrong in (["guarante=0.1"], ["guarantee"], ["guarantee=2"], ["guarantee=nan"]):
            with pytest.raises(WrongUsage, match="weights"):
                asked(snapshot, weights=wrong)
        with pytest.raises(WrongUsage, match="did you mean guarantee"):
            asked(snapshot, kinds=["guarante"])


def test_bounds_are_said() -> None:
    with world(shared_phone(40)) as snapshot:
        answer = asked(snapshot, max_iterations=1)
        assert answer["truncated"].limit == 1
        assert "the error may still be" in answer["truncated"].reason
        cut = asked(snapshot, top=3)
        first = cut["results"]
        assert any("the highest 3 are shown" in note for note in cut["notes"])
        assert not any("are shown" in note for note in asked(snapshot)["notes"])
        assert [row.rank for row in first] == [1, 2, 3]
        (row,) = asked(snapshot, subject="c1", max_paths=0)["results"]
        assert (row.paths, row.paths_rest) == ([], row.value)
        assert asked(snapshot, kind="phone")["results"] == [first[1]]


def test_a_subject_is_told_by_twenty_seeds_and_the_sum_of_the_others() -> None:
    facts = shared_phone(30) + [listing(f"m{n}", f"c{n}") for n in range(1, 25)]
    with world(facts) as snapshot:
        (row,) = asked(snapshot, subject="t")["results"]
    assert (len(row.seeds), row.seeds_total) == (20, 25)
    assert row.seeds_rest == pytest.approx(row.value / 5, rel=1e-6)


def test_the_column_of_features_is_the_same() -> None:
    with world(pair(company("a2", keys={"uscc": "91110000MA0000001L"}),
                    company("a3", keys={"uscc": "91110000MA0000001L"}),
                    relation("guarantee", "g", "a2", "a"))) as snapshot:  # fmt: skip
        wanted = values(snapshot)
        column = propagated(snapshot, day_end(AS_OF))
        assert (column.dtype, column.shape) == (np.float64, (snapshot.n,))
        for node in range(snapshot.n):
            name = snapshot.canonical(int(snapshot.nodes.rep[node]))
            assert column[node] == pytest.approx(wanted.get(name, 0.0), abs=1e-9)
        same = ["d:a2", "d:a3"]
        assert len({float(column[snapshot.resolve(name)]) for name in same}) == 1


def members(rows: Iterable[Any]) -> set[str]:
    return {name for row in rows for way in row.paths for name in way.members}


def test_a_view_without_a_domain_knows_nothing_of_what_carries_there() -> None:
    facts = [*shared_phone(3), relation("guarantee", "g", "c0", "c2")]
    with world(facts) as snapshot:
        part = snapshot.within({"registry", "tax"})
        assert "d:t" in members(asked(snapshot)["results"])
        assert members(asked(part)["results"]) == {"d:c0", "d:c2"}


@pytest.mark.parametrize("highest", [50, 2**62])
def test_pairs_are_ordered_whether_or_not_their_places_fit_beside_them(highest: int) -> None:
    pair = np.random.default_rng(1).integers(highest - 50, highest, 2_000)
    assert np.array_equal(ordered(pair), np.argsort(pair, kind="stable"))


def test_pagerank_is_the_same_bit_by_bit_whatever_the_number_of_threads() -> None:
    """BLAS adds products of long vectors in as many parts as there are threads."""
    n = 30_000
    chance = np.random.default_rng(1).random(n)
    ring = np.arange(n, dtype=np.int32)
    other = np.column_stack([(ring - 1) % n, (ring + 1) % n]).astype(np.int32).ravel()
    edge = np.column_stack([(ring - 1) % n, ring]).astype(np.int32).ravel()
    rows = np.arange(n + 1, dtype=np.int64)
    made = Web(2 * rows, other, edge, 0.1 + chance[::-1], rows[:-1], rows, 2)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(pagerank(made, chance, Propagation(method="pagerank")).value)
    assert np.array_equal(*found)


def test_extension_does_not_read_it() -> None:
    """Whom a measure may reach is decided without it."""
    sources = list((Path(ask.__code__.co_filename).parent / "extension").glob("*.py"))
    assert sources
    assert not [path for path in sources if "algorithms.risk" in path.read_text("utf-8")]


def test_of_each_method_the_last_solution_is_kept_over_one_web() -> None:
    def solved(method: str, life: float, alone: bool) -> Any:
        with world(facts) if alone else nullcontext(snapshot) as view:
            params = Propagation(method=method, relation_half_life=life)
            return spread(view, params, day_end(AS_OF))

    facts = Drawn(random.Random(7)).facts
    with world(facts) as snapshot:
        one, other = (solved(method, LIFE, False) for method in ("noisy_or", "pagerank"))
        assert solved("noisy_or", LIFE, False) is one
        assert solved("pagerank", LIFE, False) is other
        assert one.web is other.web
        short = solved("noisy_or", 30.0, False)
        assert short.web is not one.web
        assert short.shown.tolist() == solved("noisy_or", 30.0, True).shown.tolist()
        assert short.shown.tolist() != one.shown.tolist()
        again = solved("pagerank", 30.0, False)
        assert again.shown.tolist() == solved("pagerank", 30.0, True).shown.tolist()
