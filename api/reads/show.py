"""The chain of reads as both transports show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from api.audit import head_of, listed, since_of, verdict_of
from api.look import limit_of
from api.reads.chain import Chain, path_of
from graph import ledger
from graph.errors import InputError, StoreCorrupt, UnknownSubject
from graph.ledger import Entry, Head

if TYPE_CHECKING:
    from api.session import Session
    from graph.store import Store

_MOST: Final = 100  # entries that are named
TAKES: Final = ("subject", "actor", "case", "since", "limit")


class Wanted(NamedTuple):
    """Which entries are asked for."""

    subject: str | None = None
    actor: str | None = None
    case: str | None = None
    since: int = 0
    limit: int = 50


def wanted(given: dict[str, str | None]) -> Wanted:
    """Checked parameters; raises WrongUsage naming the one that is wrong."""
    since = since_of(given.get("since"))
    limit = limit_of(given.get("limit"), 50)
    subject, actor, case = (given.get(name) or None for name in TAKES[:3])
    return Wanted(subject, actor, case, since, limit)


def listing(session: Session, asked: Wanted) -> dict[str, Any]:
    """Entries after a number, in order; `more` says whether there are others behind them.

    With `subject`, what was shown of that one (`dataset:id`, canonical id or official key; one that
    the store no longer knows is taken as it is written): found by an index. `actor` and `case`
    alone are looked for in every entry. Raises InputError where no reads are recorded.
    """
    with closing(_of(session.whole_store)) as chain:
        return listed(_entries(session, chain, asked), asked.limit)


def _entries(session: Session, chain: Chain, asked: Wanted) -> Iterator[Entry]:
    rows = chain.ledger(asked.since)
    if asked.subject is not None:
        rows = chain.about(canonical_of(session, asked.subject), asked.since)
    for entry in rows:
        if asked.actor is not None and entry.actor != asked.actor:
            continue
        if asked.case is not None and entry.content.get("case") != asked.case:
            continue
        yield entry


def canonical_of(session: Session, text: str) -> str:
    """The canonical id of whom a text names; the text where the store knows nobody of that name."""
    snapshot = session.snapshot()
    try:
        return snapshot.canonical(snapshot.resolve(text))
    except UnknownSubject:
        return text


def head(store: Store) -> dict[str, Any]:
    """The newest entry's number and hash, and both as they are kept outside."""
    with closing(_of(store)) as chain:
        return head_of(chain.ledger_head())


def verify(store: Store, anchors: Sequence[Head]) -> dict[str, Any]:
    """Whether the chain of reads is whole, and each break; as `api.audit.verify` of the ledger."""
    with closing(_of(store)) as chain:
        walk = _Indexed(chain)
        try:
            after, unsaid = chain.begins(), ""
        except StoreCorrupt as error:
            after, unsaid = ledger.GENESIS, str(error)
        verdict = ledger.audit(walk, anchors, after)
        if unsaid:
            verdict.add(0, "deleted", unsaid)
        for no in walk.missing:
            verdict.add(no, "unindexed", f"entry {no} is not found by all it shows / 索引缺失")
        for words in chain.problems():
            verdict.add(0, "unguarded", f"{words} / 防护缺失")
    return verdict_of(verdict, anchors)


class _Indexed:
    """A chain whose entries are looked up in the index of subjects while they are walked."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.missing: list[int] = []

    def ledger(self, since: int = 0, about: str | None = None) -> Iterator[Entry]:
        """See `Chain.ledger`."""
        for entry in self._chain.ledger(since, about):
            if len(self.missing) < _MOST and not self._chain.indexes(entry):
                self.missing.append(entry.no)
            yield entry

    def ledger_head(self) -> Head:
        """See `Chain.ledger_head`."""
        return self._chain.ledger_head()


def _of(store: Store) -> Chain:
    if not path_of(store).is_file():
        raise InputError(
            "no reads of this store are recorded: the service begins with its first answer about a"
            " person / 尚无读取留痕"
        )
    return Chain.of(store)
