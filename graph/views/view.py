"""What a view of a live graph holds: its columns as of a batch, and what is to be seen of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import orjson

from graph import domains
from graph.columns import I32, I64, Columns, Index, Nodes
from graph.listed import Listing
from graph.live import Live


class View:
    """See the module. Nothing changes it; safe to share between threads."""

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
        # What whoever opened it hands to the algorithms beside it: the models of risk, say.
        self.shelf: object = None

    @property
    def n(self) -> int:
        """Number of record nodes."""
        return len(self.nodes.rep)

    def known(self, node: int) -> bool:
        """Whether a record was known at this snapshot's batch."""
        return int(self._version[node]) >= 0

    @property
    def datasets(self) -> list[str]:
        """The names of all datasets; their places are the numbers of `in_datasets`."""
        return list(self._datasets)

    def in_datasets(self, *, rows: I64 | None = None, nodes: I32 | None = None) -> I64:
        """The numbers of the datasets that relations, or records, are of."""
        of = self._dataset[rows] if rows is not None else self._node_dataset[nodes]
        return np.asarray(of, np.int64)

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
