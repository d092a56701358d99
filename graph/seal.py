"""Texts that only the holder of a key can read (AES-256-GCM), and the key of an embedded store.

The key that seals identifiers at rest is never in the store's file: LINKRISK_SEAL_KEY gives it as
text, or LINKRISK_SEAL_KEY_FILE names a file of 64 hexadecimal digits that its owner alone may read.
"""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from graph.errors import InputError, StoreCorrupt

KEY: Final = "LINKRISK_SEAL_KEY"
KEY_FILE: Final = "LINKRISK_SEAL_KEY_FILE"
_NONCE: Final = 12


class Seal:
    """Seals and opens texts under a key that is derived from the one given."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(hashlib.blake2b(b"linkrisk seal", key=key, digest_size=32).digest())

    def close(self, text: str) -> str:
        """The text, sealed, as base64; each time another one."""
        nonce = os.urandom(_NONCE)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), None)).decode()

    def open(self, sealed: str) -> str:
        """The text again; raises StoreCorrupt where it was altered."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            return self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], None).decode()
        except (InvalidTag, ValueError):
            raise StoreCorrupt("a sealed identifier was altered") from None


def given_key() -> bytes | None:
    """The sealing key of the environment; raises InputError for one that is weak or unreadable."""
    if text := os.environ.get(KEY):
        if len(text) < 16:
            raise InputError(f"{KEY} is shorter than 16 characters")
        return hashlib.sha256(text.encode()).digest()
    if not (path := os.environ.get(KEY_FILE)):
        return None
    try:
        if os.name == "posix" and Path(path).stat().st_mode & 0o077:
            raise InputError(f"{KEY_FILE}: {path} may be read by others: chmod 600 it")
        key = bytes.fromhex(Path(path).read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not hexadecimal digits"
        raise InputError(f"{KEY_FILE}: {path}: {why}") from None
    if len(key) != 32:
        raise InputError(f"{KEY_FILE}: {path} has not 64 hexadecimal digits")
    return key


def digest(key: bytes) -> bytes:
    """What a store keeps of its key: enough to know it again."""
    return hashlib.blake2b(b"linkrisk seal key", key=key, digest_size=32).digest()
