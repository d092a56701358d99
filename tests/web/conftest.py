"""One service and one browser for all tests of the page, which is driven as a person would.

Where Chromium or Playwright is missing the tests skip, under CI they fail. Screenshots are written
to work/screenshots, to be looked at.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from api.kept import state_folder
from api.monitor.book import Book
from api.monitor.run import run as monitor
from api.monitor.settings import MonitorSettings
from api.monitor.standing import reorder
from api.session import Session
from graph.facts import Normaliser
from graph.store import open_store
from tests.api.monitor.conftest import put_to_use
from tests.browsing import chromium, missing
from tests.web.world import FACTS, HUB, LATER, WATCHED

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent.parent
TOKEN = "w" * 32
# Two models of companies, by registered capital: the one calls much of it risky, the other less.
MUCH = {100.0: 1.0, 1000.0: 1.0}
LITTLE = {100.0: 3.0, 1000.0: -2.0}
# WebGL in software where there is no graphics card; the page itself is put together without it.
FLAGS = ("--enable-unsafe-swiftshader", "--disable-gpu-compositing")
SIZE = {"width": 1280, "height": 800}
PATIENCE = 20_000  # milliseconds that a step may take on a busy machine


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service on the small world, with its token."""
    folder = tmp_path_factory.mktemp("web")
    url = f"sqlite:///{folder / 'facts.db'}"
    store = open_store(url, create=True)
    normaliser = Normaliser("w", store.id_key)
    loads = [(None, [*FACTS, *HUB]), *WATCHED, (None, LATER)]
    settings = MonitorSettings(detectors=())
    with Session(url) as session, Book(state_folder(url)) as book:
        put_to_use(session, "capital", steps=MUCH)
        for batch, (day, facts) in enumerate(loads, 1):
            if facts:
                rows = [normaliser.row(fact, line) for line, fact in enumerate(facts, 1)]
                written = store.write(f"b{batch}", rows)
                assert not written.rejected, written.rejected
            if day is not None:
                monitor(session, book, settings, day)
        put_to_use(session, "capital-2", steps=LITTLE)
        reorder(session, book, settings)
    store.close()
    command = [sys.executable, "-m", "api.cli", "serve", "--store", url, "--port", "0", "--no-warm"]
    state = str(folder / "state")
    environment = {**os.environ, "LINKRISK_TOKEN": TOKEN, "XDG_STATE_HOME": state}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address.startswith("http"), (folder / "log").read_text()
            yield address
        finally:
            process.terminate()
            process.wait(20)
            if process.stdout is not None:
                process.stdout.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium(*FLAGS, timeout=4 * PATIENCE) as started:
        yield started


@dataclass
class Explorer:
    """A page of the explorer, and what it asked and complained about."""

    page: Page
    address: str
    hosts: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    folder: Path = ROOT / "work" / "screenshots"

    def open(self, scene: str = "") -> Explorer:
        """Sign in by the printed address and open a scene, such as `subject=w:c1`."""
        self.page.goto(self.address)
        if scene:
            base = self.address.partition("?")[0]
            self.page.goto("about:blank")
            self.page.goto(f"{base}#{scene}")
            self.drawn()
        else:
            self.page.wait_for_selector(".head")
        return self

    def drawn(self, nodes: int = 1) -> None:
        """Wait until at least so many subjects are on the canvas, laid out."""
        self.page.wait_for_function(
            "(least) => { const it = document.querySelector('.canvas');"
            " return it && Number(it.dataset.nodes) >= least && !('laying' in it.dataset)"
            " && (!('sketch' in it.dataset) || document.querySelector('.sketched')); }",
            arg=nodes,
        )

    def count(self, what: str) -> int:
        """Subjects or relations on the canvas: `nodes` or `edges`."""
        return int(self.page.locator(".canvas").get_attribute(f"data-{what}") or 0)

    def panel(self, name: str) -> None:
        """Open one of the panels on the left."""
        button = self.page.locator(f".rail [data-panel={name}]")
        if button.get_attribute("aria-pressed") != "true":
            button.click()

    def status(self, text: str | re.Pattern[str]) -> None:
        """Wait for what the status line says."""
        self.page.locator("[role=status]").filter(has_text=text).wait_for()

    def picture(self, name: str) -> None:
        """Keep what the page shows now."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(400)  # animations of the camera come to rest
        self.page.screenshot(path=self.folder / f"{name}.png")

    def axe(self) -> list[str]:
        """What axe finds that is serious or worse."""
        source = ROOT / "api" / "web" / "node_modules" / "axe-core" / "axe.min.js"
        if not source.exists():
            missing("axe-core is not installed: npm ci in api/web")
        self.page.evaluate(source.read_text())
        found: list[dict[str, Any]] = self.page.evaluate(
            "async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a',"
            " 'wcag21aa', 'wcag22aa']})).violations"
        )
        return [
            f"{each['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
            for each in found
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]


@pytest.fixture
def explorer_of(browser: Browser, served: str) -> Iterator[Callable[..., Explorer]]:
    """`explorer_of(locale="en-GB", …)` is a page in a context of its own."""
    contexts = []
    made: list[Explorer] = []

    def make(**options: Any) -> Explorer:
        given = {"viewport": SIZE, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", **options}
        context = browser.new_context(**given)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        it = Explorer(page, served)
        page.on("request", lambda request: it.hosts.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda error: it.wrong.append(str(error)))
        page.on(
            "console", lambda said: it.wrong.append(said.text) if said.type == "error" else None
        )
        made.append(it)
        return it

    yield make
    for context in contexts:
        context.close()
    own = urlsplit(served).netloc
    for it in made:
        asked = {host for host in it.hosts if host}
        assert asked <= {own}, f"a request left the machine: {asked - {own}}"
        assert not it.wrong, it.wrong


@pytest.fixture
def explorer(explorer_of: Callable[..., Explorer]) -> Explorer:
    """A page in Chinese."""
    return explorer_of()
