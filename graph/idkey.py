"""The key that personal identifiers are hashed with, as the environment gives it."""

from __future__ import annotations

import hashlib
import os

from graph.errors import InputError


def given_key() -> bytes | None:
    """The id key of the environment, LINKRISK_ID_KEY; raises InputError for a weak one."""
    text = os.environ.get("LINKRISK_ID_KEY")
    if not text:
        return None
    if len(text) < 16:
        raise InputError("LINKRISK_ID_KEY is shorter than 16 characters")
    return hashlib.sha256(text.encode()).digest()
