"""What is written: a document of sections, set as one page that refers to nothing outside itself.

A report of any kind is made as a `Document`; `render` is the one way from there to HTML, for a
screen or for paper, where `api.notices.pdf` sets it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final

from api.pages import templates, tidied
from api.report.canvas import Picture, clean
from api.report.style import FONT, PRINTED, sheet, variables
from api.report.tables import Evidence, Part, Table
from api.report.words import halves, kind_words, say, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment
    from jinja2.runtime import Context
    from markupsafe import Markup

_RUN: Final = 12
_LONG: Final = re.compile(r"[!-~]{18,}")
_TAGS: Final = {"zh": "zh-CN", "en": "en", "both": "zh-CN"}
# What pages leave to a picture below a heading, px: A4 upright, A4 and A3 on their side.
_PAGES: Final = {"upright": (690.0, 880.0), "aside": (1010.0, 490.0), "large": (1480.0, 790.0)}
_READABLE: Final = 0.66  # of the size on a screen: words of 5.5 to 6.5 points


@dataclass(frozen=True)
class Said:
    """A text in Chinese and English."""

    zh: str
    en: str

    def __str__(self) -> str:
        return say(self.zh, self.en) if self.two else self.zh or self.en

    @classmethod
    def of(cls, text: str) -> Said:
        """An answer's words `zh / en`, or `en / zh`."""
        return cls(*halves(text))

    @property
    def two(self) -> bool:
        """Whether the two say it in different words."""
        return bool(self.zh and self.en) and self.zh != self.en


@dataclass(frozen=True)
class Text:
    """A paragraph. `look`: nothing, `note` for small words, `cut` for what was not looked at."""

    what: ClassVar[str] = "text"
    said: Said
    look: str = ""


@dataclass(frozen=True)
class Figure:
    """A picture as it is set: its SVG, and the page that it needs (`upright`, `aside`, `large`)."""

    what: ClassVar[str] = "figure"
    svg: str
    page: str = "upright"


@dataclass(frozen=True)
class Grid:
    """A table of an answer with so many rows, or under words of its own."""

    what: ClassVar[str] = "grid"
    table: Table
    total: int = 0
    caption: Said | None = None


@dataclass(frozen=True)
class Pairs:
    """Names with their values."""

    what: ClassVar[str] = "pairs"
    rows: Sequence[tuple[Said, Sequence[Part]]]


@dataclass(frozen=True)
class Command:
    """A command line."""

    what: ClassVar[str] = "command"
    text: str


@dataclass(frozen=True)
class Proofs:
    """Facts that one section stands on, in the section itself."""

    what: ClassVar[str] = "proofs"
    facts: Sequence[Evidence]


Block = Text | Figure | Grid | Pairs | Command | Proofs


@dataclass
class Section:
    """A heading with what stands below it; `level` 2, or 3 for a part of the one before."""

    key: str
    title: Said
    blocks: list[Block] = field(default_factory=list)
    level: int = 2

    @property
    def lead(self) -> tuple[int, str]:
        """How many blocks up to its first picture stay on one page with the heading; and that
        page."""
        for at, block in enumerate(self.blocks):
            if isinstance(block, Figure):
                return at + 1, block.page
            if not isinstance(block, Text):
                break
        return 0, ""

    @property
    def own(self) -> str:
        """What the anchors of its facts begin with: its own, where they stand within it."""
        return self.key if any(isinstance(block, Proofs) for block in self.blocks) else ""


@dataclass
class Document:
    """A report. `facts` and `subjects` are its appendices: whatever it cites and names."""

    title: Said
    subtitle: str = ""
    intro: list[Said] = field(default_factory=list)
    about: list[tuple[Said, Sequence[Part]]] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    facts: Sequence[Evidence] = ()
    subjects: Sequence[Mapping[str, str]] = ()
    last: list[Section] = field(default_factory=list)  # behind the appendices
    meta: dict[str, str] = field(default_factory=dict)  # said to programs
    wide: bool = False  # as many columns as the screen has room for

    @property
    def name(self) -> str:
        """The title with whom it is about."""
        return f"{self.title} {self.subtitle}".strip()


def figure(picture: Picture, style: str) -> Figure:
    """A picture for a page of this style."""
    from markupsafe import Markup

    svg = picture.svg(style="paper" if style == "paper" else "page")
    wide, high = picture.size
    fits = {name: min(1.0, w / wide, h / high) for name, (w, h) in _PAGES.items()}
    page = next((name for name, scale in fits.items() if scale >= _READABLE), "")
    if not page:
        page = max(fits, key=lambda name: fits[name])
    return Figure(Markup(svg), page)  # noqa: S704  # every text in it was escaped


def render(document: Document, style: str = "screen") -> str:
    """The whole page in what is spoken, for a `screen` or for `paper`. The same document makes the
    same bytes. Linear in what stands in it."""
    from markupsafe import Markup

    numbers = {fact.id: number for number, fact in enumerate(document.facts, 1)}
    looks = "" if style == "paper" else sheet()
    made: str = _environment().get_template("page.html").render(
        doc=document,
        numbers=numbers,
        spoken=spoken(),
        tag=_TAGS[spoken()],
        paper=style == "paper",
        style=Markup(variables(":root") + looks),  # noqa: S704  # our own constants
        font=Markup(PRINTED if style == "paper" else FONT),  # noqa: S704
    )  # fmt: skip
    return made


def _broken(context: Context, text: str) -> Markup | str:
    """On paper a text with places to break it where there would be none for long: a column of a
    table is as wide as its longest word."""
    if not context.resolve("paper") or not _LONG.search(text):
        return text
    from markupsafe import Markup, escape

    parts = re.split(f"({_LONG.pattern})", clean(text))
    for at, part in enumerate(parts):
        runs = [part[i : i + _RUN] for i in range(0, len(part), _RUN)] if at % 2 else [part]
        parts[at] = Markup("<wbr>").join(map(escape, runs))
    return Markup("").join(parts)


@cache
def _environment() -> Environment:
    """The template, read and compiled once."""
    from jinja2 import pass_context

    def tidy(value: Any) -> Any:
        return clean(str(value)) if isinstance(value, Said) else tidied(value)

    made = templates("api.report", finalize=tidy)
    made.filters["kind"] = kind_words
    made.filters["broken"] = pass_context(_broken)
    return made


__all__ = [
    "Block", "Command", "Document", "Figure", "Grid", "Pairs", "Proofs", "Said", "Section", "Text",
    "figure", "render",
]  # fmt: skip
