"""Roles over time by brute force: every version of every fact is looked at, days are text."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.referees.history import History

EARLIEST, LATEST = "", "9999"


class Held(NamedTuple):
    """A state between two subjects (canonical ids) over the days on which it held."""

    fact: str
    kind: str
    src: str
    dst: str
    begins: str
    ends: str
    share: str | None
    title: str | None


def held(history: History, batch: int, day: str) -> list[Held]:
    """All states known at a batch that had begun by a day."""
    subjects = history.subjects(batch)
    found = []
    for version in history.versions:
        fact = version.fact
        if not version.known(batch) or "from" not in fact or "same_as" in fact["kind"]:
            continue
        ends = [subjects[fact[end]] for end in ("from", "to")]
        if not all(end.alive for end in ends):
            continue
        spans = [fact, *(end.bounds for end in ends)]
        begins = max(span.get("valid_from") or EARLIEST for span in spans)
        until = min(span.get("valid_to") or LATEST for span in spans)
        a, b = (end.canonical for end in ends)
        if begins < until and begins <= day and a != b:
            name = f"d:{fact['id']}"
            said = fact.get("share"), fact.get("role")
            found.append(Held(name, fact["kind"], a, b, begins, until, *said))
    return found


def _day(text: str) -> str | None:
    return None if text in (EARLIEST, LATEST) else text


def record(history: History, batch: int, name: str, day: str) -> list[dict[str, Any]]:
    """Rows as `subject_record` documents them, in its order."""
    subjects = history.subjects(batch)
    me = subjects[name]
    listed: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for version in history.versions:
        fact = version.fact
        if version.known(batch) and fact["kind"] == "listing":
            begins = fact.get("valid_from") or fact.get("decided_on") or EARLIEST
            ends = fact.get("valid_to") or fact.get("until") or LATEST
            if begins <= day:
                shown = {"fact": f"d:{fact['id']}", "list": fact["list"]}
                shown |= {"from": _day(begins), "to": _day(ends)}
                shown |= {k: fact[k] for k in ("domain", "status") if k in fact}
                canonical = subjects[fact["subject"]].canonical
                listed.setdefault(canonical, []).append((begins, ends, shown))
    roles = {"legal_representative", "officer", "controller", "shareholder"}
    rows = []
    mine = listed.get(me.canonical, [])
    if mine:
        begins = me.bounds.get("valid_from", EARLIEST)
        ends = me.bounds.get("valid_to", LATEST)
        own = Held("", "subject", "", me.canonical, begins, ends, None, None)
        rows.append(_row(own, me.canonical, mine, day, always=True))
    of_me = []
    for one in held(history, batch, day):
        if one.kind in roles and one.src == me.canonical:
            of_me.append((one, one.dst))
        if one.kind == "employs" and one.dst == me.canonical:
            of_me.append((one, one.src))
    for one, firm in sorted(
        of_me, key=lambda o: (o[0].begins, o[0].ends, o[1], o[0].kind, o[0].fact)
    ):
        rows.append(_row(one, firm, listed.get(firm, []), day))
    return rows


def _row(
    one: Held,
    firm: str,
    listed: list[tuple[str, str, dict[str, Any]]],
    day: str,
    *,
    always: bool = False,
) -> dict[str, Any]:
    ordered = sorted(listed, key=lambda entry: (entry[0], entry[2]["fact"]))
    after = [shown for begins, _, shown in ordered if begins >= one.ends]
    during = [
        shown
        for begins, ends, shown in ordered
        if begins < one.ends and (always or ends > one.begins)
    ]
    row = {
        "firm": firm,
        "role": one.kind,
        "from": _day(one.begins),
        "to": _day(one.ends),
        "held_now": one.begins <= day < one.ends,
        "share": float(one.share) if one.kind == "shareholder" and one.share else None,
        "listings_during": during,
        "listings_after": after,
        "facts": [*([one.fact] if one.fact else []), *(e["fact"] for e in (*during, *after))],
    }
    return row | ({"title": one.title} if one.title else {})
