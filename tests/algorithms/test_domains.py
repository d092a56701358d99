"""What a caller is not granted is, for every algorithm, as if it had never been recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from algorithms.registry import ALGORITHMS, Algorithm, encode
from graph.domains import DOMAINS, OF_KIND, of_listing, withheld_kinds
from graph.model import CODES, ENTITIES, LISTING
from graph.snapshot import Snapshot, open_snapshot
from graph.store import Store
from tests.algorithms.small_world import entities, relations
from tests.algorithms.test_generic import EVERY, answers, make

GRANTS = [{"registry"}, {"bank"}, {"tax"}, {"telecom"}, {"registry", "bank"}, {"tax", "telecom"},
          {"registry", "tax", "bank"}]  # fmt: skip


def test_every_kind_has_its_domain() -> None:
    assert {*OF_KIND, LISTING} == {*CODES}
    assert {*OF_KIND.values()} == {*DOMAINS, None}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = make(tmp_path_factory.mktemp("whole"), entities() + relations())
    yield store
    store.close()


@pytest.fixture(scope="module")
def view(whole: Store) -> Snapshot:
    return open_snapshot(whole)


def only(facts: list[dict[str, Any]], granted: set[str]) -> list[dict[str, Any]]:
    """The facts of some domains, told by the words of the interchange format alone."""
    kind_of = {fact["id"]: fact["kind"] for fact in facts if fact["kind"] in ENTITIES}
    kept = []
    for fact in facts:
        if fact["kind"] == LISTING:
            needed = {of_listing(fact)}
        else:
            ends = (kind_of[fact[end]] for end in ("from", "to") if end in fact)
            needed = {OF_KIND[kind] for kind in (fact["kind"], *ends)}
        if needed <= {*granted, None}:
            kept.append(fact)
    return kept


@pytest.mark.parametrize("granted", GRANTS, ids=lambda granted: "+".join(sorted(granted)))
@EVERY
def test_the_answer_is_that_of_a_store_without_it(
    record: Algorithm,
    granted: set[str],
    view: Snapshot,
    parts: dict[str, Snapshot],
) -> None:
    part = parts["+".join(sorted(granted))]
    seen = view.within(granted)
    assert _plain(seen, record) == _plain(part, record)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Snapshot]]:
    """Stores of which the other domains' facts were never loaded."""
    stores: list[Store] = []
    found = {}
    facts = entities() + relations()
    for granted in GRANTS:
        store = make(tmp_path_factory.mktemp("part"), only(facts, granted))
        stores.append(store)
        found["+".join(sorted(granted))] = open_snapshot(store)
    yield found
    for store in stores:
        store.close()


def _plain(snapshot: Snapshot, record: Algorithm) -> list[bytes]:
    """Answers without what names the view that they are of."""
    found = []
    for answer in answers(snapshot, record):
        said = _nameless(msgspec.to_builtins(answer))
        said["notes"] = [note for note in said.get("notes", []) if note not in snapshot.notes]
        found.append(encode(said))
    return found


def _nameless(said: Any) -> Any:
    """Without what names the view, in proofs too."""
    if isinstance(said, dict):
        gone = {"snapshot", "known_at", "digest"}
        return {name: _nameless(v) for name, v in said.items() if name not in gone}
    return [_nameless(each) for each in said] if isinstance(said, list) else said


def test_the_view_says_what_it_is(view: Snapshot) -> None:
    part = view.within({"registry"})
    assert part.name == f"{view.name};registry"
    assert view.notes == []
    assert "bank, telecom" in part.notes[0]
    assert all(kind in part.notes[0] for kind in withheld_kinds({"registry"}))
    assert ALGORITHMS  # the registry is read
