"""Who is who, told and true: pairs of records found, missed, wrongly joined, and by which error."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from algorithms.identity.shape import Pair, Resolution
from graph.snapshot import Snapshot

_EDGES = (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 0.999)


class Measured(NamedTuple):
    """Pairs of records of one subject: how many are true, how many were told, how many of these
    are true. `bad` are clusters with two valid official ids."""

    true: int
    told: int
    right: int
    bad: int

    @property
    def precision(self) -> float:
        """Share of what was told that is true."""
        return self.right / self.told if self.told else 1.0

    @property
    def recall(self) -> float:
        """Share of what is true that was told."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.right / (self.true + self.told) if self.true + self.told else 1.0


def told(snapshot: Snapshot, answer: Resolution) -> dict[str, int]:
    """The cluster of each record: what keys decide, then what was judged."""
    of = {snapshot.record_name(n): int(snapshot.nodes.rep[n]) for n in range(snapshot.n)}
    parent: dict[int, int] = {}

    def find(node: int) -> int:
        while (above := parent.get(node, node)) != node:
            node = above
        return node

    for pair in answer.judgements:
        a, b = find(of[pair.a]), find(of[pair.b])
        parent[max(a, b)] = min(a, b)
    return {record: find(cluster) for record, cluster in of.items()}


def official(snapshot: Snapshot) -> dict[str, str]:
    """The canonical id that each record's own valid official key gives."""
    said = ((n, snapshot.record_said(n)[3]) for n in range(snapshot.n) if snapshot.known(n))
    return {snapshot.record_name(n): key for n, key in said if key}


def measure(
    clusters: Sequence[Sequence[str]], found: Mapping[str, int], keys: Mapping[str, str]
) -> Measured:
    """Pairs of the truth against what was told, of the truth's records."""
    true = sum(len(c) * (len(c) - 1) // 2 for c in clusters)
    right = sum(found[a] == found[b] for c in clusters for a, b in combinations(c, 2))
    members: dict[int, list[str]] = defaultdict(list)
    for cluster in clusters:
        for record in cluster:
            members[found[record]].append(record)
    joined = sum(len(m) * (len(m) - 1) // 2 for m in members.values())
    bad = sum(len({keys[r] for r in m if r in keys}) > 1 for m in members.values())
    return Measured(true, joined, right, bad)


def without_keys(
    clusters: Sequence[Sequence[str]], found: Mapping[str, int], keys: Mapping[str, str]
) -> Measured:
    """The same of pairs that no official key decides: only what linkage is to find."""

    def open_(a: str, b: str) -> bool:
        return a not in keys or b not in keys or keys[a] != keys[b]

    pairs = [p for c in clusters for p in combinations(c, 2) if open_(*p)]
    right = sum(found[a] == found[b] for a, b in pairs)
    members: dict[int, list[str]] = defaultdict(list)
    for cluster in clusters:
        for record in cluster:
            members[found[record]].append(record)
    joined = sum(open_(*p) for m in members.values() for p in combinations(m, 2))
    return Measured(len(pairs), joined, right, 0)


def lost(truth: Mapping[str, Any], found: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """By error: true pairs of which a record has it, and how many of them were not told. A pair
    counts under each error that either record has, or under `none`."""
    errors = truth["errors"]
    met: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for a, b in (p for cluster in truth["clusters"] for p in combinations(cluster, 2)):
        for error in {*errors.get(a, ()), *errors.get(b, ())} or {"none"}:
            met[error] += 1
            missed[error] += found[a] != found[b]
    return sorted(((e, n, missed[e]) for e, n in met.items()), key=lambda row: -row[2] / row[1])


class Bin(NamedTuple):
    """Pairs of a range of scores: their mean score, and how many are true."""

    what: str
    pairs: int
    score: float
    true: float


def reliability(pairs: Sequence[Pair], clusters: Sequence[Sequence[str]]) -> list[Bin]:
    """How often pairs are true by how likely they were said to be (DeGroot and Fienberg 1983);
    those that are never joined for what they agree in apart, by why."""
    of = {record: at for at, cluster in enumerate(clusters) for record in cluster}
    found: dict[str, list[tuple[float, bool]]] = {}
    for pair in pairs:
        if pair.a in of and pair.b in of:
            found.setdefault(_range(pair), []).append((pair.score, of[pair.a] == of[pair.b]))
    return [
        Bin(
            what,
            len(said),
            sum(s for s, _ in said) / len(said),
            sum(t for _, t in said) / len(said),
        )
        for what, said in sorted(found.items())
    ]


def _range(pair: Pair) -> str:
    for why in ("name_only", "kin", "common"):
        if getattr(pair, why):
            return f"{why}, {_alike(pair)}" if why == "kin" else why
    low = max((edge for edge in _EDGES if pair.score >= edge), default=0.0)
    return f"from {low:g}"


def _alike(pair: Pair) -> str:
    """In what those that may be two of one household or group are so: one name is that of father
    and son, and of one whose birth date is wrong; one brand in two places that of sisters."""
    met = {each.name: each.says for each in pair.features}
    if pair.kind == "person":
        return "one name" if met.get("given") == "agrees" else "two names"
    if met.get("region") == "differs":
        return "two places"
    return "two names" if met.get("name") == "differs" else "names alike"


def brier(pairs: Sequence[Pair], clusters: Sequence[Sequence[str]]) -> float:
    """The mean square of what scores are off by (Brier 1950)."""
    of = {record: at for at, cluster in enumerate(clusters) for record in cluster}
    known = [pair for pair in pairs if pair.a in of and pair.b in of]
    off = ((pair.score - (of[pair.a] == of[pair.b])) ** 2 for pair in known)
    return sum(off) / max(len(known), 1)


def of_kind(
    clusters: Iterable[Sequence[str]], kinds: Mapping[str, str], kind: str
) -> list[list[str]]:
    """The clusters of people, or of companies."""
    return [list(c) for c in clusters if kinds[c[0]] == kind]
