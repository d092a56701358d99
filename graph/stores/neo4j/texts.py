"""The Cypher of this store: `.cypher` files beside this module, with three things put in.

`__NAME__` is a label, type or list of fields from `names`, never anything from a fact;
`@time(s, us)` makes a datetime at +08:00 of seconds and microseconds, null where s is null;
`@micros(t)` makes microseconds of a datetime. Everything else is a parameter.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "cypher"
_TIME: Final = re.compile(r"@time\(([^,()]+), *([^,()]+)\)")
_MICROS: Final = re.compile(r"@micros\(([^()]+)\)")
_MARK: Final = re.compile(r"__([A-Z]+)__")


@lru_cache(maxsize=1024)
def text(name: str, **marks: str) -> str:
    """The text of `cypher/NAME.cypher` as it is written there, its marks filled in, comments left
    out; raises KeyError for a mark not given."""
    lines = (_FOLDER / f"{name}.cypher").read_text(encoding="utf-8").splitlines()
    kept = "\n".join(line for line in lines if line.strip() and not line.startswith("//"))
    return _MARK.sub(lambda mark: marks[mark[1]], kept)


@lru_cache(maxsize=1024)
def cypher(name: str, **marks: str) -> str:
    """The same as the server takes it."""
    timed = _TIME.sub(
        r"CASE WHEN \1 IS NULL THEN null"
        r" ELSE datetime({epochSeconds: \1, microsecond: \2, timezone: '+08:00'}) END",
        text(name, **marks),
    )
    # Of seconds, Cypher would give the next one for a part of a second before 1970.
    return _MICROS.sub(r"(\1.epochMillis * 1000 + \1.microsecond % 1000)", timed)
