"""Shed roles by brute force: who held what is asked anew for every single day."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.referees.history import History
from tests.referees.tenures import LATEST, Held, held

ROLES = ("legal_representative", "officer", "controller", "shareholder")
Role = tuple[str, str]


def step(day: str, by: int) -> str:
    return (date.fromisoformat(day) + timedelta(by)).isoformat()


def on(states: list[Held], day: str) -> list[Held]:
    return [one for one in states if one.begins <= day < one.ends]


def role_of(one: Held) -> Role:
    return one.kind, (one.title or "") if one.kind == "officer" else ""


def unmatched(some: list[Held], others: list[Held]) -> list[str | None]:
    """Shares of some, without one for each equal share of the others."""
    rest = [one.share for one in others]
    left = []
    for one in some:
        if one.share in rest:
            rest.remove(one.share)
        else:
            left.append(one.share)
    return left


def lost(earlier: list[Held], later: list[Held]) -> tuple[bool, bool]:
    """Whether what was held is less from one day to the next, and whether that is unsure."""
    gone = unmatched([o for o in earlier if o not in later], [o for o in later if o not in earlier])
    new = unmatched([o for o in later if o not in earlier], [o for o in earlier if o not in later])
    if not gone:
        return False, False
    if None in gone or None in new:
        return True, bool(new)
    return sum(map(Fraction, gone)) > sum(map(Fraction, new)), False


def total(some: list[Held]) -> float | None:
    shares = [one.share for one in some]
    return None if None in shares else float(sum(map(Fraction, shares)))


class Firm:
    """A company's roles, as known at a batch and begun by a day."""

    def __init__(self, history: History, batch: int, name: str, as_of: str) -> None:
        subjects = history.subjects(batch)
        self.me = subjects[name]
        self.subjects = {one.canonical: one for one in subjects.values() if one.alive}
        self.people = {subjects[name].canonical for name in subjects if name.startswith("p")}
        self.all = held(history, batch, as_of)
        self.roles = [o for o in self.all if o.kind in ROLES and o.dst == self.me.canonical]

    def of(self, role: Role, party: str) -> list[Held]:
        return [o for o in self.roles if role_of(o) == role and o.src == party]

    def takers(self, role: Role, party: str, day: str, within: int) -> list[tuple[int, str, str]]:
        """(distance, party, day) of everybody else who took a role around a day."""
        found = []
        for other in {o.src for o in self.roles} - {party}:
            mine = self.of(role, other)
            for by in range(-within, within + 1):
                then = step(day, by)
                earlier, now = on(mine, step(then, -1)), on(mine, then)
                new = [o for o in now if o not in earlier]
                if role[0] == "shareholder":
                    took = bool(new) and lost(now, earlier)[0]
                else:
                    took = bool(new) and not earlier
                if took:
                    found.append((abs(by), other, then))
        return sorted(found)

    def around(self, day: str, within: int) -> list[Held]:
        """What held at any moment within days of the first instant of a day."""
        low, high = step(day, -within), step(day, within)
        return [o for o in self.all if o.begins <= high and o.ends > low]

    def between(self, a: str, b: str, day: str, taken_on: str, within: int) -> dict[str, set[str]]:
        near = self.around(day, within)
        pair = [o for o in near if {o.src, o.dst} == {a, b}]
        posts = [o for o in near if o.kind in ROLES and o.src == a and o.dst != self.me.canonical]
        work = [o for o in near if o.kind == "employs" and o.dst == b]
        where = [o for o in near if o.kind in ("uses_phone", "located_at")]
        many: set[str] = set()
        firms = set()
        if b in self.people:
            mine = [o for o in self.all if o.kind in ROLES and o.src == b and o.begins]
            for one in mine:
                days = abs((date.fromisoformat(one.begins) - date.fromisoformat(taken_on)).days)
                earlier = on(mine_in(self.all, b, one.dst), step(one.begins, -1))
                if days <= 90 and not earlier:
                    many.add(one.fact)
                    firms.add(one.dst)
        return {
            "relative": {o.fact for o in pair if o.kind in ("kin", "guardian")},
            "employee": {o.fact for o in posts if any(w.src == o.dst for w in work)}
            | {w.fact for w in work if any(w.src == o.dst for o in posts)},
            "many_firms": many if len(firms) >= 3 else set(),
            "declared": {o.fact for o in pair if o.kind == "nominee"},
            "places": {
                x.fact
                for o in where
                for p in where
                if (o.src, p.src) == (a, b) and o.dst == p.dst
                for x in (o, p)
            },
        }


def mine_in(states: list[Held], party: str, firm: str) -> list[Held]:
    return [o for o in states if o.kind in ROLES and o.src == party and o.dst == firm]


def shed(
    history: History,
    batch: int,
    name: str,
    act: str,
    before: int,
    after: int,
    within: int,
    as_of: str,
) -> list[dict[str, Any]]:
    """Rows as `shed_roles` documents them, in its order."""
    firm = Firm(history, batch, name, as_of)
    rows = []
    for by in range(-before, after + 1):
        day = step(act, by)
        if day > as_of or day >= firm.me.bounds.get("valid_to", LATEST):
            continue
        for role in {role_of(o) for o in firm.roles}:
            for party in {o.src for o in firm.roles}:
                mine = firm.of(role, party)
                earlier, now = on(mine, step(day, -1)), on(mine, day)
                unsure = False
                if role[0] == "shareholder":
                    left, unsure = lost(earlier, now)
                else:
                    left = bool(earlier) and not now
                if left:
                    rows.append(_row(firm, role, party, day, by, (earlier, now), within, unsure))
    return sorted(
        rows, key=lambda r: (r["days"], r["direction"] == "after", r["party"], r["role"],
                             r.get("title", ""))
    )  # fmt: skip


def _row(
    firm: Firm,
    role: Role,
    party: str,
    day: str,
    by: int,
    held_then: tuple[list[Held], list[Held]],
    within: int,
    unsure: bool,
) -> dict[str, Any]:
    earlier, now = held_then
    facts = sorted(o.fact for o in earlier if o not in now)
    best = None
    for distance, other, then in firm.takers(role, party, day, within):
        found = firm.between(party, other, day, then, within)
        nominee = [k for k in ("relative", "employee", "many_firms", "declared") if found[k]]
        rank = (not nominee, distance, other, then)
        if best is None or rank < best[0]:
            best = (rank, nominee, found)
    patterns = []
    nominee = []
    if best:
        (_, _, other, then), nominee, found = best
        patterns = ["handed_to_nominee"] if nominee else []
        patterns += ["successor"]
        patterns += ["relative"] if "relative" in nominee else []
        patterns += ["same_address_or_phone"] if found["places"] else []
        begun = sorted(o.fact for o in firm.of(role, other) if o.begins == then)
        ties = sorted(set().union(*found.values()))
        facts = list(dict.fromkeys([*facts, *begun, *ties]))
    ended = firm.subjects[party].bounds.get("valid_to", LATEST) == day
    patterns += ["ceased"] if ended else []
    patterns += ["share_unknown"] if unsure else []
    shares = role[0] == "shareholder"
    row = {
        "party": party,
        "role": role[0],
        "left_on": day,
        "days": abs(by),
        "direction": "before" if by <= 0 else "after",
        "share_before": total(earlier) if shares else None,
        "share_after": total(now) if shares else None,
        "successor": best[0][2] if best else None,
        "patterns": patterns,
        "remains": sorted({o.kind for o in on(firm.roles, day) if o.src == party}),
        "facts": facts,
    }
    row |= {"title": role[1]} if role[1] else {}
    return row | ({"nominee_by": nominee} if nominee else {})
