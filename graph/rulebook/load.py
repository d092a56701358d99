"""Editions from files: those that ship, and what a deployment adds to them. Everything is checked.

A file is an edition (`edition:`, whole in itself) or a layer (`layer:`, documents, measures and
rows laid upon editions). A layer may add; it replaces a row or measure only by naming it in
`replaces`, and it never changes a gate.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from graph.errors import BadFile, WrongUsage
from graph.rulebook.merge import merge
from graph.rulebook.read import Part, read
from graph.rulebook.rules import Rulebook, check_day, near
from graph.rulebook.source import MOST_BYTES, BadRulebook, Problem
from graph.times import today

OWN: Final = "LINKRISK_RULEBOOK"  # the deployment's own file, or a folder of *.yaml files
_SHIPPED: Final = Path(__file__).parent / "editions"


def load_rulebook(
    edition: str | None = None, day: str | None = None, own: Sequence[Path] | None = None
) -> Rulebook:
    """One edition with the deployment's layers: by name, else by `pick` for an ISO day (today).

    `own` are files in place of those that LINKRISK_RULEBOOK names. Raises BadRulebook with every
    mistake of the files, BadFile where one cannot be read, WrongUsage for an unknown edition.
    Reading costs tens of milliseconds once; unchanged files are not read again.
    """
    return pick(load_editions(own), edition, day)


def pick(editions: dict[str, Rulebook], edition: str | None, day: str | None = None) -> Rulebook:
    """The edition of this name, else the newest whose `from` is not after the day.

    For a day before every edition it is the oldest: its rows carry days of their own, also those
    that are long past. Raises WrongUsage for an unknown edition or a day that is none.
    """
    if edition is not None:
        if edition not in editions:
            known = ", ".join(editions)
            raise WrongUsage(f"no edition {edition[:60]!r}{near(edition, [*editions])} ({known})")
        return editions[edition]
    asked = check_day(day) if day is not None else today()
    in_order = sorted(editions.values(), key=lambda book: (book.start, book.edition))
    return next((book for book in reversed(in_order) if book.start <= asked), in_order[0])


def load_editions(own: Sequence[Path] | None = None) -> dict[str, Rulebook]:
    """Every edition by name, oldest first, each with the layers laid upon it; raises as above."""
    files = [*shipped(), *(own_files() if own is None else own)]
    return dict(_editions(tuple((path, *_stamp(path)) for path in files)))


def shipped() -> list[Path]:
    """The editions that come with the program."""
    return sorted(_SHIPPED.glob("*.yaml"))


def own_files() -> list[Path]:
    """The deployment's own files, by name, as LINKRISK_RULEBOOK says; raises BadFile."""
    named = os.environ.get(OWN)
    if not named:
        return []
    path = Path(named)
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.iterdir() if p.suffix in {".yaml", ".yml"} and p.is_file())
    if not found:
        raise BadFile(f"{path}: no *.yaml file is in this folder ({OWN})")
    return found


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from None
    return stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=8)
def _editions(files: tuple[tuple[Path, int, int], ...]) -> tuple[tuple[str, Rulebook], ...]:
    parts, problems = read_files(path for path, _, _ in files)
    books, wrong = merge(parts)
    if problems or wrong:
        raise BadRulebook([*problems, *wrong])
    return tuple((book.edition, book) for book in sorted(books, key=lambda b: (b.start, b.edition)))


def read_files(paths: Iterable[Path]) -> tuple[list[Part], list[Problem]]:
    """The files' parts and what is wrong with each by itself; raises BadFile for one that cannot
    be read at all."""
    parts: list[Part] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except OSError as error:
            raise BadFile(f"{path}: {error.strerror}") from None
        found = read(str(path), data)
        source = found.source if isinstance(found, Part) else found
        problems += source.problems
        if isinstance(found, Part):
            parts.append(found)
    return parts, problems


def load_file(path: Path) -> Rulebook:
    """The rulebook that one file makes: an edition by itself, a layer upon the newest shipped
    edition that it is for. Raises BadRulebook or BadFile."""
    parts, problems = read_files([path])
    name = parts[0].name if parts else ""
    if parts and parts[0].layer and not problems:
        wanted = parts[0].editions
        books = [book for book in load_editions([path]).values() if name in book.layers]
        if not books:
            raise BadFile(f"{path}: no edition is one of {', '.join(wanted)}")
        return books[-1]
    made, wrong = merge(parts)
    if problems or wrong:
        raise BadRulebook([*problems, *wrong])
    return made[0]
