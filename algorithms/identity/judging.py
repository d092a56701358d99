"""From the scored pairs of one kind to what is recorded, what waits, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from algorithms.identity import population
from algorithms.identity.clusters import Clusters, cluster
from algorithms.identity.household import NAME, WORDS
from algorithms.identity.settings import settings_of
from algorithms.identity.shape import Conflict, Feature, Model, Pair, ResolveParams

if TYPE_CHECKING:
    import pyarrow as pa

    from algorithms.identity.engine import Found
    from algorithms.identity.standing import Standing

_SHOWN: Final = 20  # records of a cluster that a conflict shows
_GENERATION: Final = 15  # years between parent and child, at least
_BELOW: Final = 1e-4  # what is never joined is told as so much less likely than what is


class Answer(NamedTuple):
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


class Judging:
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
        self.doubted = self._doubted(table) if kind == "person" and self.official else []
        self.kin = self._kin(table)
        self.others = population.others(kind, table, found.edges)
        self.strangers = (self.kin & self._strangers()) | (self.others > population.HOPELESS)
        self.common = population.common(self.others, params.accept)
        self.apart: dict[tuple[int, int], tuple[int, int]] = {}
        for a, b in decided.apart:
            if a in row_of and b in row_of:
                one, other = self.group[row_of[a]], self.group[row_of[b]]
                self.apart[one, other] = row_of[a], row_of[b]
                self.apart[other, one] = row_of[b], row_of[a]

    def _kin(self, table: pa.Table) -> npt.NDArray[np.bool_]:
        """Which pairs may be two of one household rather than one person: given names or birth
        dates that no slip makes one of the other, and no official number that agrees. Twins share
        surname, birth date, home and phone, and often a character of their given names (字辈: 建国,
        建军), a son his father's name, so all these say no more than that two are of one family."""
        edges = self.found.edges
        if not len(edges.left):
            return np.zeros(0, np.bool_)
        found = self._of_a_household(table) if self.kind == "person" else self._of_a_group()
        numbers = (edges.weights["id_no"] > 0) | (edges.weights["ids"] > 0)
        return np.asarray(found & ~numbers, np.bool_)

    def _last(self) -> dict[str, int]:
        """The last level of each feature: that two differ."""
        return {each.name: len(each.levels) - 1 for each in settings_of(self.kind).comparisons}

    def _of_a_household(self, table: pa.Table) -> npt.NDArray[np.bool_]:
        edges, last = self.found.edges, self._last()
        # Syllables of a given name, 0 where it is none that is read as Chinese.
        spoken = np.array([
            len((given or "").split()) if sound else 0
            for sound, given in zip(
                table["sound"].to_pylist(), table["given_sound"].to_pylist(), strict=True
            )
        ])  # fmt: skip
        left, right = spoken[edges.left], spoken[edges.right]
        given, birth = edges.levels["given"], edges.levels["birth"]
        # 文静 and 文 may be one name of which a part was left out; 文静 and 文婷 are two.
        alike = (given == last["given"] - 1) & (left > 0) & (right > 0)
        two = alike & ((left == right) | (birth == last["birth"]))
        # A son may have all of his father's name: another birth date is another person, and so may
        # be one a slip away (1955 and 1985) that is of another generation.
        years = np.array([float((said or "nan")[:4]) for said in table["birth"].to_pylist()])
        apart = np.abs(years[edges.left] - years[edges.right]) >= _GENERATION
        return np.asarray(
            (given == last["given"]) | (birth == last["birth"]) | apart | two, np.bool_
        )

    def _of_a_group(self) -> npt.NDArray[np.bool_]:
        """The same of companies: sisters are founded on one day, by one person, at one address
        (成都甲科技, 成都乙科技). A brand is many a company's: then nothing else of the names may
        differ."""
        edges, last = self.found.edges, self._last()
        rest = np.any([edges.levels[n] == last[n] for n in ("region", "trade", "branch")], axis=0)
        name = edges.levels["name"]
        other = (name >= last["name"] - 1) | ((name >= last["name"] - 3) & rest)
        return np.asarray(other, np.bool_)

    def _strangers(self) -> npt.NDArray[np.bool_]:
        """Which pairs agree in no name, and in one thing beyond names at most: a birth date that
        two happen to share is nothing to ask a person about."""
        edges, count = self.found.edges, np.zeros(len(self.found.edges.left), np.int64)
        if self.kind != "person" or not len(count):
            return count > 0
        for each in settings_of(self.kind).comparisons:
            if not each.is_name:
                count += edges.weights[each.name] > 0
        return np.asarray((edges.levels["family"] == self._last()["family"]) & (count < 2))

    def _bearers(self, table: pa.Table) -> dict[int, int]:
        """Of each cluster that has an official key, the first record that bears it itself."""
        found: dict[int, int] = {}
        for row, (group, own) in enumerate(
            zip(self.group, table["bears"].to_pylist(), strict=True)
        ):
            if own:
                found.setdefault(group, row)
        return found

    def _doubted(self, table: pa.Table) -> list[tuple[int, int]]:
        """Rows of one subject by one resident id whose names have nothing in common: with the first
        that bears it, of each subject one. A check character finds one digit wrong in an id, and
        neither the id of another nor two digits that make up for each other."""
        said = table.select(["family", "given", "full", "sounds", "others"])
        found: dict[int, tuple[int, int]] = {}
        first: dict[int, tuple[int, dict[str, Any]]] = {}
        bears = table["bears"].to_pylist()
        for row in (at for at, own in enumerate(bears) if own):
            name = said.slice(row, 1).to_pylist()[0]
            begun, other = first.setdefault(self.group[row], (row, name))
            if self.group[row] not in found and _no_name_in_common(name, other):
                found[self.group[row]] = begun, row
        return list(found.values())

    def answer(self, machine: dict[tuple[int, int], str]) -> Answer:
        """What the pairs come to; `machine` are the standing judgements by rows."""
        edges = self.found.edges
        barred = edges.name_only | self.kin | self.common
        strong = (edges.score >= self.params.accept) & ~barred
        places = [int(place) for place in strong.nonzero()[0]]
        ends = [(self._group(edges.left[p]), self._group(edges.right[p])) for p in places]
        clusters = cluster(ends, self.official, list(self.apart))
        joined = [places[at] for at in clusters.joined]
        upheld, withdrawn = self._standing(machine, set(places), clusters)
        added = self._needed(joined, upheld)
        conflicts = self._conflicts(clusters, places)
        review = self._review(clusters, strong.tolist())
        cut = self._cut(len(review), len(conflicts) + len(self.doubted))
        touched = {self.nodes[row] for pair in withdrawn for row in pair}
        for place in added:
            touched |= {self.nodes[edges.left[place]], self.nodes[edges.right[place]]}
        judgements = {place: self._pair(place) for place in joined}
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
            "conflicts": len(conflicts) + len(self.doubted),
        }
        return Answer(
            self.kind,
            self.found.model,
            list(judgements.values()),
            [judgements[place] for place in added],
            sorted(machine[pair] for pair in withdrawn),
            [self._pair(place) for place in review[:limit]],
            [
                *(self._conflict(clusters, places, at) for at in conflicts[:limit]),
                *map(self._one_key, self.doubted[: max(limit - len(conflicts), 0)]),
            ],
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
            if accepted or a == b or ends in seen or ends in apart or self.strangers[place]:
                continue
            seen.add(ends)
            if not (a in keys and b in keys and keys[a] != keys[b]):
                found.append(place)
        return found

    def _pair(self, place: int) -> Pair:
        edges = self.found.edges
        a, b = sorted((self.names[edges.left[place]], self.names[edges.right[place]]))
        name_only, kin = bool(edges.name_only[place]), bool(self.kin[place])
        common, score = bool(self.common[place]), float(edges.score[place])
        if name_only or kin or common:
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
            kin=kin,
            common=common,
            others=population.readable(float(self.others[place])),
        )

    def _features(self, place: int) -> list[Feature]:
        edges = self.found.edges
        found = []
        for each in settings_of(self.kind).comparisons:
            level = each.levels[int(edges.levels[each.name][place])]
            if level.says != "unknown":
                weight = round(float(edges.weights[each.name][place]), 4)
                found.append(
                    Feature(name=each.name, says=level.says, level=level.words, weight=weight)
                )
        if (weight := round(float(edges.household[place]), 4)) < 0:
            words = WORDS[self.kind]
            found.append(Feature(name=NAME, says="differs", level=words, weight=weight))
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

    def _one_key(self, rows: tuple[int, int]) -> Conflict:
        a, b = sorted(self.names[row] for row in rows)
        pair = Pair(
            kind=self.kind, a=a, b=b, score=0.0, weight=0.0, features=[], model=self.model
        )  # fmt: skip
        return Conflict(pair=pair, why="one_key", between=(a, b), clusters=([a], [b]))

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


def _no_name_in_common(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two people's names are said and share neither surname nor given name, nor how any
    name of theirs is written or sounds."""
    if not (one["full"] and other["full"]):
        return False
    mine, theirs = (
        {each["full"], *(each["sounds"] or ()), *(each["others"] or ())} for each in (one, other)
    )
    alike = any(one[part] and one[part] == other[part] for part in ("family", "given"))
    return not alike and not mine & theirs
