"""Search and checker agree: whatever `extend` says of whomever in whatever world, the checker
follows from the same facts, and what extends also from the facts inside its proof alone.

Two readings of the law, written apart: one searches in units and arrays, one judges in rationals.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from algorithms.registry import ask
from graph.errors import UnknownSubject
from graph.proof.check import check
from graph.proof.shape import sealed
from graph.rulebook import load_rulebook
from graph.snapshot import Snapshot
from graph.store import Store, open_store
from tests.algorithms.extension.test_extend import (
    QUESTION,
    company,
    outcomes,
    person,
    role,
    same,
    view,
)
from tests.algorithms.related.worlds import Fact

BOOK = load_rulebook()
PEOPLE = [f"p{n}" for n in range(5)]
FIRMS = [f"c{n}" for n in range(5)]
SHARES: list[dict[str, str]] = [
    {"share": "0.1"}, {"share": "0.2"}, {"share": "0.3"}, {"share": "0.5"}, {"share": "0.51"},
    {"share": "0.6"}, {"share": "1"}, {"share": "0.5000000000000000001"},
    {"share": "0.3", "votes": "0.6"}, {"share": "0.6", "votes": "0"}, {"share_min": "0.51"},
    {"share_min": "0.25"}, {"share_min": "0.5"},
    {"share_min": "0.4", "share_max": "0.6"}, {"share_max": "0.4"}, {},
]  # fmt: skip
KINDS = ["shareholder"] * 9 + [
    "controller", "controller", "acts_in_concert", "acts_in_concert", "nominee", "nominee",
    "same_as", "same_as", "legal_representative", "officer", "kin", "guardian", "guarantee",
    "successor", "employs",
]  # fmt: skip
DAYS = ["2020-05-01", "2020-05-02", "2021-05-01", "2021-05-02", "2021-06-02"]  # about the act


@st.composite
def facts_of(draw: st.DrawFn) -> list[Fact]:
    """People and firms, relations of every kind that matters, and what falls afterwards."""
    facts: list[Fact] = []
    rare = st.integers(0, 9).map(lambda n: n == 0)
    for name in PEOPLE:
        born = draw(st.sampled_from([None, "2010-01-01", *["1980-01-01"] * 6]))
        facts.append(person(name, born))
    organ = {"attrs": {"form": "机关法人"}}
    facts += [company(name, **(organ if draw(rare) else {})) for name in FIRMS]
    facts += [{"id": f"r{n}", **draw(relations())} for n in range(draw(st.integers(3, 22)))]
    for fact in facts:
        if draw(rare):
            fact["valid_to"] = draw(st.sampled_from(DAYS))
    if draw(st.booleans()):
        status = draw(st.sampled_from(["active", "active", "repaired"]))
        facts.append({"kind": "listing", "id": "l", "subject": draw(st.sampled_from(FIRMS)),
                      "list": "black", "domain": "judgment", "decided_on": "2021-05-02",
                      "status": status})  # fmt: skip
    gone = draw(st.lists(st.sampled_from([f["id"] for f in facts]), max_size=4, unique=True))
    return [*facts, *({"kind": "retract", "id": name} for name in gone)]


@st.composite
def relations(draw: st.DrawFn) -> Fact:
    """A relation of any kind between any two that it may lie between."""
    kind = draw(st.sampled_from(KINDS))
    firm, human = st.sampled_from(FIRMS), st.sampled_from(PEOPLE)
    ends = {"kin": (human, human), "guardian": (human, human), "employs": (firm, human),
            "successor": (firm, firm), "officer": (human, firm),
            "legal_representative": (human, firm)}  # fmt: skip
    either = st.sampled_from([*PEOPLE, *FIRMS])
    both = (either, either) if kind in ("acts_in_concert", "nominee") else (either, firm)
    if kind == "same_as":
        both = draw(st.sampled_from([(human, human), (firm, firm)]))
    a, b = map(draw, ends.get(kind, both))
    said = {}
    if kind == "shareholder":
        said = draw(st.sampled_from(SHARES))
    if kind == "officer":
        said = {"role": draw(st.sampled_from(["主要负责人", "董事"]))}
    if kind == "same_as":
        said = {"by": draw(st.sampled_from(["name", "审核", "审核", "resolver person:1:0"]))}
    return {"kind": kind, "from": a, "to": b, **said}


def refused(snapshot: Snapshot) -> list[Any]:
    """Rows of `extend` about every firm whose proofs the checker does not accept."""
    found = []
    for firm in FIRMS:
        try:
            rows = ask(snapshot, "extend", QUESTION | {"subject": firm})["results"]
        except UnknownSubject:
            continue
        for row in rows:
            proof = json.loads(json.dumps(row.proof))
            problems = check(proof, BOOK, snapshot)
            if row.outcome == "extend":
                problems += check(proof, BOOK)
                problems += [f"{name} can be left out" for name in idle(proof)]
            if problems:
                found.append((firm, row.party, row.outcome, row.reason, problems))
    return found


def idle(proof: dict[str, Any]) -> list[str]:
    """Facts without which the proof holds as well; of who is who it states all judgements."""
    relations = proof["relations"]
    return [
        said["fact"]
        for place, said in enumerate(relations)
        if said["kind"] != "same_as"
        and check(sealed({**proof, "relations": relations[:place] + relations[place + 1 :]}), BOOK)
        == []
    ]


def agree(facts: list[Fact]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder)}/s.db", create=True)
        assert refused(view(store, facts)) == []
        store.close()


@settings(max_examples=150, deadline=None)
@given(facts_of())
def test_the_checker_follows_in_every_world(facts: list[Fact]) -> None:
    agree(facts)


@pytest.mark.full
@settings(max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(facts_of())
def test_the_same_in_two_thousand_worlds(facts: list[Fact]) -> None:
    agree(facts)


def held(a: str, b: str, share: str) -> Fact:
    return role("shareholder", a, b, share=share)


P1, P2, C1, C2 = person("p1"), person("p2"), company("c1"), company("c2")
GONE = {"kind": "retract", "id": "p3"}
MODEL = "resolver person:1:0123456789abcdef"

# Facts around c1, and what follows for whom: (outcome, reason), None where there is no row.
WORLDS: dict[str, tuple[list[Fact], dict[str, tuple[str, str] | None]]] = {
    "a register past 1 shows nothing, a declaration beside it does": (
        [P1, P2, C1, C2, held("c2", "c1", "0.6"), held("p1", "c2", "0.6"),
         held("p2", "c2", "0.6"), role("controller", "p1", "c2")],
        {"p1": ("extend", "rule"), "p2": ("review", "possible")},
    ),
    "the firm above has a register past 1: perhaps others command it": (
        [P1, P2, C1, C2, held("c2", "c1", "0.6"), held("p1", "c2", "0.4"),
         held("p2", "c2", "0.4"), held("c1", "c2", "0.3")],
        {"c2": ("review", "possible")},
    ),
    "in concert with somebody who has a majority of a register past 1": (
        [P1, P2, C1, held("p1", "c1", "0.51"), held("p2", "c1", "0.5"),
         role("acts_in_concert", "p1", "p2")],
        {"p1": ("review", "possible"), "p2": ("review", "possible")},
    ),
    "held through a nominee, and declared by a firm that needs none": (
        [P1, P2, C1, C2, held("p2", "c1", "0.6"), role("nominee", "p2", "p1"),
         held("p1", "c2", "0.6"), role("controller", "c2", "c1")],
        {"p1": ("extend", "rule"), "p2": ("exclude", "rule")},
    ),
    "through one firm with a nominee's votes, through another without": (
        [P1, P2, C1, C2, company("c3"), held("c2", "c1", "0.3"), held("c3", "c1", "0.3"),
         held("p2", "c2", "0.6"), role("nominee", "p2", "p1"), role("controller", "p1", "c2"),
         held("p1", "c3", "0.6")],
        {"p1": ("extend", "rule")},
    ),
    "nominees in a circle: whose votes these are nobody knows": (
        [P1, P2, C1, held("p1", "c1", "0.6"), role("nominee", "p1", "p2"),
         role("nominee", "p2", "p1")],
        {"p1": ("review", "nominee"), "p2": None},
    ),
    "a holding of a record that is retracted is nobody's": (
        [P1, person("p3"), C1, same("p1", "p3", "审核"), held("p3", "c1", "0.6"), GONE],
        {"p1": None},
    ),
    "two records that only a retracted one joined may be two people": (
        [P1, P2, person("p3"), C1, same("p1", "p3", "审核"), same("p3", "p2", "审核"),
         role("legal_representative", "p1", "c1"), GONE],
        {"p1": ("review", "name_match")},
    ),
    "two records that a judgement joins beside the retracted one are one": (
        [P1, P2, person("p3"), C1, same("p1", "p3", "审核"), same("p2", "p1", "审核"),
         role("legal_representative", "p1", "c1"), GONE],
        {"p1": ("extend", "rule")},
    ),
    "through a firm that a name alone joins, and by a declaration": (
        [P1, C1, C2, company("c3"), same("c2", "c3", "name"), held("c2", "c1", "0.6"),
         held("p1", "c2", "0.6"), company("c4"), held("p1", "c4", "0.6"),
         role("controller", "c4", "c1")],
        {"p1": ("extend", "rule")},
    ),
    "a model joins, and a person whom it has joined before": (
        [P1, P2, C1, same("p1", "p2", MODEL), {**same("p2", "p1", "审核"), "id": "sure"},
         role("legal_representative", "p1", "c1")],
        {"p1": ("extend", "rule")},
    ),
    "a model joins a third to two that a person joined": (
        [P1, P2, person("p4"), C1, same("p1", "p2", "审核"), same("p2", "p4", MODEL),
         role("legal_representative", "p1", "c1")],
        {"p1": ("review", "name_match")},
    ),
    "a score and nobody's name joins": (
        [P1, P2, C1, {**same("p1", "p2", ""), "score": "0.99"},
         role("legal_representative", "p1", "c1")],
        {"p1": ("review", "name_match")},
    ),
    "through a firm that a model joins": (
        [P1, C1, C2, company("c3"), same("c2", "c3", MODEL), held("c2", "c1", "0.6"),
         held("p1", "c3", "0.6")],
        {"p1": ("review", "name_match"), "c2": ("exclude", "rule")},
    ),
    "what a holder may have at most is bounded by what others surely have": (
        [P1, P2, person("p4"), C1, C2, held("c2", "c1", "0.6"), held("p1", "c2", "0.2"),
         held("p4", "c2", "0.3"), role("shareholder", "p2", "c2", share_min="0.3")],
        {"c2": ("extend", "rule"), "p2": None},
    ),
    "a bloc of which one may have a majority, were it not for others": (
        [P1, P2, person("p4"), C1, role("shareholder", "p1", "c1", share_min="0.5"),
         held("p2", "c1", "0.2"), held("p4", "c1", "0.3"), role("acts_in_concert", "p1", "p2")],
        {"p1": ("extend", "rule"), "p2": ("extend", "rule"), "p4": ("exclude", "rule")},
    ),
    "an organ leads by declaration: its nominee stands beside": (
        [P1, C1, company("c2", attrs={"form": "机关法人"}), role("controller", "c2", "c1"),
         role("nominee", "p1", "c2")],
        {"c2": ("review", "state_organ"), "p1": ("exclude", "no_row")},
    ),
    "a bloc beside a declared controller: both may decide": (
        [P1, P2, C1, C2, held("c2", "c1", "0.51"), held("p1", "c2", "0.2"),
         held("p2", "c2", "0.6"), held("c1", "c2", "0.55"), role("controller", "p2", "c2"),
         role("acts_in_concert", "p1", "c1")],
        {"p1": ("review", "possible")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WORLDS)
def test_what_follows_where_facts_are_in_doubt(store: Store, name: str) -> None:
    facts, wanted = WORLDS[name]
    snapshot = view(store, facts)
    found = outcomes(snapshot, QUESTION)
    told = {who: (row.outcome, row.reason) for who, row in found.items()}
    assert {who: told.get(who) for who in wanted} == wanted
    assert refused(snapshot) == []


def test_a_guarantee_that_was_shed_is_looked_at_where_a_rule_reaches_guarantors(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = tmp_path / "own.yaml"
    layer.write_text(
        "layer: own\nrows:\n  - id: own-guarantor\n    measure: consumption_restriction\n"
        "    subject: company\n    relation: guarantor\n    outcome: extend\n"
        "    conditions: [{held: act}]\n    basis: {document: fashi-2010-8-amended, article: 甲}\n"
        "    status: U\n    from: 2015-07-22\n    zh: 甲\n    en: a\n",
        "utf-8",
    )
    facts = [P1, C1, role("guarantee", "p1", "c1", valid_to="2021-04-19")]
    snapshot = view(store, facts)
    assert outcomes(snapshot, QUESTION) == {}
    monkeypatch.setenv("LINKRISK_RULEBOOK", str(layer))
    (row,) = outcomes(snapshot, QUESTION).values()
    assert (row.outcome, row.reason) == ("review", "shed")
    assert check(json.loads(json.dumps(row.proof)), load_rulebook(), snapshot) == []


@pytest.fixture(scope="module")
def wider(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A layer whose rules reach relatives and nominees of whoever leads."""
    rows = "".join(
        f"  - id: own-{limb}\n{more}    measure: consumption_restriction\n    subject: company\n"
        f"    relation: {limb}\n    outcome: extend\n    conditions: [{{held: act}}]\n"
        "    basis: {document: fashi-2010-8-amended, article: 甲}\n"
        "    status: U\n    from: 2015-07-22\n    zh: 甲\n    en: a\n"
        for limb, more in (
            ("relative", "    replaces: consumption-2015-relative\n"), ("nominee", ""),
        )
    )  # fmt: skip
    path = tmp_path_factory.mktemp("layer") / "own.yaml"
    path.write_text(f"layer: own\nrows:\n{rows}", "utf-8")
    return path


@pytest.mark.parametrize(
    ("by", "more", "outcome"),
    [
        (MODEL, [], ("review", "name_match")), ("审核", [], ("extend", "rule")),
        # Beside somebody else who leads, too, whose records nobody doubts.
        (MODEL, [person("p4"), role("legal_representative", "p4", "c1"), role("kin", "p4", "k1")],
         ("extend", "rule")),
    ],
)  # fmt: skip
def test_a_relative_of_whom_a_model_joined_is_looked_at_where_a_rule_reaches_relatives(
    store: Store, wider: Path, monkeypatch: pytest.MonkeyPatch, by: str, more: list[Fact],
    outcome: tuple[str, str],
) -> None:  # fmt: skip
    """One record leads, the other has the relative."""
    monkeypatch.setenv("LINKRISK_RULEBOOK", str(wider))
    facts = [P1, P2, person("k1"), C1, role("legal_representative", "p1", "c1"),
             same("p1", "p2", by), role("kin", "p2", "k1"), *more]  # fmt: skip
    snapshot = view(store, facts)
    row = outcomes(snapshot, QUESTION)["k1"]
    assert (row.outcome, row.reason) == outcome
    proof, book = json.loads(json.dumps(row.proof)), load_rulebook()
    assert check(proof, book, snapshot) == []
    if row.outcome == "extend":
        assert check(proof, book) == []


@settings(max_examples=60, deadline=None)
@given(facts=facts_of())
def test_the_checker_follows_where_rules_reach_whoever_stands_beside(
    wider: Path, facts: list[Fact]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LINKRISK_RULEBOOK", str(wider))
        patch.setitem(refused.__globals__, "BOOK", load_rulebook())
        agree(facts)


def test_past_the_bound_of_relations_the_answer_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relatives of whoever leads are bounded too."""
    kin = [f for n in range(5) for f in (person(f"k{n}"), role("kin", "p1", f"k{n}"))]
    snapshot = view(store, [P1, C1, role("legal_representative", "p1", "c1"), *kin])
    bounded: Callable[[], Any] = lambda: ask(snapshot, "extend", QUESTION)["truncated"]  # noqa: E731
    assert bounded() is None
    monkeypatch.setattr("algorithms.extension.candidates.MOST", 3)
    cut = bounded()
    assert cut is not None
    assert cut.reason == "max_explored"
