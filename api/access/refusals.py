"""What a caller may not do: an error that HTTP answers with 403."""

from __future__ import annotations

from graph.errors import LinkriskError


class Forbidden(LinkriskError):
    """The caller is known and has not been granted this."""

    exit_code = 3
    status = 403
