"""Cases that the monitor watches, in the work list; and what people said of them there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from algorithms.findings.material import Version, matched, material
from api.caller import DOMAINS
from api.casework.findings import Findings, Put, Run, Wanted
from api.casework.keeping import mask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from algorithms.cases.suspects import Suspect
    from algorithms.scoring.priority import Priority
    from graph.snapshot import Snapshot

WHO: Final = "linkrisk"  # nobody: a name that no key and no person has
_ALL: Final = mask(DOMAINS)
_PAGE: Final = 1000


class WorkList:
    """The work list of a store, as the monitor has to do with it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def dismissed(self) -> list[Version]:
        """Cases as they were when they were dismissed."""
        with Findings(self._url) as book:
            found: list[Version] = []
            wanted = Wanted(granted=_ALL, state="dismissed", pattern="case")
            after = None
            while True:
                page, more = book.page(wanted, _PAGE, after)
                found += [entry.judged for entry in page]
                if more is None:
                    return found
                after = (page[-1].score, page[-1].no)

    def put(
        self, found: Sequence[Suspect], view: Snapshot, day: str, priorities: Mapping[str, Priority]
    ) -> None:
        """Put cases in, where they are found by who works through them, and of some, by id, what
        orders them by risk; sent again it changes nothing."""
        run = Run(
            algorithm="cases", who=WHO, seen=_ALL, as_of=day, known_at=view.known_at,
            snapshot=view.name,
        )  # fmt: skip
        puts = [
            Put(row=msgspec.to_builtins(each.row), version=each.version, domains=mask(each.domains))
            for each in found
        ]
        with Findings(self._url) as book:
            outcomes = book.put(puts, run)
            book.rank({
                told.id: priorities[each.row.id]
                for each, told in zip(found, outcomes, strict=True)
                if each.row.id in priorities
            })  # fmt: skip


def held(dismissed: Sequence[Version], now: Sequence[Version]) -> list[bool]:
    """Of each case whether it was dismissed in the work list, and nothing is materially new since:
    of that, which other cases there are changes nothing."""
    places = matched(dismissed, now)
    return [
        place is not None and not material(dismissed[place], each)
        for place, each in zip(places, now, strict=True)
    ]
