"""Graphs in Graph Data Science: what is projected is the graph that our algorithms look at, and
where the library computes what they do, it finds the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
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
from graph.model import CODES
from graph.snapshot import Snapshot, snapshot_of
from graph.store import open_store
from graph.stores.neo4j import connection
from graph.stores.neo4j.address import parse
from graph.stores.neo4j.gds import ANY, Catalogue, Network, Origin, simple
from graph.stores.neo4j.names import LABEL_OF, TYPE_OF
from graph.times import format_instant
from tests.algorithms.related.worlds import USCCS, Fact, company, relation
from tests.algorithms.rings.worlds import AS_OF, FIRST, HOUR, KINDS, asked, worlds
from tests.neo4j_server.served import Served

NOISE = 1e-11  # of sums in another order; PageRank ends within 6e-12 of what it tends to
RANK = {"dampingFactor": 0.85, "tolerance": 1e-15, "maxIterations": 1000, "scaler": "L1Norm"}


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
    for number, world in enumerate(draw(st.lists(history(), min_size=4, max_size=8))):
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
        given = {"concurrency": 1, **config}
        rows = self.rows(f"CALL gds.{algorithm}.stream($name, $config)", name=name, config=given)
        assert len(rows) == len(self.nodes)
        return {self.nodes[row[0]]: row[1] for row in rows}

    def modularity(self, community: str, name: str = "g") -> float:
        text = (
            "CALL gds.modularity.stats($name, {communityProperty: $of, concurrency: 1})"
            " YIELD modularity"
        )
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
    numbers = snapshot.firsts(np.arange(snapshot.n, dtype=np.int32)).tolist()
    place = {first: node for node, first in enumerate(numbers)}
    nodes = [place[first] for first in network.firsts.tolist()]
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
        ("core", "kcore", {}),
    ):
        given = {"mutateProperty": name, "concurrency": 1, **config}
        library.rows(f"CALL gds.{algorithm}.mutate('g', $given)", given=given)
    text = "CALL gds.graph.nodeProperty.stream('g', $of) YIELD nodeId, propertyValue RETURN *"
    for name in ("first", "component", "label", "core"):
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
        if not len(network.firsts):  # nobody is there on the day
            with pytest.raises(InputError, match="nothing to project"):
                library.project(network, snapshot)
            return
        same_graph(library, snapshot, network)
        same_findings(library, snapshot, network, kinds)


FEW = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=60)
DRAWN = given(histories(), KINDS, st.booleans())


@FEW
@DRAWN
def test_both_find_the_same(library: Library, batches: Any, kinds: Any, late: bool) -> None:
    parity(library, batches, kinds, late)


@pytest.mark.full
@pytest.mark.slow
@MANY
@DRAWN
def test_both_find_the_same_many_times(
    library: Library, batches: Any, kinds: Any, late: bool
) -> None:
    parity(library, batches, kinds, late)


def crowd(count: int, seed: int) -> list[Fact]:
    """Companies with hubs, a dense part, parallel relations, loops and some that are alone."""
    chance = np.random.default_rng(seed)
    hubs = (chance.pareto(1.0, 3 * count) * 3).astype(int) % count
    ends = [
        *zip(chance.integers(0, count - 20, 3 * count).tolist(), hubs.tolist(), strict=True),
        *chance.integers(10, 40, (count, 2)).tolist(),
    ]
    ends += ends[:50]
    made = [
        relation(("guarantee", "branch", "successor")[i % 3], f"r{i}", f"c{a}", f"c{b}")
        for i, (a, b) in enumerate(ends)
    ]
    return [*(company(f"c{i}") for i in range(count)), *made]


@pytest.mark.parametrize(
    "count", [300, pytest.param(5000, marks=[pytest.mark.full, pytest.mark.slow])]
)
def test_both_find_the_same_in_a_crowd(library: Library, count: int) -> None:
    parity(library, (crowd(count, 3), [company("late")]), None, True)


TWO = [company("a"), company("b", keys={"uscc": USCCS[0]}), relation("guarantee", "r", "a", "b")]


def test_a_row_leads_back_to_its_subject(library: Library) -> None:
    """As the guide says: over the node, and over `first`."""
    with stored(library.server, TWO) as (snapshot,):
        library.project(network_of(snapshot, None, AS_OF), snapshot)
        text = (
            "CALL gds.degree.stream('g') YIELD nodeId, score"
            " WITH gds.util.asNode(nodeId) AS s, score,"
            " toInteger(gds.util.nodeProperty('g', nodeId, 'first')) AS first"
            " RETURN coalesce(s.canonical, s.dataset + ':' + s.id) AS id, score, s.first = first"
        )
        found = {snapshot.canonical(snapshot.resolve(i)): rest for i, *rest in library.rows(text)}
        assert found == {"d:a": [1.0, True], f"cn:uscc:{USCCS[0]}": [0.0, True]}
        kinds = (
            "CALL gds.wcc.stats('g', {relationshipTypes: ['GUARANTEES'], nodeLabels: ['Company']})"
        )
        assert library.rows(f"{kinds} YIELD componentCount RETURN componentCount") == [[1]]


def test_a_graph_is_listed_and_dropped(library: Library) -> None:
    catalogue = library.catalogue
    with stored(library.server, TWO) as (snapshot,):
        network = network_of(snapshot, None, AS_OF)
        one = library.project(network, snapshot, "one")
        two = library.project(network, snapshot, "二.2", undirected=True)
        strange = "UNWIND [0, 1] AS i RETURN gds.graph.project('strange', i, null)"
        library.rows(strange)
        assert (one["relationshipCount"], two["relationshipCount"]) == (1, 2)
        listed = {graph["graphName"]: graph for graph in catalogue.graphs()}
        origin = {"as_of": AS_OF, "known_at": snapshot.known_at, "snapshot": snapshot.name}
        for told in (one, two):
            assert listed[told["graphName"]].items() >= {**origin, "nodeCount": 2}.items()
        assert listed["strange"].items() >= dict.fromkeys(origin).items()

        given = Origin(*origin.values())
        with pytest.raises(Conflict, match="there is a graph one already"):
            catalogue.project("one", network, given, undirected=False, replace=False)
        assert catalogue.drop("one")["graphName"] == "one"
        with pytest.raises(InputError, match="there is no graph one"):
            catalogue.drop("one")
        again = catalogue.project("one", network, given, undirected=False, replace=False)
        assert again["nodeCount"] == 2


def test_an_attempt_whose_answer_was_lost_is_no_conflict(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = library.catalogue._server
    once = server.read
    with stored(library.server, TWO) as (snapshot,):
        network = network_of(snapshot, None, AS_OF)
        monkeypatch.setattr(server, "read", lambda work: (once(work), once(work))[1])
        origin = Origin(AS_OF, snapshot.known_at, snapshot.name)
        told = library.catalogue.project("lost", network, origin, undirected=False, replace=False)
        assert (told["nodeCount"], told["relationshipCount"]) == (2, 1)


def test_what_is_no_graph_of_this_store_is_not_made(library: Library) -> None:
    with stored(library.server, TWO) as (snapshot,):
        network = network_of(snapshot, None, AS_OF)
        other = network._replace(firsts=network.firsts + 1000)
        with pytest.raises(StoreError, match="another store"):
            library.project(other, snapshot, "other")
        with pytest.raises(InputError, match="nothing to project"):
            library.project(network_of(snapshot, ["transfer"], AS_OF), snapshot, "other")
        for name in ("", " ", "a b", "-a", "a/b", "x" * 101, "a\n"):
            with pytest.raises(WrongUsage, match="not a graph's name"):
                library.project(network, snapshot, name)
        assert library.catalogue.graphs("other") == []


def test_simple_keeps_one_of_parallel_ones_and_no_loop() -> None:
    ends = [(0, 1), (0, 1), (1, 0), (2, 2), (2, 1)]
    src, dst = np.array(ends, np.int32).T
    codes = np.full(len(ends), CODES["branch"], np.uint8)
    network = Network(np.arange(3), np.full(3, CODES["company"], np.uint8), src, dst, codes)
    for undirected, expected in ((False, [(0, 1), (1, 0), (2, 1)]), (True, [(0, 1), (1, 2)])):
        found = simple(network, undirected=undirected)
        assert list(zip(found.src.tolist(), found.dst.tolist(), strict=True)) == expected
        assert found.codes is None
    none = network._replace(src=src[:0], dst=dst[:0], codes=codes[:0])
    assert len(simple(none, undirected=True).src) == 0


# -- the verb -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["project", "g"], "gds: the store is not in a Neo4j server: sqlite://"),
        (["list", "--store", "neo4j://h", "--simple"], "gds list takes no --simple"),
        (["drop", "g", "--store", "neo4j://h", "--as-of", "2022-01-01"], "gds drop takes no --as"),
        (["list", "g", "--store", "neo4j://h"], "gds list takes no NAME"),
        (["drop", "--store", "neo4j://h"], "gds drop: which NAME?"),
        (["project", "a b", "--store", "neo4j://h"], "not a graph's name: 'a b'"),
        (["project", "g", "--store", "neo4j://h", "--as-of", "2022"], "as_of is a date"),
        (["make", "g"], "'make' is not one of"),
    ],
)
def test_wrong_use_is_one_line_before_a_server_is_asked(
    args: list[str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["gds", *args]) == 2
    out, err = capfd.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert said in err


def test_the_verb(
    library: Library, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKRISK_STORE", library.server.uri)

    def run(*args: str) -> tuple[int, str, str]:
        return (main(["gds", *args]), *capfd.readouterr())

    ended = [*TWO, relation("guarantee", "late", "b", "a", valid_from="2022-02-01")]
    second = [company("c"), relation("guarantee", "s", "c", "c"), {"kind": "retract", "id": "r"}]
    with stored(library.server, ended, second) as (before, newest):
        asks = ["--as-of", AS_OF, "--kinds", "guarantee,branch", "--known-at", before.known_at]
        code, out, err = run("project", "day", *asks, "--undirected", "--json")
        told = json.loads(out)
        assert (code, err) == (0, "")
        assert list(told) == [
            *("graphName", "nodeCount", "relationshipCount", "memoryUsage", "sizeInBytes"),
            *("creationTime", "as_of", "known_at", "snapshot"),
        ]
        counts = told["nodeCount"], told["relationshipCount"]
        view = told["as_of"], told["known_at"], told["snapshot"]
        assert (counts, view) == ((2, 2), (AS_OF, before.known_at, before.name))

        assert run("project", "day", "--as-of", AS_OF)[0::2] == (
            1,
            "linkrisk: there is a graph day already: drop it, or say --replace\n",
        )
        for simple, relations in ((["--simple"], 1), ([], 2)):  # two guarantees, one of c itself
            code, out, _ = run("project", "day", "--replace", "--json", *simple)
            told = json.loads(out)
            assert (code, told["nodeCount"], told["relationshipCount"]) == (0, 3, relations)
            assert told["snapshot"] == newest.name
        (listed,) = [g for g in json.loads(run("list", "--json")[1])["results"]
                     if g["graphName"] == "day"]  # fmt: skip
        told["sizeInBytes"] = listed["sizeInBytes"]  # it grows a little with each look
        assert listed == told
        code, out, _ = run("list")
        assert (code, "day" in out, newest.name[:30] in out) == (0, True, True)
        assert run("project", "day", "--kinds", "guarante")[0::2] == (
            2,
            "linkrisk: kinds: no such relation: guarante; did you mean guarantee?\n",
        )
        assert run("drop", "day") == (0, "dropped / 已移除: day\n", "")
        assert run("drop", "day") == (3, "", "linkrisk: there is no graph day\n")


def test_a_server_without_the_library_says_so(
    neo4j_server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "RETURN 1 AS one LIMIT 0"
    monkeypatch.setattr(connection, "cypher", lambda name: told if name == "gds/installed" else "")
    with pytest.raises(StoreError, match="has no Graph Data Science library"):
        Catalogue(parse(neo4j_server.uri))
