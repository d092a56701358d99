"""Verdicts on findings, each case worked by hand."""

from __future__ import annotations

import pytest

from algorithms.evaluation.matching import Claim, Scheme, judge


def scheme(name: str, core: str, circle: str = "", pattern: str = "ring", **more: object) -> Scheme:
    return Scheme(name, pattern, frozenset(core), frozenset(circle), **more)  # type: ignore[arg-type]


def claim(members: str, score: float = 0.9, circle: str = "", pattern: str = "ring",
          facts: str = "") -> Claim:  # fmt: skip
    return Claim(pattern, score, frozenset(members), frozenset(circle), None, frozenset(facts))


def verdict(one: Claim, *schemes: Scheme) -> tuple[str, str | None]:
    (judged,) = judge([one], schemes)
    return judged.verdict, judged.scheme.id if judged.scheme else None


ABCD = scheme("s", "abcd", "xy", facts=frozenset("123"), tools=frozenset("hi"))
KIN = scheme("k", "klmn", "o", look_alike="family")


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (claim("abcd"), ("hit", "s")),
        (claim("ab"), ("hit", "s")),  # exactly half of the core
        (claim("abqr"), ("hit", "s")),  # exactly half of its members
        (claim("abqrt"), ("false", None)),  # two of five
        (claim("a"), ("part", "s")),  # a quarter of the core
        (claim("a", circle="bc"), ("hit", "s")),  # its circle counts for what it covers
        (claim("axy", circle="b"), ("hit", "s")),  # the scheme's circle counts for purity
        (claim("axy"), ("false", None)),  # one of four of the core, a third of the members
        (claim("xy", circle="abcd"), ("false", None)),  # a payer of the ring, not the ring
        (claim("xy"), ("false", None)),  # the circle alone is nobody's guilt
        (claim("kl"), ("innocent", "k")),
        (claim("ko"), ("innocent", "k")),
        (claim("o"), ("false", None)),  # none of its core
        (claim("kqr"), ("false", None)),  # a third
        (claim("abcd", pattern="fan"), ("other", "s")),
        (claim("ar", pattern="fan"), ("other", "s")),  # half of its members are of that core
        (claim("arq", pattern="fan"), ("false", None)),
        (claim("hr", pattern="fan"), ("other", "s")),  # half are what the core works with
        (claim("h"), ("part", "s")),
        (claim("uv", pattern="fan", facts="129"), ("other", "s")),  # two of three facts
        (claim("uv", pattern="fan", facts="1789"), ("false", None)),  # one of four
        (claim("kl", pattern="fan"), ("false", None)),  # innocent, and of another pattern
        (claim("qrst"), ("false", None)),
        (claim(""), ("false", None)),
    ],
)
def test_one_finding(one: Claim, expected: tuple[str, str | None]) -> None:
    assert verdict(one, ABCD, KIN) == expected


def test_the_scheme_covered_most_is_the_one() -> None:
    assert verdict(claim("abcd"), scheme("s", "abxyzw"), scheme("t", "abcd")) == ("hit", "t")
    # As much covered: that of which more of the members are the core.
    two = scheme("s", "ab"), scheme("t", "abc")
    assert verdict(claim("abc"), *two) == ("hit", "t")


def test_guilt_goes_before_innocence() -> None:
    alike = scheme("k", "abcd", look_alike="family")
    assert verdict(claim("abcd"), alike, ABCD) == ("hit", "s")


def test_the_finding_of_highest_score_is_the_hit() -> None:
    judged = judge([claim("ab", 0.3), claim("abc", 0.8), claim("cd", 0.3)], [ABCD])
    assert [(one.claim.score, one.verdict) for one in judged] == [
        (0.8, "hit"), (0.3, "again"), (0.3, "again"),
    ]  # fmt: skip


def test_a_scheme_without_members_is_refused() -> None:
    with pytest.raises(ValueError, match="without members"):
        judge([], [scheme("s", "")])
