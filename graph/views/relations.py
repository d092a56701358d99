"""The relations of a view: which count, what they are called, what they carry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from graph.carried import Kept, Said, money, said, shown
from graph.columns import I64, U8
from graph.deadline import check
from graph.model import CODES, NAMES, RELATIONS
from graph.views.view import View

_FEW: Final = 500  # relations whose currencies are read one by one
_MANY: Final = 5000  # relations whose carried fields are not read one by one any more


class Relations(View):
    """See the module. A relation goes by its row in the columns."""

    def rows(self, kind: str | Iterable[str], at: int | None = None) -> I64:
        """Row numbers of these kinds that are known and, with `at`, true at that instant (µs).

        States need both their ends valid then; events count once they happened. Linear in the
        relations of these kinds.
        """
        kinds = (kind,) if isinstance(kind, str) else tuple(kind)
        parts = [self._rows_of(name, at) for name in sorted(set(kinds), key=CODES.__getitem__)]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def _rows_of(self, kind: str, at: int | None) -> I64:
        check()
        code = CODES[kind]
        base, tail = self.out
        low, high = (int(base.ptr[int(base.start[c])]) for c in (code, code + 1))
        found = np.arange(low, high, dtype=np.int64)
        low, high = (int(tail.ptr[int(tail.start[c])]) for c in (code, code + 1))
        if high > low:
            found = np.append(found, tail.order[low:high].astype(np.int64))
        return self.counting(found, kind, at)

    def counting(self, rows: I64, kind: str, at: int | None = None) -> I64:
        """Those of these relations of one kind that are known and, with `at`, true then, as `rows`
        has it."""
        cols, nodes = self.columns, self.nodes
        keep = (cols.rec[rows] <= self.batch) & (cols.ret[rows] > self.batch)
        if at is not None:
            keep &= cols.vf[rows] <= at
            if not RELATIONS[kind].event:
                keep &= cols.vt[rows] > at
                for end in (cols.src[rows], cols.dst[rows]):
                    keep &= (nodes.vf[end] <= at) & (nodes.vt[end] > at)
        return rows[keep]

    def between_known(self, rows: I64) -> I64:
        """Those of these relations of which the records at both ends are known."""
        cols, version = self.columns, self._version
        keep = (version[cols.src[rows]] >= 0) & (version[cols.dst[rows]] >= 0)
        return rows if keep.all() else rows[keep]

    def kind_bits(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
        """Which kinds of relation each node of the base has, out of it and into it, a bit each
        (`columns.BITS`). Nodes past these arrays came later. Made at the first call."""
        return self._live.kind_bits()

    def kind_of_row(self, row: int) -> str:
        """The kind of a relation."""
        return NAMES[int(self._code[row])]

    def codes(self, rows: I64) -> U8:
        """The kinds of many relations, by their numbers in the model."""
        found: U8 = self._code[rows]
        return found

    def row_numbers(self, rows: I64) -> I64:
        """The numbers of the versions of relations, which never come to mean anything else."""
        found: I64 = self._live.rows.view("seq")[rows]
        return found

    def fact_id(self, row: int) -> str:
        """`dataset:id` of a relation."""
        return f"{self._datasets[int(self._dataset[row])]}:{self._live.texts['row_id'][row]}"

    def fact_ids(self, rows: Sequence[int]) -> list[str]:
        """`dataset:id` of many relations."""
        datasets = self._datasets
        numbers = self._dataset[rows].tolist() if len(rows) else []
        texts = self._live.texts["row_id"].many(rows)
        begins = [f"{name}:" for name in datasets]
        return [begins[no] + text for no, text in zip(numbers, texts, strict=True)]

    # -- carried fields ---------------------------------------------------------------------

    def extra(self, row: int) -> dict[str, Any]:
        """The carried fields of a relation (see `graph.model`), {} where it has none."""
        live = self._live
        if row >= self._base_rows:
            raw: str | None = live.extra_tail.get(row)
        else:
            at = int(np.searchsorted(live.extra_row, np.int32(row)))
            hit = at < len(live.extra_row) and live.extra_row[at] == row
            raw = live.extra[at] if hit else None
        found: dict[str, Any] = orjson.loads(raw) if raw else {}
        return found

    def extras_of(self, rows: I64) -> dict[int, dict[str, Any]]:
        """The carried fields of those of these relations that have any, by row."""
        return {row: orjson.loads(raw) for row, raw in self._raw(rows).items()}

    def said(self, rows: Sequence[int], field: str) -> dict[int, str]:
        """What those of these relations say that carry a text field, by row."""
        raw = self._raw(np.array(rows, np.int64))
        return {row: found for row, text in raw.items() if (found := _field(text, field))}

    def _raw(self, rows: I64) -> dict[int, str]:
        """The carried fields of those of these relations that have any, as they are kept."""
        live = self._live
        found: dict[int, str] = {}
        if live.extra_tail:
            tail = rows[rows >= self._base_rows].tolist()
            found = {row: raw for row in tail if (raw := live.extra_tail.get(row))}
        if len(live.extra_row) and len(rows):
            wanted = rows.astype(np.int32)
            at = np.searchsorted(live.extra_row, wanted)
            hit = live.extra_row[np.minimum(at, len(live.extra_row) - 1)] == wanted
            if hit.any():
                texts = live.extra.many(at[hit].tolist())
                found.update(zip(wanted[hit].tolist(), texts, strict=True))
        return found

    def carried(self, kind: str, rows: I64, field: str) -> Said:
        """What relations of one kind say in a carried text field, as numbers of sorted texts.

        Many relations are read as columns that the live graph keeps (`graph.carried`); a flag that
        is set says `true`. Linear in the rows; at the first call, in the relations of that kind.
        """
        check()
        kept, base = self._kept(kind, rows)
        extras = self.extras_of(rows[~base])
        late = [shown(extras.get(row, {}).get(field)) for row in rows[~base].tolist()]
        return said(late) if kept is None else kept.said(field, rows, base, late)

    def currencies(self, rows: I64) -> dict[int, str]:
        """The currencies of those of these relations that are not in yuan, by row. The first call
        goes over all carried fields, unless the relations are few."""
        if len(rows) < _FEW:
            return self.said(rows.tolist(), "currency")
        found = {}
        if foreign := self._live.foreign():
            found = {row: name for row in rows.tolist() if (name := foreign.get(row))}
        if self._live.extra_tail:
            found.update(self.said(rows[rows >= self._base_rows].tolist(), "currency"))
        return found

    def carried_money(self, kind: str, rows: I64, field: str) -> I64:
        """A carried amount of relations of one kind in minor units of the currency of each,
        `store.NONE` where there is none; read as `carried` reads texts."""
        check()
        kept, base = self._kept(kind, rows)
        found = np.empty(len(rows), np.int64)
        if kept is not None:
            found[base] = kept.money[field][rows[base] - kept.first]
        extras = self.extras_of(rows[~base])
        found[~base] = money([extras.get(row, {}) for row in rows[~base].tolist()], field)
        return found

    def _kept(self, kind: str, rows: I64) -> tuple[Kept | None, npt.NDArray[np.bool_]]:
        """The columns of a kind, and which of these rows are in them; none for few rows."""
        kept = self._live.kept(kind, make=len(rows) > _MANY)
        return kept, (rows < self._base_rows) if kept else np.zeros(len(rows), np.bool_)

    def extras(self, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """(row, carried fields) of every relation of a kind that carries any, known or not."""
        live, code = self._live, CODES[kind]
        base = self.out[0]
        low, high = (int(base.ptr[int(base.start[c])]) for c in (code, code + 1))
        first, last = np.searchsorted(live.extra_row, np.array([low, high], np.int32)).tolist()
        for at in range(first, last):
            yield int(live.extra_row[at]), orjson.loads(live.extra[at])
        for row, raw in sorted(live.extra_tail.items()):
            if row < len(self._code) and self._code[row] == code:
                yield row, orjson.loads(raw)


@lru_cache(maxsize=4096)
def _field(raw: str, field: str) -> str | None:
    """A text field of carried fields; few roles have many bearers."""
    found: str | None = orjson.loads(raw).get(field)
    return found
