"""Who left a role in a firm or sold shares of it, and who took one over, out of its tenures."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from graph.model import SHARE_UNIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from algorithms.related.tenures import Tenure

Key = tuple[str, str]  # kind of role and, of an officer, the title: what one may leave alone
SHARES: Final[Key] = ("shareholder", "")
UNKNOWN: Final = -1


class Leaving(NamedTuple):
    """A party left a role, or its holdings fell, at `moment` (µs)."""

    party: int
    key: Key
    moment: int
    before: float | None  # its share just before and from then on, where it is of shares
    after: float | None
    unsure: bool  # an absent share leaves open whether the holdings fell
    facts: list[int]  # rows of what ended


class Taking(NamedTuple):
    """A party took a role, or its holdings rose or may have, at `moment` (µs)."""

    moment: int
    party: int
    facts: list[int]  # rows of what began


def holds_at(tenure: Tenure, moment: int) -> bool:
    """Whether a tenure held at an instant."""
    return tenure.begins <= moment < tenure.ends


def held_before(tenure: Tenure, moment: int) -> bool:
    """Whether a tenure held just before an instant."""
    return tenure.begins < moment <= tenure.ends


class Roles:
    """The tenures of one firm, by role and party."""

    def __init__(self, held: Iterable[Tenure], titles: dict[int, str]) -> None:
        self._held: dict[Key, dict[int, list[Tenure]]] = defaultdict(lambda: defaultdict(list))
        self._parties: dict[int, list[Tenure]] = defaultdict(list)
        for tenure in held:
            key = (tenure.kind, titles.get(tenure.row, "") if tenure.kind == "officer" else "")
            self._held[key][tenure.other].append(tenure)
            self._parties[tenure.other].append(tenure)
        self._takings: dict[Key, list[Taking]] = {}

    def remains(self, party: int, moment: int) -> list[str]:
        """The kinds of role that a party has at an instant."""
        return sorted({t.kind for t in self._parties[party] if holds_at(t, moment)})

    def leavings(self, low: int, high: int) -> Iterator[Leaving]:
        """What was left at `low` <= moment < `high`."""
        for key, parties in self._held.items():
            for party, held in parties.items():
                for moment in sorted({t.ends for t in held if low <= t.ends < high}):
                    if key == SHARES:
                        yield from _sold(party, held, moment)
                    elif not any(holds_at(t, moment) for t in held):
                        rows = [t.row for t in held if t.ends == moment]
                        yield Leaving(party, key, moment, None, None, False, rows)

    def takings(self, key: Key, low: int, high: int) -> list[Taking]:
        """What was taken of a role at `low` <= moment <= `high`, by moment."""
        if (found := self._takings.get(key)) is None:
            taken = [
                Taking(moment, party, [t.row for t in held if t.begins == moment])
                for party, held in self._held[key].items()
                for moment in {t.begins for t in held}
                if (rose(held, moment) if key == SHARES else took(held, moment))
            ]
            found = self._takings[key] = sorted(taken)
        when: Callable[[Taking], int] = lambda taking: taking.moment  # noqa: E731
        return found[bisect_left(found, low, key=when) : bisect_right(found, high, key=when)]


def took(held: list[Tenure], moment: int) -> bool:
    """Whether what begins at an instant is no mere renewal: nothing of it held just before."""
    return not any(held_before(t, moment) for t in held)


def rose(held: list[Tenure], moment: int) -> bool:
    """Whether holdings rose at an instant, or may have."""
    gone, fresh = _changed(held, moment)
    unknown = UNKNOWN in gone or UNKNOWN in fresh
    return bool(fresh) and (unknown or sum(fresh) > sum(gone))


def _sold(party: int, held: list[Tenure], moment: int) -> Iterator[Leaving]:
    """The fall of a party's holdings at an instant, if they fell or may have."""
    gone, fresh = _changed(held, moment)
    unknown = UNKNOWN in gone or UNKNOWN in fresh
    if gone and (unknown or sum(gone) > sum(fresh)):
        before = _total(t for t in held if held_before(t, moment))
        after = _total(t for t in held if holds_at(t, moment))
        rows = [t.row for t in held if t.ends == moment]
        yield Leaving(party, SHARES, moment, before, after, unknown and bool(fresh), rows)


def _changed(held: list[Tenure], moment: int) -> tuple[list[int], list[int]]:
    """The shares that ended and began at an instant, but for equal ones: those were renewed."""
    ended = Counter(max(t.share, UNKNOWN) for t in held if t.ends == moment)
    begun = Counter(max(t.share, UNKNOWN) for t in held if t.begins == moment)
    return list((ended - begun).elements()), list((begun - ended).elements())


def _total(held: Iterable[Tenure]) -> float | None:
    """The sum of holdings as a fraction: 0 of none, null where one is unknown."""
    shares = [t.share for t in held]
    return sum(shares) / SHARE_UNIT if all(share >= 0 for share in shares) else None
