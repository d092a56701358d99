"""From a question about call dens to its findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from algorithms.findings.making import Found, overdue
from algorithms.findings.making import answer as findings
from algorithms.findings.significance import binomial_tail
from algorithms.registry import Result
from algorithms.rings.calling import Calls, calls, cold_callers
from algorithms.rings.den_signs import weigh
from algorithms.rings.shown import oldest
from algorithms.rings.ties import Links, Ties
from graph.columns import I64
from graph.deadline import within
from graph.model import CODES
from graph.times import day_end, today

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.rings.call_dens import CallDenParams
    from graph.snapshot import Snapshot

_ACCOUNT: Final = CODES["account"]
_DEVICE: Final = CODES["device"]
_ASKED: Final = 20_000  # callees whose money is looked at


class Den(NamedTuple):
    """Phones, what ties them (with the relations), who uses them, accounts around; pairs of calls
    and payments from callees."""

    phones: list[int]
    places: list[int]
    ties: list[int]
    users: list[int]
    accounts: list[int]
    pairs: list[int]
    money: list[int]


def answer(snapshot: Snapshot, params: CallDenParams) -> Result[Finding]:
    """See `call_dens`."""
    deadline = within(params.time_limit)
    subject = None if params.subject is None else snapshot.resolve(params.subject)
    at = day_end(params.as_of or today())
    made = calls(snapshot, at, params.short)
    phones = cold_callers(made, params.min_callees, params.min_cold).tolist()
    rate = float(made.cold.sum()) / max(len(made.cold), 1)
    ties = Ties(snapshot, at)
    found: list[Found] = []
    groups = _dens(phones, ties, params.max_sharing) if phones else []
    for group, places in deadline.through(groups, "dens / 窝点"):
        den = _den(snapshot, made, group, places, ties, params.max_sharing)
        if subject is not None and subject not in {*den.phones, *den.places, *den.users}:
            continue
        found.append(_found(snapshot, made, den, rate, ties))
    text = "time_limit: not all were weighed / 超时, 未全部权衡"
    cuts = overdue(deadline, len(found), text)
    return findings(snapshot, found, params, tests=len(np.unique(made.caller)), cuts=cuts)


def _few(links: Links, subject: int, most: int) -> list[int]:
    """Whom a subject is related to; nobody where they are more than `most`."""
    low, high = links.span(subject)
    others = sorted(set(links.other[low:high].tolist())) if high - low <= 20 * most else []
    return others if len(others) <= most else []


def _dens(phones: list[int], ties: Ties, most: int) -> list[tuple[list[int], list[int]]]:
    """Phones by den, with the users, devices and addresses that tie them."""
    root = {phone: phone for phone in phones}

    def find(x: int) -> int:
        while root[x] != x:
            root[x] = root[root[x]]
            x = root[x]
        return x

    tying: dict[int, set[int]] = defaultdict(set)
    cold = set(phones)
    for phone in phones:
        for user in _few(ties.phones, phone, most):
            if _few(ties.phones, user, most):
                tying[user].add(phone)
            for place in _few(ties.places, user, most):
                if _few(ties.places, place, most):
                    tying[place].add(phone)
    for tied in tying.values():
        first, *rest = sorted(tied & cold)
        for phone in rest:
            root[find(phone)] = find(first)
    groups: dict[int, list[int]] = defaultdict(list)
    for phone in phones:
        groups[find(phone)].append(phone)
    places: dict[int, list[int]] = defaultdict(list)
    for place, tied in tying.items():
        places[find(next(iter(tied)))].append(place)
    return [(group, sorted(places[key])) for key, group in groups.items()]


def _den(
    snapshot: Snapshot, made: Calls, phones: list[int], tying: list[int], ties: Ties, most: int
) -> Den:
    order = {phone: len(made.of(phone)) for phone in phones}
    phones = sorted(phones, key=lambda phone: (-order[phone], snapshot.canonical(phone)))
    users = {user for phone in phones for user in _few(ties.phones, phone, most)}
    places = [place for place in tying if place not in users]
    kind = snapshot.nodes.kind
    near = users | {
        user
        for place in places
        if kind[place] == _DEVICE
        for user in _few(ties.places, place, most)
        if kind[user] == _ACCOUNT
    }
    accounts = {node for node in near if kind[node] == _ACCOUNT}
    for user in users - accounts:
        accounts.update(_few(ties.accounts, user, most))
    pairs = [pair for phone in phones for pair in made.of(phone)]
    inside = {*phones, *users, *places}
    rows = {
        row
        for links in (ties.phones, ties.places)
        for user in near
        for row, other in _rows(links, user)
        if other in inside
    }
    named = snapshot.canonical
    return Den(
        phones,
        sorted(places, key=named),
        sorted(rows),
        sorted(users - accounts, key=named),
        sorted(accounts, key=named),
        pairs,
        _paid(snapshot, made, pairs, accounts, ties, most),
    )


def _rows(links: Links, subject: int) -> Iterable[tuple[int, int]]:
    low, high = links.span(subject)
    return zip(links.row[low:high].tolist(), links.other[low:high].tolist(), strict=True)


def _paid(
    snapshot: Snapshot, made: Calls, pairs: list[int], accounts: set[int], ties: Ties, most: int
) -> list[int]:
    """Payments from accounts of callees to these accounts after the first call."""
    vf, src = snapshot.columns.vf, snapshot.nodes.rep[snapshot.columns.src]
    into = [
        (row, payer)
        for account in accounts
        for row, payer in _rows(ties.transfers, account)
        if int(src[row]) == payer
    ]
    payers = {payer for _, payer in into} - accounts
    if not payers:
        return []
    called: dict[int, int] = {}  # account: when its owner was called first
    for pair in pairs[:_ASKED]:
        when = int(vf[made.row[int(made.first[pair])]])
        for user in _few(ties.phones, int(made.callee[pair]), most):
            for account in (user, *_few(ties.accounts, user, most)):
                if account in payers:
                    called[account] = min(when, called.get(account, when))
    return sorted(row for row, payer in into if payer in called and int(vf[row]) >= called[payer])


def _found(snapshot: Snapshot, made: Calls, den: Den, rate: float, ties: Ties) -> Found:
    pairs = np.array(den.pairs, np.int64)
    cold = int(made.cold[pairs].sum())
    callees = len(np.unique(made.callee[pairs]))
    rows = made.rows_of(den.pairs)
    value = snapshot.columns.value[den.money]
    began = snapshot.columns.vf[rows]
    parts: list[I64] = [np.array(part, np.int64) for part in (den.ties, den.money)]
    return Found(
        pattern="call_den",
        members=den.phones,
        rows=[row for part in (*parts, rows) for row in oldest(snapshot, part)],
        p=float(binomial_tail(cold, len(pairs), rate)),
        zh=f"{len(den.phones)} 部电话向 {callees} 个号码拨出 {len(rows)} 次, 其中 {cold} 个"
        "只有短通话且从不回拨",
        en=f"{len(den.phones)} phones made {len(rows)} calls to {callees} others, {cold} of them"
        " short and never answered by a call back",
        signs=weigh(snapshot, made, den, ties),
        circle=[*den.places, *den.users, *den.accounts],
        amount=int(value[value > 0].sum()) or None,
        begins=int(began.min()),
        ends=int(began.max()),
        attrs={"calls": len(rows), "callees": callees, "cold": cold},
        called=den.phones,
    )
