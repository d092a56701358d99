"""Judgements as facts: `same_as` and `not_same_as` of the data set `resolve`, written and read.

A pair of records has one id, whichever way round; its judgements are `same-ID` and `apart-ID`. Who
judged is `by`: a person's name, or `resolver` and the model. What speaks for it is in `attrs`.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from graph import identity
from graph.facts import Normaliser
from graph.limbs import MACHINE
from graph.model import CODES
from graph.times import parse_time

if TYPE_CHECKING:
    from algorithms.identity.shape import Pair
    from graph.facts import Row
    from graph.snapshot import Snapshot
    from graph.store import Store, StoredFact

DATASET: Final = "resolve"
UNDONE: Final = "identity:undo:"  # how batches begin that take a judgement back
_SAME, _APART = "same-", "apart-"
_KINDS: Final = {_SAME: "same_as", _APART: "not_same_as"}


def pair_id(a: str, b: str) -> str:
    """What a pair of records (`dataset:id`) is known by."""
    said = "\x1f".join(sorted((a, b))).encode()
    return "i" + blake2b(said, digest_size=12).hexdigest()


def same(ident: str) -> str:
    """The name of the fact that a pair is one subject."""
    return f"{DATASET}:{_SAME}{ident}"


def apart(ident: str) -> str:
    """The name of the fact that it is two."""
    return f"{DATASET}:{_APART}{ident}"


def of_machine(pair: Pair) -> dict[str, Any]:
    """What the machine says of a pair that it joins."""
    return {
        "kind": "same_as", "id": _SAME + pair_id(pair.a, pair.b), "from": pair.a, "to": pair.b,
        "score": repr(pair.score), "by": f"{MACHINE} {pair.model}",
        "attrs": {**evidence_of(pair), "decided": "machine"},
    }  # fmt: skip


def evidence_of(pair: Pair) -> dict[str, Any]:
    """What speaks for and against a pair, as facts carry it."""
    return {
        "features": msgspec.to_builtins(pair.features), "model": pair.model,
        "model_score": pair.score, "weight": pair.weight, "name_only": pair.name_only,
        "kin": pair.kin, "common": pair.common, "others": pair.others,
    }  # fmt: skip


def of_person(
    pair: tuple[str, str, str], who: str, why: str | None, evidence: dict[str, Any], *, one: bool
) -> dict[str, Any]:
    """What a person says of a pair (id and records): that it is `one` subject, or two."""
    ident, a, b = pair
    start = _SAME if one else _APART
    said = {"decided": "person", **({"why": why} if why else {})}
    return {
        "kind": _KINDS[start], "id": start + ident, "from": a, "to": b, "by": who,
        "attrs": {**evidence, **said},
    }  # fmt: skip


def retraction(name: str) -> dict[str, Any]:
    """What takes a judgement (`resolve:…`) back."""
    return {"kind": "retract", "id": name.partition(":")[2]}


def rows_of(store: Store, said: Iterable[dict[str, Any]], record: str) -> list[Row]:
    """Facts as a store takes them; `record` is what they cite."""
    normaliser = Normaliser(DATASET, store.id_key)
    source = {"dataset": DATASET, "record": record}
    return [normaliser.row({**each, "source": source}) for each in said]


def standing(store: Store, name: str) -> StoredFact | None:
    """The current version of a judgement; None where it was never made, or taken back."""
    versions = store.history(name)
    return versions[-1] if versions and versions[-1].retracted_at is None else None


def last_of(store: Store, snapshot: Snapshot, name: str) -> StoredFact | None:
    """The last version of a judgement that had been made by a view, taken back or not."""
    made = [each for each in store.history(name) if each.batch <= snapshot.batch]
    return made[-1] if made else None


def stood(store: Store, snapshot: Snapshot, name: str) -> StoredFact | None:
    """The version of a judgement that stands in a view."""
    last = last_of(store, snapshot, name)
    if last is None or last.retracted_at is None:
        return last
    return last if last.retracted_at > parse_time(snapshot.known_at) else None


def ident_of(name: str) -> str | None:
    """The pair that a fact of this data set judges; None: it is none of these."""
    dataset, _, ident = name.partition(":")
    for start in (_SAME, _APART):
        if dataset == DATASET and ident.startswith(start):
            return ident.removeprefix(start)
    return None


def judged(snapshot: Snapshot) -> list[int]:
    """Rows of all judgements of this data set that are known. Linear in all judgements."""
    rows = np.concatenate([known_rows(snapshot, kind) for kind in _KINDS.values()])
    names = snapshot.fact_ids(rows.tolist())
    return [row for row, name in zip(rows.tolist(), names, strict=True) if ident_of(name)]


def known_rows(snapshot: Snapshot, kind: str) -> Any:
    """Rows of a kind of judgement that are known in a view."""
    return snapshot.counting(snapshot.rows(kind), kind)


def taken_back(store: Store, snapshot: Snapshot) -> list[tuple[str, str]]:
    """Pairs of records that a person undid as one subject and that nobody judged since: the machine
    leaves them to a person. Linear in the judgements that were ever retracted."""
    cols = snapshot.columns
    rows = np.flatnonzero(snapshot.codes(np.arange(len(cols.src))) == CODES["same_as"])
    rows = rows[(cols.rec[rows] <= snapshot.batch) & (cols.ret[rows] <= snapshot.batch)]
    if not len(rows):
        return []
    batches = store.batches(int(cols.ret[rows].min()) - 1)
    undone = {each.no for each in batches if each.id.startswith(UNDONE)}
    rows = rows[np.argsort(cols.ret[rows], kind="stable")]
    last = dict(zip(snapshot.fact_ids(rows.tolist()), rows.tolist(), strict=True))
    stand = set(snapshot.fact_ids(judged(snapshot)))
    return [
        (snapshot.record_name(int(cols.src[row])), snapshot.record_name(int(cols.dst[row])))
        for name, row in sorted(last.items())
        if int(cols.ret[row]) in undone
        and (ident := ident_of(name)) is not None
        and not {name, apart(ident)} & stand
    ]


class Groups:
    """How the records of a view are grouped, and what one more judgement would do to it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        cols = snapshot.columns
        self._apart = [
            (int(cols.src[row]), int(cols.dst[row]), row)
            for row in known_rows(snapshot, "not_same_as").tolist()
        ]

    def official(self, node: int) -> str | None:
        """The canonical id that the official key of a known record gives."""
        return self.snapshot.record_said(node)[3] if self.snapshot.known(node) else None

    def key_of(self, node: int) -> tuple[str, str] | None:
        """The official key of a record's subject, and the record that bears it."""
        for member in self.snapshot.members(node):
            if key := self.official(member):
                return key, self.snapshot.record_name(member)
        return None

    def judged_apart(self, a: int, b: int) -> str | None:
        """The `not_same_as` that stands between the subjects of two records, by its name."""
        rep = self.snapshot.nodes.rep
        pair = {int(rep[a]), int(rep[b])}
        for x, y, row in self._apart:
            if {int(rep[x]), int(rep[y])} == pair:
                return self.snapshot.fact_id(row)
        return None

    def allowed(
        self, pairs: Iterable[tuple[int, int]], kept_apart: Iterable[tuple[int, int]]
    ) -> list[bool]:
        """Which of these pairs (in their order) may be joined: across no two official keys, no
        `not_same_as`, and none of those `kept_apart`. Linear in the records named."""
        rep, snapshot = self.snapshot.nodes.rep, self.snapshot
        pairs = list(pairs)
        given = [(int(rep[a]), int(rep[b])) for a, b in pairs]
        others = [(int(rep[x]), int(rep[y])) for x, y, _ in self._apart]
        others += [(int(rep[a]), int(rep[b])) for a, b in kept_apart]

        def official(node: int) -> str | None:
            found = self.key_of(node)
            return found[0] if found else None

        _, refused = identity.join([], given, others, official)
        gone = set(refused)
        return [
            snapshot.known(a) and snapshot.known(b) and each not in gone
            for (a, b), each in zip(pairs, given, strict=True)
        ]
