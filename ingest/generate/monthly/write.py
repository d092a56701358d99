"""Writes the loads of a register month by month, with the truth of what was planted in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from graph.errors import WrongUsage
from ingest.generate.days import dates
from ingest.generate.draws import Draws
from ingest.generate.monthly.register import Register, months
from ingest.generate.monthly.story import Story
from ingest.generate.stream import check_dataset, not_written

Progress = Callable[[int, int], None]
TRUTH: Final = "truth.json"
_CROWD: Final = 30  # at one address, which so joins nobody


@dataclass(frozen=True)
class Loads:
    """What was written: the files in the order of their months, the truth beside them."""

    files: list[Path]
    facts: int
    truth: dict[str, Any]
    truth_path: Path


def monthly(
    folder: Path, entities: int = 1_000, seed: int = 0, count: int = 24, *,
    dataset: str = "register", progress: Progress | None = None,
) -> Loads:  # fmt: skip
    """Write `load-01.jsonl` and so on, one file for each month, and `truth.json`; the same
    arguments give the same bytes.

    A register of companies, people, phones and addresses, of which the first load holds about
    `entities` (200 to 1 million) and later ones what came, changed and ended. In it risk clusters
    are planted: listed companies joined by guarantees, holdings, a representative, a phone, an
    address or a clean company between them. Month by month they are born, grow, shrink, change,
    merge, split and dissolve, a listed company that stood alone joins one, listings are added,
    lifted and run out. Beside them stand look-alikes that are no clusters: listed companies at
    crowded addresses or with minor holdings, joined companies that are not listed or on harmless
    lists, one listed company in a clean group, ties and listings that are over.

    The truth says of each month the day that it is told `as_of`, its last, and of each cluster its
    `event` since the month before, `line` (one name for all that becomes of it), `members`, `core`,
    the lines of its `parents`, who `joined` and `left`, and whether there is `new_risk`: listings
    that were never told together of one line. It holds for the defaults of `clusters`.

    Raises WrongUsage for a size outside the bounds, BadFile where a file cannot be written,
    StoreFull where the disk is full.
    """
    if not 200 <= entities <= 1_000_000:
        raise WrongUsage(f"entities: from 200 to 1,000,000 with months, not {entities}")
    if not 1 <= count <= 120:
        raise WrongUsage(f"months: from 1 to 120, not {count}")
    if not 0 <= seed < 2**63:
        raise WrongUsage("seed: a number that is not negative")
    check_dataset(dataset)
    register = Register(Draws(seed), dataset)
    story = Story(register, births=max(1, entities // 400))
    spans = months(count)
    told, files, facts = [], [], 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, (first, last) in enumerate(spans, 1):
            if number == 1:
                _background(register, story, entities, first)
            else:
                _ordinary(register, max(1, entities // 100), first)
            clusters = story.month(first, last)
            path = folder / f"load-{number:02d}.jsonl"
            lines = register.load()
            _put(path, b"\n".join(lines) + b"\n")
            files.append(path)
            facts += len(lines)
            day = dates(np.array([last - 1]))[0]
            told.append({"month": number, "file": path.name, "as_of": day, "clusters": clusters})
            if progress is not None:
                progress(number, count)
        truth = {"seed": seed, "dataset": dataset, "months": told}
        _put(folder / TRUTH, orjson.dumps(truth, option=orjson.OPT_INDENT_2) + b"\n")
    except OSError as error:
        raise not_written(folder, error) from None
    return Loads(files, facts, truth, folder / TRUTH)


def _put(path: Path, body: bytes) -> None:
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(body)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _background(register: Register, story: Story, entities: int, first: int) -> None:
    """Who is there before: ordinary companies, and look-alikes of clusters."""
    dice = register.dice
    crowded: list[str] = []
    for at in range(max(40, entities // 12)):  # listed, and joined to nobody but a crowd
        company = register.company()
        if at % _CROWD == 0:
            crowded.append(register.address())
        register.link("located_at", company, crowded[-1], first - 900)
        on = first - 800 + dice.below(700)
        ident = register.listing(company, on)
        story.alone.append((company, [(on, f"{register.dataset}:{ident}")]))
    if len(story.alone) % _CROWD:  # the last address is a crowd, too
        for _ in range(_CROWD - len(story.alone) % _CROWD):
            register.link("located_at", register.company(), crowded[-1], first - 900)
    for _ in range(max(4, entities // 100)):
        _look_alikes(register, first)
    while register.count < entities * 2:
        _ordinary(register, 10, first)


def _look_alikes(register: Register, first: int) -> None:
    """What hangs together and is no cluster."""
    dice = register.dice
    a, b, c, d = (register.company() for _ in range(4))
    for company in (a, b):  # both listed, but what joins them is a minor holding
        register.listing(company, first - 300)
    register.link("shareholder", a, b, first - 500, share=str((5 + dice.below(19)) / 100))
    tie = register.link("guarantee", a, b, first - 700)
    register.end(tie, first - 400)  # and what is over
    register.listing(c, first - 200)  # one alone in a clean group
    register.link("guarantee", c, d, first - 300)
    phone = register.phone()
    register.link("uses_phone", c, phone, first - 300)
    register.link("uses_phone", d, phone, first - 300)
    e, f = register.company(), register.company()
    for company in (e, f):  # on harmless lists, or no longer on any
        register.listing(company, first - 400, harmless=True)
        register.end(register.listing(company, first - 600), first - 100)
    register.lift(register.listing(e, first - 200))
    register.lift(register.listing(f, first - 200))
    register.link("guarantee", e, f, first - 500)


def _ordinary(register: Register, companies: int, first: int) -> None:
    """Companies that nothing is wrong with: their people, owners, phones and places."""
    dice = register.dice
    made: list[str] = []
    for _ in range(companies):
        since = first - 30 - dice.below(2_000)
        company = register.company(since)
        person = register.person()
        register.link("legal_representative", person, company, since)
        register.link("shareholder", person, company, since, share=str(dice.between(30, 100) / 100))
        if dice.chance(0.5):
            register.link("uses_phone", company, register.phone(), since)
        if dice.chance(0.5):
            register.link("located_at", company, register.address(), since)
        if made and dice.chance(0.4):
            register.link("guarantee", dice.pick(made), company, first - 25)
        made.append(company)
