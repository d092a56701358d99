"""A store copied under another id key: every keyed hash is another one, the rest is as it was.

Canonical ids of persons, accounts and phones, ids that are keyed hashes, the digests that cover
them and so the names of batches change; numbers, times and the ledger do not. The caller is told
which id became which; those that the ledger names are kept in it, sealed under the new key.

What was erased gets canonical ids drawn at random, which nobody can guess at. Its records are still
known by their ids and not recorded again; other records of the same person are not recognised.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson

from graph import keys
from graph.erasure import ABOUT, ALIAS, REKEYED, Erased
from graph.errors import Conflict
from graph.facts import Keys, content_digest
from graph.ledger import Draft
from graph.model import NAMES, is_entity
from graph.naming import add_events
from graph.seal import Seal
from graph.stores.copying import Copied, Copying, Progress, changes_of, copy_ledger, restate
from graph.times import INF, NEG

_HASHED: Final = re.compile(r"([a-z_]+)~([0-9a-f]{32})")
_DIGEST: Final = 16
Told = Callable[[str, str], None]  # an id as it was, as it is


class _Rekeying:
    """One run. Memory: a digest a version, a name an entity."""

    def __init__(self, old: bytes, new: bytes, versions: int, erased: Erased, told: Told) -> None:
        self._old, self._new, self._erased, self._told = old, new, erased, told
        self._digests = bytearray(_DIGEST * (versions + 1))
        self._names: dict[int, str] = {}  # of entities, by first version
        self._ids: dict[str, str] = {}
        self._canonicals: dict[str, str] = {}

    def batch(self, copied: Copied, before: bytes) -> Copied:
        """A batch as it is recorded under the new key, onto a store called `before`."""
        keys_of: dict[int, Keys] = {}
        identifiers = []
        for seq, kind, raw, reason, canonical in copied.changes.identifiers:
            now = self._canonical(kind, raw, reason, canonical)
            identifiers.append((seq, kind, raw, reason, now))
            keys_of[seq] = (*keys_of.get(seq, ()), (kind, raw, reason, now))
        facts = [
            self._fact(fact, keys_of.get(fact[0], ()), copied.datasets)
            for fact in copied.changes.facts
        ]
        ended = [(self._id(known[0], known[4], ()), *known[1:]) for known in copied.ended]
        changes = changes_of(copied.info.no, facts, identifiers, ended)
        gone = [self._digest_of(seq) for seq in changes.retracted]
        name = add_events(before, copied.info.recorded_at, [fact[12] for fact in facts], gone)
        return copied._replace(info=copied.info._replace(name=name), changes=changes, ended=ended)

    def _canonical(
        self, kind: str, raw: str, reason: str | None, canonical: str | None
    ) -> str | None:
        if canonical is None or kind == "uscc":
            return canonical
        found = self._canonicals.get(canonical)
        if found is None:
            found = keys.canonical(keys.Key(kind, raw, reason), self._new) if raw else None
            if found is None:  # erased
                found = f"{canonical.rpartition(':')[0]}:{secrets.token_hex(16)}"
            self._canonicals[canonical] = found
            self._told(canonical, found)
        return found

    def _fact(self, fact: tuple[Any, ...], mine: Keys, datasets: dict[int, str]) -> tuple[Any, ...]:
        seq, first, code, dataset, ident, a, b, vf, vt, value, extra, payload, digest, *rest = fact
        now = self._id(ident, code, mine)
        name = f"{datasets[dataset]}:{now}"
        if now != ident:
            self._told(f"{datasets[dataset]}:{ident}", name)
        if is_entity(code) and seq == first:
            self._names[first] = name
        if seq not in self._erased.erased and seq not in self._erased.cut:
            digest = content_digest(
                code, name, self._names.get(a), self._names.get(b), NEG if vf is None else vf,
                INF if vt is None else vt, value, payload, mine,
            )  # fmt: skip
        self._digests[_DIGEST * seq : _DIGEST * (seq + 1)] = digest
        return (seq, first, code, dataset, now, a, b, vf, vt, value, extra, payload, digest, *rest)

    def _digest_of(self, seq: int) -> bytes:
        return bytes(self._digests[_DIGEST * seq : _DIGEST * (seq + 1)])

    def _id(self, ident: str, code: int, mine: Keys) -> str:
        """An id that is a keyed hash, made anew: of the same key where it was of one, else of the
        hash."""
        found = _HASHED.fullmatch(ident)
        if found is None or found[1] not in (NAMES[code], ALIAS[:-1]):
            return ident
        if ident not in self._ids:
            said = next(
                (
                    f"{kind}:{raw}"
                    for kind, raw, _, _ in mine
                    if raw and keys.keyed_hash(f"{kind}:{raw}", self._old) == found[2]
                ),
                f"rekeyed:{ident}",
            )
            self._ids[ident] = f"{found[1]}~{keys.keyed_hash(said, self._new)}"
        return self._ids[ident]


def rekey(
    source: Copying, target: Copying, old: bytes, told: Told, progress: Progress | None = None
) -> int:
    """Copy all of a store, whose id key is `old`, into an empty one that has another; the number of
    its batches. `told` hears of each id that changed, several times of some.

    Raises Conflict where the target is not empty or has the same key, StoreCorrupt for a broken
    ledger. Linear in the facts.
    """
    new = target.id_key
    if old == new:
        raise Conflict("the target has the same id key: give another as LINKRISK_NEW_ID_KEY")
    if target.last_batch() or target.ledger_head().no:
        raise Conflict("the target is not empty: a store is re-keyed into a new one")
    ledger, upto = source.ledger_head(), source.last_batch()
    versions = source.batches(upto - 1)[0].last_seq if upto else 0
    changed: dict[str, str] = {}

    def note(before: str, after: str) -> None:
        changed[before] = after
        told(before, after)

    run = _Rekeying(old, new, versions, source.erased(), note)
    name = bytes(32)
    for copied in source.copies(0, upto):
        made = run.batch(copied, name)
        target.receive(made, name)
        name = made.info.name
        if progress is not None:
            progress(made.info.last_seq, versions)
    restate(source, target, upto)
    copy_ledger(source, target, target.ledger_head(), ledger)
    _keep(target, changed, new)
    return upto


def _keep(target: Copying, changed: dict[str, str], key: bytes) -> None:
    """Keep in the ledger what became of the ids that it names."""
    named = {
        text: changed[text]
        for entry in target.ledger()
        for text in _texts(entry.content)
        if text in changed
    }
    sealed = Seal(key).close(orjson.dumps(named, option=orjson.OPT_SORT_KEYS).decode())
    target.append([Draft("linkrisk", REKEYED, ABOUT, {"ids": len(named), "sealed": sealed})])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
