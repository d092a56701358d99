"""A small world in which some accounts turn out bad, as they look a little before."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

FIT, HELD, TEST, UNTIL = "2021-03-01", "2021-06-01", "2021-09-01", "2021-12-01"
GROUPS = ["entity", "degree"]
WINDOWS = [30]


def accounts(count: int = 160, seed: int = 1) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Facts, and whom of the accounts is found out on which day: in the two months before, many
    pay into such an account, which is half of what is to be seen; the rest is noise."""
    draw = random.Random(seed)
    names = [f"a{n}" for n in range(count)]
    facts: list[dict[str, Any]] = [{"kind": "account", "id": name} for name in names]
    first, bad = date(2021, 1, 1), {}
    for place, name in enumerate(names):
        if place % 3 == 0:
            bad[name] = (first + timedelta(days=70 + draw.randrange(260))).isoformat()

    def pay(a: str, b: str, day: date) -> None:
        facts.append({
            "kind": "transfer", "id": f"t{len(facts)}", "from": a, "to": b,
            "amount": str(draw.randrange(100, 9000)), "at": day.isoformat(),
        })  # fmt: skip

    for _ in range(5 * count):
        pay(*draw.sample(names, 2), first + timedelta(days=draw.randrange(330)))
    for name, found in bad.items():
        for _ in range(draw.randrange(3, 9)):
            day = date.fromisoformat(found) - timedelta(days=draw.randrange(1, 100))
            pay(draw.choice(names), name, max(day, first))
    return facts, bad
