"""From candidates to scores: names first, then what agrees or disagrees besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import UNSET, structs
from rapidfuzz import fuzz

from algorithms.matching import person_names
from algorithms.matching.candidates import ANOTHER, Candidate, Gathering, conflicts
from algorithms.matching.company_names import Likeness
from algorithms.matching.describing import describe
from algorithms.matching.match_subject import Description, Explanation, Match, Matched, shown
from algorithms.matching.stating import Stated, birth_agrees, stated
from algorithms.registry import evidence
from graph import keys
from graph.adjacency import true_at
from graph.names.folding import fold
from graph.traverse import OUT

if TYPE_CHECKING:
    from algorithms.matching.match_subject import MatchParams
    from graph.snapshot import Snapshot

# What features weigh; see `match_subject`.
COMPANY: Final = 0.92
PERSON: Final = 0.68
COMMON: Final = 0.5
OTHER: Final = 0.9
FORMER: Final = 0.95
ADDS: Final = {"birth_date": 0.7, "account": 0.8, "phone": 0.6, "address": 0.3}
BORN_ELSE: Final = 0.3
_FEATURE: Final = {"e164": "phone", "account": "account"}
_SAID: Final = {
    "phone": "uses the same phone / 使用同一电话",
    "account": "holds the same account / 持有同一账户",
    "address": "addresses alike / 地址相近",
    "another address": "another address / 地址不同",
    "country": "the same country / 国家相同",
    "another country": "another country / 国家不同",
}
_PLACE: Final = 0.85  # addresses from so alike on are one
_PLACES: Final = 100  # addresses of one subject that are looked at
_EQUAL: Final = 1e-9


class _Name(NamedTuple):
    likeness: Likeness
    asked: str
    met: str
    former: bool


class _Judged(NamedTuple):
    score: float
    by_name: bool  # nothing but the name speaks for it
    common: bool
    features: dict[str, Explanation]
    rows: list[int]


def judge(snapshot: Snapshot, params: MatchParams) -> Matched:
    """See `match_subject`. Raises WrongUsage."""
    from graph.times import day_end, today

    asked, notes = describe(params)
    at = day_end(params.as_of or today())
    gathering = Gathering(snapshot, asked, at)
    judging = Judging(gathering)
    judged = [(judging.judge(c), c.node) for c in gathering.found.values()]
    excluded = {node for name in params.exclude or () for node in snapshot.named(name)}
    kept = [(j, node) for j, node in judged if node not in excluded]
    best = max((j.score for j, _ in kept), default=0.0)
    several = sum(_is_best(j, best) for j, _ in kept) > 1
    if params.changed_since is not None:
        since = snapshot.batch_of(params.changed_since)
        kept = [(j, node) for j, node in kept if snapshot.changed(node, since)]
    kept = [(j, node) for j, node in kept if j.score >= params.cutoff]
    names = snapshot.canonicals([node for _, node in kept])
    named = [(judged, node, name) for (judged, node), name in zip(kept, names, strict=True)]
    named.sort(key=lambda each: (-each[0].score, each[2]))
    del named[params.limit :]
    rows = [
        _row(snapshot, j, node, name, params.threshold, tied=several and _is_best(j, best))
        for j, node, name in named
    ]
    return Matched(rows, [node for _, node, _ in named], len(kept), gathering.partial, notes)


def _is_best(judged: _Judged, best: float) -> bool:
    """Whether nobody is likelier, and nothing but the name says so."""
    return judged.by_name and judged.score >= best - _EQUAL


def _row(
    snapshot: Snapshot, judged: _Judged, node: int, name: str, threshold: float, *, tied: bool
) -> Match:
    features = {name: _masked(each) for name, each in judged.features.items()}
    barred = judged.by_name and (judged.common or tied)
    if barred:
        why = (
            "a common name, and nothing else agrees / 常见姓名且无其他佐证"
            if judged.common
            else "several are equally alike by name / 多个主体名称同样相似"
        )
        features["name_only"] = Explanation(score=0.0, weight=0.0, detail=why)
    facts, total = evidence(sorted(set(snapshot.fact_ids(judged.rows))))
    return Match(
        id=name,
        kind=snapshot.kind_name(node),
        caption=shown(snapshot.label(node)) or name,
        score=round(judged.score, 4),
        match=round(judged.score, 4) >= threshold and not barred,
        features={key: round(each.score, 4) for key, each in features.items()},
        explanations=features,
        facts=facts,
        facts_total=total if facts else UNSET,
    )


def _masked(said: Explanation) -> Explanation:
    return structs.replace(said, query=shown(said.query), candidate=shown(said.candidate))


class Judging:
    """Judges the candidates of one description; what names say is worked out once."""

    def __init__(self, gathering: Gathering) -> None:
        self.gathering = gathering
        self.snapshot = gathering.snapshot
        self.asked: Description = gathering.asked
        self._bearers: dict[str, int] = {}
        self._stated: dict[int, Stated] = {}
        if self.asked.birth_date or self.asked.country:
            nodes = list(gathering.found)
            self._stated = stated(self.snapshot, nodes)
        for found in gathering.found.values():
            for text in found.names:
                self._bearers[text] = self._bearers.get(text, 0) + 1

    def judge(self, found: Candidate) -> _Judged:
        """One candidate's score and why."""
        kind = self.snapshot.kind_name(found.node)
        features: dict[str, Explanation] = {}
        if found.keys:
            features["key"] = Explanation(
                score=1.0, weight=1.0, detail="the same official key / 官方证件号相同",
                query=", ".join(sorted(found.keys)),
            )  # fmt: skip
        elif other := conflicts(self.snapshot, found, self.asked.keys):
            features["key"] = Explanation(
                score=0.0, weight=1.0, detail="another valid key of this kind / 同类证件号不同",
                query=other,
            )  # fmt: skip
        name = self._name(found, kind)
        common = False
        score = 0.0
        if name is not None:
            weight, common = self._weight(name, kind)
            detail = name.likeness.detail
            if common:
                detail += f"; a common name ({self._bearers.get(name.met, 1)} here) / 常见姓名"
            features["name"] = Explanation(
                score=name.likeness.score, weight=weight,
                detail=detail + ("; a former name / 曾用名" if name.former else ""),
                query=name.asked, candidate=name.met,
            )  # fmt: skip
            score = weight * name.likeness.score
        score, rows = self._besides(found, kind, name, score, features)
        speaks = (key for key, each in features.items() if each.score > 0 and each.weight > 0)
        by_name = all(key == "name" for key in speaks)
        if "key" in features:
            score = features["key"].score
        return _Judged(score, by_name, common, features, rows)

    def _name(self, found: Candidate, kind: str) -> _Name | None:
        """The pair of an asked and a borne name that are most alike; current names first."""
        best: _Name | None = None
        rank = (-1.0, False)
        for met, former in self.gathering.names_of(found).items():
            for asked in self.asked.names:
                likeness = self.gathering.likeness(kind, asked, met)
                this = (likeness.score, not former)
                if this > rank or (this == rank and best is not None and met < best.met):
                    best, rank = _Name(likeness, asked, met, former), this
        return best

    def _weight(self, name: _Name, kind: str) -> tuple[float, bool]:
        """What a name weighs, and whether it is a common person's."""
        if kind == "person":
            common = person_names.is_common(name.met) or self._bearers.get(name.met, 0) > 1
            return (COMMON if common else PERSON), common
        weight = COMPANY if kind == "company" else OTHER
        return weight * (FORMER if name.former else 1.0), False

    def _besides(
        self,
        found: Candidate,
        kind: str,
        name: _Name | None,
        score: float,
        features: dict[str, Explanation],
    ) -> tuple[float, list[int]]:
        """The score with everything but names and keys, and the relations that it stands on."""
        half = bool(self.asked.names) and (name is None or name.likeness.score < ANOTHER)
        rows: list[int] = []
        agree: dict[str, Explanation] = {}
        for key in self.asked.keys:
            feature = _FEATURE.get(key.kind)
            if feature and key.kind in found.shared:
                rows += found.shared[key.kind]
                agree[feature] = Explanation(
                    score=1.0, weight=ADDS[feature], detail=_SAID[feature],
                    query=keys.mask(key.kind, key.value),
                )  # fmt: skip
        if self.asked.address and (near := self._address(found)) is not None:
            alike, text, row = near
            if alike >= _PLACE:
                rows.append(row)
            agree["address"] = Explanation(
                score=alike, weight=ADDS["address"] if alike >= _PLACE else 0.0,
                detail=_SAID["address" if alike >= _PLACE else "another address"],
                query=self.asked.address, candidate=text,
            )  # fmt: skip
        said = self._stated.get(found.node, Stated())
        ceiling = 1.0
        if kind == "person" and self.asked.birth_date and said.born:
            same, detail = birth_agrees(self.asked.birth_date, said.born)
            agree["birth_date"] = Explanation(score=same, weight=ADDS["birth_date"], detail=detail)
            ceiling = 1.0 if same else BORN_ELSE
        for feature, each in agree.items():
            adds = each.weight * (each.score if feature != "address" else 1.0)
            score = 1 - (1 - score) * (1 - (adds / 2 if half else adds))
        features |= agree
        if self.asked.country and said.countries:
            same_country = self.asked.country in said.countries
            features["country"] = Explanation(
                score=float(same_country), weight=0.0 if same_country else 0.5,
                detail=_SAID["country" if same_country else "another country"],
                query=self.asked.country, candidate=", ".join(sorted(said.countries)),
            )  # fmt: skip
            score *= 1.0 if same_country else 0.5
        return min(score, ceiling), rows

    def _address(self, found: Candidate) -> tuple[float, str, int] | None:
        """The address of a candidate that is most like the one described, with its relation."""
        best: tuple[float, str, int] | None = None
        for row, text in self._addresses(found.node):
            alike = fuzz.ratio(self.asked.address or "", text) / 100
            if best is None or (alike, text) > best[:2]:
                best = alike, text, row
        return best

    def _addresses(self, node: int) -> list[tuple[int, str]]:
        """The addresses of a subject on the day, folded, each with the relation that says so."""
        snapshot = self.snapshot
        rows = true_at(snapshot, node, "located_at", OUT, self.gathering.at)[:_PLACES]
        places = [int(snapshot.nodes.rep[snapshot.columns.dst[row]]) for row in rows]
        return [(row, fold(snapshot.label(n))) for row, n in zip(rows, places, strict=True)]
