"""The order-independent name of a store, and which of two versions is newer."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.naming import add_events, compare_versions

digests = st.lists(st.binary(min_size=16, max_size=16), max_size=6)


@settings(max_examples=60, deadline=None)
@given(digests, digests, st.integers(0, 2**50), st.randoms(use_true_random=False))
def test_order_does_not_matter(
    new: list[bytes], gone: list[bytes], moment: int, rng: random.Random
) -> None:
    start = bytes(range(32))
    name = add_events(start, moment, new, gone)
    assert len(name) == 32
    assert add_events(start, moment, rng.sample(new, len(new)), gone[::-1]) == name
    # Nor does the order of batches.
    one = add_events(add_events(start, 1, new, []), 2, gone, new)
    two = add_events(add_events(start, 2, gone, new), 1, new, [])
    assert one == two


@settings(max_examples=60, deadline=None)
@given(digests.filter(bool), st.integers(0, 100), st.data())
def test_everything_else_does(new: list[bytes], moment: int, data: st.DataObject) -> None:
    start = bytes(32)
    name = add_events(start, moment, new, [])
    assert name != start
    assert add_events(start, moment + 1, new, []) != name
    assert add_events(start, moment, [], new) != name
    assert add_events(start, moment, new, new) != name
    changed = data.draw(digests.filter(lambda other: sorted(other) != sorted(new)))
    assert add_events(start, moment, changed, []) != name
    assert add_events(name, moment, new, []) != name


@pytest.mark.parametrize("line", [
    ["1", "2", "9", "10", "0011", "99", "1" + "0" * 6000],
    ["2021-12-31", "2022-01-05", "2022-01-05T00:00"],
    ["1.9", "v1", "v2"],
])  # fmt: skip
def test_versions_are_ordered(line: list[str]) -> None:
    for old, new in pairwise(line):
        assert compare_versions(new, old) == 1
        assert compare_versions(old, new) == -1


def test_what_cannot_be_compared_is_neither() -> None:
    for new, old in ((None, "1"), ("1", None), (None, None), ("1", "1"), ("01", "1"), ("１", "1")):
        assert compare_versions(new, old) == 0


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=9), st.text(max_size=9))
def test_any_two_texts_compare(one: str, two: str) -> None:
    assert compare_versions(one, two) == -compare_versions(two, one)
