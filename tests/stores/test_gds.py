"""Graphs in Graph Data Science: what is projected is the graph that our algorithms look at, and
where the library computes what they do, it finds the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from algorithms.rings.modularity import modularity
from api.cli import main
from api.verbs.gds import network_of
from graph import live
from graph.errors import Conflict, InputError, StoreError, WrongUsage
from graph.facts import Normaliser
from graph.snapshot import Snapshot, snapshot_of
from graph.store import open_store
from graph.stores.neo4j.address import parse
from graph.stores.neo4j.gds import ANY, Catalogue, Network, Origin, simple
from graph.stores.neo4j.names import LABEL_OF, TYPE_OF
from graph.times import format_instant
from tests.algorithms.related.worlds import Fact, company, relation
from tests.algorithms.rings.worlds import AS_OF, FIRST, HOUR, KINDS, asked, worlds
from tests.neo4j_server.served import Served

NOISE = 1e-11  # of sums in another order; PageRank ends within 6e-12 of what it tends to
RANK = {"dampingFactor": 0.85, "tolerance": 1e-16, "maxIterations": 1000, "scaler": "L1Norm"}


@contextmanager
def stored(server: Served, *batches: list[Fact]) -> Iterator[list[Snapshot]]:
    """What was known after each of these batches, of a store in the server."""
    server.clean(keep_schema=True)
    store = open_store(server.uri, create=True)
    normaliser = Normaliser("d", store.id_key)
    try:
        moments = [FIRST + number * HOUR for number in range(len(batches))]
        for number, facts in enumerate(batches):
            rows = [normaliser.row(fact) for fact in facts]
            written = store.write(f"b{number}", rows, recorded_at=moments[number])
            assert not written.rejected, written.rejected
        opened = live.open_live(store)
        yield [snapshot_of(opened, format_instant(moment)) for moment in moments]
    finally:
        store.close()


@st.composite
def history(draw: st.DrawFn) -> tuple[list[Fact], list[Fact]]:
    """A world as those of the rings, with judgements that make one subject of several records, some
    of them of different keys, some retracted later."""
    first, second = draw(worlds()).batches
    companies = [fact["id"] for fact in first if fact["kind"] == "company"]
    for i in range(draw(st.integers(0, 3))):
        a, b = draw(st.sampled_from(companies)), draw(st.sampled_from(companies))
        if a == b:
            continue
        where = draw(st.sampled_from([first, second]))
        where.append(relation("same_as", f"same{i}", a, b))
        if where is first and draw(st.booleans()):
            second.append({"kind": "retract", "id": f"same{i}"})
    return first, second


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Fact], list[Fact]]:
    """Several of them in one store, a dataset each: what has an official key is in all of them."""
    first, second = [], [company("late")]
    for number, world in enumerate(draw(st.lists(history(), min_size=1, max_size=8))):
        source = {"source": {"dataset": f"d{number}"}}
        first += [fact | source for fact in world[0]]
        second += [fact | source for fact in world[1]]
    return first, second


class Library:
    """What a user of the library's procedures sees, by the property `first` of nodes."""

    def __init__(self, server: Served) -> None:
        self.server = server
        self.catalogue = Catalogue(parse(server.uri))

    def project(
        self, network: Network, snapshot: Snapshot, name: str = "g", *, undirected: bool = False
    ) -> dict[str, Any]:
        origin = Origin(AS_OF, snapshot.known_at, snapshot.name)
        told = self.catalogue.project(name, network, origin, undirected=undirected, replace=True)
        text = (
            "CALL gds.graph.nodeProperties.stream($name, ['first'], ['*'], {listNodeLabels: true})"
            " YIELD nodeId, propertyValue, nodeLabels RETURN nodeId, propertyValue, nodeLabels"
        )
        self.nodes = {node: first for node, first, _ in self.rows(text, name=name)}
        self.labels = {first: labels for _, first, labels in self.rows(text, name=name)}
        return told

    def rows(self, text: str, **given: Any) -> list[Any]:
        return [list(row) for row in self.server.driver.execute_query(text, given).records]

    def relations(self, name: str = "g") -> Counter[tuple[int, int, str]]:
        found = self.rows("CALL gds.graph.relationships.stream($name)", name=name)
        return Counter((self.nodes[a], self.nodes[b], kind) for a, b, kind in found)

    def stream(self, algorithm: str, name: str = "g", **config: Any) -> dict[int, Any]:
        """What an algorithm finds of each node."""
        rows = self.rows(f"CALL gds.{algorithm}.stream($name, $config)", name=name, config=config)
        assert len(rows) == len(self.nodes)
        return {self.nodes[row[0]]: row[1] for row in rows}

    def modularity(self, community: str, name: str = "g") -> float:
        text = "CALL gds.modularity.stats($name, {communityProperty: $of}) YIELD modularity"
        ((found,),) = self.rows(text, name=name, of=community)
        return float(found)

    def close(self) -> None:
        for graph in self.catalogue.graphs():
            self.catalogue.drop(graph["graphName"])
        self.catalogue.close()


@pytest.fixture(scope="module")
def library(neo4j_server: Served) -> Iterator[Library]:
    """The library of the test server, left without graphs; snapshots are kept in memory only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "base_path", lambda store: None)
        made = Library(neo4j_server)
        yield made
        made.close()


def by_first(
    snapshot: Snapshot, network: Network, rows: Sequence[dict[str, Any]]
) -> dict[int, Any]:
    """Rows of subjects, by `first`."""
    nodes = [snapshot._nodes([first])[0] for first in network.firsts.tolist()]
    names = dict(zip(snapshot.canonicals(nodes), network.firsts.tolist(), strict=True))
    found = {names[row["subject"]]: row for row in rows}
    assert found.keys() == set(names.values())
    return found


def parted(labels: dict[int, Any]) -> set[frozenset[int]]:
    """The sets of nodes of one label."""
    sets: dict[Any, set[int]] = {}
    for node, label in labels.items():
        sets.setdefault(label, set()).add(node)
    return set(map(frozenset, sets.values()))


def same_graph(library: Library, snapshot: Snapshot, network: Network) -> None:
    """The projection holds each subject and each relation of the network, and nothing else."""
    told = library.project(network, snapshot)
    firsts = network.firsts.tolist()
    labels = [[LABEL_OF[code]] for code in network.kinds.tolist()]
    assert sorted(library.nodes.values()) == firsts
    assert library.labels == dict(zip(firsts, labels, strict=True))
    types = [ANY] * len(network.src)
    if network.codes is not None:
        types = [TYPE_OF[code] for code in network.codes.tolist()]
    ends = network.firsts[network.src].tolist(), network.firsts[network.dst].tolist()
    assert library.relations() == Counter(zip(*ends, types, strict=True))
    assert (told["nodeCount"], told["relationshipCount"]) == (len(firsts), len(types))
    origin = {"as_of": AS_OF, "known_at": snapshot.known_at, "snapshot": snapshot.name}
    assert told.items() >= origin.items()


def same_findings(
    library: Library, snapshot: Snapshot, network: Network, kinds: list[str] | None
) -> None:
    """Components, PageRank, cores, triangles and modularity of both are the same."""
    asks: dict[str, Any] = {"kinds": kinds} if kinds else {}
    rows = asked(snapshot, "centrality", top=1_000_000, tolerance=1e-12, **asks)["results"]
    ours = by_first(snapshot, network, rows)
    # Scaled by their sum the library's scores are ours. It loses the rank of nodes that nothing
    # leads out of, where we give it to all alike: that scales every score by one factor.
    ranks = library.stream("pageRank", **RANK)
    assert ranks == pytest.approx({v: row["pagerank"] for v, row in ours.items()}, abs=NOISE)
    for orientation, degree in (("NATURAL", "out"), ("REVERSE", "in")):
        found = library.stream("degree", orientation=orientation)
        assert found == {v: row[degree] for v, row in ours.items()}
    rows = asked(snapshot, "components", min_size=1, max_rows=10**6, max_members=10**7, **asks)
    parts = {v: c["id"] for c in rows["results"] for v in c["members"]}
    parts_of = {v: parts[row["subject"]] for v, row in ours.items()}
    assert parted(library.stream("wcc")) == parted(parts_of)

    library.project(network, snapshot, undirected=True)
    assert parted(library.stream("wcc")) == parted(parts_of)
    triangles = {v: row["triangles"] for v, row in ours.items()}
    assert library.stream("triangleCount") == triangles  # which parallel ones and loops leave alone
    same_modularity(library, network)

    library.project(simple(network, undirected=True), snapshot, undirected=True)
    assert library.stream("kcore") == {v: row["core"] for v, row in ours.items()}
    assert library.stream("triangleCount") == triangles
    assert parted(library.stream("wcc")) == parted(parts_of)


def same_modularity(library: Library, network: Network) -> None:
    """Of partitions as coarse as components and as fine as single nodes."""
    for name, algorithm, config in (
        ("component", "wcc", {}),
        ("label", "labelPropagation", {"maxIterations": 1}),
        ("louvain", "louvain", {}),
    ):
        given = {"mutateProperty": name, **config}
        library.rows(f"CALL gds.{algorithm}.mutate('g', $given)", given=given)
    text = "CALL gds.graph.nodeProperty.stream('g', $of) YIELD nodeId, propertyValue RETURN *"
    for name in ("first", "component", "label", "louvain"):
        labels = {library.nodes[node]: label for node, label in library.rows(text, of=name)}
        community = np.array([labels[first] for first in network.firsts.tolist()])
        found = library.modularity(name)
        if len(network.src):
            expected = modularity(community, network.src, network.dst)
            assert found == pytest.approx(expected, abs=NOISE), name
        else:
            assert np.isnan(found)  # where ours is 0


def parity(
    library: Library, batches: tuple[list[Fact], list[Fact]], kinds: Any, late: bool
) -> None:
    with stored(library.server, *batches) as seen:
        snapshot = seen[late]
        network = network_of(snapshot, kinds, AS_OF)
        same_graph(library, snapshot, network)
        same_findings(library, snapshot, network, kinds)


FEW = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=150)
DRAWN = given(histories(), KINDS, st.booleans())


@FEW
@DRAWN
def test_both_find_the_same(library: Library, batches: Any, kinds: Any, late: bool) -> None:
    parity(library, batches, kinds, late)
