"""Rented accounts: who shares a tool, whose use changed, and what that weighs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from algorithms.findings.asking import subject_of
from algorithms.findings.making import Cut, Found, answer, overdue
from algorithms.findings.scoring import Sign
from algorithms.findings.significance import poisson_tail
from algorithms.flows.change import changes
from algorithms.flows.currency import CNY
from algorithms.flows.holders import Holders, holders
from algorithms.flows.statements import Statements, statements
from algorithms.rings.connected import components
from graph.columns import I32, I64
from graph.deadline import within
from graph.model import CODES
from graph.times import DAY, day_end, format_time, today

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.flows.rented_accounts import RentedParams
    from algorithms.registry import Result
    from graph.snapshot import Snapshot

_ACCOUNT, _COMPANY, _PERSON = (CODES[name] for name in ("account", "company", "person"))
_EVEN = 0.8  # out over in, or in over out, of what passes through
_TOGETHER = 45 * DAY
_SOON = 90 * DAY
_PART = 20_000  # accounts whose payments are read at a time


class Uses(NamedTuple):
    """Uses of phones and devices: by accounts, and by whom else."""

    row: I64
    account: I32
    tool: I32
    since: I64
    user: I32  # companies and persons that use a tool themselves
    users_tool: I32


class Use(NamedTuple):
    """How an account was used: when that changed (-1: never), how likely by chance, if to larger
    amounts, if about as much went out as came in since, and what came in, by currency line."""

    changed: int
    p: float
    larger: bool
    even: bool
    rows: list[int]


def found_accounts(snapshot: Snapshot, params: RentedParams) -> Result[Finding]:
    """The answer to a question; see `rented_accounts`."""
    deadline = within(params.time_limit)
    at = day_end(params.as_of or today())
    one = None if params.account is None else subject_of(snapshot, params.account, "account")
    uses = _uses(snapshot, at)
    whose = holders(snapshot, at)
    rings, per_tool = _rings(uses, whose, params, snapshot.n)
    shared = set().union(*(set(ring.tolist()) for ring in rings)) if rings else set()
    single = np.setdiff1d(uses.account, np.array(sorted(shared), np.int64))
    if one is not None:
        rings = [ring for ring in rings if one in ring]
        single = single[single == one]
    cuts: list[Cut] = []
    wanted = np.unique(np.concatenate([single, *rings])).astype(np.int64)
    seen: dict[int, Use] = {}
    money: dict[int, list[tuple[int, int]]] = {}
    text = "time_limit: not all accounts were looked at / 超时, 未查看全部账户"
    for begin in range(0, len(wanted), _PART):
        deadline.report(begin, len(wanted), "accounts / 账户")
        if deadline.expired():
            cuts = overdue(deadline, begin, text)
            break
        made = statements(snapshot, wanted[begin : begin + _PART], at)
        seen.update(_used(made))
        _came(made, shared, money)
    employers = _employers(snapshot, at, whose.of[np.concatenate(rings)] if rings else None)
    found = [
        _shared(snapshot, ring, uses, whose, seen, money, employers, per_tool) for ring in rings
    ]
    for account in single.tolist():
        row = _handed_on(account, uses, seen[account], params) if account in seen else None
        if row is not None:
            found.append(_changed(snapshot, account, row, uses, whose, seen[account]))
    tests = len(np.unique(uses.tool)) + len(single)
    return answer(snapshot, found, params, tests=tests, cuts=cuts)


def _uses(snapshot: Snapshot, at: int) -> Uses:
    rows = snapshot.rows(("uses_phone", "uses_device"), at)
    rep, cols = snapshot.nodes.rep, snapshot.columns
    src, dst = rep[cols.src[rows]], rep[cols.dst[rows]]
    kind = snapshot.nodes.kind[src]
    own, other = kind == _ACCOUNT, (kind == _COMPANY) | (kind == _PERSON)
    order = np.lexsort((rows[own], cols.vf[rows[own]]))
    mine = rows[own][order]
    return Uses(mine, src[own][order], dst[own][order], cols.vf[mine], src[other], dst[other])


def _rings(uses: Uses, whose: Holders, params: RentedParams, n: int) -> tuple[list[I32], float]:
    """Accounts that tools join, of enough unrelated holders; and how many accounts beyond the first
    a tool has on average."""
    pairs = np.unique(uses.tool.astype(np.int64) * n + uses.account)
    tool, account = (pairs // n).astype(np.int32), (pairs % n).astype(np.int32)
    tools, first, count = np.unique(tool, return_index=True, return_counts=True)
    if not len(tools):
        return [], 0.0
    per_tool = float(count.sum() - len(count)) / len(count)
    users = count + np.bincount(
        np.minimum(np.searchsorted(tools, uses.users_tool), len(tools) - 1),
        weights=np.isin(uses.users_tool, tools), minlength=len(tools),
    )  # fmt: skip
    holder = whose.of[account]
    several = np.maximum.reduceat(holder, first) != np.minimum.reduceat(holder, first)
    taken = np.repeat(several & (users <= params.max_users), count)
    label = components(n, tool[taken], account[taken])
    mine = np.unique(account[taken])
    order = np.argsort(label[mine], kind="stable")
    rings = np.split(mine[order], np.flatnonzero(np.diff(label[mine[order]])) + 1)
    return [
        ring for ring in rings
        if len(ring) and len(_unrelated(ring, whose)) >= params.min_holders
    ], per_tool  # fmt: skip


def _unrelated(ring: I32, whose: Holders) -> I32:
    """The groups of the holders of accounts."""
    group = whose.group[ring]
    return np.unique(group[(whose.of[ring] >= 0) & (group >= 0)])


def _used(made: Statements) -> dict[int, Use]:
    """How the accounts were used, in the currency of most of their payments."""
    found: dict[int, Use] = {}
    change = changes(made)
    size = np.diff(made.begins)
    for pool in np.argsort(size, kind="stable").tolist():
        line, end = int(change.line[pool]), int(made.begins[pool + 1])
        if line < 0:
            continue
        out, value = made.out[line:end], made.value[line:end].astype(np.float64)
        sums = float(value[~out].sum()), float(value[out].sum())
        found[int(made.subject[pool])] = Use(
            int(made.time[line]), float(change.p[pool]), bool(change.larger[pool]),
            min(sums) >= _EVEN * max(sums), made.row[line:end].tolist(),
        )  # fmt: skip
    for account in made.subject.tolist():
        found.setdefault(account, Use(-1, 1.0, False, False, []))
    return found


def _came(made: Statements, shared: set[int], money: dict[int, list[tuple[int, int]]]) -> None:
    """Note what came into shared accounts, and when (in yuan)."""
    pools = [
        pool for pool, account in enumerate(made.subject.tolist())
        if account in shared and made.currency[pool] == CNY
    ]  # fmt: skip
    for pool in pools:
        lines = slice(int(made.begins[pool]), int(made.begins[pool + 1]))
        into = ~made.out[lines]
        times, values = made.time[lines][into].tolist(), made.value[lines][into].tolist()
        money[int(made.subject[pool])] = list(zip(times, values, strict=True))


def _employers(snapshot: Snapshot, at: int, people: I32 | None) -> dict[int, set[int]]:
    """Whom these people work for or lead."""
    found: dict[int, set[int]] = {}
    if people is None:
        return found
    rows = snapshot.rows(("employs", "legal_representative", "officer", "controller"), at)
    rep, cols = snapshot.nodes.rep, snapshot.columns
    employs = snapshot.codes(rows) == CODES["employs"]
    a, b = rep[cols.src[rows]], rep[cols.dst[rows]]
    firm, person = np.where(employs, a, b), np.where(employs, b, a)
    mine = np.isin(person, people)
    for boss, one in zip(firm[mine].tolist(), person[mine].tolist(), strict=True):
        found.setdefault(one, set()).add(boss)
    return found


def _shared(
    snapshot: Snapshot, ring: I32, uses: Uses, whose: Holders, seen: dict[int, Use],
    money: dict[int, list[tuple[int, int]]], employers: dict[int, set[int]], per_tool: float,
) -> Found:  # fmt: skip
    mine = np.flatnonzero(np.isin(uses.account, ring))
    tools = uses.tool[mine]
    several = np.unique(tools)
    of_each = [np.unique(uses.account[mine][tools == tool]) for tool in several.tolist()]
    joint = several[[len(each) > 1 for each in of_each]]
    mine = mine[np.isin(tools, joint)]
    names = np.array(snapshot.fact_ids(uses.row[mine].tolist()))
    mine = mine[np.lexsort((names, uses.since[mine]))]
    members = list(dict.fromkeys(uses.account[mine].tolist()))
    since = {}
    for place in mine.tolist()[::-1]:
        since[int(uses.account[place])] = int(uses.since[place])
    groups = len(_unrelated(ring, whose))
    largest = max(len(each) for each in of_each)
    held = [int(holder) for holder in whose.of[members] if holder >= 0]
    changed = [
        a for a in members
        if a in seen and seen[a].p <= 0.01 and seen[a].larger
        and -_SOON <= seen[a].changed - since[a] <= _SOON
    ]  # fmt: skip
    amount = sum(v for a in members for t, v in money.get(a, ()) if t >= since[a])
    began = format_time(min(since.values()))
    others = set(uses.user[np.isin(uses.users_tool, joint)].tolist())
    zh = f"{len(members)} 个账户 ({groups} 个互无关系的持有人) 由同一电话或设备操作"
    en = f"{len(members)} accounts of {groups} unrelated holders are operated from one tool"
    return Found(
        pattern="rented_account",
        members=members,
        rows=uses.row[mine].tolist(),
        p=float(poisson_tail(largest - 1, per_tool)),
        zh=zh,
        en=en,
        signs=_signs(snapshot, members, held, groups, since, changed, others, employers),
        circle=[*_named(snapshot, joint.tolist()), *dict.fromkeys(held)],
        amount=amount,
        called=members,
        attrs={"holders": groups, "changed": len(changed), "since": began},
    )


def _named(snapshot: Snapshot, subjects: list[int]) -> list[int]:
    """Subjects by their names."""
    return [at for _, at in sorted(zip(snapshot.canonicals(subjects), subjects, strict=True))]


def _signs(
    snapshot: Snapshot, members: list[int], held: list[int], groups: int, since: dict[int, int],
    changed: list[int], others: set[int], employers: dict[int, set[int]],
) -> list[Sign]:  # fmt: skip
    signs = []
    starts = np.sort(np.array(list(since.values())))
    near = np.searchsorted(starts, starts + _TOGETHER, side="right") - np.arange(len(starts))
    together = float(near.max()) / len(starts)
    if together >= 0.75:
        zh, en = "几乎同时开始由此操作", "they came to it within weeks"
        signs.append(Sign("at_once", 3.0, zh, en))
    elif not changed:
        zh, en = "多年陆续使用, 用途未变", "they came over the years and no use changed"
        signs.append(Sign("long_use", -4.0, zh, en))
    if changed:
        part = len(changed) / len(members)
        zh, en = (
            f"{len(changed)} 个账户的用途随之突变",
            f"the use of {len(changed)} changed with it",
        )
        signs.append(Sign("changed", 5 * part, zh, en))
    elif together >= 0.75:
        signs.append(Sign("unchanged", -2.0, "用途未变", "no account is used otherwise since"))
    kinds = {int(snapshot.nodes.kind[other]) for other in others}
    if _COMPANY in kinds:
        zh, en = "企业自用的设备 (代账、柜台或雇主)", "a company's own tool (bookkeeper, counter)"
        signs.append(Sign("company", -8.0, zh, en))
    bosses = [employers.get(holder, set()) | {holder} for holder in held]
    common = max((sum(boss in each for each in bosses) for boss in set().union(*bosses)), default=0)
    if len(held) > 1 and common * 2 >= len(held) and common > 1:
        zh, en = "持有人同属一家企业", "the holders work for one company"
        signs.append(Sign("employer", -6.0, zh, en))
    if groups * 3 <= len(set(held)) * 2:
        zh, en = "多数持有人互为亲属", "most holders are related (a family)"
        signs.append(Sign("family", -6.0, zh, en))
    if _PERSON in kinds:
        keepers = {other for other in others if snapshot.nodes.kind[other] == _PERSON}
        if keepers & set(held):
            zh, en = "其中一名持有人自己的设备", "one holder's own tool"
            signs.append(Sign("holders_own", -2.0, zh, en))
        else:
            zh, en = "另有使用人 (参见电话窝点)", "somebody else uses it, too (see call dens)"
            signs.append(Sign("keeper", -8.0, zh, en))
    return signs


def _handed_on(account: int, uses: Uses, use: Use, params: RentedParams) -> int | None:
    """The use, by its place, with which the account came to serve another, or None."""
    if not (use.larger and use.even and use.p <= params.max_change_p):
        return None
    mine = np.flatnonzero(uses.account == account)
    apart = np.abs(uses.since[mine].astype(np.float64) - use.changed)
    best = int(np.argmin(apart))
    return int(mine[best]) if apart[best] <= params.window * DAY else None


def _changed(
    snapshot: Snapshot, account: int, place: int, uses: Uses, whose: Holders, use: Use
) -> Found:
    holder = int(whose.of[account])
    cols = snapshot.columns
    into = [row for row in use.rows if int(snapshot.nodes.rep[cols.dst[row]]) == account]
    zh = "账户换用电话或设备前后用途突变: 金额变大, 进出相抵"
    en = "the use of the account changed with its tool: larger payments, as much out as in"
    signs = []
    if holder >= 0 and whose.company[account]:
        signs.append(Sign("company", -4.0, "企业账户 (业务增长)", "a growing business"))
    return Found(
        pattern="rented_account",
        members=[account],
        rows=[int(uses.row[place]), *use.rows],
        p=max(use.p, 1e-300),
        zh=zh,
        en=en,
        signs=signs,
        circle=[int(uses.tool[place]), *([holder] if holder >= 0 else [])],
        amount=sum(cols.value[into].tolist()),
        currency=snapshot.currencies(np.array(use.rows)).get(use.rows[0], CNY),
        called=[account],
        attrs={"holders": 1, "changed": 1, "since": format_time(use.changed)},
    )
