"""The service's log: lines of JSON, or plain ones in a terminal, each with its request's id.

Messages of errors can hold what was asked for, so a failure is logged by its type and the places
that it passed, without its message; LINKRISK_DEBUG shows that too.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from api.observing import REQUEST

if TYPE_CHECKING:
    from api.settings.own import Log

_PLAIN: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"


def set_up(settings: Log) -> None:
    """Log to standard error as the settings say, for this whole process."""
    handler = logging.StreamHandler(sys.stderr)
    plain = settings.format == "plain" or (settings.format == "auto" and sys.stderr.isatty())
    handler.setFormatter(Plain(_PLAIN) if plain else Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    # What others tell of their own doings: drivers name addresses and statements.
    for name in ("neo4j", "httpx", "httpcore", "urllib3", "opentelemetry", "uvicorn"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def places(info: Any) -> str:
    """Where a failure came from: its type and the lines of code, without its message."""
    kind, error, trace = info
    if os.environ.get("LINKRISK_DEBUG"):
        return "".join(traceback.format_exception(kind, error, trace)).rstrip()
    lines = traceback.format_tb(trace)
    cause = error.__cause__ if error is not None else None
    if cause is not None:
        lines += [f"from {type(cause).__name__}\n", *traceback.format_tb(cause.__traceback__)]
    return "".join([*lines, getattr(kind, "__name__", "")]).rstrip()


class Lines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        said: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if (ident := REQUEST.get()) is not None:
            said["request"] = ident
        said.update(getattr(record, "fields", {}))
        if record.exc_info:
            said["failure"] = places(record.exc_info)
        return orjson.dumps(said, default=str).decode()


class Plain(logging.Formatter):
    """A line for people."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # its name there
        """The line, with what an access line knows besides."""
        fields = getattr(record, "fields", {})
        ident = fields.get("request") or REQUEST.get()
        more = [f"{fields['ms']} ms", str(fields["caller"])] if "ms" in fields else []
        return " ".join([super().formatMessage(record), *more, *([ident] if ident else [])])

    def formatException(self, ei: Any) -> str:  # noqa: N802  # its name there
        """Places without a message."""
        return places(ei)
