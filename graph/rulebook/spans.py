"""Calendar arithmetic of rules: full years of age, and durations such as P2Y."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from graph.times import DAY, format_time, parse_time

_DURATION: Final = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?")


def age_on(born: date, day: str) -> int:
    """Full years on a day; born on 29 February, one is older on 1 March of other years."""
    on = date.fromisoformat(day)
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def later(begin: int, duration: str) -> int:
    """An instant (µs), a duration later: on the same day of the month, the last one of a month
    that is shorter; then days. Raises ValueError where it is no duration."""
    if (found := _DURATION.fullmatch(duration)) is None:
        raise ValueError(f"not a duration: {duration[:40]!r}")
    years, months, days = (int(part or 0) for part in found.groups())
    text = (format_time(begin) or "")[:10]
    day = date.fromisoformat(text)
    year, month = divmod(day.year * 12 + day.month - 1 + years * 12 + months, 12)
    after = divmod(year * 12 + month + 1, 12)
    last = (date(after[0], after[1] + 1, 1) - date(year, month + 1, 1)).days
    moved = date(year, month + 1, min(day.day, last)).isoformat()
    return parse_time(moved) + days * DAY + begin - parse_time(text)
