"""Pictures of the explorer for README and guides, from the demonstration's world.

    python -m bench.pictures [--out docs/pictures]

Makes the world of `linkrisk demo` in a temporary folder, serves it, opens the scenes in Chromium
and writes a PNG each, at most 300 kB.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench._measure import ROOT
from bench.explorer import browser, drawn, served

MOST = 300_000


def demo(folder: Path) -> dict[str, Any]:
    """The demonstration's answers, by their files' names."""
    command = [sys.executable, "-m", "api.cli", "demo", "--out", str(folder)]
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    answers = sorted((folder / "answers").glob("*.json"))
    return {path.stem: json.loads(path.read_text()) for path in answers}


def scenes(answers: dict[str, Any]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Name: the scene's address, and the keys pressed in it."""
    cycle = answers["05-transfer-cycles"]["results"][0]["facts"]
    firm = answers["40-adjacent"]["params"]["subject"]
    around = {
        each["party"]
        for group in answers["40-adjacent"]["results"]
        for each in group["relations"]
        if each["party_kind"] == "company"
    }
    second = min(around)
    return {
        "explorer": (f"subject={firm}&subject={second}&selected={firm}", ()),
        "explorer-ownership": (f"subject={firm}&layout=tree", ()),
        "explorer-cycle": ("facts=" + "+".join(cycle) + "&layout=ring", ("a",)),
        "explorer-list": (f"subject={firm}&as_of=2022-01-05&panel=subjects", ()),
    }


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, browser() as page:
        answers = demo(Path(folder))
        with served(f"sqlite:///{Path(folder) / 'demo.db'}") as address:
            page.goto(address)
            for name, (scene, keys) in scenes(answers).items():
                page.goto("about:blank")
                page.goto(f"{address.partition('?')[0]}#{scene}")
                drawn(page, 2)
                for key in keys:
                    page.keyboard.press(key)
                page.wait_for_timeout(3500)
                path = out / f"{name}.png"
                page.screenshot(path=path)
                size = path.stat().st_size
                print(f"{path}: {size / 1000:.0f} kB{'' if size <= MOST else ', too large'}")


if __name__ == "__main__":
    main()
