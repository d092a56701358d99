"""The picture of a cycle: members around a circle, each hop with its number, amount and time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from algorithms.findings.patterns import named
from api.report.canvas import Picture, Point, border
from api.report.known import Known
from api.report.words import moment, money, say, spoken

if TYPE_CHECKING:
    from api.client import Asking

_LEAST: Final = ("transfer_cycle", "transfer_cycle_any_order")
_NUMBERS: Final = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


def cycle(risk: Asking, answer: Mapping[str, Any], row: int = 0) -> Picture:
    """One row of an answer whose `members` follow one another in a circle.

    Above each account stands who holds it on the day of the answer.
    """
    found = answer["results"][row]
    known = Known(risk, answer, found["facts"])
    members: Sequence[str] = found["members"]
    hops = _hops(known, members)
    picture = Picture(
        f"{say(named(str(found['pattern'])), f'Cycle of {len(members)}')}: {found['id']}",
        f"{found['why']}. Members in order: "
        + ", ".join(known.subject(name)["label"] for name in members)
        + ".",
    )
    radius = max(170.0, 43.0 * len(members))
    places = [_place(i / len(members), radius) for i in range(len(members))]
    cards = [known.card(name, holders(risk, known, name)) for name in members]
    for i, facts in enumerate(hops):
        after = (i + 1) % len(members)
        a, b = places[i], places[after]
        if len(members) == 2:  # there and back beside each other
            side = 46.0 if i else -46.0
            a, b = (a[0] - side, a[1]), (b[0] - side, b[1])
        start, stop = border(a, cards[i].half, b), border(b, cards[after].half, a, 5.0)
        picture.arrow([start, stop], "main", tip="; ".join(str(fact["id"]) for fact in facts))
        middle = (start[0] + stop[0]) / 2, (start[1] + stop[1]) / 2
        out = math.hypot(*middle) or 1.0
        ux, uy = middle[0] / out, middle[1] / out
        off = (70 * abs(ux) + 24 * abs(uy)) * (-1 if len(members) > 3 else 1)
        picture.words((middle[0] + off * ux, middle[1] + off * uy), _said(i, facts))
    for place, card in zip(places, cards, strict=True):
        picture.card(place, card)
    score = found.get("score")
    words = say("最小一笔", "least") if found["pattern"] in _LEAST else say("金额", "amount")
    picture.words(
        (0.0, 0.0),
        [
            f"{words} {money(str(found['amount']))}" if found.get("amount") else "",
            f"{moment(found['begins'])} → {moment(found['ends'])}" if len(members) > 4 else "",
            f"{say('得分', 'score')} {score:.4g}" if score is not None else "",
        ],
    )
    return picture


def _place(part: float, radius: float) -> Point:
    """A place on the circle, which is drawn wider than high: cards are."""
    angle = 2 * math.pi * part - math.pi / 2
    return radius * 1.3 * math.cos(angle), radius * math.sin(angle)


def _hops(known: Known, members: Sequence[str]) -> list[list[Mapping[str, Any]]]:
    """The payments from each member to the next."""
    pairs = {(a, members[(i + 1) % len(members)]): i for i, a in enumerate(members)}
    hops: list[list[Mapping[str, Any]]] = [[] for _ in members]
    for fact in known.facts.values():
        if "from" not in fact or "at" not in fact:
            continue
        if (i := pairs.get((fact["from"]["id"], fact["to"]["id"]))) is not None:
            hops[i].append(fact)
    return hops


def _said(number: int, facts: list[Mapping[str, Any]]) -> list[str]:
    if not facts:
        return []
    first = min(str(fact["at"]) for fact in facts)
    total = sum((Decimal(str(fact.get("amount") or 0)) for fact in facts), Decimal(0))
    times = f" × {len(facts)}" if len(facts) > 1 else ""
    badge = _NUMBERS[number] if number < len(_NUMBERS) else f"({number + 1})"
    return [f"{badge} {money(str(total))}{times}", moment(first)]


def holders(risk: Asking, known: Known, account: str) -> list[str]:
    """Who holds an account, by name; where more than two do, how many."""
    if known.subject(account)["kind"] != "account":
        return []
    asked = {"kinds": ["holds_account"], "direction": "in", "depth": 1}
    answer = risk.ask(
        "related_parties", subject=account, as_of=known.as_of, known_at=known.known_at, **asked
    )
    names = [row["party"] for row in answer["results"]]
    if len(names) > 2:
        return [
            say(
                f"持有人 {len(names)} 名",
                f"{len(names)} holders" if spoken() == "en" else "holders",
            )
        ]
    return [f"{say('持有人', 'held by')} {known.label(name)}" for name in names]


__all__ = ["cycle", "holders"]
