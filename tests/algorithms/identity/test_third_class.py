"""Two of one household are a class of pairs of their own, beside one subject and two strangers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from algorithms.identity import household
from algorithms.identity.resolving import resolve
from algorithms.identity.settings import settings_of
from algorithms.identity.shape import ResolveParams
from tests.algorithms.identity.worlds import loading, person

F64 = npt.NDArray[np.float64]
HOME = "浙江省杭州市西湖区文三路138号2幢301室"
PAIRS, ONE, TWO = 1_000_000, 2_000, 400  # all pairs, and those of one subject and of one household


def _told(kind: str) -> tuple[dict[str, F64], dict[str, F64]]:
    """m and u of the settings, each feature's as shares of 1."""
    said = {each.name: each.levels[1:] for each in settings_of(kind).comparisons}
    m = {name: np.array([level.m for level in levels]) for name, levels in said.items()}
    u = {name: np.array([level.u for level in levels]) for name, levels in said.items()}
    return m, {name: each / each.sum() for name, each in u.items()}


@pytest.mark.parametrize("kind", ["person", "company"])
def test_every_level_has_a_share_of_households(kind: str) -> None:
    for each in settings_of(kind).comparisons:
        shares = household.SHARES[kind][each.name]
        assert len(shares) == len(each.levels) - 1
        assert sum(shares) == pytest.approx(1, abs=1e-3)


def test_what_takes_from_a_weight_is_the_posterior_of_three_classes() -> None:
    one, two, of_one, of_two, of_none = 1e-4, 3e-5, 0.02, 0.04, 1e-6  # priors, likelihoods
    weight = np.log2(one * of_one / of_none)
    taken = household.weight(two, np.array([np.log2(of_two / of_none)]))[0]
    odds = one * of_one / (two * of_two + of_none)
    assert 2 ** (weight + taken) == pytest.approx(odds)
    assert household.weight(0.0, np.array([40.0]))[0] == pytest.approx(0)  # where there are none


def test_households_are_told_from_one_subject_whose_name_is_often_wrong() -> None:
    """Pairs drawn from three classes, and a model of two that took brothers for one man whose
    given name is another's in a seventh of his records: how many there are comes out (but for
    brothers who look like strangers), and what one man's records agree in."""
    m, u = _told("person")
    m["given"] = np.array([0.9, 0.06, 0.02, 0.01, 0.009, 0.001])
    names = [n for n in m if n not in ("email", "ids", "id_no")]
    dice = np.random.default_rng(12)
    levels = {name: np.zeros(ONE + TWO, np.int64) for name in m}
    for name in names:
        shares = np.array(household.SHARES["person"][name])
        for low, high, of in ((0, ONE, m[name]), (ONE, ONE + TWO, shares)):
            levels[name][low:high] = 1 + dice.choice(len(of), high - low, p=of / of.sum())
    of_both = {name: np.array(household.SHARES["person"][name]) for name in m}
    given = {name: (ONE * m[name] + TWO * of_both[name]) / (ONE + TWO) for name in m}
    assert given["given"][-1] > 0.14
    weights = {name: np.append(0.0, np.log2(given[name] / u[name]))[levels[name]] for name in given}
    learned = household.learn(
        "person", 1e-3, given, levels, weights, 1.0, lambda pairs: pairs / PAIRS
    )
    assert learned.one == pytest.approx(ONE / PAIRS, rel=0.05)
    assert learned.household == pytest.approx(TWO / PAIRS, rel=0.2)
    assert learned.m["given"][-1] < 0.01
    for name in names:
        assert learned.m[name] / learned.m[name].sum() == pytest.approx(
            m[name] / m[name].sum(), abs=0.03
        )


def test_a_pair_says_what_it_loses_to_a_household() -> None:
    """The weight is the prior's and the features', that of the household among them."""
    with loading() as world:
        snapshot = world.write([
            person("a", "张梓然", birth_date="1980-06-30", address=HOME),
            person("b", "张浩然", birth_date="1980-06-30", address=HOME),
        ])  # fmt: skip
        answer = resolve(snapshot, ResolveParams(kinds=["person"], review=0.01))
    (pair,), (model,) = answer.review, answer.models
    prior = model.parameters["probability_two_random_records_match"]
    weights = {each.name: each.weight for each in pair.features}
    assert weights[household.NAME] < -1
    told = np.log2(prior / (1 - prior)) + sum(weights.values())
    assert pair.weight == pytest.approx(told, abs=1e-3)
    assert pair.score == pytest.approx(1 / (1 + 2**-pair.weight), abs=1e-4)
