"""A run of the resolver on a store: what it joins becomes facts, what it does not, a queue.

What a person decided stands: the machine joins nothing across it, and what a person took back
waits for a person. The engine's answer is checked against what stands when it is written: facts
may have come, and judgements been made, while it ran.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec

from algorithms.identity.shape import KINDS, Feature, Model, Pair, Resolution, ResolveParams
from algorithms.registry import Truncated
from api.identity import facts
from api.identity.book import Book, LastRun
from api.identity.deciding import LEDGER
from api.identity.facts import Groups
from api.identity.preparing import Preparations
from graph import times
from graph.errors import UnknownSubject, WrongUsage
from graph.ledger import Draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from algorithms.identity.prepared import Keeping
    from api.identity.asking import ResolveAsked
    from api.session import Session
    from graph.snapshot import Snapshot

_SHOWN: Final = 100  # pairs and subjects that are told of
_ROWS: Final = 20_000  # facts of one batch
_OWN: Final = ResolveParams()  # with the thresholds that go unless others are asked for


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """A pair that a run joined, and what it would take to see why: `linkrisk resolve why A B`."""

    id: str
    kind: str
    a: str
    b: str
    label: str
    other: str
    score: float
    features: list[Feature]


class ResolveReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did. `joined` and `withdrawn` count judgements; `held` are pairs that it would
    have joined and left to a person; `waiting` counts the queue, `fresh` of it are new.

    `results` are the likeliest of what was joined, `affected` canonical ids of subjects that
    changed (at most 100 each, `affected_total` all). `since`: the batch after which records were
    looked at; null: all.
    """

    as_of: str
    known_at: str
    snapshot: str
    dry_run: bool
    kinds: list[str]
    accept: float
    review: float
    since: str | None
    joined: int
    withdrawn: int
    held: int
    fresh: int
    waiting: int
    conflicts: int
    results: list[Joined]
    affected: list[str]
    affected_total: int
    batches: list[str]
    entry: int | None
    models: list[str]
    stats: dict[str, int]
    notes: list[str]
    truncated: Truncated | None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it is carried out: what was asked, with what the last run says in its place."""

    kinds: list[str]
    accept: float
    review: float
    since: str | None
    notes: list[str]


def planned(asked: ResolveAsked, last: LastRun | None) -> Plan:
    """How a run is carried out after another: from where that one ended, at its thresholds. Raises
    WrongUsage."""
    kinds = sorted(set(asked.kinds or (last.kinds if last else KINDS)))
    accept = asked.accept or (last.accept if last else _OWN.accept)
    if asked.review is not None and asked.review > accept:
        raise WrongUsage(f"review: at most what accept is, {accept:g} / review 不得大于 accept")
    review = min(asked.review or (last.review if last else _OWN.review), accept)
    notes, since = [], asked.since
    if since is None and last is not None and not asked.whole:
        if (kinds, accept, review) == (last.kinds, last.accept, last.review):
            since = str(last.upto)
        else:
            notes.append(
                "other kinds or thresholds than the last run's: all records are looked at"
                " / 种类或阈值与上次不同, 已全量重算"
            )
    return Plan(kinds=kinds, accept=accept, review=review, since=since, notes=notes)


def engine(
    snapshot: Snapshot, params: ResolveParams, models: Sequence[Model], keeping: Keeping
) -> Resolution:
    """The engine's answer; `models` are those that scores went by so far."""
    from algorithms.identity.resolving import resolve

    return resolve(snapshot, params, models, keeping)


def run(session: Session, book: Book, asked: ResolveAsked, who: str) -> ResolveReceipt:
    """Resolve, and record what follows; with `dry_run` only say it. Raises what the engine does."""
    plan = planned(asked, book.last())
    snapshot = session.snapshot()
    params = ResolveParams(
        kinds=plan.kinds, accept=plan.accept, review=plan.review, since=plan.since
    )
    models = [] if asked.whole else book.models()
    preparations = Preparations(session)
    found = engine(snapshot, params, models, preparations)
    plan.notes.extend(preparations.notes)
    if asked.dry_run:
        sorted_ = _sorted(session, snapshot, found)
        found = msgspec.structs.replace(found, affected=_affected(session, (snapshot,), sorted_))
        return _receipt(snapshot, plan, found, sorted_, dry=True, waiting=book.counts()["open"])
    with book.turn() as db:
        snapshot = session.snapshot()
        sorted_ = _sorted(session, snapshot, found)
        batches = _write(session, snapshot, sorted_)
        waits = [*((pair, True) for pair in sorted_.held), *((p, False) for p in sorted_.review)]
        fresh = book.put(db, waits)
        after = session.snapshot()
        book.drop(db, plan.kinds, _gone(session, after, found, plan))
        book.refuse(db, found.conflicts, plan.kinds if plan.since is None else ())
        found = msgspec.structs.replace(
            found, affected=_affected(session, (snapshot, after), sorted_)
        )
        receipt = _receipt(snapshot, plan, found, sorted_, dry=False, waiting=book.counts()["open"],
                           fresh=fresh, batches=batches)  # fmt: skip
        receipt = msgspec.structs.replace(receipt, entry=_enter(session, receipt, who))
        told = msgspec.to_builtins(receipt)
        last = LastRun(
            no=0, at=times.now(), who=who, kinds=plan.kinds, accept=plan.accept,
            review=plan.review, upto=found.upto, told=told,
        )  # fmt: skip
        book.ran(db, last, found.models)
    return receipt


class Sorted(msgspec.Struct):
    """What is to be written: joins, retractions, and what waits for a person."""

    join: list[Pair]
    withdraw: list[str]
    held: list[Pair]
    review: list[Pair]


def _sorted(session: Session, snapshot: Snapshot, found: Resolution) -> Sorted:
    """What of an answer still holds: joins go by likelihood, across nothing that stands."""
    added = sorted(found.added, key=lambda pair: (-pair.weight, pair.a, pair.b))
    there = [(pair, nodes) for pair in added if (nodes := _nodes(snapshot, pair.a, pair.b))]
    undone = [
        nodes
        for each in facts.taken_back(session.store, snapshot)
        if (nodes := _nodes(snapshot, *each))
    ]
    groups, ends = Groups(snapshot), [both for _, both in there]
    may, could = groups.allowed(ends, undone), groups.allowed(ends, [])
    pairs = [pair for pair, _ in there]
    join = [pair for pair, ok in zip(pairs, may, strict=True) if ok]
    held = [p for p, ok, else_ in zip(pairs, may, could, strict=True) if else_ and not ok]
    review = [pair for pair in found.review if _nodes(snapshot, pair.a, pair.b)]
    return Sorted(join, found.withdrawn, held, review)


def _nodes(snapshot: Snapshot, a: str, b: str) -> tuple[int, int] | None:
    """Two records' nodes; None where one is not known any more."""
    try:
        both = snapshot.node_of(a), snapshot.node_of(b)
    except UnknownSubject:
        return None
    return both if all(map(snapshot.known, both)) else None


def _write(session: Session, snapshot: Snapshot, what: Sorted) -> list[str]:
    """Record the joins and retract what is upheld no longer; the batches. Sent again on the same
    state it changes nothing."""
    said = [*map(facts.retraction, what.withdraw), *map(facts.of_machine, what.join)]
    batches = []
    for part, some in enumerate(_parts(said), 1):
        digest = blake2b(msgspec.json.encode(some), digest_size=8).hexdigest()
        batch = f"identity:run:{snapshot.batch}:{part}:{digest}"
        written = session.store.write(batch, facts.rows_of(session.store, some, batch))
        if written.rejected:
            raise written.rejected[0][1]
        batches.append(batch)
    return batches


def _parts(said: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(said), _ROWS):
        yield [*said[start : start + _ROWS]]


def _gone(
    session: Session, snapshot: Snapshot, found: Resolution, plan: Plan
) -> Callable[[str, str, str], bool]:
    """Which open pairs do not wait any more: one subject by now, or kept apart, or not known; of a
    run that looked at them again, those that it did not find again."""
    again = {facts.pair_id(pair.a, pair.b) for pair in (*found.review, *found.added)}
    groups, rep = Groups(snapshot), snapshot.nodes.rep
    since = -1 if plan.since is None else snapshot.batch_of(plan.since)
    held = {facts.pair_id(*each) for each in facts.taken_back(session.store, snapshot)}

    def gone(ident: str, a: str, b: str) -> bool:
        nodes = _nodes(snapshot, a, b)
        if nodes is None or rep[nodes[0]] == rep[nodes[1]]:
            return True
        if not all(groups.allowed([nodes], [])):
            return True
        if ident in again or ident in held:
            return False
        return any(snapshot.record_said(node)[2] > since for node in nodes)

    return gone


def _affected(session: Session, views: Iterable[Snapshot], what: Sorted) -> list[str]:
    """The canonical ids, before and after, of the subjects that joins and retractions are about."""
    ends = {name for pair in what.join for name in (pair.a, pair.b)}
    for name in what.withdraw:
        ends |= {
            end for fact in session.store.history(name)[-1:] for end in (fact.a, fact.b) if end
        }
    found = set()
    for view in views:
        rep = view.nodes.rep
        reps = {int(rep[node]) for name in ends if view.known(node := view.node_of(name))}
        found |= set(view.canonicals(sorted(reps)))
    return sorted(found)


def _receipt(
    snapshot: Snapshot, plan: Plan, found: Resolution, what: Sorted, *, dry: bool,
    waiting: int, fresh: int = 0, batches: Iterable[str] = (),
) -> ResolveReceipt:  # fmt: skip
    return ResolveReceipt(
        as_of=found.as_of, known_at=found.known_at, snapshot=found.snapshot, dry_run=dry,
        kinds=plan.kinds, accept=plan.accept, review=plan.review, since=plan.since,
        joined=len(what.join), withdrawn=len(what.withdraw), held=len(what.held),
        fresh=len(what.held) + len(what.review) if dry else fresh, waiting=waiting,
        conflicts=len(found.conflicts),
        results=[_joined(snapshot, pair) for pair in what.join[:_SHOWN]],
        affected=found.affected[:_SHOWN], affected_total=len(found.affected),
        batches=[*batches], entry=None, models=[each.id for each in found.models],
        stats=found.stats, notes=[*plan.notes, *found.notes], truncated=found.truncated,
    )  # fmt: skip


def _joined(snapshot: Snapshot, pair: Pair) -> Joined:
    labels = [
        snapshot.label(int(snapshot.nodes.rep[snapshot.node_of(n)])) for n in (pair.a, pair.b)
    ]
    return Joined(
        id=facts.pair_id(pair.a, pair.b), kind=pair.kind, a=pair.a, b=pair.b, label=labels[0],
        other=labels[1], score=pair.score, features=pair.features,
    )  # fmt: skip


def _enter(session: Session, told: ResolveReceipt, who: str) -> int:
    """The entry of the ledger: who ran what, and what came of it."""
    body = {
        "kinds": told.kinds, "accept": told.accept, "review": told.review, "since": told.since,
        "snapshot": told.snapshot, "models": told.models, "batches": told.batches,
        "joined": told.joined, "withdrawn": told.withdrawn, "held": told.held,
        "waiting": told.waiting, "conflicts": told.conflicts,
    }  # fmt: skip
    key = f"identity:run:{blake2b(msgspec.json.encode([body, times.now()])).hexdigest()[:32]}"
    return session.store.append([Draft(who, f"{LEDGER}run", "identity", body)], key=key).no
