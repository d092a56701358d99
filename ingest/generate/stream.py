"""Writes a world as native JSON Lines, block by block."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from graph.errors import BadFile, LinkriskError, StoreFull, WrongUsage
from ingest.generate import entities as things
from ingest.generate import events, links, ownership, roles, ties
from ingest.generate.lines import Section
from ingest.generate.listings import listings
from ingest.generate.rings import Plan
from ingest.generate.world import World

if TYPE_CHECKING:
    from ingest.generate.schemes import Schemes
    from ingest.generate.schemes.level import Difficulty

Progress = Callable[[int, int], None]
"""Called with the facts written so far and the facts expected."""


@dataclass(frozen=True)
class Summary:
    """What was written: facts by kind, bytes, seconds, and the truth of the planted rings."""

    counts: dict[str, int]
    bytes: int
    seconds: float
    truth: dict[str, Any]
    truth_path: str | None

    @property
    def facts(self) -> int:
        """All facts."""
        return sum(self.counts.values())


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

# Shares of what is left to events once the states are written.
_TRANSFERS, _INVOICES = 60, 25


def _sections(world: World, plan: Plan) -> Iterator[tuple[str, Section]]:
    """Every kind with its lines: entities first, then states, events, listings."""
    yield "company", things.companies(world)
    yield "person", things.persons(world)
    yield "account", things.accounts(world)
    yield "phone", things.phones(world)
    yield "address", things.addresses(world)
    yield "device", things.devices(world)
    yield "legal_representative", roles.representatives(world)
    yield "shareholder", ownership.shareholders(world)
    yield "officer", roles.officers(world)
    yield "controller", roles.controllers(world)
    yield "branch", roles.branches(world)
    yield "employs", roles.employments(world)
    yield "kin", ties.kin(world)
    yield "guardian", ties.guardians(world)
    yield "guarantee", ties.guarantees(world)
    yield "holds_account", links.held_accounts(world)
    yield "uses_phone", links.phone_users(world, plan)
    yield "uses_device", links.device_users(world)
    yield "located_at", links.locations(world, plan)


def _events(world: World, plan: Plan, left: int) -> Iterator[tuple[str, Section]]:
    transfers, invoices = left * _TRANSFERS // 100, left * _INVOICES // 100
    yield "transfer", events.transfers(world, transfers, plan)
    yield "invoice", events.invoices(world, invoices)
    yield "call", events.calls(world, left - transfers - invoices)
    yield "listing", listings(world)


def generate(
    out: Path | BinaryIO,
    entities: int = 1_000,
    seed: int = 0,
    relations_per_entity: float = 3.0,
    *,
    dataset: str | None = None,
    schemes: Difficulty | None = None,
    instances: int | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Write a seeded, believable Chinese world; the same arguments give the same bytes.

    `entities` (1,000 to 20 million) are companies 25 %, persons 35 %, accounts 25 %, phones 12 %,
    addresses 2 %, devices 1 %; then come `entities * relations_per_entity` relations, and listings
    on a hundredth of the companies. States (roles, holdings, links) number about two an entity;
    events fill what is left.

    `out` is a path, written aside and put in place when whole, with the truth of the planted
    rings in `<out>.truth.json`; or an open binary file, and the truth is in the summary alone.
    Lines carry no `source` unless `dataset` is given: then each cites it and its line.

    With `schemes` the world is another: an economy of linked facts in which schemes of every
    pattern hide among innocent look-alikes, `instances` of each (default one for 2,000 entities),
    and the truth lists them all. `relations_per_entity` means nothing then (about fifteen), below
    some 2,500 entities the world comes out larger, and memory is about four kilobytes an entity.

    Time and output are linear in the facts; memory is about ten bytes an entity beside one block.
    Raises WrongUsage for a size outside the bounds, BadFile where `out` cannot be written,
    StoreFull where the disk is full.
    """
    world = World.plan(entities, seed, relations_per_entity)
    if dataset is not None:
        check_dataset(dataset)
    if schemes is None:
        if instances is not None:
            raise WrongUsage("instances: only of a world with schemes")
        return _put(out, lambda file: _write(file, world, dataset, progress))
    from ingest.generate.schemes import make

    made = make(entities, seed, schemes, instances)
    return _put(out, lambda file: _write_made(file, made, dataset, progress))


def check_dataset(name: str) -> None:
    """Raises WrongUsage for what is no name of a dataset."""
    if not name or ":" in name:
        raise WrongUsage("a dataset's name is not empty and has no colon")


def not_written(out: Path, error: OSError) -> LinkriskError:
    """What kept a world from being written, as an error of ours."""
    if error.errno in _FULL:
        return StoreFull(f"no room for {out}: {error.strerror}")
    return BadFile(f"cannot write {out}: {error.strerror}")


def _put(out: Path | BinaryIO, write: Callable[[BinaryIO], Summary]) -> Summary:
    """Write to an open file, or to a path: aside, and put in place when whole."""
    if not isinstance(out, Path):
        return write(out)
    part = out.with_name(out.name + ".part")
    truth = out.with_name(out.name + ".truth.json")
    try:
        with part.open("wb") as file:
            summary = write(file)
        truth.write_bytes(orjson.dumps(summary.truth, option=orjson.OPT_INDENT_2) + b"\n")
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise not_written(out, error) from None
    return Summary(summary.counts, summary.bytes, summary.seconds, summary.truth, str(truth))


class _Out:
    """Where lines go, and how many went there."""

    def __init__(
        self, file: BinaryIO, dataset: str | None, total: int, progress: Progress | None
    ) -> None:
        self.begin = time.perf_counter()
        self.file, self.dataset, self.total, self.progress = file, dataset, total, progress
        self.counts: dict[str, int] = {}
        self.size = self.done = 0

    def put(self, kind: str, section: Section) -> None:
        """Write all lines of a kind."""
        self.counts[kind] = 0
        for lines in section:
            if not lines:
                continue
            shown = lines if self.dataset is None else _cited(lines, self.dataset, self.done)
            data = ("\n".join(shown) + "\n").encode()
            self.file.write(data)
            self.size += len(data)
            self.counts[kind] += len(lines)
            self.done += len(lines)
            if self.progress is not None:
                self.progress(self.done, max(self.total, self.done))

    def summary(self, truth: dict[str, Any]) -> Summary:
        """What was written."""
        seconds = time.perf_counter() - self.begin
        return Summary(self.counts, self.size, seconds, truth, None)


def _write(file: BinaryIO, world: World, dataset: str | None, progress: Progress | None) -> Summary:
    plan = Plan(world)
    total = world.entities + world.relations + world.companies // 100
    out = _Out(file, dataset, total, progress)
    for kind, section in _sections(world, plan):
        out.put(kind, section)
    left = world.relations - (out.done - world.entities)
    for kind, section in _events(world, plan, left):
        out.put(kind, section)
    return out.summary(plan.truth())


def _write_made(
    file: BinaryIO, made: Schemes, dataset: str | None, progress: Progress | None
) -> Summary:
    out = _Out(file, dataset, made.facts, progress)
    for kind, section in made.sections():
        out.put(kind, section)
    return out.summary(made.truth())


def _cited(lines: list[str], dataset: str, done: int) -> list[str]:
    name = orjson.dumps(dataset).decode()
    return [
        f'{line[:-1]},"source":{{"dataset":{name},"record":"{record}"}}}}'
        for record, line in enumerate(lines, done + 1)
    ]
