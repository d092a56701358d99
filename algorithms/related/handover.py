"""What lies between who left a role and who took it: patterns that a reviewer looks for."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from algorithms.related.leaving import held_before
from algorithms.related.tenures import ROLES, tenures
from graph.model import CODES
from graph.times import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from algorithms.related.leaving import Leaving, Taking
    from algorithms.related.tenures import Tenure
    from graph.snapshot import Snapshot

MANY_FIRMS: Final = 3  # roles taken in so many firms within MANY_DAYS are a pattern
MANY_DAYS: Final = 90
_PERSON: Final = CODES["person"]
_KINSHIP: Final = ("kin", "guardian")
_PLACES: Final = ("located_at", "uses_phone")


class Handover(NamedTuple):
    """What speaks for a nominee, whether a place or phone is shared, and the rows of both."""

    nominee: list[str]
    shared: bool
    facts: set[int]


class Between:
    """Reads what lies between two parties around a day; each party's tenures are read once."""

    def __init__(self, snapshot: Snapshot, firm: int, at: int, days: int) -> None:
        self._snapshot = snapshot
        self._firm = firm
        self._at = at
        self._around = days * DAY
        self._read: dict[tuple[int, tuple[str, ...], bool], list[Tenure]] = {}

    def handover(self, leaving: Leaving, taking: Taking) -> Handover:
        """The patterns between who left and who took. Ties count that held at any moment within
        the days around the leaving; time linear in the two parties' own states."""
        a, b, moment = leaving.party, taking.party, leaving.moment
        found = {
            "relative": self._ties(a, b, _KINSHIP, moment),
            "employee": self._employed(a, b, moment),
            "many_firms": self._taken_elsewhere(b, taking.moment),
            "declared": self._ties(a, b, ("nominee",), moment),
        }
        places = self._places(a, b, moment)
        nominee = [name for name, facts in found.items() if facts]
        return Handover(nominee, bool(places), set().union(places, *found.values()))

    def _ties(self, a: int, b: int, kinds: tuple[str, ...], moment: int) -> set[int]:
        both = [*self._of(a, kinds, out=True), *self._of(a, kinds, out=False)]
        return {t.row for t in self._near(both, moment) if t.other == b}

    def _employed(self, a: int, b: int, moment: int) -> set[int]:
        """`b` works for another firm in which `a` has a role: the work and the roles."""
        roles = list(self._near(self._of(a, ROLES, out=True), moment))
        work = list(self._near(self._of(b, ("employs",), out=False), moment))
        firms = {t.other for t in roles} & {t.other for t in work} - {self._firm}
        return {t.row for t in (*roles, *work) if t.other in firms}

    def _taken_elsewhere(self, party: int, moment: int) -> set[int]:
        """The roles that a person took at about a time, where they are in several firms."""
        if int(self._snapshot.nodes.kind[party]) != _PERSON:
            return set()
        low, high = moment - MANY_DAYS * DAY, moment + MANY_DAYS * DAY
        firms: dict[int, list[Tenure]] = defaultdict(list)
        for tenure in self._of(party, ROLES, out=True):
            firms[tenure.other].append(tenure)
        taken = {
            firm: [
                t.row
                for t in held
                if low <= t.begins <= high and not any(held_before(o, t.begins) for o in held)
            ]
            for firm, held in firms.items()
        }
        if sum(map(bool, taken.values())) < MANY_FIRMS:
            return set()
        return {row for rows in taken.values() for row in rows}

    def _places(self, a: int, b: int, moment: int) -> set[int]:
        mine = list(self._near(self._of(a, _PLACES, out=True), moment))
        theirs = list(self._near(self._of(b, _PLACES, out=True), moment))
        shared = {t.other for t in mine} & {t.other for t in theirs}
        return {t.row for t in (*mine, *theirs) if t.other in shared}

    def _near(self, held: Iterable[Tenure], moment: int) -> Iterable[Tenure]:
        low, high = moment - self._around, moment + self._around
        return (t for t in held if t.begins <= high and t.ends > low)

    def _of(self, party: int, kinds: tuple[str, ...], *, out: bool) -> list[Tenure]:
        key = (party, kinds, out)
        if (found := self._read.get(key)) is None:
            found = self._read[key] = tenures(self._snapshot, party, kinds, self._at, out=out)
        return found
