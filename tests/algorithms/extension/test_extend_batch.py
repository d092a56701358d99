"""Many subjects at once say what single questions say; a preview counts them."""

from __future__ import annotations

from typing import Any

import msgspec

from algorithms.registry import ask
from graph.store import Store
from tests.algorithms.extension.test_extend import QUESTION, company, person, role, view

ASKED = {name: QUESTION[name] for name in ("measure", "act", "as_of")}


def facts() -> list[dict[str, Any]]:
    """Two firms led by one, one of them under a holding whose owners are not known."""
    return [
        company("c1"), company("c2"), company("h1"),
        person("p1"), person("p2"), person("p3", None), *(person(f"e{n}") for n in range(4)),
        role("legal_representative", "p1", "c1"),
        role("legal_representative", "p1", "c2"),
        role("officer", "p2", "c2", role="主要负责人"),
        role("legal_representative", "p3", "c2"),
        role("shareholder", "h1", "c1", share="0.6"),
        *(role("employs", "c1", f"e{n}") for n in range(3)),
        role("employs", "c2", "e2"), role("employs", "c2", "e3", valid_to="2021-05-15"),
    ]  # fmt: skip


def test_a_batch_says_what_single_questions_say(store: Store) -> None:
    snapshot = view(store, facts())
    rows = ask(snapshot, "extend_batch", {"subjects": ["c2", "c1", "c2"], **ASKED})["results"]
    single = [
        {"subject": f"d:{name}", **msgspec.to_builtins(row)}
        for name in ("c2", "c1")
        for row in ask(snapshot, "extend", {"subject": name, **ASKED, "proofs": False})["results"]
    ]
    assert [msgspec.to_builtins(row) for row in rows] == [
        {**row, "subject": row["subject"]} for row in single
    ]


def test_a_preview_counts_each_once(store: Store) -> None:
    snapshot = view(store, facts())
    (row,) = ask(snapshot, "extend_preview", {"subjects": ["c1", "c2"], **ASKED})["results"]
    counts = (row.subjects, row.extend_people, row.extend_firms)
    assert counts == (2, 2, 0), "p1 of both, p2 as principal"
    assert (row.review_people, row.review_firms) == (1, 1), "p3 of unknown age, h1 unknown above"
    assert row.employees == 3, "e0 to e2; e3 had left by the day"
    assert row.rules == ["consumption-2015-legal-representative", "consumption-2015-principal"]


def test_a_bound_is_said(store: Store) -> None:
    snapshot = view(store, facts())
    said = ask(snapshot, "extend_batch", {"subjects": ["c1", "c2"], **ASKED, "max_rows": 1})
    assert len(said["results"]) == 1
    assert said["truncated"].reason == "max_rows"
    assert said["notes"] == ["2 of 2 subjects were left / 未完成的主体"]
