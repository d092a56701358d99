"""Kernels: functions over arrays that run as plain Python until they are hot, then compiled.

Importing numba costs most of a second, so a single question in a fresh process runs its few
hundred steps interpreted. A process that lives (`warm()`), or a kernel called by `hot()` because
it runs over the whole graph, compiles through numba; machine code is cached on disk under a digest
of all kernel sources, so that no change can meet stale code. Both tiers run the same source.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, Final, Generic, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

_ROOT: Final = Path(__file__).resolve().parent.parent
_lock = threading.RLock()
_warm = False


def warm() -> None:
    """From now on every kernel of this process runs compiled."""
    global _warm  # noqa: PLW0603  # one switch for the process, by design
    _warm = True


def is_warm() -> bool:
    """Whether kernels run compiled without being asked to."""
    return _warm


class Kernel(Generic[P, R]):
    """A function over arrays and named tuples of arrays; see the module."""

    def __init__(self, function: Callable[P, R]) -> None:
        self.function = function
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self._compiled: Callable[P, R] | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if _warm:
            return (self._compiled or self.compiled())(*args, **kwargs)
        return self.function(*args, **kwargs)

    def hot(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call it compiled: for what runs over the whole graph."""
        return (self._compiled or self.compiled())(*args, **kwargs)

    def tier(self, *, heavy: bool) -> Callable[P, R]:
        """How to call it: compiled for heavy work, and for any once this process has its code."""
        return self.hot if heavy or self._compiled is not None else self

    def compiled(self) -> Callable[P, R]:
        """The numba dispatcher of this kernel and of the kernels that it calls."""
        with _lock:
            if self._compiled is None:
                numba = _numba()
                source = cast(FunctionType, self.function)
                names = {
                    name: value.compiled() if isinstance(value, Kernel) else value
                    for name, value in source.__globals__.items()
                    if name in source.__code__.co_names or name.startswith("__")
                }
                twin = FunctionType(source.__code__, names, source.__name__, source.__defaults__)
                twin.__qualname__ = source.__qualname__
                twin.__module__ = source.__module__
                self._compiled = cast(
                    Callable[P, R],
                    numba.njit(twin, cache=True, nogil=True, error_model="numpy"),
                )
            return self._compiled


def kernel(function: Callable[P, R]) -> Kernel[P, R]:
    """Declare a kernel."""
    return Kernel(function)


def inline_kernel(function: Callable[P, R]) -> Kernel[P, R]:
    """Declare a small kernel that other kernels call."""
    return Kernel(function)


def _digest() -> str:
    """A digest of every source file that may hold kernels."""
    digest = hashlib.sha256()
    for room in ("graph", "algorithms"):
        for path in sorted((_ROOT / room).rglob("*.py")):
            digest.update(path.relative_to(_ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def cache_directory() -> Path:
    """Where compiled code is kept: LINKRISK_CACHE, else the user's cache folder."""
    base = os.environ.get("LINKRISK_CACHE")
    if base:
        return Path(base)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "linkrisk"


def _folder() -> Path:
    return cache_directory() / f"kernels-{_digest()}"


def _mark() -> Path:
    from llvmlite import binding

    return _folder() / f"complete-{binding.get_host_cpu_name()}"


def complete() -> None:
    """Note that the code of every kernel is kept, for the processor of this machine."""
    _numba()
    _mark().touch()


def is_complete() -> bool:
    """Whether that was noted, so that loading takes seconds."""
    return _folder().is_dir() and _mark().exists()


def _numba() -> Any:
    import numba as module

    numba: Any = module

    folder = _folder()
    if str(folder) != numba.config.CACHE_DIR:
        if not folder.is_dir():
            if sys.stderr.isatty():
                print(  # noqa: T201  # a first run would look stuck
                    "compiling, once on this machine ... / 首次运行，正在编译……",
                    file=sys.stderr,
                )
            folder.mkdir(parents=True, exist_ok=True)
            _forget_others(folder)
        numba.config.CACHE_DIR = str(folder)
    return numba


def _forget_others(folder: Path) -> None:
    """Keep the code of the newest few versions of the sources; the rest is of no use."""
    import shutil

    folders = sorted(folder.parent.glob("kernels-*"), key=lambda path: path.stat().st_mtime)
    for other in folders[:-4]:
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
