"""`linkrisk show` draws what stands around a subject: all of it or how much more there is."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from graph.store import Store

ROOT = Path(__file__).parents[3]
DAY = "2022-01-01"
FACTS: list[dict[str, Any]] = [
    {"kind": "company", "id": "c1", "name": "深圳市甲乙丙有限公司"},
    {"kind": "company", "id": "c2", "name": "乙公司"},
    {"kind": "person", "id": "p1", "name": "张三"},
    {"kind": "shareholder", "id": "s1", "from": "p1", "to": "c1", "share": "0.51",
     "valid_from": "2015-03-01"},
    {"kind": "shareholder", "id": "s0", "from": "p1", "to": "c1", "share": "0.2",
     "valid_from": "2010-01-01", "valid_to": "2015-03-01"},
    {"kind": "legal_representative", "id": "l1", "from": "p1", "to": "c2"},
    {"kind": "shareholder", "id": "s2", "from": "c1", "to": "c2", "share": "0.6"},
    {"kind": "phone", "id": "hub", "keys": {"e164": "13800138000"}},
    {"kind": "uses_phone", "id": "uc", "from": "c1", "to": "hub"},
    *({"kind": "person", "id": f"q{n}", "name": f"人{n}"} for n in range(30)),
    *({"kind": "uses_phone", "id": f"u{n}", "from": f"q{n}", "to": "hub"} for n in range(30)),
]  # fmt: skip


@pytest.fixture
def around(write: Callable[..., Store], store_url: str) -> str:
    write(FACTS)
    return store_url


def tree(
    capfd: pytest.CaptureFixture[str], url: str, *args: str, subject: str = "d:c1"
) -> list[str]:
    assert main(["--store", url, "show", subject, "--as-of", DAY, *args]) == 0
    out = capfd.readouterr().out
    return [
        re.sub(r"\s+", " ", line).strip()
        for line in out.split("around it / 关系\n")[1].splitlines()
    ]


def test_kinds_are_counted_and_parties_named(
    capfd: pytest.CaptureFixture[str], around: str
) -> None:
    lines = tree(capfd, around)
    assert lines[0] == "深圳市甲乙丙有限公司 d:c1"
    assert [line for line in lines if re.search(r"[←→]", line)] == [
        "├── ← 股东 shareholder 1", "├── → 股东 shareholder 1", "└── → 使用电话 uses_phone 1",
    ]  # fmt: skip
    assert "│ └── 张三 d:p1 51 % 2015-03-01 – …" in lines  # the holding of the day, not both
    assert "│ └── 乙公司 d:c2 60 %" in lines
    assert len(lines) == 7


def test_steps_go_on_and_a_hub_stays_closed(capfd: pytest.CaptureFixture[str], around: str) -> None:
    lines = tree(capfd, around, "--depth", "2", "--hub", "30")
    (hub,) = [line for line in lines if "hub" in line]
    assert hub.endswith("hub: 31 relations, closed / 枢纽, 未展开")
    assert "│ └── → 法定代表人 legal_representative 1" in lines
    assert not any("人0" in line for line in lines)
    opened = tree(capfd, around, "--depth", "2", "--hub", "31")
    assert sum("人" in line and "d:q" in line for line in opened) == 8
    assert any("← 使用电话 uses_phone 31" in line for line in opened)
    assert any("… 23 more / 另有 23 条: linkrisk adjacent --subject" in line for line in opened)


def test_a_party_is_opened_once(capfd: pytest.CaptureFixture[str], around: str) -> None:
    lines = tree(capfd, around, "--depth", "4", "--rows", "40", "--hub", "100")
    named = [line for line in lines if "乙公司 d:c2" in line]
    assert len(named) == 2
    assert sum("↑ above / 见上" in line for line in named) == 1
    assert all(any(f"d:q{n} " in line + " " for line in lines) for n in range(30))


def test_no_rows_are_counts_alone(capfd: pytest.CaptureFixture[str], around: str) -> None:
    lines = tree(capfd, around, "--rows", "0")
    assert sum("… 1 more" in line for line in lines) == 3
    assert not any("张三" in line for line in lines)


def test_no_more_is_drawn_than_is_said(
    capfd: pytest.CaptureFixture[str], write: Any, store_url: str
) -> None:
    made = [{"kind": "person", "id": f"p{n}"} for n in range(400)]
    kinds = ("legal_representative", "officer", "controller", "shareholder")
    made += [{"kind": kind, "id": f"{kind}{n}", "from": f"p{n + 100 * k}", "to": "c"}
             for k, kind in enumerate(kinds) for n in range(100)]  # fmt: skip
    write([{"kind": "company", "id": "c"}, *made])
    lines = tree(capfd, store_url, "--rows", "100", subject="d:c")
    assert sum("d:p" in line for line in lines) == 300
    assert lines[-1] == "note / 注: 300 parties drawn, the most / 最多画 300 个主体"


def test_alone(capfd: pytest.CaptureFixture[str], write: Any, store_url: str) -> None:
    write([{"kind": "company", "id": "c"}])
    assert tree(capfd, store_url, subject="d:c")[1:] == ["└── no relations / 没有关系"]
    assert main(["--store", store_url, "show", "d:c", "--depth", "0"]) == 0
    assert "around it" not in capfd.readouterr().out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--depth", "5"], "depth: a number from 0 to 4"),
        (["--rows", "x"], "rows: a number from 0 to 100"),
        (["--hub", "0"], "hub: a number from 1"),
        (["--as-of", "2022-02-30"], "2022-02-30"),
    ],
)
def test_wrong_usage(
    capfd: pytest.CaptureFixture[str], around: str, args: list[str], said: str
) -> None:
    assert main(["--store", around, "show", "d:c1", *args]) in {2, 3}
    err = capfd.readouterr().err
    assert said in err and len(err.splitlines()) == 1


def on_terminal(url: str, columns: int, **given: str) -> str:
    """What a terminal of so many columns is sent."""
    args = [sys.executable, "-m", "api.cli", "--store", url, "show", "d:c1", "--as-of", DAY]
    outer, inner = pty.openpty()
    own = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLUMNS"}}
    env = {**own, "TERM": "xterm-256color", "COLUMNS": str(columns), **given}
    process = subprocess.Popen(args, stdout=inner, stderr=subprocess.DEVNULL, cwd=ROOT, env=env)
    os.close(inner)
    seen = b""
    while True:
        try:
            if not (block := os.read(outer, 4096)):
                break
        except OSError:
            break
        seen += block
    os.close(outer)
    assert process.wait() == 0
    return seen.decode()


def test_a_terminal_has_colour_and_its_width(around: str) -> None:
    seen = on_terminal(around, 44)
    assert "\x1b[36m" in seen  # the kinds
    plain = re.sub(r"\x1b\[[0-9;]*m", "", seen)
    wide = [sum(2 if "\u2e80" <= c <= "\uffef" else 1 for c in line) for line in plain.splitlines()]
    assert max(wide) <= 44
    for name in ("d:p1", "d:c2"):
        assert name in plain


def test_no_color_is_heeded(around: str) -> None:
    assert not re.search(r"\x1b\[(?:[0-9;]*;)?3[0-7]m", on_terminal(around, 80, NO_COLOR="1"))


def test_a_pipe_has_no_escapes(capfd: pytest.CaptureFixture[str], around: str) -> None:
    assert main(["--store", around, "show", "d:c1"]) == 0
    assert "\x1b" not in capfd.readouterr().out
