"""Who turned out to be what the model is to foresee, and when."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import orjson

from algorithms.risk.clusters import LISTS
from graph.columns import I64
from graph.deadline import check
from graph.errors import BadFact, BadFile, UnknownSubject
from graph.limbs import entered
from graph.times import DAY, INF, day_end

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


@dataclass(frozen=True)
class Labels:
    """Of each node the instant (µs) since when its subject is labelled, `INF` where it is not; what
    they are of (`said`), and a digest of who and when. `domain`: of the listing that came first."""

    since: I64
    said: str
    digest: str
    domain: dict[int, str]

    @property
    def count(self) -> int:
        """How many subjects are labelled."""
        return int((self.since < INF).sum())


def of_lists(
    snapshot: Snapshot, lists: Collection[str] = LISTS, domains: Collection[str] | None = None
) -> Labels:
    """Subjects by the day they first came on one of these lists (of these fields), whatever became
    of it since. Linear in the listings."""
    since = np.full(snapshot.n, INF)
    domain: dict[int, str] = {}
    found = []
    for node, _, each in snapshot.listings_known():
        said = orjson.loads(each.payload)
        wanted = said.get("list") in lists and (domains is None or said.get("domain") in domains)
        if wanted and entered(said.get("status")):
            field = str(said.get("domain") or "")
            found.append((each.vf, field, int(snapshot.nodes.rep[node])))
    for began, field, subject in sorted(found, reverse=True):  # the first is what stays
        since[subject], domain[subject] = began, field
    of = f" ({', '.join(sorted(domains))})" if domains is not None else ""
    return _made(snapshot, since, f"listed: {', '.join(sorted(lists))}{of}", domain)


def of_rows(snapshot: Snapshot, rows: Iterable[tuple[str, str]], said: str) -> Labels:
    """Subjects by what a file says: who (id, canonical id or key), and the day. Raises BadFile with
    the row where a day is none or a subject is not in the store."""
    since = np.full(snapshot.n, INF)
    for place, (who, day) in enumerate(rows, 1):
        check()
        try:
            node = int(snapshot.nodes.rep[snapshot.resolve(who)])
            begin = day_end(day) - DAY + 1
        except UnknownSubject:
            raise BadFile(f"labels: row {place}: not of this store / 第{place}行: 主体不在库中"
                          ) from None  # fmt: skip
        except BadFact:
            raise BadFile(f"labels: row {place}: a day like 2022-01-05, not {day[:20]!r}"
                          f" / 第{place}行: 日期有误") from None  # fmt: skip
        since[node] = min(since[node], begin)
    return _made(snapshot, since, said, {})


def _made(snapshot: Snapshot, since: I64, said: str, domain: dict[int, str]) -> Labels:
    who = np.flatnonzero(since < INF).tolist()
    names = snapshot.canonicals(who)
    digest = sha256(
        "\n".join(sorted(f"{n} {since[w]}" for n, w in zip(names, who, strict=True))).encode()
    )
    return Labels(since, said, digest.hexdigest(), domain)
