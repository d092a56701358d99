"""Invoices by brute force: what stands of them, and what companies paid."""

from __future__ import annotations

from typing import NamedTuple


class Invoice(NamedTuple):
    """One invoice: name, ends, time in days, amount (negative: red), goods; `void` counts none."""

    id: str
    seller: str
    buyer: str
    time: float
    amount: int
    goods: str | None = None
    void: bool = False


def standing(invoices: list[Invoice]) -> dict[str, int]:
    """What stands of each positive invoice, as `algorithms.invoices.netting` documents it."""
    left = {i.id: i.amount for i in invoices if i.amount > 0 and not i.void}
    reds = [i for i in invoices if i.amount < 0 and not i.void]
    back = {i.id: -i.amount for i in reds}

    def before(red: Invoice) -> list[Invoice]:
        """Those that a red letter may take back, the latest last."""
        found = [
            i
            for i in invoices
            if i.id in left and (i.seller, i.buyer) == (red.seller, red.buyer)
            and i.time <= red.time
        ]  # fmt: skip
        return sorted(found, key=lambda i: (i.time, i.id))

    for goods in (True, False):
        for red in sorted(reds, key=lambda i: (i.time, i.id)):
            same = [
                i
                for i in before(red)
                if left[i.id] == i.amount == back[red.id] and (not goods or i.goods == red.goods)
            ]
            if same:
                left[same[-1].id] = back[red.id] = 0
    for red in sorted(reds, key=lambda i: (i.time, i.id)):
        for i in reversed(before(red)):
            taken = min(left[i.id], back[red.id])
            left[i.id] -= taken
            back[red.id] -= taken
    return left
