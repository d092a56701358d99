"""The surroundings of a subject: its related parties around it, lines with what links them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from api.report.canvas import Card, Picture, Point, border
from api.report.known import Known, more
from api.report.labels import Labels
from api.report.words import on_line, say

if TYPE_CHECKING:
    from api.client import Asking

Row = Mapping[str, Any]
Pair = tuple[str, str]
_ROUNDS: Final = 200
_ROOM: Final = 132.0


def surroundings(
    risk: Asking, answer: Mapping[str, Any], *, most: int = 36, fan: int = 9
) -> Picture:
    """The parties of an answer of `related_parties` and what links them to its subject.

    At most `most` parties, the nearest, and `fan` beside one another behind the same party; how
    many more there are stands on a card. The same `seed` gives the same picture.
    """
    subject = str(answer["params"]["subject"])
    root = risk.subject(subject, known_at=answer["known_at"])["id"]
    rows, hidden = _chosen(answer["results"], most, fan)
    known = Known(risk, answer, (fact for row in rows for fact in row["facts"]))
    drawn = {root, *(row["party"] for row in rows)}
    lines = between(known, drawn)
    cards = {name: known.card(name, look="focus" if name == root else "") for name in drawn}
    cards |= {f"more {name}": more(count) for name, count in hidden.items() if name in drawn}
    parents = {row["party"]: row["path"][-2] for row in rows}
    parents |= {f"more {name}": name for name in hidden if name in drawn}
    total = len(answer["results"])
    picture = Picture(
        f"{say('关联方', 'Related parties')}: {known.label(root)}",
        f"{len(rows)} of {total} parties within {answer['params']['depth']} relations as of"
        f" {answer['as_of']}. 一条线为两者之间的关系，线上为关系种类。",
        say(
            f"图中 {len(rows)} 个关联方，共 {total:,} 个",
            f"{len(rows)} of {total:,} parties drawn",
            " / ",
        )
        if len(rows) < total
        else "",
    )
    _draw(picture, cards, lines, parents, root)
    return picture


def _chosen(rows: list[Row], most: int, fan: int) -> tuple[list[Row], dict[str, int]]:
    """The rows that are drawn and, by the party before them, how many are not."""
    leads = {row["path"][-2] for row in rows}
    beside: dict[str, list[Row]] = {}
    for row in rows:
        beside.setdefault(row["path"][-2], []).append(row)
    kept: set[str] = set()
    for row in rows:  # nearest first
        group = beside.pop(row["path"][-2], None)
        if group is None or (row["depth"] > 1 and row["path"][-2] not in kept):
            continue
        group.sort(key=lambda r: (r["party"] not in leads, -len(r["roles"]), -(r["share"] or 0)))
        kept |= {r["party"] for r in group[: min(fan, most - len(kept))]}
    chosen = [row for row in rows if row["party"] in kept]
    hidden: dict[str, int] = {}
    for row in rows:
        if row["party"] not in kept:
            # Behind a party that is not drawn: counted at the last one that is.
            last = next((n for n in reversed(row["path"][:-1]) if n in kept), row["path"][0])
            hidden[last] = hidden.get(last, 0) + 1
    return chosen, hidden


def between(known: Known, drawn: Iterable[str]) -> dict[Pair, list[Row]]:
    """The facts between each two that are drawn."""
    inside = set(drawn)
    lines: dict[Pair, list[Row]] = {}
    for fact in known.facts.values():
        if "from" not in fact:
            continue
        ends = fact["from"]["id"], fact["to"]["id"]
        if inside.issuperset(ends) and ends[0] != ends[1]:
            reverse = (ends[1], ends[0])
            lines.setdefault(reverse if reverse in lines else ends, []).append(fact)
    return lines


def _draw(
    picture: Picture,
    cards: Mapping[str, Card],
    lines: Mapping[Pair, list[Row]],
    parents: Mapping[str, str],
    root: str,
) -> None:
    at = layout(cards, parents, root)
    labels = Labels((at[name], card.half) for name, card in cards.items())
    for name, parent in parents.items():
        if name.startswith("more "):
            ends = border(at[parent], cards[parent].half, at[name]), at[name]
            picture.arrow(ends, "closing", head=False)
    for (a, b), facts in lines.items():
        start = border(at[a], cards[a].half, at[b])
        stop = border(at[b], cards[b].half, at[a])
        ways = {fact["from"]["id"] for fact in facts}
        tip = "; ".join(str(fact["id"]) for fact in facts)
        picture.arrow([start, stop], head=len(ways) == 1, tip=tip)
        words = list(dict.fromkeys(on_line(fact) for fact in facts))
        shown = words if len(words) <= 3 else [*words[:2], f"… {len(words)}"]
        labels.put(picture, start, stop, shown, always=True)
    for name in sorted(cards):
        picture.card(at[name], cards[name])


def layout(cards: Mapping[str, Card], parents: Mapping[str, str], root: str) -> dict[str, Point]:
    """Places of cards: the tree of parties around its root, then overlapping cards moved apart.

    A radial tree, after Eades (1992): nearer parties stand nearer, and no branch crosses another.
    """
    linked = {pair for a, b in parents.items() for pair in ((a, b), (b, a))}
    return apart(_radial(sorted(cards), parents, root), cards, linked, root)


def _radial(names: list[str], parents: Mapping[str, str], root: str) -> dict[str, Point]:
    """Each branch has a sector as wide as its leaves are many; a ring for each step."""
    under: dict[str, list[str]] = {}
    for name in names:
        if name != root:
            under.setdefault(parents.get(name, root), []).append(name)
    leaves: dict[str, int] = {}

    def count(name: str) -> int:
        leaves[name] = sum(map(count, under.get(name, []))) or 1
        return leaves[name]

    count(root)
    places: dict[str, Point] = {root: (0.0, 0.0)}
    rings = max(_steps(name, parents, root) for name in names)
    # So far out that the cards of the last ring have room beside one another.
    step = max(130.0, _ROOM * leaves[root] / (2 * math.pi * max(rings, 1)))

    def put(name: str, low: float, high: float, ring: int) -> None:
        for child in under.get(name, []):
            wide = (high - low) * leaves[child] / sum(leaves[c] for c in under[name])
            angle = low + wide / 2
            places[child] = ring * step * 1.8 * math.cos(angle), ring * step * math.sin(angle)
            put(child, low, low + wide, ring + 1)
            low += wide

    put(root, -math.pi / 2, 1.5 * math.pi, 1)
    return places


def _steps(name: str, parents: Mapping[str, str], root: str) -> int:
    steps = 0
    while name != root:
        name, steps = parents.get(name, root), steps + 1
    return steps


def apart(
    places: Mapping[str, Point], cards: Mapping[str, Card], linked: Collection[Pair], root: str = ""
) -> dict[str, Point]:
    """Cards that overlap are moved along the shorter way, the root stays.

    Between two that are linked (both ways round) there is room for the words on the line.
    """
    at = dict(places)
    names = sorted(at)
    half = {name: cards[name].half for name in names}
    for _ in range(_ROUNDS):
        moved = False
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                dx, dy = at[b][0] - at[a][0], at[b][1] - at[a][1]
                near = (a, b) in linked
                over_x = half[a][0] + half[b][0] + (84 if near else 20) - abs(dx)
                over_y = half[a][1] + half[b][1] + (56 if near else 18) - abs(dy)
                if over_x <= 0 or over_y <= 0:
                    continue
                moved = True
                along = (math.copysign(over_x, dx), 0.0) if over_x < over_y else (
                    0.0, math.copysign(over_y, dy))  # fmt: skip
                parts = (0.0, 1.0) if a == root else (1.0, 0.0) if b == root else (0.5, 0.5)
                at[a] = at[a][0] - along[0] * parts[0], at[a][1] - along[1] * parts[0]
                at[b] = at[b][0] + along[0] * parts[1], at[b][1] + along[1] * parts[1]
        if not moved:
            break
    return at
