"""The division that a company is registered in, by its unified social credit code.

Digits 3 to 8 of the code are the division of the registering office (GB 32100-2015, codes of
GB/T 2260). Names come from the table that `python-stdnum` reads resident ids by; a code that it
does not know is told as it is.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, Literal

Level = Literal["province", "prefecture", "county"]
DIGITS: Final[dict[str, int]] = {"province": 2, "prefecture": 4, "county": 6}
_CODE: Final = re.compile(r"cn:uscc:[0-9A-Z]{2}(\d{6})[0-9A-Z]{10}")
_WHEN: Final = re.compile(r"\[[^\]]*\]")


def region_of(canonical: str, level: Level) -> str | None:
    """The code of a subject's division: 2 digits of a province, 4 of a prefecture, 6 of a county.
    None for whoever has no credit code, or one of the state's own offices (100000)."""
    found = _CODE.fullmatch(canonical)
    return None if found is None else found[1][: DIGITS[level]]


@cache
def name_of(code: str) -> str | None:
    """The name of a division, with those that it lies in, as it was called last; None where it is
    not known."""
    from stdnum import numdb

    table = numdb.get("cn/loc")
    parts = [_named(table, code[:digits].ljust(6, "0")) for digits in DIGITS.values()
             if digits <= len(code)]  # fmt: skip
    if not parts or parts[-1] is None:
        return None
    return "".join(dict.fromkeys(part for part in parts if part and part != "市辖区"))


def _named(table: object, code: str) -> str | None:
    info: list[tuple[str, dict[str, str]]] = table.info(code)  # type: ignore[attr-defined]  # stdnum's
    said = info[-1][1].get("county") if len(info) > 1 else None
    return None if said is None else _WHEN.sub("", said.split(",")[-1])
