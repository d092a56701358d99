"""Whom the demo asks about: the telling subjects of a generated world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.model import ROLE_KINDS, SHARE_UNIT
from graph.times import DAY, day_end, format_time

if TYPE_CHECKING:
    from api.client import Local
    from api.demo.world import World
    from graph.snapshot import Snapshot


@dataclass(frozen=True)
class Cast:
    """Subjects by their dataset's ids."""

    listed: str  # a black-listed company, or the best-linked one where none is listed
    listing: Mapping[str, Any] | None
    bottom: str  # below the longest chain of holdings
    levels: int
    head: str  # who commands the most companies by majority holdings, one above another
    ring: Mapping[str, Any]  # a planted cycle of transfers
    account: str
    holder: str  # who holds an account of the ring, the best-linked of them
    shared: Mapping[str, Any]  # companies at one phone and one address
    left: str  # a company whose legal representative changed
    left_on: str  # the day on which the role of the former one ended
    left_before: str


def choose(risk: Local, world: World) -> Cast:
    """Look through the world once. Linear in its relations."""
    snapshot = risk.session.snapshot()
    at = day_end(world.as_of)
    links = _links(snapshot, at)
    rings = [r for r in world.truth["rings"] if r["pattern"] == "transfer_cycle"]
    shared = [r for r in world.truth["rings"] if r["pattern"] == "shared_identifiers"]
    ring = max(rings, key=lambda r: float(r["amount"]))
    account, holder = _holder(snapshot, ring, links, at)
    listed, listing = _listed(snapshot, links, at)
    bottom, levels = _chain(snapshot, at)
    left, left_on, left_before = _left(snapshot, links)
    return Cast(
        listed=listed,
        listing=listing,
        bottom=bottom,
        levels=levels,
        head=_head(snapshot, at),
        ring=ring,
        account=account,
        holder=holder,
        shared=max(shared, key=lambda r: len(r["members"])),
        left=left,
        left_on=left_on,
        left_before=left_before,
    )


def _name(snapshot: Snapshot, node: int) -> str:
    return snapshot.records(node)[0]


def _links(snapshot: Snapshot, at: int) -> dict[int, int]:
    """How many roles each subject has a part in."""
    counts: dict[int, int] = {}
    columns, rep = snapshot.columns, snapshot.nodes.rep
    for row in snapshot.rows(ROLE_KINDS, at).tolist():
        for end in (columns.src[row], columns.dst[row]):
            counts[int(rep[end])] = counts.get(int(rep[end]), 0) + 1
    return counts


def _holder(
    snapshot: Snapshot, ring: Mapping[str, Any], links: Mapping[int, int], at: int
) -> tuple[str, str]:
    """An account of the ring and who holds it; persons before companies."""
    columns, rep = snapshot.columns, snapshot.nodes.rep
    members = {int(snapshot.resolve(f"demo:{name}")) for name in ring["members"]}
    found = [
        (int(rep[columns.src[row]]), int(rep[columns.dst[row]]))
        for row in snapshot.rows("holds_account", at).tolist()
        if int(rep[columns.dst[row]]) in members
    ]
    if not found:  # accounts without a known holder: the ring itself is asked about
        name = f"demo:{ring['members'][0]}"
        return name, name
    best = max(found, key=lambda p: (snapshot.kind_name(p[0]) == "person", links.get(p[0], 0), p))
    return _name(snapshot, best[1]), _name(snapshot, best[0])


def _listed(
    snapshot: Snapshot, links: Mapping[int, int], at: int
) -> tuple[str, Mapping[str, Any] | None]:
    """The best-linked company on a black list then; without any, the best-linked company."""
    companies = [n for n in snapshot.subjects("company").tolist() if snapshot.nodes.vt[n] > at]
    black = {}
    for node in companies:
        for entry in snapshot.listings(node, at):
            if entry.get("list") == "black" and entry.get("status") == "active":
                black[node] = entry
    best = max(black or companies, key=lambda n: (links.get(n, 0), -n))
    return _name(snapshot, best), black.get(best)


def _chain(snapshot: Snapshot, at: int) -> tuple[str, int]:
    """The company below the longest chain of holdings, and its levels; loops are not entered."""
    columns, rep = snapshot.columns, snapshot.nodes.rep
    below: dict[int, set[int]] = {}
    above: dict[int, set[int]] = {}
    for row in snapshot.rows("shareholder", at).tolist():
        a, b = int(rep[columns.src[row]]), int(rep[columns.dst[row]])
        below.setdefault(a, set()).add(b)
        above.setdefault(b, set()).add(a)
    depth = dict.fromkeys((node for node in below if node not in above), 0)
    waiting = {node: len(holders) for node, holders in above.items()}
    ready = sorted(depth)
    while ready:
        node = ready.pop()
        for under in below.get(node, ()):
            depth[under] = max(depth.get(under, 0), depth[node] + 1)
            waiting[under] -= 1
            if not waiting[under]:
                ready.append(under)
    bottom = max((n for n in depth if not waiting.get(n)), key=lambda n: (depth[n], -n))
    return _name(snapshot, bottom), depth[bottom]


def _head(snapshot: Snapshot, at: int) -> str:
    """Who stands on top of the most companies, each held by over half by the one above it."""
    columns, rep = snapshot.columns, snapshot.nodes.rep
    held: dict[int, dict[int, int]] = {}
    for row in snapshot.rows("shareholder", at).tolist():
        a, b, share = int(rep[columns.src[row]]), int(rep[columns.dst[row]]), columns.value[row]
        by = held.setdefault(b, {})
        by[a] = by.get(a, 0) + max(int(share), 0)
    major = {b: a for b, by in held.items() for a, sum_ in by.items() if 2 * sum_ > SHARE_UNIT}
    count: dict[int, int] = {}
    for company in major:
        node, seen = company, {company}
        while (node := major.get(node, -1)) >= 0 and node not in seen:
            seen.add(node)
            count[node] = count.get(node, 0) + 1
    return _name(snapshot, max(count, key=lambda n: (count[n], -n)))


def _left(snapshot: Snapshot, links: Mapping[int, int]) -> tuple[str, str, str]:
    """A company whose legal representative changed: the day of it, and the day before."""
    columns, rep = snapshot.columns, snapshot.nodes.rep
    roles: dict[int, list[int]] = {}
    for row in snapshot.rows("legal_representative").tolist():
        roles.setdefault(int(rep[columns.dst[row]]), []).append(row)
    changed = []
    for company, rows in roles.items():
        starts = {int(columns.vf[row]) for row in rows}
        ends = [int(columns.vt[row]) for row in rows if int(columns.vt[row]) in starts]
        if ends and snapshot.nodes.vf[company] < max(ends) - DAY:
            changed.append((links.get(company, 0), max(ends), company))
    _, moment, company = max(changed)
    on, before = format_time(moment), format_time(moment - DAY)
    assert on is not None
    assert before is not None
    return _name(snapshot, company), on, before
