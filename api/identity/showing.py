"""Pairs, judgements and refusals as callers see them, with the types that the routes answer."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from algorithms.identity.shape import Feature, Pair
from api.identity.book import STATES, UnknownPair, Waiting
from api.identity.facts import (
    Groups,
    apart,
    ident_of,
    judged,
    known_rows,
    pair_id,
    same,
    standing,
    stood,
)
from api.native import native
from graph.errors import UnknownSubject, WrongUsage
from graph.limbs import by_machine, unconfirmed
from graph.model import NAMES
from graph.times import format_instant

if TYPE_CHECKING:
    from algorithms.identity.shape import Conflict as Refused
    from api.identity.book import Book
    from graph.snapshot import Snapshot
    from graph.store import Store, StoredFact

State = Literal["open", "accepted", "rejected"]
_SHOWN: Final = 20  # records of one side that are shown
_OWN: Final = ("features", "model", "model_score", "weight", "name_only", "kin", "common",
                  "others", "decided", "why")  # fmt: skip


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two: the record, the subject that it is of now, and what it says (personal
    identifiers masked; null where it is restricted or not known any more)."""

    record: str
    subject: str | None
    label: str
    says: dict[str, Any] | None
    records: int


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """A judgement that stands: the fact, whether it joins, who judged, when, why.

    `confirmed`: a person answers for it, or it needs none; only then may it carry an extension.
    """

    id: str
    fact: str
    same: bool
    by: str | None
    machine: bool
    confirmed: bool
    score: float | None
    why: str | None
    at: str


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A pair: how likely it is one subject, what speaks for (`agrees`, `partly`) and against it,
    the two side by side, the judgement that stands, and what a judgement of its would run into.

    `held`: a run joined it once and a person took that back. `barred`: in words, why it cannot be
    accepted; `note`: why it was judged as it was last, taken back included. `kin`: they may be two
    of one household or group: their names differ. `common`: others of the country agree in as much,
    about `others` of them.
    """

    id: str
    kind: str
    state: State
    held: bool
    score: float
    weight: float
    name_only: bool
    kin: bool
    common: bool
    others: float
    model: str
    features: list[Feature]
    a: Side
    b: Side
    one: bool
    judgement: Judgement | None
    barred: str | None
    note: str | None
    met: str
    changed: str


class ReviewList(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs by score, the likeliest first; `next` leads on, `counts` are of all states."""

    results: list[Review]
    next: str | None
    counts: dict[str, int]


class JudgementShown(msgspec.Struct, frozen=True, kw_only=True):
    """A judgement that stands, with the two that it is about."""

    id: str
    kind: str
    a: Side
    b: Side
    one: bool
    features: list[Feature]
    model: str | None
    judgement: Judgement


class JudgementList(msgspec.Struct, frozen=True, kw_only=True):
    """Judgements that stand, the newest first; `next` leads on."""

    results: list[JudgementShown]
    next: str | None
    total: int


class RefusedShown(msgspec.Struct, frozen=True, kw_only=True):
    """A pair that would have been joined and was not: `why` is `official_keys` or `judged_apart`,
    `between` the two records that bear the keys or were judged, `clusters` the records of each; or
    `one_key`: one resident id makes them one, and no name of theirs is alike."""

    id: str
    kind: str
    why: str
    words: str
    score: float
    features: list[Feature]
    a: Side
    b: Side
    between: tuple[str, str]
    clusters: tuple[list[str], list[str]]


class RefusedList(msgspec.Struct, frozen=True, kw_only=True):
    """What the last runs refused, and judgements that were recorded and are left aside."""

    results: list[RefusedShown]
    left_aside: list[JudgementShown]
    next: str | None


WHY_REFUSED: Final = {
    "official_keys": "two valid official ids / 两个有效的官方标识",
    "judged_apart": "judged not to be the same / 已判定为非同一主体",
    "one_key": "one official id, and names with nothing in common: correct the record that is wrong"
    " / 同一证件号码而姓名全不相同, 请更正有误的记录",
}


class View:
    """What is shown of records in one view; asked of the store once each."""

    def __init__(self, store: Store, snapshot: Snapshot) -> None:
        self.store = store
        self.snapshot = snapshot
        self.groups = Groups(snapshot)
        self._said: dict[int, StoredFact | None] = {}

    def side(self, record: str) -> Side:
        """One record of a pair."""
        snapshot = self.snapshot
        try:
            node = snapshot.node_of(record)
        except UnknownSubject:
            return Side(record=record, subject=None, label=record, says=None, records=0)
        if not snapshot.known(node):
            return Side(record=record, subject=None, label=record, says=None, records=0)
        rep = int(snapshot.nodes.rep[node])
        limited = snapshot.restricted(rep)
        said = None if limited else self._says(node)
        return Side(
            record=record, subject=snapshot.canonical(rep), label=self._label(said, rep),
            says=None if said is None else native(said, masked=True),
            records=sum(map(snapshot.known, snapshot.members(rep))),
        )  # fmt: skip

    def _says(self, node: int) -> StoredFact | None:
        if node not in self._said:
            self._said[node] = snapshot_says(self.snapshot, node)
        return self._said[node]

    def _label(self, said: StoredFact | None, rep: int) -> str:
        """What the record itself calls its subject: that is what a join is judged by."""
        own = None if said is None else said.payload.get("name")
        return own if isinstance(own, str) and own else self.snapshot.label(rep)

    def one(self, a: str, b: str) -> bool:
        """Whether two records are of one subject now."""
        try:
            x, y = self.snapshot.node_of(a), self.snapshot.node_of(b)
        except UnknownSubject:
            return False
        known = self.snapshot.known(x) and self.snapshot.known(y)
        return known and bool(self.snapshot.nodes.rep[x] == self.snapshot.nodes.rep[y])

    def judgement(self, ident: str) -> Judgement | None:
        """The judgement of a pair that stands."""
        for name in (same(ident), apart(ident)):
            if (fact := stood(self.store, self.snapshot, name)) is not None:
                return judgement_of(ident, fact)
        return None

    def barred(self, a: str, b: str) -> str | None:
        """Why a pair cannot be one subject, in words; None: nothing is in the way."""
        try:
            x, y = self.snapshot.node_of(a), self.snapshot.node_of(b)
        except UnknownSubject as error:
            return str(error)
        for node, name in ((x, a), (y, b)):
            if not self.snapshot.known(node):
                return f"{name} was retracted / 记录已撤回"
            if self.snapshot.restricted(int(self.snapshot.nodes.rep[node])):
                return f"{name}: its use is restricted / 限制处理"
            if (said := self._says(node)) is not None and said.payload.get("erased"):
                return f"{name} was erased / 已删除"
        if self.snapshot.nodes.rep[x] == self.snapshot.nodes.rep[y]:
            return None
        keys = [found for node in (x, y) if (found := self.groups.key_of(node))]
        if len(keys) > 1 and keys[0][0] != keys[1][0]:
            (k, of_k), (m, of_m) = keys
            return (
                f"two valid official ids, {k} of {of_k} and {m} of {of_m}: they are two subjects,"
                " or one record is to be corrected first / 两个有效官方标识不同, 不得合并"
            )
        if (fact := self.groups.judged_apart(x, y)) not in (None, apart(pair_id(a, b))):
            return f"judged not to be the same: {fact} / 已判定为非同一主体"
        return None

    def review(self, found: Waiting) -> Review:
        """A pair of the queue. How it stands is what facts say, whatever the book has."""
        pair, judgement = found.pair, self.judgement(found.id)
        state: State = found.state
        if judgement is None:
            state = "open"
        elif not judgement.machine:
            state = "accepted" if judgement.same else "rejected"
        return Review(
            id=found.id, kind=pair.kind, state=state, held=found.held, score=pair.score,
            weight=pair.weight, name_only=pair.name_only, kin=pair.kin,
            common=pair.common, others=pair.others, model=pair.model, features=pair.features,
            a=self.side(pair.a), b=self.side(pair.b),
            one=self.one(pair.a, pair.b), judgement=judgement,
            barred=self.barred(pair.a, pair.b),
            note=found.note,
            met=format_instant(found.met), changed=format_instant(found.changed),
        )  # fmt: skip

    def shown(self, ident: str, fact: StoredFact) -> JudgementShown:
        """A judgement with the two that it is about."""
        pair = pair_of(fact, self.snapshot)
        a, b = self.side(pair.a), self.side(pair.b)
        return JudgementShown(
            id=ident, kind=pair.kind, a=a, b=b, one=self.one(pair.a, pair.b),
            features=pair.features, model=pair.model or None, judgement=judgement_of(ident, fact),
        )  # fmt: skip

    def conflict(self, ident: str, found: Refused) -> RefusedShown:
        """A refusal."""
        pair = found.pair
        left, right = (side[:_SHOWN] for side in found.clusters)
        return RefusedShown(
            id=ident, kind=pair.kind, why=found.why, words=WHY_REFUSED[found.why],
            score=pair.score, features=pair.features, a=self.side(pair.a), b=self.side(pair.b),
            between=found.between, clusters=(left, right),
        )  # fmt: skip


def snapshot_says(snapshot: Snapshot, node: int) -> StoredFact | None:
    """What a record says in a view."""
    rep = int(snapshot.nodes.rep[node])
    return snapshot.stated([rep]).get(node)


def judgement_of(ident: str, fact: StoredFact) -> Judgement:
    """A stored judgement as it is told."""
    attrs, by = fact.payload.get("attrs") or {}, fact.payload.get("by")
    score = fact.payload.get("score")
    machine = by_machine(by)
    return Judgement(
        id=ident, fact=fact.name, same=NAMES[fact.code] == "same_as", by=by, machine=machine,
        confirmed=not unconfirmed(by, score), score=None if score is None else float(score),
        why=attrs.get("why"), at=format_instant(fact.recorded_at),
    )  # fmt: skip


def pair_of(fact: StoredFact, snapshot: Snapshot) -> Pair:
    """What a stored judgement was made on, as a pair; without features where there were none."""
    attrs = fact.payload.get("attrs") or {}
    kept = {name: attrs[name] for name in _OWN if name in attrs}
    a, b = sorted((fact.a or "", fact.b or ""))
    return Pair(
        kind=_kind(snapshot, a), a=a, b=b, score=float(kept.get("model_score") or 0.0),
        weight=float(kept.get("weight") or 0.0),
        features=msgspec.convert(kept.get("features") or [], list[Feature]),
        model=str(kept.get("model") or ""), name_only=bool(kept.get("name_only")),
        kin=bool(kept.get("kin")), common=bool(kept.get("common")),
        others=float(kept.get("others") or 0.0),
    )  # fmt: skip


def _kind(snapshot: Snapshot, record: str) -> str:
    """The kind of a record; "" where a view has none of this name."""
    try:
        return snapshot.kind_name(snapshot.node_of(record))
    except UnknownSubject:
        return ""


def reviews(
    book: Book, store: Store, snapshot: Snapshot, given: dict[str, str | None], limit: int,
    after: tuple[float, int] | None,
) -> ReviewList:  # fmt: skip
    """A page of the queue: `state` (default open), `kind`, `subject`. Raises WrongUsage,
    UnknownSubject."""
    state, kind = given.get("state") or "open", given.get("kind")
    if state not in STATES:
        raise WrongUsage(f"state: one of {', '.join(STATES)}, not {state[:20]!r}")
    if kind not in (None, "person", "company"):
        raise WrongUsage(f"kind: person or company, not {str(kind)[:20]!r}")
    records = None
    if (subject := given.get("subject")) is not None:
        records = snapshot.records(snapshot.resolve(subject))
    found, more = book.page(state, kind, records, limit, after)
    view = View(store, snapshot)
    return ReviewList(
        results=[view.review(each) for each in found], next=more, counts=book.counts()
    )


def one(book: Book, store: Store, snapshot: Snapshot, ident: str) -> Review:
    """One pair, waiting or judged; raises UnknownPair."""
    view, found = View(store, snapshot), book.get(ident)
    if found is None:
        for name in (same(ident), apart(ident)):
            if versions := store.history(name):
                pair, last = pair_of(versions[-1], snapshot), versions[-1]
                found = Waiting(no=0, id=ident, state="open", held=False, pair=pair,
                                met=last.recorded_at, changed=last.recorded_at)  # fmt: skip
                break
        else:
            raise UnknownPair(f"no pair {ident[:40]!r} / 无此记录对")
    return view.review(found)


def judgements(
    store: Store, snapshot: Snapshot, by: str | None, limit: int, after: tuple[int, str] | None
) -> JudgementList:
    """A page of the judgements that stand, of the machine, of persons, or of all."""
    if by not in (None, "machine", "person"):
        raise WrongUsage(f"by: machine or person, not {str(by)[:20]!r}")
    rows = judged(snapshot)
    if by is not None:
        rows = [r for r in rows if by_machine(snapshot.extra(r).get("by")) == (by == "machine")]
    recorded, names = snapshot.columns.rec, snapshot.fact_ids(rows)
    order = sorted((-int(recorded[row]), name) for row, name in zip(rows, names, strict=True))
    if after is not None:
        order = order[bisect_right(order, after) :]
    view, found = View(store, snapshot), []
    for _, name in order[:limit]:
        fact, ident = standing(store, name), ident_of(name)
        if fact is not None and ident is not None:
            found.append(view.shown(ident, fact))
    batch, name = order[limit - 1] if len(order) > limit else (0, "")
    return JudgementList(results=found, next=f"{-batch}:{name}" if name else None, total=len(rows))


def after_of(text: str | None) -> tuple[int, str] | None:
    """The `next` of a page of judgements as it is given back; raises WrongUsage."""
    if text is None:
        return None
    batch, _, name = text.partition(":")
    if not (batch.isascii() and batch.isdecimal() and len(batch) < 19 and ident_of(name)):
        raise WrongUsage(f"after: the `next` of a page, not {text[:40]!r}")
    return -int(batch), name


def conflicts(
    book: Book, store: Store, snapshot: Snapshot, limit: int, after: int | None
) -> RefusedList:
    """What runs refused, a page; with the first, judgements that stand and join nobody: what is
    recorded and left aside, for the two are kept apart by keys or another judgement."""
    view = View(store, snapshot)
    found, more = book.refused(limit, after)
    aside: list[JudgementShown] = []
    if after is None:
        cols, rep = snapshot.columns, snapshot.nodes.rep
        rows = snapshot.between_known(known_rows(snapshot, "same_as"))
        rows = rows[rep[cols.src[rows]] != rep[cols.dst[rows]]]
        for name in snapshot.fact_ids(rows.tolist()):
            if len(aside) >= limit or (ident := ident_of(name)) is None:
                continue
            fact = standing(store, name)
            if fact is not None:
                aside.append(view.shown(ident, fact))
    return RefusedList(
        results=[view.conflict(ident, each) for ident, each in found], left_aside=aside, next=more
    )
