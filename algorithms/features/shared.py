"""Phones, devices, addresses and accounts that a subject has in common with others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from algorithms.ascending import distinct
from algorithms.features.sheet import Scope, Sheet
from algorithms.features.table import Feature
from algorithms.rings.bipartite import Bipartite, bipartite
from algorithms.rings.connected import components
from graph.columns import I32, I64
from graph.deadline import check

GROUP: Final = "shared"
# Relations from a user to an identifier, and what the identifier is called.
ITEMS: Final = {
    "uses_phone": ("phones", "电话"),
    "uses_device": ("devices", "设备"),
    "located_at": ("addresses", "地址"),
    "holds_account": ("accounts", "账户"),
}
# What more have in common than so many (a hall, a switchboard) joins nobody and is not gone through
# user by user; how many have it in common is told all the same.
LIMIT: Final = 50
_ROOM: Final = 8_000_000  # pairs looked at in one go
_USERS: Final = ("account", "company", "person")


def meanings(kind: str, windows: Sequence[int]) -> Iterator[Feature]:
    """See `Group`."""
    del windows
    reads = tuple(ITEMS)
    if kind in _USERS:
        for relation, (name, zh) in ITEMS.items():
            yield Feature(f"shared_{name}", GROUP, f"its {name} that others use on the day too",
                          f"当日与他人共用的{zh}数", name, None, (relation,))  # fmt: skip
            yield Feature(f"shared_{name}_most", GROUP, f"how many others use the one of its {name}"
                          " that most do", f"共用人数最多的{zh}的其他使用者数", "subjects", None,
                          (relation,))  # fmt: skip
        yield Feature("shared_others", GROUP, "different others that use one of its phones,"
                      f" devices, addresses or accounts, of those that at most {LIMIT} use",
                      f"共用电话、设备、地址或账户的其他主体数（仅计{LIMIT}人以内共用者）",
                      "subjects", None, reads)  # fmt: skip
    else:
        yield Feature("shared_others", GROUP, "subjects that use it on the day", "当日使用者数",
                      "subjects", None, reads)  # fmt: skip
    yield Feature("shared_ring", GROUP, "subjects in the ring that hangs together by phones,"
                  f" devices, addresses and accounts that at most {LIMIT} use",
                  f"经电话、设备、地址、账户（{LIMIT}人以内共用）连成的团伙规模", "subjects", None,
                  reads)  # fmt: skip


def fill(scope: Scope, sheet: Sheet) -> None:
    """See `Group`. Sorts the relations; an item of d ≤ LIMIT users costs d² looks."""
    if scope.kind in _USERS:
        for relation, (name, _) in ITEMS.items():
            if f"shared_{name}" in sheet:
                _one(scope, sheet, relation, name)
    if "shared_ring" in sheet:
        net = bipartite(scope.snapshot, ITEMS, scope.at)
        sheet["shared_others"] = (
            _others(scope, net) if scope.kind in _USERS else _users(scope.snapshot.n, net)
        )
        sheet["shared_ring"] = _ring(scope, net)


def _one(scope: Scope, sheet: Sheet, relation: str, name: str) -> None:
    net = bipartite(scope.snapshot, (relation,), scope.at)
    others = np.diff(net.back_ptr)[net.to] - 1
    user = np.repeat(net.left, np.diff(net.ptr))
    many, most = np.zeros(scope.snapshot.n, np.int64), np.zeros(scope.snapshot.n, np.int64)
    np.add.at(many, user, others > 0)
    np.maximum.at(most, user, others)
    sheet[f"shared_{name}"], sheet[f"shared_{name}_most"] = many, most


def _users(n: int, net: Bipartite) -> I64:
    found = np.zeros(n, np.int64)
    found[net.right] = np.diff(net.back_ptr)
    return found


def _others(scope: Scope, net: Bipartite) -> I64:
    """How many different others each user meets at an item of at most LIMIT users."""
    n = len(net.left)
    many = np.diff(net.back_ptr)
    user = np.repeat(np.arange(n), np.diff(net.ptr))
    small = (many[net.to] > 1) & (many[net.to] <= LIMIT)
    user, item = user[small], net.to[small]
    met = np.zeros(n, np.int64)
    looks = np.append(0, np.cumsum(many[item]))
    begin = 0
    while begin < len(user):  # users one after the other, as many as fit into the room
        end = int(np.searchsorted(looks, looks[begin] + _ROOM))
        end = int(np.searchsorted(user, user[min(max(end, begin), len(user) - 1)], side="right"))
        met += _met(net, user[begin:end], item[begin:end])
        begin = end
    found = np.zeros(scope.snapshot.n, np.int64)
    found[net.left] = met
    return found


def _met(net: Bipartite, user: I64, item: I32) -> I64:
    check()
    n = len(net.left)
    count = np.diff(net.back_ptr)[item]
    steps = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    mine = np.repeat(user, count)
    other = net.back[np.repeat(net.back_ptr[item], count) + steps]
    pair = distinct((mine * n + other)[mine != other])
    found: I64 = np.bincount(pair // n, minlength=n)
    return found


def _ring(scope: Scope, net: Bipartite) -> I64:
    """How many users hang together with each subject, itself one of them where it is a user; of an
    item that joins nobody, its own users."""
    n = scope.snapshot.n
    many = np.diff(net.back_ptr)
    user = np.repeat(net.left, np.diff(net.ptr))
    joins = many[net.to] <= LIMIT
    label: I32 = components(n, user[joins], net.right[net.to][joins])
    found: I64 = np.bincount(label[net.left], minlength=n)[label]
    if scope.kind in _USERS:
        return np.maximum(found, 1)
    found[net.right[many > LIMIT]] = many[many > LIMIT]
    return found
