"""The queries of the cookbook as they stand on its page, and the files they are saved as.

`python -m tests.stores.cookbook` writes the files anew from the page.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent.parent
PAGE: Final = ROOT / "docs" / "guides" / "cypher-cookbook.md"
SAVED: Final = ROOT / "docs" / "neo4j" / "queries"
_BLOCK: Final = re.compile(r"^### ([^\n]+)\n\n([^\n]+)\n\n```cypher\n(.+?)\n```$", re.M | re.S)
_PARAMETER: Final = re.compile(r"^:param ([a-zA-Z]\w*) => (.+);$")


class Query(NamedTuple):
    """One block of the page."""

    title: str  # 中文 · English
    words: str  # what stands between the title and the block
    block: str  # whole, as it is pasted
    parameters: dict[str, str]  # name to the Cypher of its value
    text: str  # the query alone

    @property
    def name(self) -> str:
        """The English title, for tests and files."""
        english = self.title.rpartition(" · ")[2].lower().replace("'", "")
        return "-".join(re.findall(r"[a-z0-9]+", english))


def queries() -> list[Query]:
    """Every query of the page, in its order."""
    return [_query(*found) for found in _BLOCK.findall(PAGE.read_text("utf-8"))]


def _query(title: str, words: str, block: str) -> Query:
    first, *lines = block.split("\n")
    if first != f"// {title}":
        raise ValueError(f"a block begins with its title, not with {first!r}")
    parameters = {}
    while found := _PARAMETER.match(lines[0]):
        parameters[found[1]] = found[2]
        del lines[0]
    return Query(title, words, block, parameters, "\n".join(lines))


def files() -> dict[Path, str]:
    """The files that Browser takes as favourites, one a query; it shows the first line's words."""
    return {
        SAVED / f"{number:02}-{query.name}.cypher": query.block + "\n"
        for number, query in enumerate(queries(), 1)
    }


def main() -> None:
    """Write the files, and remove those of queries that are gone."""
    SAVED.mkdir(parents=True, exist_ok=True)
    written = files()
    for path in SAVED.glob("*.cypher"):
        if path not in written:
            path.unlink()
    for path, text in written.items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
