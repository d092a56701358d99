"""Proofs against whoever changes them: 1,000 changes of meaning, none of which is accepted."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from algorithms.registry import ask
from graph.facts import Normaliser
from graph.proof import shape
from graph.proof.base import BadProof, Base, Relation, Subject, fraction
from graph.proof.check import check
from graph.proof.judge import judge
from graph.rulebook import load_rulebook
from graph.snapshot import Snapshot, open_snapshot
from graph.store import open_store
from graph.times import INF, NEG

BOOK = load_rulebook()


def facts() -> list[dict[str, Any]]:
    """Legal representative, principal, controllers by chain, declaration and agreement, a holding
    company at the top, relatives, a minor, somebody of unknown age, a shed role, a listing."""
    people = [
        {"kind": "person", "id": f"p{n}", "name": f"人{n}", "attrs": {"birth_date": born}}
        for n, born in enumerate(["1970-01-01", "1971-02-03", "1980-05-05", "1985-06-07",
                                  "1990-01-01", "2010-10-10", "1966-06-06"], 1)
    ]  # fmt: skip
    people.append({"kind": "person", "id": "p8", "name": "人8"})
    firms = [{"kind": "company", "id": f"c{n}", "name": f"企业{n}"} for n in range(1, 7)]
    made = [
        ("legal_representative", "p1", "c1", {}),
        ("officer", "p2", "c1", {"role": "主要负责人"}),
        ("officer", "p4", "c1", {"role": "董事"}),
        ("shareholder", "p3", "c2", {"share": "0.6"}),
        ("shareholder", "p4", "c2", {"share": "0.4"}),
        ("shareholder", "c2", "c1", {"share": "0.550"}),
        ("shareholder", "p5", "c1", {"share": "0.45"}),
        ("kin", "p1", "p5", {"role": "配偶"}),
        ("legal_representative", "p6", "c3", {}),
        ("shareholder", "p4", "c3", {"share": "0.3"}),
        ("shareholder", "p5", "c3", {"share": "0.3"}),
        ("shareholder", "p7", "c3", {"share": "0.4"}),
        ("acts_in_concert", "p4", "p5", {"basis": "协议"}),
        ("controller", "p7", "c4", {"basis": "协议"}),
        ("shareholder", "c5", "c4", {"share": "0.3"}),
        ("legal_representative", "p8", "c4", {}),
        ("legal_representative", "p2", "c4", {"valid_to": "2021-04-19"}),
        ("shareholder", "c6", "c5", {"share": "0.9"}),
        ("shareholder", "p1", "c6", {"share": "0.5"}),
        ("shareholder", "p2", "c6", {"share": "0.5"}),
    ]
    roles = [
        {"kind": kind, "id": f"r{n}", "from": a, "to": b, "valid_from": "2015-01-01", **more}
        for n, (kind, a, b, more) in enumerate(made)
    ]
    listed = {"kind": "listing", "id": "l1", "subject": "c1", "list": "black", "status": "active",
              "domain": "judgment", "decided_on": "2021-05-02", "until": "2023-05-02"}  # fmt: skip
    return [*people, *firms, *roles, listed]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    path = tmp_path_factory.mktemp("proofs") / "facts.db"
    store = open_store(f"sqlite:///{path}", create=True)
    normaliser = Normaliser("d", store.id_key)
    written = store.write("b", [normaliser.row(fact) for fact in facts()])
    assert not written.rejected
    yield open_snapshot(store)
    store.close()


@pytest.fixture(scope="module")
def proofs(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Of every party of five firms, as whoever receives them reads them."""
    question = {"measure": "consumption_restriction", "act": "2021-05-01", "as_of": "2021-06-01"}
    rows = [
        row
        for n in range(1, 6)
        for row in ask(snapshot, "extend", {"subject": f"c{n}", **question})["results"]
    ]
    found = [json.loads(json.dumps(row.proof)) for row in rows]
    outcomes = {(p["claim"]["outcome"], p["claim"]["reason"]) for p in found}
    assert outcomes >= {("extend", "rule"), ("review", "unknown_age"), ("review", "shed"),
                        ("exclude", "age"), ("exclude", "rule")}  # fmt: skip
    return found


def test_as_made_they_hold(snapshot: Snapshot, proofs: list[dict[str, Any]]) -> None:
    for proof in proofs:
        assert check(proof, BOOK, snapshot) == []
        alone = check(proof, BOOK)
        if proof["claim"]["outcome"] == "extend":
            assert alone == []
        else:
            assert alone == ["it rests on what is absent: only a store can tell"]


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to every value that is neither map nor list."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, (*path, key))
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from leaves(value, (*path, place))
    else:
        yield path


def other(value: Any, chance: random.Random, pool: list[Any]) -> Any:
    """Another value, mostly one that stands somewhere in a proof already."""
    choices: list[Any] = [None, True, 0, "", "x", "2021-05-02", "extend", "exclude", "0.51", -1]
    if isinstance(value, str):
        choices += [value + "x", value[:-1]]
    if isinstance(value, int):
        choices.append(value + 1)
    while True:
        new = chance.choice(choices + pool[:400])
        if new != value or type(new) is not type(value):
            return new


def changed(proof: dict[str, Any], chance: random.Random, pool: list[Any]) -> dict[str, Any]:
    """The proof with one thing said otherwise."""
    made = copy.deepcopy(proof)
    kind = chance.randrange(5)
    extends = proof["claim"]["outcome"] == "extend"
    if kind == 0 and extends and made["relations"]:
        del made["relations"][chance.randrange(len(made["relations"]))]
    elif kind == 1 and len(made["records"]) > 1:
        del made["records"][chance.randrange(len(made["records"]))]
    elif kind == 2 and made["relations"]:
        made["relations"].append({**chance.choice(made["relations"]), "fact": "d:made-up"})
    else:
        *way, last = chance.choice([p for p in leaves(made) if p != ("digest",)])
        node = made
        for step in way:
            node = node[step]
        if kind == 3 and isinstance(node, dict):
            del node[last]
        else:
            node[last] = other(node[last], chance, pool)
    return made


def only_the_engine(made: dict[str, Any], proof: dict[str, Any]) -> bool:
    """Whether nothing but the known engine that made it is said otherwise: that is no meaning."""
    said = made["claim"].get("engine")
    return said in shape.ENGINES and made == {**proof, "claim": {**proof["claim"], "engine": said}}


@pytest.mark.parametrize("seed", range(20))
def test_no_change_of_meaning_is_accepted(
    snapshot: Snapshot, proofs: list[dict[str, Any]], seed: int
) -> None:
    """50 each: 1,000 in all, the digest as it was, and computed anew."""
    chance = random.Random(seed)
    pool = sorted({str(value) for proof in proofs for value in _values(proof)})
    chance.shuffle(pool)
    for _ in range(50):
        proof = chance.choice(proofs)
        made = changed(proof, chance, pool)
        if made == proof or only_the_engine(made, proof):
            continue
        assert check(made, BOOK) != []
        assert check(made, BOOK, snapshot) != []
        assert check(shape.sealed(made), BOOK, snapshot) != [], (proof, made)


def test_a_proof_of_an_earlier_engine_is_judged_by_what_it_says(
    snapshot: Snapshot, proofs: list[dict[str, Any]]
) -> None:
    """Its number alone refuses nothing; a claim that does not follow is refused whoever made it."""
    assert shape.ENGINES[-1] == shape.ENGINE
    assert shape.ENGINES[:-1]
    for earlier in shape.ENGINES[:-1]:
        for proof in proofs:
            assert proof["claim"]["engine"] == shape.ENGINE
            made = shape.by_engine(proof, earlier)
            assert made != proof
            assert check(made, BOOK, snapshot) == []
            assert check(made, BOOK) == check(proof, BOOK)
            wrong = {**made, "claim": {**made["claim"], "until": "2030-01-01"}}
            assert check(shape.sealed(wrong), BOOK, snapshot) != []


@pytest.mark.parametrize("engine", ["0", "01", "x", "", "1.0", None, 1, "99"])
def test_an_engine_that_never_was_is_refused(proofs: list[dict[str, Any]], engine: Any) -> None:
    made = {**proofs[0], "claim": {**proofs[0]["claim"], "engine": engine}}
    (why,) = check(shape.sealed(made), BOOK)
    assert "engine" in why


def _values(proof: dict[str, Any]) -> Iterator[Any]:
    for path in leaves(proof):
        node: Any = proof
        for step in path:
            node = node[step]
        yield node


def test_another_view_or_rulebook_is_refused(
    snapshot: Snapshot, proofs: list[dict[str, Any]], tmp_path: Path
) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'other.db'}", create=True)
    normaliser = Normaliser("d", store.id_key)
    store.write("b", [normaliser.row(fact) for fact in facts()[:-1]])
    other_view = open_snapshot(store)
    layer = tmp_path / "own.yaml"
    layer.write_text(
        "layer: own\nmeasures:\n  - id: local_check\n    domain: local\n    zh: 地方措施\n"
        "    en: a local measure\n    basis: no_basis\n",
        "utf-8",
    )
    own = load_rulebook(own=[layer])
    for proof in proofs:
        assert check(proof, BOOK, other_view) == ["it was made on another view of the facts"]
        assert check(proof, own, snapshot) == ["it was made by another rulebook or edition"]
    store.close()


@pytest.mark.parametrize("given", [None, [], {}, 1, "x", {"format": shape.FORMAT}])
def test_what_is_no_proof_is_refused(given: Any) -> None:
    assert len(check(given, BOOK)) == 1


@pytest.mark.parametrize("text", ["1e9999999999", "1/0", "0.1e-99999999", "nan", "1" * 200, True])
def test_what_is_no_share_is_refused_at_once(text: Any) -> None:
    with pytest.raises(BadProof, match="share"):
        fraction(text)


def test_a_row_is_for_its_kind_of_subject(tmp_path: Path) -> None:
    """Two rows of one relation, for firms and for persons: each holds for its own."""
    layer = tmp_path / "own.yaml"
    rows = "".join(
        f"  - id: own-{kind}\n    measure: consumption_restriction\n    subject: {kind}\n"
        f"    relation: guarantor\n    outcome: {outcome}\n    conditions: [{{held: act}}]\n"
        "    basis: {document: fashi-2010-8-amended, article: 第三条第二款}\n    status: U\n"
        "    from: 2015-07-22\n    zh: 甲\n    en: a\n"
        for kind, outcome in (("company", "review"), ("person", "exclude"))
    )
    layer.write_text(f"layer: own\nrows:\n{rows}", "utf-8")
    base = Base({name: Subject("company", NEG, INF) for name in ("a", "b")})
    base.add(Relation("g", "guarantee", "a", "b", NEG, INF))
    claim = {"subject": "b", "party": "a", "measure": "consumption_restriction",
             "act": "2021-05-01", "as_of": "2021-06-01"}  # fmt: skip
    verdict = judge(base, load_rulebook(own=[layer]), claim)
    assert (verdict.outcome, verdict.rule) == ("review", "own-company")


def test_a_claim_before_the_act_is_refused(
    snapshot: Snapshot, proofs: list[dict[str, Any]]
) -> None:
    """Of a firm without a listing nothing else says when the measure began."""
    reached = [p for p in proofs if p["claim"]["outcome"] == "extend" and not p["listings"]]
    assert reached
    for proof in reached:
        made = shape.sealed({**proof, "claim": {**proof["claim"], "as_of": "2021-04-30"}})
        assert check(made, BOOK) != []
        assert check(made, BOOK, snapshot) != []
