"""Standard output and error of the verbs: answers go to the one, everything else to the other."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import click


def write_json(answer: bytes) -> None:
    """Exactly the answer's bytes and a newline."""
    write_bytes(answer + b"\n")


def write_bytes(body: bytes) -> None:
    """Bytes as they are, whatever was printed before them."""
    sys.stdout.flush()
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


def write_file(path: Path, written: Iterable[bytes]) -> int:
    """Write beside the destination, then take its place: a file is whole or not there. How many
    parts it was."""
    part = path.with_name(path.name + ".part")
    count = 0
    try:
        with part.open("wb") as stream:
            for line in written:
                stream.write(line)
                count += 1
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def say_timing(**seconds: float) -> None:
    """What took how long, on standard error, so that it never stands in an answer."""
    parts = (f"{name} {1000 * value:.1f} ms" for name, value in seconds.items())
    click.echo(" · ".join(parts), err=True)


def printable(text: str) -> str:
    """Text with what a terminal would obey taken out."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
