"""Ownership over the whole world: control of everybody, actual controllers, one owner's shares.

    python -m bench.ownership [--entities N]

Control is checked against a fixpoint counted in plain dictionaries; integrated ownership against
one sparse LU of I - B over all companies (scipy, SuperLU), which is exact for owners that nobody
owns. Owners are 1,000 drawn from all holders; those that reach the largest closed component of
holdings are reported apart, as the target leaves them out.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from bench._measure import AS_OF, Row, at_most, finish, latencies, percentile, plain, settle, timed
from bench._peer import Holding, Peer
from bench.world import MILLION, dataset, store, url, world
from graph.times import day_end

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


def fixpoint(holdings: list[Holding]) -> set[tuple[str, str]]:
    """All (controller, controlled): from each holder, exact votes summed until nothing is added."""
    below: dict[str, list[tuple[str, Fraction]]] = defaultdict(list)
    for owner, owned, _, votes in holdings:
        if votes is None:
            continue
        below[owner].append((owned, Fraction(str(votes))))
    found = set()
    half = Fraction(1, 2)
    for owner in below:
        count: dict[str, Fraction] = defaultdict(Fraction)
        waiting, reached = [owner], {owner}
        while waiting:
            for owned, votes in below.get(waiting.pop(), ()):
                count[owned] += votes
                if count[owned] > half and owned not in reached:
                    reached.add(owned)
                    waiting.append(owned)
        found |= {(owner, owned) for owned in reached - {owner}}
    return found


class Direct:
    """The peer of integrated ownership: everything in one sparse system, factored once."""

    def __init__(self, holdings: list[Holding]) -> None:
        from scipy.sparse import csc_matrix, identity
        from scipy.sparse.linalg import splu

        self.names = sorted(
            {owned for _, owned, *_ in holdings}
            | {owner for owner, *_ in holdings if owner[0] == "c"}
        )
        self.place = {name: k for k, name in enumerate(self.names)}
        self.held: dict[str, list[tuple[int, float]]] = defaultdict(list)
        rows, columns, values = [], [], []
        for owner, owned, share, _ in holdings:
            if share is None:
                continue
            self.held[owner].append((self.place[owned], share))
            if owner[0] == "c":
                rows.append(self.place[owner])
                columns.append(self.place[owned])
                values.append(share)
        n = len(self.names)
        matrix = csc_matrix((values, (rows, columns)), (n, n))
        self.factor = splu((identity(n, format="csc") - matrix.T).tocsc())

    def owned(self, person: str) -> dict[str, float]:
        """What a person owns: w (I - B)^-1, one triangular solve over all companies."""
        right = np.zeros(len(self.names))
        for place, share in self.held[person]:
            right[place] += share
        found = self.factor.solve(right)
        return {self.names[k]: float(found[k]) for k in np.flatnonzero(found > 1e-12)}


def giant(holdings: list[Holding]) -> set[str]:
    """Everybody who, by companies, reaches the largest closed component of holdings."""
    import networkx as nx

    graph = nx.DiGraph((a, b) for a, b, *_ in holdings)
    largest = max(nx.strongly_connected_components(graph), key=len)
    return nx.ancestors(graph, next(iter(largest))) | largest


def control(ask: Any, holdings: list[Holding], ids: dict[str, str]) -> list[Row]:
    """Control of everybody over everything, three times, and the fixpoint in dictionaries."""
    times, envelope = [], {}
    for _ in range(3):
        took, envelope = timed(lambda: ask("control", max_rows=100_000_000, time_limit=600))
        times.append(took / 1e3)
    assert envelope["truncated"] is None
    found = {(ids[row.controller], ids[row.controlled]) for row in envelope["results"]}
    took, expected = timed(lambda: fixpoint(holdings))
    assert found == expected, (len(found), len(expected), sorted(found ^ expected)[:5])
    return [
        at_most(
            "control, all companies, rows with their facts",
            max(times),
            10,
            "s",
            f"{len(found):,} pairs, the same as the peer's; worst of 3",
        ),
        plain(
            "the same in Python dictionaries, pairs only",
            took / 1e3,
            "s",
            f"{took / 1e3 / percentile(times, 0.5):.1f} times ours",
        ),
    ]


def integrated(ask: Any, holdings: list[Holding], ids: dict[str, str], name: str) -> list[Row]:
    """Integrated ownership of single owners, in turn with the solve over everything."""
    owners = sorted({owner for owner, *_ in holdings})
    drawn = random.Random(20260601).sample(owners, 1_000)
    beyond = giant(holdings)
    factored, direct = timed(lambda: Direct(holdings))
    ours: dict[bool, list[float]] = {False: [], True: []}
    theirs, worst, compared = [], 0.0, 0
    settle()
    for owner in drawn[:20]:
        ask("integrated_ownership", owner=f"{name}:{owner}")
    for owner in drawn:
        took, envelope = timed(lambda o=owner: ask("integrated_ownership", owner=f"{name}:{o}"))
        ours[owner in beyond].append(took)
        if owner[0] == "p":
            took, expected = timed(lambda o=owner: direct.owned(o))
            theirs.append(took)
            rows = {ids[row.owned]: row.integrated for row in envelope["results"]}
            assert all(v is not None for v in rows.values()), owner
            assert set(expected) <= set(rows) or envelope["truncated"], owner
            worst = max([worst, *(abs(rows[o] - v) for o, v in expected.items() if o in rows)])
            compared += len(rows)
    assert worst < 1e-9, worst
    rows = latencies("integrated ownership of one owner", ours[False], {0.99: 5.0})
    if ours[True]:
        rows += latencies("... of owners that reach the giant component", ours[True], {})
    rows.append(
        plain(
            "scipy, one solve over all companies, p50",
            percentile(theirs, 0.5),
            "ms",
            f"{percentile(theirs, 0.5) / percentile(ours[False], 0.5):.0f} times ours;"
            f" factored before in {factored / 1e3:.1f} s",
        )
    )
    rows.append(plain("largest difference from scipy", worst, "", f"over {compared:,} values"))
    return rows


def controllers(ask: Any, snapshot: Snapshot, pairs: set[tuple[str, str]], ids: Any) -> list[Row]:
    """Actual controllers of all companies, three times, against the fixpoint; then of single ones.

    Who controls by the fixpoint must be found, unless somebody is found above it; and whoever is
    found for certain by votes alone must control by the fixpoint.
    """
    from algorithms.ownership.controllers import controllers_of

    at = day_end(AS_OF)
    times, envelope = [], {}
    for _ in range(3):
        took, envelope = timed(lambda: ask("actual_controller", time_limit=600))
        times.append(took / 1e3)
    assert envelope["truncated"] is None
    rows = {(ids[r.controller], ids[r.company]): r for r in envelope["results"]}
    under = {y for _, y in pairs} | {y for _, y in rows}
    assert {(x, y) for x, y in pairs if x not in under} <= rows.keys()
    by_votes = {k for k, r in rows.items() if r.limb == ["votes"] and r.certainty == "certain"}
    assert by_votes <= pairs
    drawn = random.Random(20260601).sample(snapshot.subjects("company").tolist(), 1_000)
    settle()
    for node in drawn[:20]:
        controllers_of(snapshot, node, at)
    single = [timed(lambda n=node: controllers_of(snapshot, n, at))[0] for node in drawn]
    companies = len({y for _, y in rows})
    return [
        at_most(
            "actual controllers, all companies, rows with their facts",
            max(times),
            60,
            "s",
            f"{len(rows):,} of {companies:,} companies; worst of 3",
        ),
        *latencies("actual controllers of one company", single, {0.5: 1.0, 0.99: 5.0}),
    ]


def measure(entities: int) -> list[Row]:
    """Both, on one open store."""
    from algorithms import registry
    from api.session import Session
    from graph import compiled

    holdings = Peer(world(entities)).holdings()
    compiled.warm()
    with Session(url(store(entities))) as session:
        snapshot = session.snapshot()

        def ask(algorithm: str, **params: Any) -> dict[str, Any]:
            return registry.ask(snapshot, algorithm, {"as_of": AS_OF, **params})

        ids = {
            snapshot.canonical(n): snapshot.records(n)[0].split(":", 1)[1]
            for kind in ("company", "person")
            for n in snapshot.subjects(kind).tolist()
        }
        pairs = fixpoint(holdings)
        return [
            *control(ask, holdings, ids),
            *controllers(ask, snapshot, pairs, ids),
            *integrated(ask, holdings, ids, dataset(entities)),
        ]


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    finish("ownership", measure(parser.parse_args().entities))


if __name__ == "__main__":
    main()
