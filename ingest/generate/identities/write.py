"""Writes what three registers have of the same people and companies, and who is who in truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from graph.errors import WrongUsage
from ingest.generate.days import dates
from ingest.generate.draws import Draws, span
from ingest.generate.identities.firms import Firm, firms
from ingest.generate.identities.people import Person, people
from ingest.generate.identities.rates import STANDARD, Rates
from ingest.generate.identities.recording import Clerk, Record
from ingest.generate.schemes.dice import Dice
from ingest.generate.stream import not_written

Progress = Callable[[int, int], None]
DATASETS: Final = ("registry", "bank", "telecom")
TRUTH: Final = "truth.json"
_IN: Final = (0.90, 0.60, 0.50)  # how many of all people and companies a register knows
_LEAST, _MOST = 100, 2_000_000
_FIRMS: Final = 4  # people to a company


@dataclass(frozen=True)
class Corpus:
    """What was written: a file for each register, and the truth beside them."""

    files: list[Path]
    records: int
    truth: dict[str, Any]
    truth_path: Path


def identities(
    folder: Path, count: int = 1_000, seed: int = 0, *,
    rates: Rates = STANDARD, progress: Progress | None = None,
) -> Corpus:  # fmt: skip
    """Write `registry.jsonl`, `bank.jsonl`, `telecom.jsonl` and `truth.json` into a folder; the
    same arguments give the same bytes.

    `count` people (100 to 2 million) and a quarter as many companies, each known to one to three
    registers, about two records each. The registers were filled in years apart, with the errors and
    gaps of `Rates`, and among them are those who are easily taken for another: twins, father and
    son, namesakes of one city, companies of one group, recycled phones.

    The truth has `clusters` (of each person and company, the records `dataset:id`), `errors` (by
    record, those it has, under the names of `Rates`) and `rates`. Linear; memory too, about four
    kilobytes a person. Raises WrongUsage for a size outside the bounds, BadFile where a file cannot
    be written, StoreFull where the disk is full.
    """
    if not _LEAST <= count <= _MOST:
        raise WrongUsage(f"identities: from {_LEAST} to {_MOST:,}, not {count}")
    if not 0 <= seed < 2**63:
        raise WrongUsage("seed: a number that is not negative")
    draws = Draws(seed)
    clerk = Clerk(Dice(draws, "identities.clerk"), rates)
    clusters: list[list[str]] = []
    errors: dict[str, list[str]] = {}
    lines: list[list[tuple[int, bytes]]] = [[] for _ in DATASETS]
    phones: list[dict[str, None]] = [{} for _ in DATASETS]
    who: list[Person | Firm] = [*people(draws, count, rates)]
    who += firms(draws, count // _FIRMS, rates)
    places = _known(draws, len(who))
    numbers = [
        draws.permuted(f"identities.{name}", span(0, len(who)), len(who)) for name in DATASETS
    ]
    done = 0
    for k, each in enumerate(who):
        cluster = []
        for at, dataset in enumerate(DATASETS):
            if not places[at][k]:
                continue
            number = int(numbers[at][k]) + 1
            if isinstance(each, Person):
                kind, record = "person", clerk.person(each, at)
            else:
                kind, record = "company", clerk.company(each, at)
            ident = f"{dataset[0]}{number}"
            name = f"{dataset}:{ident}"
            lines[at] += [(number, line) for line in _lines(record, kind, ident, phones[at])]
            cluster.append(name)
            errors[name] = record.errors
            done += 1
        clusters.append(cluster)
        if progress is not None and k % 1000 == 0:
            progress(k, len(who))
    truth = {
        "seed": seed,
        "clusters": clusters,
        "errors": {name: found for name, found in errors.items() if found},
        "rates": asdict(rates),
    }
    return _put(folder, lines, phones, truth, done)


def _known(draws: Draws, count: int) -> list[np.ndarray]:
    """Which register knows whom; each is known to one."""
    at = span(0, count)
    found = [
        draws.chance(f"identities.in.{name}", at, share)
        for name, share in zip(DATASETS, _IN, strict=True)
    ]
    found[0] |= ~(found[0] | found[1] | found[2])
    return found


def _lines(record: Record, kind: str, ident: str, phones: dict[str, None]) -> list[bytes]:
    """The facts of one record: itself, and its use of a phone."""
    fact: dict[str, Any] = {"kind": kind, "id": ident, "name": record.name}
    if record.keys:
        fact["keys"] = record.keys
    if record.attrs:
        fact["attrs"] = record.attrs
    if kind == "company" and record.since:
        fact["valid_from"] = record.since
    found = [_line(fact)]
    if record.phone is not None:
        use = record.phone
        phones[use.number] = None
        since, until = dates(np.array([use.since, use.until or use.since]))
        link = {
            "kind": "uses_phone", "id": f"u{ident}", "from": ident,
            "to": {"kind": "phone", "keys": {"e164": use.number}}, "valid_from": since,
        }  # fmt: skip
        found.append(_line(link | ({"valid_to": until} if use.until else {})))
    return found


def _line(fact: dict[str, Any]) -> bytes:
    """A fact as JSON; copied, since what orjson gives holds four kilobytes, however short."""
    return bytes(memoryview(orjson.dumps(fact)))


def _put(
    folder: Path, lines: list[list[tuple[int, bytes]]], phones: list[dict[str, None]],
    truth: dict[str, Any], records: int,
) -> Corpus:  # fmt: skip
    files = [folder / f"{name}.jsonl" for name in DATASETS]
    path = folder / TRUTH
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, facts, numbers in zip(files, lines, phones, strict=True):
            facts.sort(key=lambda each: each[0])
            with file.open("wb") as out:
                for number in sorted(numbers):
                    out.write(orjson.dumps({"kind": "phone", "keys": {"e164": number}}) + b"\n")
                out.writelines(line + b"\n" for _, line in facts)
        path.write_bytes(orjson.dumps(truth) + b"\n")
    except OSError as error:
        raise not_written(folder, error) from None
    return Corpus(files, records, truth, path)
