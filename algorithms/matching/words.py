"""The words that stand in names, from `words.yaml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple


class Words(NamedTuple):
    """See the file."""

    forms: tuple[str, ...]
    same: dict[str, str]
    trades: tuple[str, ...]
    letters: frozenset[str]
    common: frozenset[str]


@cache
def words_of_names() -> Words:
    """The words; read once a process."""
    import yaml

    said = yaml.safe_load((Path(__file__).parent / "words.yaml").read_text(encoding="utf-8"))
    return Words(
        tuple(said["forms"]),
        said["same"],
        tuple(said["trades"]),
        frozenset(said["letters"]),
        frozenset(said["common"]),
    )
