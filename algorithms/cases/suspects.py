"""Cases whole, as a monitor weighs them against what it told before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np

from algorithms.cases.asking import ask_all
from algorithms.cases.case_rows import made
from algorithms.cases.cases import Case, CaseParams
from algorithms.cases.merging import merge
from algorithms.findings.listed import listed_among
from algorithms.findings.material import Version, version
from graph.domains import OF_KIND, of_listing
from graph.model import NAMES
from graph.times import day_end

if TYPE_CHECKING:
    from algorithms.cases.case_rows import Pairs
    from graph.snapshot import Snapshot

_FACTS: Final = 2_000  # of a case that are kept to be compared with; more are counted


class Suspect(NamedTuple):
    """A case: its row, the version that is compared, the domains that something of it is of, the
    batch that recorded the newest of its facts, and its members (representatives)."""

    row: Case
    version: Version
    domains: frozenset[str]
    newest: int
    nodes: frozenset[int]


def suspects(snapshot: Snapshot, params: CaseParams, day: str) -> tuple[list[Suspect], list[str]]:
    """The cases of a day in the order of `cases`, and what cut the detectors short. Takes what
    `cases` takes; raises what it raises."""
    at = day_end(day)
    asked = ask_all(snapshot, params)
    groups = merge(snapshot, [found for _, found in asked.pairs], params.max_fanout, at)
    cases = made(snapshot, params, asked, groups)
    return [_suspect(snapshot, row, pairs, at) for row, pairs in cases], asked.reasons


def _suspect(snapshot: Snapshot, row: Case, pairs: Pairs, at: int) -> Suspect:
    rows = sorted({int(each) for _, found in pairs for each in found.rows})
    members = {int(snapshot.nodes.rep[node]) for _, found in pairs for node in found.members}
    circle = {int(snapshot.nodes.rep[node]) for _, found in pairs for node in found.circle}
    said = version(msgspec.to_builtins(row), listed_among(snapshot, row.members, at))
    facts = sorted(snapshot.fact_ids(rows))
    said = msgspec.structs.replace(said, facts=facts[:_FACTS], facts_total=len(facts))
    codes = np.unique(snapshot.codes(np.asarray(rows, np.int64))).tolist() if rows else []
    kinds = {OF_KIND[NAMES[code]] for code in codes}
    kinds |= {OF_KIND[snapshot.kind_name(node)] for node in members | circle}
    kinds |= {of_listing(each) for node in members for each in snapshot.listings(node, at)}
    newest = int(snapshot.columns.rec[rows].max()) if rows else 0
    domains = frozenset(kind for kind in kinds if kind is not None)
    return Suspect(row, said, domains, newest, frozenset(members))
