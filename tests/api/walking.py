"""Walking a guide: the commands of a page, run one after another as they stand."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.cli import main

ROOT = Path(__file__).parent.parent.parent
BLOCK = re.compile(r"^```(\w+)\n(.+?)\n```$", re.M | re.S)
FILE = re.compile(r"`(\w+\.(?:jsonl?|py))`[^`]*$")
REFUSED = ' || echo "exit $?"'


class Walk:
    """Runs the lines of the page one after another, each told to print JSON where it can."""

    def __init__(
        self, page: str, patch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self.text = (ROOT / "docs" / "guides" / page).read_text("utf-8")
        self._patch, self._capfd = patch, capfd
        self._lines = self._read()
        self.errors = ""

    def _read(self) -> Iterator[str]:
        for block in BLOCK.finditer(self.text):
            kind, body = block.groups()
            if kind in {"json", "python"}:  # the file that is named last before its lines
                before = self.text[: block.start()].rpartition("```")[2]
                named = FILE.search(before.rstrip())
                assert named is not None, body
                Path(named[1]).write_text(body + "\n", "utf-8")
            else:
                assert kind == "sh"
                yield from body.splitlines()

    def left(self) -> list[str]:
        return list(self._lines)

    def plain(self, start: str) -> tuple[int, str]:
        """The next line, which begins so, as it stands: exit code and standard output."""
        line = next(self._lines)
        assert line.startswith(start), line
        line = os.path.expandvars(line)
        command, refused, _ = line.partition(REFUSED)
        command, _, out_file = command.partition(" > ")
        program, *args = shlex.split(command)
        if program == "export":
            for given in args:
                self._patch.setenv(*given.split("=", 1))
            return 0, ""
        if program == "python":
            done = subprocess.run(
                [sys.executable, *args], check=True, text=True, capture_output=True,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )  # fmt: skip
            if out_file:
                Path(out_file).write_text(done.stdout, "utf-8")
            return done.returncode, done.stdout
        if program != "linkrisk":
            done = subprocess.run(["sh", "-ec", line], check=True, text=True, capture_output=True)
            return done.returncode, done.stdout
        code = main(args)
        out, self.errors = self._capfd.readouterr()
        assert bool(code) == bool(refused), (line, out, self.errors)
        if out_file:
            Path(out_file).write_text(out, "utf-8")
        return code, out

    def json(self, start: str) -> Any:
        """The next line, which begins so and succeeds, asked for JSON."""
        line = next(self._lines)
        self._lines = _before(f"{line} --json".replace("--json --json", "--json"), self._lines)
        return json.loads(self.plain(start)[1])

    def refused(self, start: str) -> str:
        """The next line, which begins so and is refused with exit code 1, and why."""
        code, out = self.plain(start)
        assert code == 1
        return out + self.errors


def _before(line: str, lines: Iterator[str]) -> Iterator[str]:
    yield line
    yield from lines
