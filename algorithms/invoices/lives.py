"""Since when and until when companies are, and when they came into other hands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from graph.columns import I32, I64

if TYPE_CHECKING:
    from algorithms.invoices.ledgers import Books

HANDS: Final = ("legal_representative", "shareholder")


class Lives(NamedTuple):
    """Of each company by its number: `founded` and `ended` (µs; unbounded where unknown).

    `handed` are the numbers of companies that came into other hands, `when` the moments, `who` the
    subjects that came, by company and moment: a legal representative or shareholder who came after
    another had been, not one of the first.
    """

    founded: I64
    ended: I64
    handed: I32
    when: I64
    who: I32

    def last_handed(self, n: int) -> I64:
        """The latest moment that each came into other hands; -2**63 where it never did."""
        last = np.full(n, -(2**63), np.int64)
        np.maximum.at(last, self.handed, self.when)
        return last


def lives(kept: Books) -> Lives:
    """Read the lives; linear in the companies and in the roles of two kinds."""
    snapshot, at = kept.snapshot, kept.at
    nodes = snapshot.nodes
    ended = nodes.vt[kept.company].copy()
    ended[ended > at] = 2**63 - 1  # what is to come is not known on the day
    parts = [_changes(kept, kind) for kind in HANDS]
    handed, when, who = (np.concatenate([part[i] for part in parts]) for i in range(3))
    order = np.lexsort((who, when, handed))
    return Lives(
        nodes.vf[kept.company], ended, handed[order].astype(np.int32), when[order],
        who[order].astype(np.int32),
    )  # fmt: skip


def _changes(kept: Books, kind: str) -> tuple[I64, I64, I64]:
    """Who came later than the first: company, moment, subject."""
    snapshot = kept.snapshot
    cols, rep = snapshot.columns, snapshot.nodes.rep
    rows = snapshot.rows(kind)
    rows = rows[cols.vf[rows] <= kept.at]
    firm, who = kept.places(rep[cols.dst[rows]]).astype(np.int64), rep[cols.src[rows]]
    when = cols.vf[rows]
    there = firm >= 0
    firm, who, when = firm[there], who[there], when[there]
    first = np.full(kept.n, 2**63 - 1, np.int64)
    np.minimum.at(first, firm, when)
    order = np.lexsort((when, who, firm))  # of a holder's holdings, the first alone is a coming
    firm, who, when = firm[order], who[order], when[order]
    fresh = np.ones(len(firm), np.bool_)
    fresh[1:] = (firm[1:] != firm[:-1]) | (who[1:] != who[:-1])
    fresh &= when > first[firm]
    return firm[fresh], when[fresh], who[fresh].astype(np.int64)
