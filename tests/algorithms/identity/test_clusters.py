"""Clusters under constraints, against sets of members that are looked through one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from algorithms.identity.clusters import cluster

NODES = 9
nodes = st.integers(0, NODES - 1)
pairs = st.lists(st.tuples(nodes, nodes).filter(lambda pair: pair[0] != pair[1]), max_size=24)
keys = st.dictionaries(nodes, st.sampled_from("XYZ"), max_size=5)


def allowed(members: set[int], official: dict[int, str], apart: list[tuple[int, int]]) -> bool:
    """Whether these may be one cluster: every two of them looked at."""
    borne = {official[node] for node in members if node in official}
    return len(borne) < 2 and not any(a != b and {a, b} <= members for a, b in apart)


def brute(
    given_pairs: list[tuple[int, int]], official: dict[int, str], apart: list[tuple[int, int]]
) -> tuple[list[set[int]], list[int], list[int]]:
    clusters = [{node} for node in range(NODES)]
    joined, refused = [], []
    for place, (a, b) in enumerate(given_pairs):
        one = next(c for c in clusters if a in c)
        other = next(c for c in clusters if b in c)
        if one is other:
            continue
        if not allowed(one | other, official, apart):
            refused.append(place)
            continue
        clusters.remove(other)
        one |= other
        joined.append(place)
    return clusters, joined, refused


@given(pairs, keys, pairs.map(lambda found: found[:6]))
def test_clusters_are_those_of_looking_at_every_two(
    given_pairs: list[tuple[int, int]], official: dict[int, str], apart: list[tuple[int, int]]
) -> None:
    expected, joined, refused = brute(given_pairs, official, apart)
    found = cluster(given_pairs, official, apart)
    assert found.joined == joined
    assert [each.place for each in found.refused] == refused
    for members in expected:
        assert {found.root(node) for node in members} == {min(members)}
    for each in found.refused:  # and the two that are named do forbid it
        one, other = each.between
        if each.why == "official_keys":
            assert official[one] != official[other]
        else:
            assert (one, other) in apart or (other, one) in apart
        sides = {*given_pairs[each.place]}
        roots = {found.root(node) for node in (one, other)}
        assert roots <= {found.root(node) for node in sides} | {found.root(node) for node in roots}
        assert not allowed({one, other}, official, apart)


@given(pairs, keys, pairs.map(lambda found: found[:6]))
def test_a_connected_part_depends_on_itself_alone(
    given_pairs: list[tuple[int, int]], official: dict[int, str], apart: list[tuple[int, int]]
) -> None:
    whole = cluster(given_pairs, official, apart)
    part = {0}
    while more := {n for p in given_pairs for n in p if set(p) & part} - part:
        part |= more
    own = [pair for pair in given_pairs if set(pair) <= part]
    alone = cluster(own, official, apart)
    assert all(alone.root(node) == whole.root(node) for node in part)
    assert [own[at] for at in alone.joined] == [
        given_pairs[at] for at in whole.joined if set(given_pairs[at]) <= part
    ]


def test_a_judgement_stands_between_all_records_of_two_clusters() -> None:
    found = cluster([(0, 1), (2, 3), (1, 2)], {}, [(0, 3)])
    assert found.joined == [0, 1]
    assert [(each.place, each.why, set(each.between)) for each in found.refused] == [
        (2, "judged_apart", {0, 3})
    ]
