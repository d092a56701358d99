"""A snapshot: the graph as known at one batch, immutable, with its name and its evidence."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from graph import domains, keys
from graph.carried import Kept, Said, money, said, shown
from graph.columns import I32, I64, NEVER, U8, Columns, Index, Nodes
from graph.deadline import check
from graph.erasure import GONE_LABEL, LIMITED, SHOWN
from graph.errors import UnknownSubject
from graph.gather import Progress
from graph.listed import Event, Listing, told
from graph.live import Live, open_live
from graph.model import CODES, NAMES, RELATIONS
from graph.organs import is_organ_key
from graph.store import BatchInfo, Store, StoredFact
from graph.times import day_end, format_instant, parse_time

if TYPE_CHECKING:
    from graph.names.segment import Segment

_COMPANY: Final = CODES["company"]
_FEW: Final = 500  # relations whose currencies are read one by one
_MANY: Final = 5000  # relations whose carried fields are not read one by one any more


class Snapshot:
    """One view of a live graph; see the module. Cheap to make; safe to share between threads."""

    def __init__(self, live: Live, batch: int, known_at: str, name: str) -> None:
        self._live = live
        self.batch = batch
        self.newest = batch >= live.batch  # nothing that came later is among its rows
        self.known_at = known_at
        self.name = name
        rows = live.rows
        self.columns = Columns(*(rows.view(n) for n in Columns._fields))
        nodes = live.nodes_at(batch)
        self.nodes = Nodes(
            nodes["rep"], nodes["nxt"], nodes["node_vf"], nodes["node_vt"], nodes["node_kind"]
        )
        self._version = nodes["node_version"]
        self._versions = live.versions.length
        self._first = nodes["node_first"]
        self._node_dataset = nodes["node_dataset"]
        self._code = rows.view("code")
        self._dataset = rows.view("dataset")
        self._base_rows = live.base_rows
        self.out: tuple[Index, Index] = (live.out, live.tail_out)
        self.into: tuple[Index, Index] = (live.into, live.tail_into)
        self._datasets = live.datasets
        self._names: dict[int, str] = {}
        # Where not all domains are to be seen: those that are, and which records are not.
        self._granted: frozenset[str] | None = None
        self._gone: npt.NDArray[np.bool_] | None = None

    @property
    def n(self) -> int:
        """Number of record nodes."""
        return len(self.nodes.rep)

    def without(self, rows: Iterable[int]) -> Snapshot:
        """This view as if these relations had never been recorded; its name is this one's. Copies
        one column: 4 bytes a relation."""
        other = copy.copy(self)
        ret = self.columns.ret.copy()
        ret[list(rows)] = 0
        other.columns = self.columns._replace(ret=ret)
        return other

    def within(self, granted: Iterable[str]) -> Snapshot:
        """This view as if the facts of other domains (`graph.domains`) had never been recorded.

        Its name says which are in it; `notes` says what is not. Copies two columns: 4 bytes a
        relation and 4 a record; the rest is shared.
        """
        kept = frozenset(granted)
        other = copy.copy(self)
        other._granted, other._names = kept, {}
        other.name = f"{self.name};{'+'.join(sorted(kept)) or 'none'}"
        alien = np.zeros(256, np.bool_)
        alien[[CODES[kind] for kind in domains.withheld_kinds(kept)]] = True
        gone = alien[self.nodes.kind]
        other._version = np.where(gone, np.int32(-1), self._version).astype(self._version.dtype)
        other._gone = gone
        other.newest = False  # what was recorded is to be counted row by row
        rec = self.columns.rec.copy()
        rec[alien[self._code]] = NEVER
        for kind in domains.mixed_kinds(kept):
            rows = np.flatnonzero(self._code == CODES[kind])
            rec[rows[gone[self.columns.src[rows]] | gone[self.columns.dst[rows]]]] = NEVER
        other.columns = self.columns._replace(rec=rec)
        return other

    @property
    def notes(self) -> list[str]:
        """What an answer on this view must say of it: what was withheld."""
        return [] if self._granted is None else [domains.note(self._granted)]

    @property
    def withheld(self) -> frozenset[str]:
        """The kinds of records and relations that are not to be seen."""
        granted = self._granted
        return frozenset() if granted is None else frozenset(domains.withheld_kinds(granted))

    def _may_tell(self, listing: Listing) -> bool:
        granted = self._granted
        return granted is None or domains.of_listing(orjson.loads(listing.payload)) in granted

    def earlier(self, moment: int) -> Snapshot:
        """What was known at an instant (µs), of what this view knows: itself where nothing of it
        came later. Groups the records anew, as every view of the past: linear in their versions."""
        live = self._live
        with live.lock:
            info = live.store.batch_at(moment)
            if info is not None and info.no >= self.batch:
                return self
            found = _view(live, info)
        return found if self._granted is None else found.within(self._granted)

    def kind_bits(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
        """Which kinds of relation each node of the base has, out of it and into it, a bit each
        (`columns.BITS`). Nodes past these arrays came later. Made at the first call."""
        return self._live.kind_bits()

    # -- rows -------------------------------------------------------------------------------

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

    @property
    def datasets(self) -> list[str]:
        """The names of all datasets; their places are the numbers of `in_datasets`."""
        return list(self._datasets)

    def in_datasets(self, *, rows: I64 | None = None, nodes: I32 | None = None) -> I64:
        """The numbers of the datasets that relations, or records, are of."""
        of = self._dataset[rows] if rows is not None else self._node_dataset[nodes]
        return np.asarray(of, np.int64)

    def kind_of_row(self, row: int) -> str:
        """The kind of a relation."""
        return NAMES[int(self._code[row])]

    def codes(self, rows: I64) -> U8:
        """The kinds of many relations, by their numbers in the model."""
        found: U8 = self._code[rows]
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
        live = self._live
        found = {}
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
        return {row: orjson.loads(raw) for row, raw in found.items()}

    def said(self, rows: Sequence[int], field: str) -> dict[int, str]:
        """What those of these relations say that carry a text field, by row."""
        live = self._live
        raw = {row: text for row in rows if (text := live.extra_tail.get(row))}
        if len(live.extra_row) and len(rows):
            wanted = np.array(rows, np.int32)
            at = np.searchsorted(live.extra_row, wanted)
            hit = live.extra_row[np.minimum(at, len(live.extra_row) - 1)] == wanted
            texts = live.extra.many(at[hit].tolist())
            raw.update(zip(wanted[hit].tolist(), texts, strict=True))
        return {row: found for row, text in raw.items() if (found := _field(text, field))}

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

    # -- subjects ---------------------------------------------------------------------------

    def members(self, node: int) -> list[int]:
        """The record nodes of a subject, ascending."""
        found, at = [node], int(self.nodes.nxt[node])
        while at != node:
            found.append(at)
            at = int(self.nodes.nxt[at])
        return sorted(found)

    def known(self, node: int) -> bool:
        """Whether a record was known at this snapshot's batch."""
        return int(self._version[node]) >= 0

    def versions(self, name: str) -> npt.NDArray[Any]:
        """A column of the versions of records: `node`, `seq`, `vf`, `vt`, `rec`, `ret`, `organ`."""
        found: npt.NDArray[Any] = self._live.versions.view(f"version_{name}")[: self._versions]
        if self._gone is not None and name in ("rec", "ret"):
            return np.where(self._gone[self.versions("node")], np.int32(NEVER), found)
        return found

    def record_name(self, node: int) -> str:
        """`dataset:id` of a record."""
        return (
            f"{self._datasets[int(self._node_dataset[node])]}:{self._live.texts['node_id'][node]}"
        )

    def record_said(self, node: int) -> tuple[int, int, int, str | None]:
        """Of a record known in this view: from when to when it holds (µs), the batch that recorded
        its version, and the canonical id that its official key gives."""
        at, versions = int(self._version[node]), self._live.versions.arrays
        begins, ends, batch = (int(versions[f"version_{name}"][at]) for name in ("vf", "vt", "rec"))
        return begins, ends, batch, self._live.texts["canonical"][at] or None

    def record_versions(self, node: int) -> list[tuple[int, int, int, int]]:
        """Every version of a record that was recorded by this view, in their order: from when to
        when it holds (µs), the batches that recorded and retracted it. Linear in all versions."""
        at = np.flatnonzero(self.versions("node") == node)
        columns = [self.versions(name)[at].tolist() for name in ("vf", "vt", "rec", "ret")]
        return [each for each in zip(*columns, strict=True) if each[2] <= self.batch]

    def record_organ(self, node: int) -> bool:
        """Whether a record known in this view says that it is an organ of the state."""
        organ = self._live.versions.arrays["version_organ"]
        return bool(self.nodes.kind[node] == _COMPANY and organ[int(self._version[node])])

    def stated(self, subjects: Iterable[int]) -> dict[int, StoredFact]:
        """All that the known records of subjects say, by record; one question to the store."""
        members = [m for node in subjects for m in self.members(node) if self.known(m)]
        numbers = self._live.versions.arrays["version_seq"]
        by_seq = {int(numbers[int(self._version[m])]): m for m in members}
        found = self._live.store.versions(list(by_seq)) if by_seq else []
        return {by_seq[fact.seq]: fact for fact in found}

    def records(self, node: int) -> list[str]:
        """`dataset:id` of every known record of a subject."""
        return [self.record_name(m) for m in self.members(node) if self.known(m)]

    def firsts(self, nodes: I32) -> I64:
        """The numbers that the store knows these records by."""
        found: I64 = self._first[nodes]
        return found

    def canonical(self, node: int) -> str:
        """The canonical id of a subject: from its official key, else its first record's name."""
        node = int(self.nodes.rep[node])
        if (found := self._names.get(node)) is None:
            found = self._names[node] = self._canonical(node)
        return found

    def canonicals(self, nodes: Sequence[int]) -> list[str]:
        """The canonical ids of many subjects, given by their representatives."""
        names = self._names
        if fresh := [node for node in nodes if node not in names]:
            self._name_alone(fresh)
        return [names.get(node) or self.canonical(node) for node in nodes]

    def _name_alone(self, nodes: list[int]) -> None:
        """Note the canonical ids of those of these nodes that are one known record."""
        where = np.array(nodes, np.int32)
        where = where[(self.nodes.nxt[where] == where) & (self._version[where] >= 0)]
        alone = where.tolist()
        keys = self._live.texts["canonical"].many(self._version[where].tolist())
        ids = self._live.texts["node_id"].many(alone)
        for node, no, key, name in zip(
            alone, self._node_dataset[where].tolist(), keys, ids, strict=True
        ):
            self._names[node] = key or f"{self._datasets[no]}:{name}"

    def _canonical(self, node: int) -> str:
        texts = self._live.texts["canonical"]
        members = [m for m in self.members(node) if self.known(m)] or [node]
        for member in members:
            at = int(self._version[member])
            if at >= 0 and (key := texts[at]):
                return key
        return min(self._came(m) for m in members)[1]

    def _came(self, node: int) -> tuple[int, str]:
        """The batch that first recorded a record, and its name: an order that lines of a file do
        not change."""
        versions = self._live.versions.arrays
        at = np.searchsorted(versions["version_seq"][: self._versions], self._first[node])
        return int(versions["version_rec"][at]), self.record_name(node)

    def label(self, node: int) -> str:
        """A subject's name as its newest record gives it; its canonical id where none does, or
        where that was erased or its use is restricted."""
        texts, rec = self._live.texts["label"], self._live.versions.arrays["version_rec"]
        members = [(m, at) for m in self.members(node) if (at := int(self._version[m])) >= 0]
        if len(members) > 1:
            members.sort(key=lambda member: (-int(rec[member[1]]), self.record_name(member[0])))
        found = next((text for _, at in members if (text := texts[at])), "")
        if found.startswith(GONE_LABEL):
            return f"{self.canonical(node)} ({SHOWN})"
        if self.restricted(node):
            return f"{self.canonical(node)} ({LIMITED})"
        return found or self.canonical(node)

    def restricted(self, node: int) -> bool:
        """Whether the use of what is held of a subject is restricted: it is kept, and not shown."""
        restricted = self._live.restricted
        return bool(restricted) and self.canonical(node) in restricted

    def kind_name(self, node: int) -> str:
        """The kind of a subject."""
        return NAMES[int(self.nodes.kind[node])]

    def state_organ(self, node: int) -> bool:
        """Whether a subject is an organ of the state.

        Its credit code says so (GB 32100: 1, registered with the office of posts and bodies, and
        1, 机关), or the form that one of its records gives (`graph.organs`).
        """
        if self.nodes.kind[node] != _COMPANY:
            return False
        if is_organ_key(self.canonical(node)):
            return True
        organ = self._live.versions.arrays["version_organ"]
        return any(organ[at] for m in self.members(node) if (at := int(self._version[m])) >= 0)

    def state_organs(self) -> I32:
        """All subjects that are organs of the state (`state_organ`), ascending. Linear in the
        records' versions."""
        from graph.heap import matching

        versions = self._live.versions
        named, _ = matching(self._live.texts["canonical"], "^cn:uscc:11")
        formed = np.flatnonzero(versions.view("version_organ")[: self._versions])
        places = np.union1d(named[named < self._versions], formed)
        owner = versions.view("version_node")[places]
        nodes = np.unique(self.nodes.rep[owner[self._version[owner] == places]])
        return np.array([n for n in nodes.tolist() if self.state_organ(n)], np.int32)

    def subjects(self, kind: str | None = None) -> I32:
        """Representatives of all known subjects (of one kind), valid or not, ascending."""
        # A group's smallest member stands for it even while only a later one is known.
        keep = np.zeros(self.n, np.bool_)
        keep[self.nodes.rep[np.flatnonzero(self._version >= 0)]] = True
        if kind is not None:
            keep &= self.nodes.kind == CODES[kind]
        return np.flatnonzero(keep).astype(np.int32)

    def resolve(self, text: str) -> int:
        """The subject that a `dataset:id`, canonical id, official key or bare id names.

        Raises UnknownSubject when nothing, or more than one subject, has this name.
        """
        found = {int(self.nodes.rep[n]) for n in self._candidates(text) if self.known(n)}
        if len(found) == 1:
            return found.pop()
        if found:
            raise UnknownSubject(f"{len(found)} subjects are named {text[:80]!r}: write dataset:id")
        said = "".join(f" ({note})" for note in self.notes)
        raise UnknownSubject(f"no subject is named {text[:80]!r}{said}")

    def discreet(self, text: str) -> str:
        """A name of a subject as it may be shown: a canonical id in place of a resident id, a phone
        or an account number; what names nobody by such a key as it is."""
        if self._record(text) or self._bare(text):
            return text
        for kind in ("resident_id", "e164", "account"):
            canonical = self.canonical_of(keys.check(kind, text))
            if canonical and self._by_canonical(canonical):
                return canonical
        return text

    def node_of(self, record: str) -> int:
        """The node of the record `dataset:id`, retracted or not: ends of facts outlive it.

        Raises UnknownSubject where there is none.
        """
        if nodes := self._record(record):
            return nodes[0]
        raise UnknownSubject(f"no record is named {record[:80]!r}")

    def _candidates(self, text: str) -> list[int]:
        """Nodes that a name may mean, known or not."""
        if ":" in text and (named := self._record(text) or self._by_canonical(text)):
            return named
        if bare := self._bare(text):
            return bare
        for kind in ("uscc", "resident_id", "e164", "account"):
            key = keys.check(kind, text)
            canonical = keys.canonical(key, self._live.store.id_key)
            if canonical and (named := self._by_canonical(canonical)):
                return named
        return []

    def _bare(self, ident: str) -> list[int]:
        """The nodes of this view whose records have this id, in any dataset."""
        return [node for node in self._live.named.places(ident) if node < self.n]

    def _record(self, name: str) -> list[int]:
        dataset, _, ident = name.partition(":")
        datasets, numbers = self._datasets, self._node_dataset
        return [node for node in self._bare(ident) if datasets[int(numbers[node])] == dataset]

    def _by_canonical(self, canonical: str) -> list[int]:
        """The nodes whose version as of this view bears a canonical id."""
        owner = self._live.versions.arrays["version_node"]
        return [
            node
            for place in self._live.bearers.places(canonical)
            if place < self._versions and int(self._version[node := int(owner[place])]) == place
        ]

    def bore(self, canonical: str) -> set[int]:
        """The subjects of which a record bore this canonical id by this view, now or before it was
        corrected."""
        owner = self._live.versions.arrays["version_node"]
        places = self._live.bearers.places(canonical)
        nodes = {int(owner[place]) for place in places if place < self._versions}
        return {int(self.nodes.rep[node]) for node in nodes if self.known(node)}

    def ever_bore(self, canonical: str) -> set[int]:
        """The records of which any version bore this canonical id, retracted ones too."""
        owner = self._live.versions.arrays["version_node"]
        places = self._live.bearers.places(canonical)
        return {int(owner[place]) for place in places if place < self._versions}

    # -- listings ---------------------------------------------------------------------------

    def listings(self, node: int, at: int | None = None) -> list[dict[str, Any]]:
        """Listings of a subject that are known and, with `at`, in force then; oldest first."""
        of, batch = self._live.listed.of, self.batch
        found = [each for m in self.members(node) for each in of(m) if each.known(batch)]
        if self._granted is not None:
            found = [each for each in found if self._may_tell(each)]
        if at is not None:
            found = [each for each in found if each.vf <= at < each.vt]
        return told(found, self._datasets)

    def listings_ever(self, node: int) -> Iterator[tuple[str, Listing]]:
        """Every version of a subject's listings that was recorded by this view, with its fact."""
        for member in self.members(node):
            for each in self._live.listed.of(member):
                if each.rec <= self.batch and self._may_tell(each):
                    yield each.fact(self._datasets), each

    def listings_known(self) -> Iterator[tuple[int, str, Listing]]:
        """Every listing that is known in this view: its record, its fact, what it says. Linear in
        the listings."""
        for node in self._live.listed.nodes():
            for each in self._live.listed.of(node):
                if each.known(self.batch) and self._may_tell(each):
                    yield node, each.fact(self._datasets), each

    def listed(self) -> list[int]:
        """Subjects that some record lists, known in this view or not; ascending. Linear in the
        listings."""
        nodes = self._live.listed.nodes()
        found = sorted({int(self.nodes.rep[node]) for node in nodes if node < self.n})
        return found if self._granted is None else [n for n in found if self.listings(n)]

    def listings_moved(self, since: int) -> Iterator[tuple[int, str, bool]]:
        """Listings that came or were lost after batch `since`: the record of each, `dataset:id`,
        and whether it was known then. Linear in the listings."""
        for node, each in self._live.listed.moved(since, self.batch):
            if self._may_tell(each):
                yield node, each.fact(self._datasets), each.rec <= since

    def batch_of(self, text: str) -> int:
        """The number of the newest batch at a moment (ISO time, or a date for its end); a number is
        one itself. Raises BadFact."""
        if text.isascii() and text.isdecimal() and len(text) < 10:
            return int(text)
        info = self._live.store.batch_at(_moment(text))
        return info.no if info else 0

    def listing_events(self, since: int, upto: int) -> Iterator[Event]:
        """What came and went of listings after batch `since` and until `upto`, each once: the
        record that is listed, `dataset:id`, the batch. Linear in the listings."""
        for node, each in self._live.listed.moved(since, upto):
            if not self._may_tell(each):
                continue
            name = each.fact(self._datasets)
            if since < each.rec <= upto:
                yield Event(node, name, each.rec, came=True)
            if since < each.ret <= upto:
                yield Event(node, name, each.ret, came=False)

    def changed(self, node: int, since: int) -> bool:
        """Whether a record or listing of a subject came, changed or was lost after a batch."""
        versions = self._live.versions.arrays
        for member in self.members(node):
            at = int(self._version[member])
            if at >= 0 and int(versions["version_rec"][at]) > since:
                return True
            listings = [each for each in self._live.listed.of(member) if self._may_tell(each)]
            if any(since < each.rec <= self.batch for each in listings):
                return True
            if any(since < each.ret <= self.batch for each in listings):
                return True
        return False

    def canonical_of(self, key: keys.Key) -> str | None:
        """The canonical id that an official key gives in this store; None for an invalid one."""
        return keys.canonical(key, self._live.store.id_key)

    # -- names ------------------------------------------------------------------------------

    def search(self, text: str, limit: int = 20, kind: str | None = None) -> list[int]:
        """Subjects by what they are or were called, best first; see `graph.names.finding`."""
        from graph.names.finding import find

        return [found.node for found in find(self, text, limit, kind)]

    def named(self, text: str) -> list[int]:
        """All subjects that an id or official key names, ascending; `resolve` asks for just one."""
        return sorted({int(self.nodes.rep[n]) for n in self._candidates(text) if self.known(n)})

    def name_segments(self) -> list[Segment]:
        """The index of all names that were recorded by this view, and of later ones."""
        return self._live.names().segments(self._versions)

    def masked_places(self, text: str) -> list[int]:
        """The versions of records, by this view, that may have an identifier shown so."""
        return self._live.masks().places(text, self._versions)

    def store_versions(self, seqs: Sequence[int]) -> list[StoredFact]:
        """Versions of records by their numbers, as the store has them."""
        return self._live.store.versions(seqs)

    def bearing(self, places: Sequence[int]) -> tuple[I32, I64, npt.NDArray[np.bool_]]:
        """Of versions of records, those recorded by this view whose record is known in it: the
        subject of each, the version, and whether it is what its record says in this view."""
        where = np.array(places, np.int64)
        where = where[where < self._versions]
        nodes = self._live.versions.arrays["version_node"][where]
        newest = self._version[nodes]
        keep = newest >= 0
        return self.nodes.rep[nodes[keep]], where[keep], newest[keep] == where[keep]

    def labels(self, node: int) -> list[str]:
        """What the known records of a subject call it, those that do."""
        texts = self._live.texts["label"]
        at = (int(self._version[member]) for member in self.members(node))
        return [text for place in at if place >= 0 and (text := texts[place])]

    def former_labels(self, node: int) -> list[str]:
        """What earlier versions of a subject's known records called it, in the order in which they
        came; a question to the store for each record."""
        now, found = set(self.labels(node)), []
        for name in self.records(node):
            for fact in self._live.store.history(name):
                label = fact.payload.get("name") or fact.payload.get("text") or ""
                if fact.batch <= self.batch and label not in now:
                    found.append((fact.seq, str(label)))
        return list(dict.fromkeys(label for _, label in sorted(found) if label))

    def version_label(self, place: int) -> str:
        """What a version of a record says that its subject is called, as it was written."""
        return self._live.texts["label"][place]


@lru_cache(maxsize=4096)
def _field(raw: str, field: str) -> str | None:
    """A text field of carried fields; few roles have many bearers."""
    found: str | None = orjson.loads(raw).get(field)
    return found


def snapshot_of(live: Live, known_at: str | None = None) -> Snapshot:
    """A view of a live graph, first brought up to the store's newest batch.

    `known_at` is ISO time with zone (+08:00 where it has none); a date means its end. Raises
    BadFact where it is neither.
    """
    live.follow()
    with live.lock:
        if known_at is None:
            info = live.newest
        else:
            info = live.store.batch_at(_moment(known_at))
            if info is not None and info.no > live.batch:  # recorded in this very moment
                live.follow()
        return _view(live, info)


def _view(live: Live, info: BatchInfo | None) -> Snapshot:
    """The view of a batch, of nothing where there is none."""
    digest = hashlib.sha256(info.name if info else bytes(32)).hexdigest()
    shown = format_instant(info.recorded_at) if info else format_instant(0)
    return Snapshot(live, info.no if info else 0, shown, f"sha256:{digest}")


def _moment(text: str) -> int:
    return day_end(text) if len(text) == 10 else parse_time(text.replace("Z", "+00:00"))


def open_snapshot(
    store: Store, known_at: str | None = None, progress: Progress | None = None
) -> Snapshot:
    """A snapshot of a store; a process that asks more than once keeps an `open_live` instead."""
    return snapshot_of(open_live(store, progress), known_at)


__all__ = ["Columns", "Index", "Nodes", "Snapshot", "open_snapshot", "snapshot_of"]
