"""The steps of a decision: each is checked on what the ledger says, then appended to it.

Nothing else is kept, so services on several machines work on one store: an append expects the head
that was read, and is tried anew on the newer ledger where somebody else was first.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from api.access import sight
from api.decisions import asks
from api.decisions.clocks import day_of
from api.decisions.entries import PREFIX, Proof
from api.decisions.fold import advance, fold
from api.decisions.policy import Policy, from_environment
from api.decisions.proposing import book_of, drafted, ident, parent_end, proposal, refusals
from api.decisions.state import IN_FORCE, Decision, passed
from api.decisions.steps import names_of
from graph import times
from graph.errors import Conflict, UnknownDecision, WrongUsage
from graph.ledger import Draft, Entry, Head, canonical

if TYPE_CHECKING:
    from api.session import Session

_TRIES: Final = 200
_TOGETHER: Final = 1000  # decisions that one append of a sweep tells the end of
_NAME: Final = 200
_NAMES: Final = frozenset({"by", "reviewer", "objector", "department", "departments", "key"})
_WORDS: Final = 4000  # characters of anything said
# Not compared when a request is sent again: what is told of elsewhere, or becomes something else.
_SKIPPED: Final = frozenset({"by", "key", "until", "departments", "subject", "party"})
_CLOCKWORK: Final = "linkrisk"  # who takes a step that no person takes

A = TypeVar("A", bound=asks.Ask)


class Work:
    """The decisions of one store. `decisions` follows them all; steps need only their own."""

    def __init__(
        self,
        session: Session,
        *,
        policy: Policy | None = None,
        today: Callable[[], str] = times.today,
    ) -> None:
        self.session = session
        self.policy = from_environment() if policy is None else policy
        self.today = today
        self.decisions = session.decisions

    # -- reading -----------------------------------------------------------------------------

    def one(self, about: str) -> Decision:
        """A decision as the ledger has it now; raises UnknownDecision."""
        if (found := fold(self.entries(about))) is None:
            raise UnknownDecision(f"no decision {about[:80]!r} / 无此决定")
        self._need(found.names)
        return found

    def _need(self, facts: Iterable[str]) -> None:
        """Raise Forbidden where the caller is not granted the domains of all these facts."""
        sight.need(self.session.whole_store, facts)

    def _need_all(self, about: str) -> None:
        """The same for all that a decision rests on."""
        if sight.restricted():
            self.one(about)

    def entries(self, about: str) -> list[Entry]:
        """What the ledger says about a decision, in order."""
        if not about or len(about) > 512 or not about.isprintable():
            return []
        return list(self.session.store.ledger(about=about))

    def proposal(self, about: str) -> dict[str, Any]:
        """What its proposal says: question, digest of the answer, row with proof."""
        self._need_all(about)
        for entry in self.entries(about):
            if entry.kind == PREFIX + "proposed":
                return entry.content
        raise UnknownDecision(f"no decision {about[:80]!r} / 无此决定")

    def refusals(self, about: str, day: str | None = None) -> list[str]:
        """Why the proof that a decision rests on no longer holds on the newest facts; empty where
        it does. What a reviewer found is not looked at."""
        day = self.today() if day is None else day
        return refusals(self.row(about)["proof"], self.session.snapshot(), day)

    def row(self, about: str) -> dict[str, Any]:
        """The row, with its proof, that a decision rests on now; raises UnknownDecision."""
        kinds = (PREFIX + "proposed", PREFIX + "rested")
        self._need_all(about)
        rows = [entry.content["row"] for entry in self.entries(about) if entry.kind in kinds]
        if not rows:
            raise UnknownDecision(f"no decision {about[:80]!r} / 无此决定")
        found: dict[str, Any] = rows[-1]
        return found

    def rest(self, about: str, row: dict[str, Any]) -> Decision:
        """Record that a decision stands by another row and proof, since what it rested on fell.

        Raises UnknownDecision; Conflict where the row says otherwise or the decision is over.
        """
        ask = asks.Personal(by=_CLOCKWORK)
        body = {"day": self.today(), "row": row}

        def make(found: Decision | None) -> list[Draft]:
            if found is None:
                raise UnknownDecision(f"no decision {about[:80]!r} / 无此决定")
            return [drafted(_CLOCKWORK, "rested", about, body)]

        return self._append(about, ask, "rested", make)

    # -- steps -------------------------------------------------------------------------------

    def propose(self, ask: asks.Propose) -> Decision:
        """Ask the graph and propose what it answers: `extend`, or `review` with a finding.

        Raises UnknownSubject, WrongUsage; Conflict where the party is not reached, or a decision of
        the same subject, party, measure and act is open.
        """
        ask, day = self._checked(ask)
        view = self.session.snapshot()
        subject, party = (view.canonical(view.resolve(n)) for n in (ask.subject, ask.party))
        nth = 1
        while True:
            about = ident(subject, party, ask.measure, ask.act, nth)
            entries = self.entries(about)
            if self._sent(ask, "proposed", entries):
                return self.one(about)
            found = fold(entries)
            if found is None:
                break
            if not found.over:
                raise Conflict(f"{about} of the same question is {found.status} / 已有未结决定")
            nth += 1
        body = proposal(view, ask, day)
        self._need(names_of(msgspec.convert(body["row"]["proof"], Proof)))
        draft = drafted(ask.by, "proposed", about, body)

        def make(found: Decision | None) -> list[Draft]:
            if found is not None:
                raise Conflict(f"{about} of the same question is {found.status} / 已有未结决定")
            return [draft]

        return self._append(about, ask, "proposed", make)

    def step(self, name: str, about: str, ask: asks.Personal) -> Decision:
        """Take a step of `asks.STEPS`; raises UnknownDecision, WrongUsage, Conflict."""
        if asks.STEPS.get(name) is not type(ask):
            raise WrongUsage(f"no step {name[:40]!r} of this shape: {', '.join(asks.STEPS)}")
        ask, day = self._checked(ask)
        made, build = _BUILDS[name]

        def make(found: Decision | None) -> list[Draft]:
            if found is None:
                raise UnknownDecision(f"no decision {about[:80]!r} / 无此决定")
            return [
                drafted(ask.by, made, about, {"day": day, **body})
                for body in build(self, found, ask, day)
            ]

        return self._append(about, ask, made, make)

    def expire(self, ask: asks.Expire | None = None) -> list[Decision]:
        """Record the end of every decision whose time has passed; those are returned.

        Linear in the decisions; one append for a thousand of them.
        """
        _, day = self._checked(ask or asks.Expire())
        done: list[str] = []
        for _ in range(_TRIES):
            head = self.decisions.follow()
            due = [
                each.id
                for each in self.decisions.all()
                if each.status == IN_FORCE and passed(str(each.until), day)
            ][:_TOGETHER]
            if not due:
                return [self.decisions.by_id(each) for each in done]
            drafts = [drafted(_CLOCKWORK, "expired", each, {"day": day}) for each in due]
            if self._appended(drafts, head, None):
                done += due
        raise Conflict("the ledger moves on too fast; try again / 请重试")

    # -- what steps say ----------------------------------------------------------------------

    def _approve(self, found: Decision, ask: asks.Approve, day: str) -> list[dict[str, Any]]:
        self._holds(found, day)
        return [{"note": ask.note}]

    def _notify(self, found: Decision, ask: asks.Notify, day: str) -> list[dict[str, Any]]:  # noqa: ARG002
        delivered = self._past(ask.delivered or day, "delivered")
        return [{"delivered": delivered, "how": ask.how, "heard": ask.heard}]

    def _enforce(self, found: Decision, ask: asks.Enforce, day: str) -> list[dict[str, Any]]:
        self._holds(found, day)
        begins = day if ask.begins is None else day_of(ask.begins, "begins")
        view, book = self.session.snapshot(), book_of(found.rulebook)
        parent = parent_end(view, found.subject, found.measure, book, (found.act, day))
        given = None if ask.until is None else day_of(ask.until, "until")
        ends = [each for each in (given, found.most, parent) if each is not None]
        if not ends:
            raise WrongUsage(
                f"until: {found.id} has no end by itself, a day is asked for / 须指定截止日期"
            )
        return [{"begins": begins, "until": min(ends, key=times.parse_time), "parent": parent}]

    def _publish(self, found: Decision, ask: asks.Publish, day: str) -> list[dict[str, Any]]:
        from graph.rulebook.durations import later

        book = book_of(found.rulebook)
        kind = book.measure(found.measure).publication
        longest = next((p.span.at_most for p in book.publication if p.id == kind), None)
        ends = [] if longest is None else [times.format_time(later(times.parse_time(day), longest))]
        ends += [found.until] if found.until is not None else []
        withdraw = min((e for e in ends if e is not None), key=times.parse_time, default=None)
        return [{"where": ask.where, "withdraw": withdraw}]

    def _object(self, found: Decision, ask: asks.Object, day: str) -> list[dict[str, Any]]:  # noqa: ARG002
        suspends = self.policy.objection_suspends
        return [{"objector": ask.objector, "reason": ask.reason, "suspends": suspends}]

    def _resolve(self, found: Decision, ask: asks.Resolve, day: str) -> list[dict[str, Any]]:  # noqa: ARG002
        number = ask.objection
        if number is None:
            number = next((o.no for o in found.objections if o.resolved is None), 0)
        return [{"objection": number, "outcome": ask.outcome, "reason": ask.reason}]

    def _end(self, found: Decision, ask: asks.Repair, day: str) -> list[dict[str, Any]]:  # noqa: ARG002
        return [{"reason": ask.reason, "basis": ask.basis}]

    def _push(self, found: Decision, ask: asks.PushTo, day: str) -> list[dict[str, Any]]:  # noqa: ARG002
        what = "impose" if found.wanted is None else found.wanted[0]
        told = {each.department: each.what for each in found.pushes}
        names = ask.departments
        if names is None:
            names = [name for name, last in told.items() if last != what]
            if not names:
                raise WrongUsage("departments: which are to be told? / 须指定部门")
        return [{"department": name, "what": what} for name in dict.fromkeys(names)]

    def _acknowledge(
        self, found: Decision, ask: asks.Acknowledge, day: str  # noqa: ARG002
    ) -> list[dict[str, Any]]:  # fmt: skip
        return [{"department": ask.department}]

    def _report(self, found: Decision, ask: asks.Report, day: str) -> list[dict[str, Any]]:  # noqa: ARG002
        done = self._past(ask.done or day, "done")
        said = {"department": ask.department, "did": ask.did, "done": done}
        return [said if ask.outcome is None else said | {"outcome": ask.outcome}]

    # -- common to all -----------------------------------------------------------------------

    def _checked(self, ask: A) -> tuple[A, str]:
        """A step's texts without blanks around them, each within bounds; and its day."""
        tidy: dict[str, Any] = {}
        for name in ask.__struct_fields__:
            given = getattr(ask, name)
            if isinstance(given, list):
                tidy[name] = [_text(name, each) for each in given]
            elif isinstance(given, str):
                tidy[name] = _text(name, given)
        ask = msgspec.structs.replace(ask, **tidy)
        return ask, self._past(self.today() if ask.day is None else ask.day, "day")

    def _past(self, text: str, name: str) -> str:
        if day_of(text, name) > self.today():
            raise WrongUsage(f"{name}: {text} is yet to come / 日期在将来")
        return text

    def _holds(self, found: Decision, day: str) -> None:
        """Raise Conflict where the proof no longer holds on the newest facts."""
        if why := self.refusals(found.id, day):
            raise Conflict(
                f"{found.id}: its proof no longer holds ({why[0]}); revoke it, and propose anew"
                " where the facts still say so / 证明不再成立"
            )

    def _sent(self, ask: asks.Personal, made: str, entries: list[Entry]) -> bool:
        """Whether a request of this key was carried out; raises Conflict where another was."""
        if ask.key is None or not (sent := [e for e in entries if e.key == PREFIX + ask.key]):
            return False
        said = [entry.content for entry in sent]
        same = {e.kind for e in sent} == {PREFIX + made} and sent[0].actor == ask.by
        for name in set(ask.__struct_fields__) - _SKIPPED:
            given = getattr(ask, name)
            same &= given is None or said[0].get(name) == given
        if isinstance(ask, asks.PushTo) and ask.departments is not None:
            same &= {each["department"] for each in said} == set(ask.departments)
        if not same:
            raise Conflict(f"the key {ask.key!r} was used for another step, {sent[0].no}")
        return True

    def _append(
        self,
        about: str,
        ask: asks.Personal,
        made: str,
        make: Callable[[Decision | None], list[Draft]],
    ) -> Decision:
        """Check on the folded state and append, again and again while others append first."""
        key = None if ask.key is None else PREFIX + ask.key
        for _ in range(_TRIES):
            head = self.session.store.ledger_head()
            entries = self.entries(about)
            if self._sent(ask, made, entries):
                return self.one(about)
            found = fold(entries)
            drafts = make(found)
            for draft in drafts:
                found = advance(found, _trial(draft, head))
            if self._appended(drafts, head, key):
                return self.one(about)
        raise Conflict("the ledger moves on too fast; try again / 请重试")

    def _appended(self, drafts: list[Draft], head: Head, key: str | None) -> bool:
        """Append behind a head; False where the ledger has moved on."""
        try:
            self.session.store.append(drafts, head, key=key)
        except Conflict:
            if self.session.store.ledger_head() == head:
                raise
            time.sleep(random.uniform(0, 0.005))  # noqa: S311 no secret: so that two do not meet again
            return False
        return True


def _text(name: str, text: str) -> str:
    most = _NAME if name in _NAMES else _WORDS
    text = " ".join(text.split()) if name in _NAMES else text.strip()
    if not 0 < len(text) <= most:
        raise WrongUsage(f"{name}: 1 to {most} characters / 不得为空或过长")
    if name in _NAMES and not text.isprintable():
        raise WrongUsage(f"{name}: a name of printable characters / 名称含不可见字符")
    return text


def _trial(draft: Draft, head: Head) -> Entry:
    """A draft as the entry that it would be."""
    body = canonical(draft.body)
    return Entry(
        head.no + 1, times.now(), draft.actor, draft.kind, draft.about, body, "", 1, b"", b""
    )


_BUILDS: Final[
    dict[str, tuple[str, Callable[[Work, Decision, Any, str], list[dict[str, Any]]]]]
] = {
    "approve": ("approved", Work._approve),
    "notify": ("notified", Work._notify),
    "enforce": ("enforced", Work._enforce),
    "publish": ("published", Work._publish),
    "object": ("objected", Work._object),
    "resolve": ("resolved", Work._resolve),
    "repair": ("repaired", Work._end),
    "revoke": ("revoked", Work._end),
    "push": ("pushed", Work._push),
    "ack": ("acknowledged", Work._acknowledge),
    "report": ("reported", Work._report),
}
