"""PDFs read back with Poppler, where there is what sets and reads them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from api.notices.pdf import NoPdf, pdf


def why_not() -> str | None:
    """What is missing for a PDF: Pango, a font; None where one can be made."""
    try:
        pdf("<p>中文</p>")
    except NoPdf as error:
        return str(error)
    return None


def needed() -> None:
    """Skip where PDFs cannot be made or read: `.ci/fonts` brings what is missing where it may, so
    that under CI as root it is a failure."""
    why = why_not() or (None if shutil.which("pdftotext") else "no pdftotext")
    if why is None:
        return
    if os.environ.get("CI") and os.geteuid() == 0:
        pytest.fail(why)
    pytest.skip(f"{why} (.ci/fonts)")


def poppler(program: str, made: bytes, tmp_path: Path, *options: str) -> str:
    """What one of Poppler's programs says of a PDF."""
    path = tmp_path / "made.pdf"
    path.write_bytes(made)
    to = ["-"] if program == "pdftotext" else []
    command = [program, *options, str(path), *to]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout
