"""Risk clusters by plain sets and networkx, and their lineage by comparing all with all."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import networkx as nx

ITEMS = frozenset({"account", "phone", "device", "address"})


@dataclass(frozen=True)
class Tie:
    """A relation that holds on the day; a share as text, `begins` an ISO date or None."""

    fact: str
    kind: str
    a: str
    b: str
    share: str | None = None
    begins: str | None = None


@dataclass(frozen=True)
class Reason:
    """A listing in force: what it says, and from when."""

    fact: str
    word: str
    begins: str | None

    @property
    def first(self) -> tuple[bool, str, str]:
        return self.begins is None, self.begins or "", self.fact


@dataclass
class Expected:
    """A cluster as it has to be."""

    core: set[str]
    members: set[str]
    circle: set[str]
    facts: set[str]
    first: str  # the fact that it is called by
    born: str | None
    hubs: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Rules:
    """The bounds of a question."""

    min_share: str = "0.25"
    reach: int = 1
    min_core: int = 2
    max_fanout: int = 100
    max_shared: int = 10


def joined(ties: Iterable[Tie], rules: Rules) -> list[tuple[Tie, str | None]]:
    """The ties that may join, each with the day since which its pair is joined by it."""
    found: list[tuple[Tie, str | None]] = []
    held: dict[tuple[str, str], list[Tie]] = defaultdict(list)
    for tie in ties:
        if tie.a == tie.b:
            continue
        if tie.kind != "shareholder":
            found.append((tie, tie.begins))
        elif tie.share is not None:
            held[tie.a, tie.b].append(tie)
    for pair in held.values():
        days = sorted({tie.begins or "" for tie in pair})
        for day in days:
            begun = [tie for tie in pair if (tie.begins or "") <= day]
            if sum(Fraction(tie.share or 0) for tie in begun) >= Fraction(rules.min_share):
                found += [(tie, max(day, tie.begins or "") or None) for tie in pair]
                break
    return found


def clusters_of(
    reasons: Mapping[str, Sequence[Reason]], ties: Iterable[Tie], kinds: Mapping[str, str],
    rules: Rules,
) -> list[Expected]:  # fmt: skip
    """Every cluster of a day."""
    counted = joined(ties, rules)
    others: dict[str, set[str]] = defaultdict(set)
    for tie, _ in counted:
        others[tie.a].add(tie.b)
        others[tie.b].add(tie.a)
    hubs = {
        node for node, near in others.items()
        if len(near) > (rules.max_shared if kinds[node] in ITEMS else rules.max_fanout)
    }  # fmt: skip
    graph = nx.Graph()
    graph.add_nodes_from(kinds)
    graph.add_edges_from((t.a, t.b) for t, _ in counted if not {t.a, t.b} & hubs)
    near = {
        node for core in reasons
        for node in nx.single_source_shortest_path_length(graph, core, rules.reach)
    }  # fmt: skip
    made = []
    for part in nx.connected_components(graph.subgraph(near)):
        core = {node for node in part if node in reasons}
        if len(core) < rules.min_core:
            continue
        kept = nx.Graph(graph.subgraph(part))
        while loose := [n for n in kept if n not in core and kept.degree(n) <= 1]:
            kept.remove_nodes_from(loose)
        members = set(kept)
        inside = [(t, since) for t, since in counted if {t.a, t.b} <= members]
        firsts = [min(r.first for r in reasons[node]) for node in core]
        facts = {t.fact for t, _ in inside} | {r.fact for n in core for r in reasons[n]}
        stands = Counter(h for h in hubs for n in members if n in others[h])
        made.append(
            Expected(
                core, members, part - members, facts, min(firsts)[2],
                _born(members, core, reasons, inside, rules.min_core),
                {hub for hub, count in stands.items() if count > 1},
            )
        )  # fmt: skip
    return made


def _born(
    members: set[str], core: set[str], reasons: Mapping[str, Sequence[Reason]],
    inside: Sequence[tuple[Tie, str | None]], min_core: int,
) -> str | None:  # fmt: skip
    """The first day on which, of these facts, enough of the core hang together: day by day."""
    listed = {node: min(r.begins or "" for r in reasons[node]) for node in core}
    days = {*listed.values(), *(since or "" for _, since in inside)}
    for day in sorted(days):
        graph = nx.Graph()
        graph.add_nodes_from(members)
        graph.add_edges_from((t.a, t.b) for t, since in inside if (since or "") <= day)
        here = {node for node, since in listed.items() if since <= day}
        if any(len(part & here) >= min_core for part in nx.connected_components(graph)):
            return day or None
    raise AssertionError("a cluster that never was")


@dataclass(frozen=True)
class Step:
    """What became of one cluster between two days."""

    event: str
    id: str
    parents: frozenset[str]
    children: frozenset[str] = frozenset()


def steps_of(
    before: Mapping[str, frozenset[str]], after: Mapping[str, frozenset[str]], overlap: float
) -> set[Step]:
    """All that happened between two days, from the sets of members alone."""

    def linked(a: frozenset[str], b: frozenset[str]) -> bool:
        return len(a & b) >= overlap * min(len(a), len(b)) and bool(a & b)

    links = {(i, j) for i, a in before.items() for j, b in after.items() if linked(a, b)}
    found = set()
    for j, b in after.items():
        parents = frozenset(i for i, k in links if k == j)
        if not parents:
            event = "born"
        elif len(parents) > 1:
            event = "merged"
        else:
            (i,) = parents
            if sum(k == i for k, _ in links) > 1:
                event = "split"
            elif len(b) != len(before[i]):
                event = "grew" if len(b) > len(before[i]) else "shrank"
            else:
                event = "steady" if b == before[i] else "changed"
        found.add(Step(event, j, parents))
    gone = before.keys() - {i for i, _ in links}
    return found | {Step("dissolved", i, frozenset({i})) for i in gone}
