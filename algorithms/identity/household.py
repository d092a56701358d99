"""Two of one household, or of one group of companies: the third thing that a pair may be.

Fellegi and Sunter know two classes of pairs, of one subject and of two that have nothing to do with
each other. Home, phone and surname are much evidence against the second, and none against a third:
twins, father and son; sister companies. So pairs are taken for a mixture of three (Larsen and Rubin
2001, doi:10.1198/016214501750332956, who tell persons of one household from one person). How often
two of a household agree is assumed here, how many such pairs there are is learned by EM; with it
what two records of one subject agree in is learned again, for among pairs of one home, taken for
two classes, brothers pass for one man whose given name is often written wrong.

The odds of one subject against the other two classes are those against strangers, divided by
1 + K, K the odds of a household against strangers: a weight beside those of the features.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graph.columns import I64

F64 = npt.NDArray[np.float64]
NAME: Final = "household"  # its weight among those of the features

# How often two of a household agree, by level (as in `settings`, without the first that says
# nothing). Few bear one given name; brothers may share a character of it (字辈), twins the day of
# their birth. Sisters of a group bear one brand and trade, each in a region of its own, for a
# registry takes no second; or, at one address, another brand.
_OF_PEOPLE: Final = {
    "family": (0.7, 0.02, 0.002, 0.278),
    "given": (0.003, 0.002, 0.001, 0.006, 0.1, 0.888),
    "birth": (0.15, 0.01, 0.02, 0.02, 0.8),
    "phone": (0.25, 0.75),
    "email": (0.02, 0.01, 0.01, 0.96),
    "id_no": (1e-6, 1e-4, 1 - 1e-4),
    "ids": (1e-6, 1.0),
    "place": (0.65, 0.1, 0.05, 0.1, 0.05, 0.05),
}
_OF_FIRMS: Final = {
    "name": (0.005, 0.005, 0.49, 0.02, 0.08, 0.4),
    "region": (0.02, 0.08, 0.9),
    "trade": (0.7, 0.3),
    "branch": (0.02, 0.98),
    "founded": (0.04, 0.02, 0.03, 0.1, 0.81),
    "phone": (0.4, 0.6),
    "email": (0.2, 0.05, 0.05, 0.7),
    "id_no": (1e-6, 1e-4, 1 - 1e-4),
    "ids": (1e-4, 1 - 1e-4),
    "people": (0.4, 0.6),
    "place": (0.2, 0.05, 0.1, 0.15, 0.1, 0.4),
}
_REGION_OF_OTHERS: Final = (0.8, 0.1, 0.1)  # where their names have nothing in common
SHARES: Final = {"person": _OF_PEOPLE, "company": _OF_FIRMS}
WORDS: Final = {
    "person": "可能为同户亲属 / may be two of one household",
    "company": "可能为同一集团的两家 / may be two of one group",
}
UNTOLD: Final = 0.25  # pairs of a household to one of one subject, where there is nothing to learn
_STEPS: Final = 30
_KEPT: Final = 1.0  # pairs that what was learned before counts for


class Learned(NamedTuple):
    """Shares of all pairs that are of one subject and of one household, and by feature how often
    two records of one subject meet each level, without the first."""

    one: float
    household: float
    m: dict[str, F64]


def against_strangers(
    kind: str,
    m: Mapping[str, Sequence[float]],
    levels: Mapping[str, I64],
    weights: Mapping[str, F64],
) -> F64:
    """Of each pair, log2 of how much likelier what it agrees in is of two of a household than of
    two strangers. `m`: of each feature how often its levels, without the first, are met by one
    subject; `weights` those against strangers. Linear in the pairs."""
    found: F64 = np.zeros(len(next(iter(weights.values()), ())))
    for name, shares in SHARES[kind].items():
        share = np.append(1.0, shares)[levels[name]]
        if name == "region":
            other = levels["name"] == len(SHARES[kind]["name"])
            share = np.where(other, np.append(1.0, _REGION_OF_OTHERS)[levels[name]], share)
        found += weights[name] + np.log2(share) - np.log2(np.append(1.0, m[name])[levels[name]])
    return found


def weight(household: float, odds: F64) -> F64:
    """What the third class takes from the weight of each pair: `household` is the share of all
    pairs that are of one, `odds` log2 of its likelihood against strangers'."""
    return np.asarray(-np.logaddexp2(0.0, odds + np.log2(max(household, 1e-300))), np.float64)


def learn(
    kind: str,
    prior: float,
    m: Mapping[str, Sequence[float]],
    levels: Mapping[str, I64],
    weights: Mapping[str, F64],
    share: float,
    bound: Callable[[float], float],
) -> Learned:
    """EM of three classes over pairs, a `share` of all that a store's blocks hold; any other pair
    is one of strangers. `bound` makes of an expected number of pairs their share of all pairs, no
    more than there may be. Of `m` is taken what pairs of a household taught: how often a level is
    met by one subject, with three classes against with two. Linear in the pairs."""
    odds = against_strangers(kind, m, levels, weights)
    own = sum(weights.values(), np.zeros(len(odds)))
    begun = {name: np.asarray(known, np.float64) for name, known in m.items()}
    now, one, household = begun, prior, 0.0
    for step in range(2 * _STEPS):
        moved = own + sum(
            np.append(0.0, np.log2(now[n]) - np.log2(begun[n]))[levels[n]] for n in now
        )
        a, b = np.exp2(moved) * one, np.exp2(odds) * household
        all_ = a + b + (1.0 - one - household)
        one, household = (bound(float((each / all_).sum()) / share) for each in (a, b))
        met = {n: _met(levels[n], a / all_, len(begun[n])) for n in begun}
        if step < _STEPS:
            two, household = met, 0.0
            if step == _STEPS - 1:
                household = one * UNTOLD
        else:
            now = {n: _without(begun[n], two[n], met[n]) for n in begun}
    return Learned(float(one), float(household), now)


def _met(levels: I64, likely: F64, count: int) -> F64:
    """How many pairs met each level, without the first, each as far as it is likely."""
    return np.asarray(np.bincount(levels, likely, minlength=count + 1)[1:], np.float64)


def _without(m: F64, two: F64, three: F64) -> F64:
    """How often levels are met once what a third class met is taken out; `_KEPT` pairs more are as
    `m` has it."""
    found = m * (three + _KEPT * m) / (two + _KEPT * m)
    return np.asarray(found * (m.sum() / found.sum()), np.float64)
