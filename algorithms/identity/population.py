"""How many others of the whole country agree as two records do, by chance.

A store says how common 王伟 is in it, and of two records nothing; whoever bears the name may stand
in no register here and be meant all the same. If `n` others have all that two records agree in,
and each of the `1 + n` is as likely the one meant, they are of one subject with a probability of
1 / (1 + n) at most: the posterior of Fellegi and Sunter (1969) with the prior of the population,
in which what agrees was certain to agree. A pair is certain only where that leaves it certain.

n is the people of the country, times the share of them that meets each feature's level by chance.
Shares are bounds, rather too high; what differs or is not said bounds nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from algorithms.identity import shares
from algorithms.identity.settings import settings_of

if TYPE_CHECKING:
    import pyarrow as pa

    from algorithms.identity.engine import Edges

F64 = npt.NDArray[np.float64]

HOPELESS: Final = 1000.0  # others among whom nobody is asked to find out who is meant
SINGLED_OUT: Final = 0.95  # nobody is joined where others leave less of a probability than this
_PEOPLE: Final = 1.41e9  # of China, census of 2020
_ABROAD: Final = 1.43e6  # from abroad, Hong Kong, Macao and Taiwan who live there, census of 2020
_FIRMS: Final = 2e8  # in China's registers, with sole traders: 0.19 billion in 2024

# Of the country, who meets each level by chance (levels as in `settings`, without the first that
# says nothing). People: a name's bearers are of one generation (ten thousand days, 27 years), a
# slip away are some forty dates; a number had by ten over the years; of an address fourteen share
# the room, 1,400 the house number, 4,000 the road's like; a district has up to 2.8 million, a city
# 28.
_OF_PEOPLE: Final = {
    "birth": (1e-4, 4e-3, 4e-2, 4e-2, 1),
    "phone": (7e-9, 1),
    "email": (2e-9, 1e-4, 1e-3, 1),
    "id_no": (2e-9, 2e-8, 1),
    "ids": (2e-9, 1),
    "place": (1e-8, 1e-6, 1e-5, 2e-3, 2e-2, 1),
}
# Companies: days on which offices are open; an agent's phone and rooms serve many.
_OF_FIRMS: Final = {
    "founded": (2e-4, 8e-3, 7e-2, 7e-2, 1),
    "phone": (5e-8, 1),
    "email": (5e-8, 1e-4, 1e-3, 1),
    "id_no": (1e-8, 1e-7, 1),
    "ids": (1e-8, 1),
    "people": (1e-3, 1),
    "place": (1e-6, 1e-5, 2e-5, 2e-2, 0.1, 1),
}
LEVELS: Final = {"person": _OF_PEOPLE, "company": _OF_FIRMS}
_MAILBOX: Final = (0, 0, 5e-2, 0.2, 0)  # of those who share a name, whom mailboxes are named after
_FAMILY_ALIKE, _GIVEN_ALIKE, _GIVEN_PARTLY = 5e-3, 4e-3, 4e-2
# A registry takes no second company of its region with one brand, trade and form (企业名称登记管理
# 规定, Order 734 of the State Council, 2020): that few others are had by names written short and
# names given up. Without a region a name may be any region's.
_REGISTERED, _TURNED, _SHORT = 0.05, 1.0, 3.0  # others, of the whole country
_FORMER, _SOUND, _NEAR = 2.0, 20.0, 50.0
_NO_REGION = 1e-5  # of all companies: 2,000 of one brand and trade
_BRAND, _BRAND_SOUND, _BRAND_NEAR = 1e-4, 3e-4, 1e-3
_CITY, _PROVINCE, _TRADE = 2e-2, 0.1, 0.1


def others(kind: str, table: pa.Table, edges: Edges) -> F64:
    """Of each pair, how many others of the country are expected to agree in all that its records
    agree in. Linear in the pairs."""
    if not len(edges.left):
        return np.zeros(0)
    found = _people(table, edges) if kind == "person" else _firms(table, edges)
    for name, said in LEVELS[kind].items():
        share = np.array([1.0, *said])[edges.levels[name]]
        if name == "email":
            named = _named(kind, edges)
            share = np.where(
                named, np.maximum(share, np.choose(edges.levels[name], _MAILBOX)), share
            )
        found *= share
    return found


def _named(kind: str, edges: Edges) -> npt.NDArray[np.bool_]:
    """Which pairs agree in a name, so that alike mailboxes say nothing new."""
    names = ("family", "given") if kind == "person" else ("name",)
    last = {each.name: len(each.levels) - 1 for each in settings_of(kind).comparisons}
    found = [(edges.levels[n] > 0) & (edges.levels[n] < last[n]) for n in names]
    return np.asarray(np.any(found, axis=0), np.bool_)


def common(others_: F64, accept: float) -> npt.NDArray[np.bool_]:
    """Which pairs may be two of whom both are so: `accept` is the probability to be had."""
    return np.asarray(1.0 / (1.0 + others_) < max(accept, SINGLED_OUT), np.bool_)


def _people(table: pa.Table, edges: Edges) -> F64:
    """Others who bear the name, as far as it agrees."""
    ends = np.stack([edges.left, edges.right])
    rows, at = np.unique(ends, return_inverse=True)
    names = zip(
        *(
            [text or "" for text in table[name].take(rows).to_pylist()]
            for name in ("family", "given", "family_sound", "given_sound", "sound")
        ),
        strict=True,
    )
    of = np.array([_person(*name) for name in names])[at.reshape(ends.shape)].max(axis=0)
    people, surname, surname_sound, own, own_sound, least = of.T
    one, other = edges.levels["family"], edges.levels["given"]
    nothing = np.ones(len(people))
    share = np.choose(one, (nothing, surname, surname_sound, nothing * _FAMILY_ALIKE, nothing))
    share *= np.choose(
        other,
        (nothing, own, own_sound, np.maximum(own_sound, _GIVEN_ALIKE), nothing * _GIVEN_PARTLY,
         nothing * _GIVEN_PARTLY, nothing),
    )  # fmt: skip
    return np.asarray(people * np.maximum(share, least), np.float64)


def _person(
    family: str, given: str, family_sound: str, given_sound: str, sound: str
) -> tuple[float, float, float, float, float, float]:
    """The people of the country that a name is of, and shares of them: of the surname, of all that
    sound as it does, the same of the given name, and of the whole name at least."""
    chinese = shares.is_chinese(family or given)
    spoken = (family_sound, given_sound) if sound else ("", "")  # what is read as Chinese
    surname = shares.surname_share(family, spoken[0])
    own = shares.given_share(given, spoken[1])
    surname_sound, own_sound = surname, own
    if sound:
        surname_sound = max(shares.surname_share(spoken[0], spoken[0]), surname)
        own_sound = max(shares.sound_share(spoken[1]), own)
    if (full := shares.full_share(family + given)) is not None:
        own = full / surname
    people = _PEOPLE if chinese or sound else _ABROAD
    return people, surname, surname_sound, own, own_sound, shares.least_share(family, given)


def _firms(table: pa.Table, edges: Edges) -> F64:
    """Others that have the name, as far as it agrees."""

    def said(name: str, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        return np.asarray(table[name].is_valid().to_numpy()[rows], np.bool_)

    levels = edges.levels
    placed = said("region", edges.left) & said("region", edges.right)
    formed, traded = said("form", edges.left), said("trade", edges.left)
    region, trade, branch = levels["region"], levels["trade"], levels["branch"]
    same = placed & (region == 1) & (trade == 1)
    wide = np.choose(region, (1, _CITY, _PROVINCE, 1)) * np.choose(trade, (1, _TRADE, 1)) * _FIRMS
    by_level = (
        np.full(len(wide), _FIRMS),  # no name
        np.where(placed, np.where(formed & traded, _REGISTERED, _SHORT), _NO_REGION * _FIRMS),
        np.where(placed & (region == 1), _FORMER, _NO_REGION * _FIRMS),
        np.where(same, _TURNED, wide * _BRAND),
        np.where(same, _SOUND, wide * _BRAND_SOUND),
        np.where(same, _NEAR, wide * _BRAND_NEAR),
        wide,
    )
    found = np.choose(levels["name"], by_level)
    return np.asarray(np.where(branch == 2, np.maximum(found, _FIRMS * _BRAND), found), np.float64)


def readable(number: float) -> float:
    """A number of others to two digits."""
    return float(f"{number:.2g}")
