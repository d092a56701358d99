"""`linkrisk verify-proof`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec
import orjson

from api.options import Common, Reading, pass_common
from api.output import printable, write_json
from graph.errors import BadFile, InputError, LinkriskError

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

_MOST: Final = 64 << 20  # bytes of one file


class RefusedError(LinkriskError):
    """At least one proof does not hold."""


@click.command("verify-proof", cls=Reading)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--alone", is_flag=True, help="Take the facts inside as they stand; ask no store.")
@pass_common
def verify_proof(common: Common, /, files: tuple[str, ...], alone: bool) -> None:
    """Check proofs of `extend` without the code that made them. 校验证明。

    FILE holds one proof, an answer of `extend --json`, or one of either a line; `-` is standard
    input. Against the store every fact must be what was known then, and the claim must follow from
    all of it; with --alone only `extend` can be shown. Exits 1 where any proof is refused.
    """
    from api.progress import followed
    from api.proofs import checked

    with followed("verify-proof / 校验证明"), _views(common, alone) as view_of:
        told: list[dict[str, Any]] = [
            {"file": name, **msgspec.to_builtins(checked(proof, view_of))}
            for name, proof in _proofs(files)
        ]
    _show(common, told)
    refused = sum(not each["holds"] for each in told)
    if not told:
        raise InputError("there is no proof in what was given")
    if refused:
        raise RefusedError(f"proofs refused: {refused} of {len(told)}")


def _show(common: Common, told: list[dict[str, Any]]) -> None:
    if common.json:
        write_json(msgspec.json.encode({"proofs": told}))
        return
    for each in told:
        words = "holds / 成立" if each["holds"] else f"refused / 不成立: {each['problems'][0]}"
        click.echo(printable(f"{each['party']} {each['outcome']}: {words}"))


@contextmanager
def _views(common: Common, alone: bool) -> Iterator[Callable[[str], Snapshot | None]]:
    """Opens views of the store as proofs were made on them; none where none is asked."""
    from api.opened import session_of
    from api.proofs import against

    if alone:
        yield lambda _: None
        return
    with session_of(common.url) as session:
        yield against(session)


def _proofs(files: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every proof in the files; raises BadFile naming file and line."""
    for name in files:
        text = _read(name)
        try:
            documents = [(1, orjson.loads(text))]
        except orjson.JSONDecodeError:
            documents = []
            for line, each in enumerate(text.splitlines(), 1):
                if each.strip():
                    try:
                        documents.append((line, orjson.loads(each)))
                    except orjson.JSONDecodeError as error:
                        raise BadFile(f"{name}:{line}: not JSON: {error}") from None
        for line, document in documents:
            yield from ((name, proof) for proof in _within(name, line, document))


def _within(name: str, line: int, document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict) and isinstance(document.get("results"), list):
        for row in document["results"]:
            if isinstance(row, dict) and isinstance(row.get("proof"), dict):
                yield row["proof"]
    elif isinstance(document, dict) and "proof" in document and "claim" not in document:
        yield from _within(name, line, document["proof"])
    elif isinstance(document, dict):
        yield document
    else:
        raise BadFile(f"{name}:{line}: neither a proof nor an answer")


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(_MOST)
    try:
        with Path(name).open("rb") as file:
            text = file.read(_MOST + 1)
    except OSError as error:
        raise BadFile(f"{name}: {error.strerror}") from None
    if len(text) > _MOST:
        raise BadFile(f"{name}: larger than {_MOST >> 20} MiB")
    return text
