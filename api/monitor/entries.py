"""What stands in the monitor's book: runs, lines, steps, alerts; and how it is read from rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

import msgspec

from algorithms.findings.material import Version
from algorithms.risk.novelty import Told
from api.casework.keeping import names
from graph.errors import InputError

Kind = Literal["cluster", "case"]
State = Literal["open", "accepted", "dismissed", "over"]
KINDS: Final = ("cluster", "case")
STATES: Final = ("open", "accepted", "dismissed", "over")


class UnknownAlert(InputError):
    """No alert that the caller may see has this id."""

    status = 404


class UnknownLine(InputError):
    """No line of clusters that the caller may see has this name."""

    status = 404


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run: the day and the moment that it told of, when it ran, and its counts."""

    no: int
    as_of: str
    known_at: str
    batch: int
    snapshot: str
    started: int
    finished: int
    told: dict[str, Any]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line: the name that its cluster has now, whether it is there, since which run, in which
    run it changed last, what was told of it, and its row as it was last."""

    id: str
    cluster: str
    alive: bool
    born: int
    changed: int
    domains: frozenset[str]
    told: Told
    event: str  # what the last run that saw it made of it
    body: dict[str, Any]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What a run saw of a line."""

    line: str
    event: str
    domains: frozenset[str]
    body: dict[str, Any]
    run: int = 0


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become an alert; the same `id` again is the same alert, and none."""

    id: str
    kind: Kind
    of: str
    domains: frozenset[str]
    body: dict[str, Any]


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert: what is new of a line of clusters or a case (`of`), and what became of it."""

    no: int
    id: str
    run: int
    at: int
    kind: Kind
    of: str
    state: State
    domains: frozenset[str]
    body: dict[str, Any]
    by: str | None
    acted: int | None
    note: str | None


class Outcome(msgspec.Struct, kw_only=True):
    """All that a run writes."""

    lines: list[Line]
    over: dict[str, str]  # lines that are there no longer: dissolved, or absorbed by another
    steps: list[Step]
    judged: dict[str, Version]
    alerts: list[Draft]


RUN: Final = Run.__struct_fields__
ALERT: Final = Alert.__struct_fields__
LINE: Final = Line.__struct_fields__


def alert_of(row: Sequence[Any]) -> Alert:
    """An alert of its row, which has the columns of `ALERT`."""
    said = dict(zip(ALERT, row, strict=True))
    said["domains"] = frozenset(names(said["domains"]))
    said["body"] = msgspec.json.decode(said["body"])
    return Alert(**said)


def line_of(row: Sequence[Any]) -> Line:
    """A line of its row, which has the columns of `LINE`."""
    said = dict(zip(LINE, row, strict=True))
    said["alive"] = bool(said["alive"])
    said["domains"] = frozenset(names(said["domains"]))
    said["told"] = msgspec.json.decode(said["told"], type=Told)
    said["body"] = msgspec.json.decode(said["body"])
    return Line(**said)


def ends_of(lines: Iterable[Line]) -> dict[str, str]:
    """By the name that its cluster has, each line that is there."""
    return {each.cluster: each.id for each in lines if each.alive}
