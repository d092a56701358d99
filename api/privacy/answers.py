"""What the routes of privacy answer, as OpenAPI says it."""

from __future__ import annotations

from typing import Any

import msgspec


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What was done, and the entry of the ledger that says so."""

    subject: str
    request: str
    status: str
    entry: int | None
    head: str


class Erasure(Done, frozen=True, kw_only=True):
    """What was erased: versions by kind, relations and listings cut down, records with another id;
    leads that others share; kept results of jobs, answers and events of webhooks that named it, and
    were deleted, and subscriptions that watched it; files
    that still hold it; what is left to do. Restricted instead: `kept` says why."""

    erased: dict[str, int] | msgspec.UnsetType = msgspec.UNSET
    cut: int | msgspec.UnsetType = msgspec.UNSET
    renamed: int | msgspec.UnsetType = msgspec.UNSET
    shared: list[str] | msgspec.UnsetType = msgspec.UNSET
    shared_total: int | msgspec.UnsetType = msgspec.UNSET
    forgotten: dict[str, int] | msgspec.UnsetType = msgspec.UNSET
    elsewhere: list[str] | msgspec.UnsetType = msgspec.UNSET
    left: list[str] | msgspec.UnsetType = msgspec.UNSET
    kept: list[str] | msgspec.UnsetType = msgspec.UNSET


class Concerned(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that is not over."""

    id: str
    status: str


class Correction(Done, frozen=True, kw_only=True):
    """Which record was put right, by which batch, and the decisions that this concerns."""

    record: str
    batch: str
    decisions: list[Concerned]


class About(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that names the person, as `party` or as the listed `subject`."""

    id: str
    status: str
    measure: str
    role: str
    act: str


class HeldAbout(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is held of a person: facts as they are interchanged, all versions; decisions,
    requests, reads."""

    subject: str
    kind: str
    facts: list[dict[str, Any]]
    totals: dict[str, int]
    shared: list[str]
    decisions: list[About]
    requests: list[dict[str, Any]]
    reads: list[dict[str, Any]]
    more_reads: bool


class Class(msgspec.Struct, frozen=True, kw_only=True):
    """How long a class of what is kept is kept (ISO 8601), and how much of it is past that;
    events that nobody took have a time of their own."""

    kept: str
    past: int
    undelivered: str | msgspec.UnsetType = msgspec.UNSET


class Retained(msgspec.Struct, frozen=True, kw_only=True):
    """What is past its time, by class: reads that were recorded, listings that ended, results of
    jobs, answers of requests with a key, events of webhooks, files of rejected rows; whether it was
    taken out; what is left to do elsewhere."""

    applied: bool
    reads: Class
    listings: Class
    results: Class
    answers: Class
    events: Class
    rejected: Class
    left: list[str]


class Purged(msgspec.Struct, frozen=True, kw_only=True):
    """What is left to do elsewhere."""

    left: list[str]
