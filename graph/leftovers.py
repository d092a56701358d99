"""Working folders that a process left behind when it was killed."""

from __future__ import annotations

import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_PID: Final = re.compile(r"\.(\d+)\.")
IDLE: Final = 3600.0  # seconds in which nothing was written; another machine may share the disk


def sweep(folder: Path, pattern: str) -> int:
    """Remove the folders of this user in `folder` whose names match the glob `pattern` and bear,
    between dots, the id of a process that is gone, and in which nothing was written for an hour.
    How many. Linear in what is there."""
    gone = 0
    for each in folder.glob(pattern):
        owner = _PID.search(each.name)
        if owner is None or each.is_symlink() or not each.is_dir():
            continue
        with suppress(OSError):  # removed meanwhile, or not ours
            if each.stat().st_uid == os.getuid() and not _runs(int(owner[1])) and _idle(each):
                shutil.rmtree(each)
                gone += 1
    return gone


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _idle(folder: Path) -> bool:
    newest = max(each.stat().st_mtime for each in (folder, *folder.iterdir()))
    return time.time() - newest > IDLE
