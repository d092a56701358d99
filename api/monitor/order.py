"""The order of alerts by risk score, and who is shown what of it.

It is an order of work. A score is no fact and no reason: nothing that extends a measure reads it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from algorithms.risk.risk_score import USE
from algorithms.scoring.priority import Priority, unscored
from api.look import FRACTION
from api.monitor.entries import UNRANKED, Rank, sees_scores
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Collection

    from api.monitor.entries import Alert

TIME: Final = "time"
SCORE: Final = "score"
ORDERS: Final = (TIME, SCORE)
_NONE: Final = "-"  # in place of a risk score
_PLACE: Final = re.compile(rf"(-|{FRACTION}):({FRACTION}):(\d{{1,18}})", re.ASCII)
_ORDER: Final = (
    "by the risk score of the model in use when each was raised, the highest of its members'; those"
    " without one last, by their own score / 按产生时所用模型的风险评分排序, 取成员中最高者;"
    " 无评分者列于其后, 按自身得分排序"
)
_NARROW: Final = (
    "by their own score: risk scores may rest on data of domains that are not granted to the caller"
    " / 按自身得分排序: 风险评分可能依据未授权的数据域"
)
_WITHHELD: Final = unscored("it may rest on data of domains that are not granted to the caller"
                            " / 可能依据未授权的数据域, 未予列出")  # fmt: skip
_OLDER: Final = unscored("no score was asked for when it was raised / 产生时未评分")


def notes(seen: Collection[str]) -> list[str]:
    """What is to be said of the order."""
    return [USE, _ORDER if sees_scores(seen) else _NARROW]


def shown(found: Alert, seen: Collection[str]) -> Priority:
    """The priority of an alert, to a caller of some domains."""
    if not sees_scores(seen):
        return _WITHHELD
    return found.priority or _OLDER


def place_of(text: str | None) -> Rank | None:
    """The `next` of a page as it is given back; raises WrongUsage."""
    if text is None:
        return None
    if (found := _PLACE.fullmatch(text)) is None:
        raise WrongUsage(f"after: the `next` of a page by score, not {text[:40]!r}")
    rank, own, no = found.groups()
    return UNRANKED if rank == _NONE else float(rank), float(own), int(no)


def text_of(last: Alert, seen: Collection[str]) -> str:
    """What leads on behind an alert."""
    told = sees_scores(seen) and last.rank != UNRANKED
    return f"{last.rank if told else _NONE}:{last.score!r}:{last.no}"
