"""A page as PDF, with its fonts embedded.

WeasyPrint (BSD) sets it: it reads the same HTML and CSS as a browser, so there is one page to keep.
It needs Pango, and a Chinese font on this machine.
"""

from __future__ import annotations

import logging
import threading
import warnings
from typing import Any, Final

from graph.errors import LinkriskError

_SYSTEM: Final = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk"
_NO_FONT: Final = "PDF needs a Chinese font; on Debian: apt-get install fonts-noto-cjk"
_CJK: Final = ((0x2E80, 0x9FFF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF))
_ONE: Final = threading.Lock()  # Pango's font map is one for the process


class NoPdf(LinkriskError):
    """Something that PDF needs is not on this machine."""

    status = 501


class _Missing(logging.Handler):
    """Keeps the characters that no font on this machine has."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.points: set[int] = set()

    def emit(self, record: logging.LogRecord) -> None:
        if record.args and ".notdef" in str(record.msg):
            self.points |= {arg for arg in record.args if isinstance(arg, int)}


def pdf(html: str, *, tagged: bool = False) -> bytes:
    """The PDF of a page, A4. Nothing outside the page is fetched. `tagged`: with its structure, for
    programs that read aloud.

    Raises NoPdf where the extra `pdf`, Pango or a Chinese font is missing, so that no notice with
    empty boxes for its words is ever made.
    """
    missing, log = _Missing(), logging.getLogger("weasyprint")
    with _ONE:
        page, fetcher = _library()
        log.addHandler(missing)
        try:
            made: bytes = page(string=html, url_fetcher=fetcher).write_pdf(pdf_tags=tagged)
        finally:
            log.removeHandler(missing)
    if any(first <= point <= last for point in missing.points for first, last in _CJK):
        raise NoPdf(_NO_FONT)
    return made


def _library() -> tuple[Any, Any]:
    """WeasyPrint's page, and a fetcher to which every protocol is forbidden."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # no font at all: Pango would crash
            from weasyprint import HTML
            from weasyprint.urls import URLFetcher
    except ImportError:
        raise NoPdf("PDF needs an extra: pip install 'linkrisk[pdf]'") from None
    except OSError:
        raise NoPdf(f"PDF needs Pango; on Debian: apt-get install {_SYSTEM}") from None
    except UserWarning:
        raise NoPdf(_NO_FONT) from None
    return HTML, URLFetcher(allowed_protocols=())
