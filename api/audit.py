"""The ledger as both transports show it: its head, its entries, whether its chain is whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from graph import ledger
from graph.errors import BadFile, InputError, WrongUsage
from graph.ledger import Entry, Head, Verdict
from graph.times import format_instant

if TYPE_CHECKING:
    from graph.store import Store


def anchors_of(texts: Sequence[str]) -> list[Head]:
    """Heads that were kept outside, each NO:HASH; raises WrongUsage."""
    try:
        return [ledger.parse_head(text) for text in texts]
    except InputError as error:
        raise WrongUsage(f"anchor: {error}") from None


def anchors_in(path: Path) -> list[Head]:
    """Those of a file: one begins each line, what stands behind it is a note; a line that begins
    with # is none. Raises BadFile, also for a file that names none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            try:
                found.append(ledger.parse_head(line.split()[0]))
            except InputError as error:
                raise BadFile(f"{path}, line {number}: {error}") from None
    if not found:
        raise BadFile(f"{path} names no anchor")
    return found


def head(store: Store) -> dict[str, Any]:
    """The newest entry's number and hash, and both as they are kept outside."""
    return head_of(store.ledger_head())


def head_of(found: Head) -> dict[str, Any]:
    """A head as `head` shows it."""
    return {"no": found.no, "hash": found.hash.hex(), "head": str(found)}


def verify(store: Store, anchors: Sequence[Head]) -> dict[str, Any]:
    """Whether the chain is whole, and each break. `found` counts those past the 100th too.

    Reads the ledger once: some 300,000 entries a second in an embedded store.
    """
    return verdict_of(ledger.audit(store, anchors), anchors)


def verdict_of(verdict: Verdict, anchors: Sequence[Head]) -> dict[str, Any]:
    """What was found of a chain as `verify` shows it."""
    return {
        "ok": verdict.sound,
        "entries": verdict.entries,
        "head": str(verdict.head),
        "anchors": [str(anchor) for anchor in anchors],
        "found": verdict.found,
        "breaks": [each._asdict() for each in verdict.breaks],
    }


def listing(store: Store, about: str | None, since: int, limit: int) -> dict[str, Any]:
    """Entries after a number, in order; `more` says whether there are others behind them."""
    return listed(store.ledger(since, about), limit)


def listed(entries: Iterable[Entry], limit: int) -> dict[str, Any]:
    """The first of some entries as `listing` shows them."""
    found = list(islice(entries, limit + 1))
    return {"results": [shown(entry) for entry in found[:limit]], "more": len(found) > limit}


def since_of(given: str | None) -> int:
    """The number of an entry, 0 where none is given; raises WrongUsage."""
    text = given or "0"
    if not text.isdecimal() or not text.isascii() or len(text) > 18:
        raise WrongUsage(f"since: the number of an entry, not {text[:20]!r}")
    return int(text)


def shown(entry: Entry) -> dict[str, Any]:
    """An entry, whatever somebody may have made of it."""
    return dict(_shown(entry))


def _shown(entry: Entry) -> Iterator[tuple[str, Any]]:
    for name, value in entry._asdict().items():
        if isinstance(value, bytes):
            yield name, value.hex()
        elif name in {"at", "body"}:
            try:
                yield name, format_instant(value) if name == "at" else entry.content
            except (TypeError, ValueError, OverflowError):
                yield name, value
        else:
            yield name, value


def head_bytes(store: Store) -> bytes:
    """`head` as both transports answer it."""
    return msgspec.json.encode(head(store))


def verify_bytes(store: Store, anchors: Sequence[Head]) -> bytes:
    """`verify` as both transports answer it."""
    return msgspec.json.encode(verify(store, anchors))
