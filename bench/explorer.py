"""The explorer in a browser: its first picture, an expansion, and a large graph while it is moved.

    python -m bench.explorer [--entities N] [--pictures N]

Chromium draws in software here (SwiftShader) unless the machine has a graphics card: the row of
frames says which. The first picture is timed from the navigation to the frame in which the subject
stands on the page (a sketch of the scene, until the renderer has drawn), an expansion from the
click to the frame in which its relations do, both on loopback with the world that the other
benchmarks ask. The large graph has 5,000 subjects and 10,000 relations; it is dragged by the mouse
while the page counts its own frames (requestAnimationFrame), once as it is drawn and once as the
explorer keeps it moving where drawing is slow.
"""

from __future__ import annotations

import argparse
import gzip
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench._measure import ROOT, Row, at_least, at_most, finish, percentile, plain
from bench.world import MILLION, store, url
from graph.facts import Normaliser
from graph.store import open_store

TOKEN = "bench-" + "0" * 26
# WebGL in software where there is no graphics card; the page itself is put together without it.
FLAGS = ("--no-sandbox", "--enable-unsafe-swiftshader", "--disable-gpu-compositing")
NODES, HUBS, EACH = 5_000, 20, 500
BUNDLE = 600_000  # bytes by gzip


@contextmanager
def served(address: str) -> Iterator[str]:
    """`linkrisk serve` on a store; gives the address with its token."""
    command = [sys.executable, "-m", "api.cli", "serve", "--store", address, "--port", "0"]
    environment = {**os.environ, "LINKRISK_TOKEN": TOKEN}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def browser() -> Iterator[Any]:
    """A page of Chromium."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as p:
        started = p.chromium.launch(executable_path=found, args=[*FLAGS])
        page = started.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        page.set_default_timeout(120_000)
        yield page
        started.close()


def bundle() -> Row:
    """What a browser loads at most, packed."""
    files = (ROOT / "api" / "explorer" / "static").iterdir()
    size = sum(len(gzip.compress(each.read_bytes(), 9)) for each in files if each.is_file())
    return at_most("everything that the page loads, by gzip", size / 1000, BUNDLE / 1000, "kB")


# Resolves in the frame after the one in which the page shows at least so many subjects, or its
# renderer does.
_DRAWN = """([least, begun, renderer]) => new Promise((done) => {
  const look = () => {
    const canvas = document.querySelector('.canvas');
    const now = Number(canvas?.dataset.nodes ?? 0);
    const is = canvas?.dataset ?? {};
    const waits = 'laying' in is || (renderer && 'sketch' in is);
    if (now >= least && !waits) {
      requestAnimationFrame(() => done(performance.now() - (begun ?? 0)));
    } else if (performance.now() - (begun ?? 0) > PATIENCE) done(null);
    else requestAnimationFrame(look);
  };
  look();
})""".replace("PATIENCE", "20_000")


def drawn(page: Any, least: int, begun: float | None = None, *, renderer: bool = True) -> float:
    """Milliseconds from `begun`, or from the navigation, until so many subjects are drawn: by the
    renderer, or in any way; NaN where they are not in 20 seconds."""
    took: float | None = page.evaluate(_DRAWN, [least, begun, renderer])
    return math.nan if took is None else took


def pictures(page: Any, address: str, ids: list[str]) -> list[Row]:
    """First pictures and expansions of subjects, milliseconds."""
    base = address.partition("?")[0]
    page.goto(address)
    first, moves, expanded = [], [], []
    for each in ids:
        page.goto("about:blank")
        page.goto(f"{base}#subject={quote(each)}", wait_until="commit")
        first.append(drawn(page, 1, renderer=False))
        moves.append(drawn(page, 1))
        now = int(page.locator(".canvas").get_attribute("data-nodes"))
        if now == 1:  # nothing stands at it that could be expanded
            continue
        page.keyboard.press("j")
        begun = page.evaluate("() => performance.now()")
        page.keyboard.press("Enter")
        expanded.append(drawn(page, now + 1, begun))
    expanded = [each for each in expanded if not math.isnan(each)]  # some have nobody else
    return [
        at_most("first picture, median", percentile(first, 0.5), 1500, "ms"),
        at_most("first picture, slowest", max(first), 1500, "ms"),
        plain("... until it can be moved, median", percentile(moves, 0.5), "ms"),
        plain("... until it can be moved, slowest", max(moves), "ms"),
        at_most(
            "expansion, median",
            percentile(expanded, 0.5),
            300,
            "ms",
            f"{len(expanded)} of {len(ids)}",
        ),
        plain("expansion, slowest", max(expanded), "ms"),
    ]


def large(folder: Path) -> str:
    """A store with 5,000 accounts and 10,000 transfers; its address."""
    address = f"sqlite:///{folder / 'large.db'}"
    facts: list[dict[str, Any]] = [{"kind": "account", "id": f"a{k}"} for k in range(NODES)]
    number = 0
    for hub in range(HUBS):
        begin = hub * (NODES - HUBS) // HUBS
        for k in range(EACH):  # two hubs pay each
            other = HUBS + (begin + k) % (NODES - HUBS)
            number += 1
            facts.append({
                "kind": "transfer", "id": f"t{number}", "from": f"a{hub}", "to": f"a{other}",
                "amount": "1000.00", "at": "2026-01-05T10:00:00+08:00",
            })  # fmt: skip
    opened = open_store(address, create=True)
    normaliser = Normaliser("d", opened.id_key)
    opened.write("b", [normaliser.row(fact, line) for line, fact in enumerate(facts, 1)])
    opened.close()
    return address


_COUNT = """() => {
  const times = window.counted = [];
  window.moving = true;
  const tick = (now) => {
    times.push(now);
    if (window.moving) requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}"""


def frames(page: Any, seconds: float) -> list[float]:
    """The milliseconds of each frame while the mouse drags the canvas."""
    page.evaluate(_COUNT)
    box = page.locator(".canvas").bounding_box()
    x, y = box["x"] + 200, box["y"] + box["height"] - 130  # where nothing stands
    page.mouse.move(x, y)
    page.mouse.down()
    begun, k = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        k += 1
        page.mouse.move(x + 160 * abs(((k % 80) / 20) - 2), y - 3 * abs(15 - k % 30))
    page.mouse.up()
    times = page.evaluate("() => { window.moving = false; return window.counted; }")
    return [after - before for before, after in pairwise(times)]


def moving(page: Any, address: str) -> list[Row]:
    """Frames a second with the large graph."""
    loads = "&".join(f"adjacent=out+transfer+1000+d:a{hub}" for hub in range(HUBS))
    page.goto(address)
    page.goto(address.partition("?")[0] + "#" + loads)
    page.reload(wait_until="commit")
    took = drawn(page, NODES // 2)
    canvas = page.locator(".canvas")
    nodes, edges = (int(canvas.get_attribute(f"data-{name}")) for name in ("nodes", "edges"))
    page.wait_for_timeout(8000)
    first = frames(page, 6)
    page.wait_for_timeout(8000)
    then = frames(page, 6)
    renderer = page.evaluate(
        "() => { const gl = document.createElement('canvas').getContext('webgl2');"
        " const more = gl.getExtension('WEBGL_debug_renderer_info');"
        " return gl.getParameter(more ? more.UNMASKED_RENDERER_WEBGL : gl.RENDERER); }"
    )
    size = f"{nodes:,} subjects, {edges:,} relations"
    return [
        plain(f"{size}: loaded and laid out", took / 1000, "s"),
        plain("frames a second in the first drag", 1000 * len(first) / sum(first), "", renderer),
        at_least("frames a second while it is dragged", 1000 * len(then) / sum(then), 30, "",
                 renderer),
        plain("slowest frame of twenty", percentile(then, 0.95), "ms"),
    ]  # fmt: skip


def subjects(address: str, many: int) -> list[str]:
    """Companies of a store, drawn at random."""
    from api.look import listing
    from api.session import Session

    session = Session(address)
    rows = listing(session, "company", 2000)["results"]
    session.close()
    return [row["id"] for row in random.Random(3).sample(rows, many)]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    parser.add_argument("--pictures", type=int, default=9)
    given = parser.parse_args()
    address = url(store(given.entities))
    rows = [bundle()]
    with browser() as page:
        ids = subjects(address, given.pictures)
        with served(address) as serving:
            rows += pictures(page, serving, ids)
        with tempfile.TemporaryDirectory() as folder, served(large(Path(folder))) as serving:
            rows += moving(page, serving)
    finish("explorer", rows)


if __name__ == "__main__":
    main()
