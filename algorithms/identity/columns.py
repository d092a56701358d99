"""What records say, in the forms that are compared: names in parts, dates, places.

Columns added to a table of `algorithms.identity.records` (null where nothing is said):

- `full`: the whole name folded; `others`: other names folded (list).
- people: `family`, `given`, folded, and how they sound, `family_sound`, `given_sound`.
- companies: `brand`, `brand_sound`, `trade`, `region`, `form`.
- `birth`: a date, or its year or month. `province`, `city`, `district`, `street` (what is left,
  with the number).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def comparison_columns(table: pa.Table) -> pa.Table:
    """The same rows with these columns. Linear."""
    import pyarrow as pa

    from graph.names.folding import fold_all

    names = fold_all([name or "" for name in table["name"].to_pylist()])
    table = table.append_column("full", pa.array([name or None for name in names], pa.string()))
    others = [fold_all(each) for each in table["names"].to_pylist()]
    table = table.append_column("others", pa.array(others, pa.list_(pa.string())))
    parts = [_parts(name) for name in names]
    for at, column in enumerate(("family", "given")):
        said = pa.array([part[at] or None for part in parts], pa.string())
        table = table.append_column(column, said)
        table = table.append_column(f"{column}_sound", said)
    for column in ("brand", "brand_sound"):
        table = table.append_column(column, table["full"])
    empty = pa.nulls(len(table), pa.string())
    for column in ("trade", "region", "form", "province", "city", "district"):
        table = table.append_column(column, empty)
    table = table.append_column("birth", table["birth_date"])
    streets = fold_all([(each or [""])[0] for each in table["addresses"].to_pylist()])
    return table.append_column("street", pa.array([s or None for s in streets], pa.string()))


def _parts(name: str) -> tuple[str, str]:
    """Family and given name."""
    if name.isascii():
        given, _, family = name.rpartition(" ")
        return family, given
    return name[:1], name[1:]
