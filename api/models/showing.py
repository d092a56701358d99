"""Models as both transports show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from algorithms.risk.risk_score import USE
from algorithms.scoring.evaluating import Evaluation
from algorithms.scoring.model import Lineage
from graph.times import format_instant

if TYPE_CHECKING:
    from api.models.book import Entry, Models

Kind = Literal["account", "company", "person", "phone"]
_Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Label(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who turned out to be what is to be foreseen, and on which day."""

    id: str
    day: _Day


class TrainAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be trained. `as_of` is the day of the features that trees grow on, `test_as_of`
    that of the test; probabilities are fitted on `calibrate_as_of`, by default the day between;
    labels count until `until`, by default today. `fit_days`: on how many days, from `as_of` on and
    evenly apart before `calibrate_as_of`, it grows. Labels: `labels`, else who came on `lists` (of
    `domains`). `as_known`: what a day's features are made of had been recorded by its end, too."""

    name: str
    as_of: _Day
    test_as_of: _Day
    kind: Kind = "account"
    calibrate_as_of: _Day | None = None
    until: _Day | None = None
    labels: list[Label] | None = None
    lists: list[str] | None = None
    domains: list[str] | None = None
    groups: list[str] | None = None
    windows: list[int] | None = None
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    k: Annotated[int, Meta(ge=1, le=1_000_000)] = 100
    precision: Annotated[float, Meta(gt=0, le=1)] = 0.5
    rules: bool = True
    as_known: bool = False
    fit_days: Annotated[int, Meta(ge=1, le=12)] = 3
    use: bool = False


class RulesAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The kind of subjects that no model is to answer for."""

    kind: Kind


class UseAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing: a model has its own kind."""


class ModelShown(msgspec.Struct, frozen=True, kw_only=True):
    """A model: its file's digest and size, `content` (the same training, the same content), what
    it was made from, the share of its trees (the rest is the regression's), how it measured, and
    what it may be used for."""

    name: str
    kind: str
    in_use: bool
    made: str
    by: str
    sha256: str
    content: str
    size: int
    labels: str
    calibration: str
    trees: float
    features: int
    groups: list[str]
    lineage: Lineage
    evaluation: Evaluation
    notes: list[str]
    use: str = USE


class ModelLine(msgspec.Struct, frozen=True, kw_only=True):
    """A model in a list."""

    name: str
    kind: str
    in_use: bool
    made: str
    sha256: str
    average_precision: float | None
    roc_auc: float | None


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    """All models, the newest first, and which is in use for what kind."""

    results: list[ModelLine]
    in_use: dict[str, str]
    use: str = USE


def shown(entry: Entry, in_use: dict[str, str]) -> ModelShown:
    """One whole."""
    about: dict[str, Any] = msgspec.json.decode(entry.about)
    return ModelShown(
        name=entry.name, kind=entry.kind, in_use=in_use.get(entry.kind) == entry.name,
        made=format_instant(entry.made), by=entry.by, sha256=entry.sha256, content=entry.content,
        size=entry.size, labels=entry.said, calibration=about["calibration"],
        trees=about.get("trees", 1.0),
        features=len(about["features"]), groups=about["groups"],
        lineage=msgspec.convert(about["lineage"], Lineage),
        evaluation=msgspec.json.decode(entry.evaluation, type=Evaluation),
        notes=msgspec.json.decode(entry.notes),
    )  # fmt: skip


def listed(book: Models) -> ModelList:
    """All of them."""
    in_use = book.in_use()
    lines = []
    for entry in book.entries():
        table = msgspec.json.decode(entry.evaluation, type=Evaluation).table
        own = table[0].measures
        lines.append(
            ModelLine(
                name=entry.name, kind=entry.kind, in_use=in_use.get(entry.kind) == entry.name,
                made=format_instant(entry.made), sha256=entry.sha256,
                average_precision=own["average_precision"].value, roc_auc=own["roc_auc"].value,
            )
        )  # fmt: skip
    return ModelList(results=lines, in_use=in_use)


def whole(book: Models, name: str) -> ModelShown:
    """One by its name; raises UnknownModel."""
    return shown(book.entry(name), book.in_use())
