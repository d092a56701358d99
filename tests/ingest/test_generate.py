"""The generated world, read back by readers of its own: keys, times, shares, depth, rings."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import phonenumbers
import pytest
from stdnum import luhn
from stdnum.cn import ric, uscc

from graph.errors import BadFile, WrongUsage
from graph.facts import Normaliser
from graph.model import CODES, ENTITIES, LISTING, RELATIONS
from ingest.generate import Summary, generate

SIZE = 20_000
Facts = dict[str, list[dict[str, Any]]]


class World:
    """A world on disk and what a plain JSON reader finds in it."""

    def __init__(self, path: Path, summary: Summary) -> None:
        self.path, self.summary = path, summary
        self.lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        self.kinds: Facts = defaultdict(list)
        for fact in self.lines:
            self.kinds[fact["kind"]].append(fact)
        self.by_id = {fact["id"]: fact for fact in self.lines}
        truth = path.with_name(path.name + ".truth.json")
        self.truth = json.loads(truth.read_text("utf-8"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    path = tmp_path_factory.mktemp("world") / "world.jsonl"
    return World(path, generate(path, SIZE, seed=7))


def text(entities: int = 1_000, **options: Any) -> bytes:
    sink = io.BytesIO()
    generate(sink, entities, **options)
    return sink.getvalue()


def test_same_arguments_same_bytes(tmp_path: Path) -> None:
    first = text(seed=3)
    assert text(seed=3) == first
    assert text(seed=4) != first
    generate(tmp_path / "w.jsonl", 1_000, seed=3)
    assert (tmp_path / "w.jsonl").read_bytes() == first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["w.jsonl", "w.jsonl.truth.json"]


def test_bytes_do_not_depend_on_the_process() -> None:
    code = (
        "import io, hashlib; from ingest.generate import generate; b = io.BytesIO();"
        "generate(b, 1000, 3); print(hashlib.sha256(b.getvalue()).hexdigest())"
    )
    for hash_seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": hash_seed}
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=env)
        assert run.stdout.decode().strip() == hashlib.sha256(text(seed=3)).hexdigest()


def test_counts(world: World) -> None:
    found = Counter(fact["kind"] for fact in world.lines)
    assert dict(found) == world.summary.counts
    assert world.summary.facts == len(world.lines)
    assert world.summary.bytes == world.path.stat().st_size
    assert world.summary.truth == world.truth
    entities = sum(found[kind] for kind in ENTITIES)
    relations = sum(found[kind] for kind in RELATIONS)
    assert (entities, relations) == (SIZE, 3 * SIZE)
    for kind, share in {"company": 25, "person": 35, "account": 25, "phone": 12}.items():
        assert found[kind] == SIZE * share // 100
    states = sum(n for kind, n in found.items() if kind in RELATIONS and not RELATIONS[kind].event)
    assert 0.45 < states / relations < 0.7
    roles = sum(n for kind, n in found.items() if kind in RELATIONS and RELATIONS[kind].code < 40)
    assert 0.25 < roles / relations < 0.42
    assert 0.006 < found[LISTING] / found["company"] < 0.014


@pytest.mark.parametrize("entities", [1_000, 1_001, 2_345, 7_777])
@pytest.mark.parametrize("ratio", [2.5, 3.0, 6.5])
def test_any_size_and_ratio(entities: int, ratio: float) -> None:
    lines = text(entities, seed=1, relations_per_entity=ratio).splitlines()
    found = Counter(json.loads(line)["kind"] for line in lines)
    assert sum(found[kind] for kind in ENTITIES) == entities
    assert sum(found[kind] for kind in RELATIONS) == round(entities * ratio)


def test_every_line_is_a_fact_of_the_model(world: World) -> None:
    """The loader's own check finds nothing wrong; ids are unique; ends exist, before, of a kind."""
    normaliser, seen = Normaliser("world", b"0" * 32), {}
    for number, fact in enumerate(world.lines, 1):
        row = normaliser.row(fact, number)
        assert all(reason is None for _, _, reason, _ in row.keys)
        assert fact["id"] not in seen
        seen[fact["id"]] = kind = fact["kind"]
        if kind in RELATIONS:
            assert seen[fact["from"]] in RELATIONS[kind].sources
            assert seen[fact["to"]] in RELATIONS[kind].targets
        elif kind == LISTING:
            assert seen[fact["subject"]] == "company"
    order = [CODES[fact["kind"]] < 20 for fact in world.lines]
    assert order == sorted(order, reverse=True)  # entities first


def test_keys_agree_with_python_stdnum(world: World) -> None:
    keys = [
        (kind, key)
        for kind in ENTITIES
        for fact in world.kinds[kind]
        for key in fact.get("keys", {}).values()
    ]
    assert len(set(keys)) == len(keys)
    for fact in world.kinds["company"]:
        if "keys" in fact:
            code = fact["keys"]["uscc"]
            assert uscc.validate(code) == code
            assert code[:2] in {"91", "92", "12", "51", "11"}
            assert _organisation_check(code[8:16]) == code[16]
    for fact in world.kinds["person"]:
        if "keys" in fact:
            ident = fact["keys"]["resident_id"]
            assert ric.calc_check_digit(ident) == ident[17]
            assert 1942 <= ric.get_birth_date(ident).year <= 2025
    cards = 0
    for fact in world.kinds["account"]:
        if fact["attrs"]["type"] == "card":
            cards += 1
            assert luhn.is_valid(fact["keys"]["account"])
    assert 0.55 < cards / len(world.kinds["account"]) < 0.65
    for fact in world.kinds["phone"]:
        assert phonenumbers.is_valid_number(phonenumbers.parse(fact["keys"]["e164"]))


def _organisation_check(body: str) -> str:
    """The check character of GB 11714-1997, written from the standard's formula."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(w * int(c, 36) for w, c in zip(weights, body, strict=True))
    return {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))


def test_people(world: World) -> None:
    """Surnames are as common as in the census, 王伟 among the common names, some are minors."""
    names = Counter(fact["name"] for fact in world.kinds["person"])
    surnames = Counter(name[0] for name in names.elements())
    assert [s for s, _ in surnames.most_common(3)] == ["王", "李", "张"]
    assert 0.065 < surnames["王"] / names.total() < 0.09
    assert names["王伟"] >= 3
    minors = {
        fact["id"]
        for fact in world.kinds["person"]
        if fact.get("keys", {}).get("resident_id", "")[6:12] > "200807"
    }
    assert 0.05 < len(minors) / names.total() < 0.1
    assert not minors & {fact["from"] for fact in world.kinds["legal_representative"]}
    assert minors & {fact["from"] for fact in world.kinds["shareholder"]}
    assert {fact["to"] for fact in world.kinds["guardian"]} >= minors
    by_id = world.by_id
    for fact in world.kinds["kin"]:
        if fact["role"] == "父亲":
            assert by_id[fact["from"]]["name"][0] == by_id[fact["to"]]["name"][0]


def test_intervals_are_sound(world: World) -> None:
    """No state begins before both its companies exist, and none ends before it begins."""
    for fact in world.lines:
        start = fact.get("valid_from", "0")
        assert start < fact.get("valid_to", "9")
        for end in ("from", "to"):
            company = world.by_id.get(fact.get(end, ""), {})
            begins = fact.get("at", start)
            assert begins[:10] >= company.get("valid_from", "0")[:10]
    assert any("valid_to" in fact for fact in world.kinds["legal_representative"])
    assert any("valid_to" in fact for fact in world.kinds["company"])


def test_shares_never_sum_past_one(world: World) -> None:
    """A reader of its own: exact fractions, at every moment at which a register changes."""
    holdings = defaultdict(list)
    for fact in world.kinds["shareholder"]:
        share = Fraction(str(fact["share"])) if "share" in fact else Fraction(0)
        votes = Fraction(str(fact["votes"])) if "votes" in fact else share
        holdings[fact["to"]].append(
            (fact["valid_from"], fact.get("valid_to", "9999"), share, votes)
        )
    whole = 0
    for rows in holdings.values():
        for moment in {row[0] for row in rows}:
            live = [row for row in rows if row[0] <= moment < row[1]]
            assert sum(row[2] for row in live) <= 1
            assert sum(row[3] for row in live) <= 1
        now = sum(row[2] for row in rows if row[1] == "9999")
        whole += now == 1
    assert whole / len(holdings) > 0.75
    former = [fact for fact in world.kinds["shareholder"] if "valid_to" in fact]
    assert len(former) > 100


def _owners(world: World) -> nx.DiGraph:
    graph = nx.DiGraph()
    for fact in world.kinds["shareholder"]:
        if "valid_to" not in fact:
            graph.add_edge(fact["from"], fact["to"])
    return graph


def test_structures_of_ownership(world: World) -> None:
    graph = _owners(world)
    companies = graph.subgraph(node for node in graph if node[0] == "c")
    assert any(companies.has_edge(node, node) for node in companies)  # own shares
    loops = [part for part in nx.strongly_connected_components(companies) if len(part) > 1]
    assert len(loops) >= 5
    assert max(map(len, loops)) >= 10  # the web
    plain = nx.condensation(companies)
    depth: dict[int, int] = {}
    for node in nx.topological_sort(plain):
        depth[node] = 1 + max((depth[p] for p in plain.predecessors(node)), default=-1)
    deep = sum(len(plain.nodes[node]["members"]) for node, d in depth.items() if d >= 12)
    assert deep >= 20
    held = Counter(fact["from"] for fact in world.kinds["shareholder"])
    assert max(n for holder, n in held.items() if holder[0] == "p") >= 20  # a nominee
    assert max(n for holder, n in held.items() if holder[0] == "c") >= 20  # a group


def test_the_hundred_deepest_exist_in_a_large_world(tmp_path: Path) -> None:
    path = tmp_path / "large.jsonl"
    large = World(path, generate(path, 100_000, seed=0))
    graph = _owners(large)
    plain = nx.condensation(graph.subgraph(node for node in graph if node[0] == "c"))
    depth: dict[int, int] = {}
    for node in nx.topological_sort(plain):
        depth[node] = 1 + max((depth[p] for p in plain.predecessors(node)), default=-1)
    assert sum(d >= 12 for d in depth.values()) >= 100
    places = Counter(fact["to"] for fact in large.kinds["located_at"])
    users = Counter(fact["to"] for fact in large.kinds["uses_phone"])
    assert places.most_common(1)[0][1] >= 50  # an incubator
    assert users.most_common(1)[0][1] >= 20  # a bookkeeper


def test_amounts_are_heavy_tailed(world: World) -> None:
    amounts = sorted(float(fact["amount"]) for fact in world.kinds["transfer"])
    assert amounts[0] > 0
    top = sum(amounts[-len(amounts) // 100 :])
    assert top / sum(amounts) > 0.2  # a hundredth of the transfers moves over a fifth of the money
    moments = [fact["at"] for fact in world.kinds["transfer"]]
    assert moments[0] < "2021-01-10"
    assert "2026-06-20" < moments[-1] < "2026-07-01"


def test_invoices(world: World) -> None:
    """Tax is a lawful rate of the net amount; a red-letter invoice takes back an earlier one."""
    numbers = [fact["number"] for fact in world.kinds["invoice"]]
    assert len(set(numbers)) == len(numbers)
    red = 0
    for fact in world.kinds["invoice"]:
        assert fact["from"] != fact["to"]
        amount, tax = Fraction(fact["amount"]), Fraction(fact["tax"])
        assert round(100 * tax / (amount - tax)) in {6, 9, 13}
        if fact["status"] == "red":
            red += 1
            first = world.by_id[fact["attrs"]["red_of"]]
            assert amount == -Fraction(first["amount"]) < 0
            assert (first["from"], first["to"], first["status"]) == (
                fact["from"],
                fact["to"],
                "issued",
            )
            assert first["at"] <= fact["at"]
    assert red > 10


def test_planted_cycles_are_found_by_brute_force(world: World) -> None:
    """From each first account, try every time-ordered way on: the planted one comes back."""
    rings = [ring for ring in world.truth["rings"] if ring["pattern"] == "transfer_cycle"]
    assert len(rings) == 3
    out = defaultdict(list)
    for fact in world.kinds["transfer"]:
        out[fact["from"]].append(fact)
    for ring in rings:
        found = []

        def walk(path: list[dict[str, Any]], goal: str, found: list[list[str]]) -> None:
            for fact in out[path[-1]["to"]]:
                if fact["at"] <= path[-1]["at"]:
                    continue
                kept = Fraction(fact["amount"]) / Fraction(path[-1]["amount"])
                if not Fraction(97, 100) <= kept <= 1:
                    continue
                if fact["to"] == goal:
                    found.append([*(step["id"] for step in path), fact["id"]])
                elif len(path) < 7:
                    walk([*path, fact], goal, found)

        start = ring["members"][0]
        for fact in out[start]:
            walk([fact], start, found)
        assert ring["facts"] in found
        hops = [world.by_id[fact] for fact in ring["facts"]]
        assert [hop["from"] for hop in hops] == ring["members"]
        assert 3 <= len(set(ring["members"])) == len(hops) <= 8
        assert (hops[0]["at"], hops[-1]["at"]) == (ring["begins"], ring["ends"])
        assert min(Fraction(hop["amount"]) for hop in hops) == Fraction(ring["amount"])


def test_planted_identifiers_are_shared_by_their_members_alone(world: World) -> None:
    rings = [ring for ring in world.truth["rings"] if ring["pattern"] == "shared_identifiers"]
    assert len(rings) == 3
    users = defaultdict(set)
    for kind in ("uses_phone", "located_at"):
        for fact in world.kinds[kind]:
            users[fact["to"]].add(fact["from"])
    for ring in rings:
        assert 4 <= len(ring["members"]) <= 9
        assert len(ring["via"]) == 2
        for via in ring["via"]:
            assert users[via] == set(ring["members"])
        joined = {(world.by_id[f]["from"], world.by_id[f]["to"]) for f in ring["facts"]}
        assert joined == {(m, via) for m in ring["members"] for via in ring["via"]}


def test_a_dataset_is_cited_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "cited.jsonl"
    generate(path, 1_000, dataset='登记"1')
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        assert json.loads(line)["source"] == {"dataset": '登记"1', "record": str(number)}


def test_progress_runs_to_the_end() -> None:
    calls: list[tuple[int, int]] = []
    summary = generate(
        io.BytesIO(), 1_000, progress=lambda done, total: calls.append((done, total))
    )
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert calls[-1][0] == summary.facts
    assert all(done <= total for done, total in calls)


@pytest.mark.parametrize(
    "options",
    [
        {"entities": 999},
        {"entities": 10**9},
        {"seed": -1},
        {"dataset": "a:b"},
        {"relations_per_entity": 2.0},
    ],
)
def test_wrong_sizes_are_refused(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(WrongUsage):
        generate(tmp_path / "w.jsonl", **options)
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(BadFile):
        generate(tmp_path / "nowhere" / "w.jsonl", 1_000)


@pytest.mark.full
def test_memory_is_bounded() -> None:
    """A million entities, three million relations: under 400 MB, import of numpy included."""
    # Not ru_maxrss: that of a new program begins at the size of the one that started it.
    code = (
        "import re; from pathlib import Path; from ingest.generate import generate;"
        "s = generate(open('/dev/null', 'wb'), 1_000_000);"
        "print(s.facts, re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    facts, kilobytes = map(int, run.stdout.split())
    assert facts > 4_000_000
    assert kilobytes < 400_000
