"""Checking a description: names folded, keys normalised and checked, kinds known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from algorithms.matching.match_subject import Description
from graph import keys
from graph.errors import WrongUsage
from graph.model import ENTITIES
from graph.names.folding import fold

if TYPE_CHECKING:
    from algorithms.matching.match_subject import MatchParams

_MOST: Final = 20  # other names, phones and accounts of one description
_LONGEST: Final = 400  # characters of one text
_DATE: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?\Z", re.ASCII)
_KEYS: Final = {"uscc": "uscc", "resident_id": "resident_id", "phone": "e164", "account": "account"}


def describe(params: MatchParams) -> tuple[Description, list[str]]:
    """The description, and what of it could not be used. Raises WrongUsage."""
    kinds = tuple(params.kind or ())
    for kind in kinds:
        if kind not in ENTITIES:
            raise WrongUsage(f"kind: one of {', '.join(ENTITIES)}, not {kind[:40]!r}")
    _check_sizes(params)
    names = (fold(text) for text in (params.name, *(params.also or ())))
    found, notes = _keys(params)
    if params.birth_date is not None and not _DATE.match(params.birth_date):
        raise WrongUsage(f"birth_date: a date or its year, not {params.birth_date[:20]!r}")
    described = Description(
        [*dict.fromkeys(filter(None, names))],
        kinds,
        found,
        params.birth_date,
        fold(params.address) if params.address else None,
        params.country.strip().casefold() if params.country else None,
    )
    if not (described.names or found):
        why = f" ({'; '.join(notes)})" if notes else ""
        raise WrongUsage(f"name: nothing to match by: a name or a valid key is needed{why}")
    return described, notes


def _check_sizes(params: MatchParams) -> None:
    for field in ("also", "phone", "account"):
        if len(getattr(params, field) or ()) > _MOST:
            raise WrongUsage(f"{field}: more than {_MOST} / 超过 {_MOST} 项")
    for field in ("name", "uscc", "resident_id", "address", "country"):
        if len(getattr(params, field) or "") > _LONGEST:
            raise WrongUsage(f"{field}: longer than {_LONGEST} characters / 过长")
    for field in ("also", "phone", "account"):
        if any(len(text) > _LONGEST for text in getattr(params, field) or ()):
            raise WrongUsage(f"{field}: longer than {_LONGEST} characters / 过长")


def _keys(params: MatchParams) -> tuple[list[keys.Key], list[str]]:
    """The valid official keys, and of the others why they are not."""
    found: list[keys.Key] = []
    notes: list[str] = []
    for field, kind in _KEYS.items():
        said = getattr(params, field)
        for value in said if isinstance(said, list) else [said]:
            if not value:
                continue
            key = keys.check(kind, value)
            if key.valid:
                found.append(key)
            else:
                notes.append(f"{field}: {key.reason}; it was not used / 无效, 未采用")
    return found, notes
