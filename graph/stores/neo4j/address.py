"""The address of a Neo4j store: `neo4j://user:password@host:7687/database` and its parts."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from graph.errors import InputError

SCHEMES: Final = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
_PORT: Final = 7687


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is and who asks it; prints without the password."""

    url: str = field(repr=False)  # as it was given, so that another process can open the same
    uri: str
    user: str
    password: str = field(repr=False)
    database: str | None

    @property
    def shown(self) -> str:
        """The address without credentials, for messages."""
        return f"{self.uri}/{self.database}" if self.database else self.uri


def parse(url: str) -> Address:
    """The parts of an address. User and password that it does not name come from NEO4J_USERNAME
    and NEO4J_PASSWORD; without any, the server is asked without credentials.

    Raises InputError, which never quotes the address: it may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORT
    except ValueError:
        raise InputError("not a store's address: its port is not a number") from None
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise InputError("not a store's address: neo4j://user:password@host:7687 is one")
    if parts.query or parts.fragment:
        raise InputError("a Neo4j store's address has no ? or #: write %3F and %23 in a password")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Address(
        url,
        f"{parts.scheme}://{host}:{port}",
        unquote(parts.username or "") or os.environ.get("NEO4J_USERNAME", ""),
        unquote(parts.password or "") or os.environ.get("NEO4J_PASSWORD", ""),
        unquote(parts.path.strip("/")) or None,
    )
