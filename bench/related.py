"""`related_parties` upward to depth 10 on a day, evidence included, in process.

    python -m bench.related [--entities N]

Subjects: 1,000 drawn from all companies and persons and the 100 companies under the longest chains,
whatever hubs they lead to; apart from them the 40 subjects with the most relations. Each is asked
five times in turn with the peer, a recursive query of ids alone in SQLite; both must give the same
parties.
"""

from __future__ import annotations

import argparse
import random

from bench._measure import AS_OF, Row, finish, latencies, percentile, plain, timed
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


def measure(entities: int) -> list[Row]:
    """Ask, in turn with the peer."""
    from algorithms import registry
    from algorithms.registry import encode
    from api.session import Session
    from graph import compiled

    peer = Peer(world(entities))
    groups = subjects(peer, entities)
    compiled.warm()
    session = Session(url(store(entities)))
    snapshot = session.snapshot()
    name_of = dataset(entities)

    def ask(subject: str) -> dict[str, object]:
        return registry.ask(
            snapshot,
            "related_parties",
            {
                "subject": f"{name_of}:{subject}",
                "depth": DEPTH,
                "direction": "in",
                "as_of": AS_OF,
            },
        )

    for subject in groups["random"][:50]:
        ask(subject)
    ours: dict[str, list[float]] = {name: [] for name in groups}
    theirs: dict[str, list[float]] = {name: [] for name in groups}
    encoded, parties, most = [], 0, 0
    for turn in range(ROUNDS):
        for name, group in groups.items():
            for subject in group:
                took, envelope = timed(lambda s=subject: ask(s))
                ours[name].append(took)
                took, ids = timed(lambda s=subject: peer.upward(s, DEPTH))
                theirs[name].append(took)
                if turn == 0:
                    encoded.append(timed(lambda e=envelope: encode(e))[0])
                    rows = envelope["results"]
                    found = {
                        r.split(":", 1)[1]
                        for row in rows
                        for r in snapshot.records(snapshot.resolve(row.party))
                    }
                    assert found == ids, (subject, found ^ ids)
                    parties, most = parties + len(rows), max(most, len(rows))
    session.close()
    everything = ours["random"] + ours["deepest"]
    rows = latencies("related parties upward to depth 10", everything, BOUNDS)
    for name, values in ours.items():
        rows += latencies(f"... {name} ({len(groups[name])})", values, {})
    flat = theirs["random"] + theirs["deepest"]
    rows += [
        plain(
            "recursive query in SQLite, ids only, p50",
            percentile(flat, 0.5),
            "ms",
            f"{percentile(flat, 0.5) / percentile(everything, 0.5):.2f} of ours",
        ),
        plain(
            "recursive query in SQLite, ids only, p99",
            percentile(flat, 0.99),
            "ms",
            f"{percentile(flat, 0.99) / percentile(everything, 0.99):.2f} of ours",
        ),
        plain("recursive query on random subjects, p99", percentile(theirs["random"], 0.99), "ms"),
        plain("answer to JSON bytes, p99", percentile(encoded, 0.99), "ms"),
        plain(
            "parties in an answer, mean",
            parties / sum(map(len, groups.values())),
            "",
            f"at most {most:,}",
        ),
    ]
    return rows


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    finish("related", measure(parser.parse_args().entities))


if __name__ == "__main__":
    main()
