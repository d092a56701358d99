"""Days as numbers (since 1970-01-01) and their ready-made texts."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Final

from ingest.generate.draws import Ints

_EPOCH: Final = date(1970, 1, 1)
YEAR: Final = 365.25


def day(year: int, month: int = 1, of_month: int = 1) -> int:
    """The number of a day."""
    return (date(year, month, of_month) - _EPOCH).days


FIRST: Final = day(1930)
EVENTS: Final = day(2021)  # events happen from here ...
PRESENT: Final = day(2026, 7)  # ... to here; the world never looks at the clock
OPEN: Final = 0  # stands for an end that is not there; no state ends on 1970-01-01


@cache
def _iso() -> list[str]:
    return [(_EPOCH + timedelta(d)).isoformat() for d in range(FIRST, day(2050))]


@cache
def _ends() -> list[str]:
    table = [f',"valid_to":"{text}"' for text in _iso()]
    table[OPEN - FIRST] = ""
    return table


@cache
def _clock() -> list[str]:
    return [f"T{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}+08:00" for s in range(86_400)]


def dates(days: Ints) -> list[str]:
    """ISO dates."""
    table = _iso()
    return [table[d] for d in (days - FIRST).tolist()]


def ends(days: Ints) -> list[str]:
    """The member `valid_to` with its comma, or nothing where the day is OPEN."""
    table = _ends()
    return [table[d] for d in (days - FIRST).tolist()]


def moments(days: Ints, seconds: Ints) -> list[str]:
    """ISO times at +08:00."""
    table, clock = _iso(), _clock()
    return [
        table[d] + clock[s] for d, s in zip((days - FIRST).tolist(), seconds.tolist(), strict=True)
    ]
