"""Every query of the cookbook runs as it stands on the page, and answers what was worked out by
hand; those that start from something named get there by an index, whatever else the store holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest

from graph.model import LISTING_FIELDS, RELATIONS, ROLE_KINDS
from graph.stores.neo4j.names import TYPES, camel
from tests.stores.cookbook import PAGE, Query, queries
from tests.stores.cookbook_world import (
    BATCHES,
    C1,
    C2,
    C3,
    CALLERS,
    Batch,
    crowd,
    new_store,
    sampled,
    write,
)
from tests.stores.plans import hits, operators, scans

if TYPE_CHECKING:
    from tests.neo4j_server.served import Served

Row = dict[str, Any]
Ask = Callable[..., list[Row]]
QUERIES: Final = {query.name: query for query in queries()}
# These start from no key, as the page says: they read all of a kind.
WHOLE: Final = {
    "phones-by-a-masked-number",  # what a mask shows is no key
    "phones-devices-addresses-that-most-share",
    "cycles-of-transfers-in-a-span-of-days",
    "listings-of-a-day-and-who-had-a-role-then",
    "the-subjects-with-most-relations",
}
ANSWERED: Final[set[str]] = set()


def of(name: str) -> pytest.MarkDecorator:
    """The test of a query's answers; its `ask` runs the query with other values for parameters."""
    ANSWERED.add(name)
    return pytest.mark.parametrize("ask", [name], indirect=True)


@pytest.fixture(scope="module")
def world(
    neo4j_server: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Batch], None]]:
    """The world in a store of the server; what it yields writes another batch."""
    with new_store(neo4j_server, tmp_path_factory.mktemp("keys")) as store:
        for batch in BATCHES:
            write(store, batch)
        sampled(neo4j_server)
        yield lambda batch: write(store, batch)


def values(server: Served, query: Query, other: dict[str, Any] | None = None) -> dict[str, Any]:
    """The parameters as the page gives them, as Browser has the server evaluate them."""
    listed = ", ".join(f"{value} AS `{name}`" for name, value in query.parameters.items())
    given = server.driver.execute_query(f"RETURN {listed}").records[0].data()
    assert given.keys() >= (other or {}).keys()
    return {**given, **(other or {})}


@pytest.fixture
def ask(world: object, neo4j_server: Served, request: pytest.FixtureRequest) -> Ask:
    """Run the query; times come as ISO text."""
    query = QUERIES[request.param]

    def run(**other: Any) -> list[Row]:
        given = values(neo4j_server, query, other)
        found = neo4j_server.driver.execute_query(query.text, given, routing_="r").records
        return [{key: _plain(value) for key, value in row.data().items()} for row in found]

    return run


def _plain(value: Any) -> Any:
    return value.iso_format()[:16] if hasattr(value, "iso_format") else value


def column(rows: list[Row], *names: str) -> list[Any]:
    """Some columns of an answer."""
    return [tuple(row[name] for name in names) if names[1:] else row[names[0]] for row in rows]


# -- the page -----------------------------------------------------------------------------------


def test_every_query_of_the_page_has_its_answers_tested() -> None:
    assert set(QUERIES) == ANSWERED
    assert len(QUERIES) == PAGE.read_text("utf-8").count("```cypher")


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_query_is_bounded_and_says_what_it_takes(query: Query) -> None:
    assert re.search(r"\bLIMIT \d+$", query.text)
    assert set(re.findall(r"\$(\w+)", query.text)) == set(query.parameters)
    assert re.search("[一-鿿]", query.title)
    assert re.search("[一-鿿]", query.words)
    assert re.search(r"[a-z]{3}", query.words)
    assert not re.search(r"\b(CREATE|MERGE|SET|DELETE|REMOVE|LOAD)\b", query.text)


def test_lists_of_relations_are_whole() -> None:
    """Where a query names the roles, it names all; where it names every type, also."""
    roles = {TYPES[kind] for kind in ROLE_KINDS}
    every = (
        "which-file-and-line-a-fact-came-from",
        "everything-of-one-batch",
        "what-a-batch-retracted-or-corrected",
    )
    whole = {name: set(TYPES.values()) for name in every}
    whole["related-parties-on-a-day-depth-1-or-more"] = roles
    for name, types in whole.items():
        for listed in re.findall(r"\w+(?:\s*\|\w+){5,}", QUERIES[name].text):
            assert set(re.split(r"\s*\|", listed)) == types


def test_what_is_said_leaves_out_how_it_is_kept(world: object, neo4j_server: Served) -> None:
    """Where a query shows what a fact says, it shows its fields, and none of the store's own."""
    fields = {field for kind in RELATIONS.values() for field in kind.fields} | {*LISTING_FIELDS}
    told = {"name", "payload", *map(camel, fields)}
    text = """
    CALL () { MATCH (n:Record) RETURN keys(n) AS names UNION MATCH ()-[r]->(:Subject)
      RETURN keys(r) AS names }
    UNWIND names AS name RETURN collect(DISTINCT name) AS names"""
    there = set(neo4j_server.driver.execute_query(text).records[0]["names"])
    listed = re.findall(r"WITH k WHERE NOT k IN \[(.*?)\]", PAGE.read_text("utf-8"), re.S)
    assert len(listed) == 5
    for each in listed:
        own = set(re.findall(r"'(\w+)'", each))
        assert there - told <= own
        assert not own & told


# -- plans --------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_query_starts_from_an_index(world: object, neo4j_server: Served, query: Query) -> None:
    found = operators(neo4j_server, query.text, values(neo4j_server, query))
    assert "AllNodesScan" not in found
    assert bool(scans(found)) == (query.name in WHOLE), found
    assert query.name in WHOLE or any("IndexSeek" in each for each in found)


@pytest.mark.slow
def test_what_else_the_store_holds_costs_nothing(
    world: Callable[[Batch], None], neo4j_server: Served
) -> None:
    """Parts of a plan that run within an expression are not shown in it; their cost is."""
    bound = [query for query in QUERIES.values() if query.name not in WHOLE]
    asked = {query.name: (query.text, values(neo4j_server, query)) for query in bound}
    before = {name: hits(neo4j_server, *each) for name, each in asked.items()}
    world(Batch("more", "more.jsonl", "2025-01-01T09:00:00+08:00", crowd("m")))
    sampled(neo4j_server)
    after = {name: hits(neo4j_server, *each) for name, each in asked.items()}
    assert {n for n, cost in after.items() if cost > before[n] * 1.2 + 20} == set()


# -- finding ------------------------------------------------------------------------------------


@of("a-company-by-its-credit-code")
def test_company_by_credit_code(ask: Ask) -> None:
    found = ask()
    assert column(found, "record", "name", "current") == [
        ("reg:c1", "甲贸易有限公司", True), ("tax:t1", "甲贸易公司", True),
    ]  # fmt: skip
    assert set(column(found, "subject")) == {C1}
    assert ask(uscc="91350100M000100Y44") == []


@of("subjects-by-the-start-of-a-name")
def test_by_name(ask: Ask) -> None:
    assert column(ask(), "name", "record", "subject") == [
        ("甲贸易公司", "tax:t1", C1), ("甲贸易有限公司", "reg:c1", C1),
    ]  # fmt: skip
    assert column(ask(name="赵"), "kind", "subject") == [("person", "tax:u1")]


@of("phones-by-a-masked-number")
def test_by_masked_phone(ask: Ask) -> None:
    (found,) = ask()
    assert sorted(found["records"]) == ["bank:f1", "pay:g1"]
    assert found["users"] == ["周八", "孙七", "张三"]
    assert found["subject"].startswith("phone:")
    assert ask(phone="138****0002") == []


# -- one subject --------------------------------------------------------------------------------


@of("a-subjects-records-with-their-sources")
def test_records_and_sources(ask: Ask) -> None:
    assert column(ask(), "record", "file", "line", "validFrom", "keys") == [
        ("reg:c1", "registry.jsonl", "1", "2015-03-01", ["uscc 91350100M000100Y43"]),
        ("tax:t1", "tax.jsonl", "1", "2015-03-02", ["uscc 91350100M000100Y43"]),
    ]
    assert column(ask(subject="tax:t1"), "record") == ["reg:c1", "tax:t1"]
    assert column(ask(knownAt="2024-02-01T00:00:00+08:00"), "record") == ["reg:c1"]
    # A judgement joins, a direct one against it does not, nor do two credit codes.
    assert column(ask(subject="reg:p1"), "record") == ["reg:p1", "bank:q1"]
    assert column(ask(subject="reg:p3"), "record") == ["reg:p3"]
    assert column(ask(subject="reg:c3"), "record") == ["reg:c3"]
    assert column(ask(subject="bank:a2"), "keys") == [["account ******02"]] * 2


@of("where-its-records-contradict-one-another")
def test_contradictions(ask: Ask) -> None:
    stated = {
        row["property"]: {(each["value"], *each["records"]) for each in row["stated"]}
        for row in ask()
    }
    assert stated == {
        "name": {("甲贸易有限公司", "reg:c1"), ("甲贸易公司", "tax:t1")},
        "validFrom": {("2015-03-01", "reg:c1"), ("2015-03-02", "tax:t1")},
    }
    assert ask(subject=C2) == []


@of("how-many-relations-before-expanding")
def test_relations_counted(ask: Ask) -> None:
    """Every version counts, of both records; one of the four judgements is about a company."""
    found = {(row["type"], row["outgoing"]): row["relations"] for row in ask()}
    assert found == {
        ("SHAREHOLDER_OF", False): 3, ("SHAREHOLDER_OF", True): 1, ("OFFICER_OF", False): 1,
        ("LEGAL_REPRESENTATIVE_OF", False): 2, ("INVOICED", False): 3, ("INVOICED", True): 1,
        ("SAME_AS", True): 1,
    }  # fmt: skip


@of("what-changed-about-it-between-two-moments")
def test_changes(ask: Ask) -> None:
    assert column(ask(), "at", "what", "fact", "other") == [
        ("2024-05-10T09:00", "retracted", "reg:s2", "乙实业有限公司"),
        ("2024-05-10T09:00", "retracted", "reg:o1", "王五"),
        ("2024-05-10T09:00", "recorded", "reg:s2", "乙实业有限公司"),
        ("2024-05-10T09:00", "recorded", "reg:j4", "丙投资有限公司"),
        ("2024-05-20T09:00", "recorded", "lists:b1", None),
    ]
    assert column(ask(since="2024-05-10T09:00:00+08:00"), "fact") == ["lists:b1"]


# -- related parties and ownership --------------------------------------------------------------


@of("related-parties-on-a-day-depth-1-or-more")
def test_related_parties(ask: Ask) -> None:
    """`test_cookbook_referee` compares with the algorithm."""
    found = ask()
    assert column(found, "depth", "party", "share", "facts") == [
        (1, C2, 0.35, ["reg:s2"]),
        (1, C3, 0.1, ["reg:s7"]),
        (1, "reg:p1", 0.6, ["reg:s1"]),
        (1, "reg:p2", None, ["reg:l2"]),
        (2, "reg:p3", None, ["reg:s5"]),
        (2, "tax:u1", None, ["tax:h1"]),
    ]
    assert found[0]["records"] == ["tax:t2", "reg:c2"]
    assert [len(row["pictures"]) for row in found] == [1] * 6
    # c4 was struck off in 2023; before, and as it was known then, the officer was one.
    before = ask(asOf="2022-12-31", knownAt="2024-05-01T00:00:00+08:00", subject="reg:p1", depth=1)
    assert column(before, "party") == [C1, "reg:c4"]
    assert "reg:p3" in column(ask(knownAt="2024-05-01T00:00:00+08:00", depth=1), "party")
    # Of c2's records one has seven relationships, the other six; c3 has seven.
    assert column(ask(hub=6), "party")[4:] == ["tax:u1"]
    assert ask(subject="nobody:x") == []


@of("chains-of-ownership-up-from-a-company")
def test_ownership_chains(ask: Ask) -> None:
    found = ask()
    assert [(row["owner"], round(row["share"], 9), row["facts"]) for row in found] == [
        ("reg:p1", 0.6, ["reg:s1"]),
        (C2, 0.35, ["reg:s2"]),
        ("reg:p2", 0.175, ["reg:s2", "reg:s3"]),
        (C3, 0.105, ["reg:s2", "reg:s4"]),
        ("reg:p3", 0.084, ["reg:s2", "reg:s4", "reg:s5"]),
        ("tax:u1", 0.07, ["reg:s2", "tax:h1"]),  # by the other record of c2
    ]
    assert column(ask(depth=1), "owner") == ["reg:p1", C2]
    assert column(ask(knownAt="2024-05-01T00:00:00+08:00", depth=1), "share") == [0.6, 0.4]
    assert column(ask(asOf="2015-12-31"), "owner") == ["reg:p1"]
    assert ask(asOf="2014-12-31") == []


# -- rings --------------------------------------------------------------------------------------


@of("who-shares-its-phones-devices-addresses")
def test_shared(ask: Ask) -> None:
    """The number is one, however many records it has; the phone of the crowd links nobody."""
    (found,) = ask()
    assert (found["kind"], found["shown"], sorted(found["others"]), sorted(found["facts"])) == (
        "phone", "138****0001", ["bank:q2", "pay:r1"], ["bank:b1", "bank:b2", "pay:k1"],
    )  # fmt: skip
    assert len(ask(hub=1000)[0]["others"]) == CALLERS
    assert {row["kind"] for row in ask(subject="bank:q2")} == {"phone", "device"}
    assert ask(knownAt="2024-03-01T00:00:00+08:00") == []


@of("phones-devices-addresses-that-most-share")
def test_most_shared(ask: Ask) -> None:
    found = {row["shown"]: sorted(row["users"]) for row in ask()}
    assert found == {"手机": ["bank:q2", "pay:r1"], "138****0001": ["bank:q1", "bank:q2"]}
    assert [len(row["users"]) for row in ask(hub=1000, least=3)] == [CALLERS + 1]


# -- money --------------------------------------------------------------------------------------

RINGS: Final = [["bank:x1", "bank:x2", "bank:x3"], ["bank:x1", "bank:x4", "bank:x3"],
                ["bank:x1", "pay:y1", "pay:y2"]]  # fmt: skip


@of("money-that-leaves-an-account-and-comes-back")
def test_cycles_from_an_account(ask: Ask) -> None:
    """x6 came before x1, x7 after the day; y1 leaves by the wallet's record of a2."""
    found = ask()
    assert column(found, "facts") == RINGS
    assert (found[0]["begins"], found[0]["ends"]) == ("2024-02-01T10:00", "2024-02-03T10:00")
    assert found[2]["members"] == ["bank:a1", "pay:w2", "pay:w3"]
    assert column(ask(days=2), "facts") == RINGS[:2]
    assert ask(length=2) == []
    assert column(ask(subject="bank:a2"), "facts") == [["bank:x6", "bank:x1"]]
    assert column(ask(subject="pay:w2"), "facts") == [["bank:x6", "bank:x1"]]
    assert ask(knownAt="2024-03-01T00:00:00+08:00") == []


@of("cycles-of-transfers-in-a-span-of-days")
def test_cycles_of_a_span(ask: Ask) -> None:
    assert column(ask(), "facts") == RINGS
    assert column(ask(**{"from": "2024-01-15"}), "facts") == [["bank:x6", "bank:x1"], *RINGS]
    assert ask(to="2024-02-01") == []


@of("cycles-of-invoices-through-a-company")
def test_cycles_of_invoices(ask: Ask) -> None:
    """Not by the void one, the red-letter one, nor the one of the day before."""
    assert column(ask(), "facts", "amounts") == [
        (["tax:i1", "tax:i2", "tax:i3"], [100000.0, 99000.0, 98000.0])
    ]
    assert ask(length=2) == []


@of("money-that-passes-through-an-account")
def test_pass_through(ask: Ask) -> None:
    (found,) = ask()
    assert (found["amount"], found["sent"], found["ratio"]) == (4900, 4900, 1)
    assert sorted(found["facts"]) == ["bank:x2", "bank:x3", "bank:x5"]
    assert sorted(ask(days=1)[0]["facts"]) == ["bank:x2", "bank:x3"]
    assert ask(days=1, margin=0.01) == []
    assert ask(subject="bank:a2") == []
    assert column(ask(subject="bank:a2", margin=1), "ratio") == [1.98]  # by both its records


@of("invoices-that-pass-through-a-company")
def test_invoices_pass_through(ask: Ask) -> None:
    (found,) = ask()
    assert found["facts"] == ["tax:i1", "tax:i2"]
    assert found["ratio"] == 0.99
    assert ask(days=2) == []
    assert ask(margin=0.001) == []


# -- lists --------------------------------------------------------------------------------------


@of("listings-of-a-day-and-who-had-a-role-then")
def test_listings(ask: Ask) -> None:
    (found,) = ask()
    assert (found["entry"], found["status"], found["until"]) == ("lists:b1", "active", "2025-01-05")
    assert [(each["role"], each["party"]) for each in found["roles"]] == [
        ("LEGAL_REPRESENTATIVE_OF", "reg:p2"), ("SHAREHOLDER_OF", C2), ("SHAREHOLDER_OF", "reg:p1"),
    ]  # fmt: skip
    assert column(ask(asOf="2022-12-31"), "entry") == ["lists:b2", "lists:b1"]
    assert column(ask(list="red"), "entry", "roles") != []
    assert ask(asOf="2025-01-05") == []  # the day it ends is no longer in it


# -- sources and batches ------------------------------------------------------------------------


@of("which-file-and-line-a-fact-came-from")
def test_sources(ask: Ask) -> None:
    assert column(ask(), "file", "line", "batch", "retractedIn") == [
        ("registry.jsonl", "9", 2, 6), ("corrections.jsonl", "1", 6, None),
    ]  # fmt: skip
    assert column(ask(fact="reg:c1"), "kind", "file", "line") == [
        ("company", "registry.jsonl", "1")
    ]
    assert column(ask(fact="lists:b2"), "kind", "line") == [("listing", "2")]
    assert column(ask(fact="pay:y2"), "kind", "line") == [("TRANSFERRED_TO", "8")]
    assert ask(fact="reg:y2") == []


@of("batches-between-two-moments")
def test_batches(ask: Ask) -> None:
    assert column(ask(), "batch", "file", "facts", "retractions") == [
        (3, "tax.jsonl", 11, 0), (4, "bank.jsonl", 20, 0), (5, "wallet.jsonl", 8, 0),
        (6, "corrections.jsonl", 5, 2), (7, "lists.jsonl", 3, 0),
    ]  # fmt: skip
    assert column(ask(since="2024-05-10T09:00:00+08:00"), "batch") == [7]


@of("everything-of-one-batch")
def test_everything_of_a_batch(ask: Ask) -> None:
    for number, batch in enumerate(BATCHES[1:], 2):
        told = [
            f"{batch.dataset}:{fact['id']}" for fact in batch.facts if fact["kind"] != "retract"
        ]
        assert sorted(column(ask(batch=number), "fact")) == sorted(told)
    assert {row["line"]: (row["fact"], row["said"]) for row in ask()}["7"] == (
        "tax:i2", ["amount 99000.0", "goods 1070101", "status issued"],
    )  # fmt: skip
    assert ask(batch=99) == []


@of("what-a-batch-retracted-or-corrected")
def test_retractions_of_a_batch(ask: Ask) -> None:
    assert column(ask(), "kind", "fact", "said", "becomes") == [
        ("OFFICER_OF", "reg:o1", ["role 监事"], []),
        ("SHAREHOLDER_OF", "reg:s2", ["share 0.4"], ["share 0.35"]),
    ]
    assert ask(batch=3) == []


@of("the-subjects-with-most-relations")
def test_hubs(ask: Ask) -> None:
    assert column(ask(), "relationships")[0] == CALLERS + 1 + 2  # its version and its number
    assert "戊科技有限公司" in column(ask(kind="company"), "name")
