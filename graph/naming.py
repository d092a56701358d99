"""What a store is called after a batch, and which of two versions is newer: for every store."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np


def compare_versions(new: str | None, old: str | None) -> int:
    """-1, 0 or 1 as `new` is older, equal or unknown, or newer; numbers compare as numbers."""
    if new is None or old is None or new == old:
        return 0
    if new.isdecimal() and old.isdecimal():
        return _compare(_number(new), _number(old))
    return _compare(new, old)


def _number(digits: str) -> tuple[int, str]:
    """What orders texts of digits as numbers, however long they are."""
    plain = unicodedata.normalize("NFKC", digits).lstrip("0")
    return len(plain), plain


def _compare(new: Any, old: Any) -> int:
    return int(new > old) - int(new < old)


def add_events(
    previous: bytes, recorded_at: int, asserted: Sequence[bytes], retracted: Sequence[bytes]
) -> bytes:
    """The store's name after a batch: the name before plus a digest of its events, mod 2**256.

    Digests of one batch are summed lane by lane (as LtHash does), so neither the order of facts
    in a batch nor the order of batches changes the name.
    """
    total = int.from_bytes(previous, "big")
    for sign, digests in (("+", asserted), ("-", retracted)):
        if digests:
            lanes = np.frombuffer(b"".join(digests), dtype="<u8").reshape(-1, 2)
            body = f"{recorded_at}{sign}{len(digests)}".encode()
            body += lanes.sum(axis=0, dtype=np.uint64).tobytes()
            total += int.from_bytes(hashlib.blake2b(body, digest_size=32).digest(), "big")
    return (total % 2**256).to_bytes(32, "big")
