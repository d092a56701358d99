"""Payment returns by brute force: every walk of every payment's money, from plain facts."""

from __future__ import annotations

from typing import Any, NamedTuple

Fact = dict[str, Any]
ROLES = ("legal_representative", "officer", "controller", "shareholder")
TIES = ("kin", "nominee", "acts_in_concert")


class Move(NamedTuple):
    """A transfer: name, accounts, day, amount."""

    id: str
    a: str
    b: str
    day: int
    amount: int


class Pair(NamedTuple):
    """What a row should say of one seller and buyer."""

    returned: frozenset[str]
    facts: frozenset[str]
    paid: int
    back: int
    payments: int
    followed: int
    hits: int
    chance: float


def around(facts: list[Fact], company: str) -> set[str]:
    """A company, who is about it, and who is tied to one of these."""
    near = {company}
    near |= {f["from"] for f in facts if f["kind"] in ROLES and f["to"] == company}
    near |= {f["to"] for f in facts if f["kind"] == "employs" and f["from"] == company}
    ties = [(f["from"], f["to"]) for f in facts if f["kind"] in TIES]
    ties += [(b, a) for a, b in ties]
    return near | {b for a, b in ties if a in near}


def walks(
    moves: list[Move], payment: Move, home: set[str], window: int, hops: int, part: float
) -> list[list[Move]]:
    """Every walk of a payment's money, each ended where it is home."""
    found: list[list[Move]] = []
    ends: list[list[Move]] = [[payment]]
    for _ in range(hops):
        ends = [
            [*walk, move]
            for walk in ends
            for move in moves
            if (walk[-1].b not in home or len(walk) == 1)
            and move.a == walk[-1].b
            and walk[-1].day <= move.day <= payment.day + window
            and part * payment.amount <= move.amount <= payment.amount
        ]
        found += ends
    return found


def shortest(walks_: list[list[Move]], home: set[str]) -> set[str]:
    """The transfers on shortest walks home: each reached at the fewest steps there are to it."""
    level: dict[str, int] = {}
    for walk in walks_:
        level[walk[-1].id] = min(level.get(walk[-1].id, 99), len(walk))
    good = [w for w in walks_ if all(level[m.id] == i + 2 for i, m in enumerate(w[1:]))]
    return {m.id for w in good if w[-1].b in home for m in w[1:]}


class Back(NamedTuple):
    """What came back of payments, made as one by the last of them."""

    of: list[Move]
    total: int
    enough: bool
    on: set[str]
    followed: set[str]
    hits: set[str]


def back_of(
    moves: list[Move], of: list[Move], home: set[str], window: int, hops: int, part: float,
    fee: float,
) -> Back:  # fmt: skip
    """Follow payments as one."""
    whole = sum(move.amount for move in of)
    one = Move("+".join(move.id for move in of), of[0].a, of[0].b, of[-1].day, whole)
    ways = walks(moves, one, home, of[0].day + window - of[-1].day, hops, part)
    ends = {walk[-1] for walk in ways}
    reached = {move for move in ends if move.b in home}
    total = sum(move.amount for move in reached)
    enough = total > 0 and total >= whole * (1 - fee) - 1e-9
    on = shortest(ways, home)
    return Back(of, total, enough, on, {m.id for m in ends}, {m.id for m in reached})


def lumps(paid: list[Move], back: set[str], window: int) -> list[list[Move]]:
    """Runs of 2 to 6 consecutive payments into one account, those that are whole first first, then
    the shortest, none of which was back by itself."""
    paid = sorted(paid, key=lambda move: (move.day, move.id))
    found = []
    for last in range(len(paid)):
        for first in range(last - 1, max(last - 6, -1), -1):
            run = paid[first : last + 1]
            if (
                len({move.b for move in run}) == 1
                and not {move.id for move in run} & back
                and run[-1].day - run[0].day <= window
            ):
                found.append(run)
    return found


def returns(
    facts: list[Fact], window: int, hops: int, fee: float, part: float
) -> dict[tuple[str, str], Pair]:
    """Every pair of seller and buyer with a payment that came back."""
    owner: dict[str, set[str]] = {}
    for fact in facts:
        if fact["kind"] == "holds_account":
            owner.setdefault(fact["to"], set()).add(fact["from"])
    invoiced = {(f["from"], f["to"]) for f in facts if f["kind"] == "invoice"}
    every = [
        Move(f["id"], f["from"], f["to"], f["day"], int(f["amount"]))
        for f in facts
        if f["kind"] == "transfer" and f["from"] != f["to"]
    ]

    def pairs(move: Move) -> set[tuple[str, str]]:
        """Seller and buyer, where a transfer is a payment for invoices."""
        sides = [(s, b) for s in owner.get(move.b, ()) for b in owner.get(move.a, ())]
        return {pair for pair in sides if pair in invoiced and pair[0] != pair[1]}

    moves = [move for move in every if not pairs(move)]
    payments: dict[tuple[str, str], list[Move]] = {}
    for move in every:
        for pair in pairs(move):
            payments.setdefault(pair, []).append(move)
    found = {}
    for (seller, buyer), paid in payments.items():
        people = around(facts, buyer)
        home = {a for a, held in owner.items() if held & people and seller not in held}
        followed: set[str] = set()
        hits: set[str] = set()
        good, on, back = [], set(), 0
        alone = [back_of(moves, [one], home, window, hops, part, fee) for one in paid]
        taken = [one for one in alone if one.enough]
        runs = [
            back_of(moves, run, home, window, hops, part, fee)
            for run in lumps(paid, {one.of[0].id for one in taken}, window)
        ]
        lumped = []
        for run in runs:
            if run.enough and not {m.id for m in run.of} & {m.id for r in lumped for m in r.of}:
                lumped.append(run)
        for one in [*taken, *lumped]:
            good += one.of
            on |= {m.id for m in one.of} | one.on
            back += min(one.total, sum(m.amount for m in one.of))
        for one in [*alone, *(runs if lumped else [])]:
            followed |= one.followed
            hits |= one.hits
        if good:
            chance = sum(move.b in home for move in moves) / len(moves)
            found[seller, buyer] = Pair(
                frozenset(p.id for p in good), frozenset(on), sum(p.amount for p in good), back,
                len(paid), len(followed), len(hits), chance,
            )  # fmt: skip
    return found
