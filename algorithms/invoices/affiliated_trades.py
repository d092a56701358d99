"""Affiliated trades: buyer and seller under one hidden hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding
from algorithms.invoices.asking import InvoiceParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_Share = Annotated[float, Meta(ge=0, le=1)]


class AffiliatedParams(InvoiceParams, frozen=True, kw_only=True):
    """How far up one looks."""

    max_depth: Annotated[
        int,
        Meta(
            description="steps up from seller and from buyer to who is above both"
            " / 销售方与购买方各自向上追溯的层数",
            ge=1,
            le=4,
        ),
    ] = 3
    min_share: Annotated[
        _Share,
        Meta(
            description="a holding known to be smaller ties nobody; one of unknown size does"
            " / 已知小于此比例的持股不计"
        ),
    ] = 0.05
    max_fanout: Annotated[
        int,
        Meta(
            description="who has more people and firms above is not passed through"
            " / 上级关系多于此数者不再向上",
            ge=1,
            le=4096,
        ),
    ] = 100


@algorithm(
    "affiliated_trades",
    AffiliatedParams,
    Finding,
    sources=(
        "doi:10.1109/TKDE.2016.2571686",
        "Maslov, Sneppen and Zaliznyak, Physica A 333 (2004) 529",
    ),
    title="Affiliated trades / 隐性关联交易",
    family="invoices",
)
def affiliated_trades(snapshot: Snapshot, params: AffiliatedParams) -> Result[Finding]:
    """Trade between companies that one and the same person or firm stands above, out of sight.

    After Tian et al. (TKDE 2016): two trails from one antecedent, one to the seller, one to the
    buyer, and the invoices between them. A trail goes up from a company to its legal
    representative, officer, controller or shareholder (`min_share`), and between two who are kin,
    act in concert, or of whom one is the other's nominee; at most `max_depth` steps on either side.
    Relations count when true on `as_of`, invoices when issued by the end of that day, red ones
    netted against what they take back, void ones and those in another currency left out; a pair of
    companies whose invoices come to nothing does not trade.

    Found is every pair of seller and buyer (pattern `affiliated_trade`) that are two or more steps
    apart over an antecedent. A seller and buyer one step apart hold each other in the open. An
    organ of the state makes no pair, and nothing is looked for above it. Where one of the two is
    above the other, it is the antecedent itself.

    `members` are seller and buyer; `attrs.circle` the antecedents at the fewest steps and all who
    are on the shortest trails; `facts` the relations of all of these trails (the seller's side
    first), then the invoices in order of time. `attrs` gives `steps` (up and down together),
    `antecedents`, `invoices`, `share_of_sales` (what part of the seller's sales goes to companies
    it is so affiliated with) and `share_of_purchases` (what part of the buyer's purchases these
    invoices are). `amount` is net, `begins` and `ends` are the first and last invoice.

    `p` is how likely a partner drawn at random is as near or nearer to the seller, or to the buyer,
    whichever is likelier: partners are redrawn with the number each company has kept (the
    configuration model, Maslov, Sneppen and Zaliznyak 2004), and the chances of all antecedents
    are added. So who stands above many, as a formation agent does, proves little. Weighed for it:
    ties that the register does not show (kin, nominees, acting in concert), a seller and a buyer
    that both live off this trade, invoices that were never paid though the bank knows both. Against
    it: one person or firm that the register names directly above both, trade that is incidental to
    either, or stands beside much other trade of theirs, a single invoice, a declared group
    (majority holdings of firms, which a common state owner's are too), an antecedent above dozens
    of firms.

    `truncated` says where who has more than `max_fanout` above was not passed through, where a
    company has thousands above it, and where time ended the search. Rows as in every answer of
    findings. Linear in the invoices, plus who is above each company, all pairs looked at once.
    Raises UnknownSubject.
    """
    from algorithms.invoices.affiliation import find

    return find(snapshot, params)
