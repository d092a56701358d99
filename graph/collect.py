"""The change feed as columns: blocks split into entities, relations and listings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from graph.erasure import GONE_LABEL
from graph.heap import arrow
from graph.model import LISTING_CODE, is_relation
from graph.organs import organs_of
from graph.store import Delta

# Blocks of every column, in the order of the feed: numpy arrays, or Arrow arrays of texts.
Parts = dict[str, list[Any]]

_COLUMNS: Final = {
    "e": ("seq", "first", "vf", "vt", "batch", "dataset", "code"),
    "r": ("seq", "a", "b", "vf", "vt", "value", "batch", "dataset", "code"),
    "l": ("seq", "a", "vf", "vt", "batch", "dataset"),
}
_RELATION: Final = np.fromiter((is_relation(code) for code in range(256)), np.bool_, 256)


def split(
    code: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where a block's entities, relations and listings are."""
    relations, listings = _RELATION[code], code == LISTING_CODE
    entities = np.flatnonzero(~relations & ~listings)
    return entities, np.flatnonzero(relations), np.flatnonzero(listings)


def labels_of(payloads: Sequence[str | None]) -> list[str]:
    """What records are called: their names or texts, "" where they have none, GONE_LABEL where
    they were erased."""
    # One document of many is parsed at half the cost of many documents.
    said = orjson.loads(f"[{','.join([payload or '{}' for payload in payloads])}]")
    return [
        GONE_LABEL
        if fields.get("erased") is True
        else str(fields.get("name") or fields.get("text") or "")
        for fields in said
    ]


def collect(delta: Delta) -> dict[str, Any]:
    """One block of the feed as columns; those of a group that it has nothing of are absent."""
    found: dict[str, Any] = {"gone": delta.retracted, "gone_in": delta.retracted_in}
    for prefix, where in zip("erl", split(delta.code), strict=True):
        if not len(where):
            continue
        for column in _COLUMNS[prefix]:
            found[prefix + column] = getattr(delta, column)[where]
        places = where.tolist()
        found[prefix + "ids"] = arrow(_chosen(delta.ids, places))
        if prefix == "r":
            found["rextra"] = arrow(_chosen(delta.extra, places))
            continue
        payloads = _chosen(delta.payload, places)
        if prefix == "l":
            found["lpayload"] = arrow([payload or "{}" for payload in payloads])
            continue
        found["elabel"] = arrow(labels_of(payloads))
        found["eorgan"] = np.array(organs_of(payloads), np.bool_)
        canonical, seqs = delta.canonical, found["eseq"].tolist()
        found["ecanonical"] = arrow([canonical.get(seq, "") for seq in seqs])
    return found


def _chosen(texts: Sequence[Any], places: list[int]) -> Sequence[Any]:
    return texts if len(places) == len(texts) else [texts[i] for i in places]


def append(parts: Parts, found: dict[str, Any]) -> None:
    """Put the columns of the next block behind those before it."""
    for name, column in found.items():
        parts.setdefault(name, []).append(column)
