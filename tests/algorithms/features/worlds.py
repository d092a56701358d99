"""Small worlds of accounts, people and companies around a day, some of it after the day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from graph.times import SHANGHAI, to_micros
from tests.algorithms.related.worlds import Fact, relation
from tests.referees.features import Event

DAY = "2024-06-30"
END = to_micros(datetime(2024, 7, 1, tzinfo=SHANGHAI)) - 1
ACCOUNTS = tuple(f"a{i}" for i in range(5))
PEOPLE = tuple(f"p{i}" for i in range(3))


def moment(minutes: int) -> str:
    """So many minutes before the end of the day; after it where they are fewer than none."""
    when = datetime(2024, 7, 1, tzinfo=SHANGHAI) - timedelta(minutes=minutes)
    return when.isoformat(timespec="seconds")


def entities() -> list[Fact]:
    """Accounts, and the people who hold most of them."""
    found: list[Fact] = [{"kind": "account", "id": name} for name in ACCOUNTS]
    found += [{"kind": "person", "id": name} for name in PEOPLE]
    found += [
        relation("holds_account", f"h{i}", PEOPLE[i // 2], name, valid_from="2020-01-01")
        for i, name in enumerate(ACCOUNTS[:4])
    ]
    return found


_MINUTES = st.one_of(
    st.integers(1, 60 * 24 * 9), st.sampled_from([1, 60 * 24 * 7, 60 * 24 * 30, 60 * 24 * 400])
)
_AMOUNTS = st.sampled_from([None, 0, 1, 100_000, 200_000, 12_345, 99_999_999])


@st.composite
def transfers(
    draw: st.DrawFn, *, later: bool = False, most: int = 12
) -> tuple[list[Fact], list[Event]]:
    """Transfers between accounts up to the day (after it, with `later`), as facts and plainly."""
    facts, events = [], []
    for i in range(draw(st.integers(1 if later else 0, most))):
        src, dst = draw(st.sampled_from(ACCOUNTS)), draw(st.sampled_from(ACCOUNTS))
        minutes, value = draw(_MINUTES), draw(_AMOUNTS)
        minutes = 1 - minutes if later else minutes
        more: dict[str, Any] = {} if value is None else {"amount": f"{value / 100:.2f}"}
        name = f"{'l' if later else 't'}{i}"
        facts.append(relation("transfer", name, src, dst, at=moment(minutes), **more))
        events.append(Event(src, dst, END + 1 - minutes * 60_000_000, value))
    return facts, events
