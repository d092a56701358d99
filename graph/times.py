"""Time: microseconds since 1970 UTC as int64; dates are read and shown in Asia/Shanghai (+08:00).

Intervals are half open. A date stands for its first instant; a day asked about stands for its last
instant, so that a fact that ends within the day is no longer in it.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from graph.errors import BadFact

NEG: Final = -(2**63)  # unbounded past
INF: Final = 2**63 - 1  # unbounded future
SHANGHAI: Final = timezone(timedelta(hours=8))
_EPOCH: Final = datetime(1970, 1, 1, 8, tzinfo=SHANGHAI)
_MICRO: Final = timedelta(microseconds=1)
DAY: Final = 86_400_000_000
_OFFSET: Final = 8 * 3_600_000_000
_FIRST: Final = (1 - 719_163) * DAY - _OFFSET  # the years 1 to 9999, as they are shown
_LAST: Final = (date.max.toordinal() - 719_162) * DAY - _OFFSET


@lru_cache(maxsize=65536)
def _date(text: str) -> int:
    return (date.fromisoformat(text).toordinal() - 719_163) * DAY - _OFFSET


def parse_time(text: str) -> int:
    """Microseconds of an ISO 8601 date or date-time; without a zone it is +08:00.

    Full-width digits are read. Raises BadFact for anything else, impossible dates included.
    """
    try:
        if len(text) == 10:
            if text[4] != "-" or text[7] != "-":
                raise ValueError
            return _date(text)
        if len(text) < 16 or text[10] not in "T ":
            raise ValueError
        found = to_micros(datetime.fromisoformat(text))
        if not _FIRST <= found < _LAST:
            raise ValueError
    except (ValueError, TypeError, OverflowError):
        if isinstance(text, str) and (plain := unicodedata.normalize("NFKC", text)) != text:
            return parse_time(plain)
        raise BadFact(f"not a date or time: {str(text)[:40]!r}") from None
    return found


def to_micros(moment: datetime) -> int:
    """Microseconds of a datetime; a naive one is taken at +08:00."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    return (moment - _EPOCH) // _MICRO


def format_time(micros: int) -> str | None:
    """ISO text at +08:00: a bare date at midnight; None when unbounded."""
    if micros in (NEG, INF):
        return None
    if (micros + _OFFSET) % DAY == 0:
        return date.fromordinal((micros + _OFFSET) // DAY + 719_163).isoformat()
    return format_instant(micros)


def format_instant(micros: int) -> str:
    """ISO text at +08:00, always with its time."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat()


def day_end(text: str) -> int:
    """The last instant of a day at +08:00; raises BadFact when `text` is no date."""
    if len(text) != 10:
        raise BadFact(f"not a date: {text[:40]!r}")
    return parse_time(text) + DAY - 1


def today() -> str:
    """Today's date in Asia/Shanghai."""
    return datetime.now(SHANGHAI).date().isoformat()


def now() -> int:
    """The clock, in microseconds."""
    return to_micros(datetime.now(UTC))
