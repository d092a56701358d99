"""Names of companies as columns: the parts that `algorithms.matching.company_names` tells apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from algorithms.matching.company_names import Parts, parts_of
from graph import keys
from graph.names.folding import fold_all
from graph.names.sounds import sound_of, written

if TYPE_CHECKING:
    import pyarrow as pa

_PROVINCE: Final = 2
_CITY: Final = 4


def added(table: pa.Table, texts: list[str]) -> dict[str, list[Any]]:
    """The columns; `texts` are the different names, current and former, as they are written."""
    known = dict(zip(texts, map(parts_of, fold_all(texts)), strict=True))
    none = Parts("", frozenset(), "", "", "", "")
    names = [known.get(name or "", none) for name in table["name"].to_pylist()]
    others = [[known[each] for each in many or () if each] for many in table["names"].to_pylist()]
    return {
        "ids": [
            list(
                dict.fromkeys(
                    mark
                    for each in (*(ids or ()), *filter(None, [own]))
                    for mark in number_marks(each)
                )
            )
            for ids, own in zip(table["ids"].to_pylist(), table["id_no"].to_pylist(), strict=True)
        ],
        "full": [name.text or None for name in names],
        "others": [[each.text for each in many] for many in others],
        "brand": [name.brand or None for name in names],
        "brand_sound": [_sound(name.brand) or None for name in names],
        "trade": [name.trade or None for name in names],
        "form": [name.form or None for name in names],
        "branch": [name.branch or None for name in names],
        "region": [region(name) or None for name in names],
        "brands": [
            list(dict.fromkeys(each.brand for each in (name, *many) if each.brand))
            for name, many in zip(names, others, strict=True)
        ],
    }


def number_marks(number: str) -> list[str]:
    """What an official number of a company says who it is, whichever it was written as: the
    organisation code within a USCC or a taxpayer's number, and a registration number."""
    text = keys.clean(number)
    found = []
    if organisation := keys.organisation_of(text):
        found.append(f"org:{organisation}")
    if keys.is_registration(text):
        found.append(f"reg:{text}")
    return found or ([] if keys.check("uscc", text).valid else [text])


def region(name: Parts) -> str:
    """The code of the place that a name says: of a city, of a province where that is all that is
    certain, empty where it may be several."""
    for size in (_CITY, _PROVINCE):
        codes = {code[:size] for code in name.place}
        if len(codes) == 1 and len(code := codes.pop()) == size:
            return code
    # 重庆 was a city of Sichuan until 1997: of places of one name the province is meant.
    provinces = [code for code in name.place if len(code) == _PROVINCE]
    return provinces[0] if len(provinces) == 1 else ""


def _sound(brand: str) -> str:
    return brand if brand.isascii() else written(sound_of(brand, person=False))
