"""Whose accounts these are: their holders, and the groups and families that the holders belong to.

Leads for weighing a finding against innocent explanations, read once for a whole graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.ownership.majority import over_half
from algorithms.rings.connected import components
from graph.columns import I32, I64
from graph.deadline import check
from graph.model import CODES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.snapshot import Snapshot

Mask = npt.NDArray[np.bool_]

_PERSON: Final = CODES["person"]
_COMPANY: Final = CODES["company"]
_DECLARED: Final = ("kin", "guardian", "controller", "branch")  # what joins holders, and a majority
_LARGEST: Final = 200  # more than so many joined holders are no family and no group


class Holders(NamedTuple):
    """By the number of each record in the snapshot; read it at the representatives of accounts.

    `of` is one holder of the account, -1 where none is known. `group` is one number for all
    subjects that are joined by kinship, guardianship, a majority holding, control or a branch, and
    for the accounts that they hold, -1 where the account's holder is not known. `company` and
    `person` say what the holder is.
    """

    of: I32
    group: I32
    company: Mask
    person: Mask


def holders(snapshot: Snapshot, at: int) -> Holders:
    """Who held which account when it was last held on or before a day (`last_held`), and what
    joined them then or as long as both were there (`in_force`): what explains a transfer does not
    vanish when a company is struck off. Linear in the subjects and in these relations."""
    nodes, cols = snapshot.nodes, snapshot.columns
    n, rep = snapshot.n, snapshot.nodes.rep
    held = last_held(snapshot, at)
    check()
    holder, account = rep[cols.src[held]], rep[cols.dst[held]]
    of = np.full(n, -1, np.int32)
    order = np.argsort(-by_name(snapshot, account, holder), kind="stable")  # last the least name
    of[account[order]] = holder[order]
    joined = [
        in_force(snapshot, _DECLARED, at),
        over_half(snapshot, in_force(snapshot, "shareholder", at)),
    ]
    check()
    rows = np.concatenate(joined)
    src, dst = rep[cols.src[rows]], rep[cols.dst[rows]]
    label = components(n, _both(src, holder), _both(dst, account))
    size = np.bincount(label[nodes.kind != CODES["account"]], minlength=n)
    loose = size[label] > _LARGEST
    group = np.where(loose, np.where(of >= 0, of, np.arange(n, dtype=np.int32)), label)
    group[(of < 0) & (nodes.kind == CODES["account"])] = -1
    kind = nodes.kind[np.maximum(of, 0)]
    known = of >= 0
    return Holders(
        of, group.astype(np.int32), known & (kind == _COMPANY), known & (kind == _PERSON)
    )


def last_held(snapshot: Snapshot, at: int) -> I64:
    """The rows of `holds_account` by which each account was held at the instant `at`, or, where
    nobody held it any more, when it was last held: by a holder that was still there."""
    cols, nodes = snapshot.columns, snapshot.nodes
    rows = _begun(snapshot, "holds_account", at)
    account = nodes.rep[cols.dst[rows]]
    until = np.minimum(np.minimum(cols.vt[rows], _there(snapshot, rows)), at + 1)
    newest = np.full(snapshot.n, np.iinfo(np.int64).min)
    np.maximum.at(newest, account, until)
    last: I64 = rows[until == newest[account]]
    return last


def in_force(snapshot: Snapshot, kinds: str | Iterable[str], at: int) -> I64:
    """Rows of these kinds of state that were true at the instant `at`, or until one of their ends
    was no more. What ended while both were there is left out, as it is by `Snapshot.rows`."""
    rows = _begun(snapshot, kinds, at)
    until = snapshot.columns.vt[rows]
    return rows[(until > at) | (until >= _there(snapshot, rows))]


def _begun(snapshot: Snapshot, kinds: str | Iterable[str], at: int) -> I64:
    """Known rows that began, as both their ends did, by `at`."""
    cols, nodes = snapshot.columns, snapshot.nodes
    rows = snapshot.rows(kinds)
    ends = (nodes.vf[cols.src[rows]], nodes.vf[cols.dst[rows]])
    return rows[(cols.vf[rows] <= at) & (ends[0] <= at) & (ends[1] <= at)]


def _there(snapshot: Snapshot, rows: I64) -> I64:
    """Until when both ends of each row were there."""
    cols, vt = snapshot.columns, snapshot.nodes.vt
    found: I64 = np.minimum(vt[cols.src[rows]], vt[cols.dst[rows]])
    return found


def by_name(snapshot: Snapshot, account: I32, holder: I32) -> I64:
    """What puts the holders of an account that has several into the order of their names, however
    they were loaded. Linear, and the naming of such holders."""
    several = np.bincount(account, minlength=snapshot.n) > 1
    who = np.unique(holder[several[account]])
    names = snapshot.canonicals(who.tolist())
    rank = np.zeros(snapshot.n, np.int64)
    rank[who[sorted(range(len(who)), key=names.__getitem__)]] = np.arange(len(who))
    found: I64 = rank[holder]
    return found


def _both(a: I32, b: I32) -> I32:
    return np.concatenate([a, b]).astype(np.int32)
