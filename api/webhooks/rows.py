"""What the book of webhooks holds: subscriptions and events, as rows of its tables."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import msgspec

from graph import times

if TYPE_CHECKING:
    from collections.abc import Sequence

S = TypeVar("S", bound=msgspec.Struct)
State = Literal["active", "paused", "gone"]
VERSION: Final = 2
_PERSON: Final = """
CREATE TABLE person (owner TEXT PRIMARY KEY, scopes TEXT NOT NULL, domains TEXT NOT NULL,
    claimed INTEGER NOT NULL) WITHOUT ROWID, STRICT;
"""
UPGRADES: Final = {1: _PERSON}
TABLES: Final = f"""
CREATE TABLE hook (no INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL, url TEXT NOT NULL, events TEXT NOT NULL, subjects TEXT NOT NULL,
    domains TEXT NOT NULL, note TEXT, secrets TEXT NOT NULL, state TEXT NOT NULL,
    created INTEGER NOT NULL, batch INTEGER NOT NULL, entry INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL DEFAULT 0, error TEXT) STRICT;
CREATE TABLE event (no INTEGER PRIMARY KEY AUTOINCREMENT, hook TEXT NOT NULL, id TEXT NOT NULL,
    type TEXT NOT NULL, subject TEXT NOT NULL, body BLOB NOT NULL, created INTEGER NOT NULL,
    begun INTEGER NOT NULL, status TEXT NOT NULL DEFAULT 'waiting',
    tries INTEGER NOT NULL DEFAULT 0,
    next INTEGER NOT NULL DEFAULT 0, code INTEGER, error TEXT, finished INTEGER,
    UNIQUE (hook, id)) STRICT;
CREATE INDEX event_waiting ON event (hook, subject, no) WHERE status = 'waiting';
CREATE INDEX event_hook ON event (hook, no);
CREATE INDEX event_old ON event (finished) WHERE status = 'delivered';
CREATE TABLE cursor (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL)
    WITHOUT ROWID, STRICT;
{_PERSON}"""


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription. Moments are µs; `secrets` are (secret, moment until which it signs); `batch`
    and `entry` are the last that were there before it was made."""

    no: int
    id: str
    owner: str
    url: str
    events: list[str]
    subjects: list[str] | None  # None: whoever it is
    domains: list[str]
    note: str | None
    secrets: list[tuple[str, int | None]]
    state: State  # gone: its receiver said that it wants nothing more
    created: int
    batch: int
    entry: int
    failures: int  # one after the other, whatever the event
    next: int
    error: str | None

    @property
    def signing(self) -> list[str]:
        """The secrets that sign now, the newest first."""
        now = times.now()
        return [secret for secret, until in self.secrets if until is None or until > now]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a subscription. Those of one `subject` are delivered in the order of `no`."""

    no: int
    hook: str
    id: str
    type: str
    subject: str
    body: bytes
    created: int
    begun: int  # when its attempts began
    status: Literal["waiting", "delivered", "dead"]
    tries: int
    next: int
    code: int | None
    error: str | None
    finished: int | None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What a person may do and see, as their issuer last said it; `claimed` is when (µs)."""

    owner: str
    scopes: frozenset[str]
    domains: frozenset[str]
    claimed: int


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become an event; the same `id` again is the same event."""

    hook: str
    id: str
    type: str
    subject: str
    body: bytes


class Subscribed(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become a subscription."""

    owner: str
    url: str
    events: list[str]
    subjects: list[str] | None
    domains: list[str]
    note: str | None
    batch: int
    entry: int


HOOK: Final = f"SELECT {', '.join(Hook.__struct_fields__)} FROM hook"  # noqa: S608 names of fields
EVENT: Final = f"SELECT {', '.join(Event.__struct_fields__)} FROM event"  # noqa: S608 names of fields
PERSON: Final = f"SELECT {', '.join(Person.__struct_fields__)} FROM person"  # noqa: S608 names of fields
# What is past its time: delivered before ?1; not, and begun before ?2, with nobody who takes it.
_OLD: Final = (
    "(status = 'delivered' AND finished < ?1 OR status = 'dead' AND finished < ?2"
    " OR status = 'waiting' AND begun < ?2"
    " AND hook IN (SELECT id FROM hook WHERE state <> 'active'))"
)
COUNT_OLD: Final = f"SELECT count(*) FROM event WHERE {_OLD}"  # noqa: S608 a constant
DROP_OLD: Final = f"DELETE FROM event WHERE {_OLD}"  # noqa: S608 a constant
LOST: Final = f"SELECT hook, count(*) FROM event WHERE {_OLD} AND status = 'waiting' GROUP BY hook"  # noqa: S608 a constant
DUE: Final = (
    f"{EVENT} AS e WHERE hook = ? AND status = 'waiting' AND next <= ? AND no ="  # noqa: S608 a constant
    " (SELECT min(no) FROM event AS f WHERE f.hook = e.hook AND f.subject = e.subject"
    " AND f.status = 'waiting') ORDER BY no"
)


def new_secret() -> str:
    """A secret as Standard Webhooks writes it: 256 random bits."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def hook_of(row: Sequence[Any]) -> Hook:
    """A row of HOOK."""
    return _read(Hook, row, ("events", "subjects", "domains", "secrets"))


def event_of(row: Sequence[Any]) -> Event:
    """A row of EVENT."""
    return Event(**dict(zip(Event.__struct_fields__, row, strict=True)))


def person_of(row: Sequence[Any]) -> Person:
    """A row of PERSON."""
    return _read(Person, row, ("scopes", "domains"))


def _read(kind: type[S], row: Sequence[Any], texts: Sequence[str]) -> S:
    """A row of which these columns are JSON."""
    said = dict(zip(kind.__struct_fields__, row, strict=True))
    said |= {name: msgspec.json.decode(said[name]) for name in texts}
    return msgspec.convert(said, kind)


def as_text(value: Any) -> str:
    """JSON, as columns keep it."""
    return msgspec.json.encode(value).decode()
