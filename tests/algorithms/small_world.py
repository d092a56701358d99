"""A small world that has an example of every kind of relation, and questions about it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any, Final

from algorithms.registry import Algorithm
from api.parameters import describe

SUBJECTS: Final = {
    "company": ("c1", "c2", "c3", "c4", "c5"),
    "person": ("p1", "p2", "p3"),
    "account": ("a1", "a2", "a3", "a4", "a5"),
    "phone": ("t1", "t2", "t3", "t4", "t5", "t6"),
    "address": ("d1",),
    "device": ("v1",),
    "loan": ("n1",),
    "event": ("e1", "e2", "e3"),
}
_FIXED: Final = {
    "measure": "consumption_restriction", "act": "2019-03-01", "name": "name of c1",
}  # fmt: skip
_ATTRS: Final = {"person": {"birth_date": "1980-01-01"}, "event": {"type": "tender"}}
_ABROAD: Final = {"export": True}
_KIND: Final = {name: kind for kind, names in SUBJECTS.items() for name in names}


def entities() -> list[dict[str, Any]]:
    """The subjects alone."""
    return [
        {
            "kind": kind, "id": name, "name": f"name of {name}", "valid_from": "2010-01-01",
            "attrs": _ATTRS.get(kind, {}),
        }
        for name, kind in _KIND.items()
    ]  # fmt: skip


def _state(kind: str, a: str, b: str, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "from": a, "to": b, "valid_from": "2012-01-01", **fields}


def _event(kind: str, a: str, b: str, at: str, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "from": a, "to": b, "at": at, **fields}


def relations() -> list[dict[str, Any]]:
    """Cross- and self-holdings, parallel relations, self-loops, a transfer cycle, an invoice
    cycle, an export, a burst of invoices from a company in new hands, goods invoiced as others,
    money scattered and gathered, shared identifiers; nothing that happened before 2012."""
    found = [
        _state("shareholder", "p1", "c1", share="0.6"),
        _state("shareholder", "p2", "c1", share="0.3"),
        _state("shareholder", "c1", "c2", share="0.3"),
        _state("shareholder", "c1", "c2", share="0.25", votes="0.4"),
        _state("shareholder", "c2", "c3", share="0.5"),
        _state("shareholder", "c3", "c2", share="0.1"),
        _state("shareholder", "c3", "c3", share="0.05"),
        _state("shareholder", "p3", "c3", share="0.2"),
        _state("shareholder", "p3", "c4"),
        _state("shareholder", "c3", "c4", share_min="0.5", share_max="0.75"),
        _state("legal_representative", "p1", "c1", role="法定代表人"),
        _state("legal_representative", "p1", "c4", valid_to="2019-01-01"),
        _state("officer", "p2", "c1", role="董事"),
        _state("officer", "p2", "c1", role="经理"),
        _state("controller", "p3", "c4", basis="协议"),
        _state("branch", "c5", "c1"),
        _state("successor", "c5", "c4"),
        _state("employs", "c1", "p3"),
        _state("kin", "p1", "p2", role="配偶"),
        _state("kin", "p2", "p2", role="本人"),
        _state("guarantee", "c1", "c3", amount="1000000.00"),
        _state("nominee", "p2", "p3"),
        _state("acts_in_concert", "p2", "p3"),
        _state("uses_phone", "p1", "t1"),
        _state("uses_phone", "p3", "t1"),
        _state("uses_phone", "c4", "t1"),
        _state("uses_device", "p1", "v1"),
        _state("uses_device", "p2", "v1"),
        _state("located_at", "c1", "d1"),
        _state("located_at", "c4", "d1"),
        _state("holds_account", "p1", "a1"),
        _state("holds_account", "c1", "a2"),
        _state("holds_account", "p3", "a3"),
        _state("participated", "c1", "e1", amount="100.00"),
        _state("participated", "c4", "e1", amount="99.00"),
        _event("transfer", "a1", "a2", "2021-03-01T10:00:00+08:00", amount="5000.00"),
        _event("transfer", "a2", "a3", "2021-03-02T10:00:00+08:00", amount="4900.00"),
        _event("transfer", "a2", "a3", "2021-03-02T11:00:00+08:00", amount="50.00"),
        _event("transfer", "a3", "a1", "2021-03-03T10:00:00+08:00", amount="4800.00"),
        _event("transfer", "a3", "a4", "2021-03-04T10:00:00+08:00", amount="100.00"),
        _event("transfer", "a4", "a4", "2021-03-05T10:00:00+08:00", amount="1.00"),
        _event("withdrawal", "a4", "a1", "2021-03-06T10:00:00+08:00", amount="90.00"),
        _event("borrows", "p1", "n1", "2021-01-01", amount="9000.00"),
        _event("deposit", "n1", "a1", "2021-01-02", amount="9000.00"),
        _event("repay", "a1", "n1", "2021-06-01", amount="100.00"),
        _event("call", "t1", "t2", "2021-03-01T09:00:00+08:00", duration=60),
        _event("invoice", "c1", "c2", "2021-05-01", amount="113.00", tax="13.00", goods="107"),
        _event("invoice", "c2", "c3", "2021-05-10", amount="113.00", tax="13.00", goods="107"),
        _event("invoice", "c3", "c1", "2021-05-20", amount="113.00", tax="13.00", goods="107"),
        _state("legal_representative", "p2", "c4", valid_from="2021-06-01"),
        *(
            _event("invoice", "c4", buyer, f"2021-07-0{day}", amount="99.00", goods="201")
            for day, buyer in enumerate(("c1", "c2", "c3", "c5", "c1"), 1)
        ),
        _event("invoice", "c5", "c1", "2021-07-10", amount="105.00", goods="305"),
        _event("invoice", "c4", "c1", "2021-04-25", amount="100.00", tax="11.50", goods="107"),
        _event("invoice", "c3", "c5", "2021-05-25", amount="120.00", goods="107", attrs=_ABROAD),
        _state("holds_account", "c4", "a4"),
        _event("transfer", "a1", "a2", "2021-07-01T10:00:00+08:00", amount="700.00"),
        _event("transfer", "a2", "a3", "2021-07-02T10:00:00+08:00", amount="690.00"),
        _event("transfer", "a3", "a4", "2021-07-03T10:00:00+08:00", amount="680.00"),
        _state("uses_device", "a1", "v1"),
        _state("uses_device", "a3", "v1"),
        _event("transfer", "a2", "a4", "2021-05-02T10:00:00+08:00", amount="100.00"),
        _event("transfer", "a4", "a1", "2021-05-04T10:00:00+08:00", amount="94.00"),
        _event("transfer", "a1", "a4", "2021-04-20T10:00:00+08:00", amount="200.00"),
        _event("transfer", "a4", "a2", "2021-05-06T10:00:00+08:00", amount="20.00"),
        *(
            _event("transfer", *ends, f"2021-08-0{day}T10:00:00+08:00", amount="60.00")
            for middle in ("a2", "a3", "a4")
            for day, ends in ((1, ("a1", middle)), (2, (middle, "a5")))
        ),
        *(
            _state("participated", who, event, role=role, amount=amount)
            for event, who, role, amount in (
                ("e1", "c2", "winner", "98.00"),
                ("e2", "c1", "winner", "70.00"),
                ("e2", "c2", "bidder", "71.00"),
                ("e2", "c4", "bidder", "72.00"),
                ("e3", "c1", "bidder", "53.00"),
                ("e3", "c2", "bidder", "52.00"),
                ("e3", "c4", "winner", "51.00"),
            )
        ),
        *(
            _event("call", "t1", f"t{k}", f"2021-03-0{k}T09:00:00+08:00", duration=20)
            for k in (3, 4, 5, 6)
        ),
        *(
            {"kind": "listing", "subject": who, "list": sort, "domain": "tax", "valid_from": day}
            for who, sort, day in (("c1", "black", "2020-02-01"), ("c2", "penalty", "2021-04-15"))
        ),
    ]
    return [{**fact, "id": f"r{number}"} for number, fact in enumerate(found)]


def relabelled(seed: int) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The world under other ids and in another order, and the way back: new name to old."""
    chance = random.Random(seed)
    facts = entities() + relations()
    names = [fact["id"] for fact in facts]
    fresh = [f"x{number:03}" for number in range(len(names))]
    chance.shuffle(fresh)
    new = dict(zip(names, fresh, strict=True))
    moved = [
        {k: new[v] if k in {"id", "from", "to", "subject"} else v for k, v in fact.items()}
        for fact in facts
    ]
    ends, rest = moved[: len(_KIND)], moved[len(_KIND) :]
    chance.shuffle(ends)
    chance.shuffle(rest)
    return ends + rest, {name: old for old, name in new.items()}


def questions(record: Algorithm, names: dict[str, str] | None = None) -> Iterator[dict[str, Any]]:
    """Questions to an algorithm: about the whole graph where it takes no subject, else about every
    subject in turn (pairs of neighbours in the list where it takes two)."""
    required = [p for field in record.fields.values() if (p := describe(field)).required and p.name]
    called = names or {name: name for name in _KIND}
    if not required:
        yield {}
        return
    everyone = list(_KIND)
    for start in range(len(everyone)):
        asked: dict[str, Any] = {}
        for step, parameter in enumerate(required):
            if parameter.name in _FIXED:
                asked[parameter.name] = _FIXED[parameter.name]
                continue
            name = called[everyone[(start + 5 * step) % len(everyone)]]
            other = called[everyone[(start + 1) % len(everyone)]]
            many = parameter.name in record.lists
            asked[parameter.name] = [name, other] if many else name
        yield asked


def renamed(node: Any, back: dict[str, str]) -> Any:
    """An answer with the names of the first world, floats to nine digits, lists of names sorted."""
    if isinstance(node, dict):
        # A proof is sealed over names: it is another one for other names. Which of the facts of
        # one moment a part of a case was called by goes by name, too.
        kept = {key: value for key, value in node.items() if key not in {"proof", "was"}}
        return {key: renamed(value, back) for key, value in kept.items()}
    if isinstance(node, list):
        parts = [renamed(part, back) for part in node]
        return sorted(parts) if all(isinstance(part, str) for part in parts) else parts
    if isinstance(node, float):
        return round(node, 9)
    if isinstance(node, str):
        plain = re.sub(r"^(\w+):[0-9a-f]{16}$", r"\1", node)  # the id of another row: a digest
        return re.sub(r"\b[a-z]\d+\b", lambda found: back.get(found[0], found[0]), plain)
    return node
