"""Worlds to try things on: generate, demo; and bench, which measures on them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import click
import msgspec

from api.options import Common, Verb, pass_common
from api.output import write_json

if TYPE_CHECKING:
    from ingest.generate.schemes.level import Difficulty

_ROOT: Final = Path(__file__).parent.parent.parent
_PATH = click.Path(path_type=Path)  # a folder with --months


@click.command(cls=Verb)
@click.option("--out", type=_PATH, default="world.jsonl", show_default=True, help="- is stdout.")
@click.option("--entities", default=1_000, show_default=True, help="1,000 to 20 million.")
@click.option("--relations-per-entity", default=3.0, show_default=True)
@click.option("--seed", default=0, show_default=True, help="The same seed writes the same bytes.")
@click.option("--dataset", metavar="NAME", help="Write a source on every fact, of this dataset.")
@click.option(
    "--schemes",
    type=click.Choice(["easy", "normal", "hard"]),
    help="An economy in which schemes hide among look-alikes. 含作案模式的经济。",
)
@click.option(
    "--instances",
    type=int,
    metavar="K",
    help="With --schemes: how many of each; default one for 2,000 entities.",
)
@click.option(
    "--months",
    type=int,
    metavar="N",
    help="Instead, a folder of N monthly loads in which risk clusters come and go. 逐月数据。",
)
@click.option(
    "--identities",
    type=int,
    metavar="N",
    help="Instead, a folder of three registers of N people, with errors. 同一主体在多库中的记录。",
)
@pass_common
def generate(
    common: Common, out: Path, entities: int, relations_per_entity: float, seed: int,
    dataset: str | None, schemes: Difficulty | None, instances: int | None, months: int | None,
    identities: int | None,
) -> None:  # fmt: skip
    """Write a seeded world of companies, people, accounts and invoices. 生成模拟数据。

    Facts as native JSON Lines, with a few planted rings; loads with `linkrisk ingest`. With
    --schemes another world, in which schemes of every pattern are planted; `linkrisk evaluate`
    measures what finds them against <out>.truth.json. With --months OUT is a folder: one file a
    month, in which planted clusters are born, grow, merge, split and dissolve, and truth.json. With
    --identities OUT is a folder: what a registry, a bank and a telecom write of the same N people
    and N/4 companies, with slips, gaps and look-alikes, and truth.json: who is who.
    """
    from api.progress import Meter
    from ingest.generate import generate as write_world

    if identities is not None:
        if months is not None or schemes is not None or instances is not None:
            raise click.UsageError("--identities: not together with --schemes or --months")
        if dataset is not None:
            raise click.UsageError("--identities: has datasets of its own")
        if str(out) == "-":
            raise click.UsageError("--identities: --out is a folder")
        _identities(common, Path("identities") if str(out) == "world.jsonl" else out,
                    identities, seed)  # fmt: skip
        return
    if months is not None:
        if schemes is not None or instances is not None:
            raise click.UsageError("--months: not together with --schemes")
        if str(out) == "-":
            raise click.UsageError("--months: --out is a folder")
        _monthly(common, Path("months") if str(out) == "world.jsonl" else out,
                 (entities, seed, months, dataset or "register"))  # fmt: skip
        return
    meter = Meter("writing / 写出", "facts")
    to: Path | BinaryIO = sys.stdout.buffer if str(out) == "-" else out
    try:
        summary = write_world(
            to, entities, seed, relations_per_entity, dataset=dataset,
            schemes=schemes, instances=instances,
            progress=lambda done, total: meter(done, total, done),
        )  # fmt: skip
    finally:
        meter.close()
    if not isinstance(to, Path):
        to.flush()
    elif common.json:
        write_json(msgspec.json.encode(summary, enc_hook=str))
    else:
        click.echo(f"written / 已写入: {out}")


def _monthly(common: Common, out: Path, asked: tuple[int, int, int, str]) -> None:
    """Monthly loads into a folder."""
    from api.progress import Meter
    from ingest.generate.monthly import monthly

    meter = Meter("writing / 写出", "months")
    entities, seed, months, dataset = asked
    try:
        made = monthly(
            out, entities, seed, months, dataset=dataset,
            progress=lambda done, total: meter(done, total, done),
        )  # fmt: skip
    finally:
        meter.close()
    if common.json:
        files = [str(path) for path in made.files]
        write_json(msgspec.json.encode({"files": files, "facts": made.facts,
                                        "truth": str(made.truth_path)}))  # fmt: skip
    else:
        click.echo(f"written / 已写入: {out}")


def _identities(common: Common, out: Path, count: int, seed: int) -> None:
    """Records of the same people and companies in three registers, into a folder."""
    from api.progress import Meter
    from ingest.generate.identities import identities

    meter = Meter("writing / 写出", "subjects")
    try:
        made = identities(out, count, seed, progress=lambda done, total: meter(done, total, done))
    finally:
        meter.close()
    if common.json:
        files = [str(path) for path in made.files]
        write_json(msgspec.json.encode({"files": files, "records": made.records,
                                        "truth": str(made.truth_path)}))  # fmt: skip
    else:
        click.echo(f"written / 已写入: {out}")


@click.command(cls=Verb)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default="out/demo",
              show_default=True, help="The folder for store, answers and report.")  # fmt: skip
@click.option("--entities", default=2_000, show_default=True, help="The size of the world.")
@click.option("--seed", default=0, show_default=True, help="The same seed makes the same world.")
@pass_common
def demo(common: Common, out: Path, entities: int, seed: int) -> None:
    """Make a small world, load it, ask every kind of question, write a report. 演示。"""
    from api.demo import run

    made = run(out=out, entities=entities, seed=seed, quiet=common.json)
    if common.json:
        write_json(msgspec.json.encode(made, enc_hook=str))


@click.command(cls=Verb, context_settings={"ignore_unknown_options": True})
@click.argument("names", metavar="[NAME [ARGS...]]", nargs=-1, type=click.UNPROCESSED)
@pass_common
def bench(common: Common, names: tuple[str, ...]) -> int:
    """Run the measurement NAME of bench/, or all of them and report. 性能测试。"""
    assert common is not None
    found = sorted(p.stem for p in (_ROOT / "bench").glob("[a-z]*.py"))
    if not found:
        raise click.ClickException("bench/ is not beside the program: run this in a clone")
    name, *rest = names or ("run",)
    if name not in found:
        raise click.UsageError(f"bench: one of {', '.join(found)}")
    command = [sys.executable, "-m", f"bench.{name}", *rest]
    return subprocess.run(command, cwd=_ROOT, check=False).returncode  # noqa: S603
