"""Recall, precision, average precision and who was wrongly accused, from judged findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from algorithms.evaluation.matching import Judged, Scheme, verdicts


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """How well the schemes of one pattern (or of all) are found, at a threshold of the score.

    `recall`: share of the schemes that were found. `precision`: of the findings that found a
    scheme or accused wrongly, the share that found one. `precision_at_k`: the same among the K of
    highest score, K the number of schemes. `average_precision`: the mean over all schemes of the
    precision down to where each is found, whatever the score; one that is never found counts 0.
    `accused`: share of the look-alikes of which a finding is about. A share of nothing is null.
    """

    pattern: str
    schemes: int
    found: int
    recall: float | None
    precision: float | None
    precision_at_k: float | None
    average_precision: float | None
    look_alikes: int
    accused: float | None
    false: int
    again: int
    part: int
    other: int
    accused_by_name: dict[str, str]


def measure(
    pattern: str, judged: Sequence[Judged], schemes: Sequence[Scheme], threshold: float
) -> Measures:
    """Measures of findings and schemes of one pattern, or of all that are given."""
    guilty = [s for s in schemes if s.look_alike is None]
    innocent = [s for s in schemes if s.look_alike is not None]
    shown = [one for one in judged if one.claim.score >= threshold]
    count = verdicts(shown)
    hits, wrong = count["hit"], count["false"] + count["innocent"]
    accused = {one.scheme.id for one in shown if one.verdict == "innocent" and one.scheme}
    names: dict[str, str] = {}
    for name in sorted({s.look_alike for s in innocent if s.look_alike}):
        of_name = [s for s in innocent if s.look_alike == name]
        names[name] = f"{sum(s.id in accused for s in of_name)}/{len(of_name)}"
    ranked = [
        (one.claim.score, one.verdict == "hit")
        for one in judged
        if one.verdict in ("hit", "false", "innocent")
    ]
    return Measures(
        pattern=pattern,
        schemes=len(guilty),
        found=hits,
        recall=_share(hits, len(guilty)),
        precision=_share(hits, hits + wrong),
        precision_at_k=precision_at(ranked, len(guilty)),
        average_precision=average_precision(ranked, len(guilty)),
        look_alikes=len(innocent),
        accused=_share(len(accused), len(innocent)),
        false=wrong,
        again=count["again"],
        part=count["part"],
        other=count["other"],
        accused_by_name=names,
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def precision_at(ranked: Sequence[tuple[float, bool]], k: int) -> float | None:
    """The share of hits among the k of highest score; a tie at the edge counts by its share.

    Where there are fewer than k, the share among those there are. Null where there is none.
    """
    if not ranked or not k:
        return None
    ordered = sorted(ranked, key=lambda pair: -pair[0])
    if len(ordered) <= k:
        return sum(hit for _, hit in ordered) / len(ordered)
    edge = ordered[k - 1][0]
    above = [hit for score, hit in ordered if score > edge]
    tied = [hit for score, hit in ordered if score == edge]
    return (sum(above) + sum(tied) * (k - len(above)) / len(tied)) / k


def average_precision(ranked: Iterable[tuple[float, bool]], positives: int) -> float | None:
    """The sum over scores, highest first, of what recall gains times the precision there.

    Findings of one score are taken together, so that their order means nothing. `positives` are
    all that could be hit, found or not; null where there are none.
    """
    if not positives:
        return None
    ordered = sorted(ranked, key=lambda pair: -pair[0])
    total, hits, at = 0.0, 0, 0
    while at < len(ordered):
        stop = at
        while stop < len(ordered) and ordered[stop][0] == ordered[at][0]:
            stop += 1
        gained = sum(hit for _, hit in ordered[at:stop])
        hits += gained
        total += gained / positives * (hits / stop)
        at = stop
    return total
