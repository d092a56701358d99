"""The cookbook's related parties and cycles are those of the algorithms, in worlds made by chance:
records of two datasets under one key, judgements, corrections, retractions, ends of validity.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest

from algorithms.flows.transfer_cycles import CycleParams, transfer_cycles
from algorithms.related.related_parties import RelatedParams, related_parties
from graph.facts import Normaliser
from graph.model import RELATIONS, ROLE_KINDS
from graph.snapshot import Snapshot, open_snapshot
from graph.store import Store
from graph.stores.neo4j.names import TYPES
from graph.times import parse_time
from tests.stores.cookbook import queries
from tests.stores.cookbook_world import code, new_store

if TYPE_CHECKING:
    from tests.neo4j_server.served import Served

Fact = dict[str, Any]
TEXTS: Final = {query.name: query.text for query in queries()}
KIND: Final = {"c": "company", "p": "person", "a": "account"}
BATCHES: Final = 10


@pytest.fixture
def store(neo4j_server: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An empty store."""
    with new_store(neo4j_server, tmp_path_factory.mktemp("keys")) as made:
        yield made


def day(chance: random.Random, first: int, last: int) -> str:
    """Any day of some years."""
    return f"{chance.randint(first, last)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def validity(chance: random.Random, often: float) -> Fact:
    """Sometimes a begin, sometimes an end."""
    begin, end = sorted((day(chance, 2012, 2023), day(chance, 2012, 2023)))
    said = {"valid_from": begin} if chance.random() < often else {}
    return said | ({"valid_to": end} if chance.random() < often and begin < end else {})


def moment(batch: int) -> str:
    """When a batch was recorded."""
    return f"2024-01-{batch + 1:02}T00:00:00+08:00"


class Making:
    """Writes batches of chance; only what was taken is referred to later."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.chance = random.Random(seed)
        self.known: set[str] = set()

    def write(self, number: int, facts: list[Fact]) -> None:
        """A batch of one of the datasets, each id once."""
        dataset = self.chance.choice("de")
        each = list({fact["id"]: fact for fact in facts}.values())
        rows = [Normaliser(dataset, self.store.id_key).row(fact) for fact in each]
        written = self.store.write(f"b{number}", rows, recorded_at=parse_time(moment(number)))
        refused = {index for index, _ in written.rejected}
        taken = [fact for index, fact in enumerate(each) if index not in refused]
        self.known |= {f"{dataset}:{fact['id']}" for fact in taken if fact["kind"] != "retract"}

    def end(self, kinds: tuple[str, ...]) -> str | None:
        """A known record of one of some kinds of entity."""
        fit = sorted(n for n in self.known if KIND.get(n[2]) in kinds and n[3:].isdigit())
        return self.chance.choice(fit) if fit else None

    def entity(self) -> Fact:
        """A company, often with a credit code that others bear too, or a person."""
        chance, number = self.chance, self.chance.randint(1, 9)
        if chance.random() < 0.4:
            return {"kind": "person", "id": f"p{number}", "name": "张", **validity(chance, 0.1)}
        keys = {"uscc": code(chance.choice([number, number % 9 + 1]))}
        return {"kind": "company", "id": f"c{number}", "name": f"公司{number}",
                "keys": keys if chance.random() < 0.6 else {}, **validity(chance, 0.3)}  # fmt: skip

    def role(self) -> Fact | None:
        """A relation between people and companies, or that two records are one person."""
        chance = self.chance
        kind = chance.choice([*ROLE_KINDS, "shareholder", "shareholder", "same_as"])
        sides = RELATIONS[kind].sources, RELATIONS[kind].targets
        a, b = (self.end(("person",) if kind == "same_as" else side) for side in sides)
        if a is None or b is None:
            return None
        fact = {"kind": kind, "id": f"{kind}{chance.randint(1, 15)}", "from": a, "to": b}
        return fact | validity(chance, 0.3) | ({"share": "0.25"} if kind == "shareholder" else {})

    def any_fact(self) -> Fact | None:
        """One of these, or a retraction."""
        luck = self.chance.random()
        if luck < 0.07 and self.known:
            return {"kind": "retract", "id": self.chance.choice(sorted(self.known))}
        return self.entity() if luck < 0.5 else self.role()

    def account(self) -> Fact:
        """An account; the number is known to both datasets."""
        number = self.chance.randint(1, 7)
        return {"kind": "account", "id": f"a{number}", "keys": {"account": f"6222000{number}"}}

    def payment(self) -> Fact | None:
        """A transfer, now and then taken back."""
        chance = self.chance
        ident, a, b = f"x{chance.randint(1, 60)}", self.end(("account",)), self.end(("account",))
        if chance.random() < 0.05 and f"d:{ident}" in self.known:
            return {"kind": "retract", "id": f"d:{ident}"}
        if a is None or b is None:
            return None
        at = f"2023-03-{chance.randint(1, 12):02}T{chance.choice((9, 12)):02}:00:00+08:00"
        return {"kind": "transfer", "id": ident, "from": a, "to": b, "amount": "5.00", "at": at}


def ask(server: Served, name: str, **given: Any) -> list[dict[str, Any]]:
    """The answer of a query."""
    return [row.data() for row in server.driver.execute_query(TEXTS[name], given).records]


def parties(snapshot: Snapshot, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What the algorithm says, in the words of the query; facts of the last step at depth 1."""
    asked = RelatedParams(
        subject=given["subject"], depth=given["depth"], as_of=given["asOf"], max_fanout=1000
    )
    return [
        (
            row.depth, row.party, sorted(TYPES[role] for role in row.roles),
            None if row.share is None else round(row.share, 9),
            sorted(snapshot.records(snapshot.resolve(row.party))),
            row.facts if row.depth == 1 else None,
        )
        for row in related_parties(snapshot, asked).results
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_related_parties_are_the_algorithm_s(neo4j_server: Served, store: Store, seed: int) -> None:
    made = Making(store, seed)
    for number in range(BATCHES):
        facts = [made.any_fact() for _ in range(made.chance.randint(6, 14))]
        made.write(number, [fact for fact in facts if fact])
    compared = 0
    for number in (3, 6, BATCHES - 1):
        known_at = moment(number)
        snapshot = open_snapshot(store, known_at)
        subjects = [snapshot.canonical(int(node)) for node in snapshot.subjects()]
        for subject in made.chance.sample(subjects, min(8, len(subjects))):
            given = {"subject": subject, "asOf": day(made.chance, 2014, 2024),
                     "knownAt": known_at, "depth": made.chance.randint(1, 4)}  # fmt: skip
            want = parties(snapshot, given)
            found = [
                (
                    row["depth"], row["party"],
                    sorted(row["roles"]) if row["depth"] == 1 else want_roles(want, row["party"]),
                    None if row["share"] is None else round(row["share"], 9),
                    sorted(row["records"]), sorted(row["facts"]) if row["depth"] == 1 else None,
                )
                for row in ask(neo4j_server, "related-parties-on-a-day-depth-1-or-more",
                               hub=1000, **given)
            ]  # fmt: skip
            assert found == want, given
            compared += len(want)
    assert compared > 10


def want_roles(want: list[tuple[Any, ...]], party: str) -> list[str] | None:
    """Further off the algorithm tells the roles along one path, the query those of all."""
    return next((row[2] for row in want if row[1] == party), None)


@pytest.mark.parametrize("seed", range(2))
def test_cycles_are_the_algorithm_s(neo4j_server: Served, store: Store, seed: int) -> None:
    made = Making(store, seed)
    for number in range(BATCHES):
        if number < 2:
            made.write(number, [made.account() for _ in range(12)])
        made.write(number + BATCHES, [f for _ in range(7) if (f := made.payment())])
    compared = 0
    for number, days in ((BATCHES + 5, 3), (2 * BATCHES - 1, 5)):
        given: dict[str, Any] = {
            "asOf": "2023-03-10",
            "knownAt": moment(number),
            "length": 4,
            "days": days,
        }
        snapshot = open_snapshot(store, given["knownAt"])
        asked = CycleParams(max_length=4, window=days, as_of="2023-03-10", max_rows=10_000)
        want = {frozenset(row.facts) for row in transfer_cycles(snapshot, asked).results}
        span = {"from": "2023-03-01", "to": "2023-04-01", "hub": 1000}
        found = ask(neo4j_server, "cycles-of-transfers-in-a-span-of-days", **span, **given)
        assert len(found) == len(want) < 200
        assert {frozenset(row["facts"]) for row in found} == want
        accounts = [snapshot.canonical(int(node)) for node in snapshot.subjects("account")]
        name = "money-that-leaves-an-account-and-comes-back"
        one_by_one = {
            frozenset(row["facts"])
            for account in accounts
            for row in ask(neo4j_server, name, subject=account, **given)
        }
        assert one_by_one == want
        compared += len(want)
    assert compared > 5
