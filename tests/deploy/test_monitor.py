"""The nightly run of the monitor under systemd: what systemd says of it, and what we do."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from api.cli import linkrisk
from tests.deploy.composed import ROOT

UNIT = ROOT / "deploy" / "linkrisk-monitor.service"
TIMER = ROOT / "deploy" / "linkrisk-monitor.timer"
SERVICE = ROOT / "deploy" / "linkrisk.service"
GUIDE = ROOT / "docs" / "guides" / "monitoring.md"
PROGRAM = "/opt/linkrisk/.venv/bin/linkrisk"
ANALYZE = shutil.which("systemd-analyze")


def values(path: Path, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", path.read_text("utf-8"), re.M)


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not here")
def test_systemd_takes_unit_and_timer_and_finds_it_guarded(tmp_path: Path) -> None:
    assert ANALYZE is not None
    for path in (UNIT, TIMER):
        text = path.read_text("utf-8").replace(PROGRAM, "/bin/true")
        (tmp_path / path.name).write_text(text)
    both = [tmp_path / UNIT.name, tmp_path / TIMER.name]
    done = subprocess.run([ANALYZE, "verify", *both], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    (when,) = values(TIMER, "OnCalendar")
    shown = subprocess.run([ANALYZE, "calendar", when], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    scored = subprocess.run(
        [ANALYZE, "security", "--offline=true", "--threshold=20", both[0]],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert scored.returncode == 0, scored.stdout[-200:]


def test_the_command_line_takes_the_units_command() -> None:
    (command,) = values(UNIT, "ExecStart")
    program, verb, *args = command.split()
    assert program == PROGRAM
    root = click.Context(linkrisk, info_name="linkrisk")
    found = linkrisk.get_command(root, verb)
    assert isinstance(found, click.Group)
    inner = found.get_command(root, args[0])
    assert inner is not None
    with inner.make_context(args[0], args[1:], parent=root):
        pass


def test_it_runs_as_the_service_does() -> None:
    for name in ("User", "Group", "EnvironmentFile", "StateDirectory", "CacheDirectory",
                 "WorkingDirectory", "UMask", "ProtectSystem", "SystemCallFilter"):  # fmt: skip
        assert values(UNIT, name) == values(SERVICE, name), name
    (config,) = re.findall(r"--config (\S+)", SERVICE.read_text("utf-8"))
    assert f"LINKRISK_CONFIG={config}" in UNIT.read_text("utf-8")


def test_the_guide_names_what_is_installed() -> None:
    guide = GUIDE.read_text("utf-8")
    for path in (UNIT, TIMER, ROOT / "deploy" / "grafana" / "linkrisk.json"):
        assert path.is_file()
        assert f"deploy/{path.relative_to(ROOT / 'deploy')}" in guide
