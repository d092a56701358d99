"""From the feeds into the outbox: what batches changed, what steps decisions took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from api.access.refusals import Forbidden
from api.access.sight import need, seen_by
from api.caller import DOMAINS, Caller
from api.feed.changes import Batches, shown
from api.kept import state_folder
from api.monitor.book import Book as MonitorBook
from api.webhooks import events
from api.webhooks.book import Book, Draft, Hook
from api.webhooks.standing import settle
from graph.errors import InputError
from graph.feed import Place, touched

if TYPE_CHECKING:
    from api.access.keys import Keyring
    from api.decisions.state import Decision
    from api.monitor.entries import Alert
    from api.session import Session
    from graph.ledger import Entry
    from graph.snapshot import Snapshot
    from graph.store import BatchInfo

_BATCHES: Final = 100  # that one transaction puts into the outbox
_RECORDS: Final = 1000
_ENTRIES: Final = 1000


class Pump:
    """Reads on where the book says that it stopped. One at a time works on a book; were it two,
    the cursor would let the second do nothing."""

    def __init__(self, session: Session, book: Book, keyring: Keyring | None = None) -> None:
        self._session = session
        self._book = book
        self._keyring = keyring
        self._batches = Batches(session.store)
        self._monitored = MonitorBook(state_folder(session.url))

    def run(self) -> bool:
        """Take in what came since; whether there may be more at once."""
        hooks = [hook for hook in self._book.hooks() if hook.state != "gone"]
        hooks = settle(self._book, self._keyring, hooks)
        more = self._changes(hooks)
        more = self._alerts(hooks) or more
        return self._decisions(hooks) or more

    # -- changes -------------------------------------------------------------------------------

    def _changes(self, hooks: list[Hook]) -> bool:
        last = self._session.store.last_batch()
        before = self._book.cursor("changes")
        wanted = [h for h in hooks if {events.CHANGED, events.RECORDED} & set(h.events)]
        if before is not None and last <= before:
            return False
        begin = min((hook.batch for hook in wanted), default=last) if before is None else before
        if not wanted or begin >= last:
            self._book.put((), "changes", before, last)
            return False
        view = self._session.snapshot()
        upto = min(begin + _BATCHES, view.batch)
        drafts = list(self._changed(view, wanted, begin, upto))
        self._book.put(drafts, "changes", before, upto)
        return upto < view.batch

    def _changed(self, view: Snapshot, hooks: list[Hook], begin: int, upto: int) -> Iterator[Draft]:
        infos = self._batches.upto(view.batch)
        told = {hook.id: self._subjects(view, hook, infos, begin, upto) for hook in hooks}
        for info in infos[begin:upto]:
            for hook in hooks:
                if info.no <= hook.batch:
                    continue
                at = info.recorded_at
                for subject, rows in told[hook.id].get(info.no, {}).items():
                    data = events.changed(subject, rows)
                    of = f"{info.no}\0{rows[0]['record']}"
                    yield events.draft(hook, events.CHANGED, of, subject, at, data)
                if events.RECORDED in hook.events:
                    data = events.recorded(info)
                    yield events.draft(hook, events.RECORDED, str(info.no), "", at, data)

    def _subjects(
        self, view: Snapshot, hook: Hook, infos: list[BatchInfo], begin: int, upto: int
    ) -> dict[int, dict[str, list[dict[str, Any]]]]:
        """What batches did to the subjects that a subscription watches: by batch and subject."""
        found: dict[int, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
        if events.CHANGED not in hook.events:
            return found
        view = seen(view, hook)
        nodes = np.array(sorted(watched(view, hook)), np.int32)
        place = Place(max(begin, hook.batch))
        while len(nodes):
            page = touched(view, place, upto, _RECORDS, nodes)
            for row in shown(view, page, infos):
                found[row["batch"]][row["subject"]].append(row)
            if len(page) < _RECORDS:
                break
            place = page[-1].place
        return found

    # -- alerts --------------------------------------------------------------------------------

    def _alerts(self, hooks: list[Hook]) -> bool:
        last = self._monitored.top()
        before = self._book.cursor("alerts")
        if last <= (before or 0):
            return False
        wanted = [hook for hook in hooks if events.ALERTED in hook.events]
        if not wanted:
            self._book.put((), "alerts", before, last)
            return False
        found = self._monitored.after(before or 0, _ENTRIES)
        drafts = list(self._alerted(wanted, found))
        upto = found[-1].no if found else last
        self._book.put(drafts, "alerts", before, upto)
        return upto < last

    def _alerted(self, hooks: list[Hook], found: list[Alert]) -> Iterator[Draft]:
        view = self._session.snapshot()
        nodes = {h.id: None if h.subjects is None else watched(view, h) for h in hooks}
        for alert in found:
            about = {_node(view, name) for name in alert.body.get("members", ())}
            data = events.alerted(alert)
            for hook in hooks:
                kept = nodes[hook.id]
                if alert.at <= hook.created or not alert.domains <= set(hook.domains):
                    continue
                if kept is None or about & kept:
                    yield events.draft(hook, events.ALERTED, alert.id, alert.of, alert.at, data)

    # -- decisions -----------------------------------------------------------------------------

    def _decisions(self, hooks: list[Hook]) -> bool:
        last = self._session.store.ledger_head().no
        before = self._book.cursor("ledger")
        wanted = [hook for hook in hooks if set(events.DECIDED) & set(hook.events)]
        if before is not None and last <= before:
            return False
        begin = min((hook.entry for hook in wanted), default=last) if before is None else before
        if not wanted or begin >= last:
            self._book.put((), "ledger", before, last)
            return False
        entries = list(islice(self._session.store.ledger(begin), _ENTRIES))
        drafts = list(self._decided(wanted, entries))
        self._book.put(drafts, "ledger", before, entries[-1].no)
        return entries[-1].no < last

    def _decided(self, hooks: list[Hook], entries: list[Entry]) -> Iterator[Draft]:
        view, decisions = self._session.snapshot(), self._session.decisions
        decisions.follow()
        nodes = {h.id: None if h.subjects is None else watched(view, h) for h in hooks}
        for entry in entries:
            if entry.kind not in events.DECIDED:
                continue
            with suppress(InputError):  # an entry about a decision that nobody proposed
                decision = decisions.by_id(entry.about)
                data = events.decided(entry, decision)
                about = {_node(view, name) for name in (decision.subject, decision.party)}
                for hook in hooks:
                    kept = nodes[hook.id]
                    if entry.no <= hook.entry or entry.kind not in hook.events:
                        continue
                    if (kept is None or about & kept) and self._may_see(hook, decision):
                        of, subject = str(entry.no), decision.subject
                        yield events.draft(hook, entry.kind, of, subject, entry.at, data)

    def _may_see(self, hook: Hook, decision: Decision) -> bool:
        """Whether whoever subscribed is granted all that a decision rests on."""
        who = Caller(hook.owner, frozenset(), frozenset(hook.domains))
        with seen_by(who):
            try:
                need(self._session.whole_store, decision.names)
            except Forbidden:
                return False
        return True


def watched(view: Snapshot, hook: Hook) -> set[int]:
    """The records of the subjects that a subscription watches, as they are grouped now."""
    found: set[int] = set()
    for name in hook.subjects or ():
        with suppress(InputError):  # not known yet, or no longer by this name
            found.update(view.members(view.resolve(name)))
    return found


def seen(view: Snapshot, hook: Hook) -> Snapshot:
    """A view as whoever subscribed is shown it."""
    return view if set(hook.domains) >= set(DOMAINS) else view.within(hook.domains)


def _node(view: Snapshot, name: str) -> int:
    try:
        return view.resolve(name)
    except InputError:
        return -1
