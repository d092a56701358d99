"""Times against the standard library, and the half-open rule of days at +08:00."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graph.errors import BadFact
from graph.times import DAY, INF, NEG, day_end, format_instant, format_time, now, parse_time, today

SHANGHAI = timezone(timedelta(hours=8))
dates = st.dates(date(1, 1, 1), date(9999, 12, 31))
moments = st.datetimes(
    datetime.fromisoformat("0001-01-02"), datetime.fromisoformat("9999-12-30"),
    timezones=st.integers(-12 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m))),
)  # fmt: skip


def test_worked_values() -> None:
    assert parse_time("1970-01-01") == -8 * 3600 * 10**6
    assert parse_time("1970-01-01T08:00:00") == 0  # without a zone it is +08:00
    assert parse_time("1970-01-01T00:00:00Z") == 0
    assert parse_time("2021-03-04T10:00:00+08:00") == 1_614_823_200_000_000
    assert parse_time("2021-03-04 10:00:00.000001+08:00") == 1_614_823_200_000_001
    assert parse_time("２０２１-０３-０４") == parse_time("2021-03-04")


@settings(max_examples=100, deadline=None)
@given(dates)
@example(date(1, 1, 1))
@example(date(9999, 12, 31))
def test_a_date_is_its_first_instant(day: date) -> None:
    micros = parse_time(day.isoformat())
    assert micros == (datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
                      - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)  # fmt: skip
    assert format_time(micros) == day.isoformat()
    assert day_end(day.isoformat()) == micros + DAY - 1


@settings(max_examples=100, deadline=None)
@given(moments)
def test_a_moment_is_kept_exactly(moment: datetime) -> None:
    micros = parse_time(moment.isoformat())
    assert datetime.fromisoformat(format_instant(micros)) == moment
    assert parse_time(format_time(micros) or "") == micros
    assert format_instant(micros).endswith("+08:00")


@settings(max_examples=100, deadline=None)
@given(dates.filter(lambda d: d.year > 1), st.integers(-2, 2))
def test_days_are_half_open(day: date, other: int) -> None:
    """True from the day it begins to the day before it ends."""
    begins, ends = parse_time("2020-01-10"), parse_time("2020-01-20")
    for asked, true in (("2020-01-09", False), ("2020-01-10", True), ("2020-01-19", True),
                        ("2020-01-20", False)):  # fmt: skip
        assert (begins <= day_end(asked) < ends) is true
    if 2 < day.toordinal() < date.max.toordinal() - 2:
        asked = day + timedelta(days=other)
        holds = parse_time(day.isoformat()) <= day_end(asked.isoformat())
        assert holds is (other >= 0)


def test_an_event_late_in_the_day_counts_on_that_day() -> None:
    assert parse_time("2020-01-10T23:59:59.999999") <= day_end("2020-01-10")
    assert parse_time("2020-01-11T00:00:00") > day_end("2020-01-10")
    assert parse_time("2020-01-10T16:00:00Z") > day_end("2020-01-10")  # already the 11th there


@pytest.mark.parametrize("text", [
    "", "2020", "2020-1-1", "2020-02-30", "2021-02-29", "2020-13-01", "0000-01-01", "2020/01/01",
    "20200101", "2020-W01-1", "2020-01-01T", "2020-01-01T25:00:00", "2020-01-01T24:00:00",
    "10000-01-01", "2020-01-01Tnoon", "yesterday", "2020-01-0１x", "-2020-01-01", "2020-01-01T10",
    "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "二〇二〇年一月一日", "2020-01-01\n",
    "2020-01-01T10:00:00+25:00",
])  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(BadFact, match="not a date or time"):
        parse_time(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_time_that_can_be_shown_or_a_bad_fact(text: str) -> None:
    try:
        micros = parse_time(text)
    except BadFact:
        return
    assert parse_time(format_time(micros) or "") == micros
    assert format_instant(micros)


def test_the_unbounded_are_not_shown() -> None:
    assert format_time(NEG) is None
    assert format_time(INF) is None


def test_the_clock() -> None:
    moment = datetime.now(UTC)
    assert abs(now() - moment.timestamp() * 10**6) < 10**7
    assert today() in {(moment + timedelta(hours=8, seconds=s)).date().isoformat() for s in (0, 9)}


@pytest.mark.parametrize("text", ["2020-01-01T10:00:00", "", "tomorrow", "2020-02-30"])
def test_a_day_is_a_date(text: str) -> None:
    with pytest.raises(BadFact, match="not a date"):
        day_end(text)
