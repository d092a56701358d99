"""`linkrisk demo`: a small world, loaded, asked every kind of question, and shown."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from api.demo.report import Report, page
from api.demo.sample import Sample, sample
from api.demo.show import Teller, program
from api.report.asked import Answered, answer_file, command_of

__all__ = ["REPORT", "Sample", "run", "sample"]

REPORT = "report.html"


def run(out: Path, entities: int, seed: int, *, quiet: bool = False) -> dict[str, Any]:
    """Make a world of `entities` in the folder `out`, load it, ask, and write `out/report.html`.

    Tells of it as it goes, unless `quiet`. Returns what was made: store, snapshot, report, and of
    each answer its question, its file and how many rows it has. Run again with the same numbers it
    uses the store that is there; with others it makes a new one in its place. Raises WrongUsage for
    a size out of bounds, InputError where `out` holds a store that the demo did not make.
    """
    import msgspec

    from api.client import Local
    from api.demo.cast import choose
    from api.demo.story import questions
    from api.demo.world import prepare

    began = time.perf_counter()
    tell = Teller(quiet=quiet)
    answered: list[dict[str, Any]] = []
    world = prepare(out, entities, seed, tell)
    with Local(world.url) as risk:
        started = time.perf_counter()
        risk.session.snapshot()
        tell.snapshot(risk, time.perf_counter() - started)
        cast = choose(risk, world)
        report = Report(entities, seed, world, program(), command_of(program(), "serve", world.url))
        answers = out / "answers"
        answers.mkdir(exist_ok=True)
        for old in answers.glob("[0-9][0-9]-*.json"):
            old.unlink()
        for number, question in enumerate(questions(risk, cast, world), 1):
            started = time.perf_counter()
            answer = risk.ask(question.name, **question.params)
            asked = Answered(question, answer, time.perf_counter() - started)
            report.asked.append(asked)
            tell.answer(risk, number, asked, report)
            file = out / answer_file(number, question)
            file.write_bytes(msgspec.json.encode(answer))
            answered.append(
                {
                    "algorithm": question.name,
                    "params": answer["params"],
                    "as_of": answer["as_of"],
                    "known_at": answer["known_at"],
                    "rows": len(answer["results"]),
                    "truncated": answer["truncated"],
                    "file": str(file),
                }
            )
        file = out / REPORT
        file.write_text(page(risk, report), encoding="utf-8")
        name = risk.session.snapshot().name
    tell.end(file, report, time.perf_counter() - began)
    return {
        "entities": entities,
        "seed": seed,
        "facts": world.facts,
        "store": world.url,
        "snapshot": name,
        "report": str(file),
        "answers": answered,
    }
