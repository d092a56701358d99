"""Carried fields of many relations of one kind as columns: read once from their texts, then kept.

A kind's carried fields (see `graph.model`) stand in the base as JSON beside the relations that have
any. For millions of relations they are parsed as one document, half a second a million, and kept
with the live graph: 1 to 4 bytes a relation and text field, 8 for money.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.columns import I32, I64
from graph.deadline import check
from graph.model import CODES, RELATIONS
from graph.money import minor_units
from graph.store import NONE

if TYPE_CHECKING:
    from graph.live import Live

# Carried out of `attrs`, see `graph.fields`: where true, and as text.
FLAGS: Final = {"invoice": ("export",)}
ASIDE: Final = {"invoice": ("red_of",)}
_BLOCK: Final = 500_000  # relations parsed at a time: bounds what parsing needs beside the columns
_BUFFER: Final = 1 << 24


class Said(NamedTuple):
    """Of relations, in their order: which of `texts` each says, -1 where it says nothing."""

    codes: I32
    texts: list[str]


class Kept(NamedTuple):
    """The carried fields of the base's relations `first` to `first + n` of one kind."""

    first: int
    n: int
    texts: dict[str, tuple[npt.NDArray[Any], list[str]]]
    money: dict[str, I64]

    def said(
        self, field: str, rows: I64, base: npt.NDArray[np.bool_], late: list[str | None]
    ) -> Said:
        """What relations say: those in `base` as it is kept here, the others, in order, `late`."""
        codes, texts = self.texts[field]
        if not late:
            return Said(codes[rows - self.first].astype(np.int32), texts)
        every = sorted({*texts, *(text for text in late if text)})
        number = {text: at for at, text in enumerate(every)}
        moved = np.array([*(number[text] for text in texts), -1], np.int32)
        found = np.empty(len(rows), np.int32)
        found[base] = moved[codes[rows[base] - self.first]]
        found[~base] = [number.get(text or "", -1) for text in late]
        return Said(found, every)


def said(raw: Iterable[str | None]) -> Said:
    """Texts by number, the numbers in the order of the texts; of relations one by one."""
    given = list(raw)
    texts = sorted({text for text in given if text})
    number = {text: at for at, text in enumerate(texts)}
    codes = np.fromiter((number.get(text or "", -1) for text in given), np.int32, len(given))
    return Said(codes, texts)


def money(fields: Iterable[Mapping[str, Any]], name: str) -> I64:
    """A carried amount in minor units of each relation's own currency; `NONE` where there is none.
    Of relations one by one."""
    return np.array(
        [
            minor_units(text, each.get("currency", "CNY")) if (text := each.get(name)) else NONE
            for each in fields
        ],
        np.int64,
    )


def shown(value: object) -> str | None:
    """A carried value as text; a flag that is set is `true`."""
    return "true" if value is True else None if value is None else str(value)


def keep(live: Live, kind: str) -> Kept:
    """Read the carried fields of the base's relations of a kind. Linear in them."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import json

    base, code = live.out, CODES[kind]
    low, high = (int(base.ptr[int(base.start[c])]) for c in (code, code + 1))
    first, last = np.searchsorted(live.extra_row, np.array([low, high], np.int32)).tolist()
    fields = RELATIONS[kind].fields
    flags = FLAGS.get(kind, ())
    names = [*RELATIONS[kind].carried, *flags, *ASIDE.get(kind, ())]
    amounts = [name for name in names if fields.get(name) == "money"]
    schema = pa.schema([(name, pa.bool_() if name in flags else pa.string()) for name in names])
    parse = json.ParseOptions(
        explicit_schema=schema, unexpected_field_behavior="ignore", newlines_in_values=True
    )
    read = json.ReadOptions(use_threads=False, block_size=_BUFFER)
    found: dict[str, list[Any]] = {name: [] for name in names}
    offsets = live.extra.offsets
    for begin in range(first, last, _BLOCK):
        check()
        end = min(begin + _BLOCK, last)
        data = live.extra.data[int(offsets[begin]) : int(offsets[end])]
        table = json.read_json(pa.BufferReader(pa.py_buffer(data)), read, parse)
        assert len(table) == end - begin  # one document a relation
        for name in names:
            column = table[name]
            if name in amounts:  # it has all the digits of its currency
                minor = pc.replace_substring(column, ".", "").cast(pa.int64())
                values = pc.fill_null(minor, NONE).to_numpy()
                found[name].append(values)
            else:
                column = column.cast(pa.string())
                found[name] += column.dictionary_encode().unify_dictionaries().chunks
    at = live.extra_row[first:last] - np.int32(low)
    check()
    texts = {name: _text(found[name], at, high - low) for name in names if name not in amounts}
    money = {name: _filled(found[name], at, high - low) for name in amounts}
    return Kept(low, high - low, texts, money)


def _filled(parts: list[Any], at: I32, n: int) -> I64:
    values = np.full(n, NONE, np.int64)
    if parts:
        values[at] = np.concatenate(parts)
    return values


def _text(parts: list[Any], at: I32, n: int) -> tuple[npt.NDArray[Any], list[str]]:
    """Blocks that each have a dictionary as numbers of one sorted list of texts."""
    every = [part.dictionary.to_pylist() for part in parts]
    texts = sorted({text for each in every for text in each if text})
    number = {text: place for place, text in enumerate(texts)}
    wide = np.int8 if len(texts) < 2**7 else np.int16 if len(texts) < 2**15 else np.int32
    codes = np.full(n, -1, wide)
    begin = 0
    for part, each in zip(parts, every, strict=True):
        to = np.array([*(number.get(text, -1) for text in each), -1], wide)
        indices = part.indices.fill_null(len(each)).to_numpy(zero_copy_only=False)
        codes[at[begin : begin + len(part)]] = to[indices]
        begin += len(part)
    return codes, texts
