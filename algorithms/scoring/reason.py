"""A reason of a score, as an answer shows it."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One reason. `feature` is a feature's name, or a pattern where rules score; `value` what it is
    (null: not known); `contribution` what it adds to the log-odds of the score, or the finding's
    score; `facts` the subject's own relations that the feature is computed from, or the finding's.
    """

    feature: str
    value: float | None
    contribution: float
    why: str
    facts: list[str]
    facts_total: int | UnsetType = UNSET
