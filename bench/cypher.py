"""The same five hundred questions to `linkrisk` and to Neo4j in Cypher, on the same facts.

    python -m bench.cypher [--entities N]

Both are asked in one run, in turn (which goes first alternates), three times each question, with
one question under way at a time. The sets of subjects must be equal: canonical ids; of a look-up
the id, kind and records. `linkrisk` gives its whole answer, the facts and path of every party with
it; the Cypher gives the distinct ids alone, read by the official driver. Every question bounds
nothing: limits are above the largest answer. All are as of a day and known now; a state counts
while both its ends are there, which the Cypher reads from the records that describe them. In the
generated worlds each subject is one record, so the Cypher does not group records; a world in which
they share subjects is refused.

Each question has several forms in Cypher. All are raced on a sample of the questions first, those
with the largest answers among them, and the one that takes least in all stands for Neo4j. Then
both sides are warmed. A question that takes Neo4j longer than 30 s counts as that.

In process: an open warm snapshot of the embedded store against Bolt. Server to server: the service
with the same Neo4j as its store, its JSON read, against Bolt, both from this process.
"""

from __future__ import annotations

import argparse
import math
import time
from functools import partial
from itertools import cycle, islice
from typing import Any

from bench._contest import Ask, Contest, reached
from bench._cypher import Bolt
from bench._measure import Row, at_least, finish, settle, show, timed
from bench._neo4j import neo4j_of, service_on
from bench._questions import (
    COUNTS,
    FORMS,
    Question,
    Service,
    in_process,
    parties,
    questions,
)
from bench.world import MILLION, store, url

SAMPLE = 12
RACE = 10.0  # seconds after which a form is out
WARM, WARM_SECONDS = 1_000, 20.0  # of each text
SERVED = ("3 hops", "hubs", "ownership")


def race(bolt: Bolt, asked: list[Question], want: dict[Question, set[str]]) -> dict[str, float]:
    """Milliseconds of each form for all of these questions, each at its best of five; infinite
    where one took too long. Raises AssertionError where an answer differs."""
    form = asked[0].form
    best = {name: dict.fromkeys(range(len(asked)), math.inf) for name in FORMS[form]}
    out: set[str] = set()
    for turn in range(5):
        for k, question in enumerate(asked):
            for name, text in FORMS[form].items():
                if name in out:
                    continue
                took, record = timed(partial(bolt.ask, text, question.given, RACE))
                if record is None:
                    out.add(name)
                    continue
                assert turn or reached(question, record) == want[question], (name, question)
                best[name][k] = min(best[name][k], took)
    return {name: math.inf if name in out else sum(best[name].values()) for name in best}


def choose(bolt: Bolt, asked: list[Question], ours: Ask) -> tuple[dict[str, str], list[Row]]:
    """The text that stands for each form, and what the others took."""
    texts, rows = {}, []
    for form, forms in FORMS.items():
        mine = [question for question in asked if question.form == form]
        want = {question: parties(question, ours(question)) for question in mine}
        large = sorted(mine, key=lambda question: -len(want[question]))[: SAMPLE // 2]
        sample = large + [question for question in mine if question not in large][: SAMPLE // 2]
        took = race(bolt, sample, want)
        first = min(took, key=took.__getitem__)
        texts[form] = forms[first]
        if len(forms) > 1:
            told = "; ".join(
                f"{name}: {f'over {RACE:g} s' if ms == math.inf else f'{show(ms)} ms'}"
                for name, ms in took.items()
            )
            rows.append(Row(f"Cypher of {form}", first, note=f"{len(sample)} questions, {told}"))
    return texts, rows


def warm(ask: Ask, asked: list[Question]) -> None:
    """Ask until code that is compiled as it runs has been."""
    until = time.monotonic() + WARM_SECONDS
    for question in islice(cycle(asked), WARM):
        ask(question)
        if time.monotonic() > until:
            break


def measure(entities: int) -> list[Row]:
    """Ask in process, then over HTTP."""
    from api.session import Session
    from graph import compiled

    compiled.warm()
    with neo4j_of(entities) as server:
        bolt = Bolt(server.uri)
        with Session(url(store(entities))) as session:
            snapshot = session.snapshot()
            asked = questions(snapshot)

            def ours(question: Question) -> Any:
                return in_process(snapshot, question)

            texts, forms = choose(bolt, asked, ours)

            def theirs(question: Question) -> Any:
                return bolt.ask(texts[question.form], question.given)

            for form in FORMS:
                mine = [question for question in asked if question.form == form]
                warm(ours, mine)
                warm(theirs, mine)
            settle()
            within = Contest(ours, theirs)
            within.run(asked)
        served = [question for question in asked if question.group in SERVED]
        with service_on(server.uri) as (host, port, token):
            service = Service(host, port, token)
            for group in SERVED:
                mine = [question for question in served if question.group == group]
                warm(service.ask, mine)
                warm(theirs, mine)
            between = Contest(service.ask, theirs)
            between.run(served)
            service.close()
        bolt.close()
        version = f"Neo4j {server.version} {server.edition}"
    counts = ", ".join(f"{n} {g}" for g, n in _counts(asked).items())
    return [
        at_least(
            "in process: geometric mean of the ratios at p99", within.mean(), 50, "×",
            f"{version}; {counts}; {_compared(within)}",
        ),
        *within.rows("in process", None),
        *between.rows("server to server", 5),
        *forms,
    ]  # fmt: skip


def _compared(contest: Contest) -> str:
    late = len(contest.late)
    return (
        f"answers equal, {late} not compared for they took too long"
        if late
        else ("all answers equal")
    )


def _counts(asked: list[Question]) -> dict[str, int]:
    return {group: sum(question.group == group for question in asked) for group in COUNTS}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=MILLION)
    finish("cypher", measure(parser.parse_args().entities))


if __name__ == "__main__":
    main()
