"""Every text that the Neo4j store asks of the server is planned as a look-up: on an empty graph,
whose plans the server may keep while it fills, and on a full one whose statistics it has taken.

The texts are caught as the store asks them, with the marks and parameters of that moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import pytest

import graph.stores.neo4j
from graph.erasure import ABOUT, ERASED, plan_of
from graph.errors import Conflict
from graph.ledger import Draft
from graph.store import Store, open_store
from graph.stores.copying import Copying, copy
from graph.stores.neo4j.connection import Transaction
from graph.stores.neo4j.texts import cypher
from tests.stores.cookbook_world import BATCHES, C1, FIXES, Batch, new_store, sampled, write
from tests.stores.plans import operators, scans

if TYPE_CHECKING:
    from tests.neo4j_server.served import Served

FOLDER: Final = Path(graph.stores.neo4j.__file__).parent / "cypher"
NAMES: Final = sorted(path.stem for path in FOLDER.glob("*.cypher"))
# Statements of the schema, and questions about it: nothing is looked up.
NO_PLAN: Final = {"schema", "schema_await", "schema_type", "check_indexes"}
# These read all of something, and are to.
WHOLE: Final = {
    **dict.fromkeys(
        ("check_current", "check_described", "check_identified", "check_ledger",
         "check_relations", "check_retracted", "check_standing"),
        "the check reads everything",
    ),
    **dict.fromkeys(
        ("count_batches", "count_listings", "count_relations", "count_subjects"),
        "statistics count what is current, which no index knows",
    ),
    **dict.fromkeys(("batch_lists", "dataset_lists"), "once, after an import"),
    "batch_heads": "a copy compares every batch",
    "datasets": "every dataset is wanted",
    "file_merge": "the greatest number, which is at the end of an index",
    "store_foreign": "whether there is any node at all: it ends at the first",
}  # fmt: skip
# Marks that name a kind; any other changes what is looked up.
OF_A_KIND: Final = {"TYPE", "KIND", "LABEL", "KEYS", "FIELDS"}


class Asked(NamedTuple):
    """A text as it was asked."""

    name: str
    text: str
    parameters: dict[str, Any]


@pytest.fixture(scope="module")
def asked(neo4j_server: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Asked]]:
    """What a store asks in its life; afterwards the graph is full and its statistics are taken."""
    caught: dict[Any, Asked] = {}
    ask = Transaction.rows

    def rows(
        self: Transaction, name: str, /, parameters: dict[str, Any] | None = None, **marks: str
    ) -> list[Any]:
        varied = {k: v for k, v in marks.items() if k not in OF_A_KIND}
        key = name, *sorted(varied.items())
        if name not in NO_PLAN:
            caught.setdefault(key, Asked(name, cypher(name, **marks), parameters or {}))
        return ask(self, name, parameters, **marks)

    folder = tmp_path_factory.mktemp("plans")
    with pytest.MonkeyPatch.context() as patched, new_store(neo4j_server, folder) as store:
        patched.setattr(Transaction, "rows", rows)
        live(store, folder)
        patched.undo()
        for name in set(NAMES) - NO_PLAN - {each.name for each in caught.values()}:
            caught[name] = Asked(name, cypher(name), {})  # raises KeyError where it has marks
        sampled(neo4j_server)
        yield list(caught.values())


def live(store: Store, folder: Path) -> None:
    """Use every part of a store: it begins as a copy of another one."""
    source = open_store(f"sqlite:///{folder / 'source.db'}", create=True, id_key=store.id_key)
    for batch in BATCHES[:-1]:
        write(source, batch)
    source.append([Draft("张三", "decision.proposed", f"D-{n}") for n in range(50)])
    copy(cast(Copying, source), cast(Copying, store))
    write(source, BATCHES[-1])
    source.undo("lists.jsonl/0")
    copy(cast(Copying, source), cast(Copying, store))
    write(store, BATCHES[-1])
    write(store, Batch("reg", "again.jsonl", "2025-01-01T09:00:00+08:00", FIXES))
    write(store, Batch("tax", "more.jsonl", "2025-01-02T09:00:00+08:00", [
        {"kind": "company", "id": "t1", "name": "甲公司"}, {"kind": "retract", "id": "u1"},
        {"kind": "close", "id": "t5", "valid_to": "2024-01-01"},
        {"kind": "listing", "id": "z", "subject": C1, "list": "black"},
    ]))  # fmt: skip
    write(store, Batch("tax", "last.jsonl", "2025-01-03T09:00:00+08:00", [
        {"kind": "retract", "id": "z"},
        {"kind": "listing", "id": "b1", "subject": C1, "list": "red"},
    ]))  # fmt: skip
    with pytest.raises(Conflict):
        store.undo("registry.jsonl/0")
    store.undo("last.jsonl/0")
    store.settle(["more.jsonl/0"])
    assert store.append([Draft("李四", "decision.approved", "D-1")], store.ledger_head()).no == 51
    assert len(list(store.ledger())) == 51
    assert len(list(store.ledger(about="D-1"))) == 2
    for name in ("reg:c1", "reg:s2", "tax:z"):
        assert store.history(name)
    assert store.bearers(C1)
    assert store.batch_at(2**52)
    assert list(store.changes())
    assert list(store.facts())
    assert store.stats()
    assert store.check() == []
    erase(store)
    store.backup(folder / "backup.db")
    source.close()


def erase(store: Store) -> None:
    """Take a person out whose number stands in ids and fields of every kind of fact."""
    number = "11010519491231002X"
    write(store, Batch("reg", "person.jsonl", "2025-01-04T09:00:00+08:00", [
        {"kind": "person", "id": number, "name": "张三", "keys": {"resident_id": number}},
        {"kind": "legal_representative", "id": f"l-{number}", "from": number, "to": C1,
         "attrs": {"note": number}},
        {"kind": "listing", "id": f"b-{number}", "subject": number, "list": "black",
         "basis": number},
    ]))  # fmt: skip
    found = {fact.name: fact for fact in store.facts() if number in fact.id}
    person = found.pop(f"reg:{number}")
    plan = plan_of([person], list(found.values()), store.id_key)
    assert (len(plan.erased), len(plan.cut), len(plan.renamed)) == (1, 2, 3)
    body = {
        "subject": "reg:erased", "request": "1", "reason": "art. 47", "records": [person.first],
        "persons": [], "ids": [each.new for each in plan.renamed], "erased": list(plan.erased),
        "cut": [each.seq for each in plan.cut], "renamed": [each.first for each in plan.renamed],
    }  # fmt: skip
    store.erase(plan, Draft("王五", ERASED, ABOUT, body), key="erase:1")
    assert number not in str(list(store.facts()))
    assert store.erased_upto()
    store.erased()


def test_every_text_is_looked_at(asked: list[Asked]) -> None:
    assert {each.name for each in asked} == set(NAMES) - NO_PLAN
    assert set(WHOLE) < set(NAMES)


@pytest.mark.parametrize("graph", ["full", "empty"])
def test_a_text_is_planned_as_a_look_up(
    asked: list[Asked], neo4j_server: Served, graph: str
) -> None:
    if graph == "empty":  # runs last: the module's graph is gone then
        neo4j_server.clean(keep_schema=True)
    neo4j_server.driver.execute_query("CALL db.clearQueryCaches()")
    read = {
        each.name for each in asked if scans(operators(neo4j_server, each.text, each.parameters))
    }
    assert read == set(WHOLE)  # one that reads no more than it needs leaves the list
