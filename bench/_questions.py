"""Five hundred questions about a world, and how `linkrisk` answers them in process and over HTTP.

Subjects are drawn from all; for 1 to 3 hops nine tenths of them from those with at most `SMALL`
parties around them, one tenth those with the most, up to `LARGE`. Hubs are those with the most
relations; ownership is asked of companies drawn at random and of those with the most owners.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson

from algorithms import registry
from api import look
from bench._cypher import BY_KEY, BY_RECORD, above, around, parameters
from bench._measure import AS_OF
from bench.http import Client
from graph.snapshot import Snapshot
from graph.traverse import EVERY_KIND

SMALL, LARGE, DEPTH = 2_000, 20_000, 10
IDLE = 2.0  # seconds after which the service may have closed a connection
COUNTS: Final = {
    "look-up": 100, "1 hop": 80, "2 hops": 80, "3 hops": 100, "hubs": 40, "ownership": 100,
}  # fmt: skip
FORMS: Final = {
    "look-up by record": BY_RECORD,
    "look-up by key": BY_KEY,
    "1 hop": around(1),
    "2 hops": around(2),
    "3 hops": around(3),
    "ownership": above(DEPTH),
}
_WIDE: Final = {"max_fanout": 1_000_000, "max_rows": LARGE, "max_explored": 100_000_000}
_DEPTHS: Final = {"1 hop": 1, "hubs": 1, "2 hops": 2, "3 hops": 3}


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """`about` is what `linkrisk` is asked about, `given` the parameters of the Cypher."""

    group: str  # one of COUNTS
    form: str  # one of FORMS
    about: str
    given: dict[str, Any]

    @property
    def params(self) -> dict[str, Any]:
        """Parameters of `related_parties`; bounds lie above every answer."""
        common = {"subject": self.about, "as_of": AS_OF, "time_limit": 600, **_WIDE}
        if self.group == "ownership":
            return {**common, "depth": DEPTH, "kinds": ["shareholder"], "direction": "in"}
        return {**common, "depth": _DEPTHS[self.group], "kinds": list(EVERY_KIND)}


def in_process(snapshot: Snapshot, question: Question) -> dict[str, Any]:
    """The whole answer, evidence included."""
    if question.group == "look-up":
        return look.brief(snapshot, snapshot.resolve(question.about))
    return registry.ask(snapshot, "related_parties", question.params)


class Service:
    """The service at an address, asked over one connection."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._address = (host, port)
        self._head = (
            f"POST /v1/related-parties HTTP/1.1\r\nHost: {host}:{port}\r\n"
            f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        )
        self._client = Client(self._address)
        self._used = time.monotonic()

    def ask(self, question: Question) -> dict[str, Any]:
        """The same answer, read from its JSON."""
        if time.monotonic() - self._used > IDLE:
            self.close()
            self._client = Client(self._address)
        body = json.dumps(question.params).encode()
        self._client.send(f"{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body, 0)
        while not self._client.receive():
            pass
        answer: dict[str, Any] = orjson.loads(self._client.got.partition(b"\r\n\r\n")[2])
        self._used = time.monotonic()
        return answer

    def close(self) -> None:
        """Hang up."""
        self._client.socket.close()


def parties(question: Question, answer: dict[str, Any]) -> set[str]:
    """The subjects of an answer; of a look-up its id and records."""
    if question.group == "look-up":
        return {answer["id"], answer["kind"], *answer["records"]}
    assert answer.get("truncated") is None, question
    rows = answer["results"]
    return {row["party"] if isinstance(row, dict) else row.party for row in rows}


def questions(snapshot: Snapshot, share: float = 1.0) -> list[Question]:
    """This share of the five hundred, in an order that mixes the groups.

    Raises RuntimeError for a world in which records share a subject: the Cypher does not group.
    """
    if len(np.unique(snapshot.nodes.rep)) != snapshot.n:
        raise RuntimeError("records of this world share subjects, which the Cypher does not group")
    draw = random.Random(20260601)
    made = [
        question
        for group, count in COUNTS.items()
        for question in _GROUPS[group](snapshot, draw, group, max(4, round(count * share)))
    ]
    draw.shuffle(made)
    return made


def _ask(snapshot: Snapshot, group: str, node: int, form: str, *, key: bool = False) -> Question:
    record, name = snapshot.record_name(node), snapshot.canonical(node)
    return Question(group, form, name if key else record, parameters(record, name))


def _look_up(snapshot: Snapshot, draw: random.Random, group: str, count: int) -> Iterator[Question]:
    keyed = False
    while count:
        node = draw.randrange(snapshot.n)
        if keyed and snapshot.canonical(node) == snapshot.record_name(node):
            continue
        form = "look-up by key" if keyed else "look-up by record"
        yield _ask(snapshot, group, node, form, key=keyed)
        keyed, count = not keyed, count - 1


def _sizes(snapshot: Snapshot, asked: list[Question]) -> list[tuple[int, Question]]:
    """Questions with something in their answers, and no more than fits."""
    found = []
    for question in asked:
        answer = in_process(snapshot, question)
        if answer.get("truncated") is None and answer["results"]:
            found.append((len(answer["results"]), question))
    return found


def _hops(snapshot: Snapshot, draw: random.Random, group: str, count: int) -> list[Question]:
    nodes = draw.sample(range(snapshot.n), min(snapshot.n, 5 * count))
    sized = _sizes(snapshot, [_ask(snapshot, group, node, group) for node in nodes])
    return _mixed(sized, count, count // 10)


def _mixed(sized: list[tuple[int, Question]], count: int, large: int) -> list[Question]:
    """The `large` ones with the most in their answers, and others as they were drawn."""
    most = sorted(sized, key=lambda each: -each[0])[:large]
    rest = [each for each in sized if each not in most and each[0] <= SMALL]
    return [question for _, question in most + rest[: count - large]]


def _hubs(snapshot: Snapshot, _: random.Random, group: str, count: int) -> list[Question]:
    columns = snapshot.columns
    degree = np.bincount(np.concatenate([columns.src, columns.dst]), minlength=snapshot.n)
    nodes = np.argsort(-degree, kind="stable")[:count].tolist()
    return [_ask(snapshot, group, node, "1 hop") for node in nodes]


def _ownership(snapshot: Snapshot, draw: random.Random, group: str, count: int) -> list[Question]:
    firms = snapshot.subjects("company").tolist()
    nodes = draw.sample(firms, min(len(firms), 10 * count))
    sized = _sizes(snapshot, [_ask(snapshot, group, node, group) for node in nodes])
    return _mixed(sized, count, count // 2)


_GROUPS: Final[dict[str, Callable[..., Any]]] = {
    "look-up": _look_up, "1 hop": _hops, "2 hops": _hops, "3 hops": _hops, "hubs": _hubs,
    "ownership": _ownership,
}  # fmt: skip
