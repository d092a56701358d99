"""Days by which something is due: working days by the calendar of the State Council.

Holidays and make-up workdays (调休) are announced a year at a time and come from `chinesecalendar`.
For a year that it does not know, Monday to Friday are taken, and every day that was counted so says
`unknown year`.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Final, NamedTuple

import msgspec

from graph.errors import InputError, WrongUsage
from graph.rulebook.durations import later
from graph.times import format_time, parse_time

PUBLISH: Final = 7  # working days from the decision; PUSH from the day that it takes force
PUSH: Final = 2
OBJECTION: Final = 20  # days from acceptance: 征信业管理条例 art. 25
CLEAN: Final = "P3Y"  # without a black listing or decision, before a red list
# Product policy, no rule of law: by when a department says that it has got what was pushed to it,
# and what it did.
ACKNOWLEDGE: Final = 2
REPORT: Final = 7

STATUTORY: Final = "statutory"
UNKNOWN: Final = "unknown year"
_MOST: Final = 10_000
_DAY: Final = timedelta(days=1)


class Due(NamedTuple):
    """A day, and whether the calendar knew every day that was counted."""

    day: str
    calendar: str | None  # statutory, unknown year; None: no working days were counted


class Clock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is due. `state`: running, met, missed (done late, or never and no longer asked
    for), overdue (not done), stopped (no longer asked for before it was due)."""

    clock: str
    of: str | None = None  # a department, or an objection's number
    begins: str
    due: str
    state: str
    done: str | None = None
    calendar: str | None = None


def day_of(text: str, name: str = "day") -> str:
    """A day as it is written, YYYY-MM-DD; raises WrongUsage naming it."""
    try:
        if date.fromisoformat(text).isoformat() == text:
            return text
    except (ValueError, TypeError):
        pass
    raise WrongUsage(f"{name}: not a date like 2022-01-05: {str(text)[:40]!r}")


@cache
def known_years() -> frozenset[int]:
    """The years of which the calendar has holidays and make-up workdays."""
    from chinese_calendar import constants

    return frozenset(day.year for day in constants.holidays)


def is_working(day: date) -> bool:
    """Whether people work on a day; of a year that is not known, Monday to Friday."""
    if day.year not in known_years():
        return day.weekday() < 5
    from chinese_calendar import is_workday

    return bool(is_workday(day))


@lru_cache(maxsize=65536)
def add_working_days(day: str, count: int) -> Due:
    """The working day that is `count` after a day, which itself is not counted; 0 is that day.

    Raises InputError for a negative count or more than 10,000. Linear in the count.
    """
    if not 0 <= count <= _MOST:
        raise InputError(f"working days: a number from 0 to {_MOST}, not {count}")
    at, calendar = date.fromisoformat(day), STATUTORY
    while count:
        at += _DAY
        if at.year not in known_years():
            calendar = UNKNOWN
        count -= is_working(at)
    return Due(at.isoformat(), calendar)


def add_days(day: str, count: int) -> Due:
    """So many days after a day, holidays or not; a last day that is one is not moved, which is the
    stricter reading."""
    return Due((date.fromisoformat(day) + count * _DAY).isoformat(), None)


def publish_due(decided: str) -> Due:
    """By when a decision is published: 7 working days after it was made."""
    return add_working_days(decided, PUBLISH)


def push_due(since: str) -> Due:
    """By when departments are told: 2 working days after what they are to be told began."""
    return add_working_days(since, PUSH)


def objection_due(accepted: str) -> Due:
    """By when an objection is resolved: 20 days after it was accepted."""
    return add_days(accepted, OBJECTION)


def clean_from(last: str) -> str:
    """The first day of a red list for whoever was last listed on the day before this one."""
    return str(format_time(later(parse_time(last), CLEAN)))[:10]


def clock(
    name: str,
    begins: str,
    due: Due,
    day: str,
    *,
    done: str | None = None,
    stopped: str | None = None,
    of: str | None = None,
) -> Clock:
    """A clock as it stands on a day; from the day `stopped` on nothing is asked for any more. What
    comes later than the day is not known on it."""
    done = None if done is None or done > day else done
    stopped = None if stopped is None or stopped > day else stopped
    if done is not None:
        state = "met" if done <= due.day else "missed"
    elif stopped is not None:
        state = "stopped" if stopped <= due.day else "missed"
    else:
        state = "overdue" if day > due.day else "running"
    return Clock(
        clock=name, of=of, begins=begins, due=due.day, state=state, done=done, calendar=due.calendar
    )
