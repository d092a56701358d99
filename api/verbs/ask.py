"""A verb for each algorithm, made from its declaration."""

from __future__ import annotations

import time
from typing import Any

import click

from algorithms.registry import Algorithm, encode, prepare, split
from api.options import Common, Reading, option_of, pass_common
from api.output import say_timing, write_json
from api.parameters import describe


def command_of(record: Algorithm) -> click.Command:
    """The command that asks this algorithm."""
    parameters = [describe(field) for field in record.fields.values()]
    many = {p.name for p in parameters if p.many}

    @pass_common
    def run(common: Common, /, **given: Any) -> None:
        values = {
            name: split(value) if name in many else value
            for name, value in given.items()
            if value is not None and value != ()
        }
        prepare(record, values)  # wrong usage is said before a store is looked for
        ask(common, record, values)

    return Reading(
        record.verb,
        params=[option_of(p) for p in parameters],
        callback=run,
        help=f"{record.title}\n\n{record.doc}\n\nSources: {'; '.join(record.sources)}",
        context_settings={"max_content_width": 100},
    )


def ask(common: Common, record: Algorithm, values: dict[str, Any]) -> None:
    """Ask, and print the answer as JSON or as a table."""
    from api.opened import session_of
    from api.progress import followed

    started = time.perf_counter()
    with session_of(common.url) as session:
        with followed(record.verb):
            snapshot = session.snapshot(values.get("known_at"))
            opened = time.perf_counter()
            envelope = session.ask(record.name, values)
        done = time.perf_counter()
        if common.timing:
            say_timing(open=opened - started, answer=done - opened)
        if common.json:
            write_json(encode(envelope))
            return
        from api.table import print_answer

        print_answer(record, envelope, snapshot)
