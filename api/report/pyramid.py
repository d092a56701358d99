"""The picture of holdings: who holds stands above what is held, with the share on each line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from api.report.canvas import Card, Picture, Point, border
from api.report.known import Known, cited, more
from api.report.layered import Pair, arrange
from api.report.words import on_line, percent, say, share_of, value_words

if TYPE_CHECKING:
    from api.client import Asking

_LEVEL: Final = 110.0


def ownership(risk: Asking, answer: Mapping[str, Any], *, most: int = 32, fan: int = 6) -> Picture:
    """The holdings that an answer of `integrated_ownership` or `control` rests on, as a pyramid.

    At most `most` subjects, those nearest to the one asked about and of the largest shares, and
    `fan` holders of one company; further ones become one card with their number.
    """
    known = Known(risk, answer, cited(answer))
    holdings = _holdings(known)
    focus = _focus(risk, answer)
    asked = answer["params"]
    way = "down" if "target" not in asked else "both" if len(focus) > 1 else "up"
    kept, hidden = _chosen(holdings, focus, "both" if not focus else way, most, fan)
    notes = _notes(answer, focus)
    cards = {
        name: known.card(name, notes.get(name, ()), "focus" if name in focus else "")
        for name in kept
    }
    rest = [(f"more {n}", n) if way == "up" else (n, f"more {n}") for n in hidden]
    cards |= {f"more {name}": more(count) for name, count in hidden.items()}
    pairs = [pair for pair in holdings if pair[0] in kept and pair[1] in kept]
    shown = len(kept)
    everyone = len({name for pair in holdings for name in pair} | focus)
    names = "、".join(known.label(name) for name in sorted(focus)) or say("全部", "all")
    picture = Picture(
        f"{say('持股结构', 'Ownership')}: {names}",
        f"{shown} subjects and {len(pairs)} holdings as of {answer['as_of']}; holders stand above"
        f" what they hold. 上方为持股方，下方为被持股企业，线上为持股比例。",
        say(
            f"图中 {shown} 个主体，共 {everyone:,} 个",
            f"{shown} of {everyone:,} subjects drawn",
            " / ",
        )
        if hidden
        else "",
    )
    _draw(picture, cards, pairs + rest, holdings, way == "down")
    return picture


def reach(risk: Asking, answer: Mapping[str, Any], *, most: int = 40) -> Picture:
    """How those whom an answer of `extend` reaches, or leaves to a person, hang on its subject: who
    leads or holds stands above. At most `most` parties, in the order of the answer."""
    near = [row for row in answer["results"] if row["outcome"] != "exclude"]
    rows = near[:most]
    known = Known(risk, answer, cited({"results": rows}))
    root = risk.subject(answer["params"]["subject"], known_at=answer["known_at"])["id"]
    links: dict[Pair, list[Mapping[str, Any]]] = {}
    for fact in known.facts.values():
        if "from" in fact and fact["from"]["id"] != fact["to"]["id"]:
            links.setdefault((fact["from"]["id"], fact["to"]["id"]), []).append(fact)
    outcome = {row["party"]: row["outcome"] for row in rows}
    names = dict.fromkeys([root, *outcome, *(name for pair in links for name in pair)])
    cards = {
        name: known.card(
            name,
            [value_words(outcome[name])] if name in outcome else (),
            "focus" if name == root else "listed" if outcome.get(name) == "extend" else "",
        )
        for name in names
    }
    picture = Picture(
        f"{say('措施可及于谁', 'Whom the measure reaches')}: {known.label(root)}",
        f"{len(rows)} parties. 上方为任职、持股或控制者，线上为关系。",
        say(
            f"图中 {len(rows)} 方，共 {len(near):,} 方",
            f"{len(rows)} of {len(near):,} parties",
            " / ",
        )
        if len(rows) < len(near)
        else "",
    )
    _draw(picture, cards, list(links), links, hang=False)
    return picture


def _holdings(known: Known) -> dict[Pair, list[Mapping[str, Any]]]:
    """The holdings between each two, parallel ones together."""
    found: dict[Pair, list[Mapping[str, Any]]] = {}
    for fact in known.facts.values():
        if fact["kind"] == "shareholder":
            found.setdefault((fact["from"]["id"], fact["to"]["id"]), []).append(fact)
    return found


def _focus(risk: Asking, answer: Mapping[str, Any]) -> set[str]:
    """The canonical ids of the subjects that the question was about."""
    asked = (answer["params"].get(name) for name in ("owner", "controller", "target"))
    known_at = answer["known_at"]
    return {risk.subject(name, known_at=known_at)["id"] for name in asked if name}


def _notes(answer: Mapping[str, Any], focus: set[str]) -> dict[str, list[str]]:
    """What stands below a name: its integrated share in what was asked about, or the reverse."""
    notes: dict[str, list[str]] = {}
    for row in answer["results"]:
        for a, b in (("owner", "owned"), ("controller", "controlled")):
            if a in row and (row[a] in focus) != (row[b] in focus):
                value = row.get("integrated", row.get("votes"))
                words = say("综合", "integrated") if a == "owner" else say("表决权", "votes")
                said = say("未知", "unknown") if value is None else percent(value)
                notes[row[b] if row[a] in focus else row[a]] = [f"{words} {said}"]
    return notes


def _weight(facts: list[Mapping[str, Any]]) -> float:
    return sum(share_of(fact) or 0.0 for fact in facts)


def _chosen(
    holdings: Mapping[Pair, list[Mapping[str, Any]]],
    focus: set[str],
    way: str,
    most: int,
    fan: int,
) -> tuple[list[str], dict[str, int]]:
    """Who is drawn, nearest first, and how many are not, by the one that they are next to.

    `way`: up from a target, down from an owner, or both.
    """
    near: dict[str, list[tuple[float, str]]] = {}
    for (upper, lower), facts in holdings.items():
        if way != "down":
            near.setdefault(lower, []).append((-_weight(facts), upper))
        if way != "up":
            near.setdefault(upper, []).append((-_weight(facts), lower))
    kept = dict.fromkeys(sorted(focus) or sorted(near)[:1])
    queue = list(kept)
    while queue:
        name = queue.pop(0)
        fresh = [other for _, other in sorted(near.get(name, [])) if other not in kept]
        # Who is held further up, or holds further down, comes before who only ends the picture.
        fresh.sort(key=lambda other: not near.get(other))
        room = max(0, min(fan, most - len(kept)))
        kept |= dict.fromkeys(fresh[:room])
        queue += fresh[:room]
    left = {name: sum(other not in kept for _, other in near.get(name, ())) for name in kept}
    hidden = {name: count for name, count in left.items() if count}
    return list(kept), hidden


def _draw(
    picture: Picture,
    cards: Mapping[str, Card],
    pairs: list[Pair],
    holdings: Mapping[Pair, list[Mapping[str, Any]]],
    hang: bool,
) -> None:
    layers = arrange(pairs, {name: card.half[0] for name, card in cards.items()}, hang=hang)
    at: dict[str, Point] = {}
    for level, row in enumerate(layers.rows):
        for name in row:
            at[name] = layers.x[name], level * _LEVEL
    crowd = Counter((name, end) for pair in pairs for end, name in enumerate(pair))
    for pair in pairs:
        closing = pair in layers.closing
        facts = holdings.get(pair, [])
        tip = "; ".join(f"{fact['id']}" for fact in facts)
        if closing:
            _loop(picture, at, cards, pair, _label(facts), tip)
            continue
        bends = [at[name] for name in layers.bends[pair]]
        start = _foot(at[pair[0]], cards[pair[0]], [*bends, at[pair[1]]][0])
        stop = _head(at[pair[1]], cards[pair[1]], [at[pair[0]], *bends][-1])
        points = [start, *bends, stop]
        picture.arrow(points, "main" if _weight(facts) > 0.5 else "", tip=tip)
        if facts:
            # Beside the end where fewer lines meet.
            low = crowd[pair[0], 0] > crowd[pair[1], 1]
            a, b = (points[-1], points[-2]) if low else (points[0], points[1])
            part = min(0.5, (26 if low else 19) / max(1.0, abs(b[1] - a[1])))
            where = a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part
            picture.words(where, [_label(facts)])
    for name, card in cards.items():
        picture.card(at[name], card)


def _label(facts: list[Mapping[str, Any]]) -> str:
    if any(fact["kind"] != "shareholder" for fact in facts):
        words = list(dict.fromkeys(on_line(fact) for fact in facts))
        return "、".join(words[:2]) + (" …" if len(words) > 2 else "")
    if any(share_of(fact) is None for fact in facts):
        return say("比例未知", "unknown")
    return percent(_weight(facts))


def _foot(at: Point, card: Card, toward: Point) -> Point:
    """Where a line leaves a card below, somewhat to the side it goes to."""
    reach = card.half[0] * 0.6
    return at[0] + max(-reach, min(reach, (toward[0] - at[0]) * 0.25)), at[1] + card.half[1] + 1


def _head(at: Point, card: Card, back: Point) -> Point:
    reach = card.half[0] * 0.7
    return at[0] + max(-reach, min(reach, (back[0] - at[0]) * 0.3)), at[1] - card.half[1] - 2


def _loop(
    picture: Picture, at: Mapping[str, Point], cards: Mapping[str, Card], pair: Pair, label: str,
    tip: str,
) -> None:  # fmt: skip
    """A holding upwards, dashed; one in itself as words."""
    upper, lower = pair
    (ax, ay), (bx, by) = at[upper], at[lower]
    if upper == lower:
        x, y = ax + cards[upper].half[0] + 6, ay
        picture.words((x, y), [f"↻ {say('自持', 'own')} {label}"], "start")
        return
    side = max(ax + cards[upper].half[0], bx + cards[lower].half[0]) + 36
    start = border(at[upper], cards[upper].half, (side, (ay + by) / 2))
    stop = border(at[lower], cards[lower].half, (side, (ay + by) / 2))
    picture.arrow([start, (side, start[1])], "closing", head=False, tip=tip)
    picture.arrow([(side, start[1]), (side, stop[1])], "closing", head=False, tip=tip)
    picture.arrow([(side, stop[1]), stop], "closing", tip=tip)
    picture.words((side, (ay + by) / 2), [label])
