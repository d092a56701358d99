"""Tables of records for tests of what is made of them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from algorithms.identity.columns import comparison_columns
from algorithms.identity.records import schema

_LISTS = ("names", "phones", "emails", "addresses", "ids", "people")


def columns(*rows: dict[str, Any], kind: str = "person") -> list[dict[str, Any]]:
    """Records that say this, with the columns added."""
    nothing = {name: [] if name in _LISTS else None for name in schema().names}
    table = pa.Table.from_pylist([nothing | row for row in rows], schema=schema())
    found: list[dict[str, Any]] = comparison_columns(table, kind).to_pylist()
    return found
