"""The picture of a cluster: its members as a web of what joins them, the core marked."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from api.report.canvas import Card, Picture, Point, border
from api.report.known import Known
from api.report.labels import Labels
from api.report.network import Pair, apart, between
from api.report.words import on_line, say

if TYPE_CHECKING:
    from api.client import Asking

MOST: Final = 36  # members drawn
_EDGE: Final = 165.0  # px, about, from a member to one that it is joined to
_ASKED: Final = 200  # relations of a kind that are looked at around one member


def web(
    risk: Asking,
    about: Mapping[str, Any],
    members: Sequence[str],
    notes: Mapping[str, Sequence[str]],
    *,
    title: str,
    total: int,
    kinds: Sequence[str] | None = None,
    most: int = MOST,
) -> Picture:
    """At most `most` members of a cluster that hang together, from the first on, and what joins
    them on the day `about` says.

    `about` has `as_of` and `known_at`; `notes` are by member what stands below its name, and who
    has any is marked. By each member at most 200 relations of a kind are looked at. Kamada and
    Kawai's layout (1989) of each connected part, then overlapping cards moved apart.
    """
    looked = list(dict.fromkeys(members))
    ties = _ties(risk, about, looked, kinds)
    drawn = _chosen(looked, ties, most)
    inside = set(drawn)
    known = Known(risk, about, (f for (a, b), fs in ties.items() if {a, b} <= inside for f in fs))
    for name in drawn:
        known.subject(name)
    lines = between(known, drawn)
    cards = {name: known.card(name, notes.get(name, ()), "listed" if name in notes else "")
             for name in drawn}  # fmt: skip
    picture = Picture(
        title,
        f"{len(drawn)} of {total} members. 边框加粗者为核心主体，线上为关系。",
        say(
            f"图中 {len(drawn)} 个成员，共 {total:,} 个",
            f"{len(drawn)} of {total:,} members drawn",
            " / ",
        )
        if len(drawn) < total
        else "",
    )
    _draw(picture, cards, lines)
    return picture


def tangle(risk: Asking, answer: Mapping[str, Any], row: int = 0) -> Picture:
    """The facts of one row of an answer with whoever is at their ends: the row's members marked."""
    found = answer["results"][row]
    known = Known(risk, answer, found["facts"])
    members = set(found["members"])
    ends = [fact[end]["id"] for fact in known.facts.values() if "from" in fact
            for end in ("from", "to")]  # fmt: skip
    drawn = list(dict.fromkeys([*(e for e in ends if e in members), *ends]))[:MOST]
    total = found.get("facts_total") or len(found["facts"])
    picture = Picture(
        f"{say('关系', 'Relations')}: {found['id']}",
        f"{len(known.facts)} facts between {len(drawn)} subjects. 粗边框为成员，线上为关系。",
        say(f"图中 {len(found['facts'])} 项事实，共 {total} 项",
            f"{len(found['facts'])} of {total} facts", " / ")
        if total > len(found["facts"])
        else "",
    )  # fmt: skip
    cards = {name: known.card(name, (), "focus" if name in members else "") for name in drawn}
    _draw(picture, cards, between(known, drawn))
    return picture


def _ties(
    risk: Asking, about: Mapping[str, Any], members: Sequence[str], kinds: Sequence[str] | None
) -> dict[Pair, list[str]]:
    """The facts between two members, from the end that each begins at."""
    inside = set(members)
    asked: dict[str, Any] = {"direction": "out", "limit": _ASKED}
    if kinds is not None:
        asked["kinds"] = list(kinds)
    found: dict[Pair, list[str]] = {}
    for name in members:
        answer = risk.ask("adjacent", subject=name, as_of=about["as_of"],
                          known_at=about["known_at"], **asked)  # fmt: skip
        for group in answer["results"]:
            for one in group["relations"]:
                if one["party"] in inside and one["party"] != name:
                    found.setdefault((name, one["party"]), []).extend(one["facts"])
    return found


def _chosen(members: Sequence[str], ties: Iterable[Pair], most: int) -> list[str]:
    """Members that hang together: from the first on always the first of those that are joined to
    one that is drawn; where none is, the first of the rest."""
    near: dict[str, set[str]] = {name: set() for name in members}
    for a, b in ties:
        near[a].add(b)
        near[b].add(a)
    place = {name: at for at, name in enumerate(members)}
    drawn: dict[str, None] = {}
    edge: set[str] = set()
    while len(drawn) < min(most, len(members)):
        fresh = edge or (name for name in members if name not in drawn)
        name = min(fresh, key=place.__getitem__)
        drawn[name] = None
        edge = (edge | near[name]) - drawn.keys()
    return list(drawn)


def _draw(
    picture: Picture, cards: Mapping[str, Card], lines: Mapping[Pair, list[Mapping[str, Any]]]
) -> None:
    at = places(cards, lines)
    labels = Labels((at[name], card.half) for name, card in cards.items())
    unsaid = 0
    for (a, b), facts in lines.items():
        start = border(at[a], cards[a].half, at[b])
        stop = border(at[b], cards[b].half, at[a])
        ways = {fact["from"]["id"] for fact in facts}
        if ways == {b}:
            start, stop = stop, start
        tip = "; ".join(str(fact["id"]) for fact in facts)
        picture.arrow([start, stop], head=len(ways) == 1, tip=tip)
        words = list(dict.fromkeys(on_line(fact) for fact in facts))
        shown = words if len(words) <= 2 else [words[0], f"… {len(words)}"]
        unsaid += not labels.put(picture, start, stop, shown, always=False)
    for name in sorted(cards):
        picture.card(at[name], cards[name])
    if unsaid:
        said = say(
            f"{unsaid} 条线上无处写字，见表", f"{unsaid} lines without words: see the table", " / "
        )
        picture.note = "；".join(filter(None, (picture.note, said)))


def places(cards: Mapping[str, Card], lines: Iterable[Pair]) -> dict[str, Point]:
    """Where each stands: connected parts side by side, the largest first."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(sorted(cards))
    graph.add_edges_from(sorted(lines))
    at: dict[str, Point] = {}
    left = 0.0
    parts = sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part)))
    alone = [name for part in parts if len(part) == 1 for name in part]
    for part in parts:
        if len(part) > 1:
            left = _part(graph.subgraph(sorted(part)), cards, at, left)
    for place, name in enumerate(alone):  # by columns of eight beside the rest
        at[name] = left + 90.0 + 200.0 * (place // 8), 74.0 * (place % 8) - 260.0
    return at


def _part(graph: Any, cards: Mapping[str, Card], at: dict[str, Point], left: float) -> float:
    """Put one connected part beside what stands up to `left`; returns where it ends."""
    import networkx as nx

    placed = nx.kamada_kawai_layout(graph)
    lengths = [math.dist(placed[a], placed[b]) for a, b in graph.edges]
    scale = _EDGE / max(statistics.median(lengths), 1e-9)
    spots = {n: (x * scale * 1.35, y * scale) for n, (x, y) in _lying(placed).items()}
    linked = {pair for edge in graph.edges for pair in (edge, edge[::-1])}
    spots = apart(spots, cards, linked)
    low = min(x - cards[n].half[0] for n, (x, _) in spots.items())
    high = max(x + cards[n].half[0] for n, (x, _) in spots.items())
    at.update({n: (x - low + left, y) for n, (x, y) in spots.items()})
    return left + high - low + 60.0


def _lying(placed: Mapping[str, Any]) -> dict[str, Point]:
    """The same places turned until they spread most from left to right: their principal axis."""
    count = len(placed)
    mean = [sum(float(p[i]) for p in placed.values()) / count for i in (0, 1)]
    flat = {n: (float(p[0]) - mean[0], float(p[1]) - mean[1]) for n, p in placed.items()}
    xx, yy = (sum(p[i] * p[i] for p in flat.values()) for i in (0, 1))
    xy = sum(x * y for x, y in flat.values())
    turn = math.atan2(2 * xy, xx - yy) / 2
    cos, sin = math.cos(turn), math.sin(turn)
    return {n: (x * cos + y * sin, y * cos - x * sin) for n, (x, y) in flat.items()}


__all__ = ["places", "tangle", "web"]
