"""Propagated risk as a column: for features and models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from algorithms.risk.risk_propagation import Method, Propagation
from algorithms.risk.spreading import spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from algorithms.risk.carrying import Floats
    from graph.snapshot import Snapshot


def propagated(
    snapshot: Snapshot,
    at: int,
    *,
    method: Method = "noisy_or",
    lists: Sequence[str] | None = None,
    domains: Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
) -> Floats:
    """The value of `risk_propagation` of every record's subject at an instant (µs): float64, one a
    node of the snapshot (`snapshot.nodes`), 0 where nothing arrives; parameters not given here are
    that question's defaults.

    Reads nothing that is not true at that instant and known to the snapshot. Of each method the
    solution made last for a view is kept with it. O(m) a step over m relations. Raises WrongUsage
    where a kind is none of the model's relations.
    """
    params = Propagation(
        method=method,
        lists=None if lists is None else list(lists),
        domains=None if domains is None else list(domains),
        kinds=None if kinds is None else list(kinds),
    )
    found: Floats = spread(snapshot, params, at).value[snapshot.nodes.rep]
    return found
