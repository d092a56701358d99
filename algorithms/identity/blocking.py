"""The keys that records are found by, as numbers: SQL of the settings, hashed by DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.identity import linking
from graph.columns import I64

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

U64 = npt.NDArray[np.uint64]
HELD: Final = 255  # the rule of phones and mailboxes however many have them, which no block is of


class Keys(NamedTuple):
    """What rows are found by: rule, key (a hash of rule and text), row; each once."""

    rule: npt.NDArray[np.uint8]
    key: U64
    at: I64

    def but_held(self) -> Keys:
        """Those that are of blocks."""
        kept = self.rule != HELD
        return Keys(self.rule[kept], self.key[kept], self.at[kept])


def every_key(con: duckdb.DuckDBPyConnection, kind: str, table: pa.Table) -> Keys:
    """The keys of a table's rows."""
    linking.load(con, table)
    linking.every(con, kind)
    return told(con, table)


def told(con: duckdb.DuckDBPyConnection, table: pa.Table) -> Keys:
    """The keys of `every` (`linking.every`), and those of what rows hold."""
    found = con.execute("SELECT rule, key, row FROM every").fetchnumpy()
    con.register("holders", table.select(["held"]))
    held = con.execute(
        f"SELECT DISTINCT {HELD}::UTINYINT AS rule, hash({HELD}::UTINYINT, held) AS key, row FROM"
        " (SELECT unnest(held) AS held, row FROM"
        " (SELECT held, (row_number() OVER () - 1)::INTEGER AS row FROM holders))"
    ).fetchnumpy()
    con.unregister("holders")
    return Keys(*(_both(found[name], held[name]) for name in ("rule", "key", "row")))


def hashed(con: duckdb.DuckDBPyConnection, rule: int, texts: Sequence[str]) -> U64:
    """The keys that texts make by a rule."""
    import pyarrow as pa

    con.register("asked", pa.table({"text": pa.array(texts, pa.string())}))
    found = con.execute(f"SELECT hash({rule}::UTINYINT, text) AS key FROM asked").fetchnumpy()
    con.unregister("asked")
    return np.asarray(found["key"], np.uint64)


def _both(one: Any, other: Any) -> Any:
    return np.append(np.asarray(one), np.asarray(other).astype(np.asarray(one).dtype))
