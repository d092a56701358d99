"""Labels that a model learns nothing from are counted."""

from __future__ import annotations

from algorithms.scoring.labels import of_rows, unused
from tests.algorithms.related.worlds import world

FACTS = [
    {"kind": "account", "id": "a1"}, {"kind": "account", "id": "a2"},
    {"kind": "company", "id": "c1"}, {"kind": "person", "id": "p1"},
]  # fmt: skip


def test_labels_of_other_kinds_and_of_later_days_are_told() -> None:
    with world(FACTS) as view:
        rows = [("a1", "2021-05-01"), ("a2", "2099-01-01"), ("c1", "2021-05-01"),
                ("p1", "2021-05-01")]  # fmt: skip
        labels = of_rows(view, rows, "given")
        other, late = unused(view, labels, "account", "2021-12-31")
        assert other.startswith("labels: 2 of 4 subjects are no account and count for nothing")
        assert late.startswith("labels: 1 of 4 subjects are labelled after 2021-12-31 only")
        kept = of_rows(view, rows[:1], "given")
        assert unused(view, kept, "account", "2021-05-01") == []
        assert len(unused(view, kept, "account", "2021-04-30")) == 1
