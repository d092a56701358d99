"""Where open alerts stand: by the models in use now, whatever told the score they were raised with.

They are told anew after a run that looked at another day or other facts than the last time, and
when another model is put to use. What an alert was raised with stays beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from api.monitor.book import words_of
from api.monitor.entries import Standing
from graph.errors import InputError

if TYPE_CHECKING:
    from algorithms.scoring.priority import Priority
    from api.monitor.book import Book
    from api.monitor.settings import MonitorSettings
    from api.session import Session
    from graph.snapshot import Snapshot

ALERTS: Final = 20_000  # that are told anew, the newest; members of all together:
MEMBERS: Final = 1_000_000
_TRIES: Final = 3  # where models are put to use, or alerts change, while models are asked


class _Open(NamedTuple):
    """An open alert: those of its members that are there, how many it shows and has."""

    nodes: frozenset[int]
    shown: int
    members: int


def reorder(
    session: Session, book: Book, settings: MonitorSettings, run: int | None = None
) -> Standing | None:
    """Order open alerts by the models in use, as of the day of the last run and by what is known
    now; what they are ordered by, None where there is nothing to order or scores are not asked for.

    Where they are so already no model is asked; nor for alerts of `run`, which was told by these
    models just now. Scores are made for the members of open alerts alone, once for all of them, and
    take no longer than `score_limit` for a kind. Of a kind whose model cannot be asked alerts keep
    the scores they have. Where alerts change all the while, the order waits for the next run.
    Raises Cancelled.
    """
    last = book.last()
    if last is None or not settings.score_limit:
        return None
    models = session.models
    for _ in range(_TRIES):
        view, used, before = session.snapshot(), models.in_use(), book.standing()
        by = Standing(as_of=last.as_of, known_at=view.known_at, snapshot=view.name, used=used)
        if before is not None and not before.pending and _same(before, by):
            return before
        if not used and before is None and not book.ordered():
            return None  # none was in use before, either: alerts say so
        book.await_standing()
        change = book.change()
        told, by = _told(view, book, settings, by, run or 0)
        if models.in_use() == used and book.stand(told, by, change):
            return by
        run = None
    return book.standing()  # which says that it is not up to date


def try_to_reorder(session: Session, book: Book, settings: MonitorSettings) -> None:
    """`reorder` after something that stands whatever comes of it: what went wrong is told by the
    book, and the order waits for the next run. Raises nothing but what ends the process."""
    try:
        reorder(session, book, settings)
    except Exception as error:  # noqa: BLE001 whatever it is: what went before stands
        book.failed(f"the order of open alerts: {words_of(error)}")


def _same(one: Standing, other: Standing) -> bool:
    return (one.as_of, one.snapshot, one.used) == (other.as_of, other.snapshot, other.used)


def _told(
    view: Snapshot, book: Book, settings: MonitorSettings, by: Standing, but: int
) -> tuple[dict[int, Priority], Standing]:
    """The priorities of open alerts by number, and what they are by."""
    from algorithms.scoring.ordering import prioritised

    found, cut = _opened(view, book, but)
    groups = [each.nodes for each in found.values()]
    priorities, scores = prioritised(view, groups, by.as_of, settings.score_limit)
    told = {
        no: _whole(priority, of)
        for (no, of), priority in zip(found.items(), priorities, strict=True)
        if not scores.failed or not {view.kind_name(n) for n in of.nodes} & {*scores.failed}
    }
    notes = [*scores.notes, *cut]
    return told, msgspec.structs.replace(
        by, models=scores.models, notes=notes, pending=bool(scores.failed)
    )


def _opened(view: Snapshot, book: Book, but: int) -> tuple[dict[int, _Open], list[str]]:
    """Open alerts by number, and what is to be said where there are too many."""
    found: dict[int, _Open] = {}
    left = MEMBERS
    for no, members, total in book.opened(but, ALERTS + 1):
        left -= len(members)
        if len(found) == ALERTS or left < 0:
            many = len(found)
            return found, [f"only the newest {many} open alerts were told anew: the others keep"
                           f" their scores / 仅重排最新的 {many} 项待处理预警"]  # fmt: skip
        found[no] = _Open(frozenset(_nodes(view, members)), len(members), total)
    return found, []


def _nodes(view: Snapshot, members: list[str]) -> list[int]:
    nodes = []
    for name in members:
        try:
            nodes.append(view.resolve(name))
        except InputError:  # it is there no longer
            continue
    return nodes


def _whole(told: Priority, of: _Open) -> Priority:
    """A priority with the number of members that the alert has."""
    if of.members == of.shown:
        return msgspec.structs.replace(told, members=of.members)
    en, _, zh = told.why.partition(" / ")
    why = f"{en}; the first {of.shown} were asked / {zh}; 仅查前 {of.shown} 个"
    return msgspec.structs.replace(told, members=of.members, why=why)
