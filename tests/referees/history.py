"""What was known and true when: a replay of facts from scratch, as plain lists of versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.referees.related import Edge

EVENTS = frozenset({"transfer", "invoice", "call"})


@dataclass
class Version:
    """One thing that was said of one record, from the batch that recorded it on."""

    number: int
    record: str
    born: int  # number of the record's first version
    fact: dict[str, Any]
    recorded: int
    retracted: float = float("inf")

    def known(self, batch: int) -> bool:
        return self.recorded <= batch < self.retracted


@dataclass
class History:
    """All versions of all facts; days are ISO dates, so that text compares as time."""

    versions: list[Version] = field(default_factory=list)
    batch: int = 0

    def record(self, facts: list[dict[str, Any]]) -> None:
        """A batch of facts that a store accepted, in the order it takes them."""
        self.batch += 1
        for fact in facts:
            last = next((v for v in self.versions[::-1] if v.record == fact["id"]), None)
            living = last is not None and last.retracted == float("inf")
            if fact["kind"] == "retract" or (living and last.fact == fact):
                if living and fact["kind"] == "retract":
                    last.retracted = self.batch
                continue
            if living:
                last.retracted = self.batch
            number = len(self.versions)
            born = last.born if last else number
            self.versions.append(Version(number, fact["id"], born, fact, self.batch))

    def living(self, record: str, batch: int) -> bool:
        """Whether a record was known at a batch."""
        return any(v.record == record and v.known(batch) for v in self.versions)

    def subjects(self, batch: int) -> dict[str, Subject]:
        """Each record's subject, as known at a batch.

        A judgement stands until it is retracted itself, whatever becomes of the records.
        """
        born = {v.record: v.born for v in self.versions if "from" not in v.fact}
        known = [v for v in self.versions if v.known(batch)]
        records = {v.record: v for v in known if v.record in born}
        group = {name: {name} for name in born}

        def key(names: set[str]) -> set[str]:
            living = [records[n].fact for n in names if n in records]
            return {k for fact in living if (k := fact.get("keys", {}).get("uscc"))}

        def merge(a: set[str], b: set[str]) -> None:
            for name in a | b:
                group[name] = a | b

        for one in born:
            for two in born:
                if key({one}) and key({one}) == key({two}):
                    merge(group[one], group[two])
        apart = [v.fact for v in known if v.fact["kind"] == "not_same_as"]
        # Judgements count by batch, within a batch by id.
        judgements = [v for v in known if v.fact["kind"] == "same_as"]
        for judged in (v.fact for v in sorted(judgements, key=lambda v: (v.recorded, v.record))):
            a, b = group[judged["from"]], group[judged["to"]]
            split = any({f["from"], f["to"]} & a and {f["from"], f["to"]} & b for f in apart)
            if a != b and not split and len(key(a) | key(b)) < 2:
                merge(a, b)
        return {name: Subject(members, records, born) for name, members in group.items()}

    def edges(self, day: str, batch: int) -> list[Edge]:
        """Relations known at a batch and true on a day, between subjects."""
        subjects = self.subjects(batch)
        found = []
        for version in self.versions:
            fact = version.fact
            if not version.known(batch) or "from" not in fact or "same_as" in fact["kind"]:
                continue
            ends = [subjects[fact[end]] for end in ("from", "to")]
            if fact["kind"] in EVENTS:
                true = fact["at"] <= day
            else:
                true = within(fact, day) and all(end.valid(day) for end in ends)
            if true:
                names = [end.canonical for end in ends]
                found.append(Edge(f"d:{fact['id']}", fact["kind"], *names, fact.get("share")))
        return found


def within(fact: dict[str, Any], day: str) -> bool:
    """Half open: the day a thing ends is no longer in it."""
    return (fact.get("valid_from") or "") <= day < (fact.get("valid_to") or "9999")


class Subject:
    """Records that are one, its canonical id and its validity; without a living one never valid."""

    def __init__(
        self, members: set[str], records: dict[str, Version], born: dict[str, int]
    ) -> None:
        living = sorted((records[n] for n in members if n in records), key=lambda v: v.number)
        keys = [k for v in living if (k := v.fact.get("keys", {}).get("uscc"))]
        first = min([v.record for v in living] or members, key=born.__getitem__)
        self.canonical = f"cn:uscc:{keys[0]}" if keys else f"d:{first}"
        self.alive = bool(living)
        # Of each bound the newest batch that states one has the last word, and there the wider.
        self.bounds: dict[str, Any] = {}
        for bound, wider in (("valid_from", min), ("valid_to", max)):
            said = [(v.recorded, v.fact[bound]) for v in living if v.fact.get(bound)]
            if said:
                newest = max(said)[0]
                self.bounds[bound] = wider(day for batch, day in said if batch == newest)

    def valid(self, day: str) -> bool:
        return self.alive and within(self.bounds, day)
