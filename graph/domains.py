"""Whose data a fact is: each kind of entity, relation and listing belongs to one domain.

A caller who is granted some domains sees a graph in which the facts of the others were never
recorded (`graph.snapshot.Snapshot.within`). A relation belongs with its ends too: where an account
stands is the bank's to tell, although an address is the register's. People and companies are at
the ends of everybody's facts, so that they are whoever asks; what links them is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from graph.model import CODES, ENTITIES, JUDGEMENTS, LISTING_CODE, NAMES, RELATIONS, is_entity

if TYPE_CHECKING:
    from graph.store import StoredFact

KindOf = Callable[[str], str | None]  # of a record, by its name
DOMAINS: Final = ("registry", "tax", "bank", "telecom")
ZH: Final = {"registry": "登记", "tax": "税务", "bank": "银行", "telecom": "电信"}

# None: of no domain of its own. An identity judgement is of its ends' alone.
OF_KIND: Final[dict[str, str | None]] = {
    **dict.fromkeys(("company", "person"), None),
    **dict.fromkeys(("address", "event"), "registry"),
    **dict.fromkeys(("account", "loan"), "bank"),
    **dict.fromkeys(("phone", "device"), "telecom"),
    **dict.fromkeys(
        (
            *("legal_representative", "officer", "controller", "shareholder", "nominee"),
            *("acts_in_concert", "branch", "successor", "employs", "kin", "guardian", "guarantee"),
            *("located_at", "participated"),
        ),
        "registry",
    ),
    **dict.fromkeys(
        ("holds_account", "transfer", "withdrawal", "borrows", "deposit", "repay"), "bank"
    ),
    **dict.fromkeys(("uses_phone", "uses_device", "call"), "telecom"),
    "invoice": "tax",
    **dict.fromkeys(("same_as", "not_same_as"), None),
}
# The official keys that a domain's entities are known by.
OF_KEY: Final = {
    "uscc": "registry",
    "resident_id": "registry",
    "account": "bank",
    "e164": "telecom",
}
# What lists call their field (`domain` of a listing), where it is not the register's.
OF_LIST: Final = {
    "tax": "tax", "taxation": "tax", "税务": "tax", "税收": "tax", "纳税": "tax",
    "bank": "bank", "finance": "bank", "financial": "bank", "银行": "bank", "金融": "bank",
    "telecom": "telecom", "telecommunications": "telecom", "电信": "telecom", "通信": "telecom",
}  # fmt: skip


def of_listing(payload: dict[str, Any]) -> str:
    """The domain of a listing, by what it says of itself; the register's unless it is another's."""
    said = payload.get("domain")
    return OF_LIST.get(said.strip().casefold(), "registry") if isinstance(said, str) else "registry"


def of_fact(fact: StoredFact, kind_of: KindOf) -> frozenset[str]:
    """The domains that a stored fact belongs to; `kind_of` gives the kind of a record by name."""
    if fact.code == LISTING_CODE:
        found = {of_listing(fact.payload)}
    else:
        found = {each for each in (OF_KIND[NAMES[fact.code]],) if each}
    if not is_entity(fact.code):
        for end in (fact.a, fact.b):
            if end and (kind := kind_of(end)) and (domain := OF_KIND[kind]):
                found.add(domain)
    return frozenset(found)


def without_evidence(fact: StoredFact) -> StoredFact:
    """A fact as it is told to who is not granted every domain. That two records are one subject is
    of their ends alone; what it was judged on (a phone that both use) may be of any domain."""
    if NAMES[fact.code] not in JUDGEMENTS or "attrs" not in fact.payload:
        return fact
    payload = {name: value for name, value in fact.payload.items() if name != "attrs"}
    return replace(fact, payload=payload)


def withheld(granted: Iterable[str]) -> list[str]:
    """The domains that are not granted, in their order."""
    kept = set(granted)
    return [domain for domain in DOMAINS if domain not in kept]


def withheld_kinds(granted: Iterable[str]) -> list[str]:
    """Kinds of entity and relation of no granted domain, in the order of the model."""
    kept = {*granted, None}
    return [kind for kind in CODES if kind in OF_KIND and OF_KIND[kind] not in kept]


def mixed_kinds(granted: Iterable[str]) -> list[str]:
    """Relation kinds that are granted and may have a withheld end that is nobody's but its
    domain's: those are withheld one by one."""
    gone = {*withheld_kinds(granted)}
    ends = {kind for kind in gone if kind in ENTITIES}
    return [
        name
        for name, kind in RELATIONS.items()
        if name not in gone and ends & {*kind.sources, *kind.targets}
    ]


def note(granted: Iterable[str]) -> str:
    """What an answer says of what was withheld from it, English / Chinese."""
    kept = set(granted)
    gone = withheld(kept)
    kinds = ", ".join(withheld_kinds(kept))
    zh = "、".join(ZH[domain] for domain in gone)
    return (
        f"withheld from this caller: {', '.join(gone)} ({kinds}; listings of these fields); where"
        f" nothing is found, there may be something there / 未授权的数据域: {zh}, 相关数据未列入,"
        " 未发现不等于不存在"
    )
