"""Formats are modules of a package, found by walking it: nothing else lists them."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Protocol, TypeVar


class _Named(Protocol):
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=_Named)


def found(package: str, holds: str, sort: type[T]) -> dict[str, T]:
    """What the modules of a package hold under one name, where it is of that type; by its name."""
    paths = import_module(package).__path__
    modules = (import_module(f"{package}.{each.name}") for each in pkgutil.iter_modules(paths))
    made = (getattr(module, holds, None) for module in modules)
    return dict(sorted((each.name, each) for each in made if isinstance(each, sort)))
