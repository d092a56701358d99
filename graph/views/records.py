"""The records of a view: which a subject has, and what their versions say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from graph.columns import I32, I64, NEVER
from graph.erasure import GONE_LABEL
from graph.heap import same_text
from graph.model import CODES
from graph.store import StoredFact
from graph.views.view import View

COMPANY: Final = CODES["company"]


class Records(View):
    """See the module. A record goes by its node in the columns."""

    def members(self, node: int) -> list[int]:
        """The record nodes of a subject, ascending."""
        found, at = [node], int(self.nodes.nxt[node])
        while at != node:
            found.append(at)
            at = int(self.nodes.nxt[at])
        return sorted(found)

    def records(self, node: int) -> list[str]:
        """`dataset:id` of every known record of a subject."""
        return [self.record_name(m) for m in self.members(node) if self.known(m)]

    def known_nodes(self) -> I32:
        """All known records, ascending."""
        return np.flatnonzero(self._version >= 0).astype(np.int32)

    def record_numbers(self, nodes: I32) -> I64:
        """The numbers of the current versions of known records."""
        found: I64 = self._live.versions.view("version_seq")[self._version[nodes]]
        return found

    def record_begins(self, nodes: I32) -> I64:
        """Since when (µs) known records hold, each as it says itself (a subject has one validity of
        all its records: `nodes.vf`)."""
        found: I64 = self._live.versions.view("version_vf")[self._version[nodes]]
        return found

    def record_name(self, node: int) -> str:
        """`dataset:id` of a record."""
        return (
            f"{self._datasets[int(self._node_dataset[node])]}:{self._live.texts['node_id'][node]}"
        )

    def firsts(self, nodes: I32) -> I64:
        """The numbers that the store knows these records by."""
        found: I64 = self._first[nodes]
        return found

    def record_organ(self, node: int) -> bool:
        """Whether a record known in this view says that it is an organ of the state."""
        organ = self._live.versions.arrays["version_organ"]
        return bool(self.nodes.kind[node] == COMPANY and organ[int(self._version[node])])

    def record_said(self, node: int) -> tuple[int, int, int, str | None]:
        """Of a record known in this view: from when to when it holds (µs), the batch that recorded
        its version, and the canonical id that its official key gives."""
        at, versions = int(self._version[node]), self._live.versions.arrays
        begins, ends, batch = (int(versions[f"version_{name}"][at]) for name in ("vf", "vt", "rec"))
        return begins, ends, batch, self._live.texts["canonical"][at] or None

    # -- versions ---------------------------------------------------------------------------

    def versions(self, name: str) -> npt.NDArray[Any]:
        """A column of the versions of records: `node`, `seq`, `vf`, `vt`, `rec`, `ret`, `organ`."""
        found: npt.NDArray[Any] = self._live.versions.view(f"version_{name}")[: self._versions]
        if self._gone is not None and name in ("rec", "ret"):
            return np.where(self._gone[self.versions("node")], np.int32(NEVER), found)
        return found

    def record_versions(self, node: int) -> list[tuple[int, int, int, int]]:
        """Every version of a record that was recorded by this view, in their order: from when to
        when it holds (µs), the batches that recorded and retracted it. Linear in all versions."""
        at = np.flatnonzero(self.versions("node") == node)
        columns = [self.versions(name)[at].tolist() for name in ("vf", "vt", "rec", "ret")]
        return [each for each in zip(*columns, strict=True) if each[2] <= self.batch]

    def stated(self, subjects: Iterable[int]) -> dict[int, StoredFact]:
        """All that the known records of subjects say, by record; one question to the store."""
        members = [m for node in subjects for m in self.members(node) if self.known(m)]
        return self.said_by(members)

    def said_by(self, nodes: Sequence[int]) -> dict[int, StoredFact]:
        """All that known records say, by record; one question to the store."""
        numbers = self.record_numbers(np.array(nodes, np.int32)).tolist()
        by_seq = dict(zip(numbers, nodes, strict=True))
        found = self._live.store.versions(numbers) if numbers else []
        return {by_seq[fact.seq]: fact for fact in found}

    def own_labels(self, nodes: Sequence[int]) -> list[str]:
        """What known records themselves are called, whatever their subjects are; "" where one says
        nothing, or it was erased."""
        found = self._live.texts["label"].many(self._version[nodes].tolist()) if len(nodes) else []
        return ["" if text.startswith(GONE_LABEL) else text for text in found]

    def own_keys(self, nodes: Sequence[int]) -> list[str]:
        """The canonical ids that known records' own official keys give; "" where none does."""
        canonical = self._live.texts["canonical"]
        return canonical.many(self._version[nodes].tolist()) if len(nodes) else []

    def key_numbers(self, nodes: I32) -> I32:
        """A number for the canonical id that each known record's own official key gives: equal ids
        have equal numbers, and none -1. Linear in all versions."""
        return same_text(self._live.texts["canonical"], self._version[nodes])

    def ever_borne(self, nodes: I32) -> list[str]:
        """The canonical ids that any version of these records gave. Linear in all versions."""
        mask = np.zeros(self.n, np.bool_)
        mask[nodes] = True
        at = np.flatnonzero(mask[self.versions("node")])
        return sorted({key for key in self._live.texts["canonical"].many(at.tolist()) if key})

    def spans(self, nodes: I32) -> tuple[I64, I64]:
        """From when to when known records hold (µs)."""
        at = self._version[nodes]
        return self.versions("vf")[at], self.versions("vt")[at]

    def store_versions(self, seqs: Sequence[int]) -> list[StoredFact]:
        """Versions of records by their numbers, as the store has them."""
        return self._live.store.versions(seqs)
