"""Asking all detectors for their findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, Final

from algorithms.findings.finding import Finding
from algorithms.findings.making import Found, kept_whole
from algorithms.registry import ALGORITHMS, Algorithm, Result, prepare
from graph.deadline import stage, within
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from algorithms.cases.cases import CaseParams
    from graph.snapshot import Snapshot

_MOST: Final = 100_000  # findings of one detector
_LEAST: Final = 0.1  # seconds of one, however late it is asked
_TOGETHER: Final = frozenset({"invoice_schemes", "rings"})  # they put together what others find


@dataclass
class Asked:
    """Findings beside all that they were made from, each once; what cut the searches."""

    pairs: list[tuple[Finding, Found]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    explored: int = 0


def detectors(names: list[str] | None, family: str | None = None) -> list[Algorithm]:
    """The algorithms of these names, or all (of a family) that yield findings on the whole graph;
    by name."""
    if names is not None:
        chosen = [ALGORITHMS.find(name) for name in sorted(set(names))]
        for record in chosen:
            if not _yields_findings(record):
                raise WrongUsage(f"{record.verb}: yields no findings on the whole graph")
        return chosen
    entries = sorted(ALGORITHMS.index.items())
    wanted = (name for name, entry in entries if family in (None, entry.family))
    every = (ALGORITHMS[name] for name in wanted if name not in _TOGETHER)
    return [each for each in every if _yields_findings(each)]


def _yields_findings(record: Algorithm) -> bool:
    fields = record.fields.values()
    return issubclass(record.row, Finding) and not any(each.required for each in fields)


def put(
    snapshot: Snapshot, record: Algorithm, given: Mapping[str, Any], at: int, of: int
) -> Result[Any]:
    """What the `at`-th (from 0) of `of` detectors answers, with those of the parameters given that
    it takes."""
    takes = {name: value for name, value in given.items() if name in record.fields}
    with stage(at, of, "detectors / 检测器"):
        return record.function(snapshot, prepare(record, takes))


def ask_all(snapshot: Snapshot, params: CaseParams, seconds: float = inf) -> Asked:
    """Ask each detector; of findings with the same id one is kept. All together take so many
    `seconds`: none more than half of what those before it left (the last one all of it), nor than
    its own limit."""
    asked, deadline = Asked(), within(seconds)
    seen: set[str] = set()
    patterns = None if params.patterns is None else set(params.patterns)
    chosen = detectors(params.algorithms)
    for place, record in enumerate(chosen):
        share = deadline.left() / (2 if place + 1 < len(chosen) else 1)
        wanted = {
            "as_of": params.as_of,
            "known_at": params.known_at,
            "min_score": params.min_score,
            "max_rows": _MOST,
            "time_limit": min(params.time_limit, max(share, _LEAST)),
        }
        with kept_whole() as kept:
            result = put(snapshot, record, wanted, place, len(chosen))
        whole = {row.id: found for row, found in kept}
        for row in result.results:
            if row.id not in seen and (patterns is None or row.pattern in patterns):
                seen.add(row.id)
                asked.pairs.append((row, whole[row.id]))
        if result.truncated is not None:
            asked.reasons.append(f"{record.name}: {result.truncated.reason}")
            asked.explored += result.truncated.explored
    return asked
