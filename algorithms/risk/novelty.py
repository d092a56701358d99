"""When a cluster says something new: what is worth an alert, against all that was told before.

Risk is the facts by which a cluster's core is core. They are new where they were never told, or
never as hanging together; a cluster is new, too, where it has grown past a share of what was told
of it, or its score has come into a higher band. Whatever lowers risk (a listing lifted, members
gone, a split) is not; and what was told stays told, so that nothing is told again where it comes
back as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from algorithms.findings.material import DEFAULT


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What was told of a line: all facts that made its core together, the most members, and the
    highest band of its score."""

    risks: frozenset[str] = frozenset()
    size: int = 0
    band: int = 0


class New(NamedTuple):
    """One thing that is new: `what` is born, merged, listed, grew or risen; `facts` those that were
    not told before; `was` and `now` what is counted."""

    what: str
    facts: tuple[str, ...] = ()
    was: float | None = None
    now: float | None = None


def band(score: float) -> int:
    """The band of a score (`findings.material`): 0 for the lowest."""
    return sum(score >= bound for bound in DEFAULT.bands)


def together(told: Iterable[Told]) -> Told:
    """What was told of several lines, as of one that they went into."""
    every = list(told)
    return Told(
        risks=frozenset().union(*(each.risks for each in every)),
        size=max((each.size for each in every), default=0),
        band=max((each.band for each in every), default=0),
    )


def novel(
    risks: frozenset[str], size: int, score: float, told: Sequence[Told], share: float
) -> list[New]:
    """What is new of a cluster, `told` being what was said of its own line and of those that it
    goes on; nothing where nothing is. The order is: born, merged, listed, grew, risen.

    Facts that were all told of one of these lines are not new, however they came together again.
    Growth is by more than `share` of the most members told of. O(facts).
    """
    found = []
    known = together(told)
    fresh = tuple(sorted(risks - known.risks))
    if not any(risks <= each.risks for each in told):
        met = sum(bool(each.risks & risks) for each in told)
        if not known.risks:
            found.append(New("born", fresh))
        elif met > 1 and not any(risks - set(fresh) <= each.risks for each in told):
            found.append(New("merged", tuple(sorted(risks))))
        if known.risks and fresh:
            found.append(New("listed", fresh))
    if known.size and size > known.size * (1 + share):
        found.append(New("grew", (), known.size, size))
    if known.size and band(score) > known.band:
        found.append(New("risen", (), known.band, band(score)))
    return found


def remembered(risks: frozenset[str], size: int, score: float, told: Sequence[Told]) -> Told:
    """What has been told of a line once this was."""
    return together([*told, Told(risks=risks, size=size, band=band(score))])
