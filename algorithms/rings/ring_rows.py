"""Asking the detectors of rings, and one list of what they find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from algorithms.cases.asking import detectors, put
from algorithms.registry import Result, cut_short
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from algorithms.findings.finding import Finding
    from algorithms.registry import Algorithm
    from algorithms.rings.rings import RingsParams
    from graph.snapshot import Snapshot

_HANDED = (
    "as_of",
    "known_at",
    "min_score",
    "max_false_discovery",
    "max_rows",
    "time_limit",
    "subject",
)


def answer(snapshot: Snapshot, params: RingsParams) -> Result[Finding]:
    """See `rings`."""
    if params.subject is not None:
        snapshot.resolve(params.subject)  # before any detector works
    asked = _asked(params)
    given = {name: getattr(params, name) for name in _HANDED}
    wanted = None if params.patterns is None else set(params.patterns)
    found: dict[str, Finding] = {}
    cuts: list[tuple[str, int | None]] = []
    notes: dict[str, None] = {}
    explored = 0
    for at, record in enumerate(asked):
        result = put(snapshot, record, given, at, len(asked))
        found |= {row.id: row for row in result.results if wanted is None or row.pattern in wanted}
        notes |= dict.fromkeys(result.notes)
        if result.truncated is not None:
            cuts.append((f"{record.name}: {result.truncated.reason}", None))
            explored += result.truncated.explored
    rows = sorted(found.values(), key=lambda r: (-r.score, -r.evidence, r.begins or "", r.id))
    if len(rows) > params.max_rows:
        text = f"max_rows: {len(rows)} findings, those of highest score are shown"
        cuts.insert(0, (f"{text} / 只列出得分最高的线索", params.max_rows))
    cut = cut_short(cuts, max(explored, len(rows)))
    return Result(results=rows[: params.max_rows], truncated=cut, notes=list(notes))


def _asked(params: RingsParams) -> list[Algorithm]:
    """The detectors asked; raises WrongUsage."""
    if params.algorithms is None:
        return detectors(None, "rings")
    chosen = detectors(params.algorithms)
    if params.subject is not None:
        for record in chosen:
            if "subject" not in record.fields:
                raise WrongUsage(f"{record.verb}: takes no subject; ask it by itself / 不接受主体")
    return chosen
