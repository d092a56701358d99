"""A graph in a notebook: one page that refers to nothing outside itself, drawn by Bokeh.

    draw(evidence(risk, answer))      # in Jupyter, marimo, and what either exports

The page stands in a frame of its own, so that names in it cannot reach the notebook, under a policy
by which it may load nothing.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from graph.errors import WrongUsage

if TYPE_CHECKING:
    import networkx

MOST: Final = 5_000  # nodes of one picture, ever
_HEIGHT: Final = 520  # px
_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
)
_PAGE: Final = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%(policy)s"><title>%(title)s</title>
<style>html,body{margin:0;height:100%%;font:13px/1.4 %(font)s;color:#1b2430;background:#fff}
body{display:flex;flex-direction:column}#drawn{flex:1;min-height:0}p{margin:4px 8px}
.cut{color:#a3123f;font-weight:600}</style></head><body>
%(said)s<div id="drawn" role="img" aria-label="%(title)s"></div>
<script type="application/json" id="data">%(data)s</script>
<script>(async()=>{try{
const packed=Uint8Array.from(atob("%(code)s"),c=>c.charCodeAt(0));
const code=await new Response(new Blob([packed]).stream()
 .pipeThrough(new DecompressionStream("gzip"))).text();
const script=document.createElement("script");script.textContent=code;document.head.append(script);
await Bokeh.embed.embed_item(JSON.parse(document.getElementById("data").textContent),"drawn");
document.body.dataset.drawn="yes";
}catch(e){document.getElementById("drawn").textContent="无法绘图 / cannot draw: "+e;}})();</script>
</body></html>"""


@dataclass(frozen=True)
class Drawing:
    """A picture to look around in: Jupyter and marimo show it as it is; `save` makes a file."""

    title: str
    page: str
    nodes: int  # drawn
    edges: int
    left_out: int  # nodes that are not
    height: int = _HEIGHT

    def html(self) -> str:
        """The frame with the picture, as it stands within another page."""
        return (
            f'<iframe sandbox="allow-scripts allow-downloads" title="{escape(self.title)}"'
            f' style="width:100%;height:{self.height}px;border:1px solid #d5dbe1;border-radius:4px"'
            f' srcdoc="{escape(self.page)}"></iframe>'
        )

    def _repr_html_(self) -> str:
        return self.html()

    def save(self, path: str | Path) -> None:
        """Write it as an HTML file that opens without a network."""
        Path(path).write_text(self.page, encoding="utf-8")


def draw(
    graph: networkx.Graph[Any],
    *,
    title: str = "",
    most: int = 1_000,
    places: Mapping[Hashable, tuple[float, float]] | None = None,
    height: int = _HEIGHT,
) -> Drawing:
    """A networkx graph as a picture that can be moved, zoomed and pointed at.

    `label`, `kind` of nodes and `label`, `when` of edges are shown where they are there; other ends
    of the same two nodes share one line. At most `most` nodes are drawn, the first of the graph
    (an answer's nearest), and how many are not stands above the picture: what is not drawn is not
    gone. `places` (x and y by node) take the place of the layout. Needs the extra `notebook`;
    raises WrongUsage without it, for `most` outside 1 to 5,000, and for nodes without a place.
    """
    try:
        from api.client.figure import figure_of
    except ImportError:
        raise WrongUsage("draw() needs bokeh: pip install 'linkrisk[notebook]'") from None
    from api.client.placing import places as placed
    from api.report.style import FONT

    if not 1 <= most <= MOST:
        raise WrongUsage(
            f"most: 1 to {MOST:,} nodes can be drawn, not {most:,}; the explorer shows more"
            f" / 一张图最多画 {MOST:,} 个节点, 更多请用图谱浏览器"
        )
    kept = list(graph)[:most]
    left_out = len(graph) - len(kept)
    shown = graph.subgraph(kept) if left_out else graph
    at = dict(placed(shown) if places is None else places)
    if missing := [node for node in kept if node not in at]:
        raise WrongUsage(
            f"places: {len(missing):,} nodes have none, {str(missing[0])[:40]} for one"
        )
    item, lines = figure_of(shown, kept, at, height)
    name = title or f"{len(kept):,} 个主体 subjects, {lines:,} 条连线 lines"
    said = f"<p>{escape(name)}</p>"
    if left_out:
        cut = (
            f"只画出 {len(graph):,} 个主体中的前 {len(kept):,} 个，其余 {left_out:,} 个未画出 / "
            f"the first {len(kept):,} of {len(graph):,} subjects are drawn, {left_out:,} are not"
            f" (most={most})"
        )
        said += f'<p class="cut">{escape(cut)}</p>'
    data = orjson.dumps(item).decode().replace("<", "\\u003c")
    page = _PAGE % {
        "policy": _POLICY, "title": escape(name), "font": escape(FONT), "said": said,
        "data": data, "code": _code(),
    }  # fmt: skip
    return Drawing(name, page, len(kept), lines, left_out, height)


@cache
def _code() -> str:
    """Bokeh's own script, packed: 0.47 MB of text instead of 1.27."""
    import bokeh

    script = Path(bokeh.__file__).parent / "server" / "static" / "js" / "bokeh.min.js"
    return base64.b64encode(gzip.compress(script.read_bytes(), 9, mtime=0)).decode()
