"""The book of the monitor, copied to that of a store under another id key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from api.casework.rewriting import changed, texts_in
from api.kept import Kept, copied
from api.monitor.book import NAME, TABLES, UPGRADES, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# What says something of subjects, and how it is written anew.
_SAYING: Final = (
    ("SELECT no, body FROM alert", "UPDATE alert SET body = ? WHERE no = ?"),
    (
        "SELECT no, standing FROM alert WHERE standing IS NOT NULL",
        "UPDATE alert SET standing = ? WHERE no = ?",
    ),
    ("SELECT no, body FROM step", "UPDATE step SET body = ? WHERE no = ?"),
    ("SELECT key, version FROM judged", "UPDATE judged SET version = ? WHERE key = ?"),
    ("SELECT id, body FROM line", "UPDATE line SET body = ? WHERE id = ?"),
)


def carried_over(source: str, target: str, pairs: Iterable[tuple[str, str]]) -> Path | None:
    """Copy what the monitor of one store knows to that of its copy under other ids; where it is
    then, None where there is none. Raises Conflict where there is something already.

    Lines and alerts are named by facts, which keep their ids. `pairs` (old, new) are gone through
    once, and of them those kept that the book names.
    """
    there = copied(NAME, TABLES, source, target, VERSION, UPGRADES)
    if there is None:
        return None
    with Kept(there, TABLES, VERSION, UPGRADES) as new, new.writing() as db:
        rows: list[Any] = [(put, db.execute(asked).fetchall()) for asked, put in _SAYING]
        bodies = [(put, key, msgspec.json.decode(body)) for put, all_ in rows for key, body in all_]
        named = {text for _, _, body in bodies for text in texts_in(body)}
        became = {before: after for before, after in pairs if before in named}
        for put, key, body in bodies:
            said = changed(body, lambda each: became.get(each, each))
            db.execute(put, (msgspec.json.encode(said), key))
    return there
