"""A preview of a measure counts what single questions name."""

from __future__ import annotations

from algorithms.registry import ask
from graph.store import Store
from tests.algorithms.extension.test_extend import CASES, view

MOST = 60


def test_it_counts_whom_single_questions_name(store: Store) -> None:
    """On golden cases: one subject each, so the counts are those of its rows."""
    for number, case in enumerate(CASES[:MOST]):
        facts = [{**f, **{k: f"{number}-{f[k]}" for k in ("id", "from", "to", "subject") if k in f}}
                 for f in case["facts"] if f["kind"] not in ("retract", "close")]  # fmt: skip
        snapshot = view(store, facts, f"w{number}-")
        asked = {name: case[name] for name in ("measure", "act", "as_of")}
        subject = f"{number}-{case['subject']}"
        rows = ask(snapshot, "extend", {"subject": subject, **asked})["results"]
        (row,) = ask(snapshot, "extend_preview", {"subjects": [subject], **asked})["results"]
        kinds = [(each.outcome, snapshot.kind_name(snapshot.resolve(each.party))) for each in rows]
        assert row.extend_people == kinds.count(("extend", "person"))
        assert row.extend_firms == kinds.count(("extend", "company"))
        assert row.review_people == kinds.count(("review", "person"))
        assert row.review_firms == kinds.count(("review", "company"))
