"""What else ties the members of a group: kin, offices and holdings, one employer, money."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from algorithms.ownership.majority import over_half
from algorithms.rings.connected import components
from graph.columns import I32, I64

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graph.snapshot import Snapshot

MANY: Final = 50  # past so many relations a subject says nothing about how two others are related
FAMILY: Final = ("kin", "guardian")
GROUP: Final = ("branch", "successor")
OFFICE: Final = ("legal_representative", "officer", "controller", "shareholder")


class Links(NamedTuple):
    """Relations by subject, each at both its ends: those of `owner[k]` to `other[k]`, ascending."""

    owner: I32
    other: I32
    row: I64

    def span(self, subject: int) -> tuple[int, int]:
        """Where those of a subject stand. Logarithmic in all relations: as a number of another type
        it would be looked for in a copy of them."""
        own = np.int32(subject)
        return int(self.owner.searchsorted(own)), int(self.owner.searchsorted(own, side="right"))

    def many(self, subject: int) -> int:
        """How many different subjects a subject is related to."""
        low, high = self.span(subject)
        return len(np.unique(self.other[low:high]))

    def of(self, subject: int, most: int = MANY) -> list[int]:
        """The other ends of a subject's relations; none where they are more than `most`."""
        low, high = self.span(subject)
        return self.other[low:high].tolist() if high - low <= most else []


def links(snapshot: Snapshot, rows: I64) -> Links:
    """Index relations by both ends. Time: sorting them."""
    rep, cols = snapshot.nodes.rep, snapshot.columns
    a, b = rep[cols.src[rows]], rep[cols.dst[rows]]
    owner, other = np.concatenate([a, b]), np.concatenate([b, a])
    order = np.argsort(owner, kind="stable")
    return Links(owner[order], other[order], np.concatenate([rows, rows])[order])


class Ties:
    """The ties between subjects on a day; each kind is read when it is first asked about."""

    def __init__(self, snapshot: Snapshot, at: int) -> None:
        self.snapshot = snapshot
        self.at = at

    def _links(self, *kinds: str) -> Links:
        return links(self.snapshot, self.snapshot.rows(kinds, self.at))

    @cached_property
    def family(self) -> Links:
        """Kin and guardians."""
        return self._links(*FAMILY)

    @cached_property
    def group(self) -> Links:
        """What a register shows as one group: branches, successors, over half of the capital, and
        declared control; whoever holds it."""
        most = over_half(self.snapshot, self.snapshot.rows("shareholder", self.at))
        plain = self.snapshot.rows((*GROUP, "controller"), self.at)
        return links(self.snapshot, np.concatenate([most, plain]))

    @cached_property
    def office(self) -> Links:
        """Who signs for, manages, controls or holds a company."""
        return self._links(*OFFICE)

    @cached_property
    def things(self) -> Links:
        """Phones, devices and addresses in use."""
        return self._links("uses_phone", "uses_device", "located_at")

    @cached_property
    def phones(self) -> Links:
        """Phones in use."""
        return self._links("uses_phone")

    @cached_property
    def places(self) -> Links:
        """Devices and addresses in use."""
        return self._links("uses_device", "located_at")

    @cached_property
    def signs_for(self) -> Links:
        """Legal representatives."""
        return self._links("legal_representative")

    @cached_property
    def employer(self) -> Links:
        """Employers and employed."""
        return self._links("employs")

    @cached_property
    def accounts(self) -> Links:
        """Accounts and holders."""
        return self._links("holds_account")

    @cached_property
    def transfers(self) -> Links:
        """Payments between accounts."""
        return self._links("transfer")

    @cached_property
    def invoices(self) -> Links:
        """Invoices between companies."""
        return self._links("invoice")

    def parties(self, members: Sequence[int], kinds: Iterable[Links]) -> list[set[int]]:
        """Members by whether they are related: directly, or over one other that is no hub."""
        root = {member: member for member in members}

        def find(x: int) -> int:
            while root[x] != x:
                root[x] = root[root[x]]
                x = root[x]
            return x

        over: dict[int, int] = {}
        for some in kinds:
            for member in members:
                for other in some.of(member):
                    if other in root:
                        root[find(member)] = find(other)
                        continue
                    if other in over:
                        root[find(member)] = find(over[other])
                    elif (span := some.span(other))[1] - span[0] <= MANY:
                        over[other] = member
        found: dict[int, set[int]] = {}
        for member in members:
            found.setdefault(find(member), set()).add(member)
        return list(found.values())

    def people(self, members: Iterable[int]) -> list[int]:
        """These subjects, those who sign for the companies and hold the accounts among them."""
        found = dict.fromkeys(members)
        for member in list(found):
            for kind in (self.signs_for, self.accounts):
                found.update(dict.fromkeys(kind.of(member)))
        return list(found)

    def common(self, members: Sequence[int], kind: Links) -> dict[int, set[int]]:
        """Others with whom at least two of the members have a relation of this kind, and which."""
        met: dict[int, set[int]] = {}
        for member in members:
            for other in kind.of(member):
                met.setdefault(other, set()).add(member)
        return {other: who for other, who in met.items() if len(who) > 1 and other not in members}

    def money(self, members: Iterable[int]) -> list[int]:
        """Payments between the accounts of different members (or between members that are accounts)
        and invoices between them; by rows, ascending."""
        holder: dict[int, int] = {}
        for member in members:
            holder[member] = member
            low, high = self.accounts.span(member)
            if high - low <= MANY:
                holder.update(dict.fromkeys(self.accounts.other[low:high].tolist(), member))
        found: set[int] = set()
        for kind in (self.transfers, self.invoices):
            for subject, whose in holder.items():
                low, high = kind.span(subject)
                if high - low > 20 * MANY:
                    continue
                ends = zip(kind.other[low:high].tolist(), kind.row[low:high].tolist(), strict=True)
                found.update(row for end, row in ends if holder.get(end, whose) != whose)
        return sorted(found)


def parties(snapshot: Snapshot, at: int) -> I32:
    """For each subject the party that it is part of, called by one of its subjects: a company is
    one with its legal representative, with whoever holds over half of it and with its branches, an
    account with its holder, and so on through all of them. Linear in these relations."""
    rep, cols = snapshot.nodes.rep, snapshot.columns
    most = over_half(snapshot, snapshot.rows("shareholder", at))
    plain = snapshot.rows(("legal_representative", "holds_account", "branch"), at)
    rows = np.concatenate([plain, most])
    return components(snapshot.n, rep[cols.src[rows]], rep[cols.dst[rows]])


def spread(snapshot: Snapshot, members: Iterable[int], most: int) -> tuple[int, int] | None:
    """How many of these subjects began within `most` µs of each other (the most that did), of how
    many whose begin is known; None where it is known of none."""
    began = sorted(vf for m in members if (vf := int(snapshot.nodes.vf[m])) > -(2**62))
    if not began:
        return None
    best = low = 0
    for high, when in enumerate(began):
        while when - began[low] > most:
            low += 1
        best = max(best, high - low + 1)
    return best, len(began)
