"""One store copied into another, batch by batch, with numbers, moments and names as they are.

A copy is the same facts under the same id key with the same recorded times, so its snapshot has the
same name. It may be cut short at any moment and sent again: what is there already is compared by
its name and left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, Protocol

from graph.erasure import ABOUT, ALIAS, ERASED, Cut, Plan, Renamed
from graph.errors import Conflict, StoreCorrupt
from graph.ledger import Entry, Head, verify
from graph.model import is_entity
from graph.store import BatchInfo, Store
from graph.stores.deciding.books import CURRENT, FIRST, Changes, Known

_RUN: Final = 1_000  # entries of a ledger that are copied in one transaction
_MEANWHILE: Final = "the target was written by somebody else meanwhile"

Progress = Callable[[int, int], None]  # facts copied, facts in all


class Copied(NamedTuple):
    """One batch, whole. `ended` are the records of versions that it retracted, in the order of
    `changes.retracted`; `datasets` gives the numbers that are used."""

    info: BatchInfo
    changes: Changes
    ended: list[Known]
    datasets: dict[int, str]
    file: tuple[str, str] | None
    undoes: int | None
    undone: bool


class Copying(Store, Protocol):
    """A store that can be copied from and into."""

    def copies(self, since: int, upto: int) -> Iterator[Copied]:
        """Batches after number `since` up to `upto`, in order."""

    def receive(self, copied: Copied, before: bytes) -> None:
        """Record the next batch of a copy, onto a store that is called `before`; one that is there
        already changes nothing. Raises Conflict where the store holds anything else."""

    def receive_ledger(self, entries: Sequence[Entry]) -> None:
        """Record a copied ledger's next entries as they are; none where they are there already.
        Raises Conflict where the ledger ends with anything else than what they follow."""

    def heads(self) -> list[tuple[int, str, bool, bool]]:
        """(number, id, settled, undone) of every batch: what may change after it was recorded."""

    def restate(self, heads: Sequence[tuple[int, str, bool, bool]]) -> None:
        """Give batches the ids and marks that they have in what they were copied from."""


def changes_of(
    number: int,
    facts: Sequence[tuple[Any, ...]],
    identifiers: Sequence[tuple[int, str, str, str | None, str | None]],
    ended: Sequence[Known],
) -> Changes:
    """What recording a batch changes, from its facts and the records of versions that it retracted,
    whose `current` is the retracted version."""
    changes = Changes(number, None, list(facts), list(identifiers))
    changes.retracted = [known[CURRENT] for known in ended]
    gone = set(changes.retracted)
    # Records that get another version or lose theirs; numbers ascend.
    newest: dict[tuple[str, int], int] = {known[:2]: known[CURRENT] for known in ended}
    for seq, first, code, dataset, ident, *_ in facts:
        if seq == first:
            changes.fresh.append((ident, dataset, first, seq, code))
        else:
            newest[ident, dataset] = seq
    begun = {known[:2]: known[FIRST] for known in changes.fresh if known[:2] in newest}
    for key, seq in newest.items():
        current = -seq if seq in gone else seq
        if begun.get(key) != current:
            changes.moved[key] = current
    return changes


def copy(source: Copying, target: Copying, progress: Progress | None = None) -> int:
    """Copy what the target has not got; the number of batches that it has afterwards.

    Raises Conflict where the target holds anything else than an earlier state of the source, or has
    another id key.
    """
    ledger = source.ledger_head()  # before the facts: what its entries speak of is copied then
    if source.id_key != target.id_key:
        raise Conflict("the target has another id key: give both the source's as LINKRISK_ID_KEY")
    upto, done = source.last_batch(), target.last_batch()
    if done > upto or (before := _name(source, done)) != _name(target, done):
        raise Conflict("the target holds other facts than an earlier state of the source")
    kept = target.ledger_head()
    if kept.no > ledger.no or (kept.no and _entry(source, kept.no) != kept):
        raise Conflict("the target's ledger is not an earlier state of the source's")
    total = _facts(source, upto)
    restate(source, target, done)  # first: the id of a batch that was undone may be used again
    for copied in source.copies(done, upto):
        target.receive(copied, before)
        before = copied.info.name
        if progress is not None:
            progress(copied.info.last_seq, total)
    if before != _name(target, upto):
        raise Conflict(_MEANWHILE)
    restate(source, target, upto)
    copy_ledger(source, target, kept, ledger)
    _copy_erasures(source, target, kept.no)
    return upto


def _copy_erasures(source: Copying, target: Copying, since: int) -> None:
    """Take out of what was copied before what the source has erased since."""
    seqs: set[int] = set()
    for entry in source.ledger(since, ABOUT):
        if entry.kind == ERASED:
            seqs.update(entry.content["erased"], entry.content["cut"], entry.content["renamed"])
    if not seqs:
        return
    erased = source.erased().erased
    infos = source.batches()
    erasing: list[int] = []
    cut: list[Cut] = []
    renamed: list[Renamed] = []
    for info in infos:
        low = info.last_seq - info.facts
        if not any(low < seq <= info.last_seq for seq in seqs):
            continue
        for copied in source.copies(info.no - 1, info.no):
            for fact in copied.changes.facts:
                seq, code, ident = fact[0], fact[2], fact[4]
                if seq not in seqs:
                    continue
                if seq in erased:
                    erasing.append(seq)
                elif not is_entity(code):
                    cut.append(Cut(seq, code, fact[9], fact[11], fact[10]))
                if ident.startswith(ALIAS):
                    renamed.append(Renamed(fact[1], code, ident))
    target.scrub(Plan(tuple(erasing), tuple(cut), tuple(dict.fromkeys(renamed))))
    target.purge()


def copy_ledger(source: Copying, target: Copying, after: Head, upto: Head) -> None:
    """Copy a ledger's entries behind one head up to another, as they are."""
    for run in ledger_runs(source, after, upto):
        target.receive_ledger(run)
    if target.ledger_head() != upto:
        raise Conflict(_MEANWHILE)


def ledger_runs(source: Store, after: Head, upto: Head) -> Iterator[list[Entry]]:
    """The entries of a ledger behind one head up to another, in runs that were walked: a copy is
    never made of a ledger that is broken. Raises StoreCorrupt."""
    entries = islice(source.ledger(after.no), upto.no - after.no)
    while run := list(islice(entries, _RUN)):
        verdict = verify(run, after=after)
        if not verdict.sound:
            raise StoreCorrupt(f"the ledger is broken: {verdict.breaks[0].words}")
        after = verdict.head
        yield run
    if after != upto:
        raise StoreCorrupt(f"the ledger is broken: it ends with {after.no}, not with {upto.no}")


def continues(entries: Sequence[Entry], head: Head) -> None:
    """Raise Conflict unless copied entries are the next ones of a ledger that ends with `head`."""
    if head != Head(entries[0].no - 1, entries[0].prior):
        raise Conflict(_MEANWHILE)


def _entry(store: Store, no: int) -> Head | None:
    found = next(store.ledger(no - 1), None)
    return found and Head(found.no, found.hash)


def restate(source: Copying, target: Copying, upto: int) -> None:
    """Give the target's batches the ids and marks that the source's have now."""
    known = set(target.heads())
    changed = [head for head in source.heads() if head[0] <= upto and head not in known]
    if changed:
        target.restate(changed)


def follows(info: BatchInfo, before: bytes, number: int, name: bytes) -> None:
    """Raise Conflict unless a copied batch, which was recorded onto a store called `before`, is the
    next one of a store that ends with this batch and is called `name`."""
    if (number, name) != (info.no - 1, before):
        raise Conflict(_MEANWHILE)


def _name(store: Store, number: int) -> bytes:
    return store.batches(number - 1)[0].name if number else bytes(32)


def _facts(store: Store, number: int) -> int:
    return store.batches(number - 1)[0].last_seq if number else 0
