"""Ledgers tampered with at random, and an entry's hash computed by hand from its definition."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from typing import Any, Final

from graph.ledger import Entry

Chain = list[Entry]


def seal(entry: Entry) -> bytes:
    """SHA-256 as the head of `graph.ledger` defines it, byte by byte."""
    texts = [entry.actor, entry.kind, entry.about, entry.key, entry.body]
    numbers = [entry.no, entry.at, entry.part, *(len(text.encode()) for text in texts)]
    told = b"linkrisk.ledger.entry.v1\n"
    told += b"".join(number.to_bytes(8, "big", signed=True) for number in numbers)
    told += "".join(texts).encode() + entry.prior
    return hashlib.sha256(told).digest()


def resealed(chain: Chain, since: int) -> Chain:
    """Numbers, links and hashes made anew from an index on, as somebody does who knows how."""
    made = chain[:since]
    for entry in chain[since:]:
        prior = made[-1].hash if made else bytes(32)
        fresh = entry._replace(no=len(made) + 1, prior=prior)
        made.append(fresh._replace(hash=seal(fresh)))
    return made


def _other(rng: random.Random, entry: Entry) -> Entry:
    """One field changed."""
    name = rng.choice(Entry._fields)
    old: Any = getattr(entry, name)
    new: Any
    if isinstance(old, int):
        new = old + rng.choice([-1, 1, 10**6])
    elif isinstance(old, bytes):
        flipped = bytearray(old)
        flipped[rng.randrange(32)] ^= 1 << rng.randrange(8)
        new = bytes(flipped)
    else:
        place = rng.randrange(len(old) + 1)
        new = rng.choice([old[:place] + old[place + 1 :], old[:place] + "改" + old[place:]])
    return entry._replace(**{name: new})


def edit(rng: random.Random, chain: Chain) -> Chain:
    """One field of one entry is changed; perhaps it is sealed again, or all behind it too."""
    at = rng.randrange(len(chain))
    old = new = chain[at]
    while new == old:
        new = _other(rng, old)
    how = rng.randrange(3)
    if how and (new.no, new.prior, new.hash) == (old.no, old.prior, old.hash):
        new = new._replace(hash=seal(new))
    made = [*chain[:at], new, *chain[at + 1 :]]
    if how == 2 and (new.no, new.prior) == (old.no, old.prior):
        return resealed(made, at + 1)
    return made


def delete(rng: random.Random, chain: Chain) -> Chain:
    """Entries are taken out from before the last; perhaps the rest is numbered or sealed anew."""
    at = rng.randrange(len(chain) - 1)
    made = chain[:at] + chain[min(at + rng.randint(1, 4), len(chain) - 1) :]
    how = rng.randrange(3)
    if how == 1:
        return [entry._replace(no=no) for no, entry in enumerate(made, 1)]
    return resealed(made, at) if how == 2 else made


def insert(rng: random.Random, chain: Chain) -> Chain:
    """An entry is put in before the last: a copy, a forged one, or with all behind sealed anew."""
    at = rng.randrange(len(chain))
    forged = rng.choice(chain)._replace(actor="他人", key=f"forged-{rng.random()}")
    how = rng.randrange(3)
    if how == 0:
        return [*chain[:at], rng.choice(chain), *chain[at:]]
    if how == 1:
        prior = chain[at - 1].hash if at else bytes(32)
        forged = forged._replace(no=at + 1, prior=prior)
        return [*chain[:at], forged._replace(hash=seal(forged)), *chain[at:]]
    return resealed([*chain[:at], forged, *chain[at:]], at)


def reorder(rng: random.Random, chain: Chain) -> Chain:
    """Two entries change places: as they are, with the numbers of the places, or sealed anew."""
    a, b = sorted(rng.sample(range(len(chain)), 2))
    made = chain.copy()
    made[a], made[b] = chain[b], chain[a]
    how = rng.randrange(3)
    if how == 1:
        made[a], made[b] = made[a]._replace(no=a + 1), made[b]._replace(no=b + 1)
    return resealed(made, a) if how == 2 else made


def truncate(rng: random.Random, chain: Chain) -> Chain:
    """The last entries are gone; perhaps others were put there."""
    keep = rng.randrange(len(chain))
    if rng.random() < 0.5 or keep == 0:
        return chain[:keep]
    others = [entry._replace(actor="他人", key=f"late-{entry.no}") for entry in chain[keep:]]
    return resealed([*chain[:keep], *others], keep)


WAYS: Final[tuple[Callable[[random.Random, Chain], Chain], ...]] = (
    edit, delete, insert, reorder, truncate,
)  # fmt: skip
