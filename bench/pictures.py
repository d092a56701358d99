"""Pictures of the explorer for README and guides, from the demonstration's world.

    python -m bench.pictures [--out docs/pictures]

Makes the world of `linkrisk demo` in a temporary folder, and beside it one of registers that are to
be resolved, serves them, opens the scenes in Chromium and writes a PNG each, at most 300 kB.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from bench._measure import ROOT
from bench.explorer import browser, drawn, served

MOST = 300_000
PEOPLE = 300


class Scene(NamedTuple):
    """A scene's address, what is clicked in it and which keys are pressed, one after the other."""

    address: str
    keys: tuple[str, ...] = ()
    clicks: tuple[str, ...] = ()


def run(folder: Path, *arguments: str) -> None:
    """A verb of linkrisk, its state in the folder."""
    command = [sys.executable, "-m", "api.cli", *arguments]
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


def demo(folder: Path) -> dict[str, Any]:
    """The demonstration's answers, by their files' names."""
    run(folder, "demo", "--out", str(folder))
    answers = sorted((folder / "answers").glob("*.json"))
    return {path.stem: json.loads(path.read_text()) for path in answers}


def registers(folder: Path) -> str:
    """The address of a store of three registers, resolved: pairs wait for a person."""
    store, out = f"sqlite:///{folder / 'registers.db'}", folder / "registers"
    run(folder, "generate", "--identities", str(PEOPLE), "--out", str(out))
    run(folder, "ingest", *map(str, sorted(out.glob("*.jsonl"))), "--store", store)
    run(folder, "resolve", "--review", "0.02", "--store", store)
    return store


def scenes(answers: dict[str, Any]) -> dict[str, Scene]:
    """The scenes of the demonstration's world."""
    cycle = answers["05-transfer-cycles"]["results"][0]["facts"]
    firm = answers["40-adjacent"]["params"]["subject"]
    around = {
        each["party"]
        for group in answers["40-adjacent"]["results"]
        for each in group["relations"]
        if each["party_kind"] == "company"
    }
    second = min(around)
    way = (
        ".tabs button:nth-child(2)",
        ".filters .main",
        "[data-risk]",
        ".reasons .weighs + .small",
    )
    return {
        "explorer": Scene(f"subject={firm}&subject={second}&selected={firm}"),
        "explorer-ownership": Scene(f"subject={firm}&layout=tree"),
        "explorer-cycle": Scene("facts=" + "+".join(cycle) + "&layout=ring", keys=("a",)),
        "explorer-list": Scene(f"subject={firm}&as_of=2022-01-05&panel=subjects"),
        "explorer-risk": Scene("panel=risk", clicks=way),
    }


IDENTITY = {"explorer-identity": Scene(
    "panel=identity", clicks=("[data-pair]", ".pair-body > .small"))}  # fmt: skip


def take(page: Any, address: str, made: dict[str, Scene], out: Path) -> None:
    """Write a picture of each scene of a service."""
    page.goto(address)
    for name, scene in made.items():
        page.goto("about:blank")
        page.goto(f"{address.partition('?')[0]}#{scene.address}")
        for selector in scene.clicks:
            page.locator(selector).first.click()
        drawn(page, 2)
        for key in scene.keys:
            page.keyboard.press(key)
        page.wait_for_timeout(3500)
        path = out / f"{name}.png"
        page.screenshot(path=path)
        size = path.stat().st_size
        print(f"{path}: {size / 1000:.0f} kB{'' if size <= MOST else ', too large'}")


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, browser() as page:
        here = Path(folder)
        answers = demo(here)
        os.environ["XDG_STATE_HOME"] = str(here / "state")  # the queue lies there
        for store, made in (
            (f"sqlite:///{here / 'demo.db'}", scenes(answers)),
            (registers(here), IDENTITY),
        ):
            with served(store) as address:
                take(page, address, made, out)


if __name__ == "__main__":
    main()
