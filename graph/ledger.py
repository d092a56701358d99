"""The ledger: entries in one line, each sealed over the one before. It knows no store.

The construction is the linear linking of Haber & Stornetta, 'How to Time-Stamp a Digital Document'
(J. Cryptology 3, 1991, doi:10.1007/BF00196791, section 5.1): an entry's hash covers the hash of the
entry before, so whoever holds one hash (an anchor, kept outside: printed, mailed, time-stamped)
holds every entry up to it. Entries behind the newest anchor are bound by the chain alone, which
somebody who may write the store can compute anew: how often to anchor is how much may be rewritten.

A Merkle tree (RFC 6962) proves one entry in O(log n) to somebody who has not the others. Here the
checker reads the store, so a line that is walked is enough; from RFC 6962, section 2.1, is taken
that a hash says what it is of (a prefix no other hash of the program has).

    hash = SHA-256(DOMAIN ‖ no ‖ at ‖ part ‖ |actor| ‖ |kind| ‖ |about| ‖ |key| ‖ |body|
                   ‖ actor ‖ kind ‖ about ‖ key ‖ body ‖ prior)

Numbers and lengths (in bytes of UTF-8) are big-endian 64 bits, so no two entries encode alike.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, NamedTuple, Protocol

import orjson

from graph.errors import Conflict, InputError, StoreCorrupt

DOMAIN: Final = b"linkrisk.ledger.entry.v1\n"
MOST_NAME: Final = 512  # characters of actor, kind, about and key
MOST_BODY: Final = 4 << 20  # bytes
_MOST: Final = 100  # breaks that are described; the rest is counted
_NUMBERS: Final = struct.Struct(">8q").pack
_HEAD: Final = re.compile(r"(0|[1-9][0-9]{0,17}):([0-9a-f]{64})", re.ASCII)


class Head(NamedTuple):
    """The number and hash of the newest entry; an anchor is one that was kept outside."""

    no: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.no}:{self.hash.hex()}"


GENESIS: Final = Head(0, bytes(32))  # of a ledger without entries


class Entry(NamedTuple):
    """One entry. `at` is when it was recorded (µs), `about` what it concerns, as a decision's id;
    `key` names the append that it came by, and `part` its place in that, from 1."""

    no: int
    at: int
    actor: str
    kind: str
    about: str
    body: str  # canonical JSON
    key: str
    part: int
    prior: bytes
    hash: bytes

    @property
    def content(self) -> dict[str, Any]:
        """The body as it was given."""
        found: dict[str, Any] = orjson.loads(self.body)
        return found


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to become an entry; the store gives number, moment and hashes."""

    actor: str
    kind: str  # as decision.proposed
    about: str
    body: dict[str, Any] = field(default_factory=dict)


def parse_head(text: str) -> Head:
    """`NO:HASH` as `str` writes it; raises InputError."""
    if not (found := _HEAD.fullmatch(text.strip())):
        raise InputError(f"not NO:HASH with 64 hexadecimal digits: {text.strip()[:80]!r}")
    return Head(int(found[1]), bytes.fromhex(found[2]))


def canonical(body: dict[str, Any]) -> str:
    """The one text of a JSON object: keys in order, no blanks. Raises InputError for what JSON has
    not: NaN, infinities, keys that are no text, integers past 64 bits, objects of any other type.
    """
    try:
        if not isinstance(body, dict):
            raise TypeError("an object is asked for")
        _check(body)
        text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"an entry's body is no JSON: {error}") from None
    if len(text) > MOST_BODY:
        raise InputError(f"an entry's body has {len(text)} bytes, {MOST_BODY} are the most")
    return text.decode()


def _check(value: object) -> None:
    """orjson makes null of NaN, and a text of dates and more; neither comes back as it was."""
    if isinstance(value, dict):
        for each in value.values():
            _check(each)
    elif isinstance(value, list | tuple):
        for each in value:
            _check(each)
    elif type(value) is float:
        if not math.isfinite(value):
            raise ValueError(f"{value} is no number")
    elif value is not None and type(value) not in {str, int, bool}:
        raise TypeError(f"{type(value).__name__} is none of its types")


def hash_of(entry: Entry) -> bytes:
    """The hash that an entry should have, of everything but `entry.hash`; raises TypeError,
    AttributeError, ValueError or struct.error for fields of other types."""
    no, at, actor, kind, about, body, key, part, prior, _ = entry
    a, k, o, i, b = actor.encode(), kind.encode(), about.encode(), key.encode(), body.encode()
    numbers = _NUMBERS(no, at, part, len(a), len(k), len(o), len(i), len(b))
    return sha256(b"".join((DOMAIN, numbers, a, k, o, i, b, prior))).digest()


def chain(drafts: Sequence[Draft], key: str, after: Head, at: int) -> list[Entry]:
    """Drafts as the entries that follow a head, recorded at a moment by the append `key`.

    Raises InputError for a draft that cannot be kept.
    """
    entries = []
    no, prior = after
    _name("key", key)
    for part, draft in enumerate(drafts, 1):
        for what in ("actor", "kind", "about"):
            _name(what, getattr(draft, what))
        body = canonical(draft.body)
        no += 1
        open_ = Entry(no, at, draft.actor, draft.kind, draft.about, body, key, part, prior, b"")
        prior = hash_of(open_)
        entries.append(open_._replace(hash=prior))
    return entries


def _name(what: str, text: str) -> None:
    if not isinstance(text, str) or not 0 < len(text) <= MOST_NAME or not text.isprintable():
        raise InputError(f"an entry's {what} is 1 to {MOST_NAME} printable characters")


def again(drafts: Sequence[Draft], found: Sequence[Entry]) -> Head:
    """The head that an append left whose entries are there already, when it is sent once more.

    Raises Conflict where its key was used for something else: that must not be lost unseen.
    """
    sent = [(d.actor, d.kind, d.about, canonical(d.body)) for d in drafts]
    if sent != [(e.actor, e.kind, e.about, e.body) for e in found]:
        raise Conflict(f"the key {found[0].key!r} was used for another append, {found[0].no} on")
    return Head(found[-1].no, found[-1].hash)


def expected(expect: Head | None, head: Head) -> None:
    """Raise Conflict where a head is not the one that an append builds on."""
    if expect is not None and expect != head:
        raise Conflict(f"the ledger has moved on: it ends with {head.no}, not with {expect.no}")


class Break(NamedTuple):
    """One thing that is wrong, where, and in words."""

    no: int
    what: str
    words: str


@dataclass(slots=True)
class Verdict:
    """What a walk found. `breaks` is in order of number; `found` counts those left out too."""

    head: Head = GENESIS
    entries: int = 0
    found: int = 0
    breaks: list[Break] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether the chain is whole."""
        return not self.found

    def add(self, no: int, what: str, words: str) -> None:
        """Take note of a break."""
        self.found += 1
        if len(self.breaks) < _MOST:
            self.breaks.append(Break(no, what, words))


class Kept(Protocol):
    """What keeps a ledger."""

    def ledger(self, since: int = 0, about: str | None = None) -> Iterator[Entry]:
        """See `graph.store.Store`."""

    def ledger_head(self) -> Head:
        """See `graph.store.Store`."""


def audit(kept: Kept, anchors: Iterable[Head] = (), after: Head = GENESIS) -> Verdict:
    """Walk a kept ledger, which begins behind `after`, against anchors and against what it says its
    own head is. What cannot be read at all is a break too."""
    damage: list[str] = []

    def head() -> list[Head]:
        try:
            return [kept.ledger_head()]
        except StoreCorrupt as error:
            damage.append(str(error))
            return []

    def readable() -> Iterator[Entry]:
        try:
            yield from kept.ledger()
        except StoreCorrupt as error:
            damage.append(str(error))

    verdict = verify(readable(), [*anchors, *head()], after)
    top = verdict.head.no
    for now in head():  # asked again: others append meanwhile
        if now.no < top:
            words = f"entry {top} stands behind the head, which is {now.no} / 头部之外"
            verdict.add(top, "inserted", words)
    for words in dict.fromkeys(damage):
        verdict.add(top + 1, "unreadable", f"{words} / 无法读取")
    return verdict


def problems(kept: Kept) -> list[str]:
    """What a store's check says of its ledger; empty when all is well."""
    verdict = audit(kept)
    told = [f"ledger: {each.words}" for each in verdict.breaks]
    more = verdict.found - len(told)
    return [*told, f"ledger: and {more} more"] if more else told


def verify(
    entries: Iterable[Entry], anchors: Iterable[Head] = (), after: Head = GENESIS
) -> Verdict:
    """Walk entries in the order in which they are kept, from the one that follows `after`, and
    name every break: an entry edited, deleted, inserted, out of order, linked to another than the
    one before, recorded before it; a ledger that ends before an anchor or has something else there.

    Complexity: one SHA-256 an entry, no memory but for what is wrong.
    """
    return _Walk(anchors, after).run(entries)


class _Walk:
    """One walk along a chain. `top` is the highest number so far, which the next one follows;
    `gaps` are runs of numbers that were not met, (first, last)."""

    def __init__(self, anchors: Iterable[Head], after: Head) -> None:
        self.verdict = Verdict(after)
        self.top, self.tip = after
        self.latest = -(2**63)
        self.gaps: list[tuple[int, int]] = []
        self.anchors: dict[int, set[bytes]] = {}
        for no, digest in anchors:
            if no > after.no:
                self.anchors.setdefault(no, set()).add(digest)
            elif no == after.no and digest != after.hash:
                self._rewritten(no)

    def run(self, entries: Iterable[Entry]) -> Verdict:
        """Every entry, then what was not met."""
        add, anchors = self.verdict.add, self.anchors
        for entry in entries:
            self.verdict.entries += 1
            no, at, digest = entry.no, entry.at, entry.hash
            if type(no) is not int or type(at) is not int:
                add(self.top, "inserted", f"what stands behind {self.top} is no entry / 非条目")
                continue
            if not _sealed(entry):
                add(no, "edited", f"entry {no} is not what its hash says / 内容被改")
            if anchors and no in anchors and anchors[no] != {digest}:
                self._rewritten(no)
            if no <= self.top:
                self._behind(no)
                continue
            if no > self.top + 1:
                self.gaps.append((self.top + 1, no - 1))
            elif entry.prior != self.tip:
                add(no, "unlinked", f"entry {no} is linked to another than {no - 1} / 链接断裂")
            if at < self.latest:
                add(no, "backdated", f"entry {no} is older than the one before it / 时间倒退")
            self.top, self.tip, self.latest = no, digest, at
        return self._end()

    def _rewritten(self, no: int) -> None:
        words = f"entry {no} is not the one that was anchored: it, or one before it, was rewritten"
        self.verdict.add(no, "rewritten", f"{words} / 与锚不符")

    def _behind(self, no: int) -> None:
        """A number that is not past the highest: out of order where it was missing, else twice."""
        for first, last in self.gaps if no < self.top else ():  # a store's are in order
            if first <= no <= last:
                self.gaps.remove((first, last))
                self.gaps += [run for run in ((first, no - 1), (no + 1, last)) if run[0] <= run[1]]
                words = f"entry {no} stands behind entry {self.top} / 顺序颠倒"
                self.verdict.add(no, "reordered", words)
                return
        self.verdict.add(no, "inserted", f"another entry has the number {no} too / 多出条目")

    def _end(self) -> Verdict:
        verdict = self.verdict
        for first, last in self.gaps:
            run = f"entry {first} is" if first == last else f"entries {first} to {last} are"
            verdict.add(first, "deleted", f"{run} missing / 条目缺失")
        if (most := max(self.anchors, default=0)) > self.top:
            words = f"the ledger ends with {self.top}, and entry {most} was anchored / 尾部缺失"
            verdict.add(self.top + 1, "truncated", words)
        verdict.head = Head(self.top, self.tip)
        verdict.breaks.sort(key=lambda each: each.no)
        return verdict


def _sealed(entry: Entry) -> bool:
    try:
        return hash_of(entry) == entry.hash and type(entry.part) is int
    except (TypeError, AttributeError, ValueError, struct.error):  # a field of another type
        return False
