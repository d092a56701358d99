"""The picture of a flow over time: a line for each who took part, an arrow for each event.

Time runs from left to right, each moment in a column of its own; so does a reader see what came
after what, and how fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from api.report.canvas import Picture
from api.report.known import Known
from api.report.ring import holders
from api.report.words import moment, money, on_line, say

if TYPE_CHECKING:
    from api.client import Asking

_STEP: Final = 96.0  # from one moment to the next
_LANE: Final = 74.0  # from one line to the next
_LEFT: Final = 52.0  # from a card to the first moment


def flow(risk: Asking, answer: Mapping[str, Any], row: int = 0) -> Picture:
    """The events among the facts of one row of an answer (transfers, invoices), in order of time.

    Lines stand in the order of the row's members, then in that of their first event; above an
    account stands who holds it. A row cites at most 20 facts: the note says where it has more.
    """
    found = answer["results"][row]
    known = Known(risk, answer, found["facts"])
    events = [fact for fact in known.facts.values() if "at" in fact and "to" in fact]
    events.sort(key=lambda fact: (str(fact["at"]), str(fact["id"])))
    ends = [fact[end]["id"] for fact in events for end in ("from", "to")]
    named = [name for name in found.get("members", ()) if name in set(ends)]
    lanes = {name: place for place, name in enumerate(dict.fromkeys([*named, *ends]))}
    total = found.get("facts_total", len(found["facts"]))
    picture = Picture(
        f"{say('按时间的流向', 'Flow over time')}: {found['id']}",
        f"{len(events)} events between {len(lanes)} subjects, earliest first. "
        + " ".join(_told(known, fact) for fact in events),
        say(
            f"图中 {len(found['facts'])} 项事实，共 {total} 项",
            f"{len(found['facts'])} of {total} facts",
            " / ",
        )
        if total > len(found["facts"])
        else "",
    )
    times = list(dict.fromkeys(str(fact["at"]) for fact in events))
    columns = _columns([str(fact["at"]) for fact in events])
    cards = {name: known.card(name, holders(risk, known, name)) for name in lanes}
    left = _LEFT + max((card.half[0] for card in cards.values()), default=0.0)
    for name, lane in lanes.items():
        y = lane * _LANE
        picture.arrow([(0.0, y), (left + _STEP * len(events), y)], "closing", head=False)
        picture.card((0.0, y), cards[name])
    for time in times:
        first, last = columns[time]
        x = left + _STEP * (first + last) / 2
        picture.words((x, -_LANE * 0.72), moment(time).split(" "), look="soft")
    for place, fact in enumerate(events):
        x = left + _STEP * place
        top, low = (lanes[fact[end]["id"]] * _LANE for end in ("from", "to"))
        picture.arrow([(x, top), (x, low)], "main", tip=_told(known, fact))
        down = 1 if low > top else -1
        picture.words((x, top + down * 17), [money(str(fact.get("amount") or ""))])
    return picture


def _columns(times: list[str]) -> dict[str, tuple[int, int]]:
    """The first and last column of each moment."""
    found: dict[str, tuple[int, int]] = {}
    for place, time in enumerate(times):
        found[time] = found.get(time, (place, place))[0], place
    return found


def _told(known: Known, fact: Mapping[str, Any]) -> str:
    ends = " → ".join(known.label(fact[end]["id"]) for end in ("from", "to"))
    return f"{moment(str(fact['at']))} {ends} {on_line(fact)} ({fact['id']})."


__all__ = ["flow"]
