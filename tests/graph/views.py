"""A snapshot as plain values that do not depend on how rows and nodes are numbered."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from graph.columns import Index
from graph.facts import Normaliser
from graph.model import CODES, NAMES, RELATIONS
from graph.snapshot import Snapshot
from graph.store import NONE, Store

Fact = dict[str, Any]
USCCS = ("91350100M000100Y43", "91110000600037341L")


def picture(view: Snapshot) -> dict[str, Any]:
    """Everything that a view says, by name; its arrays are checked on the way."""
    check_arrays(view)
    cols, nodes = view.columns, view.nodes
    rows = {}
    for row in view.rows(RELATIONS).tolist():
        name = view.fact_id(row)
        assert name not in rows
        value = int(cols.value[row])
        rows[name] = (
            view.kind_of_row(row),
            *(view.record_name(int(end[row])) for end in (cols.src, cols.dst)),
            int(cols.vf[row]),
            int(cols.vt[row]),
            None if value == NONE else value,
            view.extra(row),
        )
    subjects = {}
    for node in view.subjects().tolist():
        records = view.records(node)
        assert records
        subjects[tuple(sorted(records))] = (
            view.canonical(node),
            view.label(node),
            view.kind_name(node),
            int(nodes.vf[node]),
            int(nodes.vt[node]),
            view.listings(node),
        )
    return {"name": view.name, "known_at": view.known_at, "rows": rows, "subjects": subjects}


def check_arrays(view: Snapshot) -> None:
    """Rings partition the nodes, and both indexes list every row once, where it belongs."""
    nodes, cols = view.nodes, view.columns
    seen: set[int] = set()
    for node in range(view.n):
        if int(nodes.rep[node]) != node:
            continue
        members = view.members(node)
        assert members[0] == node
        assert not seen & set(members)
        seen |= set(members)
        for member in members:
            assert int(nodes.rep[member]) == node
            bounds = {(int(nodes.vf[m]), int(nodes.vt[m])) for m in members}
            assert len(bounds) == 1
        assert len({int(nodes.kind[m]) for m in members}) == 1
    assert seen == set(range(view.n))
    for pair, ends in ((view.out, cols.src), (view.into, cols.dst)):
        listed = sorted(row for index in pair for row in listing(index, ends, view))
        assert listed == list(range(len(cols.src)))


def listing(index: Index, ends: Any, view: Snapshot) -> list[int]:
    """The rows of one index, each checked to stand under its kind and node."""
    rows = []
    for code in range(256):
        low, high = int(index.start[code]), int(index.start[code + 1])
        assert np.all(np.diff(index.nodes[low:high]) > 0)
        for place in range(low, high):
            for position in range(int(index.ptr[place]), int(index.ptr[place + 1])):
                row = int(index.order[position]) if len(index.order) else position
                assert int(ends[row]) == int(index.nodes[place])
                assert CODES[view.kind_of_row(row)] == code
                assert code in NAMES
                rows.append(row)
    return rows


def write(store: Store, facts: list[Fact], moment: int, dataset: str = "d") -> int:
    """Record a batch at a moment (µs); what is no fact is left out, as a loader does."""
    normaliser = Normaliser(dataset, store.id_key)
    rows = [normaliser.row(fact, line) for line, fact in enumerate(facts, 1)]
    store.write(f"b{moment}", rows, recorded_at=moment)
    return store.last_batch()


def life(rng: random.Random, batches: int = 6, size: int = 8) -> list[list[Fact]]:
    """Batches of facts over few ids, so that everything is corrected, retracted and regrouped."""
    return [[any_fact(rng) for _ in range(rng.randint(1, size))] for _ in range(batches)]


def any_fact(rng: random.Random) -> Fact:
    """One fact, correction, end or retraction; an id always names the same kind."""
    c, d, p = f"c{rng.randrange(6)}", f"c{rng.randrange(6)}", f"p{rng.randrange(3)}"
    span = rng.choice([{}, {"valid_from": f"201{rng.randrange(10)}-01-01"},
                       {"valid_to": f"202{rng.randrange(5)}-01-01"}])  # fmt: skip
    key = rng.choice([{}, {}, *({"uscc": code} for code in USCCS)])
    judged = sorted((c, d))
    named = rng.choice([f"s{c}{p}", f"g{c}{d}", f"j{''.join(judged)}", f"l{c}", c, p])
    facts: list[Fact] = [
        {"kind": "company", "id": c, "name": rng.choice("甲乙丙"), "keys": key, **span},
        {"kind": "company", "id": c, "keys": key},
        {"kind": "person", "id": p, "name": rng.choice(["", "张三"]), **span},
        {"kind": "shareholder", "id": f"s{c}{p}", "from": p, "to": c,
         "share": rng.choice(["0.5", "0.3333333333333333333"]), "votes": "0.4", **span},
        {"kind": "guarantee", "id": f"g{c}{d}", "from": c, "to": d,
         "amount": f"{rng.randrange(9)}.00", **span},
        {"kind": "invoice", "id": f"i{c}{d}", "from": c, "to": d, "amount": "9.00", "tax": "1.00",
         "at": f"2021-01-0{rng.randrange(1, 9)}"},
        {"kind": rng.choice(["same_as", "same_as", "not_same_as"]),
         "id": f"j{''.join(judged)}", "from": judged[0], "to": judged[1], "score": "0.9"},
        {"kind": "listing", "id": f"l{c}", "subject": c, "list": rng.choice(["black", "red"]),
         "decided_on": "2021-01-05"},
        {"kind": "retract", "id": named},
        {"kind": "retract", "id": named},
        {"kind": "close", "id": named, "valid_to": "2025-01-01"},
    ]  # fmt: skip
    return rng.choice(facts)
