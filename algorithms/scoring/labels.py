"""Who turned out to be what the model is to foresee, and when."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import numpy as np
import orjson

from algorithms.risk.clusters import LISTS
from graph.columns import I64
from graph.deadline import check
from graph.errors import BadFact, BadFile, UnknownSubject
from graph.limbs import entered
from graph.model import CODES
from graph.times import DAY, INF, day_end

if TYPE_CHECKING:
    from graph.snapshot import Snapshot


_SHOWN: Final = 5  # rows that are named


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
    the row where a day is none, and with all rows of which the subject is not in the store."""
    since = np.full(snapshot.n, INF)
    unknown: list[int] = []
    for place, (who, day) in enumerate(rows, 1):
        check()
        try:
            node = int(snapshot.nodes.rep[snapshot.resolve(who)])
            begin = day_end(day) - DAY + 1
        except UnknownSubject:
            unknown.append(place)
            continue
        except BadFact:
            raise BadFile(f"labels: row {place}: a day like 2022-01-05, not {day[:20]!r}"
                          f" / 第{place}行: 日期有误") from None  # fmt: skip
        since[node] = min(since[node], begin)
    if unknown:
        raise _strange(unknown)
    return _made(snapshot, since, said, {})


def _strange(rows: list[int]) -> BadFile:
    """What is said of labels of nobody here: by their rows, for an id may be somebody's number."""
    shown = ", ".join(map(str, rows[:_SHOWN]))
    many = f" ({len(rows)} rows in all / 共{len(rows)}行)" if len(rows) > _SHOWN else ""
    return BadFile(
        f"labels: row {shown}: not of this store{many}; ingest these subjects first, or leave the"
        f" rows out / 第{shown}行: 主体不在库中, 请先导入或删去"
    )


def unused(snapshot: Snapshot, labels: Labels, kind: str, until: str) -> list[str]:
    """What is to be said of labels that a model of a kind, measured until a day, learns nothing
    from."""
    who = np.flatnonzero(labels.since < INF)
    other = int((snapshot.nodes.kind[who] != CODES[kind]).sum())
    late = int((labels.since[who] > day_end(until)).sum())
    found = []
    if other:
        found.append(f"labels: {other} of {len(who)} subjects are no {kind} and count for nothing"
                     f" here / {len(who)} 个标签主体中 {other} 个非 {kind}, 不计")  # fmt: skip
    if late:
        found.append(f"labels: {late} of {len(who)} subjects are labelled after {until} only and"
                     f" count as others / {len(who)} 个标签主体中 {late} 个在 {until} 之后才有标签,"
                     " 按非正例计")  # fmt: skip
    return found


def _made(snapshot: Snapshot, since: I64, said: str, domain: dict[int, str]) -> Labels:
    who = np.flatnonzero(since < INF).tolist()
    names = snapshot.canonicals(who)
    digest = sha256(
        "\n".join(sorted(f"{n} {since[w]}" for n, w in zip(names, who, strict=True))).encode()
    )
    return Labels(since, said, digest.hexdigest(), domain)
