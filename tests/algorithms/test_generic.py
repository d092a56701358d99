"""What holds for every algorithm in the registry, whatever it computes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from algorithms.registry import ALGORITHMS, Algorithm, Result, ask, encode, prepare
from api.parameters import describe
from graph.errors import InputError, UnknownSubject, WrongUsage
from graph.facts import Normaliser
from graph.model import NAMES, RELATIONS
from graph.snapshot import Snapshot, open_snapshot
from graph.store import Store, open_store
from graph.times import day_end
from tests.algorithms.small_world import entities, questions, relabelled, relations, renamed

EVERY = pytest.mark.parametrize("record", ALGORITHMS.values(), ids=lambda record: record.name)
AS_OF = "2021-12-31"
# Their evidence is true on the day of an act, or was before it.
OF_ANOTHER_DAY = {"extend", "extend_batch", "shed_roles", "subject_record", "cluster_history"}
DESCRIBE = {"match_subject"}  # they name nobody: whom they describe may not be there
_WEAK = {"cases": {"min_score": 0.0}}  # in so small a world no finding is a strong one
HOUR = 3_600_000_000
FIRST = 1_640_000_000_000_000  # when the first batch was recorded: 2021-12-20


def make(folder: Path, *batches: list[dict[str, Any]]) -> Store:
    store = open_store(f"sqlite:///{folder / 'facts.db'}", create=True)
    normaliser = Normaliser("d", store.id_key)
    for number, facts in enumerate(batches):
        rows = [normaliser.row(fact) for fact in facts]
        written = store.write(f"b{number}", rows, recorded_at=FIRST + number * HOUR)
        assert not written.rejected
    return store


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = make(tmp_path_factory.mktemp("world"), entities() + relations())
    yield store
    store.close()


@pytest.fixture(scope="module")
def snapshot(world: Store) -> Snapshot:
    return open_snapshot(world)


def answers(snapshot: Snapshot, record: Algorithm, **more: Any) -> list[dict[str, Any]]:
    """The answers to every question that fits; a subject of a wrong kind may be refused."""
    found = []
    for question in questions(record):
        try:
            asked = {**question, **_WEAK.get(record.name, {}), "as_of": AS_OF, **more}
            if "act" in asked:  # an act is no later than the day that is asked about
                asked["act"] = min(asked["act"], asked["as_of"])
            found.append(ask(snapshot, record.name, asked))
        except (InputError, WrongUsage) as refused:
            assert len(str(refused).splitlines()) == 1
    assert found, "no question fits"
    return found


def facts_in(node: Any) -> Iterator[str]:
    """The facts that an answer stands on, wherever they are in it."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "facts":
                yield from value
            else:
                yield from facts_in(value)
    elif isinstance(node, list):
        for part in node:
            yield from facts_in(part)


@EVERY
def test_it_is_documented(record: Algorithm) -> None:
    assert len(record.doc.split()) > 10
    assert all(len(source) > 5 for source in record.sources)
    for field in record.fields.values():
        english, _, chinese = describe(field).description.partition(" / ")
        assert english, field.name
        assert any("一" <= letter <= "鿿" for letter in chinese), field.name


@EVERY
def test_it_has_a_test_of_its_own(record: Algorithm) -> None:
    assert (Path(__file__).parent / record.family / f"test_{record.name}.py").is_file()


@EVERY
def test_something_is_found_in_the_small_world(record: Algorithm, snapshot: Snapshot) -> None:
    assert any(answer["results"] for answer in answers(snapshot, record))


@EVERY
def test_an_empty_graph_has_no_rows(record: Algorithm, write: Callable[..., Store]) -> None:
    empty = open_snapshot(write([]))
    for question in questions(record):
        if question and record.name not in DESCRIBE:
            with pytest.raises(UnknownSubject):
                ask(empty, record.name, question)
        else:
            answer = ask(empty, record.name, question)
            assert (answer["results"], answer["truncated"]) == ([], None)


@EVERY
def test_isolated_subjects_stand_on_no_facts(
    record: Algorithm, write: Callable[..., Store]
) -> None:
    alone = open_snapshot(write(entities()))
    for answer in answers(alone, record):
        assert not list(facts_in(msgspec.to_builtins(answer["results"])))
        assert answer["truncated"] is None


@EVERY
def test_the_same_question_gives_the_same_bytes(
    record: Algorithm, world: Store, snapshot: Snapshot
) -> None:
    first = [encode(answer) for answer in answers(snapshot, record)]
    assert [encode(answer) for answer in answers(snapshot, record)] == first
    assert [encode(answer) for answer in answers(open_snapshot(world), record)] == first


@EVERY
def test_names_and_order_of_facts_do_not_matter(
    record: Algorithm, snapshot: Snapshot, tmp_path: Path
) -> None:
    facts, back = relabelled(seed=20211231)
    store = make(tmp_path, facts)
    other = open_snapshot(store)
    called = {old: new for new, old in back.items()}
    for question, moved in zip(questions(record), questions(record, called), strict=True):
        assert _meaning(other, record, moved, back) == _meaning(snapshot, record, question, {})
    store.close()


def _meaning(
    snapshot: Snapshot, record: Algorithm, question: dict[str, Any], back: dict[str, str]
) -> Any:
    """An answer's rows without their names, order and digests, or that it was refused.

    Asked for the most that there is: which of several equals a smaller `k` shows goes by name, and
    so does which facts a row shows that has more of them than it may.
    """
    every = {"k": 100, "max_length": 3} if "k" in record.fields else _WEAK.get(record.name, {})
    try:
        answer = ask(snapshot, record.name, {**question, **every, "as_of": AS_OF})
    except (InputError, WrongUsage) as refused:
        return type(refused)
    rows = renamed(msgspec.to_builtins(answer["results"]), back)
    for row in rows:
        row.pop("id", None)
        if row.get("basis") == "common":  # of two who share an owner the lesser name stands first
            row["a"], row["b"] = sorted((row["a"], row["b"]))
        if isinstance(beside := row.get("relations"), list):  # of one moment they go by fact
            beside.sort(key=lambda each: json.dumps(each, sort_keys=True))
        if "facts_total" in row:
            row["facts"] = len(row["facts"])
    return sorted(json.dumps(row, sort_keys=True) for row in rows), answer["truncated"]


@EVERY
def test_the_snapshot_is_not_changed(record: Algorithm, snapshot: Snapshot) -> None:
    def digest() -> str:
        arrays = [*snapshot.columns, *snapshot.nodes]
        arrays += [array for side in (*snapshot.out, *snapshot.into) for array in side]
        joined = hashlib.sha256()
        for array in arrays:
            joined.update(np.ascontiguousarray(array).tobytes())
        return joined.hexdigest()

    before = digest()
    answers(snapshot, record)
    assert digest() == before


@EVERY
def test_rows_survive_json(record: Algorithm, snapshot: Snapshot) -> None:
    for answer in answers(snapshot, record):
        plain = msgspec.json.decode(encode(answer))
        assert list(plain)[:7] == [
            "algorithm", "params", "as_of", "known_at", "snapshot", "results", "truncated",
        ]  # fmt: skip
        again = msgspec.convert(plain["results"], list[record.row])  # type: ignore[name-defined]
        assert again == answer["results"]


@EVERY
def test_the_parameters_of_an_answer_ask_it_again(record: Algorithm, snapshot: Snapshot) -> None:
    for answer in answers(snapshot, record):
        again = ask(snapshot, record.name, {**answer["params"], "as_of": answer["as_of"]})
        assert encode(again) == encode(answer)


@EVERY
def test_evidence_is_stored_and_not_from_the_future(
    record: Algorithm, world: Store, snapshot: Snapshot
) -> None:
    for as_of in (AS_OF, "2021-03-02", "2011-06-01"):
        instant = day_end(as_of)
        for answer in answers(snapshot, record, as_of=as_of):
            for name in facts_in(msgspec.to_builtins(answer["results"])):
                (fact,) = world.history(name)
                assert fact.vf <= instant
                kind = RELATIONS.get(NAMES[fact.code])
                if record.name not in OF_ANOTHER_DAY and not (kind and kind.event):
                    assert instant < fact.vt


@EVERY
def test_what_was_learned_later_leaves_an_earlier_answer_as_it_was(
    record: Algorithm, tmp_path: Path
) -> None:
    first = entities() + relations()[::2]
    store = make(tmp_path, first)
    before = [encode(answer) for answer in answers(open_snapshot(store), record)]
    known_at = open_snapshot(store).known_at
    normaliser = Normaliser("d", store.id_key)
    later = [*relations()[1::2], {"kind": "retract", "id": relations()[0]["id"]}]
    store.write("later", [normaliser.row(f) for f in later], recorded_at=FIRST + HOUR)
    view = open_snapshot(store, known_at)
    assert [encode(answer) for answer in answers(view, record)] == before
    store.close()


@EVERY
def test_it_is_a_plain_function_of_snapshot_and_parameters(
    record: Algorithm, snapshot: Snapshot
) -> None:
    for question in questions(record):
        params = prepare(record, {**question, "as_of": AS_OF})
        try:
            result = record.function(snapshot, params)
        except InputError:
            continue
        assert isinstance(result, Result)
        assert all(isinstance(row, record.row) for row in result.results)
