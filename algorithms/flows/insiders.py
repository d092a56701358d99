"""The people around the holder of an account: who leads, holds or controls it, and their kin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from algorithms.flows.holders import by_name, in_force, last_held
from graph.columns import I32, I64

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.snapshot import Snapshot

_ROLES: Final = (
    "legal_representative", "officer", "controller", "shareholder", "nominee", "acts_in_concert",
    "branch",
)  # fmt: skip
_KIN: Final = ("kin", "guardian")
_MOST: Final = 2000  # ties of one subject that are followed: more make nobody an insider


class Ties:
    """Relations in force on a day, or until one end was no more (`holders.in_force`), between
    subjects, either way, looked up one subject at a time."""

    def __init__(self, snapshot: Snapshot, kinds: Iterable[str], at: int) -> None:
        rows, rep = in_force(snapshot, kinds, at), snapshot.nodes.rep
        a, b = rep[snapshot.columns.src[rows]], rep[snapshot.columns.dst[rows]]
        near, far = np.concatenate([a, b]), np.concatenate([b, a])
        order = np.argsort(near, kind="stable")
        self._near, self._far = near[order], far[order]

    def of(self, subject: int) -> list[int]:
        """The subjects tied to one; none where they are too many to mean anything."""
        lo, hi = np.searchsorted(self._near, [subject, subject + 1]).tolist()
        return [] if hi - lo > _MOST else self._far[lo:hi].tolist()


class Insiders:
    """Whose accounts are whose, or were when they were last held (`holders.last_held`), and who
    stands around the holders; read once for a whole graph."""

    def __init__(self, snapshot: Snapshot, at: int) -> None:
        self._roles, self._kin = Ties(snapshot, _ROLES, at), Ties(snapshot, _KIN, at)
        rows, rep = last_held(snapshot, at), snapshot.nodes.rep
        holder, account = rep[snapshot.columns.src[rows]], rep[snapshot.columns.dst[rows]]
        order = np.lexsort((holder, by_name(snapshot, account, holder), account))
        self._account, self._holder = account[order], holder[order]
        back = np.argsort(holder, kind="stable")
        self._held, self._by = account[back], holder[back]
        self._kind = snapshot.nodes.kind

    def holders(self, account: int) -> list[int]:
        """Who holds an account."""
        lo, hi = np.searchsorted(self._account, [account, account + 1]).tolist()
        return [int(subject) for subject in self._holder[lo:hi]]

    def holder(self, accounts: I64 | I32) -> I64:
        """One holder of each account, -1 where none is known."""
        if not len(self._account):
            return np.full(len(accounts), -1)
        place = np.minimum(np.searchsorted(self._account, accounts), len(self._account) - 1)
        return np.where(self._account[place] == accounts, self._holder[place], -1).astype(np.int64)

    def around(self, account: int) -> set[int]:
        """The holders of an account, those that roles tie to them, and the kin of all of these."""
        found = set(self.holders(account))
        for subject in list(found):
            found.update(self._roles.of(subject))
        for subject in list(found):
            found.update(self._kin.of(subject))
        return found

    def accounts(self, subjects: Iterable[int]) -> set[int]:
        """The accounts that any of these hold."""
        found: set[int] = set()
        for subject in subjects:
            lo, hi = np.searchsorted(self._by, [subject, subject + 1]).tolist()
            found.update(self._held[lo:hi].tolist())
        return found
