"""Training outlives what Splink's EM makes of records that leave it nothing to weigh."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest

from algorithms.identity import linking, training
from algorithms.identity.database import database
from algorithms.identity.settings import settings_of

_SAID = ("birth", "phones", "emails", "id_no", "street")


def _sharp() -> pa.Table:
    """150 people of two records each, five of a name: those of one person agree in all, but for
    some features of each third person; those of two people in nothing but the name. Each round of
    EM takes what is left of a level to the power of the features that differ."""
    dice = random.Random(1)
    rows: list[dict[str, Any]] = []
    for no in range(150):
        one = {
            "family": f"f{no // 5:03}", "given": f"g{no // 5:03}",
            "birth": f"19{50 + no % 50}-{1 + no % 12:02}-{1 + no * 7 % 28:02}",
            "phones": [f"p{no}"], "emails": [f"{no * 7919}x{no}@m{no}"],
            "id_no": f"{no * 1000003 % 10**9:09}{no}", "street": f"street{no}n{no}",
        }  # fmt: skip
        other = dict(one)
        if no % 3 == 0:
            for name in dice.sample(_SAID, dice.randint(1, 3)):
                said = f"z{no}{name}"
                other[name] = [said] if name in ("phones", "emails") else said
            if other["birth"] != one["birth"]:
                other["birth"] = "1901-01-01"
        rows += [one, other]
    table = pa.table({name: pa.array([row[name] for row in rows]) for name in rows[0]})
    return table.append_column("family_sound", table["family"]).append_column(
        "given_sound", table["given"]
    )


def test_a_rule_whose_em_underflows_is_left_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    import splink

    begun: list[object] = []

    class Counted(splink.Linker):
        def __init__(self, *given: Any, **named: Any) -> None:
            begun.append(self)
            super().__init__(*given, **named)

    monkeypatch.setattr(splink, "Linker", Counted)
    with database() as con:
        linking.load(con, _sharp())
        model = training.train(con, "person", 1, "sharp")
    assert len(begun) > 1  # it did raise: the linker was made anew from what was learned before
    assert (model.records, model.trained_on) == (300, "sharp")
    for said, each in zip(
        model.parameters["comparisons"], settings_of("person").comparisons, strict=True
    ):
        weights = training.level_weights(said["comparison_levels"])
        agrees, differs = weights[1], weights[-1]
        assert agrees > 0 > differs, each.name
        assert min(level.get("m_probability", 1.0) for level in said["comparison_levels"]) > 1e-4
