"""When to look at a group of subjects, as an alert shows it."""

from __future__ import annotations

import msgspec

from algorithms.risk.risk_score import USE


class Priority(msgspec.Struct, frozen=True, kw_only=True):
    """When to look at a group: the highest risk score of its members (null: none is told), the word
    for it, whose it is and by which model; how many members have a score and how many there are;
    as of which day, by what was known when. It orders work, and nothing else (`use`)."""

    score: float | None
    band: str | None
    subject: str | None
    model: str | None
    scored: int
    members: int | None
    as_of: str | None
    known_at: str | None
    why: str
    use: str = USE


class ModelAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A model that was asked for scores: those of which kind, its name and the digest of its file,
    and how many subjects it told of."""

    kind: str
    model: str
    sha256: str
    subjects: int


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """How scores came about: the models asked, what kept a score from being told, and the kinds
    whose model in use could not be asked (`failed`)."""

    models: list[ModelAsked] = []
    notes: list[str] = []
    failed: list[str] = []


def unscored(why: str, members: int | None = None) -> Priority:
    """The priority of a group of which no score is told, and why that is so."""
    return Priority(score=None, band=None, subject=None, model=None, scored=0, members=members,
                    as_of=None, known_at=None, why=why)  # fmt: skip
