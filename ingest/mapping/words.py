"""The words of `words.yaml`: header synonyms, null words, units, kinds of parties."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import yaml

_DROP: Final = re.compile(r"[\s_*:'\"“”‘’]+")
_BRACKET: Final = re.compile(r"\(([^()]*)\)\Z")


@dataclass(frozen=True, slots=True)
class Words:
    """Everything in `words.yaml`, headers and words in their plain form."""

    headers: dict[str, tuple[str, ...]]
    nothing: frozenset[str]
    endless: frozenset[str]
    parties: dict[str, frozenset[str]]
    company_endings: tuple[str, ...]
    units: dict[str, Decimal]
    currencies: dict[str, str]


def plain(text: str) -> str:
    """A header or word as it is compared: half-width, lower case, without spaces and marks."""
    return _DROP.sub("", unicodedata.normalize("NFKC", text).lower())


def unit_of(header: str) -> tuple[str, str | None]:
    """A plain header without its last bracket, and what stood in it: `额(万元)` → 额, 万元."""
    match = _BRACKET.search(header)
    return (header[: match.start()], match[1]) if match else (header, None)


@cache
def words() -> Words:
    """The table, read once."""
    text = (Path(__file__).parent / "words.yaml").read_text(encoding="utf-8")
    raw = yaml.safe_load(text)
    return Words(
        headers={
            label: tuple(dict.fromkeys(plain(str(w)) for w in (label, *others)))
            for label, others in raw["headers"].items()
        },
        nothing=frozenset(plain(str(w)) for w in raw["nothing"]) | {""},
        endless=frozenset(plain(str(w)) for w in raw["endless"]),
        parties={k: frozenset(plain(str(w)) for w in v) for k, v in raw["parties"].items()},
        company_endings=tuple(str(w).lower() for w in raw["company_endings"]),
        units={plain(str(k)): Decimal(str(v)) for k, v in raw["units"].items()},
        currencies={plain(str(k)): v for k, v in raw["currencies"].items()},
    )
