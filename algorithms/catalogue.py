"""Which algorithms there are, read from the text of their modules: nothing is imported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

_DECORATOR: Final = re.compile(r'^@algorithm\(\s*"([a-z][a-z0-9_]*)"(.*?)^def ', re.M | re.S)
_TITLE: Final = re.compile(r'\btitle\s*=\s*"([^"]*)"')
_ROUTE: Final = re.compile(r'\broute\s*=\s*"([^"]*)"')


class Entry(NamedTuple):
    """What the text of a module says about an algorithm in it."""

    name: str
    title: str
    family: str
    module: str
    route: str | None = None

    @property
    def verb(self) -> str:
        """The name as the CLI and the HTTP route write it."""
        return self.name.replace("_", "-")

    @property
    def path(self) -> str:
        """Where the service answers it."""
        return self.route or f"/v1/{self.verb}"


def catalogue(
    folder: Path = Path(__file__).parent, package: str = "algorithms"
) -> dict[str, Entry]:
    """The algorithms declared in `folder/<family>/*.py` by name, ordered by family and name."""
    found = sorted(_scan(folder, package), key=lambda entry: (entry.family, entry.name))
    return {entry.name: entry for entry in found}


def _scan(folder: Path, package: str) -> Iterator[Entry]:
    for path in sorted(folder.glob("*/*.py")):
        family = path.parent.name
        for declared in _DECORATOR.finditer(path.read_text(encoding="utf-8")):
            title, route = (part.search(declared[2]) for part in (_TITLE, _ROUTE))
            module = f"{package}.{family}.{path.stem}"
            called = title[1] if title else declared[1]
            yield Entry(declared[1], called, family, module, route[1] if route else None)
