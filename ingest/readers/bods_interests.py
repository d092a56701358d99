"""The interests of a BODS relationship statement, as relations.

| interest | becomes |
|---|---|
| shareholding, votingRights (direct) | `shareholder`: one, where party and interval agree |
| boardMember, boardChair, seniorManagingOfficial (direct) | `officer` |
| nominee | `nominee`: the nominee holds for the subject |
| nominator | `nominee`: the subject holds for the nominator |
| influence, control by law, articles or board, parties of a trust | `controller` |
| rights by contract, to profit or assets | `controller` if declared beneficial ownership |
| anything else: indirect, of unknown directness or kind, undisclosed | `listing` `declaration` |

A declared indirect share would be counted twice beside the direct ones it sums up, so it stays
evidence on the company and never enters ownership. An undisclosed owner is kept with its reason
and is never made into a person.
"""

from __future__ import annotations

from typing import Any

from graph.errors import BadFact
from ingest.readers.bods_values import (
    CONTROL,
    OFFICERS,
    RIGHTS,
    fraction,
    listed,
    partial,
    plain,
    text_of,
)
from ingest.repeats import Scratch

Fact = dict[str, Any]


def relationship(
    found: Fact, record: str, details: Fact, common: Fact, *, source: dict[str, str], seen: Scratch
) -> list[Fact]:
    """The facts of one relationship statement, and the endings it brings to earlier ones.

    Ids are `recordId#interest`, the second of its kind `recordId#interest.2`. Where a newer
    statement in the same file moves an interest's start, what was declared before stays as
    `recordId#interest@start`, ended at the new start; an interest it no longer names ends at the
    statement's date.
    """
    subject, party = details.get("subject"), details.get("interestedParty")
    interests = listed(details, "interests")
    closed = found.get("recordStatus") == "closed"
    date = partial(found.get("statementDate"), "statementDate")
    if isinstance(subject, str) and isinstance(party, str):
        text_of(subject, "subject"), text_of(party, "interestedParty")
        facts = _relations(record, subject, party, interests, common)
        left = _undirected(interests) or ([] if interests else [{"type": "notStated"}])
        if left:
            facts.append(_declaration(record, subject, left, details, date, party=party))
    else:
        facts = [_undisclosed(record, subject, party, interests, date)]
    if common and facts[-1]["kind"] == "listing":
        facts[-1]["attrs"] = {**facts[-1]["attrs"], **common}
    if closed:
        for fact in facts:
            _end(fact, date)
    for fact in facts:
        fact["source"] = source
    return _succeed(record, facts, date, source, seen)


def again(aside: Fact, details: Fact) -> Fact:
    """The relation or declaration that our own export made a statement of: its ends, interval and
    shares from the statement; its kind and what BODS cannot hold are in `aside`."""
    subject, party = details.get("subject"), details.get("interestedParty")
    dataset = f"{aside['source'].get('dataset')}:"
    subject = text_of(subject, "subject").removeprefix(dataset)
    if aside["kind"] == "listing":
        return {"subject": subject}
    interests = listed(details, "interests")
    if not interests:
        raise BadFact("missing", "interests")
    party = text_of(party, "interestedParty").removeprefix(dataset)
    fact = _relation(aside["kind"], subject, party, interests[0], {})
    if aside["kind"] == "shareholder":
        _share(fact, interests[0], "share")
        for votes in interests[1:2]:
            _share(fact, votes, "votes")
    fact.pop("attrs", None)
    return fact


def _relations(
    record: str, subject: str, party: str, interests: list[Fact], common: Fact
) -> list[Fact]:
    votes = [i for i in interests if i.get("type") == "votingRights" and _direct(i)]
    counted: dict[str, int] = {}
    facts = []
    for interest in interests:
        kind = _kind(interest)
        if kind is None or (kind == "shareholder" and interest["type"] == "votingRights"):
            continue
        fact = _relation(kind, subject, party, interest, common)
        name = str(interest["type"])
        if kind == "shareholder":
            _share(fact, interest, "share")
            for vote in votes:
                if all(vote.get(d) == interest.get(d) for d in ("startDate", "endDate")):
                    _share(fact, vote, "votes")
                    votes.remove(vote)
                    break
        facts.append(_numbered(fact, record, name, counted))
    for vote in votes:  # votes without a holding of the same interval
        fact = _relation("shareholder", subject, party, vote, common)
        _share(fact, vote, "votes")
        facts.append(_numbered(fact, record, "votingRights", counted))
    return facts


def _direct(interest: Fact) -> bool:
    return interest.get("directOrIndirect") == "direct"


def _kind(interest: Fact) -> str | None:
    """The relation kind of an interest; None where it must stay a declaration."""
    name = interest.get("type")
    if name in {"nominee", "nominator"} and _direct(interest):
        return "nominee"
    if name in CONTROL or (name in RIGHTS and interest.get("beneficialOwnershipOrControl") is True):
        return "controller"
    if not _direct(interest):
        return None
    if name in {"shareholding", "votingRights"}:
        return "shareholder"
    return "officer" if name in OFFICERS else None


def _undirected(interests: list[Fact]) -> list[Fact]:
    return [interest for interest in interests if _kind(interest) is None]


def _relation(kind: str, subject: str, party: str, interest: Fact, common: Fact) -> Fact:
    name = interest["type"]
    ends = (subject, party) if name == "nominator" else (party, subject)
    fact: Fact = {"kind": kind, "id": "", "from": ends[0], "to": ends[1]}
    if kind == "officer":
        fact["role"] = name
    elif kind in {"controller", "nominee"}:
        fact["basis"] = name
    fact["valid_from"] = partial(interest.get("startDate"), "startDate")
    fact["valid_to"] = partial(interest.get("endDate"), "endDate", end=True)
    attrs = {k: v for k, v in common.items() if k != "record_status"}
    for column, attr in (("details", "details"), ("beneficialOwnershipOrControl", "beneficial")):
        if interest.get(column) is not None:
            attrs[attr] = plain(interest[column])
    if not _direct(interest):
        attrs["directness"] = plain(interest.get("directOrIndirect", "unknown"))
    if attrs:
        fact["attrs"] = attrs
    return fact


def _share(fact: Fact, interest: Fact, field: str) -> None:
    """Puts a share or its range where it belongs; open bounds are marked in `attrs`."""
    share = interest.get("share")
    if share is None:
        return
    if not isinstance(share, dict):
        raise BadFact("not an object", "share")
    if share.get("exact") is not None:
        fact[field] = fraction(share["exact"], "share.exact")
    for bound, closed, exclusive in (
        ("min", "minimum", "exclusiveMinimum"),
        ("max", "maximum", "exclusiveMaximum"),
    ):
        given, is_open = share.get(closed), False
        if (other := share.get(exclusive)) is not None and not isinstance(other, bool):
            given, is_open = other, True
        if given is None:
            continue
        text = fraction(given, f"share.{exclusive if is_open else closed}")
        if field == "share":
            fact[f"share_{bound}"] = text
        else:  # the model has ranges of shares only
            fact.setdefault("attrs", {})[f"votes_{bound}"] = text
        if is_open:
            fact.setdefault("attrs", {})[f"{field}_{bound}_exclusive"] = True


def _numbered(fact: Fact, record: str, name: str, counted: dict[str, int]) -> Fact:
    counted[name] = nth = counted.get(name, 0) + 1
    fact["id"] = f"{record}#{name}" if nth == 1 else f"{record}#{name}.{nth}"
    return fact


def _declaration(
    record: str, subject: str, interests: list[Fact], details: Fact, date: str | None, *, party: str
) -> Fact:
    basis = sorted({
        f"{i.get('type', 'unknownInterest')}:{i.get('directOrIndirect', 'unknown')}"
        for i in interests
    })  # fmt: skip
    attrs: Fact = {"interested_party": party, "interests": plain(interests)}
    if details.get("componentRecords"):
        attrs["component_records"] = plain(details["componentRecords"])
    fact: Fact = {
        "kind": "listing", "id": f"{record}#declared", "subject": subject, "list": "declaration",
        "domain": "ownership", "basis": ",".join(basis), "status": "active", "attrs": attrs,
    }  # fmt: skip
    starts = [partial(i.get("startDate"), "startDate") for i in interests]
    fact["decided_on"] = date
    if starts and all(starts):
        fact["valid_from"] = min(str(start) for start in starts)
    return fact


def _undisclosed(
    record: str, subject: Any, party: Any, interests: list[Fact], date: str | None
) -> Fact:
    """A party (or subject) that the declaration does not name, with the reason it gives."""
    for side, value in (("subject", subject), ("interestedParty", party)):
        if not isinstance(value, (str, dict)):
            raise BadFact("missing", side)
    named, unnamed = (subject, party) if isinstance(subject, str) else (party, subject)
    side = "interestedParty" if isinstance(subject, str) else "subject"
    if not isinstance(named, str) or not named:
        raise BadFact("neither the subject nor the interested party is a record", "subject")
    reason = unnamed.get("reason")
    if not isinstance(reason, str):
        raise BadFact("neither a record's id nor an unspecified party with its reason", side)
    attrs: Fact = {"undisclosed": side, "reason": reason}
    if unnamed.get("description"):
        attrs["description"] = str(unnamed["description"])
    if interests:
        attrs["interests"] = plain(interests)
    return {
        "kind": "listing", "id": f"{record}#undisclosed", "subject": named, "list": "declaration",
        "domain": "beneficial_ownership", "basis": reason, "decided_on": date, "status": "active",
        "attrs": attrs,
    }  # fmt: skip


def _end(fact: Fact, date: str | None) -> None:
    if fact["kind"] == "listing":
        fact["status"], fact["until"] = "closed", date
    elif fact.get("valid_to") is None:
        fact["valid_to"] = date


def _succeed(
    record: str, facts: list[Fact], date: str | None, source: dict[str, str], seen: Scratch
) -> list[Fact]:
    """Adds what the newer statement ends or leaves behind, and remembers it for the next."""
    version = source.get("version", "")
    before = seen.get(record)
    if before is not None and before[0] > version:
        return facts  # an older statement that comes late: the store lets the newer one win
    now = {fact["id"]: fact for fact in facts}
    for old in before[1] if before else ():
        new = now.get(old["id"])
        if new is None:
            if old["kind"] != "listing" and old.get("valid_to") is None:
                facts.append({**old, "valid_to": date, "source": source})
        elif _moved(old, new):
            start = old.get("valid_from") or "before"
            until = min(old.get("valid_to") or new["valid_from"], new["valid_from"])
            facts.append({**old, "id": f"{old['id']}@{start}", "valid_to": until})
    seen.put(record, [version, [fact for fact in facts if "@" not in fact["id"][len(record) :]]])
    return facts


def _moved(old: Fact, new: Fact) -> bool:
    """Whether the same interest is now said to have begun later: the earlier one was before it."""
    if old["kind"] == "listing":
        return False
    start = new.get("valid_from")
    return bool(start) and str(start) > str(old.get("valid_from") or "")
