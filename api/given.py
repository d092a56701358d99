"""What verbs are given in a file, or on standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from graph.errors import BadFile


def json_of(source: str, what: str, kind: Any = Any) -> Any:
    """The JSON value of a type in a file (`-`: standard input); raises BadFile, for other content
    with `what` it is not."""
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return msgspec.json.decode(data, type=kind)
    except OSError as error:
        raise BadFile(f"{source}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFile(f"{source}: not {what}: {error}") from None
