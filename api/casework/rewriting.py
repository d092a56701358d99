"""Casework written anew: without a person who was erased, or by the ids of another key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from api.casework.keeping import NAME, TABLES, UPGRADES, VERSION, bump, kept_of
from api.kept import Kept, copied
from api.ranking import UNRANKED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import apsw

GONE: Final = "[erased / 已删除]"
# Columns that say something of subjects: JSON, and what people wrote.
_JSON: Final = (
    ("finding", ("row", "judged", "latest", "news", "priority")), ("step", ("news",)),
    ("file", ("scene",)),
)  # fmt: skip
_WORDS: Final = (("step", "note"), ("file", "title"), ("comment", "text"))


def forget(url: str, named: Callable[[bytes], bool]) -> int:
    """Take out whom `named` finds in a text: ids from findings and scenes, notes and comments that
    say it. How many findings, files, notes and comments it was in. Findings stay, judged as they
    were, with the others in them."""
    kept = kept_of(url)
    if not kept.is_there:
        return 0
    try:
        with kept.writing() as db:
            _unranked(db, named)
            count = sum(_scrub(db, table, columns, named) for table, columns in _JSON)
            for table, column in _WORDS:
                found = [no for no, text in _texts(db, table, column) if named(text.encode())]
                statement = f"UPDATE {table} SET {column} = ? WHERE no = ?"  # noqa: S608 of constants
                db.executemany(statement, [(GONE, no) for no in found])
                _other(db, table, found)
                count += len(found)
            names: list[Any] = db.execute("SELECT DISTINCT name FROM member").fetchall()
            gone = [row for row in names if named(row[0].encode())]
            db.executemany("DELETE FROM member WHERE name = ?", gone)
            for counter in ("findings", "files"):
                bump(db, counter)
        kept.cleansed()
    finally:
        kept.close()
    return count


def unscored(url: str, subject: str) -> None:
    """Let no finding be ordered by the score of somebody, by canonical id."""
    kept = kept_of(url)
    if not kept.is_there:
        return
    try:
        with kept.writing() as db:
            sql = "UPDATE finding SET rank = ?1, priority = NULL WHERE priority ->> 'subject' = ?2"
            db.execute(sql, (UNRANKED, subject))
            bump(db, "findings")
        kept.cleansed()
    finally:
        kept.close()


def _unranked(db: apsw.Connection, named: Callable[[bytes], bool]) -> None:
    """A score of whom is erased orders nothing any more."""
    gone = [no for no, text in _texts(db, "finding", "priority") if named(text.encode())]
    sql = "UPDATE finding SET rank = ?, priority = NULL WHERE no = ?"
    db.executemany(sql, [(UNRANKED, no) for no in gone])


def _scrub(
    db: apsw.Connection, table: str, columns: tuple[str, ...], named: Callable[[bytes], bool]
) -> int:
    def change(text: str) -> str | None:
        return None if named(text.encode()) else text

    touched = set()
    for column in columns:
        for no, text in _texts(db, table, column):
            if named(text.encode()):
                touched.add(no)
                _put(db, table, column, no, changed(msgspec.json.decode(text), change))
    _other(db, table, touched)
    return len(touched)


def _other(db: apsw.Connection, table: str, numbers: Iterable[int]) -> None:
    """Who holds a file as it was is told that it is another."""
    if table == "file":
        rows = [(no,) for no in numbers]
        db.executemany("UPDATE file SET version = version + 1 WHERE no = ?", rows)


def changed(value: Any, change: Callable[[str], str | None]) -> Any:
    """A JSON value with each text in it changed; what is changed to None leaves lists, with the
    objects in them that have it as their `id`, and keys of objects, and is said to be gone
    elsewhere."""
    if isinstance(value, str):
        new = change(value)
        return GONE if new is None else new
    if isinstance(value, list):
        return [changed(each, change) for each in value if not _gone(each, change)]
    if isinstance(value, dict):
        keys = ((change(key), each) for key, each in value.items())
        return {key: changed(each, change) for key, each in keys if key is not None}
    return value


def _gone(value: Any, change: Callable[[str], str | None]) -> bool:
    name = value.get("id") if isinstance(value, dict) else value
    return isinstance(name, str) and change(name) is None


def carried_over(source: str, target: str, pairs: Iterable[tuple[str, str]]) -> Path | None:
    """Copy the casework of one store to that of its copy under other ids; where it is then, None
    where there is none. Raises Conflict where there is something already.

    `pairs` (old, new) are gone through once, and of them those kept that casework names.
    """
    there = copied(NAME, TABLES, source, target, VERSION, UPGRADES)
    if there is None:
        return None
    new = Kept(there, TABLES, VERSION, UPGRADES)
    try:
        with new.writing() as db:
            named = {text for each in _JSON for text in _named(db, *each)}
            became = {before: after for before, after in pairs if before in named}
            for table, columns in _JSON:
                for column in columns:
                    for no, text in _texts(db, table, column):
                        value = msgspec.json.decode(text)
                        _put(db, table, column, no,
                             changed(value, lambda each: became.get(each, each)))  # fmt: skip
            for before, after in became.items():
                db.execute("UPDATE OR IGNORE member SET name = ? WHERE name = ?", (after, before))
    finally:
        new.close()
    return there


def _named(db: apsw.Connection, table: str, columns: tuple[str, ...]) -> Iterator[str]:
    for column in columns:
        for _, text in _texts(db, table, column):
            yield from texts_in(msgspec.json.decode(text))


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys of objects among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)
    elif isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from texts_in(each)


def _texts(db: apsw.Connection, table: str, column: str) -> list[Any]:
    where = f"{column} IS NOT NULL"
    return db.execute(f"SELECT no, {column} FROM {table} WHERE {where}").fetchall()  # noqa: S608 of constants


def _put(db: apsw.Connection, table: str, column: str, no: int, value: Any) -> None:
    text = msgspec.json.encode(value).decode()
    db.execute(f"UPDATE {table} SET {column} = ? WHERE no = ?", (text, no))  # noqa: S608 of constants
