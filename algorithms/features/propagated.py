"""Risk that arrives from listed subjects over relations, see `risk_propagation`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from algorithms.features.sheet import Scope, Sheet
from algorithms.features.table import Feature

if TYPE_CHECKING:
    from algorithms.risk.risk_propagation import Method

GROUP: Final = "propagated"
_METHODS: Final[dict[Method, tuple[str, str]]] = {
    "noisy_or": ("noisy or", "噪声或"),
    "pagerank": ("personalised PageRank", "个性化PageRank"),
}


def meanings(kind: str, windows: Sequence[int]) -> Iterator[Feature]:
    """See `Group`."""
    del kind, windows
    for method, (en, zh) in _METHODS.items():
        yield Feature(f"propagated_{method}", GROUP, f"risk that arrives from subjects listed on"
                      f" the day, by {en}", f"当日名单主体传导至此的风险（{zh}）",
                      "number")  # fmt: skip


def fill(scope: Scope, sheet: Sheet) -> None:
    """See `Group`."""
    from algorithms.risk.propagated import propagated

    for method in _METHODS:
        sheet[f"propagated_{method}"] = propagated(scope.snapshot, scope.at, method=method)
