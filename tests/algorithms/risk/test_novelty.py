"""What is new of a cluster, by worked examples, and what can never be."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.findings.material import DEFAULT
from algorithms.risk.novelty import Told, band, novel, remembered, together

SHARE = 0.25


def of(risks: str, size: int = 4, band_: int = 0) -> Told:
    return Told(risks=frozenset(risks), size=size, band=band_)


@pytest.mark.parametrize(
    ("risks", "size", "score", "told", "expected"),
    [
        ("ab", 3, 0.4, [], ["born"]),
        ("ab", 4, 0.4, [of("ab")], []),
        ("abc", 4, 0.4, [of("ab")], ["listed"]),
        ("a", 3, 0.4, [of("ab")], []),  # a listing was lifted
        ("a", 2, 0.1, [of("ab", band_=3)], []),  # and the score fell
        ("abcd", 4, 0.4, [of("ab"), of("cd")], ["merged"]),
        ("abcde", 4, 0.4, [of("ab"), of("cd")], ["merged", "listed"]),
        ("abcd", 4, 0.4, [of("abcd"), of("cd")], []),  # they were together before
        ("ab", 4, 0.4, [of("abcd")], []),  # a part of what was told
        ("ab", 5, 0.4, [of("ab")], []),  # by a quarter, not by more
        ("ab", 6, 0.4, [of("ab")], ["grew"]),
        ("ab", 4, DEFAULT.bands[0], [of("ab")], ["risen"]),
        ("ab", 4, DEFAULT.bands[0], [of("ab", band_=1)], []),
        ("abc", 9, 0.99, [of("ab")], ["listed", "grew", "risen"]),
        ("abc", 4, 0.4, [of("ab"), of("")], ["listed"]),
    ],
)
def test_examples(
    risks: str, size: int, score: float, told: list[Told], expected: list[str]
) -> None:
    found = novel(frozenset(risks), size, score, told, SHARE)
    assert [each.what for each in found] == expected
    for each in found:
        if each.what == "listed":
            known = frozenset().union(*(one.risks for one in told))
            assert set(each.facts) == set(risks) - known


def test_bands_are_those_of_findings() -> None:
    assert [band(score) for score in (0.0, *DEFAULT.bands, 1.0)] == [0, 1, 2, 3, 3]


texts = st.text("abcdef", max_size=6).map(frozenset)
several = st.lists(st.builds(Told, risks=texts, size=st.integers(0, 9), band=st.integers(0, 3)),
                   max_size=3)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(texts.filter(bool), st.integers(1, 9), st.floats(0, 1), several)
def test_nothing_is_told_twice_and_less_is_never_new(
    risks: frozenset[str], size: int, score: float, told: list[Told]
) -> None:
    kept = remembered(risks, size, score, told)
    for count in range(1, len(risks) + 1):
        for fewer in combinations(sorted(risks), count):
            assert novel(frozenset(fewer), size, score, [kept], SHARE) == []
            assert novel(frozenset(fewer), max(size - 1, 1), score / 2, [kept], SHARE) == []
    assert kept == together([kept, kept])


@settings(max_examples=300, deadline=None)
@given(texts.filter(bool), several)
def test_new_facts_or_a_new_company_of_facts_is_always_told(
    risks: frozenset[str], told: list[Told]
) -> None:
    """By brute force: something of the facts is new exactly where no line was told all of them."""
    found = novel(risks, 1, 0.0, told, SHARE)
    seen = {each.what for each in found} & {"born", "merged", "listed"}
    assert bool(seen) == (not any(risks <= each.risks for each in told))
