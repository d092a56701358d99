"""What is served is what the sources make, and the sources' own tests pass."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from api.explorer.files import STATIC
from tests.browsing import missing
from tests.web.conftest import ROOT

WEB = ROOT / "api" / "web"


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None or not (WEB / "node_modules").is_dir():
        missing("no node, or not what npm ci installs in api/web")
    assert found is not None
    return found


def run(node: str, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = WEB / "node_modules" / tool
    return subprocess.run(
        [node, str(script), *arguments],
        cwd=WEB,
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )


def test_the_bundle_is_what_its_sources_make(node: str, tmp_path: Path) -> None:
    built = run(node, "vite/bin/vite.js", "build", "--outDir", str(tmp_path), "--logLevel", "error")
    assert built.returncode == 0, built.stderr
    made = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.name: path.read_bytes() for path in STATIC.rglob("*") if path.is_file()}
    assert made.keys() == kept.keys(), "run `npm run build` in api/web"
    assert made == kept, "run `npm run build` in api/web"


def test_the_sources_are_typed(node: str) -> None:
    checked = run(node, "typescript/bin/tsc", "--noEmit")
    assert checked.returncode == 0, checked.stdout


def test_the_sources_own_tests_pass(node: str) -> None:
    tested = run(node, "vitest/vitest.mjs", "run")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_bundle_names_no_other_place() -> None:
    """Namespaces aside, there is no address in it."""
    for path in STATIC.iterdir():
        found = {*re.findall(r"https?://([\w.-]+)", path.read_bytes().decode("utf-8", "replace"))}
        assert found <= {"www.w3.org"}, path.name


def test_the_lock_names_no_registry() -> None:
    text = (WEB / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert "registry" not in text
