"""How things look: one colour and one shape for each kind, for light and dark surroundings.

The hues are those of Okabe and Ito (Color Universal Design, 2008), darkened or lightened until a
mark stands out 3:1 and text 4.5:1 from what it lies on (WCAG 2.2, 1.4.11 and 1.4.3). Colour never
stands alone: every kind has its own shape, and every line its words.
"""

from __future__ import annotations

from typing import Final

# kind: (colour on light, colour on dark, the shape's points in a box of -1..1; () is a circle)
_SQUARE: Final = ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85))
_DIAMOND: Final = ((0, -1), (1, 0), (0, 1), (-1, 0))
_TRIANGLE: Final = ((0, -1), (1, 0.85), (-1, 0.85))
_HOUSE: Final = ((0, -1), (0.9, -0.1), (0.9, 0.9), (-0.9, 0.9), (-0.9, -0.1))
_HEXAGON: Final = ((-0.5, -0.9), (0.5, -0.9), (1, 0), (0.5, 0.9), (-0.5, 0.9), (-1, 0))
_BAR: Final = ((-0.5, -1), (0.5, -1), (0.5, 1), (-0.5, 1))
_FLAG: Final = ((-1, -0.9), (1, 0), (-1, 0.9))
_STAR: Final = (
    (0, -1), (0.3, -0.3), (1, -0.25), (0.45, 0.2), (0.65, 0.95),
    (0, 0.5), (-0.65, 0.95), (-0.45, 0.2), (-1, -0.25), (-0.3, -0.3),
)  # fmt: skip

Points = tuple[tuple[float, float], ...]
KINDS: Final[dict[str, tuple[str, str, Points]]] = {
    "company": ("#0072b2", "#56b4e9", _SQUARE),
    "person": ("#b84a00", "#f08a3c", ()),
    "account": ("#00775a", "#2dc79b", _DIAMOND),
    "phone": ("#8a3a8a", "#d99ad9", _TRIANGLE),
    "address": ("#6b5200", "#d8c04a", _HOUSE),
    "device": ("#4d4d4d", "#b8b8b8", _BAR),
    "loan": ("#a3123f", "#ff7fa0", _FLAG),
    "event": ("#5b4fc9", "#a79cff", _STAR),
}
SHEETS: Final = {
    "light": {
        "ground": "#ffffff", "card": "#f7f9fb", "ink": "#1b2430", "soft": "#4d5967",
        "line": "#687482", "alarm": "#a3123f",
    },
    "dark": {
        "ground": "#151a21", "card": "#1e262f", "ink": "#e8edf3", "soft": "#b3bfcb",
        "line": "#8b98a6", "alarm": "#ff8fab",
    },
}  # fmt: skip
FONT: Final = (
    "system-ui,-apple-system,'Segoe UI','PingFang SC','Hiragino Sans GB','Microsoft YaHei',"
    "'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC',sans-serif"
)

# What is installed where PDFs are made; it has Latin letters, too.
PRINTED: Final = "'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC',sans-serif"


def _colours(sheet: str) -> dict[str, str]:
    dark = sheet == "dark"
    return SHEETS[sheet] | {kind: look[1] if dark else look[0] for kind, look in KINDS.items()}


def _variables(sheet: str) -> str:
    return "".join(f"--{name}:{value};" for name, value in _colours(sheet).items())


def variables(scope: str) -> str:
    """CSS custom properties of every colour for `scope`, following the reader's setting."""
    dark = f"@media screen and (prefers-color-scheme:dark){{{scope}{{{_variables('dark')}}}}}"
    return f"{scope}{{{_variables('light')}}}{dark}"


def paper() -> str:
    """The same in plain colours, for programs that know no custom properties."""
    plain = sheet().partition("}}")[2]
    for name, colour in _colours("light").items():
        plain = plain.replace(f"var(--{name})", colour)
    return plain.replace(f"font:13px/1.2 {FONT}", f"font-size:13px;font-family:{PRINTED}")


def sheet() -> str:
    """The style of pictures, scoped to `.lr`."""
    fills = "".join(f".lr .{kind}{{fill:var(--{kind})}}" for kind in KINDS)
    strokes = "".join(f".lr .card.{kind}{{stroke:var(--{kind})}}" for kind in KINDS)
    return (
        variables(".lr") + f".lr{{font:13px/1.2 {FONT};background:var(--ground)}}"
        ".lr .ground{fill:var(--ground)}.lr text{fill:var(--ink)}"
        ".lr .soft{fill:var(--soft);font-size:11px}.lr .strong{font-weight:600}"
        ".lr .edge{fill:none;stroke:var(--line);stroke-width:1.4}"
        ".lr .main{stroke-width:2.6}.lr .closing{stroke-dasharray:6 4}"
        ".lr .head{fill:var(--line)}"
        ".lr .label{font-size:11px}"
        + fills
        + ".lr .card{fill:var(--card);stroke:var(--line);stroke-width:1.4}"
        + strokes
        + ".lr .card.focus{stroke-width:3.2}.lr .card.more{stroke-dasharray:4 3}"
        ".lr .card.listed{stroke:var(--alarm);stroke-width:3.2}.lr .alarm{fill:var(--alarm)}"
    )
