"""Rings: what all detectors of fraud rings find, in one list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from algorithms.findings.finding import Finding, FindingParams
from algorithms.registry import Result, algorithm

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


class RingsParams(FindingParams, frozen=True, kw_only=True):
    """Whose rings, of which kind."""

    subject: Annotated[
        str | None,
        Meta(
            description="only rings that this subject is in / 只查此主体所在的团伙",
            examples=["demo:c1"],
        ),
    ] = None
    algorithms: Annotated[
        list[str] | None,
        Meta(
            description="detectors to ask; default all of this family / 采用的检测算法,"
            " 默认为本类全部",
            examples=[["shared_identifier_rings", "event_gangs"]],
        ),
    ] = None
    patterns: Annotated[
        list[str] | None,
        Meta(
            description="only findings of these patterns; default all / 只取这些模式, 默认全部",
            examples=[["shared_identifiers", "bid_rigging"]],
        ),
    ] = None


@algorithm(
    "rings",
    RingsParams,
    Finding,
    sources=("doi:10.1111/j.2517-6161.1995.tb02031.x", "doi:10.1214/07-AOAS141"),
    title="Fraud rings / 欺诈团伙",
    family="rings",
)
def rings(snapshot: Snapshot, params: RingsParams) -> Result[Finding]:
    """What the detectors of fraud rings find, ranked in one list by what each is worth.

    Asked are `shared_identifier_rings`, `dense_blocks`, `event_gangs` and `call_dens`, or those in
    `algorithms` (any that yields findings on the whole graph: `transfer_cycles`, too), each with
    its own defaults, `subject` and bounds. A finding is what its detector says, word for word; only
    `patterns` and the bounds leave some out. Scores are calibrated chances, so that they compare
    between detectors. `q` and `max_false_discovery` count against the candidates of the finding's
    own detector: taking all of q <= x from each, at most a share x of each is expected to be
    chance, and so about x of all (Efron 2008). Two findings may be about the same ring: `cases`
    puts them together.

    Rows are ordered by score, highest first, then evidence, begin, id; past `max_rows` the lower
    are left out. `truncated` says which bound cut which detector. `time_limit` is for each. Raises
    UnknownSubject, WrongUsage for an algorithm that yields no findings, takes no subject where one
    is asked about, or has to be asked about somebody.
    """
    from algorithms.rings.ring_rows import answer

    return answer(snapshot, params)
