"""Search: subjects by id, official key or name, a page at a time, each with why it was found."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import msgspec

from api.look import brief, check_kind, noted
from graph import keys
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.session import Session
    from graph.snapshot import Snapshot

MOST: Final = 1000  # rows of one page
DEEPEST: Final = 10_000  # rows that pages reach to
_NUMBER: Final = 7  # a text of more digits is a number of somebody's
PARAMETERS: Final = frozenset({"q", "kind", "limit", "offset", "known_at"})


def search(
    session: Session,
    text: str,
    kind: str | None = None,
    limit: int = 20,
    offset: int = 0,
    known_at: str | None = None,
) -> dict[str, Any]:
    """Subjects whose id or official key is `text`, then those it is a name of; see
    `graph.names.finding` for their order. `how` says why each is there.

    `more` says whether another page follows. Raises WrongUsage.
    """
    check_kind(kind)
    if not text.strip():
        raise WrongUsage("q: nothing to search for / 请输入搜索内容")
    snapshot = session.snapshot(known_at)
    wanted = offset + limit + 1
    rows = found(snapshot, text.strip(), kind, wanted)
    return {
        "query": shown(text),
        "results": [row for _, row in rows[offset : offset + limit]],
        "more": len(rows) == wanted,
        "known_at": snapshot.known_at,
        "snapshot": snapshot.name,
        **noted(snapshot),
    }


def found(
    snapshot: Snapshot, text: str, kind: str | None, most: int
) -> list[tuple[int, dict[str, Any]]]:
    """The first `most` subjects that a text finds, each with its row."""
    return list(islice(_rows(snapshot, text, kind, most), most))


def _rows(
    snapshot: Snapshot, text: str, kind: str | None, most: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    from graph.names.finding import find
    from graph.names.folding import fold

    named = snapshot.named(text)
    keyed = [n for n in named if kind in (None, snapshot.kind_name(n))][:most]
    for node in keyed:
        yield node, brief(snapshot, node) | {"how": "key"}
    if "*" in text:
        from graph.names.masked import find_masked

        for node in find_masked(snapshot, text):
            if kind in (None, snapshot.kind_name(node)) and node not in keyed:
                keyed.append(node)
                yield node, brief(snapshot, node) | {"how": "masked"}
    met = set(keyed)
    for each in find(snapshot, text, most, kind):
        if each.node in met:
            continue
        row = brief(snapshot, each.node) | {"how": each.how}
        called = snapshot.version_label(each.place)
        if fold(called) != fold(row["label"]):
            row |= {"name": called, "former": each.former}
        yield each.node, row


def shown(text: str) -> str:
    """What was asked for as it may be echoed: a private number by its ends."""
    if not keys.check("uscc", text).valid:
        for kind in ("resident_id", "e164", "account"):
            key = keys.check(kind, text)
            if key.valid and sum(map(str.isdigit, key.value)) > _NUMBER:
                return keys.mask(kind, key.value)
    masked: str = keys.mask_within(text)
    return masked


def search_bytes(session: Session, *asked: Any) -> bytes:
    """`search` as both transports answer it."""
    return msgspec.json.encode(search(session, *asked))
