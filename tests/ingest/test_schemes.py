"""Worlds with schemes, read back by a plain reader: what is planted is there, and is what it says.

Nothing of the generator's own is used to check it but its truth file: the properties of patterns
and of their look-alikes are computed anew from the lines of the file.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import kstest

from graph.errors import WrongUsage
from graph.facts import Normaliser
from graph.model import ENTITIES, RELATIONS
from graph.store import open_store
from ingest.generate import generate
from ingest.load import load

Row = dict[str, Any]

SIZE = 6_000
INSTANCES = 3
PATTERNS = {
    "transfer_cycle": {"group_settlement", "own_accounts"},
    "fan_in": {"charity", "school_fees", "shop"},
    "fan_out": {"payroll", "dividends"},
    "scatter_gather": {"payroll_canteen"},
    "gather_scatter": {"wholesaler_collecting"},
    "bipartite": {"wholesale_market"},
    "stack": {"two_tier_trade"},
    "pass_through": {"escrow", "payment_agent", "client_account", "thin_wholesaler"},
    "layered_flow": {"franchise"},
    "fund_pool": {"real_fund", "mutual_aid", "property_fee", "wealth_product"},
    "rented_account": {"family_phone", "bookkeeper_device", "counter_device"},
    "shared_identifiers": {"incubator", "bookkeeper_phone", "family_business"},
    "dense_block": {"trade_association", "supermarket_suppliers"},
    "claim_gang": {"family_accident", "district_garage"},
    "bid_rigging": {"narrow_market"},
    "exam_gang": {"classmates", "training_school"},
    "call_den": {"customer_service", "delivery_hub"},
    "invoice_cycle": {"group_processing", "goods_returned"},
    "invoice_pass_through": {"honest_middleman"},
    "invoice_burst": {"seasonal", "large_project", "liquidation"},
    "goods_mismatch": {"manufacturer", "service_firm"},
    "affiliated_trade": {"declared_group_trade", "state_owner"},
    "rebate_chain": {"real_exporter"},
    "payment_return": {"refunds", "cash_pooling"},
}


class World:
    """The lines of a world, by kind and by id, and what else a reader wants of them."""

    def __init__(self, path: Path, difficulty: str, seed: int) -> None:
        self.summary = generate(
            path, SIZE, seed, schemes=difficulty, instances=INSTANCES,  # type: ignore[arg-type]
        )  # fmt: skip
        self.difficulty = difficulty
        self.path = path
        self.lines: list[Row] = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        self.by_id = {row["id"]: row for row in self.lines}
        self.kinds: dict[str, list[Row]] = defaultdict(list)
        for row in self.lines:
            self.kinds[row["kind"]].append(row)
        truth = path.with_name(path.name + ".truth.json")
        self.truth: Row = json.loads(truth.read_text("utf-8"))
        self.schemes: list[Row] = self.truth["schemes"]
        self.holder = {row["to"]: row["from"] for row in self.kinds["holds_account"]}
        self.paid_out: dict[str, list[Row]] = defaultdict(list)
        self.paid_in: dict[str, list[Row]] = defaultdict(list)
        for row in self.kinds["transfer"]:
            self.paid_out[row["from"]].append(row)
            self.paid_in[row["to"]].append(row)
        self.employees: dict[str, set[str]] = defaultdict(set)
        for row in self.kinds["employs"]:
            self.employees[row["from"]].add(row["to"])
        self.kin = {frozenset((row["from"], row["to"])) for row in self.kinds["kin"]}

    def planted(self, pattern: str, look_alike: str | None = None) -> list[Row]:
        return [s for s in self.schemes if (s["pattern"], s["look_alike"]) == (pattern, look_alike)]

    def facts(self, scheme: Row, kind: str) -> list[Row]:
        rows = [self.by_id[fact] for fact in scheme["facts"]]
        return [row for row in rows if row["kind"] == kind]

    def accounts(self, company: str) -> set[str]:
        return {account for account, holder in self.holder.items() if holder == company}

    def wages(self, company: str) -> set[str]:
        """Persons on the payroll who are paid from the company's accounts, month after month."""
        months: dict[str, set[str]] = defaultdict(set)
        for account in self.accounts(company):
            for row in self.paid_out[account]:
                months[self.holder[row["to"]]].add(row["at"][:7])
        return {p for p, seen in months.items() if p[0] == "p" and len(seen) >= 6}


@pytest.fixture(scope="module", params=["easy", "normal", "hard"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    path = tmp_path_factory.mktemp(request.param) / "world.jsonl"
    return World(path, request.param, seed=11)


def text(difficulty: str, seed: int) -> bytes:
    sink = io.BytesIO()
    generate(sink, 1_000, seed, schemes=difficulty)  # type: ignore[arg-type]
    return sink.getvalue()


def cents(row: Row) -> int:
    return round(float(row["amount"]) * 100)


def by_day(moment: str) -> int:
    return (int(moment[:4]) * 12 + int(moment[5:7])) * 31 + int(moment[8:10])


def test_the_same_seed_gives_the_same_bytes() -> None:
    first = text("hard", 5)
    assert text("hard", 5) == first
    assert len({first, text("hard", 6), text("normal", 5), text("easy", 5)}) == 4


def test_a_world_without_schemes_is_what_it_was() -> None:
    """Digests of the bytes that were written before there were schemes."""
    for seed, digest in (
        (0, "900d84205d605a6ab67ed1680c062a60706cb93994db2fbe78d88cf7218bb824"),
        (7, "b3aaa60afb080c15650c883301e70e9246db82ad424e71290c0d85f56be2322f"),
    ):
        sink = io.BytesIO()
        generate(sink, 2_000, seed)
        assert hashlib.sha256(sink.getvalue()).hexdigest() == digest


def test_every_pattern_and_every_look_alike_is_there(world: World) -> None:
    found: dict[str, Counter[str | None]] = defaultdict(Counter)
    for scheme in world.schemes:
        found[scheme["pattern"]][scheme["look_alike"]] += 1
        assert scheme["innocent"] == (scheme["look_alike"] is not None)
        assert scheme["difficulty"] == world.difficulty
    wanted = {
        pattern: dict.fromkeys([None, *names], INSTANCES) for pattern, names in PATTERNS.items()
    }
    assert {pattern: dict(count) for pattern, count in found.items()} == wanted
    assert len({scheme["id"] for scheme in world.schemes}) == len(world.schemes)


def test_every_line_is_a_fact_of_the_model(world: World) -> None:
    """The loader's own check finds nothing wrong; ids are unique; ends exist, of a right kind."""
    normaliser, seen = Normaliser("world", b"0" * 32), {}
    for number, fact in enumerate(world.lines, 1):
        row = normaliser.row(fact, number)
        assert all(reason is None for _, _, reason, _ in row.keys)
        assert fact["id"] not in seen
        seen[fact["id"]] = kind = fact["kind"]
        if kind in RELATIONS:
            assert seen[fact["from"]] in RELATIONS[kind].sources
            assert seen[fact["to"]] in RELATIONS[kind].targets
        assert fact.get("valid_from", "0") < fact.get("valid_to", "9")
    assert dict(Counter(seen.values())) == {k: n for k, n in world.summary.counts.items() if n}
    assert sum(kind in ENTITIES for kind in seen.values()) == world.truth["entities"]
    keys = [key for row in world.lines for key in row.get("keys", {}).values()]
    assert len(set(keys)) == len(keys)


def test_the_truth_is_in_the_file_and_joins_its_members(world: World) -> None:
    for scheme in world.schemes:
        assert scheme["members"]
        assert len(set(scheme["members"])) == len(scheme["members"])
        assert not set(scheme["members"]) & set(scheme["circle"])
        assert all(who in world.by_id for who in scheme["members"] + scheme["circle"])
        facts = [world.by_id[fact] for fact in scheme["facts"]]
        assert facts
        assert len(set(scheme["facts"])) == len(facts)
        ends = {row[end] for row in facts for end in ("from", "to")}
        holders = {world.holder.get(end) for end in ends}
        assert set(scheme["members"]) <= ends | holders
        times = [row["at"] for row in facts if "at" in row]
        times += [row["valid_from"] for row in facts if row["kind"] == "participated"]
        if times:
            assert scheme["begins"][:10] == min(times)[:10]
            assert scheme["ends"][:10] == max(times)[:10]


def test_ids_and_order_tell_nothing(world: World) -> None:
    """Numbers of what is planted are spread as those of all; events run by time, states do not."""
    letters = {"company": "c", "person": "p", "account": "a", "phone": "ph"}
    for kind, prefix in letters.items():
        size = len(world.kinds[kind])
        for innocent in (False, True):
            numbers = {
                int(who[len(prefix) :])
                for scheme in world.schemes
                if scheme["innocent"] == innocent
                for who in scheme["members"]
                if world.by_id[who]["kind"] == kind
            }
            assert len(numbers) > 10
            assert kstest([n / (size + 1) for n in numbers], "uniform").pvalue > 1e-4
    for kind in ("transfer", "invoice", "call", "withdrawal"):
        assert [row["at"] for row in world.kinds[kind]] == sorted(
            row["at"] for row in world.kinds[kind]
        )
        size = len(world.kinds[kind])
        place = [int(row["id"][2:]) / (size + 1) for row in world.kinds[kind]]
        assert kstest(place[:200], "uniform").pvalue > 1e-4
    where = {row["id"]: at for at, row in enumerate(world.lines)}
    links = len(world.kinds["holds_account"])
    first = where[world.kinds["holds_account"][0]["id"]]
    members = {who for s in world.schemes if not s["innocent"] for who in s["members"]}
    spots = [
        (where[row["id"]] - first) / links
        for row in world.kinds["holds_account"]
        if row["to"] in members
    ]
    assert kstest(spots, "uniform").pvalue > 1e-4


# What an economy is.


def test_invoices_are_paid(world: World) -> None:
    """Most that is invoiced among companies at home is paid: to the seller, by the buyer."""
    owed: Counter[tuple[str, str]] = Counter()
    for row in world.kinds["invoice"]:
        if row["status"] != "void" and not row.get("attrs", {}).get("export"):
            owed[row["from"], row["to"]] += cents(row)
    paid: Counter[tuple[str, str]] = Counter()
    for row in world.kinds["transfer"]:
        paid[world.holder[row["to"]], world.holder[row["from"]]] += cents(row)
    total = sum(amount for amount in owed.values() if amount > 0)
    settled = sum(min(amount, paid[pair]) for pair, amount in owed.items() if amount > 0)
    assert settled / total > 0.8
    for row in world.kinds["invoice"]:
        amount, tax = cents(row), round(float(row["tax"]) * 100)
        if row.get("attrs", {}).get("export"):
            assert tax == 0
        else:
            assert round(100 * tax / (amount - tax)) in {6, 9, 13}
        if row["status"] == "red":
            first = world.by_id[row["attrs"]["red_of"]]
            assert amount == -cents(first) < 0
            assert (first["from"], first["to"]) == (row["from"], row["to"])
            assert first["at"] <= row["at"]


def test_companies_exist_when_they_invoice(world: World) -> None:
    for row in world.kinds["invoice"]:
        for end in ("from", "to"):
            company = world.by_id[row[end]]
            assert company["valid_from"] <= row["at"] <= company.get("valid_to", "9")


def test_shares_of_a_company_are_at_most_the_whole(world: World) -> None:
    holdings: dict[str, list[Row]] = defaultdict(list)
    for row in world.kinds["shareholder"]:
        holdings[row["to"]].append(row)
    for rows in holdings.values():
        for moment in {row["valid_from"] for row in rows}:
            live = [
                row["share"]
                for row in rows
                if row["valid_from"] <= moment < row.get("valid_to", "9")
            ]
            assert sum(live) < 1 + 1e-9


# What the patterns are, one check each.


def _hops(rows: list[Row]) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        found[row["from"], row["to"]].append(row)
    return found


def test_transfer_cycles(world: World) -> None:
    """In order of time, and every hop keeps nine tenths of the one before it."""
    for scheme in world.planted("transfer_cycle"):
        ring = scheme["members"]
        assert 3 <= len(ring) <= 8
        hops = _hops(world.facts(scheme, "transfer"))
        pairs = list(zip(ring, ring[1:] + ring[:1], strict=True))
        assert set(hops) == set(pairs)
        for one, two in itertools.pairwise(pairs):
            before, after = sum(map(cents, hops[one])), sum(map(cents, hops[two]))
            assert 0.9 * before <= after <= before
            assert max(r["at"] for r in hops[one]) < min(r["at"] for r in hops[two])
        assert len({world.holder[account] for account in ring}) == len(ring)
    for scheme in world.planted("transfer_cycle", "own_accounts"):
        assert len({world.holder[account] for account in scheme["members"]}) == 1
    for scheme in world.planted("transfer_cycle", "group_settlement"):
        firms = {world.holder[account] for account in scheme["members"]}
        heads = {r["from"] for r in world.kinds["controller"] if r["to"] in firms} & firms
        assert len(heads) == 1
        held = {r["to"] for r in world.kinds["controller"] if r["from"] in heads}
        assert firms <= held | heads


def test_fans(world: World) -> None:
    for pattern, hub_end, spoke_end in (("fan_in", "to", "from"), ("fan_out", "from", "to")):
        for scheme in world.planted(pattern):
            hub, *spokes = scheme["members"]
            rows = [r for r in world.facts(scheme, "transfer") if r[hub_end] == hub]
            assert {r[spoke_end] for r in rows} == set(spokes)
            assert len(spokes) >= 9
            days = [by_day(r["at"]) for r in rows]
            assert max(days) - min(days) <= 14
            assert world.holder[hub][0] == "p"
    for scheme in world.planted("fan_out", "payroll"):
        hub, *spokes = scheme["members"]
        firm = world.holder[hub]
        assert {world.holder[spoke] for spoke in spokes} <= world.employees[firm]
        assert {world.holder[spoke] for spoke in spokes} == world.wages(firm)
    for scheme in world.planted("fan_out", "dividends"):
        hub, *spokes = scheme["members"]
        owners = {r["from"] for r in world.kinds["shareholder"] if r["to"] == world.holder[hub]}
        assert {world.holder[spoke] for spoke in spokes} == owners
    for name in PATTERNS["fan_in"]:
        for scheme in world.planted("fan_in", name):
            assert world.holder[scheme["members"][0]][0] == "c"


def test_scatter_gather_and_gather_scatter(world: World) -> None:
    for scheme in world.planted("scatter_gather"):
        source, *middle, sink = scheme["members"]
        hops = _hops(world.facts(scheme, "transfer"))
        assert all((source, m) in hops for m in middle)
        through = [m for m in middle if (m, sink) in hops]
        assert len(through) >= max(4, len(middle) / 2)
        for m in through:
            got, gave = sum(map(cents, hops[source, m])), sum(map(cents, hops[m, sink]))
            assert 0.9 * got <= gave <= got
    for scheme in world.planted("gather_scatter"):
        hops = _hops(world.facts(scheme, "transfer"))
        ends = Counter(end for pair in hops for end in pair)
        hub = ends.most_common(1)[0][0]
        got = sum(sum(map(cents, rows)) for (_, to), rows in hops.items() if to == hub)
        gave = sum(sum(map(cents, rows)) for (of, _), rows in hops.items() if of == hub)
        assert 0.9 * got <= gave <= got
        last = max(r["at"] for (_, to), rows in hops.items() if to == hub for r in rows[:1])
        assert sum(1 for _, to in hops if to == hub) >= 6
        assert min(r["at"] for (of, _), rows in hops.items() if of == hub for r in rows) > last[:10]


def test_grids(world: World) -> None:
    for pattern, layers in (("bipartite", 2), ("stack", 3)):
        for scheme in world.planted(pattern):
            hops = _hops(world.facts(scheme, "transfer"))
            payers = {a for a, _ in hops}
            payees = {b for _, b in hops}
            middle = payers & payees
            assert bool(middle) == (layers == 3)
            first, last = payers - payees, payees - payers
            if layers == 2:
                assert len(hops) >= 0.7 * len(first) * len(last)
            else:
                whole = len(first) * len(middle) + len(middle) * len(last)
                assert len(hops) >= 0.7 * whole


def test_what_passes_through(world: World) -> None:
    for scheme in world.planted("pass_through"):
        (account,) = scheme["members"]
        rows = world.facts(scheme, "transfer")
        got = sum(cents(r) for r in rows if r["to"] == account)
        gave = sum(cents(r) for r in rows if r["from"] == account)
        assert 0.9 * got <= gave <= got
        holder = world.holder[account]
        assert holder[0] == "p" or not world.wages(holder)
    for name in PATTERNS["pass_through"]:
        for scheme in world.planted("pass_through", name):
            firm = world.holder[scheme["members"][0]]
            assert firm[0] == "c"
            assert world.wages(firm)


def test_layered_flows(world: World) -> None:
    """What the sources send arrives, less the fees of the layers."""
    for scheme in world.planted("layered_flow"):
        rows = world.facts(scheme, "transfer")
        net: Counter[str] = Counter()
        for row in rows:
            net[row["from"]] -= cents(row)
            net[row["to"]] += cents(row)
        sent = -sum(v for v in net.values() if v < 0)
        payers, payees = {r["from"] for r in rows}, {r["to"] for r in rows}
        arrived = sum(net[a] for a in payees - payers)
        assert 0.8 * sent <= arrived <= sent
        assert len(payers & payees) >= 6


def test_fund_pools(world: World) -> None:
    """Returns come out of newer money: what goes to payers is never more than what others paid."""
    for scheme in world.planted("fund_pool"):
        (pool,) = scheme["members"]
        rows = sorted(world.facts(scheme, "transfer"), key=lambda r: r["at"])
        payers = {r["from"] for r in rows if r["to"] == pool}
        assert len(payers) >= 40
        balance = 0
        for row in rows:
            balance += cents(row) if row["to"] == pool else -cents(row)
            assert balance >= -1
        behind = [r for r in rows if r["from"] == pool and r["to"] not in payers]
        assert sum(map(cents, behind)) > 0.2 * sum(cents(r) for r in rows if r["to"] == pool)
        outside = [r for r in world.paid_in[pool] if r["from"] not in payers]
        assert sum(map(cents, outside)) < 0.2 * sum(cents(r) for r in rows if r["to"] == pool)
    for scheme in world.planted("fund_pool", "real_fund"):
        (pool,) = scheme["members"]
        rows = world.facts(scheme, "transfer")
        people = {r["from"] for r in rows if r["to"] == pool and world.holder[r["from"]][0] == "p"}
        income = sum(cents(r) for r in rows if r["to"] == pool and r["from"] not in people)
        returns = sum(cents(r) for r in rows if r["from"] == pool and r["to"] in people)
        assert income >= returns


def _shared(world: World, kind: str, members: set[str]) -> Counter[str]:
    return Counter(row["to"] for row in world.kinds[kind] if row["from"] in members)


def test_rented_accounts(world: World) -> None:
    for scheme in world.planted("rented_account"):
        cards = set(scheme["members"])
        shared = _shared(world, "uses_device", cards) + _shared(world, "uses_phone", cards)
        assert shared.most_common(1)[0][1] >= max(3, len(cards) / 3)
        holders = {world.holder[card] for card in cards}
        assert len(holders) == len(cards)
        assert not {frozenset(pair) for pair in itertools.combinations(holders, 2)} & world.kin
    for scheme in world.planted("rented_account", "family_phone"):
        head, *others = (world.holder[card] for card in scheme["members"])
        assert all(frozenset((head, other)) in world.kin for other in others)
    for scheme in world.planted("rented_account", "counter_device"):
        people = {world.holder[card] for card in scheme["members"]}
        firm = next(who for who in scheme["circle"] if who[0] == "c")
        owner = {r["from"] for r in world.kinds["shareholder"] if r["to"] == firm}
        assert people <= world.employees[firm] | owner


def test_shared_identifiers(world: World) -> None:
    kinds = ("uses_phone", "located_at", "uses_device")
    users: dict[str, set[str]] = defaultdict(set)
    for kind in kinds:
        for row in world.kinds[kind]:
            users[row["to"]].add(row["from"])
    for scheme in world.planted("shared_identifiers"):
        members = set(scheme["members"])
        assert 5 <= len(members) <= 9
        via = {row["to"] for kind in kinds for row in world.facts(scheme, kind)}
        assert all(users[v] <= members for v in via)
        linked: set[str] = set()
        reach = {next(iter(members))}
        while reach:
            linked |= reach
            reach = {m for v in via if users[v] & linked for m in users[v]} - linked
        assert linked == members
    for scheme in world.planted("shared_identifiers", "incubator"):
        assert len(scheme["members"]) >= 30


def test_dense_blocks(world: World) -> None:
    for scheme in world.planted("dense_block"):
        rows = world.facts(scheme, "transfer")
        payers, payees = {r["from"] for r in rows}, {r["to"] for r in rows}
        assert not payers & payees
        assert len(_hops(rows)) >= 0.4 * len(payers) * len(payees)
    for scheme in world.planted("dense_block", "supermarket_suppliers"):
        assert world.facts(scheme, "invoice")


def test_gangs_at_events(world: World) -> None:
    for scheme in world.planted("claim_gang"):
        members, seen = set(scheme["members"]), Counter()
        roles: dict[str, set[str]] = defaultdict(set)
        for row in world.facts(scheme, "participated"):
            if row["from"] in members:
                seen[row["from"]] += 1
                roles[row["from"]].add(row["role"])
        assert set(seen) == members
        assert sum(len(r) > 1 for r in roles.values()) >= len(members) / 2
    for scheme in world.planted("claim_gang", "district_garage"):
        rows = [r for r in world.facts(scheme, "participated") if r["from"][0] == "p"]
        assert max(Counter(r["from"] for r in rows).values()) == 1
    for scheme in world.planted("bid_rigging"):
        wins = Counter(
            r["from"] for r in world.facts(scheme, "participated") if r["role"] == "winner"
        )
        wins = Counter({who: wins[who] for who in scheme["members"]})
        assert max(wins.values()) - min(wins.values()) <= 2  # by turns, but for a guest's
        ties = {k for k in ("shareholder", "uses_phone", "located_at", "kin")
                if world.facts(scheme, k)}  # fmt: skip
        assert ties
    for scheme in world.planted("bid_rigging", "narrow_market"):
        members = set(scheme["members"])
        for kind in ("uses_phone", "located_at"):
            users = Counter(row["to"] for row in world.kinds[kind])
            shared = {k for k, n in _shared(world, kind, members).items() if n > 1}
            assert all(users[k] >= 8 for k in shared)  # but for bookkeepers and parks
    for scheme in world.planted("exam_gang"):
        sittings = Counter(
            r["from"] for r in world.facts(scheme, "participated") if r["role"] == "registrant"
        )
        assert set(sittings) == set(scheme["members"])
        paid = {world.holder[r["to"]] for r in world.facts(scheme, "transfer")}
        assert paid <= set(scheme["members"])
    for scheme in world.planted("exam_gang", "training_school"):
        paid = {world.holder[r["to"]] for r in world.facts(scheme, "transfer")}
        firm = next(who for who in scheme["circle"] if who[0] == "c")
        assert paid - world.employees[firm] == {firm}


def test_call_dens(world: World) -> None:
    for scheme in world.planted("call_den"):
        calls = world.facts(scheme, "call")
        assert {r["from"] for r in calls} == set(scheme["members"])
        assert sum(r["duration"] for r in calls) / len(calls) < 40
        assert len({r["to"] for r in calls}) > 0.5 * len(calls)
        assert by_day(max(r["at"] for r in calls)) - by_day(min(r["at"] for r in calls)) < 45
    for name in PATTERNS["call_den"]:
        for scheme in world.planted("call_den", name):
            users = {r["from"] for r in world.kinds["uses_phone"] if r["to"] in scheme["members"]}
            assert len(users) == 1
            assert world.wages(users.pop())


def _paid_share(world: World, scheme: Row) -> float:
    bills = [r for r in world.facts(scheme, "invoice") if r["status"] != "void"]
    owed = sum(map(cents, bills))
    paid = sum(map(cents, world.facts(scheme, "transfer")))
    return paid / owed


def test_invoice_cycles(world: World) -> None:
    for scheme in world.planted("invoice_cycle"):
        ring = scheme["members"]
        assert 3 <= len(ring) <= 6
        hops = _hops(world.facts(scheme, "invoice"))
        assert set(hops) == set(zip(ring, ring[1:] + ring[:1], strict=True))
        sums = [sum(map(cents, rows)) for rows in hops.values()]
        assert max(sums) / min(sums) < 1.6
        assert _paid_share(world, scheme) < 0.3
    for scheme in world.planted("invoice_cycle", "goods_returned"):
        assert _paid_share(world, scheme) > 0.9
    for scheme in world.planted("invoice_cycle", "group_processing"):
        heads = [
            {r["from"] for r in world.kinds["controller"] if r["to"] == c}
            for c in scheme["members"]
        ]
        assert set.intersection(*heads)
        assert _paid_share(world, scheme) > (0.3 if world.difficulty == "hard" else 0.9)


def _bought_and_sold(world: World, company: str) -> tuple[Counter[str], Counter[str]]:
    """By group of goods, what a company bought and sold, red ones netted and void ones left out."""
    bought: Counter[str] = Counter()
    sold: Counter[str] = Counter()
    for row in world.kinds["invoice"]:
        if row["status"] != "void" and company in (row["from"], row["to"]):
            side = sold if row["from"] == company else bought
            side[row["goods"][:3]] += cents(row)
    return bought, sold


def test_invoices_that_pass_through(world: World) -> None:
    for scheme in world.planted("invoice_pass_through"):
        (firm,) = scheme["members"]
        bought, sold = _bought_and_sold(world, firm)
        assert 0.95 < sum(bought.values()) / sum(sold.values()) < 1
        assert not world.wages(firm)
        assert not bought["110"] + bought["301"]
    for scheme in world.planted("invoice_pass_through", "honest_middleman"):
        (firm,) = scheme["members"]
        bought, _ = _bought_and_sold(world, firm)
        assert world.wages(firm)
        assert bought["110"]
        assert bought["301"]


def test_invoice_bursts(world: World) -> None:
    for scheme in world.planted("invoice_burst"):
        (firm,) = scheme["members"]
        rows = [r for r in world.kinds["invoice"] if r["from"] == firm and r["status"] != "red"]
        burst = [r for r in rows if r["id"] in set(scheme["facts"])]
        assert len(burst) >= 30
        assert len({r["to"] for r in burst}) >= 15
        assert len(burst) >= 0.8 * len(rows)
        bought, sold = _bought_and_sold(world, firm)
        assert sum(bought.values()) < 0.4 * sum(sold.values())
        gone = world.by_id[firm].get("valid_to")
        assert not [r for r in rows if gone and r["at"] > gone]
    for scheme in world.planted("invoice_burst", "seasonal"):
        years = Counter(r["at"][:4] for r in world.facts(scheme, "invoice"))
        assert min(years["2025"], years["2026"]) >= 15
    for name in PATTERNS["invoice_burst"]:
        for scheme in world.planted("invoice_burst", name):
            (firm,) = scheme["members"]
            bought, sold = _bought_and_sold(world, firm)
            assert sum(bought.values()) > 0.4 * sum(sold.values())
            assert world.wages(firm)


def test_goods_that_do_not_match(world: World) -> None:
    """What is sold, above what its ordinary trade sells, is of a group that was never bought."""
    for scheme in world.planted("goods_mismatch"):
        (firm,) = scheme["members"]
        rows = world.facts(scheme, "invoice")
        sold = {r["goods"][:3] for r in rows if r["from"] == firm}
        bought, whole = _bought_and_sold(world, firm)
        assert len(sold) == 1
        group = sold.pop()
        assert bought[group] <= (0.2 * whole[group] if world.difficulty == "hard" else 0)
    for scheme in world.planted("goods_mismatch", "manufacturer"):
        (firm,) = scheme["members"]
        bought, _ = _bought_and_sold(world, firm)
        assert len(world.wages(firm)) >= 2
        assert bought["110"]


def _ancestors(world: World, company: str, steps: int) -> set[str]:
    """Whoever stands within so many steps above a company: holders, signers, kin of persons."""
    above: dict[str, set[str]] = defaultdict(set)
    for kind in ("shareholder", "legal_representative", "controller"):
        for row in world.kinds[kind]:
            above[row["to"]].add(row["from"])
    for pair in world.kin:
        one, two = sorted(pair)
        above[one].add(two)
        above[two].add(one)
    reached = layer = {company}
    for _ in range(steps):
        layer = {up for who in layer for up in above[who]} - reached
        reached = reached | layer
    return reached


def test_affiliated_trades(world: World) -> None:
    for scheme in world.planted("affiliated_trade"):
        seller, buyer = scheme["members"]
        near = _ancestors(world, seller, 1) & _ancestors(world, buyer, 1)
        assert not near  # nothing is seen at one step
        assert _ancestors(world, seller, 3) & _ancestors(world, buyer, 3)
    for scheme in world.planted("affiliated_trade", "declared_group_trade"):
        one, two = scheme["members"]
        heads = [{r["from"] for r in world.kinds["controller"] if r["to"] == c} for c in (one, two)]
        assert heads[0] & heads[1]
    for scheme in world.planted("affiliated_trade", "state_owner"):
        one, two = scheme["members"]
        common = _ancestors(world, one, 2) & _ancestors(world, two, 2)
        assert {world.by_id[who]["attrs"]["form"] for who in common} == {"机关法人"}


def test_rebate_chains(world: World) -> None:
    for scheme in world.planted("rebate_chain"):
        bills = world.facts(scheme, "invoice")
        exports = [r for r in bills if r.get("attrs", {}).get("export")]
        assert {r["from"] for r in exports} == {scheme["members"][0]}
        sellers = {r["from"] for r in bills} & set(scheme["members"])
        makers = sellers - {r["to"] for r in bills}
        assert len(makers) >= 2
        for maker in makers:
            bought, _ = _bought_and_sold(world, maker)
            assert not bought
            assert not world.wages(maker)
    for scheme in world.planted("rebate_chain", "real_exporter"):
        bills = world.facts(scheme, "invoice")
        makers = {r["from"] for r in bills} - {r["to"] for r in bills}
        for maker in makers:
            bought, _ = _bought_and_sold(world, maker)
            assert bought["110"]
            assert world.wages(maker)


def test_payments_that_return(world: World) -> None:
    """What the buyer paid is back within weeks with it or its people, less a fee."""
    for scheme in world.planted("payment_return"):
        _, buyer = scheme["members"]
        people = {buyer} | {r["from"] for r in world.kinds["shareholder"] if r["to"] == buyer}
        rows = world.facts(scheme, "transfer")
        paid = sum(cents(r) for r in rows if world.holder[r["from"]] == buyer)
        back = sum(cents(r) for r in rows if world.holder[r["to"]] in people)
        least = 0.4 if world.difficulty == "hard" else 0.85
        assert least * paid <= back <= paid
    for scheme in world.planted("payment_return", "refunds"):
        reds = [r for r in world.facts(scheme, "invoice") if r["status"] == "red"]
        seller, _ = scheme["members"]
        back = [r for r in world.facts(scheme, "transfer") if world.holder[r["from"]] == seller]
        assert sum(map(cents, back)) <= -sum(map(cents, reds))


# How it is asked for.


@pytest.mark.parametrize(
    "options",
    [
        {"schemes": "harder"},
        {"schemes": "hard", "instances": 0},
        {"schemes": "hard", "instances": 2},
        {"instances": 1},
    ],
)
def test_wrong_use_is_refused(options: Row) -> None:
    with pytest.raises(WrongUsage):
        generate(io.BytesIO(), 1_000, **options)


def test_it_loads_whole(tmp_path: Path) -> None:
    """Nothing is quarantined, and the store's own check finds nothing."""
    path = tmp_path / "world.jsonl"
    generate(path, 1_000, 2, schemes="hard")
    with closing(open_store(f"sqlite:///{tmp_path}/s.db", create=True)) as store:
        receipt = load(store, [path])
        assert receipt.quarantined == 0
        assert receipt.loaded == receipt.read == len(path.read_bytes().splitlines())
        assert not list(store.check())
