"""The facts that a judgement is made on: those inside a proof, read without any store.

Subjects are put together from records anew, by the rules of the data model: one official key, or a
`same_as`; a subject's validity is what its newest record states.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, Final, TypeVar

from graph.errors import InputError
from graph.limbs import unconfirmed
from graph.organs import is_organ_key
from graph.times import INF, NEG, parse_time

_SHARE: Final = re.compile(r"[0-9.eE+-]{1,128}")  # and no exponent that takes a day to write out
_LONG: Final = re.compile(r"[eE][+-]?[0-9]{4}")


class BadProof(InputError):
    """A proof does not say what it must, or contradicts itself."""


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation between two subjects, valid in [begins, ends), µs."""

    fact: str
    kind: str
    a: str
    b: str
    begins: int
    ends: int
    share: Fraction | None = None
    votes: Fraction | None = None
    least: Fraction | None = None
    most: Fraction | None = None
    role: str | None = None

    @property
    def ballot(self) -> Fraction | None:
        """The votes it gives, else its share; None: unknown."""
        return self.share if self.votes is None else self.votes


@dataclass(slots=True)
class Subject:
    """One subject: its kind, validity, what is said of its birth, whether it may be several."""

    kind: str
    begins: int = INF
    ends: int = NEG
    births: set[date] = field(default_factory=set)
    by_name: bool = False  # a name, or a model that nobody confirmed, joins its records
    organ: bool = False  # of the state


@dataclass(slots=True)
class Entry:
    """One listing of a subject."""

    fact: str
    list: str
    domain: str
    status: str
    begins: int
    ends: int


@dataclass(slots=True)
class Base:
    """Subjects by canonical id, and relations by either end."""

    subjects: dict[str, Subject] = field(default_factory=dict)
    into: defaultdict[str, list[Relation]] = field(default_factory=lambda: defaultdict(list))
    out: defaultdict[str, list[Relation]] = field(default_factory=lambda: defaultdict(list))
    agreed: list[Relation] = field(default_factory=list)  # who acts in concert with whom
    listings: defaultdict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))

    def add(self, relation: Relation) -> None:
        """Take in a relation."""
        self.into[relation.b].append(relation)
        self.out[relation.a].append(relation)
        if relation.kind == "acts_in_concert":
            self.agreed.append(relation)

    def holds(self, relation: Relation, at: int) -> bool:
        """Whether a relation, and both its ends, were there at an instant."""
        ends = (self.subjects[relation.a], self.subjects[relation.b])
        return relation.begins <= at < relation.ends and all(s.begins <= at < s.ends for s in ends)


def fraction(text: Any) -> Fraction | None:
    """A share as it is written; raises BadProof where it is none."""
    if text is None:
        return None
    try:
        if not _SHARE.fullmatch(str(text)) or _LONG.search(str(text)):
            raise ValueError
        value = Fraction(str(text))
    except (ValueError, ZeroDivisionError):
        raise BadProof(f"not a share: {str(text)[:40]!r}") from None
    if not 0 <= value <= 1:
        raise BadProof(f"a share outside 0..1: {str(text)[:40]}")
    return value


def bounds(said: dict[str, Any]) -> tuple[int, int]:
    """The validity that a part of a proof states, µs."""
    begins, ends = said.get("valid_from"), said.get("valid_to")
    return (
        NEG if begins is None else parse_time(begins),
        INF if ends is None else parse_time(ends),
    )


def relation_of(said: dict[str, Any], a: str, b: str) -> Relation:
    """A relation as a proof writes it, between two subjects."""
    share, votes, least, most = (
        fraction(said.get(name)) for name in ("share", "votes", "share_min", "share_max")
    )
    return Relation(
        said["fact"], said["kind"], a, b, *bounds(said), share, votes, least, most, said.get("role")
    )


def base_of(proof: dict[str, Any]) -> Base:
    """The facts inside a proof; raises BadProof where a fact's end is no record of the proof, or
    somebody is reached whose records have nothing in common: whoever is not may be so joined, by a
    record that is retracted. Linear in the proof."""
    records: dict[str, dict[str, Any]] = {}
    for said in proof["records"]:
        if said["record"] in records:
            raise BadProof(f"{said['record']} is stated twice")
        records[said["record"]] = said
    base = Base()
    pairs: list[tuple[str, str]] = []
    confirmed: list[tuple[str, str]] = []
    seen: set[str] = set()
    for said in proof["relations"]:
        if said["fact"] in seen:
            raise BadProof(f"{said['fact']} is stated twice")
        seen.add(said["fact"])
        for end in (said["from"], said["to"]):
            if end not in records:
                raise BadProof(f"{end} is named but not stated")
        a, b = (records[said[end]]["of"] for end in ("from", "to"))
        if said["kind"] == "same_as":
            pairs.append((said["from"], said["to"]))
            if not unconfirmed(said.get("by"), said.get("score")):
                confirmed.append(pairs[-1])
            continue
        base.add(relation_of(said, a, b))
    apart = _apart(records, pairs)
    if apart and proof["claim"]["outcome"] == "extend":
        raise BadProof(f"records of {min(apart)} have nothing in common")
    doubtful = _apart(records, confirmed)
    for name, members in _groups(records).items():
        _subject(base, name, members)
        base.subjects[name].by_name = name in doubtful
    for said in proof["listings"]:
        owner = records[said["subject"]]["of"]
        base.listings[owner].append(entry_of(said))
    return base


def entry_of(said: dict[str, Any]) -> Entry:
    """A listing as a proof writes it."""
    of_list, domain, status = (str(said.get(name) or "") for name in ("list", "domain", "status"))
    return Entry(said["fact"], of_list, domain, status, *bounds(said))


def _groups(records: dict[str, dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for said in records.values():
        groups[said["of"]].append(said)
    return groups


_Record = TypeVar("_Record")


def joined(
    keys: Mapping[_Record, str | None], pairs: Iterable[tuple[_Record, _Record]]
) -> dict[_Record, _Record]:
    """Of each record, given with its official key, one that stands for all that it is joined with:
    by an equal key, or by a judgement."""
    parent = {record: record for record in keys}

    def find(record: _Record) -> _Record:
        while parent[record] != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    by_key: dict[str, _Record] = {}
    for record, key in keys.items():
        if key:
            parent[find(record)] = find(by_key.setdefault(key, record))
    for a, b in pairs:
        parent[find(a)] = find(b)
    return {record: find(record) for record in parent}


def _apart(records: dict[str, dict[str, Any]], pairs: list[tuple[str, str]]) -> set[str]:
    """Subjects whose records neither share its official key nor are joined; raises BadProof where
    they are not called or not of the kind that they should be."""
    links = joined({name: said.get("key") for name, said in records.items()}, pairs)
    apart = set()
    for subject, members in _groups(records).items():
        if len({links[said["record"]] for said in members}) != 1:
            apart.add(subject)
        keys = {said["key"] for said in members if said.get("key")}
        if (keys and keys != {subject}) or (
            not keys and subject not in {said["record"] for said in members}
        ):
            raise BadProof(f"{subject} is not what its records are called")
        if len({said["kind"] for said in members}) != 1:
            raise BadProof(f"records of {subject} are of several kinds")
    return apart


def _subject(base: Base, name: str, members: list[dict[str, Any]]) -> None:
    """Put one subject in: each bound of its validity is what its newest record states."""
    subject = base.subjects.setdefault(name, Subject(members[0]["kind"]))
    spans = [(said["batch"], *bounds(said)) for said in members]
    subject.begins, subject.ends = NEG, INF
    if begins := [(batch, -begin) for batch, begin, _ in spans if begin != NEG]:
        subject.begins = -max(begins)[1]
    if ends := [(batch, end) for batch, _, end in spans if end != INF]:
        subject.ends = max(ends)[1]
    for said in members:
        subject.births.update(date.fromisoformat(each) for each in said.get("born", ()))
        subject.organ |= bool(said.get("organ"))
    subject.organ |= is_organ_key(name)
