"""A generated world in a store, for notebooks that have no facts of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ingest.generate.schemes.level import Difficulty

DATASET: Final = "world"


@dataclass(frozen=True)
class Sample:
    """Where the store is, and the schemes that were planted in it: innocent look-alikes too."""

    url: str
    schemes: list[dict[str, Any]]

    def planted(self, pattern: str, *, innocent: bool = False) -> list[dict[str, Any]]:
        """The schemes of a pattern, `members` by their ids in the store."""
        return [s for s in self.schemes if s["pattern"] == pattern and s["innocent"] is innocent]


def sample(
    folder: str | Path | None = None,
    *,
    entities: int = 3_000,
    seed: int = 7,
    schemes: Difficulty | None = "easy",
) -> Sample:
    """A world of companies, people, accounts, phones and invoices, in which schemes hide among
    look-alikes; without `schemes` one with lists, groups of companies and changes over the years.
    Nobody in it exists. Made once: where the folder has it (out/world here, or beside the folder
    `notebooks`), it is taken as it is.

    Raises WrongUsage for a size out of bounds. About 10 s for 3,000 entities.
    """
    from graph.store import open_store
    from ingest.generate import generate
    from ingest.load import load

    here = Path.cwd()
    beside = here.parent if here.name == "notebooks" else here
    place = Path(folder or beside / "out" / "world") / f"{entities}-{seed}-{schemes or 'plain'}"
    facts, database, done = place / "world.jsonl", place / "world.db", place / "loaded"
    truth = facts.with_name(facts.name + ".truth.json")
    if not done.exists():
        place.mkdir(parents=True, exist_ok=True)
        generate(facts, entities, seed, dataset=DATASET, schemes=schemes)
        store = open_store(f"sqlite:///{database}", create=True)
        try:
            load(store, [facts], dataset=DATASET, format="native")
        finally:
            store.close()
        done.touch()
    rows = json.loads(truth.read_text(encoding="utf-8")).get("schemes", [])
    for row in rows:
        row["members"] = [f"{DATASET}:{name}" for name in row["members"]]
    return Sample(f"sqlite:///{database}", rows)
