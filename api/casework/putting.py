"""A run of a detector, and its findings put into the book."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from algorithms.findings.listed import listed_among
from algorithms.findings.making import kept_whole
from algorithms.findings.material import version
from algorithms.registry import ALGORITHMS, answer, prepare
from api.access.sight import Kinds, granted
from api.caller import DOMAINS
from api.casework.findings import FindingOutcome, Put, Run
from api.casework.keeping import mask
from api.routes import domains_of
from graph.domains import OF_KIND, of_fact
from graph.errors import UnknownSubject, WrongUsage
from graph.model import NAMES
from graph.times import day_end, today

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from algorithms.findings.making import Found
    from algorithms.registry import Algorithm
    from api.casework.findings import Findings
    from api.session import Session
    from graph.snapshot import Snapshot
    from graph.store import Store

_FIELDS: Final = frozenset({"id", "pattern", "members", "facts", "score", "why"})


class FindingsReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a run put in: how many were new, again (materially new) or known; `left` were found and
    not put in, those of least score."""

    algorithm: str
    as_of: str | None
    known_at: str
    snapshot: str
    new: int
    again: int
    known: int
    left: int
    results: list[FindingOutcome]
    truncated: dict[str, Any] | None = None


def yields_findings(record: Algorithm) -> bool:
    """Whether an algorithm's rows are findings, cases or clusters."""
    fields = {each.name: each.type for each in msgspec.structs.fields(record.row)}
    return fields.keys() >= _FIELDS and fields["members"] == list[str]


def run(
    session: Session, book: Findings, name: str, params: Mapping[str, Any], *, who: str,
    limit: int = 200,
) -> FindingsReceipt:  # fmt: skip
    """Ask a detector and put its findings of highest score into the book.

    Sees, and compares with, what the caller of the request under way is granted. Raises WrongUsage
    for an algorithm that yields no findings, and what it raises.
    """
    record = ALGORITHMS.find(name)
    if not yields_findings(record):
        raise WrongUsage(f"{record.verb}: yields no findings / 不产生线索")
    prepared = prepare(record, params)
    snapshot = session.snapshot(prepared.known_at)
    with kept_whole() as whole:
        envelope = answer(snapshot, record, prepared)
    found = {row.id: each for row, each in whole}
    return _put(session, book, envelope, snapshot, found, who=who, limit=limit)


def _put(
    session: Session, book: Findings, envelope: Mapping[str, Any], snapshot: Snapshot,
    whole: Mapping[str, Found], *, who: str, limit: int,
) -> FindingsReceipt:  # fmt: skip
    """Put the findings of an answer (`algorithms.registry.answer`) into the book. `snapshot` is
    what it was given on; `whole` are findings with all that they stand on, by id, where known: of
    others whose evidence is cut, every domain that is shown now is needed to see them."""
    told = msgspec.to_builtins(envelope)
    rows: list[dict[str, Any]] = told["results"][:limit]
    at = day_end(told["as_of"] or today())
    versions = [version(row) for row in rows]
    core = dict.fromkeys(name for each in versions for name in each.core)
    listed = listed_among(snapshot, core, at)
    sight = _Sight(session.store, snapshot, told["algorithm"])
    puts = [
        Put(row=row, version=version(row, listed),
            domains=sight.needed(row, whole.get(row["id"])))
        for row in rows
    ]  # fmt: skip
    of: dict[str, Any] = {key: told[key] for key in ("algorithm", "as_of", "known_at", "snapshot")}
    outcomes = book.put(puts, Run(who=who, seen=sight.seen, **of))
    count = Counter(each.what for each in outcomes)
    return FindingsReceipt(
        **of, new=count["new"], again=count["again"], known=count["known"],
        left=len(told["results"]) - len(rows), results=outcomes, truncated=told["truncated"],
    )  # fmt: skip


class _Sight:
    """Which domains who looks at a finding has to be granted."""

    def __init__(self, store: Store, snapshot: Snapshot, algorithm: str) -> None:
        self._store, self._snapshot = store, snapshot
        self._kinds = Kinds(store)
        self._own = mask(domains_of(ALGORITHMS.find(algorithm)))
        kept = granted()
        self.seen = mask(DOMAINS if kept is None else kept)

    def needed(self, row: Mapping[str, Any], found: Found | None) -> int:
        """The domains of a finding's members, of all that it stands on, and of its detector, as
        bits."""
        if found is not None:
            return self._own | self._of_nodes(found.members) | self._of_rows(found.rows)
        if row.get("facts_total") or row.get("members_total") or row.get("core_total"):
            return self.seen
        bits = self._own | self._of_nodes(self._nodes(row["members"]))
        for name in row["facts"]:
            for fact in self._store.history(name)[-1:]:
                bits |= mask(of_fact(fact, self._kinds))
        return bits

    def _nodes(self, names: Iterable[str]) -> list[int]:
        found = []
        for name in names:
            try:
                found.append(self._snapshot.resolve(name))
            except UnknownSubject:
                continue
        return found

    def _of_nodes(self, nodes: Sequence[int]) -> int:
        return _union(_bits()[self._snapshot.nodes.kind[list(nodes)]] if len(nodes) else None)

    def _of_rows(self, rows: Sequence[int]) -> int:
        if not len(rows):
            return 0
        at = np.asarray(rows, np.int64)
        columns, kind = self._snapshot.columns, self._snapshot.nodes.kind
        codes = (self._snapshot.codes(at), kind[columns.src[at]], kind[columns.dst[at]])
        return _union(_bits()[np.concatenate(codes)])


def _union(bits: npt.NDArray[np.int64] | None) -> int:
    return 0 if bits is None else int(np.bitwise_or.reduce(bits))


@cache
def _bits() -> npt.NDArray[np.int64]:
    """The domain of each kind as a bit, by the kind's number in the model."""
    found = np.zeros(max(NAMES) + 1, np.int64)
    for code, name in NAMES.items():
        if domain := OF_KIND.get(name):
            found[code] = mask([domain])
    return found
