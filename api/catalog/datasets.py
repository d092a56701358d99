"""The catalogue: which datasets there are, what is in them, where they came from, under what terms.

What facts say of themselves is counted. Title, publisher, licence and address of a dataset are said
by the deployment in a TOML file that LINKRISK_CATALOG names:

    [datasets.registry]
    title = "市场主体登记 / Business register"
    publisher = "…"
    licence = "…"
    url = "https://…"
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from graph.errors import BadFile
from graph.times import format_instant, format_time

if TYPE_CHECKING:
    from api.session import Session

FILE: Final = "LINKRISK_CATALOG"
_FILES: Final = 20  # of a dataset, the newest
_MOST: Final = 1 << 20


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a deployment says of a dataset."""

    title: str | None = None
    publisher: str | None = None
    licence: str | None = None
    url: str | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    datasets: dict[str, Terms] = {}


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch: its number, its id, when it was recorded, and the file it came from."""

    no: int
    id: str
    recorded_at: str
    file: str | None


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset: facts known by kind, the first and last time that they speak of, the newest of the
    batches that recorded them, the files of these (the 20 newest), and its terms."""

    name: str
    facts: int
    kinds: dict[str, int]
    first: str | None
    last: str | None
    newest: Batch
    batches: int
    files: list[str]
    files_total: int
    title: str | None
    publisher: str | None
    licence: str | None
    url: str | None


class Catalog(msgspec.Struct, frozen=True, kw_only=True):
    """All datasets of a view, by name."""

    known_at: str
    snapshot: str
    facts: int
    datasets: list[Dataset]


def terms(path: Path | None = None) -> dict[str, Terms]:
    """What the deployment says of datasets, by name; {} where no file is named. Raises BadFile."""
    named = path if path is not None else os.environ.get(FILE)
    if not named:
        return {}
    file = Path(named)
    try:
        if file.stat().st_size > _MOST:
            raise BadFile(f"{file}: larger than {_MOST} bytes")
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        return msgspec.convert(said, _File).datasets
    except OSError as error:
        raise BadFile(f"{file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadFile(f"{file}: {error}") from None


def catalog(session: Session, known_at: str | None = None) -> Catalog:
    """The datasets of the store: facts known by kind, the time they speak of, batches, files, and
    what the deployment says of their title, publisher, licence and address. Linear in the facts.
    Raises BadFile, BadFact."""
    from graph.inventory import inventory

    said = terms()
    snapshot = session.snapshot(known_at)
    batches = {info.no: info for info in session.store.batches() if info.no <= snapshot.batch}
    shown = []
    for held in inventory(snapshot):
        newest = batches[held.batches[-1]]
        names = (batches[no].file for no in reversed(held.batches) if no in batches)
        files = [*dict.fromkeys(name for name in names if name is not None)]
        told = said.get(held.dataset, Terms())
        shown.append(
            Dataset(
                name=held.dataset,
                facts=sum(held.counts.values()),
                kinds=held.counts,
                first=None if held.first is None else format_time(held.first),
                last=None if held.last is None else format_time(held.last),
                newest=Batch(
                    no=newest.no, id=newest.id, file=newest.file,
                    recorded_at=format_instant(newest.recorded_at),
                ),
                batches=len(held.batches),
                files=files[:_FILES],
                files_total=len(files),
                **msgspec.structs.asdict(told),
            )
        )  # fmt: skip
    total = sum(each.facts for each in shown)
    return Catalog(known_at=snapshot.known_at, snapshot=snapshot.name, facts=total, datasets=shown)


def catalog_bytes(session: Session, known_at: str | None = None) -> bytes:
    """`catalog` as both transports answer it."""
    return msgspec.json.encode(catalog(session, known_at))
