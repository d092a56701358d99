"""A write of 1,000 facts, and the next answer: milliseconds from acknowledgement to answer.

    python -m bench.freshness [--entities N]

One connection writes, as an ingesting process would; a reader that was open all along is asked at
once, about a subject that the batch concerns, and must answer from it. Rounds add 1,000 facts, or
retract 1,000 of the loaded world. On a copy of the store.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from bench._measure import AS_OF, WORK, Row, finish, latencies, percentile, plain, settle, timed
from bench.world import MILLION, dataset, drop, store, url

FACTS, ADDING, RETRACTING = 1_000, 40, 20


def added(turn: int, known: str) -> list[dict[str, Any]]:
    """A thousand facts: companies, persons and roles between them, one in a known company."""
    facts: list[dict[str, Any]] = []
    for k in range(200):
        facts.append({"kind": "company", "id": f"c{turn}-{k}", "name": f"新设公司{turn}-{k}"})
        facts.append({"kind": "person", "id": f"p{turn}-{k}", "name": "王伟"})
        ends = {"from": f"p{turn}-{k}", "to": f"c{turn}-{k}", "valid_from": "2020-01-01"}
        facts.append({"kind": "legal_representative", "id": f"l{turn}-{k}", **ends})
        facts.append({"kind": "shareholder", "id": f"s{turn}-{k}", **ends, "share": 0.6})
        facts.append({"kind": "officer", "id": f"o{turn}-{k}", **ends, "role": "监事"})
    facts[-1]["to"] = known
    return facts


def retracted(turn: int, world: str) -> list[dict[str, Any]]:
    """Retractions of a thousand holdings of the world; the last batch's are those next to them."""
    first = turn * FACTS + 1
    return [{"kind": "retract", "id": f"{world}:sh{k}"} for k in range(first, first + FACTS)]


def standing(snapshot: Any, world: str) -> list[str]:
    """Companies of the world that exist on the day asked about."""
    from graph.times import day_end

    names = (f"{world}:c{k}" for k in range(1, 10 * ADDING))
    return [
        name
        for name in names
        if snapshot.nodes.vt[snapshot.resolve(name)] > day_end(AS_OF)
        and snapshot.nodes.vf[snapshot.resolve(name)] <= day_end(AS_OF)
    ]


def copied(database: Path) -> Path:
    """A copy of a store and of its snapshot."""
    target = WORK / "bench-fresh.db"
    drop(target)
    for path in database.parent.glob(f"{database.name}*"):
        if path.is_file():
            shutil.copy(path, target.with_name(path.name.replace(database.name, target.name)))
    return target


def measure(entities: int) -> list[Row]:
    """Write and ask, in turn."""
    from algorithms.registry import encode
    from api.session import Session
    from graph import compiled
    from graph.facts import Normaliser
    from graph.store import open_store

    source = store(entities)
    Session(url(source)).snapshot()
    target = copied(source)
    compiled.warm()
    name = dataset(entities)
    writer = open_store(url(target))
    session = Session(url(target))

    def ask(subject: str) -> bytes:
        return encode(
            session.ask(
                "related_parties",
                {
                    "subject": subject,
                    "depth": 2,
                    "direction": "in",
                    "as_of": AS_OF,
                    "max_rows": 100_000,
                },
            )
        )

    subjects = standing(session.snapshot(), name)
    ask(subjects[0])
    settle()  # as the service does at its start: a full collection of what was imported takes 45 ms
    normaliser = Normaliser("fresh", writer.id_key)
    writes: list[float] = []
    waits: dict[str, list[float]] = {"added": [], "retracted": []}
    for turn in range(ADDING):
        rows = [normaliser.row(fact, k) for k, fact in enumerate(added(turn, subjects[turn]), 1)]
        took, written = timed(lambda r=rows, t=turn: writer.write(f"fresh-{t}", r))
        assert written.loaded == FACTS, written
        writes.append(took)
        took, answer = timed(lambda t=turn: ask(subjects[t]))
        assert f"fresh:o{turn}-199".encode() in answer
        waits["added"].append(took)
    holdings = writer.stats()["kinds"]["shareholder"] - ADDING * 200
    for turn in range(min(RETRACTING, holdings // FACTS)):
        last = writer.history(f"{name}:sh{(turn + 1) * FACTS}")[-1]
        facts = retracted(turn, name)
        rows = [normaliser.row(fact, k) for k, fact in enumerate(facts, 1)]
        subject = last.b if isinstance(last.b, str) else f"{name}:c1"
        took, written = timed(lambda r=rows, t=turn: writer.write(f"gone-{t}", r))
        assert written.loaded == FACTS, written
        writes.append(took)
        took, answer = timed(lambda s=subject: ask(s))
        assert last.name.encode() not in answer
        waits["retracted"].append(took)
    session.close()
    writer.close()
    drop(target)
    everything = waits["added"] + waits["retracted"]
    return [
        *latencies("from acknowledgement to answer, 1,000 facts", everything, {0.99: 50.0}),
        plain("... facts added, worst", max(waits["added"]), "ms"),
        plain("... facts retracted, worst", max(waits["retracted"]), "ms"),
        plain("the write itself, durable, p50", percentile(writes, 0.5), "ms"),
    ]


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    finish("freshness", measure(parser.parse_args().entities))


if __name__ == "__main__":
    main()
