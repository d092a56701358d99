"""The chain of the ledger: its hash against one made by hand, and everything that may break it."""

from __future__ import annotations

import hashlib
import math
import random
import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import Conflict, InputError
from graph.ledger import (
    GENESIS,
    Break,
    Draft,
    Entry,
    Head,
    again,
    audit,
    canonical,
    chain,
    expected,
    parse_head,
    verify,
)
from tests.tampering import WAYS, resealed, seal

MOMENT = 1_641_348_000_000_000


def made(count: int) -> list[Entry]:
    """A chain of appends of three entries each."""
    entries: list[Entry] = []
    for begin in range(0, count, 3):
        after = Head(entries[-1].no, entries[-1].hash) if entries else GENESIS
        drafts = [
            Draft("张三", "decision.proposed", f"D-{no // 2}", {"n": no, "why": "法定代表人"})
            for no in range(begin, min(begin + 3, count))
        ]
        entries += chain(drafts, f"append-{begin}", after, MOMENT + begin)
    return entries


def head(entries: list[Entry]) -> Head:
    return Head(entries[-1].no, entries[-1].hash)


def whats(entries: list[Entry], *anchors: Head) -> list[tuple[int, str]]:
    return [(each.no, each.what) for each in verify(entries, anchors).breaks]


def test_two_entries_by_hand() -> None:
    """The bytes written out: nothing of the program computes what is expected."""
    first, second = chain(
        [
            Draft("a", "decision.proposed", "D-1", {"b": 1, "a": "乙"}),
            Draft("李", "decision.approved", "D-1"),
        ],
        "k",
        GENESIS,
        5,
    )

    def digest(no: int, actor: bytes, kind: bytes, body: bytes, prior: bytes) -> bytes:
        told = b"linkrisk.ledger.entry.v1\n"
        for number in (no, 5, no, len(actor), 17, 3, 1, len(body)):
            told += b"\0\0\0\0\0\0\0" + bytes([number])
        return hashlib.sha256(told + actor + kind + b"D-1" + b"k" + body + prior).digest()

    one = digest(1, b"a", b"decision.proposed", b'{"a":"\xe4\xb9\x99","b":1}', b"\0" * 32)
    two = digest(2, b"\xe6\x9d\x8e", b"decision.approved", b"{}", one)
    assert (first.hash, second.prior, second.hash) == (one, one, two)
    assert (first.no, first.part, second.no, second.part) == (1, 1, 2, 2)
    assert first.content == {"a": "乙", "b": 1}
    # The first one's hash as `sha256sum` prints it for these bytes.
    assert one.hex() == "bc44bc777974db136d59169602f4bc1faec46c2360af1416cae1c6f8e54e0aa6"


@given(
    st.lists(st.tuples(*[st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)] * 3)),
    st.integers(-(2**62), 2**62),
)
def test_any_chain_is_sealed_as_defined(names: list[tuple[str, str, str]], at: int) -> None:
    entries = chain([Draft(*each, {"x": each[0]}) for each in names], "k", GENESIS, at)
    assert [entry.hash for entry in entries] == [seal(entry) for entry in entries]
    assert verify(entries, [head(entries)] if entries else []).sound


def test_where_texts_end_counts() -> None:
    """The same letters between other borders are another entry."""
    (one,) = chain([Draft("ab", "c", "d")], "k", GENESIS, 0)
    (two,) = chain([Draft("a", "bc", "d")], "k", GENESIS, 0)
    assert one.hash != two.hash


def test_a_body_has_one_text() -> None:
    assert canonical({"b": [1, 2.5, None, True], "a": {"z": "文", "y": {}}}) == (
        '{"a":{"y":{},"z":"文"},"b":[1,2.5,null,true]}'
    )


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, 2**64, date(2022, 1, 5), b"x", {1: 2}, "\ud800", {"a": {3}}],
    ids=repr,
)
def test_what_json_has_not_is_refused(value: Any) -> None:
    for body in ({"x": value}, {"x": [{"y": value}]}):
        with pytest.raises(InputError, match="body is no JSON"):
            canonical(body)


def test_bodies_that_cannot_be_kept() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"x": deep}
    body: Any
    for body in (deep, [1], "x", None):
        with pytest.raises(InputError, match="body is no JSON"):
            canonical(body)
    with pytest.raises(InputError, match="4194304 are the most"):
        canonical({"x": "y" * (4 << 20)})


@pytest.mark.parametrize("name", ["", "x" * 513, "two\nlines", "\ud800", None, 7])
@pytest.mark.parametrize("what", ["actor", "kind", "about", "key"])
def test_names_that_cannot_be_kept(what: str, name: Any) -> None:
    given = {"actor": "a", "kind": "k", "about": "o", "key": "i"} | {what: name}
    key = given.pop("key")
    with pytest.raises(InputError, match=f"{what} is 1 to 512"):
        chain([Draft(**given)], key, GENESIS, 0)


def test_an_append_sent_again() -> None:
    drafts = [Draft("a", "k", "o", {"n": n}) for n in range(3)]
    entries = chain(drafts, "i", GENESIS, 0)
    assert again(drafts, entries) == head(entries)
    for other in (drafts[:2], [*drafts, drafts[0]], [*drafts[:2], Draft("b", "k", "o", {"n": 2})]):
        with pytest.raises(Conflict, match="'i' was used for another append"):
            again(other, entries)


def test_the_head_that_was_expected() -> None:
    entries = made(3)
    expected(None, GENESIS)
    expected(head(entries), head(entries))
    with pytest.raises(Conflict, match="ends with 3, not with 0"):
        expected(GENESIS, head(entries))


def test_heads_are_written_and_read() -> None:
    assert parse_head(f" {head(made(4))}\n") == head(made(4))
    for text in (
        "",
        "4",
        "4:ab",
        f"-1:{'0' * 64}",
        f"01:{'0' * 64}",
        f"4:{'G' * 64}",
        "٤:" + "0" * 64,
    ):
        with pytest.raises(InputError, match="not NO:HASH"):
            parse_head(text)


# -- breaks -------------------------------------------------------------------------------------


def test_a_whole_chain() -> None:
    entries = made(10)
    verdict = verify(iter(entries), [Head(e.no, e.hash) for e in entries])
    assert verdict.sound
    assert (verdict.head, verdict.entries) == (head(entries), 10)
    assert verify([]).head == GENESIS
    assert verify(entries[4:], after=Head(4, entries[3].hash)).sound


def test_each_break_has_its_name() -> None:
    e = made(8)
    end = head(e)
    edited = e[3]._replace(actor="李四")
    assert whats([*e[:3], edited, *e[4:]]) == [(4, "edited")]
    sealed = edited._replace(hash=seal(edited))
    assert whats([*e[:3], sealed, *e[4:]]) == [(5, "unlinked")]
    assert whats([*e[:3], *e[4:]]) == [(4, "deleted")]
    assert whats([*e[:3], *e[6:]]) == [(4, "deleted")]
    assert verify([*e[:3], *e[6:]]).breaks[0].words == "entries 4 to 6 are missing / 条目缺失"
    assert whats([*e[:4], e[2], *e[4:]]) == [(3, "inserted")]
    assert whats([*e[:3], e[4], e[3], *e[5:]]) == [(4, "reordered")]
    assert whats(e[:6]) == []
    assert whats(e[:6], end) == [(7, "truncated")]
    assert whats([], end) == [(1, "truncated")]
    assert whats(resealed([*e[:3], edited, *e[4:]], 3)) == []
    assert whats(resealed([*e[:3], edited, *e[4:]], 3), end) == [(8, "rewritten")]
    assert whats(resealed([*e[:3], edited, *e[4:]], 3), Head(3, e[2].hash)) == []
    back = resealed([*e[:6], e[6]._replace(at=0), e[7]], 6)
    assert whats(back) == [(7, "backdated")]
    assert whats(e, Head(0, b"\1" * 32)) == [(0, "rewritten")]
    assert whats(e, GENESIS) == []


def test_what_is_no_entry_is_named_and_stepped_over() -> None:
    e = made(6)
    for name in Entry._fields:
        for value in (None, 1.5, object(), True if name == "part" else "", "\udcff"):
            other: Any = {name: value}
            bad = e[2]._replace(**other)
            assert not verify([*e[:2], bad, *e[3:]], [head(e)]).sound, (name, value)


def test_many_breaks_are_counted() -> None:
    entries = [entry._replace(actor="x") for entry in made(500)]
    verdict = verify(entries)
    assert verdict.found == 500
    assert len(verdict.breaks) == 100
    assert verdict.breaks[0] == Break(1, "edited", "entry 1 is not what its hash says / 内容被改")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_random_tampering_is_found(way: Any) -> None:
    """200 each of five ways, against an anchored head; every other with an anchor in between."""
    rng = random.Random(f"ledger {way.__name__}")
    entries = made(40)
    for turn in range(200):
        changed = way(rng, entries)
        if changed == entries:
            pytest.fail(f"nothing was tampered with: {way.__name__} {turn}")
        anchors = [head(entries)]
        if turn % 2:
            anchors.append(Head(20, entries[19].hash))
        assert not verify(changed, anchors).sound, (way.__name__, turn)


class Cut:
    """A ledger whose head lags behind its entries, or runs before them."""

    def __init__(self, entries: list[Entry], said: Head) -> None:
        self.entries, self.said = entries, said

    def ledger(self, since: int = 0, about: str | None = None) -> Any:
        assert (since, about) == (0, None)
        return iter(self.entries)

    def ledger_head(self) -> Head:
        return self.said


def test_a_head_that_is_not_the_last_entry_s() -> None:
    e = made(6)
    assert audit(Cut(e, head(e))).sound
    assert [b.what for b in audit(Cut(e[:5], head(e))).breaks] == ["truncated"]
    assert [b.what for b in audit(Cut(e, Head(4, e[3].hash))).breaks] == ["inserted"]
    assert [b.what for b in audit(Cut(e, Head(6, b"\1" * 32))).breaks] == ["rewritten"]


def test_a_walk_is_quick() -> None:
    """500,000 a second were measured; ten times as long is given, of this thread's own time."""
    entries = chain([Draft("a", "k", "o", {"n": n}) for n in range(20_000)], "i", GENESIS, 0)
    begun = time.thread_time()
    assert verify(entries, [head(entries)]).sound
    assert time.thread_time() - begun < 0.4
