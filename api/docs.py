"""Pages made from declarations: docs/algorithms.md from the registry, docs/cli.md from the verbs.

`python -m api.docs` (or `make docs`) writes them; a test holds that they are current.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from algorithms.registry import ALGORITHMS, COMMON, Algorithm
from api import openapi
from api.cli import VERBS, linkrisk
from api.features.page import features_page
from api.parameters import Parameter, describe
from api.settings.page import settings_page

FOLDER: Final = Path(__file__).parent.parent / "docs"
_MADE: Final = "<!-- made by `make docs`; edit the declarations instead -->\n"


def algorithms_page() -> str:
    """Every algorithm: what it computes, its parameters and rows, what it rests on."""
    parts = [
        _MADE,
        "# Algorithms\n",
        "Each is a Python function, a CLI verb (`linkrisk VERB --json`) and an HTTP route"
        " (`POST /v1/VERB`), all from one declaration. Every answer is an envelope"
        ' `{"algorithm","params","as_of","known_at","snapshot","results","truncated"}`; the same'
        " question on the same snapshot gives the same bytes. 每个算法只声明一次, 可由 Python、"
        "命令行和 HTTP 调用。\n",
        "Every question also takes:\n",
    ]
    first = next(iter(ALGORITHMS.values()), None)
    if first is not None:
        parts.append(_table([describe(first.fields[name]) for name in COMMON]))
    family = ""
    for record in ALGORITHMS.values():
        if record.family != family:
            family = record.family
            parts.append(f"## {family}\n")
        parts += _algorithm(record)
    return "\n".join(parts)


def _algorithm(record: Algorithm) -> list[str]:
    own = [describe(field) for name, field in record.fields.items() if name not in COMMON]
    fields = openapi.schema(record.row).get("properties", {})
    route = record.path
    return [
        f"### `{record.verb}`\n",
        f"{record.title} · `{route}`\n",
        f"{record.doc}\n",
        _table(own),
        "Rows: " + ", ".join(f"`{name}`" for name in fields) + "\n",
        "Sources: " + "; ".join(record.sources) + "\n",
    ]


def _table(parameters: list[Parameter]) -> str:
    rows = ["| parameter | type | default | meaning |", "|---|---|---|---|"]
    for p in parameters:
        kind = " ".join(
            filter(None, (p.type.replace("|", " \\| "), "…" if p.many else "", p.bounds))
        )
        default = "required" if p.required else _shown(p.default)
        rows.append(f"| `{p.option}` | {kind} | {default} | {p.description} |")
    return "\n".join(rows) + "\n"


def _shown(default: object) -> str:
    if default in (None, [], False):
        return ""
    if isinstance(default, list):
        return "`" + ",".join(map(str, default)) + "`"
    return f"`{default}`"


def cli_page() -> str:
    """The help of every verb that is not an algorithm, as the terminal shows it."""
    parts = [
        _MADE,
        "# Command line\n",
        "Every algorithm is a verb of its own name besides: [algorithms](algorithms.md)."
        " Exit codes: 0 done, 2 wrong usage, 3 bad input (unknown subject, nothing loadable, no"
        " store), 1 the rest, 130 interrupted.\n",
    ]
    root = click.Context(linkrisk, info_name="linkrisk")
    for verb in VERBS:
        command = linkrisk.get_command(root, verb)
        assert command is not None
        context = click.Context(
            command, info_name=verb, parent=root, terminal_width=98, max_content_width=98
        )
        parts.append(f"## `{verb}`\n\n```\n{command.get_help(context)}\n```\n")
        for name, part in command.commands.items() if isinstance(command, click.Group) else ():
            inner = click.Context(
                part, info_name=name, parent=context, terminal_width=98,
                max_content_width=98,
            )  # fmt: skip
            parts.append(f"### `{verb} {name}`\n\n```\n{part.get_help(inner)}\n```\n")
    return "\n".join(parts)


def pages() -> dict[Path, str]:
    """The generated pages by their path."""
    return {
        FOLDER / "algorithms.md": algorithms_page(),
        FOLDER / "cli.md": cli_page(),
        FOLDER / "settings.md": _MADE + settings_page(),
        FOLDER / "features.md": _MADE + features_page(),
    }


def collections() -> dict[Path, str]:
    """The collections of requests made from the service's document, by their path."""
    from api.verbs.contract import contract

    folder = FOLDER / "api"
    return {
        folder / "linkrisk.http": contract("http"),
        folder / "linkrisk.postman_collection.json": contract("postman"),
    }


def main() -> None:
    """Write the pages."""
    for path, text in (pages() | collections()).items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(path)


if __name__ == "__main__":
    main()
