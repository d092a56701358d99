"""The books of a day: what every company sold and bought, paid and was paid, and since when it is.

Read once for a view and kept as long as it is, for several detectors ask for the same. Companies
are numbered 0.. by `Books.company`; money is in minor units, time in µs.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import WeakKeyDictionary, ref

import numpy as np
import numpy.typing as npt

from algorithms.invoices.netting import netted
from graph.columns import I32, I64
from graph.store import NONE

if TYPE_CHECKING:
    from algorithms.invoices.balance import Balance
    from algorithms.invoices.inputs import Inputs
    from algorithms.invoices.lives import Lives
    from algorithms.invoices.living import Living
    from algorithms.invoices.money import Holdings, Money, Paid
    from graph.snapshot import Snapshot

ISSUED: Final = 0
VOID: Final = 1
RED: Final = 2
GROUP_DIGITS: Final = 3  # of a goods code: those that say its group
VOID_WORDS: Final = frozenset({"void", "voided", "作废", "已作废"})
RED_WORDS: Final = frozenset({"red", "红字", "红冲"})
TOLD: Final = 0.5
_FAR: Final = 2**61  # differences of times must not overflow
Bools = npt.NDArray[np.bool_]


class Invoices(NamedTuple):
    """Invoices of one currency that were issued by the end of the day, by time (then by row).

    `seller`, `buyer` are numbers of companies. `amount` is as stated (a red letter's is negative),
    `net` what stands of it: 0 for what is void or red, was taken back whole, or has no known
    amount. `tax` is 0 where it is not said. `goods` and `group` are numbers of `codes` and
    `groups` (first three digits), -1 where no code is given. What a company invoices to itself is
    not there.
    """

    row: I64
    seller: I32
    buyer: I32
    time: I64
    amount: I64
    net: I64
    tax: I64
    goods: I32
    group: I32
    status: npt.NDArray[np.int8]
    export: Bools
    codes: list[str]
    groups: list[str]

    @property
    def stand(self) -> Bools:
        """Which of them stand: neither void nor red nor taken back whole."""
        return self.net > 0

    def of(self, which: npt.NDArray[Any]) -> Invoices:
        """Some of them: those of a mask, or at these places in this order."""
        chosen: list[Any] = [column[which] for column in self[:11]]
        return Invoices._make([*chosen, self.codes, self.groups])


class Books:
    """See the module. Each part is read when it is first asked for."""

    def __init__(self, snapshot: Snapshot, at: int, currency: str) -> None:
        self.at = at
        self.currency = currency
        self._snapshot = ref(snapshot)  # the view keeps its books, not they the view

    @property
    def snapshot(self) -> Snapshot:
        """The view that these are the books of."""
        found = self._snapshot()
        assert found is not None  # who asks holds it
        return found

    @cached_property
    def company(self) -> I32:
        """Every known company and every end of an invoice, as subjects, ascending."""
        snapshot = self.snapshot
        rows = snapshot.rows("invoice", self.at)
        there = np.zeros(snapshot.n, np.bool_)
        there[snapshot.subjects("company")] = True
        for end in (snapshot.columns.src, snapshot.columns.dst):
            there[snapshot.nodes.rep[end[rows]]] = True
        return np.flatnonzero(there).astype(np.int32)

    @property
    def n(self) -> int:
        """Number of companies."""
        return len(self.company)

    @cached_property
    def _place(self) -> I32:
        place = np.full(self.snapshot.n, -1, np.int32)
        place[self.company] = np.arange(self.n, dtype=np.int32)
        return place

    def places(self, subjects: npt.NDArray[Any]) -> I32:
        """The numbers of companies, given as subjects; -1 for what is none."""
        found: I32 = self._place[subjects]
        return found

    def place(self, subject: int) -> int:
        """The number of one company; -1 where the subject is none."""
        return int(self._place[subject])

    @cached_property
    def invoices(self) -> Invoices:
        """All invoices. Sorting them; at the first question of a view, reading what they carry."""
        return _invoices(self)

    @cached_property
    def _bought(self) -> tuple[I64, I64]:
        invoices = self.invoices
        stand = np.flatnonzero(invoices.stand)
        order = stand[np.lexsort((invoices.time[stand], invoices.buyer[stand]))]
        return order, np.searchsorted(invoices.buyer[order], np.arange(self.n + 1))

    def bought_of(self, company: int) -> I64:
        """The places of a company's standing purchases, by time."""
        order, ptr = self._bought
        return order[ptr[company] : ptr[company + 1]]

    @cached_property
    def money(self) -> Money:
        """What companies paid one another, and whom else they paid."""
        from algorithms.invoices.money import money

        return money(self)

    @cached_property
    def held(self) -> Holdings:
        """Who held which account from when until when."""
        from algorithms.invoices.money import held_accounts

        return held_accounts(self)

    @cached_property
    def pays(self) -> Bools:
        """Which companies are known to have paid anybody."""
        found = np.zeros(self.n, np.bool_)
        place = self.places(self.money.payer)
        found[place[place >= 0]] = True
        return found

    @cached_property
    def told(self) -> bool:
        """Whether payments are known at large: at least half of all buyers pay somebody. Only then
        does it say something that one of them pays nobody."""
        buyers = np.unique(self.invoices.buyer[self.invoices.stand])
        return bool(len(buyers)) and float(self.pays[buyers].mean()) >= TOLD

    @cached_property
    def balance(self) -> Balance:
        """What was bought and sold of each goods group."""
        from algorithms.invoices.balance import balance

        return balance(self.invoices)

    @cached_property
    def inputs(self) -> Inputs:
        """What each company sold and bought, and what is usual for what it sells."""
        from algorithms.invoices.inputs import inputs

        return inputs(self.invoices, self.n)

    @cached_property
    def living(self) -> Living:
        """What each company spent on being a company: wages, rent, carriage, power."""
        from algorithms.invoices.living import living

        return living(self)

    @cached_property
    def paid(self) -> Paid:
        """The same by pair, to ask how much one paid another within a time."""
        from algorithms.invoices.money import Paid

        return Paid(self.money)

    @cached_property
    def group(self) -> I32:
        """A number for each company, the same for those of one declared group."""
        from algorithms.invoices.groups import declared_groups

        found: I32 = declared_groups(self.snapshot, self.at)[self.company]
        return found

    @cached_property
    def lives(self) -> Lives:
        """Since when and until when each company is, and when it came into other hands."""
        from algorithms.invoices.lives import lives

        return lives(self)


_KEPT: WeakKeyDictionary[Snapshot, Books] = WeakKeyDictionary()


def books(snapshot: Snapshot, at: int, currency: str = "CNY") -> Books:
    """The books of a view at an instant (µs): those made last where the same is asked again."""
    found = _KEPT.get(snapshot)
    if found is None or (found.at, found.currency) != (at, currency):
        found = _KEPT[snapshot] = Books(snapshot, at, currency)
    return found


def totals(company: npt.NDArray[Any], amount: I64, n: int) -> I64:
    """The sum of amounts of each company, exact."""
    found = np.zeros(n, np.int64)
    np.add.at(found, company, amount)
    return found


def _invoices(kept: Books) -> Invoices:
    snapshot = kept.snapshot
    rows = snapshot.rows("invoice", kept.at)
    cols, rep = snapshot.columns, snapshot.nodes.rep
    rows = rows[rep[cols.src[rows]] != rep[cols.dst[rows]]]
    money = snapshot.carried("invoice", rows, "currency")
    rows = rows[_says(money, {kept.currency}, absent=kept.currency == "CNY")]
    rows = rows[np.argsort(cols.vf[rows], kind="stable")]
    seller, buyer = (kept.places(rep[end[rows]]) for end in (cols.src, cols.dst))
    time = np.clip(cols.vf[rows], -_FAR, _FAR)
    stated = snapshot.carried("invoice", rows, "status")
    amount = cols.value[rows]
    status = np.zeros(len(rows), np.int8)
    unknown = amount == NONE  # which is far below 0, and no red letter's
    status[(~unknown & (amount < 0)) | _says(stated, RED_WORDS)] = RED
    status[_says(stated, VOID_WORDS)] = VOID
    amount = np.where(unknown, 0, np.where(status == RED, -np.abs(amount), amount))
    goods, codes = snapshot.carried("invoice", rows, "goods")
    group, groups = _grouped(goods, codes)
    counted = np.where(status == VOID, 0, amount)
    pair = seller.astype(np.int64) * kept.n + buyer
    cited = snapshot.carried("invoice", rows, "red_of")
    net = np.maximum(netted(snapshot, rows, pair, time, counted, goods, cited), 0)
    tax = snapshot.carried_money("invoice", rows, "tax")
    export = snapshot.carried("invoice", rows, "export").codes >= 0
    return Invoices(
        *(rows, seller, buyer, time, amount, net, np.where(tax == NONE, 0, tax)),
        *(goods, group, status, export, codes, groups),
    )


def _says(said: Any, words: frozenset[str] | set[str], *, absent: bool = False) -> Bools:
    """Which of what is said is one of these words, in whatever case."""
    hit = [text.strip().lower() in words or text.strip() in words for text in said.texts]
    found: Bools = np.array([*hit, absent], np.bool_)[said.codes]
    return found


def _grouped(goods: I32, codes: list[str]) -> tuple[I32, list[str]]:
    """The group of each goods code: its leading digits."""
    heads = [code.strip()[:GROUP_DIGITS] for code in codes]
    groups = sorted(set(heads))
    number = {head: at for at, head in enumerate(groups)}
    to = np.array([*(number[head] for head in heads), -1], np.int32)
    return to[goods], groups
