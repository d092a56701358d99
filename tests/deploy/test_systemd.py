"""The unit for systemd and its settings file: what systemd says of them, and what we do."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from api.cli import linkrisk
from api.settings import read
from api.settings.own import General, Metrics, Server
from tests.deploy.composed import GUIDE, ROOT

UNIT = ROOT / "deploy" / "linkrisk.service"
SETTINGS = ROOT / "deploy" / "linkrisk.toml"
PROGRAM = "/opt/linkrisk/.venv/bin/linkrisk"
ANALYZE = shutil.which("systemd-analyze")


def lines(name: str) -> list[str]:
    """The values of a directive."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text("utf-8"), re.M)


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not here")
def test_systemd_takes_the_unit_and_finds_it_guarded(tmp_path: Path) -> None:
    assert ANALYZE is not None
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text("utf-8").replace(PROGRAM, "/bin/true"))
    done = subprocess.run([ANALYZE, "verify", copy], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    broken = tmp_path / "broken.service"
    broken.write_text(copy.read_text().replace("ProtectHome=yes", "ProtectHome=perhaps"))
    said = subprocess.run([ANALYZE, "verify", broken], capture_output=True, text=True, check=False)
    assert "Failed to parse protect home value" in said.stderr
    scored = subprocess.run(
        [ANALYZE, "security", "--offline=true", "--threshold=20", copy],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert scored.returncode == 0, scored.stdout[-200:]


def test_the_command_line_takes_the_units_command() -> None:
    (command,) = lines("ExecStart")
    program, verb, *args = command.split()
    assert program == PROGRAM
    root = click.Context(linkrisk, info_name="linkrisk")
    found = linkrisk.get_command(root, verb)
    assert found is not None
    with found.make_context(verb, args, parent=root) as context:
        assert Path(context.params["config"]).name == SETTINGS.name


def test_the_settings_file_is_taken_and_fits_the_unit() -> None:
    settings = read(str(SETTINGS), environment={})
    (folder,) = lines("StateDirectory")
    assert settings.section(General).store == f"sqlite:////var/lib/{folder}/facts.db"
    own = settings.section(Server)
    (stop,) = lines("TimeoutStopSec")
    assert own.linger + own.grace + 12 < int(stop)
    assert (own.host, own.workers) == ("127.0.0.1", 2)
    assert settings.section(Metrics).listen == "127.0.0.1:9100"


def test_the_guide_names_what_is_installed() -> None:
    guide = GUIDE.read_text("utf-8")
    (environment,) = lines("EnvironmentFile")
    for name in ("deploy/linkrisk.service", "deploy/linkrisk.toml", environment.lstrip("-")):
        assert name in guide
