"""Power indices against published games, all orders and all coalitions."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from itertools import combinations, permutations
from math import comb
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.ownership import power
from tests.algorithms.ownership.worlds import answer, examples, holding, plain, world

Votes = list[Fraction]


def asked(folder: Path, holdings: list[dict[str, Any]], **params: Any) -> dict[str, Any]:
    return answer(world(folder, holdings), "power_index", company="c", **params)


def by_orders(votes: Votes) -> Votes:
    """Shapley and Shubik as they wrote it: who tips each of all orders over half."""
    half = max(sum(votes), Fraction(1)) / 2
    tips = [0] * len(votes)
    orders = list(permutations(range(len(votes))))
    for order in orders:
        total = Fraction(0)
        for i in order:
            total += votes[i]
            if total > half:
                tips[i] += 1
                break
    return [Fraction(t, len(orders)) for t in tips]


def by_coalitions(votes: Votes) -> Votes:
    """Banzhaf: of all winning coalitions, those that lose without one holder."""
    half = max(sum(votes), Fraction(1)) / 2
    swings = [0] * len(votes)
    for k in range(len(votes) + 1):
        for coalition in combinations(range(len(votes)), k):
            total = sum((votes[i] for i in coalition), Fraction(0))
            for i in coalition:
                swings[i] += total > half >= total - votes[i]
    return [Fraction(s, sum(swings)) for s in swings]


@pytest.mark.parametrize("number", [0, 1])
def test_published_games(tmp_path: Path, number: int) -> None:
    quota, weights, banzhaf, shapley = examples()["W10_power"]["games"][number]
    assert quota == sum(weights) // 2 + 1
    names = [f"p{i}" for i in range(len(weights))]
    found = asked(
        tmp_path, [holding(p, "c", str(w / 100)) for p, w in zip(names, weights, strict=True)]
    )
    rows = {plain(r["holder"]): r for r in found["results"]}
    for i, name in enumerate(names):
        row = rows[name]
        assert row["shapley_shubik"] == pytest.approx(float(Fraction(shapley[i])), abs=1e-15)
        assert row["banzhaf"] == pytest.approx(banzhaf[i], abs=1e-15)
        assert (row["votes"], row["method"]) == (weights[i] / 100, "exact")
        assert row["facts"] == [f"d:h{i}"]
    assert "notes" not in found


DECIMALS = st.one_of(
    st.integers(1, 60).map(lambda n: Fraction(n, 100)),
    st.integers(1, 4000).map(lambda n: Fraction(n, 10**4)),
    st.integers(1, 3 * 10**19).map(lambda n: Fraction(n, 10**20)),
)


@given(st.lists(DECIMALS, min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_all_orders_and_all_coalitions(votes: Votes) -> None:
    """By the dynamic programme where the grid is small, else by listing; both where both can."""
    if sum(votes) <= Fraction(1, 2):
        votes = [*votes, Fraction(51, 100)]
    game = power.play(votes)
    found = power.solve(game)
    assert found is not None
    assert [found[w].shapley_shubik for w in game.weights] == by_orders(votes)
    assert [found[w].banzhaf for w in game.weights] == by_coalitions(votes)
    if power.work(game) < 10**7:
        assert power._swings(game) == power._listed(game)


@given(st.lists(st.sampled_from(["0.3", "0.2", "0.1", "0.15", "0.05"]), min_size=1, max_size=6))
@settings(max_examples=25, deadline=None)
def test_rows_are_the_indices_of_the_written_votes(shares: list[str]) -> None:
    votes = [Fraction(s) for s in shares]
    with tempfile.TemporaryDirectory() as folder:
        found = asked(Path(folder), [holding(f"p{i}", "c", s) for i, s in enumerate(shares)])
    rows = sorted(found["results"], key=lambda r: r["holder"])
    if sum(votes) <= Fraction(1, 2):
        assert {r["shapley_shubik"] for r in rows} == {None}
        assert "no coalition" in found["notes"][-1]
        return
    assert [r["shapley_shubik"] for r in rows] == [float(x) for x in by_orders(votes)]
    assert [r["banzhaf"] for r in rows] == [float(x) for x in by_coalitions(votes)]
    order = sorted(range(len(votes)), key=lambda i: (-votes[i], i))
    assert [plain(r["holder"]) for r in found["results"]] == [f"p{i}" for i in order]


def test_half_is_not_enough(tmp_path: Path) -> None:
    found = asked(tmp_path, [holding("p1", "c", "0.5"), holding("p2", "c", "0.5")])
    assert [(r["shapley_shubik"], r["banzhaf"]) for r in found["results"]] == [(0.5, 0.5)] * 2


def test_a_majority_is_noted_and_has_all_power(tmp_path: Path) -> None:
    found = asked(
        tmp_path,
        [holding("p1", "c", "0.4"), holding("p2", "c", "0.49"),
         holding("p1", "c", "0.10000000000000000000001"), holding("p3", "c", "0")],
    )  # fmt: skip
    assert [(plain(r["holder"]), r["shapley_shubik"], r["banzhaf"]) for r in found["results"]] == [
        ("p1", 1.0, 1.0), ("p2", 0.0, 0.0), ("p3", 0.0, 0.0)
    ]  # fmt: skip
    assert found["results"][0]["facts"] == ["d:h0", "d:h2"]
    assert found["notes"] == ["d:p1 has a majority by itself: all power is there"]


def test_votes_unknown_holdings_and_own_shares(tmp_path: Path) -> None:
    """Votes count where they are said; what is unknown, or the company's own, is left out."""
    found = asked(
        tmp_path,
        [holding("p1", "c", "0.9", votes="0.3"), holding("p2", "c", "0.05", votes="0.3"),
         holding("p3", "c", None), holding("c", "c", "0.1"), holding("p4", "c", None, votes="0.3")],
    )  # fmt: skip
    assert [plain(r["holder"]) for r in found["results"]] == ["p1", "p2", "p4"]
    assert [r["shapley_shubik"] for r in found["results"]] == pytest.approx([1 / 3] * 3)
    assert found["notes"] == [
        "1 holdings without votes or a share were left out: d:h2",
        "1 holdings of the company in itself give no vote: d:h3",
    ]


def test_votes_past_one_count_as_they_stand(tmp_path: Path) -> None:
    found = asked(tmp_path, [holding(f"p{i}", "c", "0.55") for i in range(3)])
    assert [(r["votes"], r["banzhaf"]) for r in found["results"]] == [
        (None, pytest.approx(1 / 3))
    ] * 3
    assert found["notes"] == ["votes sum to 1.65, over 1: half of that decides"]


def test_many_holders_on_basis_points() -> None:
    """One of 40 % and 60 of 1 %: it decides wherever 11 to 50 of the small ones came before it."""
    votes = [Fraction(40, 100), *[Fraction(1, 100)] * 60]
    game = power.play(votes)
    found = power.solve(game)
    assert found is not None
    assert found[40].shapley_shubik == Fraction(40, 61)
    mine = sum(comb(60, k) for k in range(11, 51))
    theirs = comb(59, 10) + comb(59, 50)
    assert found[40].banzhaf == Fraction(mine, mine + 60 * theirs)


def test_an_estimate_is_labelled_and_near(tmp_path: Path) -> None:
    """The same game on a grid that is too fine: within four standard errors of the exact value."""
    fine = [holding("p", "c", "0.1000000000000003")]
    fine += [holding(f"q{i:02}", "c", f"0.02999999999999{i:02}") for i in range(30)]
    found = asked(tmp_path, fine, seed=7)
    assert {r["method"] for r in found["results"]} == {"estimate"}
    first = found["results"][0]
    exact = power.solve(power.play([Fraction(10, 100), *[Fraction(3, 100)] * 30]))
    assert exact is not None
    for name in ("shapley_shubik", "banzhaf"):
        error = first[f"{name}_error"]
        assert 0 < error < 0.01
        assert abs(first[name] - float(getattr(exact[10], name))) < 4 * error
        assert sum(r[name] for r in found["results"]) == pytest.approx(1)
    (tmp_path / "again").mkdir()
    snapshot = world(tmp_path / "again", fine)
    assert answer(snapshot, "power_index", company="c", seed=7)["results"] == found["results"]
    assert answer(snapshot, "power_index", company="c", seed=8)["results"] != found["results"]


def test_standard_errors_are_those_of_the_estimate() -> None:
    """500 estimates of a known game: their spread is what each one says of itself."""
    votes = [Fraction(w, 100) for w in (30, 25, 20, 15, 10)]
    game = power.play(votes)
    exact = power.solve(game)
    assert exact is not None
    drawn = [power.estimate(game, 2000, i) for i in range(500)]
    for w in game.weights:
        for at, truth in enumerate((exact[w].shapley_shubik, exact[w].banzhaf)):
            deviations = [
                (float(d[w][at]) - float(truth)) / d[w].errors[at]  # type: ignore[index]
                for d in drawn
            ]
            assert 0.75 < sum(z * z for z in deviations) / 500 < 1.3


def test_largest_shown_first(tmp_path: Path) -> None:
    cut = asked(tmp_path, [holding(f"p{i}", "c", f"0.{i}") for i in range(1, 5)], max_rows=2)
    assert [plain(r["holder"]) for r in cut["results"]] == ["p4", "p3"]
    assert cut["truncated"] == {"reason": "max_rows", "explored": 4, "limit": 2}
