"""Training a model for the registry, and training it again to see that its figures stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from api.models.book import Entry, name_of
from api.models.showing import Label, ModelShown, TrainAsked, whole
from graph import times
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from algorithms.scoring.training import Trained
    from api.session import Session
    from graph.snapshot import Snapshot


def train(session: Session, asked: TrainAsked, by: str) -> ModelShown:
    """Train, keep and, where asked, use. Raises WrongUsage, BadFile for labels of nobody here,
    NoTruth where there are too few, Conflict for a name that is taken."""
    book, name = session.models, name_of(asked.name)
    book.check_free(name)
    snapshot = session.snapshot()
    asked = _settled(snapshot, asked)
    made = _trained(snapshot, asked)
    from algorithms.scoring.keeping import content, packed

    about = made.trained.model.about
    entry = Entry(
        no=0, name=name, kind=asked.kind, made=times.now(), by=by, sha256="",
        content=content(made.trained.model), size=0, asked=msgspec.json.encode(asked).decode(),
        about=msgspec.json.encode(about).decode(),
        evaluation=msgspec.json.encode(made.trained.evaluation).decode(), said=made.said,
        notes=msgspec.json.encode(made.trained.notes).decode(),
    )  # fmt: skip
    book.put(entry, packed(made.trained.model))
    if asked.use:
        book.use(name, by)
    return whole(book, name)


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a model that was trained anew, on what was known then, is the same: its content, and
    all figures of its card; what differs."""

    name: str
    same: bool
    content: str
    differs: list[str]


def again(session: Session, name: str) -> Again:
    """Train a model anew from its lineage and compare. Nothing is kept."""
    from algorithms.scoring.keeping import content

    entry = session.models.entry(name)
    asked = msgspec.json.decode(entry.asked, type=TrainAsked)
    lineage = whole(session.models, name).lineage
    made = _trained(session.snapshot(lineage.known_at), asked)
    found = content(made.trained.model)
    differs = [] if found == entry.content else ["content"]
    before = msgspec.json.decode(entry.evaluation)
    now = msgspec.json.decode(msgspec.json.encode(made.trained.evaluation))
    differs += [key for key in before if before[key] != now.get(key)]
    return Again(name=name, same=not differs, content=found, differs=differs)


class Made(NamedTuple):
    """What was trained, and what its labels are of."""

    trained: Trained
    said: str


def _settled(snapshot: Snapshot, asked: TrainAsked) -> TrainAsked:
    """With its defaults filled in, and labels by canonical id: it is kept, to be trained again."""
    from algorithms.scoring.training import middle

    labels = asked.labels
    if labels is not None:
        if asked.lists is not None or asked.domains is not None:
            raise WrongUsage("labels: not together with lists or domains / 二者不可同时给出")
        labels = [Label(id=snapshot.discreet(each.id), day=each.day) for each in labels]
    return msgspec.structs.replace(
        asked, labels=labels,
        calibrate_as_of=asked.calibrate_as_of or middle(asked.as_of, asked.test_as_of),
        until=asked.until or times.today(),
    )  # fmt: skip


def _trained(snapshot: Snapshot, asked: TrainAsked) -> Made:
    from algorithms.risk.clusters import LISTS
    from algorithms.scoring.labels import of_lists, of_rows
    from algorithms.scoring.training import Plan
    from algorithms.scoring.training import train as carried_out

    assert asked.calibrate_as_of is not None
    assert asked.until is not None
    if asked.labels is not None:
        labels = of_rows(snapshot, ((each.id, each.day) for each in asked.labels), "given")
    else:
        labels = of_lists(snapshot, asked.lists or LISTS, asked.domains)
    plan = Plan(
        kind=asked.kind, fit=asked.as_of, calibrate=asked.calibrate_as_of, test=asked.test_as_of,
        until=asked.until, groups=asked.groups, windows=asked.windows, seed=asked.seed, k=asked.k,
        precision=asked.precision, rules=asked.rules, as_known=asked.as_known,
        fit_days=asked.fit_days,
    )  # fmt: skip
    return Made(carried_out(snapshot, labels, plan), labels.said)
