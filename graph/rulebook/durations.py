"""Durations of years, months and days (ISO 8601: P2Y, P1Y6M, P90D) counted from a day; ages."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Final

from graph.errors import WrongUsage
from graph.times import format_time, parse_time

_DURATION: Final = re.compile(r"P(?=[0-9])(?:([0-9]{1,3})Y)?(?:([0-9]{1,3})M)?(?:([0-9]{1,4})D)?")


def parts_of(text: str) -> tuple[int, int] | None:
    """Months and days; None where it is no duration, or of no length."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    years, months, days = (int(part or 0) for part in found.groups())
    return (years * 12 + months, days) if years or months or days else None


def longer(one: str, other: str) -> bool:
    """Whether the first is longer, months taken as 31 days; both are durations."""
    first, second = parts_of(one) or (0, 0), parts_of(other) or (0, 0)
    return first[0] * 31 + first[1] > second[0] * 31 + second[1]


def until(day: str, duration: str) -> str:
    """The ISO day on which something that began on `day` is no longer in force; O(1).

    Years and months lead to the same day of the month, or to its last day where it has no such
    day; then come the days. The day of beginning counts, so that no way of counting ends sooner.
    Past the year 9999 it is that year's last day.
    Raises WrongUsage where either is none.
    """
    parts = parts_of(duration)
    try:
        begins = date.fromisoformat(day)
    except ValueError:
        raise WrongUsage(f"not a date: {day[:40]!r}") from None
    if parts is None:
        raise WrongUsage(f"not a duration: {duration[:40]!r}")
    years, month = divmod(begins.month - 1 + parts[0], 12)
    year = begins.year + years
    if year > date.max.year:
        return date.max.isoformat()
    last = monthrange(year, month + 1)[1]
    same = date(year, month + 1, min(begins.day, last))
    left = (date.max - same).days
    return (same + timedelta(days=min(parts[1], left))).isoformat()


def later(begin: int, duration: str) -> int:
    """`until` for an instant (µs): the same time of the day that it gives. Raises WrongUsage."""
    day = (format_time(begin) or "")[:10]
    return parse_time(until(day, duration)) + begin - parse_time(day)


def age_on(born: date, day: str) -> int:
    """Full years on a day; born on 29 February, one is older on 1 March of other years."""
    on = date.fromisoformat(day)
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
