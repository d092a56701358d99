"""The snapshot: made from the store, opened from disk, and how large its columns are.

python -m bench.snapshot [--entities N]
"""

from __future__ import annotations

import argparse
import json

from bench._measure import Row, at_most, finish, percentile, plain, python
from bench.world import MILLION, store, url

_OPEN = """
import json, sys, time
started = time.perf_counter()
from graph.store import open_store
from graph.live import open_live
from graph.snapshot import snapshot_of
imported = time.perf_counter()
store = open_store(sys.argv[1])
view = snapshot_of(open_live(store))
opened = time.perf_counter()
resident = next(int(line.split()[1]) for line in open("/proc/self/smaps_rollup")
                if line.startswith("Pss:"))
print(json.dumps({"resident": resident, "import": imported - started, "open": opened - imported,
                  "rows": len(view.columns.src), "nodes": view.n, "name": view.name}))
"""

_SIZE = """
import json, sys
from pathlib import Path
from graph.disk import load, used_bytes
base = load(Path(sys.argv[1]))
text = {n for n in base.arrays if n[-1] in "@*"} | {"extra_row"}
entity = {n for n in base.arrays if n.startswith(("node_", "version_", "listing_"))} | {"rep","nxt"}
columns = [n for n in base.arrays if n not in text and n not in entity]
print(json.dumps({"columns": {n: used_bytes(base, [n]) for n in columns},
                  "entity": used_bytes(base, entity - text), "text": used_bytes(base, text),
                  "rows": base.counts["rows"], "nodes": base.counts["nodes"]}))
"""


def measure(entities: int) -> list[Row]:
    """Make it, then open it in five fresh processes."""
    database = store(entities)
    saved = database.with_name(database.name + ".snapshot")
    saved.unlink(missing_ok=True)
    made = python(_OPEN, url(database))
    first = json.loads(made.out)
    opened, last = [], first
    for _ in range(5):
        last = json.loads(python(_OPEN, url(database)).out)
        assert (last["name"], last["rows"]) == (first["name"], first["rows"])
        opened.append(last["open"])
    size = json.loads(python(_SIZE, saved).out)
    per_row = sum(size["columns"].values()) / size["rows"]
    parts = ", ".join(f"{n} {b / size['rows']:.1f}" for n, b in size["columns"].items())
    return [
        at_most(
            "snapshot made from the store",
            first["open"],
            15,
            "s",
            f"{first['rows']:,} relations, {first['nodes']:,} records; {made.cpu:.1f} s of CPU",
        ),
        plain("snapshot made, peak memory", made.peak / 2**20, "MiB"),
        at_most(
            "snapshot opened from disk",
            max(opened),
            0.2,
            "s",
            f"worst of 5 fresh processes, median {percentile(opened, 0.5):.3f} s;"
            f" imports before it {last['import']:.2f} s",
        ),
        plain("snapshot opened, memory", last["resident"] / 1024, "MiB"),
        at_most(
            "columns of a relation, indexes of both directions included",
            per_row,
            64,
            "bytes",
            parts,
        ),
        plain("columns of an entity record", size["entity"] / size["nodes"], "bytes"),
        plain("text evidence on disk", size["text"] / size["rows"], "bytes/relation"),
    ]


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    finish("snapshot", measure(parser.parse_args().entities))


if __name__ == "__main__":
    main()
