"""The listings of a view: of one subject, of all, and what came and went of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graph.listed import Event, Listing, told
from graph.views.records import Records


class Listings(Records):
    """See the module."""

    def listings(self, node: int, at: int | None = None) -> list[dict[str, Any]]:
        """Listings of a subject that are known and, with `at`, in force then; oldest first."""
        of, batch = self._live.listed.of, self.batch
        found = [
            each
            for member in self.members(node)
            for each in of(member)
            if each.known(batch) and self._may_tell(each)
        ]
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
