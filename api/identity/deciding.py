"""What a person judges: that a pair is one subject, that it is two, or that neither is said.

A judgement is a fact under the person's name, recorded in a batch of its own; the ledger has who
and when. Nothing is overwritten: what was known before can be asked for ever after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from algorithms.identity.shape import Pair
from api.identity import facts
from api.identity.asking import words_of
from api.identity.book import UnknownPair
from api.identity.showing import Judgement, View, judgement_of, pair_of
from api.problems import unnamed
from graph.errors import Conflict, UnknownSubject, WrongUsage
from graph.ledger import Draft

if TYPE_CHECKING:
    from api.identity.book import Book, State
    from api.session import Session
    from graph.snapshot import Snapshot
    from graph.store import Store

What = Literal["accepted", "rejected", "undone"]
LEDGER: Final = "identity."  # how the kinds of entries begin
_VERBS: Final = {"accepted": "accept", "rejected": "reject", "undone": "undo"}
_STATE: Final[dict[What, State]] = {
    "accepted": "accepted", "rejected": "rejected", "undone": "open",
}  # fmt: skip


class RefusedMerge(Conflict):
    """Two that cannot be one subject: two valid official ids, or judged apart."""


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What a judgement did: the pair, the fact, who it was before and is now (`subjects`, canonical
    ids), the entry of the ledger, `at` when it was recorded (null: none stands any more);
    `decisions` are those that stand on the fact or name one of them: `linkrisk decide fallout` says
    what becomes of each."""

    id: str
    what: What
    a: str
    b: str
    by: str
    at: str | None
    fact: str
    batch: str
    entry: int
    head: str
    before: list[str]
    subjects: list[str]
    one: bool
    decisions: list[dict[str, str]]


def find(session: Session, book: Book, ident: str) -> Pair:
    """The pair of an id: from the queue, else from what was judged. Raises UnknownPair."""
    if (found := book.get(ident)) is not None:
        return found.pair
    for name in (facts.same(ident), facts.apart(ident)):
        if versions := session.store.history(name):
            return pair_of(versions[-1], session.snapshot())
    raise UnknownPair(f"no pair {ident[:40]!r} / 无此记录对")


def named(session: Session, a: str, b: str) -> Pair:
    """The pair of two that a person names: the first known record of each. Raises UnknownSubject,
    WrongUsage where they are of two kinds."""
    snapshot, records, kinds = session.snapshot(), [], []
    for text in (a, b):
        try:
            node = snapshot.node_of(text)
            if not snapshot.known(node):
                raise UnknownSubject(f"{text[:80]} was retracted / 记录已撤回")
        except UnknownSubject:
            rep = snapshot.resolve(text)
            node = next(m for m in snapshot.members(rep) if snapshot.known(m))
        records.append(snapshot.record_name(node))
        kinds.append(snapshot.kind_name(node))
    if kinds[0] != kinds[1]:
        raise WrongUsage(f"a, b: a {kinds[0]} and a {kinds[1]} are not one / 种类不同")
    if records[0] == records[1]:
        raise WrongUsage("a, b: one record / 同一记录")
    first, second = sorted(records)
    return Pair(kind=kinds[0], a=first, b=second, score=0.0, weight=0.0, features=[], model="")


def decide(
    session: Session, book: Book, pair: Pair, what: What, who: str, why: str | None,
    seen: str | None = None,
) -> Decided:  # fmt: skip
    """Carry a person's judgement of a pair out.

    `seen`: when the judgement that the person saw stand was recorded, empty where none did; None:
    not said. Raises RefusedMerge, Conflict where it stands already, another was made since, or
    there is nothing to take back, UnknownSubject where a record is not known any more, WrongUsage
    where why has to be said.
    """
    ident, why = facts.pair_id(pair.a, pair.b), words_of(why)
    why = None if why is None else unnamed(why)
    with book.turn() as db:
        snapshot, store = session.snapshot(), session.store
        before = _subjects(snapshot, pair)
        _unchanged(session, ident, what, View(store, snapshot).judgement(ident), seen)
        if seen is None:  # who has seen it overturns it knowingly
            _overturns_nobody(store, ident, what, who)
        said, fact = _said(session, snapshot, pair, what, who, why)
        count = sum(1 for _ in store.ledger(about=ident))
        batch = f"identity:{_VERBS[what]}:{ident}:{count + 1}"
        written = store.write(batch, facts.rows_of(store, said, batch))
        if written.rejected:
            raise written.rejected[0][1]
        # Why may name a person, and the ledger forgets nothing: it is in the fact and the book.
        body = {"a": pair.a, "b": pair.b, "fact": fact, "batch": batch, "subjects": before}
        head = store.append([Draft(who, f"{LEDGER}{what}", ident, body)], key=batch)
        book.state(db, ident, pair, _STATE[what], why)
    after = session.snapshot()
    view = View(store, after)
    stands = view.judgement(ident)
    return Decided(
        id=ident, what=what, a=pair.a, b=pair.b, by=who, at=None if stands is None else stands.at,
        fact=fact, batch=batch, entry=head.no, head=str(head), before=before,
        subjects=_subjects(after, pair), one=view.one(pair.a, pair.b),
        decisions=_concerned(session, fact, before),
    )  # fmt: skip


def _unchanged(
    session: Session, ident: str, what: What, stands: Judgement | None, seen: str | None
) -> None:
    """Raise Conflict where another judgement stands than the one that was seen."""
    if seen is None or seen == ("" if stands is None else stands.at):
        return
    if stands is None:
        raise Conflict("it was taken back since it was looked at / 查看之后原判定已被撤销")
    said: What = "accepted" if stands.same else "rejected"
    if said == what and not stands.machine and not _entered(session, ident, what):
        return  # the same again: it was written, and the process ended before it was entered
    by, words = stands.by, "判定为同一" if stands.same else "判定为非同一"
    raise Conflict(f"{said} by {by} since it was looked at / 查看之后已由 {by} {words}")


def _said(
    session: Session, snapshot: Snapshot, pair: Pair, what: What, who: str, why: str | None
) -> tuple[list[dict[str, Any]], str]:
    """The facts that a judgement records, and the name of the one that it is about."""
    store, ident = session.store, facts.pair_id(pair.a, pair.b)
    names = {"accepted": facts.same(ident), "rejected": facts.apart(ident)}
    stand = {name: facts.standing(store, name) for name in names.values()}
    if what == "undone":
        if why is None:
            raise WrongUsage("why: why is it taken back? / 请说明撤销理由")
        fact = next((name for name, found in stand.items() if found is not None), None)
        if fact is None:
            raise Conflict(f"{ident}: no judgement stands / 无有效判定可撤销")
        return [facts.retraction(fact)], fact
    fact = names[what]
    own = stand[fact]
    if own is not None and not judgement_of(ident, own).machine and _entered(session, ident, what):
        raise Conflict(f"{ident} is {what} already, by {own.payload.get('by')} / 已判定")
    view = View(store, snapshot)
    if what == "accepted":
        _needs_why(pair, why)
        if barred := view.barred(pair.a, pair.b):
            raise RefusedMerge(f"{ident}: {barred}")
    else:
        if why is None:
            raise WrongUsage("why: why is it two? / 请说明理由")
        _may_part(view, pair)
    evidence = facts.evidence_of(pair) if pair.model else {}
    said = facts.of_person((ident, pair.a, pair.b), who, why, evidence, one=what == "accepted")
    others = [facts.retraction(name) for name, found in stand.items() if name != fact and found]
    return [said, *others], fact


def _overturns_nobody(store: Store, ident: str, what: What, who: str) -> None:
    """Raise Conflict where somebody else judged the opposite: whoever does not say what they saw
    may not know of it, and overturning it unseen is a step of its own, with a reason."""
    opposite = {"accepted": facts.apart, "rejected": facts.same}.get(what)
    other = None if opposite is None else facts.standing(store, opposite(ident))
    if other is None or (found := judgement_of(ident, other)).machine or found.by == who:
        return
    said = "accepted" if found.same else "rejected"
    raise Conflict(
        f"{ident} is {said}, by {found.by}: undo that first / 已由 {found.by} 判定, 请先撤销"
    )


def _needs_why(pair: Pair, why: str | None) -> None:
    """Raise WrongUsage where what was found does not speak for one subject by itself."""
    if why is not None:
        return
    if not pair.model:  # nobody scored them: all that speaks for it is who says so
        raise WrongUsage("why: what shows that it is one? / 请写明依据")
    if pair.name_only:
        raise WrongUsage(
            "why: nothing but names speaks for it; what else shows that it is one?"
            " / 仅名称相同, 请写明其他依据"
        )
    if pair.kin:
        raise WrongUsage(
            "why: they may be two of one household; what else shows that it is one?"
            " / 可能为同户亲属, 请写明其他依据"
        )
    if pair.common:
        raise WrongUsage(
            f"why: some {pair.others:g} others of the country agree in as much; what else shows"
            f" that it is one? / 全国约另有 {pair.others:g} 个主体与之相符, 请写明其他依据"
        )


def _may_part(view: View, pair: Pair) -> None:
    """Raise RefusedMerge for two records that one official key makes one."""
    nodes = [view.snapshot.node_of(record) for record in (pair.a, pair.b)]
    keys = [view.groups.official(node) for node in nodes]
    if keys[0] is not None and keys[0] == keys[1]:
        raise RefusedMerge(
            f"{pair.a} and {pair.b} bear one official id, {keys[0]}: correct the record that is"
            " wrong / 官方标识相同, 请先更正记录"
        )


def _entered(session: Session, ident: str, what: What) -> bool:
    """Whether the ledger's last word on a pair is this: what was written and never entered, for the
    process ended in between, is entered when it is said again."""
    last = None
    for entry in session.store.ledger(about=ident):
        last = entry.kind
    return last == f"{LEDGER}{what}"


def _subjects(snapshot: Snapshot, pair: Pair) -> list[str]:
    """The canonical ids of the subjects of two records; raises UnknownSubject."""
    reps = [int(snapshot.nodes.rep[snapshot.node_of(record)]) for record in (pair.a, pair.b)]
    return sorted({snapshot.canonical(rep) for rep in reps})


def _concerned(session: Session, fact: str, subjects: list[str]) -> list[dict[str, str]]:
    decisions = session.decisions
    decisions.follow()
    found = [*decisions.by_fact(fact)]
    for name in subjects:
        found += [*decisions.by_party(name), *decisions.by_subject(name)]
    open_ = {each.id: each.status for each in found if not each.over}
    return [{"id": name, "status": status} for name, status in open_.items()]
