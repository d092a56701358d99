"""The events of a kind between subjects of a kind, by each end and in order of time.

Transfers between accounts are those of accounts, and of whoever holds them: of people and companies
too. An account that nobody is known to hold stands for its holder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from algorithms.flows.currency import CNY, in_currency
from algorithms.flows.holders import by_name, last_held
from algorithms.flows.windows import Side, side
from graph.columns import I32, I64
from graph.deadline import check
from graph.model import RELATIONS
from graph.store import NONE

if TYPE_CHECKING:
    from algorithms.features.sheet import Scope
    from graph.snapshot import Snapshot

UNKNOWN: Final = -1
_FAR: Final = 2**60  # sums and differences of times must not overflow


@dataclass(frozen=True)
class Events:
    """Event e is relation `rows[e]` from subject `src[e]` to `dst[e]` (nodes below `n`) at
    `time[e]` µs; `value[e]` is what it carries: minor units of yuan, seconds of a call, `UNKNOWN`
    where it is not known or in another currency. Those of a subject with itself are left out.
    """

    n: int
    rows: I64 = field(repr=False)
    src: I32 = field(repr=False)
    dst: I32 = field(repr=False)
    time: I64 = field(repr=False)
    value: I64 = field(repr=False)

    @cached_property
    def out(self) -> Side:
        """By where they come from."""
        return side(self.n, self.src, self.dst, self.time)

    @cached_property
    def into(self) -> Side:
        """By where they go."""
        return side(self.n, self.dst, self.src, self.time)

    def forget(self) -> None:
        """Let go of both sides (32 bytes an event); made again where they are asked for."""
        self.__dict__.pop("out", None)
        self.__dict__.pop("into", None)


def events(scope: Scope, relation: str) -> Events:
    """The events of a kind that happened by the end of the day, see the module."""
    snapshot = scope.snapshot
    cols = snapshot.columns
    rows = snapshot.rows(relation, scope.at)
    src, dst = scope.ends(rows)
    if scope.kind not in RELATIONS[relation].sources:
        owner = owners(snapshot, scope.at)
        src, dst = owner[src], owner[dst]
    check()
    keep = src != dst
    rows, src, dst = rows[keep], src[keep], dst[keep]
    value = cols.value[rows]
    value = np.where((value == NONE) | (value < 0), UNKNOWN, value)
    if RELATIONS[relation].value == "amount":
        coin = in_currency(snapshot, rows, CNY)
        if len(coin) != len(rows):
            value[~np.isin(rows, coin)] = UNKNOWN
    check()
    return Events(snapshot.n, rows, src, dst, np.clip(cols.vf[rows], -_FAR, _FAR), value)


def owners(snapshot: Snapshot, at: int) -> I32:
    """Of each node, where it is an account, the subject that held it last on or before a day (of
    several that with the least id), itself where nobody is known to; itself where it is none."""
    rep = snapshot.nodes.rep
    held = last_held(snapshot, at)
    holder, account = rep[snapshot.columns.src[held]], rep[snapshot.columns.dst[held]]
    found = np.arange(snapshot.n, dtype=np.int32)
    order = np.argsort(-by_name(snapshot, account, holder), kind="stable")  # last the least name
    found[account[order]] = holder[order]
    return found
