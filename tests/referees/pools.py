"""Fund pools by going through every payment of every account, one after another."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple


class Paid(NamedTuple):
    """A transfer of whole units."""

    name: str
    src: str
    dst: str
    time: int
    amount: int


class Pool(NamedTuple):
    """What is known of one pool."""

    payers: set[str]
    returned: set[str]
    paid_in: int
    returns: int
    to_insiders: int
    funded: Fraction
    facts: set[str]


def around(
    holder: str | None, roles: list[tuple[str, str]], kin: list[tuple[str, str]]
) -> set[str]:
    """The holder, those tied to it by a role, and the kin of all of these."""
    near = {holder} if holder else set()
    for ties in (roles, kin):
        near |= {b for a, b in ties if a in near} | {a for a, b in ties if b in near}
    return near


def pool(
    paid: list[Paid],
    account: str,
    holder: dict[str, str],
    companies: set[str],
    insiders: set[str],
) -> Pool:
    """One account's measures; `insiders` are subjects."""
    inside = {a for a, h in holder.items() if h in insiders} | {account}
    ins = sorted((p for p in paid if p.dst == account and p.src != account), key=lambda p: p.time)
    outs = sorted((p for p in paid if p.src == account and p.dst != account), key=lambda p: p.time)
    first: dict[str, int] = {}
    for p in ins:
        first.setdefault(p.src, p.time)
    back = [p for p in outs if p.dst in first and p.time > first[p.dst] and p.dst not in inside]
    returned = {p.dst for p in back}
    payers = {
        a for a in first
        if a not in inside and (a in returned or holder.get(a) not in companies)
    }  # fmt: skip
    purse = funded = 0
    events = [(p.time, 0, p.amount) for p in ins if p.src not in payers and p.src not in inside]
    events += [(p.time, 1, p.amount) for p in back]
    for _, is_return, amount in sorted(events):
        if is_return:
            own = min(purse, amount)
            purse -= own
            funded += amount - own
        else:
            purse += amount
    near = [p for p in outs if p.dst in inside]
    mine = [p for p in ins if p.src in payers]
    total = sum(p.amount for p in back)
    return Pool(
        payers, returned, sum(p.amount for p in mine), total, sum(p.amount for p in near),
        Fraction(funded, total) if total else Fraction(0),
        {p.name for p in (*mine, *back, *near)},
    )  # fmt: skip
