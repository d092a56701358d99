"""The subjects of a view, each one record or several: who there are, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graph.columns import I32
from graph.erasure import GONE_LABEL, LIMITED, SHOWN
from graph.model import CODES, NAMES
from graph.organs import is_organ_key
from graph.views.records import COMPANY, Records


class Subjects(Records):
    """See the module. A subject goes by the node that stands for it."""

    def subjects(self, kind: str | None = None) -> I32:
        """Representatives of all known subjects (of one kind), valid or not, ascending."""
        # A group's smallest member stands for it even while only a later one is known.
        keep = np.zeros(self.n, np.bool_)
        keep[self.nodes.rep[np.flatnonzero(self._version >= 0)]] = True
        if kind is not None:
            keep &= self.nodes.kind == CODES[kind]
        return np.flatnonzero(keep).astype(np.int32)

    def kind_name(self, node: int) -> str:
        """The kind of a subject."""
        return NAMES[int(self.nodes.kind[node])]

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

    def labels(self, node: int) -> list[str]:
        """What the known records of a subject call it, those that do; nothing where its use is
        restricted."""
        if self.restricted(node):
            return []
        texts = self._live.texts["label"]
        at = (int(self._version[member]) for member in self.members(node))
        return [text for place in at if place >= 0 and (text := texts[place])]

    def former_labels(self, node: int) -> list[str]:
        """What earlier versions of a subject's known records called it, in the order in which they
        came; a question to the store for each record. Nothing where its use is restricted."""
        if self.restricted(node):
            return []
        now, found = set(self.labels(node)), []
        for name in self.records(node):
            for fact in self._live.store.history(name):
                label = fact.payload.get("name") or fact.payload.get("text") or ""
                if fact.batch <= self.batch and label not in now:
                    found.append((fact.seq, str(label)))
        return list(dict.fromkeys(label for _, label in sorted(found) if label))

    @property
    def any_restricted(self) -> bool:
        """Whether the use of what is held of anybody is restricted."""
        return bool(self._live.restricted)

    def restricted(self, node: int) -> bool:
        """Whether the use of what is held of a subject is restricted: it is kept, and not shown."""
        restricted = self._live.restricted
        return bool(restricted) and self.canonical(node) in restricted

    def state_organ(self, node: int) -> bool:
        """Whether a subject is an organ of the state.

        Its credit code says so (GB 32100: 1, registered with the office of posts and bodies, and
        1, 机关), or the form that one of its records gives (`graph.organs`).
        """
        if self.nodes.kind[node] != COMPANY:
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
