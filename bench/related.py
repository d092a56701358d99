"""`related_parties` upward to depth 10 on a day, evidence included, in process.

    python -m bench.related [--entities N]

Subjects: 1,000 drawn from all companies and persons and the 100 companies under the longest chains,
whatever hubs they lead to; apart from them the 40 subjects with the most relations. Each is asked
five times in turn with the peers, which find ids alone: a recursive query in SQLite; networkx on
the part of the graph that these subjects need. All must give the same parties.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from typing import Any

from bench._measure import AS_OF, Row, finish, latencies, percentile, plain, settle, timed
from bench._peer import Peer
from bench.world import MILLION, dataset, store, url, world

DEPTH, ROUNDS = 10, 5
BOUNDS = {0.5: 0.2, 0.99: 1.0}


def subjects(peer: Peer, entities: int) -> dict[str, list[str]]:
    """The three groups of subjects, by their ids in the world's file."""
    draw = random.Random(20260601)
    companies, persons = entities // 4, entities * 35 // 100
    numbers = [draw.randrange(companies + persons) for _ in range(1_000)]
    drawn = [f"c{n + 1}" if n < companies else f"p{n - companies + 1}" for n in numbers]
    return {"random": drawn, "deepest": peer.deepest(100), "hubs": peer.hubs(40)}


class Contest:
    """We and the peers, asked the same in turn; the time of each by contestant and group."""

    def __init__(self, groups: dict[str, list[str]], ways: dict[str, Callable[[str], Any]]) -> None:
        self.groups = groups
        self.ways = ways
        self.times: dict[str, dict[str, list[float]]] = {
            way: {name: [] for name in groups} for way in ways
        }

    def round(self, check: Callable[[str, dict[str, Any]], None] | None) -> None:
        """Every subject once by every contestant."""
        for name, group in self.groups.items():
            for subject in group:
                answers = {}
                for way, ask in self.ways.items():
                    took, answers[way] = timed(lambda a=ask, s=subject: a(s))
                    self.times[way][name].append(took)
                if check is not None:
                    check(subject, answers)

    def aimed(self, way: str) -> list[float]:
        """The times that the target is about: random and deepest subjects."""
        return self.times[way]["random"] + self.times[way]["deepest"]

    def rows(self) -> list[Row]:
        """Ours with the target, then by group, then the peers with their ratio to ours."""
        ours = next(iter(self.ways))
        rows = latencies("related parties upward to depth 10", self.aimed(ours), BOUNDS)
        for name, values in self.times[ours].items():
            rows += latencies(f"... {name} ({len(self.groups[name])})", values, {})
        for way in list(self.ways)[1:]:
            for q in (0.5, 0.99):
                value = percentile(self.aimed(way), q)
                ratio = value / percentile(self.aimed(ours), q)
                rows.append(plain(f"{way}, p{q * 100:g}", value, "ms", f"{ratio:.2f} of ours"))
        return rows


def measure(entities: int) -> list[Row]:
    """Ask, in turn with the peers."""
    from algorithms import registry
    from algorithms.registry import encode
    from api.session import Session
    from graph import compiled

    peer = Peer(world(entities))
    groups = subjects(peer, entities)
    walk = peer.networkx([s for group in groups.values() for s in group], DEPTH)
    compiled.warm()
    session = Session(url(store(entities)))
    snapshot = session.snapshot()
    question = {"depth": DEPTH, "direction": "in", "as_of": AS_OF}
    encoded: list[float] = []
    parties: list[int] = []

    def ask(subject: str) -> dict[str, Any]:
        asked = {"subject": f"{dataset(entities)}:{subject}", **question}
        return registry.ask(snapshot, "related_parties", asked)

    def check(subject: str, answers: dict[str, Any]) -> None:
        ours, *others = answers.values()
        encoded.append(timed(lambda: encode(ours))[0])
        parties.append(len(ours["results"]))
        nodes = [snapshot.resolve(row.party) for row in ours["results"]]
        found = {record.split(":", 1)[1] for node in nodes for record in snapshot.records(node)}
        assert all(found == set(other) for other in others), subject

    for subject in groups["random"][:50]:
        ask(subject)
    contest = Contest(
        groups,
        {
            "ours": ask,
            "recursive query in SQLite, ids only": lambda s: peer.upward(s, DEPTH),
            "networkx on these subjects' part of the graph, ids only": walk,
        },
    )
    settle()
    for turn in range(ROUNDS):
        contest.round(check if turn == 0 else None)
    session.close()
    return [
        *contest.rows(),
        plain("answer to JSON bytes, p99", percentile(encoded, 0.99), "ms"),
        plain(
            "parties in an answer, mean",
            sum(parties) / len(parties),
            "",
            f"at most {max(parties):,}",
        ),
    ]


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    finish("related", measure(parser.parse_args().entities))


if __name__ == "__main__":
    main()
