"""Who may be meant by a description: by official key, by phone or account, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from rapidfuzz import fuzz

from algorithms.matching import company_names, person_names
from algorithms.matching.company_names import Likeness
from algorithms.matching.person_names import orders
from graph import keys
from graph.adjacency import true_at
from graph.model import CODES
from graph.names.finding import sharing
from graph.names.folding import fold, units_of
from graph.names.segment import BEGINS, EVERY, WHOLE, WITHIN, Segment
from graph.names.sounds import sound_of, spoken
from graph.traverse import IN

if TYPE_CHECKING:
    from algorithms.matching.match_subject import Description
    from graph.snapshot import Snapshot

_NAMES: Final = 64  # names that share most with one asked for, by its grams
_LIKEST: Final = 20  # of these, by rapidfuzz's ratio; and names that hold it
_ALIKE: Final = 40.0  # percent, below which a name is not like another
BEARERS: Final = 500  # subjects of one name that are looked at
_SIMILAR: Final = 100  # and of a name that is only like it
ANOTHER: Final = 0.5  # names less alike than this are another's
_COMPARED: Final = ("person", "company")
_COMPARED_MASK: Final = sum(1 << CODES[kind] for kind in _COMPARED)
_USERS: Final = 100  # users of one phone or account
_THINGS: Final = {"e164": ("phone", "uses_phone"), "account": ("account", "holds_account")}
_SHORTEST: Final = 3  # characters of a name that others are looked for to hold


@dataclass(slots=True)
class Candidate:
    """A subject, the names that speak for it, and the facts that tie it to what was described."""

    node: int
    names: dict[str, bool] = field(default_factory=dict)  # folded; whether it is a former one
    keys: set[str] = field(default_factory=set)  # kinds of official keys that are equal
    shared: dict[str, list[int]] = field(default_factory=dict)  # by kind of key, relation rows


class Gathering:
    """The candidates for one description in one view."""

    def __init__(self, snapshot: Snapshot, asked: Description, at: int) -> None:
        self.snapshot = snapshot
        self.asked = asked
        self.at = at
        self.found: dict[int, Candidate] = {}
        self.partial: list[str] = []  # bounds that were met
        self._likeness: dict[tuple[str, str, str], Likeness] = {}
        self._keyed()
        self._sharing()
        self._named()

    def _candidate(self, node: int) -> Candidate | None:
        kinds = self.asked.kinds
        if kinds and self.snapshot.kind_name(node) not in kinds:
            return None
        if self.snapshot.restricted(node):
            return None
        return self.found.setdefault(node, Candidate(node))

    def _keyed(self) -> None:
        """Whom official keys name. A phone or account is meant itself where nothing else is."""
        asked = self.asked
        things = not asked.names and all(key.kind in _THINGS for key in asked.keys)
        for key in asked.keys:
            if key.kind in _THINGS and not (things or _THINGS[key.kind][0] in asked.kinds):
                continue
            canonical = self.snapshot.canonical_of(key)
            for node in self.snapshot.named(canonical) if canonical else ():
                if (found := self._candidate(node)) is not None:
                    found.keys.add(key.kind)

    def _sharing(self) -> None:
        """Whoever uses a phone or holds an account that is described."""
        for key in self.asked.keys:
            canonical = self.snapshot.canonical_of(key)
            if key.kind not in _THINGS or canonical is None:
                continue
            relation = _THINGS[key.kind][1]
            for thing in self.snapshot.named(canonical):
                for row in self._users(thing, relation):
                    user = int(self.snapshot.nodes.rep[self.snapshot.columns.src[row]])
                    if (found := self._candidate(user)) is not None:
                        found.shared.setdefault(key.kind, []).append(row)

    def _users(self, thing: int, relation: str) -> list[int]:
        """The relations of a phone's users or an account's holders that count, bounded."""
        found = true_at(self.snapshot, thing, relation, IN, self.at)
        if len(found) > _USERS:
            self.partial.append(
                f"a {relation.partition('_')[2]} shared by more than {_USERS}"
                f" / 共用者超过 {_USERS}, 只看一部分"
            )
        return found[:_USERS]

    # -- by name ----------------------------------------------------------------------------

    def _named(self) -> None:
        segments = self.snapshot.name_segments()
        mask = sum(1 << CODES[kind] for kind in self.asked.kinds) or EVERY
        for name in self.asked.names:
            exact = [(s, n) for s in segments for n in self._whole(s, name, mask)]
            self._take(exact, BEARERS)
            met = set(exact)
            for each in self._like(segments, name, mask):
                if each not in met:
                    met.add(each)
                    if self._alike(name, *each) >= ANOTHER:
                        self._take([each], _SIMILAR)

    def _alike(self, name: str, segment: Segment, number: int) -> float:
        """How alike two names are at most, by the kinds of who bears the other."""
        text, kinds = segment.text(number), int(segment.kinds[number])
        found = [
            self.likeness(kind, name, text).score for kind in _COMPARED if kinds >> CODES[kind] & 1
        ]
        if kinds & ~_COMPARED_MASK:
            found.append(self.likeness("", name, text).score)
        return max(found)

    def likeness(self, kind: str, asked: str, met: str) -> Likeness:
        """How alike two folded names of subjects of a kind are; worked out once."""
        key = (kind if kind in _COMPARED else "", asked, met)
        if (known := self._likeness.get(key)) is None:
            if kind == "person":
                known = person_names.compare(asked, met)
            elif kind == "company":
                known = company_names.compare(asked, met)
            else:
                known = Likeness(fuzz.ratio(asked, met) / 100, "texts alike / 文字相似")
            self._likeness[key] = known
        return known

    @staticmethod
    def _whole(segment: Segment, name: str, mask: int) -> list[int]:
        return segment.holding(units_of(name), WHOLE, mask, 1, sounds=False)

    def _like(self, segments: list[Segment], name: str, mask: int) -> Iterator[tuple[Segment, int]]:
        """Names that share grams, sound the same, or hold the whole of this one."""
        near = [
            (fuzz.ratio(name, s.text(n)), s, n) for s, n in sharing(segments, name, mask, _NAMES)
        ]
        near.sort(key=lambda each: -each[0])
        yield from ((s, n) for alike, s, n in near[:_LIKEST] if alike >= _ALIKE)
        if name.isascii():
            ways = [np.array(w, np.uint16) for text in orders(name) for w in spoken(text)]
        else:
            ways = [sound_of(name, person=person) for person in (True, False)]
        for segment in segments:
            for way in ways:
                for number in segment.holding(way, WHOLE, mask, _LIKEST, sounds=True):
                    yield segment, number
            if len(name) >= _SHORTEST:
                for how in (BEGINS, WITHIN):
                    held = segment.holding(units_of(name), how, mask, _LIKEST, sounds=False)
                    yield from ((segment, number) for number in held)

    def _take(self, names: Iterable[tuple[Segment, int]], most: int) -> None:
        for segment, number in names:
            text, places = segment.text(number), segment.versions(number)
            subjects, _, current = self.snapshot.bearing(places)
            if len(subjects) > most:
                self.partial.append(
                    f"a name of more than {most} records: {text} / 同名超过 {most}, 只看一部分"
                )
            for node, now in zip(subjects[:most].tolist(), current[:most].tolist(), strict=True):
                if (found := self._candidate(node)) is not None:
                    found.names[text] = found.names.get(text, True) and not now

    def names_of(self, found: Candidate) -> dict[str, bool]:
        """The names that speak for a candidate: those it was found by, else those it has."""
        if not found.names:
            for label in self.snapshot.labels(found.node):
                found.names.setdefault(fold(label), False)
        return found.names


def conflicts(snapshot: Snapshot, found: Candidate, asked: list[keys.Key]) -> str | None:
    """The kind of the official key of which the candidate has a valid one, but another than was
    described; None where there is none."""
    own = snapshot.canonical(found.node)
    for key in asked:
        canonical = snapshot.canonical_of(key)
        if canonical and key.kind not in found.keys and _kind_of(own) == key.kind:
            return key.kind
    return None


def _kind_of(canonical: str) -> str | None:
    """The kind of the official key that a canonical id comes from, of companies and persons."""
    for kind, begin in (("uscc", "cn:uscc:"), ("resident_id", "cn:person:")):
        if canonical.startswith(begin):
            return kind
    return None
