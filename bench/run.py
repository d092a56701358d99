"""All benchmarks, one after the other, and one table of their figures with the targets.

    python -m bench.run [--entities N] [--large] [--write] [--only NAME ...]

`--write` puts the table into docs/benchmarks.md with the machine it was measured on; with `--only`
the sections of the others stay there as they are. `--large`
adds ten times the facts to ingest (an hour, and 10 GB of disk). Ends with 1 where a target is
missed, after everything was measured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from bench._measure import ROOT, WORK, Row, environment, table
from bench.world import MILLION

NAMES = (
    "world",
    "ingest",
    "snapshot",
    "related",
    "ownership",
    "extension",
    "propagation",
    "tracing",
    "amlsim",
    "features",
    "freshness",
    "matching",
    "identity",
    "sichuan",
    "risk_model",
    "risk_score",
    "identity_zh",
    "http",
    "explorer",
    "neo4j_load",
    "cypher",
)
TITLES = {
    "world": "Generating the world",
    "ingest": "Ingest",
    "snapshot": "Snapshot",
    "related": "Related parties, in process",
    "ownership": "Ownership",
    "extension": "Extension with proof",
    "propagation": "Risk propagation",
    "tracing": "Tracing money and invoices",
    "amlsim": "Detectors on AMLSim's samples",
    "features": "Features",
    "freshness": "From a write to the next answer",
    "matching": "Finding by name",
    "identity": "Who is who",
    "sichuan": "Telecom fraud on real labels",
    "risk_model": "The risk model on unseen worlds",
    "risk_score": "The risk score at size",
    "identity_zh": "Who is who, Chinese names",
    "http": "Over HTTP",
    "explorer": "The explorer in a browser",
    "neo4j_load": "Into Neo4j, and a snapshot back",
    "cypher": "Beside Cypher in Neo4j",
}


def machine() -> str:
    """What it was measured on."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "scipy"))
    return (
        f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB; Linux {platform.release()};"
        f" Python {platform.python_version()}, {packages}."
    )


def section(name: str) -> tuple[str, int]:
    """The section of one benchmark as Markdown, and how many of its targets are missed."""
    kept = json.loads((WORK / "bench" / f"{name}.json").read_text())
    rows = [Row(**row) for row in kept["rows"]]
    if not rows:
        return "", 0
    when = f"{kept['at']}, load average {kept['load']} at its end"
    text = f"## {TITLES[name]}\n\n`linkrisk bench {name}`, {when}\n\n{table(rows)}\n"
    return text, sum(row.met is False for row in rows)


def report(names: list[str], entities: int, before: str = "") -> tuple[str, int]:
    """The whole report as Markdown, and how many targets are missed of these benchmarks.

    Where these are some of all, the head and the other sections are those of the report before.
    """
    fresh = {TITLES[name]: section(name) for name in names}
    head, *parts = before.split("\n## ")
    kept = {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}
    if set(names) == set(NAMES) or not parts:
        head, kept = (
            "# Benchmarks\n\nWritten by `linkrisk bench run --write`. The world is `linkrisk"
            f" generate --entities {entities}`: {entities:,} entities and {3 * entities:,}"
            f" relations.\n{machine()}\n"
        ), {}  # fmt: skip
    texts = kept | {title: text for title, (text, _) in fresh.items() if text}
    ordered = [texts[title] for title in TITLES.values() if title in texts]
    missed = sum(count for _, count in fresh.values())
    return "\n".join([head.rstrip() + "\n", *ordered]), missed


def main() -> None:
    """Run them and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=list(NAMES))
    given = parser.parse_args()
    for name in given.only:
        print(f"\n{TITLES[name]}", flush=True)
        command = [sys.executable, "-m", f"bench.{name}", "--entities", str(given.entities)]
        if name == "ingest" and given.large:
            command.append("--large")
        if name == "world":
            command.append("--fresh")
        subprocess.run(command, cwd=ROOT, env=environment(), check=True)
    place = ROOT / "docs" / "benchmarks.md"
    text, missed = report(given.only, given.entities, place.read_text() if place.exists() else "")
    if given.write:
        place.parent.mkdir(exist_ok=True)
        place.write_text(text)
    print(f"\n{machine()}\n{missed} targets missed" if missed else f"\n{machine()}\nall met")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
