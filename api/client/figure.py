"""A graph as a figure of Bokeh: a mark for each kind, lines with arrows, words where they fit."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from bokeh.embed import json_item
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.plotting import figure

from api.report.canvas import clean
from api.report.style import KINDS, SHEETS
from api.report.words import kind_words

if TYPE_CHECKING:
    import networkx

Places = Mapping[Hashable, tuple[float, float]]
_NAMED: Final = 60  # nodes whose names are all written
_BUSIEST: Final = 25  # of more nodes, so many: the best-connected ones
_CROWD: Final = 500  # nodes from which on marks and lines are thinner
_WORDED: Final = 80  # lines beside which words are written; more are told to the pointer alone
_FACTS: Final = 6  # of one line that the pointer is told
_ARROW: Final = 0.72  # how far along its line an arrow stands
_MARKS: Final = {
    "company": "square", "person": "circle", "account": "diamond", "phone": "triangle",
    "address": "inverted_triangle", "device": "square_pin", "loan": "hex", "event": "star",
}  # fmt: skip
_INK: Final = SHEETS["light"]
_OTHER: Final = "其他 other"


def figure_of(
    graph: networkx.Graph[Any], nodes: Sequence[Hashable], at: Places, height: int
) -> tuple[dict[str, Any], int]:
    """What Bokeh's script draws, and how many lines are in it. O(nodes + edges)."""
    shown = figure(
        height=height, sizing_mode="stretch_both", match_aspect=True, toolbar_location="above",
        tools="pan,wheel_zoom,box_zoom,reset,save", active_scroll="wheel_zoom",
        x_axis_type=None, y_axis_type=None, background_fill_color=_INK["ground"],
    )  # fmt: skip
    shown.grid.visible = False
    shown.toolbar.logo = None
    lines = _lines(graph, at)
    _draw_lines(shown, lines, directed=graph.is_directed())
    _draw_nodes(shown, graph, nodes, at)
    return dict(json_item(shown)), len(lines["xs"])


def _lines(graph: networkx.Graph[Any], at: Places) -> dict[str, list[Any]]:
    """One line for each two nodes, with all that the edges between them say."""
    between: dict[tuple[Hashable, Hashable], list[tuple[bool, Mapping[str, Any]]]] = {}
    for a, b, said in graph.edges(data=True):
        if a == b:
            continue
        turned = (b, a) in between
        between.setdefault((b, a) if turned else (a, b), []).append((turned, said))
    made: dict[str, list[Any]] = {k: [] for k in ("xs", "ys", "x", "y", "turn", "words", "told")}
    for (a, b), edges in between.items():
        (ax, ay), (bx, by) = at[a], at[b]
        both = len({turned for turned, _ in edges}) > 1
        if edges[0][0] and not both:
            (ax, ay), (bx, by) = (bx, by), (ax, ay)
        made["xs"].append([ax, bx])
        made["ys"].append([ay, by])
        made["x"].append((ax + bx) / 2)
        made["y"].append((ay + by) / 2)
        made["turn"].append(None if both else math.atan2(by - ay, bx - ax) - math.pi / 2)
        labels = [clean(str(said.get("label") or said.get("kind") or "")) for _, said in edges]
        words = list(dict.fromkeys(filter(None, labels)))
        made["words"].append("\n".join(words[:2]) + (f" … {len(words)}" if len(words) > 2 else ""))
        told = [_told(label, said) for label, (_, said) in zip(labels, edges, strict=True)]
        more = [f"… +{len(told) - _FACTS}"] if len(told) > _FACTS else []
        made["told"].append("; ".join([*told[:_FACTS], *more]))
    return made


def _told(label: str, said: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (label, clean(str(said.get("when") or "")))))


def _draw_lines(shown: Any, lines: dict[str, list[Any]], *, directed: bool) -> None:
    alpha = 0.7 if len(lines["xs"]) <= _CROWD else 0.25
    drawn = shown.multi_line(
        "xs", "ys", source=ColumnDataSource({k: lines[k] for k in ("xs", "ys", "told")}),
        line_color=_INK["line"], line_width=1.2, line_alpha=alpha,
        hover_line_color=_INK["alarm"], hover_line_width=2.5, hover_line_alpha=1,
    )  # fmt: skip
    shown.add_tools(HoverTool(renderers=[drawn], tooltips=[("", "@told")], line_policy="interp"))
    rows = zip(lines["xs"], lines["ys"], lines["turn"], strict=True)
    heads = [
        (xs[0] + _ARROW * (xs[1] - xs[0]), ys[0] + _ARROW * (ys[1] - ys[0]), turn)
        for xs, ys, turn in rows
        if directed and turn is not None
    ]
    if heads:
        x, y, turn = zip(*heads, strict=True)
        shown.scatter(
            list(x), list(y), angle=list(turn), marker="triangle", size=7,
            fill_color=_INK["line"], line_color=None,
        )  # fmt: skip
    if len(lines["xs"]) <= _WORDED:
        shown.text(
            "x", "y", "words", source=ColumnDataSource({k: lines[k] for k in ("x", "y", "words")}),
            text_font_size="11px", text_color=_INK["soft"], text_align="center",
            text_baseline="middle", background_fill_color=_INK["ground"], background_fill_alpha=0.8,
        )  # fmt: skip


def _draw_nodes(
    shown: Any, graph: networkx.Graph[Any], nodes: Sequence[Hashable], at: Places
) -> None:
    by_kind: dict[str, list[Hashable]] = {}
    for node in nodes:
        by_kind.setdefault(str(graph.nodes[node].get("kind", "")), []).append(node)
    busy = sorted(nodes, key=lambda node: -graph.degree(node))
    named = set(busy if len(busy) <= _NAMED else busy[:_BUSIEST])
    size = 12 if len(nodes) <= _CROWD else 6
    for kind, group in by_kind.items():
        labels = [clean(str(graph.nodes[node].get("label", node))) for node in group]
        source = ColumnDataSource({
            "x": [at[node][0] for node in group], "y": [at[node][1] for node in group],
            "label": labels, "id": [clean(str(node)) for node in group],
            "kind": [kind_words(kind) or _OTHER] * len(group),
            "links": [graph.degree(node) for node in group],
            "shown": [t if n in named else "" for n, t in zip(group, labels, strict=True)],
        })  # fmt: skip
        colour = KINDS[kind][0] if kind in KINDS else _INK["soft"]
        legend = f"{kind_words(kind) or _OTHER} {len(group):,}"
        marks = shown.scatter(
            "x", "y", source=source, marker=_MARKS.get(kind, "circle_x"), size=size,
            fill_color=colour, line_color=_INK["ground"], legend_label=legend,
            hover_line_color=_INK["alarm"],
        )  # fmt: skip
        tips = [("", "@label"), ("", "@kind"), ("", "@id"), ("连线 links", "@links")]
        shown.add_tools(HoverTool(renderers=[marks], tooltips=tips))
        shown.text(
            "x", "y", "shown", source=source, text_font_size="12px", text_color=_INK["ink"],
            y_offset=16, text_align="center", text_baseline="middle", legend_label=legend,
        )  # fmt: skip
    if by_kind:
        shown.legend.click_policy = "hide"
        shown.legend.title = "点击隐藏 / click to hide"
        shown.legend.background_fill_alpha = 0.8
