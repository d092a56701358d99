"""The book of webhooks: subscriptions, the outbox of events, and up to where feeds were read.

An event is in the outbox in the same transaction that moves its feed's cursor on, and leaves it
once its receiver said that it has it: whatever ends the process in between, nothing is lost.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import msgspec

from api.kept import Kept, one
from api.webhooks.rows import (
    COUNT_OLD,
    DROP_OLD,
    DUE,
    EVENT,
    HOOK,
    LOST,
    PERSON,
    TABLES,
    UPGRADES,
    VERSION,
    Draft,
    Event,
    Hook,
    Person,
    State,
    Subscribed,
    as_text,
    event_of,
    hook_of,
    new_secret,
    person_of,
)
from graph import times
from graph.closing import Closing
from graph.errors import InputError, LinkriskError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    import apsw

    from api.webhooks.sender import Sent
    from api.webhooks.settings import WebhookSettings

_MICROS: Final = 1_000_000
_OVERLAP: Final = 86_400.0  # seconds that an old secret signs beside a new one
GONE: Final = 410  # what a receiver answers that wants nothing more
_TROUBLED: Final = 3  # failures one after the other from which a receiver as a whole is given rest
_REST: Final = 60.0  # seconds, at most


class UnknownWebhook(InputError):
    """No subscription of the caller has this id."""

    status = 404


class TooManyHooks(LinkriskError):
    """A caller has as many subscriptions as it may."""

    status = 429


class Book(Closing):
    """See the module. Every call is one short transaction."""

    def __init__(self, folder: Path, settings: WebhookSettings) -> None:
        self.settings = settings
        self._kept = Kept(folder / "webhooks.db", TABLES, VERSION, UPGRADES)

    # -- subscriptions -------------------------------------------------------------------------

    def subscribe(self, asked: Subscribed) -> tuple[Hook, str]:
        """A new subscription and its secret, which is told here only; raises TooManyHooks."""
        ident, secret = "w" + secrets.token_hex(12), new_secret()
        with self._kept.writing() as db:
            text = "SELECT count(*) FROM hook WHERE owner = ?"
            if one(db, text, asked.owner)[0] >= self.settings.hooks:
                raise TooManyHooks(f"{self.settings.hooks} subscriptions are the most / 订阅过多")
            db.execute(
                "INSERT INTO hook (id, owner, url, events, subjects, domains, note, secrets, state,"
                " created, batch, entry) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'active', ?, ?, ?)",
                (ident, asked.owner, asked.url, as_text(asked.events), as_text(asked.subjects),
                 as_text(asked.domains), asked.note, as_text([(secret, None)]), times.now(),
                 asked.batch, asked.entry),
            )  # fmt: skip
            return self._get(db, ident), secret

    def hooks(self, owner: str | None = None) -> list[Hook]:
        """Subscriptions in the order in which they were made; of one owner, or of all."""
        rows = self._kept.rows(f"{HOOK} WHERE ?1 IS NULL OR owner = ?1 ORDER BY no", (owner,))
        return [hook_of(row) for row in rows]

    def get(self, ident: str, owner: str | None = None) -> Hook:
        """One subscription; raises UnknownWebhook."""
        with self._kept.reading() as db:
            return self._get(db, ident, owner)

    def set_state(self, ident: str, state: State, owner: str | None = None) -> Hook:
        """Pause a subscription, or take it up again: its events wait meanwhile."""
        with self._kept.writing() as db:
            self._get(db, ident, owner)
            db.execute("UPDATE hook SET state = ?1, failures = 0, next = 0, error = CASE ?1 WHEN"
                       " 'active' THEN NULL ELSE error END WHERE id = ?2",
                       (state, ident))  # fmt: skip
            return self._get(db, ident)

    def stop(self, ident: str, why: str) -> Hook:
        """Pause a subscription for a reason that is shown; raises UnknownWebhook."""
        with self._kept.writing() as db:
            self._get(db, ident)
            db.execute("UPDATE hook SET state = 'paused', error = ? WHERE id = ?", (why, ident))
            return self._get(db, ident)

    def narrow(self, ident: str, domains: Sequence[str], kept: Sequence[str], why: str) -> Hook:
        """Grant a subscription these domains only, and drop what was taken for it before, but for
        the types that are `kept`; raises UnknownWebhook."""
        with self._kept.writing() as db:
            self._get(db, ident)
            db.execute("DELETE FROM event WHERE hook = ? AND type NOT IN"
                       " (SELECT value FROM json_each(?))", (ident, as_text(kept)))  # fmt: skip
            db.execute("UPDATE hook SET domains = ?, error = ? WHERE id = ?",
                       (as_text(domains), why, ident))  # fmt: skip
            return self._get(db, ident)

    def rotate(self, ident: str, owner: str | None = None) -> tuple[Hook, str]:
        """A new secret; the one before signs beside it for a day."""
        secret = new_secret()
        with self._kept.writing() as db:
            found = self._get(db, ident, owner)
            until = times.now() + int(_OVERLAP * _MICROS)
            kept = [(secret, None), (found.signing[0], until)]
            db.execute("UPDATE hook SET secrets = ? WHERE id = ?", (as_text(kept), ident))
            return self._get(db, ident), secret

    def remove(self, ident: str, owner: str | None = None) -> None:
        """End a subscription; what waits for it is dropped."""
        with self._kept.writing() as db:
            self._get(db, ident, owner)
            db.execute("DELETE FROM event WHERE hook = ?", (ident,))
            db.execute("DELETE FROM hook WHERE id = ?", (ident,))
            db.execute("DELETE FROM person WHERE owner NOT IN (SELECT owner FROM hook)")

    def counts(self, ident: str) -> dict[str, int]:
        """Its events by status."""
        found = dict.fromkeys(("waiting", "delivered", "dead"), 0)
        text = "SELECT status, count(*) FROM event WHERE hook = ? GROUP BY status"
        return found | dict(self._kept.rows(text, (ident,)))

    # -- the outbox ----------------------------------------------------------------------------

    def cursor(self, name: str) -> int | None:
        """Up to where a feed was read."""
        rows = self._kept.rows("SELECT value FROM cursor WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def put(self, drafts: Iterable[Draft], name: str, before: int | None, value: int) -> bool:
        """Put events into the outbox and move a feed's cursor on; False, and nothing done, where
        it is no longer where it was."""
        now = times.now()
        with self._kept.writing() as db:
            found = one(db, "SELECT value FROM cursor WHERE name = ?", name)
            if (found and found[0]) != before:
                return False
            db.execute("INSERT OR REPLACE INTO cursor VALUES (?, ?)", (name, value))
            self._insert(db, drafts, now)
        return True

    def _insert(self, db: apsw.Connection, drafts: Iterable[Draft], now: int) -> None:
        db.executemany(
            "INSERT OR IGNORE INTO event (hook, id, type, subject, body, created, begun)"
            " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?6 WHERE EXISTS (SELECT 1 FROM hook WHERE id = ?1)",
            [(d.hook, d.id, d.type, d.subject, d.body, now) for d in drafts],
        )

    def due(self, limit: int, under_way: Collection[tuple[str, str]] = ()) -> list[Event]:
        """Events to be sent now: of each subject the oldest, where that is not under way."""
        now = times.now()
        found: list[Event] = []
        hooks = "SELECT id FROM hook WHERE state = 'active' AND next <= ? ORDER BY no"
        with self._kept.reading() as db:
            for (ident,) in db.execute(hooks, (now,)).fetchall():
                for row in db.execute(DUE, (ident, now)):
                    one = event_of(row)
                    if (one.hook, one.subject) not in under_way:
                        found.append(one)
                    if len(found) == limit:
                        return found
        return found

    def sent(self, event: Event, sent: Sent, wait: float) -> None:
        """Note an attempt; one that failed is tried again `wait` seconds later, or is dead."""
        now = times.now()
        with self._kept.writing() as db:
            if sent.ok:
                db.execute("UPDATE event SET status = 'delivered', tries = tries + 1, code = ?,"
                           " error = NULL, finished = ? WHERE no = ? AND status = 'waiting'",
                           (sent.code, now, event.no))  # fmt: skip
                db.execute("UPDATE hook SET failures = 0, next = 0, error = NULL WHERE id = ?"
                           " AND (failures > 0 OR error IS NOT NULL) AND state = 'active'",
                           (event.hook,))  # fmt: skip
                return
            dead = now - event.begun > self.settings.give_up * _MICROS
            db.execute(
                "UPDATE event SET status = ?, tries = tries + 1, code = ?, error = ?, next = ?,"
                " finished = ? WHERE no = ? AND status = 'waiting'",
                ("dead" if dead else "waiting", sent.code, sent.error,
                 now + int(wait * _MICROS), now if dead else None, event.no),
            )  # fmt: skip
            self._troubled(db, event.hook, sent, now)

    def _troubled(self, db: apsw.Connection, ident: str, sent: Sent, now: int) -> None:
        """A receiver that fails again and again, whatever is sent to it, is given some rest; one
        that is gone is sent nothing more."""
        failures = one(db, "SELECT failures FROM hook WHERE id = ?", ident)
        if failures is None:
            return
        count = failures[0] + 1
        first = self.settings.first
        rest = min(_REST, first * 2 ** min(count - _TROUBLED, 20)) if count >= _TROUBLED else 0.0
        # Of one that paused while the attempt was under way, it stays said why.
        db.execute("UPDATE hook SET failures = ?, next = ?, error = CASE WHEN state = 'active'"
                   " THEN ? ELSE error END WHERE id = ?",
                   (count, now + int(rest * _MICROS), sent.error, ident))  # fmt: skip
        if sent.code == GONE:
            db.execute("UPDATE hook SET state = 'gone' WHERE id = ?", (ident,))

    def events(self, ident: str, status: str | None, before: int | None, limit: int) -> list[Event]:
        """Events of a subscription, the newest first, behind number `before`."""
        text = f"{EVENT} WHERE hook = ?1 AND no < ?2 AND (?3 IS NULL OR status = ?3)"
        top = 2**62 if before is None else before
        rows = self._kept.rows(f"{text} ORDER BY no DESC LIMIT ?4", (ident, top, status, limit))
        return [event_of(row) for row in rows]

    def replay(self, ident: str, since: int | None, owner: str | None = None) -> int:
        """Send again: the dead, or with `since` (µs) all that was delivered or died from then on.
        How many there are."""
        now = times.now()
        with self._kept.writing() as db:
            self._get(db, ident, owner)
            db.execute("UPDATE event SET status = 'waiting', tries = 0, next = 0, begun = ?1,"
                       " finished = NULL WHERE hook = ?2 AND (status = 'dead' AND ?3 IS NULL"
                       " OR status <> 'waiting' AND created >= ?3)",
                       (now, ident, since))  # fmt: skip
            return db.changes()

    # -- what is kept no longer ----------------------------------------------------------------

    def old(self) -> int:
        """How many events are past their time."""
        if not self._kept.is_there:
            return 0
        found = self._kept.rows(COUNT_OLD, self._times())
        return int(found[0][0])

    def sweep(self) -> int:
        """Drop what was delivered long ago, and what nobody took for longer: how many. Of what
        waited, its subscription says so."""
        if not self._kept.is_there:
            return 0
        with self._kept.writing() as db:
            for ident, count in db.execute(LOST, self._times()).fetchall():
                said = f"{count} events waited too long, and were dropped / 滞留过久的事件已删除"
                db.execute("UPDATE hook SET error = ? WHERE id = ?", (said, ident))
            db.execute(DROP_OLD, self._times())
            return db.changes()

    def _times(self) -> tuple[int, int]:
        now, settings = times.now(), self.settings
        kept = (settings.kept_seconds, settings.undelivered_seconds)
        return (now - int(kept[0] * _MICROS), now - int(kept[1] * _MICROS))

    def forget(self, named: Callable[[bytes], bool]) -> tuple[int, int]:
        """Delete events of which this is true, whatever became of them, and what subscriptions say
        of whom it is true of; one that watched nobody else pauses. How many of each."""
        if not self._kept.is_there:
            return 0, 0
        with self._kept.writing() as db:
            text = "SELECT no, body, coalesce(error, '') FROM event"
            gone = [(no,) for no, body, error in db.execute(text) if named(body + error.encode())]
            db.executemany("DELETE FROM event WHERE no = ?", gone)
            hooks = [hook_of(row) for row in db.execute(HOOK).fetchall()]
            count = sum(self._unwatch(db, hook, named) for hook in hooks)
        self._kept.cleansed()
        return len(gone), count

    def _unwatch(self, db: apsw.Connection, hook: Hook, named: Callable[[bytes], bool]) -> bool:
        subjects, note = hook.subjects, hook.note
        if subjects is not None:
            subjects = [each for each in subjects if not named(msgspec.json.encode(each))]
        if note is not None and named(note.encode()):
            note = None
        if (subjects, note) == (hook.subjects, hook.note):
            return False
        db.execute("UPDATE hook SET subjects = ?, note = ? WHERE id = ?",
                   (as_text(subjects), note, hook.id))  # fmt: skip
        if subjects == [] and hook.state == "active":
            why = "whom it watched was erased / 所关注的主体已删除"
            db.execute("UPDATE hook SET state = 'paused', error = ? WHERE id = ?", (why, hook.id))
        return True

    # -- what persons may see ------------------------------------------------------------------

    def heard(self, said: Person) -> None:
        """Note what a person who subscribed may do and see, unless something newer is known."""
        if not self._kept.is_there:
            return
        with self._kept.writing() as db:
            db.execute(
                "INSERT INTO person SELECT ?1, ?2, ?3, ?4"
                " WHERE EXISTS (SELECT 1 FROM hook WHERE owner = ?1)"
                " ON CONFLICT (owner) DO UPDATE SET scopes = excluded.scopes,"
                " domains = excluded.domains, claimed = excluded.claimed"
                " WHERE excluded.claimed >= person.claimed",
                (said.owner, as_text(sorted(said.scopes)), as_text(sorted(said.domains)),
                 said.claimed),
            )  # fmt: skip

    def persons(self) -> dict[str, Person]:
        """What is known of persons who subscribed, by owner."""
        return {row[0]: person_of(row) for row in self._kept.rows(PERSON)}

    # -- who delivers --------------------------------------------------------------------------

    @property
    def is_there(self) -> bool:
        """Whether there are subscriptions, or were; where not, there is nothing to deliver."""
        return self._kept.is_there and bool(self._kept.rows("SELECT 1 FROM hook LIMIT 1"))

    def hold(self, holder: str) -> bool:
        """Whether this process is the one that delivers, for half a lease from now at least.
        Nothing is written before half of it has passed."""
        now = times.now()
        length = int(self.settings.lease * _MICROS)
        until = now + length
        rows = self._kept.rows("SELECT holder, until FROM lease WHERE name = 'delivery'")
        for other, end in rows:
            if other != holder and end > now:
                return False
            if other == holder and end > now + length // 2:
                return True
        with self._kept.writing() as db:
            found = one(db, "SELECT holder, until FROM lease WHERE name = 'delivery'")
            if found is not None and found[0] != holder and found[1] > now:
                return False
            db.execute("INSERT OR REPLACE INTO lease VALUES ('delivery', ?, ?)", (holder, until))
        return True

    def let_go(self, holder: str) -> None:
        """Leave delivery to another process at once."""
        with self._kept.writing() as db:
            db.execute("DELETE FROM lease WHERE holder = ?", (holder,))

    def close(self) -> None:
        """Let go of the file."""
        self._kept.close()

    def _get(self, db: apsw.Connection, ident: str, owner: str | None = None) -> Hook:
        row = one(db, f"{HOOK} WHERE id = ?1 AND (?2 IS NULL OR owner = ?2)", ident, owner)
        if row is None:
            raise UnknownWebhook(f"no webhook {ident[:40]!r} / 无此订阅")
        return hook_of(row)


__all__ = [
    "GONE", "Book", "Draft", "Event", "Hook", "Person", "State", "Subscribed", "TooManyHooks",
    "UnknownWebhook", "new_secret",
]  # fmt: skip
