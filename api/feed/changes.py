"""`/v1/changes`: which subjects each batch touched, in the order of recording, page by page."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any, Final

from graph.errors import WrongUsage
from graph.feed import WHOLE, Place, touched
from graph.times import format_instant

if TYPE_CHECKING:
    from api.session import Session
    from graph.snapshot import Snapshot
    from graph.store import BatchInfo, Store

_PLACE: Final = re.compile(r"(\d{1,9})(?:\.(\d{1,18}))?", re.ASCII)
_TOGETHER: Final = 100_000  # facts and retractions of the batches that one page looks at


class Batches:
    """What is known of the batches of a store; each is asked for once. Safe between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._infos: list[BatchInfo] = []

    def upto(self, last: int) -> list[BatchInfo]:
        """The batches from the first to `last`, by number less one."""
        with self._lock:
            if len(self._infos) < last:
                self._infos += self._store.batches(len(self._infos))
            return self._infos


def parse_place(text: str | None) -> Place:
    """A place of the feed as callers give it: a batch's number, or the `next` of a page. Raises
    WrongUsage."""
    if text is None:
        return Place(0)
    if not (found := _PLACE.fullmatch(text)):
        raise WrongUsage(f"since: a batch's number or the `next` of a page, not {text[:40]!r}")
    return Place(int(found[1]), WHOLE if found[2] is None else int(found[2]))


def written_place(place: Place) -> str:
    """A place as callers give it back."""
    return str(place.batch) if place.record >= WHOLE else f"{place.batch}.{place.record}"


def changes(session: Session, batches: Batches, since: Place, limit: int) -> dict[str, Any]:
    """One page: records that batches touched behind a place, each with its subject of today.

    `next` is where to read on, also where nothing came yet; `more` whether something is there
    already. Every page costs one pass over the columns of the graph and what its batches hold.
    """
    view = session.snapshot()
    infos = batches.upto(view.batch)
    rows: list[dict[str, Any]] = []
    place = min(since, Place(view.batch))
    while len(rows) < limit and place < Place(view.batch):
        upto = _reach(infos, place, view.batch)
        found = touched(view, place, upto, limit - len(rows))
        rows += shown(view, found, infos)
        full = len(rows) >= limit
        place = found[-1].place if full else Place(upto)
    return {
        "results": rows,
        "next": written_place(place if rows or place > since else since),
        "more": place < Place(view.batch),
        "batch": view.batch,
        "known_at": view.known_at,
        "snapshot": view.name,
    }


def shown(view: Snapshot, found: Any, infos: list[BatchInfo]) -> list[dict[str, Any]]:
    """Touched records as an answer has them."""
    subjects = view.canonicals([int(view.nodes.rep[each.node]) for each in found])
    rows = []
    for each, subject in zip(found, subjects, strict=True):
        info = infos[each.place.batch - 1]
        row = {
            "batch": info.no, "recorded_at": format_instant(info.recorded_at), "subject": subject,
            "record": view.record_name(each.node), "kind": view.kind_name(each.node),
            "recorded": each.recorded, "retracted": each.retracted, "facts": each.facts,
        }  # fmt: skip
        if each.facts_total > len(each.facts):
            row["facts_total"] = each.facts_total
        rows.append(row)
    return rows


def _reach(infos: list[BatchInfo], place: Place, last: int) -> int:
    """The last of the batches to look at together: one at least, more while they are small."""
    upto = place.batch if place.record < WHOLE else place.batch + 1
    size = infos[upto - 1].facts + infos[upto - 1].retractions if upto else 0
    while upto < last:
        size += infos[upto].facts + infos[upto].retractions
        if size > _TOGETHER:
            break
        upto += 1
    return upto
