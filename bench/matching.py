"""Finding subjects by name: the index, search, and matching, in process and over HTTP.

    python -m bench.matching [--entities N]

Names asked for are drawn from the world's companies and persons: as they are, with a character
left out, in pinyin, their first characters, a part; persons with a birth date in one case of
three. The peer is a look at every name by rapidfuzz, as programs without an index do, on fewer
questions.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator
from typing import Any

from bench._measure import Row, at_least, at_most, finish, latencies, plain, python, settle, timed
from bench.http import Served, cycled, drive
from bench.world import MILLION, store, url, world

QUESTIONS, PEER, CLIENTS, WORKERS = 2_000, 20, 8, 2
_BUILD = """
import sys, time
from api.session import Session
with Session(sys.argv[1]) as session:
    view = session.snapshot()
    begun = time.perf_counter()
    names = sum(len(segment) for segment in view.name_segments())
    print(time.perf_counter() - begun, names)
"""


def drawn(entities: int) -> list[dict[str, Any]]:
    """Companies and persons of the world, drawn evenly."""
    rng, found = random.Random(20260601), []
    with world(entities).open(encoding="utf-8") as lines:
        for line in lines:
            if '"name"' in line and rng.random() < 6 * QUESTIONS / entities:
                fact = json.loads(line)
                if fact["kind"] in {"company", "person"}:
                    found.append(fact)
    rng.shuffle(found)
    return found[:QUESTIONS]


def typed(facts: list[dict[str, Any]]) -> Iterator[str]:
    """What people type to find these."""
    from pypinyin import lazy_pinyin

    for number, fact in enumerate(facts):
        name = fact["name"]
        yield (
            name,
            name[:3],
            name[2:6] or name,
            " ".join(lazy_pinyin(name[:4])),
            name[:4] + name[5:],
        )[number % 5]


def described(facts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Descriptions of these: a third each as they are, with a slip, and with more than a name."""
    for number, fact in enumerate(facts):
        name, said = fact["name"], {}
        if number % 3 == 1 and len(name) > 5:
            name = name[:3] + name[4:]
        born = fact.get("keys", {}).get("resident_id")
        if number % 3 == 2 and born:
            said["birthDate"] = [f"{born[6:10]}-{born[10:12]}-{born[12:14]}"]
        schema = "Company" if fact["kind"] == "company" else "Person"
        yield {"schema": schema, "properties": {"name": [name], **said}}


def measure(entities: int) -> list[Row]:
    """The index in a process of its own, then search and matching here, then over HTTP."""
    from api.matching.search import search
    from api.matching.yente import Body, match
    from api.session import Session
    from graph import compiled
    from graph.disk import load
    from graph.live import base_path
    from graph.names.index import names_path

    address = url(store(entities))
    facts = drawn(entities)
    with Session(address) as session:
        session.snapshot()
        path = base_path(session.store)
        assert path is not None
        names_path(path).unlink(missing_ok=True)
        child = python(_BUILD, address)
        seconds, names = child.out.split()
        rows = [
            at_most("index of names, made", float(seconds), 60, "s", f"{int(names):,} names"),
            at_most("... its file", names_path(path).stat().st_size / 1e6, 300, "MB"),
            plain("... peak memory of the process that made it", child.peak / 1e6, "MB"),
        ]
        assert load(names_path(path)) is not None
        compiled.warm()
        view = session.snapshot()
        texts = list(typed(facts))
        for text in texts[:50]:
            search(session, text)
        settle()
        times = [timed(lambda text=text: search(session, text))[0] for text in texts]
        rows += latencies("search, 20 rows", times, {0.99: 50.0})
        queries = list(described(facts))
        match(session, Body(queries={"q": queries[0]}))
        begun, times, good = time.process_time(), [], []
        for fact, query in zip(facts, queries, strict=True):
            took, answer = timed(lambda query=query: match(session, Body(queries={"q": query})))
            times.append(took)
            records = {r for row in answer["responses"]["q"]["results"] for r in row["referents"]}
            if fact["kind"] == "company" or "birthDate" in query["properties"]:
                good.append(any(record.endswith(f":{fact['id']}") for record in records))
        cpu = (time.process_time() - begun) / len(queries)
        rows += latencies("match, one description", times, {})
        rows.append(at_most("... processor time of one", cpu * 1e3, 8, "ms"))
        share = 100 * sum(good) / len(good)
        what = "... firms, and people with a birth date, among the first five"
        rows.append(plain(what, share, "%", f"of {len(good):,}"))
        rows.append(_peer(view, [q["properties"]["name"][0] for q in queries]))
    return [*rows, *_http(entities, queries)]


def _peer(view: Any, names: list[str]) -> Row:
    """rapidfuzz over every name."""
    from rapidfuzz import fuzz, process

    from graph.names.folding import fold

    (segment, *_) = view.name_segments()
    every = [segment.text(number) for number in range(len(segment))]
    times = [timed(lambda n=n: process.extract(fold(n), every, scorer=fuzz.ratio, limit=5))[0]
             for n in names[:PEER]]  # fmt: skip
    return plain("rapidfuzz over every name, mean", sum(times) / len(times), "ms")


def _http(entities: int, queries: list[dict[str, Any]]) -> list[Row]:
    rows = []
    with Served(entities, WORKERS) as service:
        for size in (1, 50):
            items = []
            for low in range(0, len(queries) - size + 1, size):
                batch = {f"q{n}": query for n, query in enumerate(queries[low : low + size])}
                items.append(service.asking.post("/v1/match", {"queries": batch}))
            clients = service.clients(CLIENTS)
            drive(clients, cycled(items, 40))
            begun = time.perf_counter()
            times = drive(clients, iter(items))
            rate = len(items) * size / (time.perf_counter() - begun)
            what = f"match over HTTP, {WORKERS} workers, {size} a request"
            rows.append(at_least(f"{what}, descriptions a second", rate, 200, "/s"))
            rows += latencies(f"... {CLIENTS} clients", times, {})
    return rows


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    finish("matching", measure(parser.parse_args().entities))


if __name__ == "__main__":
    main()
