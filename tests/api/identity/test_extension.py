"""What a judgement may carry: a model's alone nothing, a person's an extension; and the checker,
which knows neither the resolver nor the search, says the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from algorithms.registry import ask
from api.identity import facts
from api.identity.deciding import decide
from graph.proof.check import check
from graph.proof.shape import sealed
from graph.rulebook import load_rulebook
from graph.snapshot import Snapshot
from tests.api.identity.conftest import BORN, World, pair

QUESTION = {"subject": "registry:c1", "measure": "consumption_restriction", "act": "2021-05-02",
            "as_of": "2021-06-01"}  # fmt: skip
BOOK = load_rulebook()
ID = facts.pair_id("registry:p1", "tax:t1")
FACT = facts.same(ID)


def rows(snapshot: Snapshot) -> dict[str, Any]:
    """The parties of the question by the name of any of their records."""
    found = ask(snapshot, "extend", QUESTION)["results"]
    return {name: row for row in found for name in snapshot.records(snapshot.resolve(row.party))}


def proof_of(row: Any) -> Any:
    return json.loads(json.dumps(row.proof))


@pytest.mark.neo4j
def test_the_legal_representative_is_reached_once_a_person_answers_for_who_it_is(
    made: World,
) -> None:
    """The register knows the role and no birth date, the tax office the date and no role."""
    alone = rows(made.session.snapshot())["registry:p1"]
    assert (alone.outcome, alone.reason) == ("review", "unknown_age")

    made.added = [pair("p1", "t1", 0.9999)]
    made.run()
    view = made.session.snapshot()
    joined = rows(view)["registry:p1"]
    assert (joined.outcome, joined.reason) == ("review", "name_match")
    assert joined.facts == [FACT, "registry:r1"]
    assert check(proof_of(joined), BOOK, view) == []

    (found,) = made.added
    decide(made.session, made.book, found, "accepted", "李审核", "原件一致")
    view = made.session.snapshot()
    sure = rows(view)["registry:p1"]
    assert (sure.outcome, sure.facts) == ("extend", [FACT, "registry:r1"])
    assert check(proof_of(sure), BOOK, view) == []
    assert check(proof_of(sure), BOOK) == []

    decide(made.session, made.book, found, "undone", "李审核", "另有其人")
    view = made.session.snapshot()
    again = rows(view)["registry:p1"]
    assert (again.outcome, again.reason) == ("review", "unknown_age")
    # The proof of before speaks of what was known then; of now it does not hold.
    assert check(proof_of(sure), BOOK, view) != []
    then = made.session.snapshot(proof_of(sure)["claim"]["known_at"])
    assert check(proof_of(sure), BOOK, then) == []


@pytest.mark.parametrize("how", ["by", "score", "gone", "record"])
def test_a_proof_that_hides_who_judged_is_noticed(made: World, how: str) -> None:
    """Whoever writes the proof anew, with its digest, so that nothing of the model is in it."""
    made.added = [pair("p1", "t1", 0.9999)]
    made.run()
    view = made.session.snapshot()
    row = rows(view)["registry:p1"]
    told = proof_of(row)
    told["claim"] |= {"outcome": "extend", "reason": "rule", "until": None}
    (said,) = [each for each in told["relations"] if each["kind"] == "same_as"]
    assert said["by"].startswith("resolver")
    assert float(said["score"]) == 0.9999
    if how == "by":
        said["by"] = "李审核"
    elif how == "score":
        del said["score"]
        said["by"] = "李审核"
    elif how == "gone":
        told["relations"].remove(said)
    else:  # the record that has the role is said to have the birth date
        told["relations"].remove(said)
        told["records"] = [r for r in told["records"] if r["record"] != "tax:t1"]
        for record in told["records"]:
            if record["record"] == "registry:p1":
                record["born"] = [BORN]
    assert check(sealed(told), BOOK, view) != []
    untold = proof_of(row)
    untold["claim"] |= {"outcome": "extend", "reason": "rule"}
    assert check(sealed(untold), BOOK) != []


def test_a_firm_that_a_model_joined_between_carries_nobody_further(made: World) -> None:
    made.write([
        {"kind": "company", "id": "h1", "name": "控股公司"},
        {"kind": "shareholder", "id": "s1", "from": "h1", "to": "c1", "share": "0.6"},
    ])  # fmt: skip
    made.write([
        {"kind": "company", "id": "h2", "name": "控股公司"},
        {"kind": "shareholder", "id": "s2", "from": "t4", "to": "h2", "share": "0.9"},
    ], "tax")  # fmt: skip
    joined = pair("p1", "t1", 0.99)
    said = facts.of_machine(
        type(joined)(**{f: getattr(joined, f) for f in joined.__struct_fields__}
                     | {"a": "registry:h1", "b": "tax:h2"})
    )  # fmt: skip
    made.session.store.write("j", facts.rows_of(made.session.store, [said], "j"))
    view = made.session.snapshot()
    row = rows(view)["tax:t4"]
    assert (row.outcome, row.reason) == ("review", "name_match")
    assert f"{facts.DATASET}:{said['id']}" in row.facts
    assert check(proof_of(row), BOOK, view) == []


def test_where_official_keys_agree_a_models_word_takes_nothing_away(made: World) -> None:
    key = {"resident_id": "110105197005010035"}
    made.write([{"kind": "person", "id": "p1", "name": "王建国", "keys": key}])
    made.write([{"kind": "person", "id": "t1", "name": "王建國", "keys": key}], "tax")
    said = facts.of_machine(pair("p1", "t1", 0.99))
    made.session.store.write("j", facts.rows_of(made.session.store, [said], "j"))
    view = made.session.snapshot()
    row = rows(view)["registry:p1"]
    assert row.outcome == "extend"
    assert check(proof_of(row), BOOK, view) == []
    assert check(proof_of(row), BOOK) == []
