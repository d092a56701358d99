"""A load on behalf of a caller: a file that was sent, into the store, with its receipt."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from api.intake.mappings import Own, is_file_name, mapping_of
from api.jobs.calling import Told
from api.problems import MEDIA_TYPE, written
from graph.deadline import current
from graph.errors import LinkriskError, WrongUsage
from ingest.readers import formats

if TYPE_CHECKING:
    from graph.store import Store

QUARANTINE: Final = "/v1/ingest/quarantine"
_NAME_BYTES: Final = 200
_LONGEST: Final = 120
_ALL_REJECTED: Final = 422


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a caller says of what it sends."""

    name: Annotated[
        str,
        Meta(description="the file's name, which facts cite; its ending tells the format"
             " / 文件名", examples=["registry.jsonl"]),
    ] = "upload.jsonl"  # fmt: skip
    format: Annotated[str | None, Meta(description="default: recognised / 格式")] = None
    mapping: Annotated[
        str | None,
        Meta(description="a mapping that ships, by name, or one's own as POST /v1/mappings answered"
             " it / 映射名"),
    ] = None  # fmt: skip
    dataset: Annotated[
        str | None, Meta(description="where facts come from; default the file's name / 数据集")
    ] = None


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """A load: the folder that the file is in, alone, what was said of it, and the caller's own
    mapping where it named one."""

    folder: str
    quarantine: str
    asked: Asked
    own: Own | None = None


def checked(asked: Asked) -> Asked:
    """Raise WrongUsage for a name or format that is none."""
    # No file system keeps a name of more than 255 bytes, and others are made from this one.
    if not is_file_name(asked.name, _LONGEST) or len(asked.name.encode()) > _NAME_BYTES:
        raise WrongUsage("name: a file's name of 1 to 120 letters, digits, ._-+=,@() / 文件名无效")
    if asked.format is not None and asked.format not in formats():
        raise WrongUsage(f"format: one of {', '.join(formats())}, not {asked.format[:40]!r}")
    return asked


def carried_out(store: Store, given: Load) -> Told:
    """Load, and tell the receipt, as the verb prints it; 422 where every line was rejected.

    The upload is gone afterwards, whatever comes of it. Raises what `ingest.load` raises, its
    messages without this machine's folders; Cancelled between two chunks, of which those that are
    in the store stay there: sent again, the rest is loaded.
    """
    from ingest.load import load

    folder, asked = Path(given.folder), given.asked
    try:
        receipt = load(
            store, [folder / asked.name], dataset=asked.dataset, format=asked.format,
            mapping=mapping_of(asked.mapping, given.own),
            quarantine=Path(given.quarantine), progress=_progress,
        )  # fmt: skip
    except LinkriskError as error:
        if str(folder) in str(error):
            raise type(error)(str(error).replace(f"{folder}/", "")) from None
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if receipt.quarantine is not None:
        receipt.quarantine = f"{QUARANTINE}/{Path(receipt.quarantine).name}"
    rejected = receipt.read and receipt.read == receipt.quarantined
    if not rejected:
        return Told(status=200, media="application/json", body=msgspec.json.encode(receipt))
    words = f"all {receipt.read} lines were rejected; the quarantine says why / 全部被隔离"
    body = written(_ALL_REJECTED, words, "NothingLoaded", receipt=receipt)
    return Told(status=_ALL_REJECTED, media=MEDIA_TYPE, body=body)


def _progress(done: int, total: int, _: int) -> None:
    current().report(done, total, "bytes / 字节")
