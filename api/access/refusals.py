"""What a caller may not do: errors that HTTP answers with 403 and 429."""

from __future__ import annotations

from graph.errors import LinkriskError


class Forbidden(LinkriskError):
    """The caller is known and has not been granted this."""

    exit_code = 3
    status = 403
