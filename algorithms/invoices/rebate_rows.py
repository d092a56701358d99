"""From claims to rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from algorithms.findings.asking import subject_of
from algorithms.findings.making import Cut, Found, answer, overdue
from algorithms.findings.scoring import Sign
from algorithms.findings.significance import binomial_tail
from algorithms.invoices.ledgers import books
from algorithms.invoices.makers import makers, marks
from algorithms.invoices.money import Paid
from algorithms.invoices.rebate_search import Claim, Group, Search
from algorithms.registry import Result
from graph.deadline import within
from graph.money import decimal_text
from graph.times import DAY, NEG, day_end, today

if TYPE_CHECKING:
    import numpy.typing as npt

    from algorithms.findings.finding import Finding
    from algorithms.invoices.rebate_chains import RebateParams
    from graph.snapshot import Snapshot

    Bools = npt.NDArray[np.bool_]


class _Question:
    """One question, from the books to its rows."""

    def __init__(self, snapshot: Snapshot, params: RebateParams) -> None:
        self._deadline = within(params.time_limit)
        self._snapshot, self._params = snapshot, params
        self._kept = kept = books(snapshot, day_end(params.as_of or today()), params.currency)
        self._wanted = (
            None if params.company is None else subject_of(snapshot, params.company, "company")
        )
        self._tests = self._looked = self._cut = 0
        self._hubs: set[int] = set()
        invoices = kept.invoices
        self._stand = invoices.of(invoices.stand & (invoices.group >= 0))

    def answer(self) -> Result[Finding]:
        """The rows; nothing is read of payments where nobody exports."""
        found = list(self._found()) if self._stand.export.any() else []
        cuts = self._cuts()
        return answer(self._snapshot, found, self._params, tests=self._tests, cuts=cuts)

    def _found(self) -> Iterator[Found]:
        kept, stand = self._kept, self._stand
        groups = len(stand.groups)
        self._marks = marks(kept, int(self._params.silence * DAY))
        self._paid = Paid(kept.money)
        self._known = np.zeros((2, self._snapshot.n), np.bool_)  # who pays, who is paid
        self._known[0, kept.money.payer] = True
        self._known[1, kept.money.payee] = True
        made = makers(kept, groups)
        every = np.unique(made // groups)
        fake = self._marks.fake
        self._rate = float(fake[every].sum() / max(len(every), 1))
        order = np.lexsort((stand.export, stand.group))  # and by time, as they are
        bounds = np.searchsorted(stand.group[order], np.arange(groups + 1))
        for number in np.unique(stand.group[stand.export]).tolist():
            part = order[bounds[number] : bounds[number + 1]]
            cut = int(np.searchsorted(stand.export[part], True))
            group = Group(stand.groups[number], stand.of(part[:cut]), stand.of(part[cut:]))
            exporters = np.unique(group.export.seller)
            self._tests += len(exporters)
            source = np.zeros(kept.n, np.bool_)
            source[made[made % groups == number] // groups] = True
            if not (source & fake).any():
                continue
            search = Search(kept, group, source, source & fake, self._params)
            self._hubs.update(search.hubs().tolist())
            for exporter in exporters.tolist():
                if self._deadline.expired():
                    return
                claim = search.claim(exporter)
                if claim is not None:
                    self._looked += int((claim.level > 0).sum())
                    found = self._made(group, claim)
                    if self._wanted is None or self._wanted in found.members:
                        yield found
            self._cut += search.cut

    def _made(self, group: Group, claim: Claim) -> Found:
        kept, home = self._kept, group.home
        chain = claim.chain
        rows = np.concatenate([home.row[chain], group.export.row[claim.exports]])
        when = np.concatenate([home.time[chain], group.export.time[claim.exports]])
        names = self._snapshot.fact_ids(rows.tolist())
        order = sorted(range(len(rows)), key=lambda at: (int(when[at]), names[at]))
        traders, fakes = self._ranked(group, claim)
        amount = int(group.export.net[claim.exports].sum())
        currency = kept.currency
        text = decimal_text(amount, currency)
        k, n = len(claim.fake), len(claim.makers)
        subject = kept.company[[claim.exporter, *traders, *fakes]].tolist()
        return Found(
            pattern="rebate_chain",
            members=subject,
            rows=rows[order].tolist(),
            p=float(binomial_tail(k, n, self._rate)),
            zh=f"出口 {text} {currency} 的货物 (商品类 {group.name}) 追溯到 {k} 家不可能生产的"
            f"上游企业, 共 {n} 家生产企业",
            en=f"goods (group {group.name}) exported for {text} {currency} lead back to {k} makers"
            f" that can have made nothing, of {n} makers in reach",
            signs=tuple(self._signs(group, claim, traders, fakes)),
            amount=amount,
            currency=currency,
            called=kept.company[[claim.exporter, *sorted(fakes)]].tolist(),
            attrs={
                "goods": group.name, "makers": n, "fake": k, "share": round(claim.share, 12)
            },
        )  # fmt: skip

    def _ranked(self, group: Group, claim: Claim) -> tuple[list[int], list[int]]:
        """Traders and fake makers on the chains, those next to the exporter first."""
        near: dict[int, int] = {}
        sold = group.home.seller[claim.chain].tolist()
        for company, level in zip(sold, claim.level[claim.chain].tolist(), strict=True):
            near[company] = min(near.get(company, level), level)
        near.pop(claim.exporter, None)
        names = self._snapshot.canonicals(self._kept.company[list(near)].tolist())
        called = dict(zip(near, names, strict=True))
        order = sorted(near, key=lambda company: (near[company], called[company]))
        fake = set(claim.fake.tolist())
        return [c for c in order if c not in fake], [c for c in order if c in fake]

    def _signs(
        self, group: Group, claim: Claim, traders: list[int], fakes: list[int]
    ) -> Iterator[Sign]:
        living, mark, share = self._kept.living, self._marks, claim.share
        if share >= 0.5:
            text = f"{share:.0%} of what makers sold into the chains came from the fake ones"
            weight = 3.5 if share >= 0.7 else 1.5
            yield Sign("mostly_fake", weight, f"链上货物的 {share:.0%} 来自虚假生产企业", text)
        elif share < 0.2:
            text = f"only {share:.0%} came from them, the rest from real makers"
            yield Sign("real_makers", -4.0, f"仅 {share:.0%} 来自此类企业, 其余来自真实生产", text)
        if fakes and mark.young[fakes].all():
            text = "they were founded within half a year before they sold"
            yield Sign("young_makers", 1.0, "上游企业成立半年内即大量开票", text)
        if traders and mark.no_living[traders].all():
            text = "no trader between pays wages or bills"
            yield Sign("idle_traders", 1.5, "中间贸易商均无工资及经营费用", text)
        if self._unpaid(group, claim):
            text = "next to nothing was paid to them"
            yield Sign("unpaid", 1.5, "几乎未向其付款", text)
        lives = living.staff[claim.exporter] > 0 or living.bills[claim.exporter] > 0
        if lives and share < 0.5:
            text = "the exporter has staff and bills, and mostly real makers"
            yield Sign("real_exporter", -2.0, "出口企业有员工和经营费用, 供货多来自真实生产", text)

    def _unpaid(self, group: Group, claim: Claim) -> bool:
        """Whether the bank knows fake makers and those they sold to, and next to nothing went."""
        kept, home = self._kept, group.home
        first = claim.chain[np.isin(home.seller[claim.chain], claim.fake)]
        pair = np.unique(home.buyer[first].astype(np.int64) * kept.n + home.seller[first])
        payer, payee = kept.company[pair // kept.n], kept.company[pair % kept.n]
        if not (self._known[0, payer] & self._known[1, payee]).all():
            return False
        ends = (np.full(len(pair), bound) for bound in (NEG, kept.at))
        paid = self._paid.between(payer, payee, *ends)
        return bool(paid.sum() * 10 < home.net[first].sum())

    def _cuts(self) -> list[Cut]:
        params, cuts = self._params, []
        if self._hubs:
            names = self._snapshot.canonicals(self._kept.company[sorted(self._hubs)].tolist())
            text = f"max_fanout: {len(names)} traders were not passed, {min(names)} first"
            cuts.append(Cut(f"{text} / 供应商过多者未再追溯", self._looked, params.max_fanout))
        if self._cut:
            text = f"max_explored: {self._cut} claims were not followed to their end"
            cuts.append(Cut(f"{text} / 部分申报未追溯到底", self._looked, params.max_explored))
        text = "time_limit: not all exporters were looked at / 超时, 未查看全部出口企业"
        return cuts + overdue(self._deadline, self._looked, text)


def find(snapshot: Snapshot, params: RebateParams) -> Result[Finding]:
    """The rows of `rebate_chains`."""
    return _Question(snapshot, params).answer()
