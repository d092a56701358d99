"""What a writer is given, what it may ask, and how it says what its format could not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

Fact = dict[str, Any]


class Given(NamedTuple):
    """One version of a fact: in the native shape, which the writer may take apart, with its name
    (`dataset:id`), the names of its ends, and both axes of time in microseconds."""

    fact: Fact
    name: str
    a: str | None
    b: str | None
    begins: int
    ends: int
    recorded_at: int
    retracted_at: int | None


class Around(Protocol):
    """What a writer may ask about the facts that it does not hold at the moment."""

    day: str  # of the newest fact, or of `known_at`: what the export calls its date
    masked: bool

    def canonical(self, name: str) -> str:
        """The id in answers of the subject that a record belongs to."""

    def kind(self, name: str) -> str | None:
        """The kind of a record; None where there is no such record."""

    def holder(self, name: str) -> str | None:
        """The one record that holds an account; None where there is none, or more."""

    def others(self, name: str) -> list[Given]:
        """The other current records of the same subject."""


@dataclass(slots=True)
class Tally:
    """What an export wrote, what it dropped, and what stands only where other programs do not
    look (`beside`): by kind and field."""

    written: Counter[str] = field(default_factory=Counter)
    dropped: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    beside: Counter[tuple[str, str]] = field(default_factory=Counter)

    def drop(self, kind: str, name: str, reason: str, count: int = 1) -> None:
        """A field (`*`: the whole fact) was left out."""
        self.dropped[kind, name, reason] += count

    def aside(self, fact: Fact, held: frozenset[str] = frozenset()) -> Fact:
        """What is left of a fact, which comes along for the way back only; counted by field, but
        for attributes that the format holds as well (`held`)."""
        aside = {name: value for name, value in fact.items() if value not in (None, {}, [])}
        for name, value in aside.items():
            if name in {"attrs", "keys"}:
                for inner in value:
                    if inner not in held:
                        self.beside[fact["kind"], f"{name}.{inner}"] += 1
            elif name not in {"kind", "id", "source"}:
                self.beside[fact["kind"], name] += 1
        return aside

    def report(self, form: str) -> Fact:
        """The report that ends an export, as JSON."""
        dropped = [
            {"kind": kind, "field": name, "count": count, "reason": reason}
            for (kind, name, reason), count in sorted(self.dropped.items())
        ]
        beside = [
            {"kind": kind, "field": name, "count": count}
            for (kind, name), count in sorted(self.beside.items())
        ]
        return {
            "format": form, "facts": self.written.total(),
            "kinds": dict(sorted(self.written.items())), "dropped": dropped, "beside": beside,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Writing:
    """A format to export to: one that streams (`lines`) or one that is a folder (`folder`).

    Memory is bounded in both. `lines` yields the bytes in order; both fill the tally as they go,
    so that it is whole when they end.
    """

    name: str
    media_type: str
    lines: Callable[[Iterable[Given], Around, Tally], Iterator[bytes]] | None = None
    folder: Callable[[Iterable[Given], Around, Tally, Path], None] | None = None
