"""What counts as an organ of the state, in a base and in what came after it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graph.organs import is_organ, organs_of
from graph.snapshot import open_snapshot
from graph.store import Store


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("机关法人", True), ("国资委", True), ("人民政府", True), ("state organ", True),
        ("State_Organ", True), ("stateBody", True), ("state", True), ("政府部门", True),
        ("有限责任公司", False), ("国有企业", False), ("state-owned enterprise", False),
        ("", False), (None, False), (7, False),
    ],
)  # fmt: skip
def test_forms(form: object, expected: bool) -> None:
    assert is_organ(form) is expected


def test_payloads() -> None:
    said = ['{"attrs":{"form":"机关法人"}}', '{"attrs":null,"name":"\\"form\\""}', None, "{}"]
    assert organs_of(said) == [True, False, False, False]


def test_a_corrected_form_counts_from_then_on(write: Callable[..., Store]) -> None:
    store = write([{"kind": "company", "id": "c", "attrs": {"form": "机关法人"}}])
    before = open_snapshot(store)
    write([{"kind": "company", "id": "c", "attrs": {"form": "有限责任公司"}}])
    now = open_snapshot(store)
    assert before.state_organ(before.resolve("c"))
    assert not now.state_organ(now.resolve("c"))
    then = open_snapshot(store, before.known_at)
    assert then.state_organ(then.resolve("c")) == (then.batch == before.batch)


def test_all_organs_are_those_that_are_organs(write: Callable[..., Store]) -> None:
    """By their forms and by their keys; those of one subject once."""
    forms = {"a": "机关法人", "b": "有限责任公司", "d": "state organ"}
    store = write([
        *({"kind": "company", "id": name, "attrs": {"form": form}} for name, form in forms.items()),
        {"kind": "company", "id": "e", "keys": {"uscc": "11100000000013127D"}},
        {"kind": "company", "id": "f", "keys": {"uscc": "91110000MA0000001L"}},
        {"kind": "same_as", "id": "s", "from": "a", "to": "d"},
    ])  # fmt: skip
    view = open_snapshot(store)
    expected = sorted(n for n in view.subjects().tolist() if view.state_organ(n))
    assert len(expected) == 2
    assert view.state_organs().tolist() == expected
