"""Looking subjects up in a view: by id, by official key, by what the indexes of names lead to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from graph import keys
from graph.columns import I32, I64
from graph.errors import UnknownSubject
from graph.views.subjects import Subjects

if TYPE_CHECKING:
    from graph.names.segment import Segment


class LookUps(Subjects):
    """See the module."""

    def resolve(self, text: str) -> int:
        """The subject that a `dataset:id`, canonical id, official key or bare id names.

        Raises UnknownSubject when nothing, or more than one subject, has this name.
        """
        found = self.named(text)
        if len(found) == 1:
            return found[0]
        if found:
            raise UnknownSubject(f"{len(found)} subjects are named {text[:80]!r}: write dataset:id")
        said = "".join(f" ({note})" for note in self.notes)
        raise UnknownSubject(f"no subject is named {text[:80]!r}{said}")

    def named(self, text: str) -> list[int]:
        """All subjects that an id or official key names, ascending; `resolve` asks for just one."""
        return sorted({int(self.nodes.rep[n]) for n in self._candidates(text) if self.known(n)})

    def node_of(self, record: str) -> int:
        """The node of the record `dataset:id`, retracted or not: ends of facts outlive it.

        Raises UnknownSubject where there is none.
        """
        if nodes := self._record(record):
            return nodes[0]
        raise UnknownSubject(f"no record is named {record[:80]!r}")

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

    def canonical_of(self, key: keys.Key) -> str | None:
        """The canonical id that an official key gives in this store; None for an invalid one."""
        return keys.canonical(key, self._live.store.id_key)

    def _candidates(self, text: str) -> list[int]:
        """Nodes that a name may mean, known or not."""
        if ":" in text and (named := self._record(text) or self._by_canonical(text)):
            return named
        if bare := self._bare(text):
            return bare
        for kind in ("uscc", "resident_id", "e164", "account"):
            canonical = self.canonical_of(keys.check(kind, text))
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
        nodes = self.ever_bore(canonical)
        return {int(self.nodes.rep[node]) for node in nodes if self.known(node)}

    def ever_bore(self, canonical: str) -> set[int]:
        """The records of which any version bore this canonical id, retracted ones too."""
        owner = self._live.versions.arrays["version_node"]
        places = self._live.bearers.places(canonical)
        return {int(owner[place]) for place in places if place < self._versions}

    def restricted_records(self) -> list[int]:
        """The known records of all whose use is restricted, ascending."""
        subjects = {node for key in self._live.restricted for node in self.named(key)}
        found = {m for node in subjects if self.restricted(node) for m in self.members(node)}
        return sorted(node for node in found if self.known(node))

    # -- names ------------------------------------------------------------------------------

    def name_segments(self) -> list[Segment]:
        """The index of all names that were recorded by this view, and of later ones."""
        return self._live.names().segments(self._versions)

    def masked_places(self, text: str) -> list[int]:
        """The versions of records, by this view, that may have an identifier shown so."""
        return self._live.masks().places(text, self._versions)

    def bearing(self, places: Sequence[int]) -> tuple[I32, I64, npt.NDArray[np.bool_]]:
        """Of versions of records, those recorded by this view whose record is known in it: the
        subject of each, the version, and whether it is what its record says in this view."""
        where = np.array(places, np.int64)
        where = where[where < self._versions]
        nodes = self._live.versions.arrays["version_node"][where]
        newest = self._version[nodes]
        keep = newest >= 0
        return self.nodes.rep[nodes[keep]], where[keep], newest[keep] == where[keep]

    def version_label(self, place: int) -> str:
        """What a version of a record says that its subject is called, as it was written."""
        return self._live.texts["label"][place]
