"""What a store is called after a batch, and which of two versions is newer: for every store."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np


def compare_versions(new: str | None, old: str | None) -> int:
    """-1, 0 or 1 as `new` is older, equal or incomparable, or newer; numbers compare as numbers."""
    if new is None or old is None or new == old:
        return 0
    if new.isdigit() and old.isdigit():
        return 1 if int(new) > int(old) else -1
    return 1 if new > old else -1


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
