"""Black and red lists as facts and decisions show them: entry, basis, standard, procedure,
objection, exit; and who has been clean for long enough to stand on a red list."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from msgspec import to_builtins

from api.decisions.clocks import CLEAN, clean_from, clock, publish_due, push_due
from api.decisions.state import Decision, passed
from graph.errors import BadFact
from graph.limbs import in_force
from graph.times import INF, NEG, format_time, parse_time

if TYPE_CHECKING:
    from api.decisions.follow import Decisions
    from graph.snapshot import Snapshot

NEVER: Final = "0001-01-01"
FOREVER: Final = "9999-12-31"
_REPAIRED: Final = frozenset({"repaired", "已修复", "修复", "信用修复"})
_REVOKED: Final = frozenset({"revoked", "withdrawn", "annulled", "撤销", "已撤销", "撤回"})

# The plans ask for each of these in writing; the texts are the product's, labelled so.
TERMS: Final[dict[str, str]] = {
    "basis": "city plans: three years clean before a red list; product policy in all else"
    " / 城市工作方案: 列入红名单须连续三年无失信记录; 其余为产品策略",
    "standard": f"no black listing and no decision in force within {CLEAN}"
    " / 三年内无黑名单记录且无生效的惩戒决定",
    "procedure": "an authority lists, and records it as a fact with its basis; this view tells who"
    " qualifies / 由主管部门认定并以事实录入, 本视图仅提示是否符合条件",
    "objection": "accepted at any time, answered within 20 days / 可随时提出异议, 20日内答复",
    "exit": "with the end of the listing, on request, or with the first black listing or decision"
    " / 期满、申请退出, 或出现黑名单记录或惩戒决定时退出",
}


def standing(view: Snapshot, decisions: Decisions, node: int, day: str) -> dict[str, Any]:
    """One subject's listings, decisions on it as a party, and whether it qualifies for a red list.

    `clean_since` is the first day without a black listing or decision in force, null while there is
    one or none ever was; `qualifies_from` the day on which the time of being clean is full.
    """
    entries = [entry_of(said, day) for said in view.listings(node)]
    about = decided(view, decisions, node)
    # What stands in the way of a red list, and the first day on which it does no more.
    blocks = [
        (str(entry["fact"]), _until(entry))
        for entry in entries
        if entry["list"] == "black" and entry["state"] not in ("revoked", "ahead")
    ]
    blocks += [
        (one.id, min(e[:10] for e in (one.until, one.ended) if e is not None))
        for one in about
        if one.begins is not None and one.begins <= day and one.status != "revoked"
    ]
    last = max((end for _, end in blocks), default=NEVER)
    now = sorted(name for name, end in blocks if end > day)
    after = None if last in (NEVER, FOREVER) else clean_from(last)
    recent = sorted(name for name, end in blocks if end == FOREVER or clean_from(end) > day)
    return {
        "subject": view.canonical(node),
        "label": view.label(node),
        "qualifies": not recent,
        "clean_since": None if now or last == NEVER else last,
        "qualifies_from": after,
        "in_the_way": recent,
        "red": any(e["list"] == "red" and e["state"] == "in_force" for e in entries),
        "listings": [] if view.restricted(node) else entries,
        "decisions": [
            {"id": d.id, "status": d.status_on(day), "begins": d.begins, "until": d.until}
            for d in about
        ],
    }


def red_list(
    view: Snapshot, decisions: Decisions, names: list[str] | None, day: str, limit: int
) -> dict[str, Any]:
    """Standing of the subjects that are named, else of all that are on a red list: whoever is on
    one and qualifies no more is to leave it.

    Raises UnknownSubject. Linear in the listings where nobody is named.
    """
    if names is not None:
        nodes = [view.resolve(name) for name in names]
    else:
        nodes = [n for n in view.listed() if any(e.get("list") == "red" for e in view.listings(n))]
    rows = [standing(view, decisions, node, day) for node in nodes[:limit]]
    for row in rows:
        row["leave"] = row["red"] and not row["qualifies"]
    cut = (
        {"reason": "limit", "explored": len(nodes), "limit": limit} if len(nodes) > limit else None
    )
    return {
        "day": day, "known_at": view.known_at, "snapshot": view.name, "terms": TERMS,
        "results": rows, "truncated": cut,
    }  # fmt: skip


def decided(view: Snapshot, decisions: Decisions, node: int) -> list[Decision]:
    """Decisions about a party, by each name that it has or had; in order of id."""
    names = dict.fromkeys([view.canonical(node), *view.records(node)])
    found = {one.id: one for name in names for one in decisions.by_party(name)}
    return [found[ident] for ident in sorted(found)]


def entry_of(said: dict[str, Any], day: str) -> dict[str, Any]:
    """A listing: what it rests on, whether it stands on a day, how it ends, its clocks."""
    entered = str(said.get("decided_on") or said["valid_from"] or "")[:10] or None
    attrs = said.get("attrs") or {}
    kept = {n: said.get(n) for n in ("fact", "list", "domain", "authority", "basis", "status")}
    return {
        **kept,
        "entry": entered,
        "until": said["valid_to"],
        "state": _state(said, day),
        "clocks": [] if entered is None else _clocks(said.get("list"), entered, attrs, day),
    }


def _state(said: dict[str, Any], day: str) -> str:
    begins, ends = said["valid_from"], said["valid_to"]
    status = str(said.get("status") or "").strip().lower()
    if status in _REVOKED:
        return "revoked"
    if status in _REPAIRED:
        return "repaired"
    if begins is not None and not passed(begins, day):
        return "ahead"
    if ends is not None and passed(ends, day):
        return "expired"
    return "in_force" if in_force(status) else "ended"


def _until(entry: dict[str, Any]) -> str:
    """The first day on which a listing no longer counts against its subject. Where it was repaired
    or ended without a day, that is the end that it had: no earlier one is known."""
    return FOREVER if entry["until"] is None else str(entry["until"])[:10]


def _clocks(kind: Any, entered: str, attrs: dict[str, Any], day: str) -> list[dict[str, Any]]:
    """Published within 7 working days, a black list pushed within 2. Met or missed by what the
    facts say (`attrs.published_on`, `attrs.pushed_on`); else, once due, `unknown`."""
    found = []
    for name, field, due in (
        ("publish", "published_on", publish_due(entered)),
        ("push", "pushed_on", push_due(entered)),
    ):
        if name == "push" and kind != "black":
            continue
        done = _day(attrs.get(field))
        made: dict[str, Any] = to_builtins(clock(name, entered, due, day, done=done))
        if made["state"] == "overdue":
            made["state"] = "unknown"
        found.append(made)
    return found


def _day(text: Any) -> str | None:
    with suppress(BadFact):
        if isinstance(text, str) and (at := parse_time(text)) not in (NEG, INF):
            return str(format_time(at))[:10]
    return None
