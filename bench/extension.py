"""Extension with its proofs, the checker, and what the fall of a fact means for many decisions.

    python -m bench.extension [--entities N]

`extend` is asked of companies drawn at random, proofs included; every proof that extends is checked
against the facts inside it, and a sample against the store. The decisions lie in a copy of the
store: the rows of some extensions, each under several days of an act, as `decide propose` keeps
them. Then one relation that decisions rest on is retracted.
"""

from __future__ import annotations

import argparse
import random
import shutil
import time
from pathlib import Path
from typing import Any

import msgspec
import orjson

from bench._measure import (
    AS_OF,
    WORK,
    Row,
    at_least,
    at_most,
    finish,
    latencies,
    plain,
    settle,
    timed,
)
from bench.world import MILLION, store, url

MEASURE, ACT = "consumption_restriction", "2024-06-03"
ASKED, WARM, CHECKED = 12_000, 500, 300
DECISIONS, DAYS = 100_000, 10


def extensions(snapshot: Any, count: int) -> tuple[list[float], list[dict[str, Any]]]:
    """Milliseconds of each question, and the rows of their answers as JSON has them."""
    from algorithms import registry

    draw = random.Random(20260601)
    firms = snapshot.subjects("company").tolist()
    nodes = draw.sample(firms, min(len(firms), count + WARM))
    took, rows = [], []
    for place, node in enumerate(nodes):
        asked = {"subject": snapshot.record_name(node), "measure": MEASURE, "act": ACT,
                 "as_of": AS_OF}  # fmt: skip
        if place == WARM:
            settle()
        milliseconds, answer = timed(lambda a=asked: registry.ask(snapshot, "extend", a))
        if place >= WARM or len(firms) <= WARM:
            took.append(milliseconds)
            rows += msgspec.to_builtins(answer["results"])
    return took, rows


def checking(rows: list[dict[str, Any]], snapshot: Any) -> list[Row]:
    """How many proofs a second are checked; every one must hold."""
    from graph.proof.check import check
    from graph.rulebook import load_rulebook

    book = load_rulebook()
    proofs = [orjson.loads(orjson.dumps(row["proof"])) for row in rows]
    reached = [proof for proof in proofs if proof["claim"]["outcome"] == "extend"]
    alone, refused = timed(lambda: [p for p in reached if check(p, book)])
    assert not refused
    some = random.Random(1).sample(proofs, min(len(proofs), CHECKED))
    against, refused = timed(lambda: [p for p in some if check(p, book, snapshot)])
    assert not refused
    return [
        at_least("proofs checked, facts inside alone", 1e3 * len(reached) / alone, 5_000, "/s",
                 f"{len(reached)} proofs, all hold"),
        plain("proofs checked against the store", 1e3 * len(some) / against, "/s",
              f"{len(some)} proofs of all outcomes, all hold"),
    ]  # fmt: skip


def decided(rows: list[dict[str, Any]], snapshot: Any, opened: Any) -> int:
    """Put decisions into the ledger, as they are proposed; how many."""
    from api.decisions.proposing import ident
    from graph.ledger import Draft

    made = 0
    for day in range(1, DAYS + 1):
        drafts = []
        for row in rows:
            if made == DECISIONS:
                break
            claim = row["proof"]["claim"]
            act = f"2024-05-{day:02}"
            body = {
                "day": AS_OF, "subject": claim["subject"], "party": row["party"],
                "measure": MEASURE, "act": act, "answer": "sha256:0", "engine": claim["engine"],
                "rulebook": row["proof"]["rulebook"], "edition": "2026-04", "row": row,
                "question": {"as_of": AS_OF, "known_at": snapshot.known_at,
                             "snapshot": snapshot.name},
            }  # fmt: skip
            about = ident(claim["subject"], row["party"], MEASURE, act, 1)
            drafts.append(Draft("bench", "decision.proposed", about, body))
            made += 1
        for begin in range(0, len(drafts), 2_000):
            opened.append(drafts[begin : begin + 2_000])
    return made


def falling(entities: int, rows: list[dict[str, Any]]) -> list[Row]:
    """What it takes to follow the decisions, and to tell what one retraction means for them."""
    from api.decisions.cascade import Cascade
    from api.decisions.work import Work
    from api.session import Session
    from graph.facts import Normaliser

    copy = WORK / "bench" / "extension.db"
    _copied(store(entities), copy)
    reached = [row for row in rows if row["outcome"] == "extend"]
    with Session(f"sqlite:///{copy}") as session:
        snapshot = session.snapshot()
        count = decided(reached, snapshot, session.store)
        work = Work(session, today=lambda: AS_OF)
        folded, _ = timed(work.decisions.follow)
        fact = reached[0]["facts"][0]
        before = session.store.last_batch()
        dataset, _, ident = fact.partition(":")
        row = Normaliser(dataset, session.store.id_key).row({"kind": "retract", "id": ident})
        session.store.write("bench-retraction", [row])
        settle()
        took, fallout = timed(lambda: Cascade(work).of([fact]))
        whole, again = timed(lambda: Cascade(work).since(before))
    _gone(copy)
    told = {each.decision for each in fallout}
    assert told, "decisions rest on it"
    assert told <= {each.decision for each in again}
    return [
        at_most("fall of one fact over the decisions", took, 100, "ms",
                f"{count:,} decisions, {len(told)} rest on it"),
        plain("the same, all that its batch changed looked for", whole, "ms",
              f"{len(again)} decisions asked about anew"),
        plain("decisions folded from the ledger", 1e3 * count / folded, "/s"),
    ]  # fmt: skip


def _copied(source: Path, target: Path) -> None:
    _gone(target)
    shutil.copy(source, target)
    shutil.copy(f"{source}.snapshot", f"{target}.snapshot")


def _gone(path: Path) -> None:
    for end in ("", "-wal", "-shm", ".snapshot"):
        Path(f"{path}{end}").unlink(missing_ok=True)


def measure(entities: int) -> list[Row]:
    """Ask, check, decide, retract."""
    from api.session import Session
    from graph import compiled

    compiled.warm()
    with Session(url(store(entities))) as session:
        snapshot = session.snapshot()
        took, rows = extensions(snapshot, ASKED)
        start = time.perf_counter()
        checked = checking(rows, snapshot)
        spent = time.perf_counter() - start
    by = {o: sum(row["outcome"] == o for row in rows) for o in ("extend", "review", "exclude")}
    return [
        *latencies("extend, proofs included", took, {0.99: 5.0}),
        plain("parties in an answer, mean", len(rows) / len(took), "", f"{by}"),
        *checked,
        plain("all of that checking", spent, "s"),
        *falling(entities, rows),
    ]


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    finish("extension", measure(parser.parse_args().entities))


if __name__ == "__main__":
    main()
