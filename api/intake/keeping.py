"""Rejected rows: where they are kept, by the service and by the command line, and for how long."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from api.intake.settings import IntakeSettings
from api.kept import state_folder
from graph.beside import beside

FILE: Final = re.compile(r"[0-9a-f]{24}\.jsonl")  # of a load that was sent
_BESIDE: Final = re.compile(r"\d{6}-[0-9a-f]{6}\.jsonl")  # of one from the command line


def folder(url: str) -> Path:
    """Where the service of a store keeps rejected rows."""
    return state_folder(url) / "quarantine"


def old(url: str, settings: IntakeSettings) -> list[Path]:
    """The files of rejected rows that are past their time: the service's, and those beside an
    embedded store. Others that lie there are somebody's own."""
    until = time.time() - settings.kept_seconds
    return [path for path, at in _files(url) if at < until]


def sweep(url: str, settings: IntakeSettings) -> int:
    """Delete those files; how many there were."""
    found = old(url, settings)
    for path in found:
        with suppress(OSError):
            path.unlink()
    return len(found)


def _files(url: str) -> Iterator[tuple[Path, float]]:
    """Each with when it was last written to."""
    for place, names in ((folder(url), FILE), (beside(url, ".quarantine"), _BESIDE)):
        for path in sorted(place.glob("*.jsonl")) if place is not None else ():
            if names.fullmatch(path.name):
                with suppress(OSError):
                    yield path, path.stat().st_mtime
