"""The store's id key, and what it seals.

Whoever may open Browser reads the whole database, so the key is never in it: it is given as
LINKRISK_ID_KEY, or kept in a file of its own beside the service. Identifiers that the graph shows
masked are kept sealed (AES-256-GCM under a key derived from it), so that whoever has the key can
have them back.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Final

from graph.errors import InputError
from graph.idkey import given_key

_OTHER: Final = "LINKRISK_ID_KEY is not the key that this store was made with"


def _file(store_id: str) -> Path:
    home = os.environ.get("LINKRISK_KEYS")
    if home:
        return Path(home) / f"{store_id}.key"
    data = os.environ.get("XDG_DATA_HOME")
    base = Path(data) if data else Path.home() / ".local" / "share"
    return base / "linkrisk" / "keys" / f"{store_id}.key"


def digest(key: bytes) -> str:
    """What a database keeps of its key: enough to know it again."""
    return hashlib.sha256(key).hexdigest()


def new_key(store_id: str, given: bytes | None = None) -> bytes:
    """The key of a new store: `given`, LINKRISK_ID_KEY, or a random one; kept in its file unless
    the environment gives it. Raises InputError where the file cannot be written."""
    from_environment = given_key()
    if from_environment is not None:
        if given is not None and given != from_environment:
            raise InputError(_OTHER)
        return from_environment
    key = given or secrets.token_bytes(32)
    path = _file(store_id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise InputError(f"the id key cannot be kept in {path}: {error.strerror}") from None
    return key


def kept_in(store_id: str) -> Path | None:
    """The file that keeps a store's key; None where LINKRISK_ID_KEY gives it."""
    return _file(store_id) if given_key() is None else None


def forget(store_id: str) -> None:
    """Remove the file of a store whose making failed."""
    _file(store_id).unlink(missing_ok=True)


def find_key(store_id: str, expected: str) -> bytes:
    """The key of an existing store, checked by its digest; raises InputError without it."""
    key = given_key()
    if key is None:
        path = _file(store_id)
        try:
            key = bytes.fromhex(path.read_text().strip())
        except FileNotFoundError:
            raise InputError(
                f"this store's id key is not in the database: give it as LINKRISK_ID_KEY, or copy"
                f" {path} from where the store was made"
            ) from None
        except (OSError, ValueError) as error:
            raise InputError(f"the id key in {path} cannot be read: {error}") from None
        if digest(key) != expected:
            raise InputError(f"{path} is not the key that this store was made with")
    elif digest(key) != expected:
        raise InputError(_OTHER)
    return key
