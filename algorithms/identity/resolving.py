"""Who is who in a snapshot: keys first, then pairs, then clusters that contradict no fact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from algorithms.identity.shape import (
    KINDS,
    Conflict,
    Feature,
    Model,
    Pair,
    Resolution,
    ResolveParams,
)
from algorithms.registry import Truncated, as_day
from graph.errors import WrongUsage

if TYPE_CHECKING:
    import pyarrow as pa

    from algorithms.identity.clusters import Clusters
    from algorithms.identity.engine import Found
    from algorithms.identity.records import Standing
    from graph.snapshot import Snapshot

_SHOWN: Final = 20  # records of a cluster that a conflict shows
_BELOW: Final = 1e-4  # a pair by name only is at most so likely under the threshold


def resolve(snapshot: Snapshot, params: ResolveParams, models: Sequence[Model] = ()) -> Resolution:
    """Which records of people and companies are one subject, and how sure that is.

    Records that share a valid official key are one subject; nothing is asked of two that have
    different ones. The others are compared by Splink (Fellegi and Sunter 1969; term frequencies
    after Winkler 2000) and joined greedily, likeliest first, unless that would join two valid
    official keys or what a person judged apart: such pairs are `conflicts`. A pair for which only
    names speak is never joined. `models` are kept ones by kind; a kind without is trained.

    With `since` and models, only what records that came or changed after it touch is looked at:
    every connected part of pairs to be accepted is looked at as a whole or not at all, so with one
    model the answer on the parts looked at is that of a whole run. Same snapshot, parameters and
    models: same answer. Linear in records; in pairs, at most `max_block` a record and key.
    Raises WrongUsage.
    """
    kinds = _checked(params)
    since = snapshot.batch_of(params.since) if params.since is not None else None
    kept = {model.kind: model for model in models}
    from algorithms.identity.records import people_and_companies

    read = people_and_companies(snapshot, kinds)
    answers = [
        _of_kind(snapshot, params, kind, read.tables[kind], read.decided, since, kept.get(kind))
        for kind in kinds
    ]
    return _together(snapshot, params, read.decided, answers)


def _checked(params: ResolveParams) -> list[str]:
    kinds = list(dict.fromkeys(params.kinds or KINDS))
    for kind in kinds:
        if kind not in KINDS:
            raise WrongUsage(f"kinds: person or company, not {kind[:40]!r}")
    if params.review > params.accept:
        raise WrongUsage("review: at most accept, so that a pair waits before it is joined")
    return kinds


class _Answer(NamedTuple):
    """What one kind's records came to."""

    kind: str
    model: Model
    judgements: list[Pair]
    added: list[Pair]
    withdrawn: list[str]
    review: list[Pair]
    conflicts: list[Conflict]
    touched: set[int]  # record nodes that what is added or withdrawn is about
    stats: dict[str, int]
    cut: list[str]
    compared: int


def _of_kind(
    snapshot: Snapshot,
    params: ResolveParams,
    kind: str,
    table: pa.Table,
    decided: Standing,
    since: int | None,
    model: Model | None,
) -> _Answer:
    from algorithms.identity.changes import fresh_rows
    from algorithms.identity.database import database
    from algorithms.identity.engine import link

    nodes: list[int] = table["node"].to_pylist()
    row_of = {node: row for row, node in enumerate(nodes)}
    machine = {
        (row_of[a], row_of[b]): name
        for (a, b), name in decided.machine.items()
        if a in row_of and b in row_of
    }
    fresh = None if since is None else fresh_rows(snapshot, since, table, row_of)
    with database() as con:
        found = link(
            con, kind, table, most=params.max_block, least=params.review, accept=params.accept,
            seed=params.seed, trained_on=snapshot.name, model=model, fresh=fresh, ties=machine,
        )  # fmt: skip
    return _Judging(params, kind, table, decided, row_of, found).answer(machine)


class _Judging:
    """From the scored pairs of one kind to what is recorded, waits, and is refused."""

    def __init__(
        self,
        params: ResolveParams,
        kind: str,
        table: pa.Table,
        decided: Standing,
        row_of: dict[int, int],
        found: Found,
    ) -> None:
        self.params, self.kind, self.found = params, kind, found
        self.model = found.model.id
        self.names: list[str] = table["record"].to_pylist()
        self.nodes: list[int] = table["node"].to_pylist()
        self.group: list[int] = table["cluster"].to_pylist()
        officials: list[str | None] = table["official"].to_pylist()
        self.official = {g: key for g, key in zip(self.group, officials, strict=True) if key}
        self.bearer = self._bearers(table)
        self.apart: dict[tuple[int, int], tuple[int, int]] = {}
        for a, b in decided.apart:
            if a in row_of and b in row_of:
                one, other = self.group[row_of[a]], self.group[row_of[b]]
                self.apart[one, other] = row_of[a], row_of[b]
                self.apart[other, one] = row_of[b], row_of[a]

    def _bearers(self, table: pa.Table) -> dict[int, int]:
        """Of each cluster that has an official key, the first record that bears it itself."""
        found: dict[int, int] = {}
        for row, (group, own) in enumerate(
            zip(self.group, table["bears"].to_pylist(), strict=True)
        ):
            if own:
                found.setdefault(group, row)
        return found

    def answer(self, machine: dict[tuple[int, int], str]) -> _Answer:
        """What the pairs come to; `machine` are the standing judgements by rows."""
        from algorithms.identity.clusters import cluster

        edges = self.found.edges
        strong = (edges.score >= self.params.accept) & ~edges.name_only
        places = [int(place) for place in strong.nonzero()[0]]
        ends = [(self._group(edges.left[p]), self._group(edges.right[p])) for p in places]
        clusters = cluster(ends, self.official, list(self.apart))
        joined = [places[at] for at in clusters.joined]
        upheld, withdrawn = self._standing(machine, set(places), clusters)
        added = self._needed(joined, upheld)
        conflicts = self._conflicts(clusters, places)
        review = self._review(clusters, strong.tolist())
        cut = self._cut(len(review), len(conflicts))
        touched = {self.nodes[row] for pair in withdrawn for row in pair}
        for place in added:
            touched |= {self.nodes[edges.left[place]], self.nodes[edges.right[place]]}
        limit = self.params.limit
        stats = {
            "records": len(self.names),
            "looked_at": len(self.names) if self.found.rows is None else len(self.found.rows),
            "keyed": len(self.official),
            "pairs": self.found.compared,
            "joined": len(joined),
            "added": len(added),
            "withdrawn": len(withdrawn),
            "review": len(review),
            "conflicts": len(conflicts),
        }
        return _Answer(
            self.kind,
            self.found.model,
            [self._pair(place) for place in joined],
            [self._pair(place) for place in added],
            sorted(machine[pair] for pair in withdrawn),
            [self._pair(place) for place in review[:limit]],
            [self._conflict(clusters, places, at) for at in conflicts[:limit]],
            touched,
            {f"{self.kind}.{name}": number for name, number in stats.items()},
            cut,
            self.found.compared,
        )

    def _group(self, row: int) -> int:
        return self.group[int(row)]

    def _standing(
        self, machine: dict[tuple[int, int], str], places: set[int], clusters: Clusters
    ) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Standing judgements of the machine among the rows looked at: upheld, and withdrawn."""
        edges, rows = self.found.edges, self.found.rows
        strong = {(int(edges.left[p]), int(edges.right[p])) for p in places}
        upheld, withdrawn = [], []
        for a, b in machine:
            if rows is not None and not (a in rows or b in rows):
                continue
            pair = (min(a, b), max(a, b))
            one, other = clusters.root(self._group(a)), clusters.root(self._group(b))
            if one == other and pair in strong:
                upheld.append((a, b))
            else:
                withdrawn.append((a, b))
        return upheld, withdrawn

    def _needed(self, joined: list[int], upheld: list[tuple[int, int]]) -> list[int]:
        """Of the pairs that joined, those that standing judgements do not say already."""
        from algorithms.identity.clusters import cluster

        edges = self.found.edges
        said = [(self._group(a), self._group(b)) for a, b in upheld]
        more = [(self._group(edges.left[p]), self._group(edges.right[p])) for p in joined]
        first = len(said)
        return [joined[at - first] for at in cluster([*said, *more], {}, ()).joined if at >= first]

    def _conflicts(self, clusters: Clusters, places: list[int]) -> list[int]:
        """Places of refused pairs among the refused, the likeliest of any two clusters."""
        seen: set[tuple[int, int]] = set()
        found = []
        for at, refused in enumerate(clusters.refused):
            ends = self._ends(clusters, places[refused.place])
            if ends not in seen and ends[0] != ends[1]:
                seen.add(ends)
                found.append(at)
        return found

    def _ends(self, clusters: Clusters, place: int) -> tuple[int, int]:
        edges = self.found.edges
        a = clusters.root(self._group(edges.left[place]))
        b = clusters.root(self._group(edges.right[place]))
        return min(a, b), max(a, b)

    def _review(self, clusters: Clusters, strong: list[bool]) -> list[int]:
        """Pairs that wait for a person: of any two clusters that may be joined, the likeliest."""
        keys: dict[int, str] = {}
        for group, key in self.official.items():
            keys[clusters.root(group)] = key
        apart = {(clusters.root(one), clusters.root(other)) for one, other in self.apart}
        seen: set[tuple[int, int]] = set()
        found = []
        for place, accepted in enumerate(strong):
            a, b = ends = self._ends(clusters, place)
            if accepted or a == b or ends in seen or ends in apart:
                continue
            seen.add(ends)
            if not (a in keys and b in keys and keys[a] != keys[b]):
                found.append(place)
        return found

    def _pair(self, place: int) -> Pair:
        edges = self.found.edges
        a, b = sorted((self.names[edges.left[place]], self.names[edges.right[place]]))
        name_only = bool(edges.name_only[place])
        score = float(edges.score[place])
        if name_only:
            score = min(score, self.params.accept - _BELOW)
        return Pair(
            kind=self.kind,
            a=a,
            b=b,
            score=round(score, 6),
            weight=round(float(edges.weight[place]), 4),
            features=self._features(place),
            model=self.model,
            name_only=name_only,
        )

    def _features(self, place: int) -> list[Feature]:
        from algorithms.identity.settings import settings_of

        edges = self.found.edges
        found = []
        for each in settings_of(self.kind).comparisons:
            level = each.levels[int(edges.levels[each.name][place])]
            if level.says != "unknown":
                weight = round(float(edges.weights[each.name][place]), 4)
                found.append(
                    Feature(name=each.name, says=level.says, level=level.words, weight=weight)
                )
        return found

    def _conflict(self, clusters: Clusters, places: list[int], at: int) -> Conflict:
        refused = clusters.refused[at]
        place = places[refused.place]
        one, other = self._ends(clusters, place)
        if refused.why == "official_keys":
            rows = [self.bearer[group] for group in refused.between]
        else:
            rows = list(self.apart[refused.between])
        a, b = sorted(self.names[row] for row in rows)
        members = self._members(clusters)
        return Conflict(
            pair=self._pair(place),
            why=refused.why,
            between=(a, b),
            clusters=(members.get(one, [])[:_SHOWN], members.get(other, [])[:_SHOWN]),
        )

    def _members(self, clusters: Clusters) -> dict[int, list[str]]:
        if not hasattr(self, "_listed"):
            self._listed: dict[int, list[str]] = {}
            for row, name in enumerate(self.names):
                self._listed.setdefault(clusters.root(self.group[row]), []).append(name)
        return self._listed

    def _cut(self, review: int, conflicts: int) -> list[str]:
        blocks, limit = self.found.blocks, self.params.limit
        told = [
            f"{self.kind}, {each.rule}: {each.blocks} blocks of more than {blocks.most} records"
            f" not compared / 有 {each.blocks} 个分块超过 {blocks.most} 条记录, 未比较"
            for each in blocks.skipped
        ]
        if self.found.cut:
            told.append("what came leads on further than is looked at / 波及范围超出所查轮数")
        for number, of, zh in (
            (review, "pairs for review", "待复核"),
            (conflicts, "conflicts", "冲突"),
        ):
            if number > limit:
                told.append(
                    f"{self.kind}: {number} {of}, {limit} shown / {zh} {number}, 列出 {limit}"
                )
        return told


def _together(
    snapshot: Snapshot, params: ResolveParams, decided: Standing, answers: list[_Answer]
) -> Resolution:
    """The answers of all kinds as one."""
    reps = {int(snapshot.nodes.rep[node]) for each in answers for node in each.touched}
    cut = [reason for each in answers for reason in each.cut]
    notes = list(snapshot.notes)
    if decided.refused:
        notes.append(
            f"{len(decided.refused)} judgements contradict official keys or other judgements"
            f" / {len(decided.refused)} 条判断与证件号码或其他判断矛盾"
        )

    def by_weight(pairs: Iterable[Pair]) -> list[Pair]:
        return sorted(pairs, key=lambda pair: (-pair.weight, pair.a, pair.b))

    return Resolution(
        as_of=as_day(params.as_of),
        known_at=snapshot.known_at,
        snapshot=snapshot.name,
        upto=snapshot.batch,
        judgements=by_weight(pair for each in answers for pair in each.judgements),
        added=by_weight(pair for each in answers for pair in each.added),
        withdrawn=sorted(name for each in answers for name in each.withdrawn),
        review=by_weight(pair for each in answers for pair in each.review),
        conflicts=sorted(
            (conflict for each in answers for conflict in each.conflicts),
            key=lambda found: (-found.pair.weight, found.pair.a, found.pair.b),
        ),
        affected=sorted(snapshot.canonicals(sorted(reps))),
        models=[each.model for each in answers],
        stats={name: number for each in answers for name, number in each.stats.items()},
        truncated=Truncated(
            reason="; ".join(cut),
            explored=sum(each.compared for each in answers),
            limit=params.max_block,
        )
        if cut
        else None,
        notes=notes,
    )
