"""Finds the Java development kits of this machine."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

SYSTEM = Path("/usr/lib/jvm")


@functools.cache
def feature_version(java: Path) -> int | None:
    """17 or 25, say. None where the file does not run as Java."""
    try:
        told = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', told.stderr)
    return int(found[1]) if found else None


def _candidates() -> Iterator[Path]:
    """Every `java` there may be: the one asked for, the one on the path, the system's others."""
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java"):
        yield Path(found)
    yield from sorted(SYSTEM.glob("*/bin/java"))


def find_java(versions: range) -> Path | None:
    """The first `java` of one of the versions with a compiler beside it, None without any."""
    for java in dict.fromkeys(candidate.resolve() for candidate in _candidates()):
        if java.with_name("javac").exists() and feature_version(java) in versions:
            return java
    return None
