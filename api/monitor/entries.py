"""What stands in the monitor's book: runs, lines, steps, alerts; and how it is read from rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

import msgspec

from algorithms.findings.material import Version
from algorithms.risk.novelty import Told
from algorithms.scoring.priority import ModelAsked, Priority
from api.casework.keeping import names
from api.ranking import rank_of
from graph.errors import InputError

Kind = Literal["cluster", "case"]
State = Literal["open", "accepted", "dismissed", "over"]
KINDS: Final = ("cluster", "case")
PRIORITY: Final = "priority"
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
    """What is to become an alert; the same `id` again is the same alert, and none. `nodes`: whom it
    is about; `priority` is told once all of a run are known."""

    id: str
    kind: Kind
    of: str
    domains: frozenset[str]
    body: dict[str, Any]
    nodes: frozenset[int] = frozenset()
    priority: Priority | None = None

    @property
    def rank(self) -> float:
        """See `Alert`."""
        return rank_of(self.priority)

    @property
    def said(self) -> dict[str, Any]:
        """What is kept of it. The priority names somebody, so it goes with what else does."""
        return self.body if self.priority is None else {**self.body, PRIORITY: self.priority}


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert: what is new of a line of clusters or a case (`of`), and what became of it. `score`
    is its own, `rank` what comes before that in order: the risk score, `UNRANKED` where it has
    none. `told` says whose score it was raised with, None where it is older than such; `standing`
    whose orders it since, None while that is the same."""

    no: int
    id: str
    run: int
    at: int
    kind: Kind
    of: str
    state: State
    domains: frozenset[str]
    body: dict[str, Any]
    score: float
    rank: float
    told: Priority | None
    standing: Priority | None
    by: str | None
    acted: int | None
    note: str | None

    @property
    def priority(self) -> Priority | None:
        """Whose score orders it now."""
        return self.standing or self.told


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What open alerts are ordered by: as of which day, by what was known when, of which snapshot;
    the models in use then by kind (`used`), those that were asked and what is to be said of it.
    `pending`: another model is in use since, or a part could not be told; it will be told anew."""

    as_of: str
    known_at: str
    snapshot: str
    used: dict[str, str] = {}
    models: list[ModelAsked] = []
    notes: list[str] = []
    pending: bool = False

    def has(self, told: Priority | None) -> bool:
        """Whether a priority is what this order goes by."""
        if told is None or told.model is None:
            return False
        model = told.model.partition("@")[0]
        known = (told.as_of, told.known_at) == (self.as_of, self.known_at)
        return known and model in self.used.values()


class Outcome(msgspec.Struct, kw_only=True):
    """All that a run writes."""

    lines: list[Line]
    over: dict[str, str]  # lines that are there no longer: dissolved, or absorbed by another
    steps: list[Step]
    judged: dict[str, Version]
    alerts: list[Draft]
    cases: dict[str, frozenset[int]] = {}  # by id, whom those are about that were judged
    priorities: dict[str, Priority] = {}  # theirs
    met: set[str] = set()  # keys of the cases that were told before and are there


RUN: Final = Run.__struct_fields__
ALERT: Final = tuple(name for name in Alert.__struct_fields__ if name != "told")
LINE: Final = Line.__struct_fields__


def alert_of(row: Sequence[Any]) -> Alert:
    """An alert of its row, which has the columns of `ALERT`."""
    said: dict[str, Any] = dict(zip(ALERT, row, strict=True))
    said["domains"] = frozenset(names(said["domains"]))
    said["body"] = msgspec.json.decode(said["body"])
    said["told"] = msgspec.convert(said["body"].pop(PRIORITY, None), Priority | None)
    if said["standing"] is not None:
        said["standing"] = msgspec.json.decode(said["standing"], type=Priority)
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
