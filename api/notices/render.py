"""The page of a notice: one HTML file that refers to nothing outside itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from api.notices.content import ANSWER_DAYS, Content, content
from api.notices.known import Known
from api.notices.particulars import particulars
from api.notices.words import LANGUAGES, Language
from api.pages import templates
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from jinja2 import Environment

_REPAIR: Final = ("credit-repair-2026", "credit-repair-2023")


def render(
    answer: Mapping[str, Any],
    party: str,
    kind: str,
    given: Mapping[str, Any],
    *,
    lang: str = "both",
    names: Known | None = None,
) -> str:
    """The notice to one party of an `extend` answer, as HTML in Chinese, English or both.

    `party` is a canonical id, official key or record; `kind` one of `KINDS`; `given` the values of
    `Particulars`. `names` are what a store knew; without them ids stand for names. The same input
    makes the same bytes. Raises WrongUsage, InputError, Conflict (see `content`). Linear in the
    proof.

    Sources: 行政处罚法 arts. 44–45, 73; 征信业管理条例 art. 25; 个人信息保护法 arts. 24, 45–46.
    """
    if lang not in LANGUAGES:
        raise WrongUsage(f"lang: one of {', '.join(LANGUAGES)}, not {lang[:40]!r}")
    said = particulars(kind, given)
    return _page(content(answer, party, kind, said, names or Known()), LANGUAGES[lang])


def _page(found: Content, languages: tuple[Language, ...]) -> str:
    repair = next(name for name in _REPAIR if found.documents[name].holds(found.given.on))
    page: str = (
        _environment()
        .get_template("page.html")
        .render(c=found, langs=languages, answer_days=ANSWER_DAYS, repair=repair)
    )
    return page


@cache
def _environment() -> Environment:
    """The templates; read and compiled once: 0.1 s."""
    made = templates("api.notices")
    made.filters["day"] = lambda text, lang: lang.day(text)
    made.filters["word"] = lambda value, words: words.get(value, value)
    return made
