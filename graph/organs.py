"""Which bodies are organs of the state, by what a record says of their form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson

_FORMS: Final = frozenset({
    "state", "state organ", "state body", "statebody", "government", "government body",
    "government department", "public authority",
})  # fmt: skip
_PARTS: Final = ("机关", "国资委", "国有资产监督管理", "人民政府", "政府部门")


def is_organ(form: Any) -> bool:
    """Whether a form (`attrs.form`) is that of a state organ: 机关法人, state organ, ..."""
    if not isinstance(form, str):
        return False
    plain = " ".join(form.casefold().replace("_", " ").replace("-", " ").split())
    return plain in _FORMS or any(part in form for part in _PARTS)


def is_organ_key(canonical: str) -> bool:
    """Whether a canonical id is of an organ of the state: GB 32100, first digits 1 (registered
    with the office of posts and bodies) and 1 (机关)."""
    return canonical.startswith("cn:uscc:11")


def organs_of(payloads: Sequence[str | None]) -> list[bool]:
    """Which of these records say that they are organs of the state."""
    return [
        payload is not None
        and '"form"' in payload
        and is_organ((orjson.loads(payload).get("attrs") or {}).get("form"))
        for payload in payloads
    ]
