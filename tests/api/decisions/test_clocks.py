"""Working days against the notices of the State Council's General Office for 2024, 2025 and 2026
(国办发明电〔2023〕7号, 〔2024〕12号, 〔2025〕7号), written down by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from api.decisions.clocks import (
    Due,
    add_working_days,
    clean_from,
    clock,
    is_working,
    objection_due,
    publish_due,
    push_due,
)
from graph.errors import InputError

HOLIDAYS = [  # first and last day off
    ("2024-01-01", "2024-01-01"), ("2024-02-10", "2024-02-17"), ("2024-04-04", "2024-04-06"),
    ("2024-05-01", "2024-05-05"), ("2024-06-10", "2024-06-10"), ("2024-09-15", "2024-09-17"),
    ("2024-10-01", "2024-10-07"), ("2025-01-01", "2025-01-01"), ("2025-01-28", "2025-02-04"),
    ("2025-04-04", "2025-04-06"), ("2025-05-01", "2025-05-05"), ("2025-05-31", "2025-06-02"),
    ("2025-10-01", "2025-10-08"), ("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"),
    ("2026-04-04", "2026-04-06"), ("2026-05-01", "2026-05-05"), ("2026-06-19", "2026-06-21"),
    ("2026-09-25", "2026-09-27"), ("2026-10-01", "2026-10-07"),
]  # fmt: skip
MADE_UP = {  # Saturdays and Sundays that are worked
    "2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11", "2024-09-14",
    "2024-09-29", "2024-10-12", "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28",
    "2025-10-11", "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20",
    "2026-10-10",
}  # fmt: skip


def days(first: str, last: str) -> list[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(n) for n in range((end - start).days + 1)]


def by_hand(day: date) -> bool:
    if day.isoformat() in MADE_UP:
        return True
    return day.weekday() < 5 and not any(a <= day.isoformat() <= b for a, b in HOLIDAYS)


def test_every_day_of_three_years() -> None:
    wrong = [d for d in days("2024-01-01", "2026-12-31") if is_working(d) != by_hand(d)]
    assert wrong == []


@pytest.mark.parametrize(
    ("day", "count", "due"),
    [
        ("2024-02-08", 2, "2024-02-18"),  # spring festival; the 9th works, the 18th is made up
        ("2024-02-02", 1, "2024-02-04"),  # a Sunday that is worked
        ("2025-09-30", 2, "2025-10-10"),  # eight days off
        ("2025-09-26", 7, "2025-10-13"),  # 28 (Sunday, worked), 29, 30, 9, 10, 11 (Saturday), 13
        ("2025-12-31", 2, "2026-01-05"),  # over the new year; the 4th, a Sunday, is worked
        ("2025-06-03", 7, "2025-06-12"),
        ("2025-06-03", 0, "2025-06-03"),
        ("2025-06-07", 1, "2025-06-09"),  # from a Saturday
    ],
)
def test_working_days_after(day: str, count: int, due: str) -> None:
    assert add_working_days(day, count) == Due(due, "statutory")


def test_a_year_that_is_not_known_is_marked() -> None:
    assert add_working_days("2031-01-02", 2) == Due("2031-01-06", "unknown year")  # a Thursday
    found = add_working_days("2026-12-31", 1)  # 1 January is off by law, the calendar has not said
    assert found == Due("2027-01-01", "unknown year")
    made = clock("push", "2026-12-31", found, "2026-12-31")
    assert (made.state, made.calendar) == ("running", "unknown year")
    assert add_working_days("2003-12-30", 1).calendar == "unknown year"


def test_counts_outside_the_bounds() -> None:
    for count in (-1, 10_001):
        with pytest.raises(InputError, match="working days"):
            add_working_days("2025-06-03", count)


def test_the_clocks_of_the_plans() -> None:
    assert publish_due("2025-06-03").day == "2025-06-12"
    assert push_due("2025-09-30").day == "2025-10-10"
    assert objection_due("2025-09-20") == Due("2025-10-10", None)  # days, not working days
    assert clean_from("2024-02-29") == "2027-02-28"
    assert clean_from("2025-06-03") == "2028-06-03"


@pytest.mark.parametrize(
    ("day", "done", "stopped", "state"),
    [
        ("2025-06-12", None, None, "running"),
        ("2025-06-13", None, None, "overdue"),
        ("2025-07-01", "2025-06-12", None, "met"),
        ("2025-07-01", "2025-06-13", None, "missed"),
        ("2025-07-01", None, "2025-06-12", "stopped"),
        ("2025-07-01", None, "2025-06-13", "missed"),
        # On a day before it was done, that is not known.
        ("2025-06-12", "2025-06-13", None, "running"),
        ("2025-06-13", "2025-06-14", None, "overdue"),
        ("2025-06-13", None, "2025-06-14", "overdue"),
        ("2025-06-13", "2025-06-13", None, "missed"),
    ],
)
def test_states_of_a_clock(day: str, done: str | None, stopped: str | None, state: str) -> None:
    due = publish_due("2025-06-03")
    assert clock("publish", "2025-06-03", due, day, done=done, stopped=stopped).state == state
