"""Training a model for the registry, and training it again to see that its figures stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from algorithms.features.table import WINDOWS
from api.models.book import RULES, Entry, name_of
from api.models.showing import Kind, Label, ModelList, ModelShown, TrainAsked, listed, whole
from graph import deadline, times
from graph.errors import WrongUsage
from graph.ledger import Draft

if TYPE_CHECKING:
    from algorithms.scoring.training import Plan, Trained
    from api.models.book import Models
    from api.session import Session
    from graph.snapshot import Snapshot


_MORE: Final = "take days with more labels between them, or more labels / 请调整日期或补充标签"


def check(book: Models, asked: TrainAsked) -> None:
    """What can be said of a request before anything is computed: raises WrongUsage, BadFact for
    what is no day, Conflict for a name that is taken."""
    from algorithms.features.making import dictionary

    book.check_free(name_of(asked.name))
    if asked.labels is not None and (asked.lists is not None or asked.domains is not None):
        raise WrongUsage("labels: not together with lists or domains / 二者不可同时给出")
    plan = _plan(_settled(asked))
    plan.check()
    dictionary(plan.kind, plan.groups, plan.windows or WINDOWS)


def train(session: Session, asked: TrainAsked, by: str) -> ModelShown:
    """Train, keep and, where asked, use. Raises what `check` does, BadFile for labels of nobody
    here, NoTruth where there are too few."""
    book, name = session.models, asked.name
    check(book, asked)
    snapshot = session.snapshot()
    asked = _settled(asked)
    made = _trained(snapshot, asked)
    asked = _discreet(snapshot, asked)
    from algorithms.scoring.keeping import content, packed

    about = made.trained.model.about
    entry = Entry(
        no=0, name=name, kind=asked.kind, made=times.now(), by=by, sha256="",
        content=content(made.trained.model), size=0, asked=msgspec.json.encode(asked).decode(),
        about=msgspec.json.encode(about).decode(),
        evaluation=msgspec.json.encode(made.trained.evaluation).decode(), said=made.said,
        notes=msgspec.json.encode(made.trained.notes).decode(),
    )  # fmt: skip
    data = packed(made.trained.model)
    deadline.check()  # what was called off while it ran keeps nothing
    book.put(entry, data)
    if asked.use:
        use(session, name, by)
    return whole(book, name)


def use(session: Session, name: str, by: str) -> ModelShown:
    """Let a model answer for its kind, and enter in the ledger who chose it: what investigators
    see first goes by it. Raises UnknownModel, StoreCorrupt."""
    entry = session.models.use(name, by)
    _enter(session, by, entry.kind, name, entry.sha256)
    return whole(session.models, name)


def use_none(session: Session, kind: Kind, by: str) -> ModelList:
    """Let no model answer for a kind, and enter who chose that."""
    session.models.use_none(kind)
    _enter(session, by, kind, RULES, None)
    return listed(session.models)


def _enter(session: Session, by: str, kind: str, name: str, sha256: str | None) -> None:
    body = {"kind": kind, "model": name, "sha256": sha256}
    session.store.append([Draft(by, "model.used", "models", body)])


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


def _settled(asked: TrainAsked) -> TrainAsked:
    """With its defaults filled in: it is kept, to be trained again."""
    from algorithms.scoring.training import middle

    return msgspec.structs.replace(
        asked,
        calibrate_as_of=asked.calibrate_as_of or middle(asked.as_of, asked.test_as_of),
        until=asked.until or times.today(),
    )  # fmt: skip


def _discreet(snapshot: Snapshot, asked: TrainAsked) -> TrainAsked:
    """With its labels by canonical id."""
    if asked.labels is None:
        return asked
    labels = []
    for each in asked.labels:
        deadline.check()
        labels.append(Label(id=snapshot.discreet(each.id), day=each.day))
    return msgspec.structs.replace(asked, labels=labels)


def _plan(asked: TrainAsked) -> Plan:
    """What is carried out of a request whose defaults are filled in."""
    from algorithms.scoring.training import Plan

    assert asked.calibrate_as_of is not None
    assert asked.until is not None
    return Plan(
        kind=asked.kind, fit=asked.as_of, calibrate=asked.calibrate_as_of, test=asked.test_as_of,
        until=asked.until, groups=asked.groups, windows=asked.windows, seed=asked.seed, k=asked.k,
        precision=asked.precision, rules=asked.rules, as_known=asked.as_known,
        fit_days=asked.fit_days,
    )  # fmt: skip


def _trained(snapshot: Snapshot, asked: TrainAsked) -> Made:
    from algorithms.risk.clusters import LISTS
    from algorithms.scoring.labels import of_lists, of_rows, unused
    from algorithms.scoring.metrics import NoTruth
    from algorithms.scoring.training import train as carried_out

    if asked.labels is not None:
        labels = of_rows(snapshot, ((each.id, each.day) for each in asked.labels), "given")
    else:
        labels = of_lists(snapshot, asked.lists or LISTS, asked.domains)
    plan = _plan(asked)
    beside = unused(snapshot, labels, plan.kind, plan.until)
    try:
        found = carried_out(snapshot, labels, plan)
    except NoTruth as error:
        raise NoTruth("; ".join([str(error), *beside, _MORE])) from None
    return Made(found._replace(notes=[*beside, *found.notes]), labels.said)
