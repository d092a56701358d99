"""The order of alerts and of the work list by risk score, and who is shown what of it.

It is an order of work. A score is no fact and no reason: nothing that extends a measure reads it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from algorithms.risk.risk_score import USE
from algorithms.scoring.priority import Priority, unscored
from api.look import FRACTION
from graph.domains import DOMAINS
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Rank = tuple[float, float, int]  # of the risk score, of its own score, its number
RISK: Final = "risk"
UNRANKED: Final = -1.0  # in place of a risk score
_NONE: Final = "-"  # the same, in the `next` of a page
_PLACE: Final = re.compile(rf"(-|{FRACTION}):({FRACTION}):(\d{{1,18}})", re.ASCII)
ORDER_SAID: Final = (
    "risk: by the risk score of their members, which orders work and is no basis for extending a"
    " measure"
)
_ORDER: Final = (
    "by the risk score of the model in use when each was told, the highest of its members'; those"
    " without one last, by their own score / 按告知时所用模型的风险评分排序, 取成员中最高者;"
    " 无评分者列于其后, 按自身得分排序"
)
_NARROW: Final = (
    "by their own score: risk scores may rest on data of domains that are not granted to the caller"
    " / 按自身得分排序: 风险评分可能依据未授权的数据域"
)
_WITHHELD: Final = unscored("it may rest on data of domains that are not granted to the caller"
                            " / 可能依据未授权的数据域, 未予列出")  # fmt: skip
_NOT_ASKED: Final = unscored("no score is kept of it / 没有留存的评分")


class Ranked(Protocol):
    """What stands in such an order."""

    @property
    def rank(self) -> float:
        """The risk score, `UNRANKED` where it has none."""

    @property
    def score(self) -> float:
        """Its own."""

    @property
    def no(self) -> int:
        """Its number."""


def sees_scores(seen: Collection[str]) -> bool:
    """Whether a caller of these domains is shown risk scores: what one is told from may be of
    any, so that they need all."""
    return set(seen) >= set(DOMAINS)


def rank_of(told: Priority | None) -> float:
    """Where a priority stands."""
    return UNRANKED if told is None or told.score is None else told.score


def notes(seen: Collection[str], told: Sequence[str] = (_ORDER,)) -> list[str]:
    """What is to be said of the order; `told` to whom scores are shown."""
    return [USE, *(told if sees_scores(seen) else (_NARROW,))]


def shown(told: Priority | None, seen: Collection[str]) -> Priority:
    """The priority of something, to a caller of some domains."""
    if not sees_scores(seen):
        return _WITHHELD
    return told or _NOT_ASKED


def place_of(text: str | None) -> Rank | None:
    """The `next` of a page as it is given back; raises WrongUsage."""
    if text is None:
        return None
    if (found := _PLACE.fullmatch(text)) is None:
        raise WrongUsage(f"after: the `next` of a page by risk, not {text[:40]!r}")
    rank, own, no = found.groups()
    return UNRANKED if rank == _NONE else float(rank), float(own), int(no)


def text_of(last: Ranked, seen: Collection[str]) -> str:
    """What leads on behind something."""
    told = sees_scores(seen) and last.rank != UNRANKED
    return f"{last.rank if told else _NONE}:{last.score!r}:{last.no}"
