"""Tables fit the terminal: no id is broken, Chinese counts double, what is left out is named."""

from __future__ import annotations

import io
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from api.fitting import GAP, widths
from api.table import table

ID = "cn:uscc:91110000MA0000001L"
ROW = {
    "party": ID, "depth": 1, "path": [ID, "cn:person:7eb0417e67a056cfc6997f2c31f8195f"],
    "why": "深圳市甲乙丙有限公司持有其百分之五十一的股份 holds 51 % of its shares",
}  # fmt: skip


def columns_of(char: str) -> int:
    """How many columns a terminal gives one of these characters."""
    return 2 if "\u2e80" <= char <= "\uffef" else 1


def shown(rows: list[dict[str, Any]], width: int) -> list[str]:
    out = Console(width=width, file=io.StringIO(), record=True)
    out.print(table(rows, width=width))
    return [line.rstrip() for line in out.export_text().splitlines()]


def test_every_line_fits_and_ids_stay_whole() -> None:
    for width in range(34, 200):
        lines = shown([ROW], width)
        assert max(sum(map(columns_of, line)) for line in lines) <= width
        assert ID in lines[1]


def test_what_has_no_room_is_named() -> None:
    assert "path" not in (wide := " ".join(shown([ROW], 60)[0].split()))
    assert wide.startswith("party depth")
    assert "no room for / 未显示的列: path, why (--json)" in " ".join(shown([ROW], 60))
    assert not any("no room" in line for line in shown([ROW], 180))


def test_all_of_a_folded_text_is_there() -> None:
    found = "".join("".join(shown([{"party": ID, "why": ROW["why"]}], 50)).split())
    for char in set(ROW["why"]) - {" "}:
        assert found.count(char) >= ROW["why"].count(char)


def test_an_id_wider_than_the_terminal_is_folded_and_none_of_it_is_lost() -> None:
    lines = shown([ROW], 12)
    assert "".join(lines[1:4]).replace(" ", "").startswith(ID)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.lists(st.text("ab :甲乙1", max_size=30), min_size=1, max_size=4), min_size=1, max_size=7
    ),
    st.integers(1, 120),
)
def test_widths_never_add_up_to_more_than_there_is(columns: list[list[str]], room: int) -> None:
    found = widths(columns, room)
    kept = [wide for wide in found if wide]
    assert len(found) == len(columns)
    assert sum(kept) + GAP * max(len(kept) - 1, 0) <= room or len(kept) == 1
    seen = [wide > 0 for wide, cells in zip(found, columns, strict=True) if any(cells)]
    assert seen == sorted(seen, reverse=True)  # the last ones go first


def test_a_pipe_has_room_for_every_column(capsys: Any) -> None:
    from api.table import console

    rows = [{f"n{n}": f"cn:person:{n:032x}" for n in range(12)}]
    console().print(table(rows))
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == list(rows[0])
    assert line.split() == list(rows[0].values())
