"""Templates of what people read: a name that is missing is an error, no text is markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.report.canvas import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment


def tidied(value: Any) -> Any:
    """A text without control characters; all else as it is."""
    return clean(value) if type(value) is str else value


def templates(package: str, finalize: Callable[[Any], Any] = tidied) -> Environment:
    """The templates that lie in a package: HTML, and texts of another ending, in which nothing is
    markup. Reading and compiling one takes 0.1 s: keep them."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader(package, ""),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
