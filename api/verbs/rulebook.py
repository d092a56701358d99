"""`linkrisk rulebook`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from api.options import Common, Verb, pass_common
from api.output import printable, write_json
from graph.errors import InputError, WrongUsage


@click.command(cls=Verb)
@click.argument("action", type=click.Choice(["check", "show", "diff"]))
@click.argument("names", metavar="[FILE|EDITION]...", nargs=-1)
@click.option("--edition", metavar="NAME", help="show: this edition; default the one of today.")
@click.option("--measure", metavar="ID", help="show: this measure and its rows alone.")
@click.option("--day", metavar="DATE", help="show: the rows in force on this day of an act.")
@pass_common
def rulebook(common: Common, /, action: str, names: tuple[str, ...], **given: Any) -> None:
    """What the law lets each measure do: check files, show an edition, compare two. 规则库。

    `check FILE...` reads a deployment's own files beside the shipped editions and lists every
    mistake with file, line and column; without FILE those of LINKRISK_RULEBOOK. `diff A B` takes
    an edition's name or a file on either side.
    """
    if action != "show" and (extra := next((k for k, v in given.items() if v), None)):
        raise WrongUsage(f"rulebook {action} takes no --{extra}")
    if action == "show" and names:
        raise WrongUsage(f"rulebook show takes no {names[0]!r}; --edition names one")
    if action == "diff" and len(names) != 2:
        raise WrongUsage("rulebook diff: which two editions or files?")
    if action == "check":
        _check(common, names)
    elif action == "show":
        _show(common, **given)
    else:
        _diff(common, *names)


def _check(common: Common, names: tuple[str, ...]) -> None:
    from graph.rulebook import BadRulebook, load_editions

    problems: list[dict[str, Any]] = []
    books: list[dict[str, Any]] = []
    try:
        found = load_editions([Path(name) for name in names] if names else None)
        books = [
            {
                "edition": book.edition, "from": book.start, "layers": list(book.layers),
                "measures": len(book.measures), "rows": len(book.rows), "version": book.version,
            }
            for book in found.values()
        ]  # fmt: skip
    except BadRulebook as error:
        problems = [problem._asdict() for problem in error.problems]
    if common.json:
        write_json(msgspec.json.encode({"editions": books, "problems": problems}))
    elif problems:
        for p in problems:
            click.echo(printable("{file}:{line}:{column}: {reason}".format(**p)))
    else:
        from api.table import console, table

        console().print(table(books))
    if problems:
        raise InputError(f"the rulebook cannot be used, mistakes: {len(problems)}")


def _show(common: Common, edition: str | None, measure: str | None, day: str | None) -> None:
    from api import rulebook as views

    if common.json:
        write_json(views.shown_bytes(edition, measure, day))
        return
    from api.table import console, table

    found = views.shown(edition, measure, day)
    out = console()
    for name in ("title", "note"):
        out.print(f"{found[name]['zh']}\n{found[name]['en']}", markup=False)
    out.print(found["version"], markup=False)
    for title, rows in views.tables(found):
        out.print(f"\n{title}", markup=False)
        out.print(table(rows))


def _diff(common: Common, first: str, second: str) -> None:
    from graph.rulebook.changes import SECTIONS, changes

    found = changes(_side(first), _side(second))
    if common.json:
        write_json(msgspec.json.encode(found))
        return
    from api.table import console, table

    rows = [{"section": "edition", "id": "-", "change": "changed", **f} for f in found["head"]]
    for section in SECTIONS:
        for change in ("added", "removed"):
            rows += [{"section": section, "id": t["id"], "change": change, "field": "-"}
                     for t in found[section][change]]  # fmt: skip
        rows += [{"section": section, "id": t["id"], "change": "changed", **field}
                 for t in found[section]["changed"] for field in t["fields"]]  # fmt: skip
    out = console()
    out.print(f"{found['old']}\n{found['new']}", markup=False)
    out.print(table(rows) if rows else "no difference / 无差异")


def _side(name: str) -> Any:
    from graph.rulebook import load_rulebook
    from graph.rulebook.load import load_file

    path = Path(name)
    if path.suffix in {".yaml", ".yml"} or path.is_file():
        return load_file(path)
    return load_rulebook(name)
