"""Loading files: receipts that add up, order that does not matter, and files sent again."""

from __future__ import annotations

import dataclasses
import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import BadFile, StoreError, StoreFull, WrongUsage
from graph.live import open_live
from graph.snapshot import snapshot_of
from graph.store import Store, StoredFact, open_store
from ingest.load import load
from ingest.readers import native
from ingest.receipt import Receipt
from tests.graph.views import picture

Fact = dict[str, Any]


def company(ident: str, **more: Any) -> Fact:
    return {"kind": "company", "id": ident, **more}


def person(ident: str, **more: Any) -> Fact:
    return {"kind": "person", "id": ident, **more}


def share(ident: str, owner: str, owned: str, fraction: str = "0.5", **more: Any) -> Fact:
    ends = {"from": owner, "to": owned, "share": fraction}
    return {"kind": "shareholder", "id": ident, **ends, **more}


def retract(ident: str, **more: Any) -> Fact:
    return {"kind": "retract", "id": ident, **more}


Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """`put("a.jsonl", fact, "raw line", ...)` writes a file of lines."""

    def write(name: str, *lines: Fact | str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{as_line(line)}\n" for line in lines), encoding="utf-8")
        return path

    return write


def as_line(fact: Fact | str) -> str:
    return fact if isinstance(fact, str) else json.dumps(fact, ensure_ascii=False)


def current(store: Store) -> dict[str, StoredFact]:
    return {fact.name: fact for fact in store.facts() if fact.retracted_at is None}


def counts(receipt: Receipt) -> tuple[int, int, int, int]:
    """Read, loaded, duplicates, quarantined; they add up, for the call and for each file."""
    files = receipt.files if isinstance(receipt.files, list) else []
    for one in (receipt, *files):
        assert one.read == one.loaded + one.duplicates + one.quarantined
    for field in ("read", "loaded", "duplicates", "quarantined"):
        assert not files or getattr(receipt, field) == sum(getattr(f, field) for f in files)
    return receipt.read, receipt.loaded, receipt.duplicates, receipt.quarantined


def quarantined(receipt: Receipt) -> list[Fact]:
    if receipt.quarantine is None:
        assert receipt.quarantined == 0
        return []
    lines = Path(receipt.quarantine).read_text(encoding="utf-8").splitlines()
    assert len(lines) == receipt.quarantined
    return [json.loads(line) for line in lines]


# -- receipts -----------------------------------------------------------------------------------


def test_a_receipt_adds_up(store: Store, put: Put) -> None:
    path = put("reg.jsonl", company("c1"), "", person("p1"), "{", share("s1", "p1", "c1"),
               share("s2", "p1", "nobody"), company("c1"), "   ", retract("c1"))  # fmt: skip
    receipt = load(store, [path])
    assert counts(receipt) == (7, 4, 1, 2)
    assert receipt.batch.startswith("reg.jsonl@")
    assert receipt.file == "reg.jsonl"
    assert sorted(current(store)) == ["reg:p1", "reg:s1"]
    assert current(store)["reg:s1"].record == "5"  # its line, blank ones counted
    assert current(store)["reg:s1"].file == "reg.jsonl"


def test_the_quarantine_file(store: Store, put: Put, tmp_path: Path) -> None:
    path = put("reg.jsonl", company("c1"), "{", share("s1", "p9", "c1"), company("c2", name=[]))
    receipt = load(store, [path])
    rows = quarantined(receipt)
    assert sorted(rows, key=lambda row: row["line"]) == [
        {"file": "reg.jsonl", "line": 2, "column": "2", "reason": rows[0]["reason"], "text": "{"},
        {"file": "reg.jsonl", "line": 3, "column": "from", "reason": "no record is named 'p9'",
         "text": "id s1"},
        {"file": "reg.jsonl", "line": 4, "column": "name", "reason": "not text",
         "text": as_line(company("c2", name=[]))},
    ]  # fmt: skip
    assert rows[0]["reason"].startswith("not JSON")
    where = Path(receipt.quarantine or "")
    assert where.parent.name == "facts.db.quarantine"
    assert where.stat().st_mode & 0o777 == 0o600  # what is in it may be personal
    again = load(store, [path], quarantine=tmp_path / "here" / "bad.jsonl")
    assert again.quarantine == str(tmp_path / "here" / "bad.jsonl")
    assert sorted(row["line"] for row in quarantined(again)) == [2, 3, 4]
    third = load(store, [path])
    assert third.quarantine not in {receipt.quarantine, again.quarantine}


def test_nothing_quarantined_makes_no_file(store: Store, put: Put, tmp_path: Path) -> None:
    receipt = load(store, [put("reg.jsonl", company("c1"))])
    assert receipt.quarantine is None
    assert not list(tmp_path.glob("*.quarantine"))


def test_several_files_have_one_receipt(store: Store, put: Put) -> None:
    paths = [put("a.jsonl", company("c1"), "{"), put("b.jsonl", company("c2"), company("c2"))]
    receipt = load(store, paths)
    assert counts(receipt) == (4, 2, 1, 1)
    assert receipt.batch.startswith("call@")
    assert [f.file for f in receipt.files or []] == ["a.jsonl", "b.jsonl"]
    assert {row["file"] for row in quarantined(receipt)} == {"a.jsonl"}


def test_an_empty_file(store: Store, put: Put) -> None:
    assert counts(load(store, [put("a.jsonl")])) == (0, 0, 0, 0)
    assert store.last_batch() == 0


def test_one_file_twice_in_a_call(store: Store, put: Put) -> None:
    path = put("a.jsonl", company("c1"), share("s1", "c1", "c2"), share("s2", "c1", "nobody"))
    other = put("b.jsonl", company("c2"))
    receipt = load(store, [path, other, path])
    assert counts(receipt) == (7, 3, 2, 2)
    assert store.check() == []


def test_every_line_quarantined(store: Store, put: Put) -> None:
    receipt = load(store, [put("a.jsonl", "{", "[]", share("s", "x", "y"))])
    assert counts(receipt) == (3, 0, 0, 3)
    assert store.last_batch() == 0


def test_a_register_above_one_hundred_percent_loads(store: Store, put: Put) -> None:
    path = put("a.jsonl", company("c1"), *(person(f"p{i}") for i in range(3)),
               *(share(f"s{i}", f"p{i}", "c1", "0.9") for i in range(3)))  # fmt: skip
    assert counts(load(store, [path])) == (7, 7, 0, 0)


def test_progress(store: Store, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "CHUNK", 64)
    paths = [put(f"{n}.jsonl", *(company(f"{n}{i}") for i in range(9))) for n in "ab"]
    told: list[tuple[int, int, int]] = []
    load(store, paths, progress=lambda *state: told.append(state))
    total = sum(path.stat().st_size for path in paths)
    assert [t for _, t, _ in told] == [total] * len(told)
    assert [done for done, *_ in told] == sorted(done for done, *_ in told)
    assert told[-1] == (total, total, 18)
    assert len(told) > 4


# -- datasets -----------------------------------------------------------------------------------


def test_the_dataset_of_a_file(store: Store, put: Put) -> None:
    path = put("企业.2021.jsonl", company("c1"), company("c2", source={"dataset": "own"}))
    load(store, [path])
    load(store, [path], dataset="given")
    assert sorted(current(store)) == ["given:c1", "own:c2", "企业:c1"]


@pytest.mark.parametrize("name", ["a:b", "", "x" * 129, "a\x1fb"])
def test_what_is_no_dataset(store: Store, put: Put, name: str) -> None:
    with pytest.raises(WrongUsage):
        load(store, [put("a.jsonl", company("c1"))], dataset=name)


# -- order within a call ------------------------------------------------------------------------


def world(rng: random.Random) -> list[Fact]:
    """Facts of two datasets that name each other in every way, without contradictions."""

    def of(dataset: str, fact: Fact) -> Fact:
        return {**fact, "source": {"dataset": dataset, "record": "1"}}

    key = {"keys": {"uscc": "91350100M000100Y43"}}
    facts = [
        *(of("a", company(f"c{i}", name=f"甲{i}", **(key if i < 2 else {}))) for i in range(4)),
        *(of("b", company(f"c{i}", name=f"乙{i}", **(key if i == 3 else {}))) for i in range(2, 5)),
        *(of("a", person(f"p{i}")) for i in range(3)),
        of("b", share("s1", "p0", "c3")), of("b", share("s2", "p1", "a:c3")),
        of("a", share("s3", "p2", "b:c4")), of("a", share("s4", "p2", "c4")),
        of("b", share("s5", "p0", "cn:uscc:91350100M000100Y43")),
        of("c", share("s6", "p0", "c0")), of("c", share("s7", "p0", "c2")),  # two bearers: out
        of("c", share("s8", "p0", "nobody")),
        of("a", {"kind": "same_as", "id": "j1", "from": "c2", "to": "b:c2"}),
        of("a", {"kind": "not_same_as", "id": "j2", "from": "c3", "to": "b:c3"}),
        of("b", {"kind": "listing", "id": "l1", "subject": "a:c0", "list": "black"}),
        of("b", {"kind": "listing", "id": "l2", "subject": "c1", "list": "red"}),
        of("a", company("v", name="旧", )) | {"source": {"dataset": "a", "version": "1"}},
        of("a", company("v", name="新", )) | {"source": {"dataset": "a", "version": "2"}},
        of("b", retract("s2")), of("c", retract("l2")), of("c", retract("a:p2")),
        of("c", {"kind": "close", "id": "s3", "valid_to": "2024-01-01"}),
    ]  # fmt: skip
    return rng.sample(facts, len(facts))


def outcome(folder: Path, groups: list[list[Fact]]) -> tuple[Any, ...]:
    """What a store holds after one call over some files."""
    folder.mkdir()
    paths = []
    for number, group in enumerate(groups):
        path = folder / f"f{number}.jsonl"
        path.write_text("".join(as_line(fact) + "\n" for fact in group), encoding="utf-8")
        paths.append(path)
    store = open_store(f"sqlite:///{folder / 'facts.db'}", create=True)
    receipt = load(store, paths)
    view = picture(snapshot_of(open_live(store)))
    reasons = sorted((row["text"], row["reason"]) for row in quarantined(receipt))
    read, loaded, duplicates, _ = counts(receipt)
    assert store.check() == []
    store.close()
    # Which of two names or ids a subject shows that has no key is the newest's, or the oldest's:
    # that hangs on batches, as it should. Whose records are one subject does not.
    subjects = {
        records: (said[:2] if len(records) == 1 else said[0].startswith("cn:"), *said[2:])
        for records, said in view["subjects"].items()
    }
    # Whether an older version came before the newer one (and was replaced) or after (and lost) is
    # all that may differ.
    return view["rows"], subjects, reasons, read, loaded + duplicates


def any_order_gives_the_same(seed: int) -> None:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        expected = outcome(Path(name) / "whole", [world(random.Random(0))])
        assert len(expected[0]) == 7
        assert len(expected[2]) == 2
        patch.setattr(native, "CHUNK", rng.choice([1, 300, 8 << 20]))
        groups: list[list[Fact]] = [[] for _ in range(rng.randint(1, 5))]
        for fact in world(rng):
            rng.choice(groups).append(fact)
        assert outcome(Path(name) / "split", groups) == expected


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_order_within_a_call_does_not_matter(seed: int) -> None:
    any_order_gives_the_same(seed)


@pytest.mark.full
@settings(max_examples=400, deadline=None)
@given(st.integers(0, 2**32))
def test_nor_do_many_more_orders(seed: int) -> None:
    any_order_gives_the_same(seed)


def test_a_file_that_comes_first_may_refer_to_the_last(store: Store, put: Put) -> None:
    first = put("roles.jsonl", share("s1", "p1", "c1"), retract("c2"))
    second = put("people.jsonl", person("p1"))
    third = put("companies.jsonl", company("c1"), company("c2"))
    assert counts(load(store, [first, second, third])) == (5, 5, 0, 0)
    fact = current(store)["roles:s1"]
    assert (fact.a, fact.b) == ("people:p1", "companies:c1")
    assert "companies:c2" not in current(store)


# -- files sent again ---------------------------------------------------------------------------


def state(store: Store) -> tuple[int, list[tuple[str, int]]]:
    return store.last_batch(), [(fact.name, fact.seq) for fact in store.facts()]


@pytest.mark.parametrize("chunk", [60, 8 << 20])
def test_a_file_sent_again_changes_nothing(
    store: Store, put: Put, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(native, "CHUNK", chunk)
    clean = put("clean.jsonl", company("c1"), person("p1"), share("s1", "p1", "c1"))
    late = put("late.jsonl", share("s2", "p1", "c1"), retract("s1"), company("c3"),
               {"kind": "close", "id": "s2", "valid_to": "2020-01-01"})  # fmt: skip
    bad = put("bad.jsonl", company("c9"), "{", share("s9", "nobody", "c9"), retract("c9"))
    first = load(store, [clean, late, bad])
    assert counts(first) == (11, 9, 0, 2)
    before = state(store)
    for files in ([clean, late, bad], [bad], [late], [late, clean]):
        receipt = load(store, files)
        assert receipt.loaded == 0
        assert receipt.read == receipt.duplicates + (2 if bad in files else 0)
        assert state(store) == before
        counts(receipt)
    assert len(quarantined(load(store, [bad]))) == 2  # said again each time


def test_a_renamed_file_is_compared_row_by_row(store: Store, put: Put) -> None:
    facts = company("c1"), person("p1"), share("s1", "p1", "c1")
    load(store, [put("a.jsonl", *facts)], dataset="d")
    assert counts(load(store, [put("b.jsonl", *facts)], dataset="d")) == (3, 0, 3, 0)
    assert store.last_batch() == 1


def test_sent_again_it_loads_exactly_what_was_missing(store: Store, put: Put) -> None:
    """Rows that were quarantined for an end that has come since."""
    path = put("roles.jsonl", person("p1"), share("s1", "p1", "c1"), share("s2", "p1", "c2"), "{")
    assert counts(load(store, [path])) == (4, 1, 0, 3)
    load(store, [put("c.jsonl", company("c1"))])
    assert counts(load(store, [path])) == (4, 1, 1, 2)
    load(store, [put("c2.jsonl", company("c2"))])
    assert counts(load(store, [path])) == (4, 1, 2, 1)
    assert counts(load(store, [path])) == (4, 0, 3, 1)
    assert [fact.batch for fact in store.history("roles:s1")] == [3]


def test_a_retraction_is_not_undone_by_the_file_that_said_it_first(store: Store, put: Put) -> None:
    path = put("reg.jsonl", company("c1"), company("c2"), "{")
    load(store, [path])
    load(store, [put("fix.jsonl", retract("c1"))])
    assert counts(load(store, [path])) == (3, 0, 2, 1)
    assert sorted(current(store)) == ["reg:c2"]
    # Another file may say it anew.
    assert load(store, [put("new.jsonl", company("c1"))], dataset="reg").loaded == 1


def test_a_correction_is_not_undone_either(store: Store, put: Put) -> None:
    path = put("reg.jsonl", company("c1", name="旧"), "{")
    load(store, [path])
    load(store, [put("fix.jsonl", company("c1", name="新"))], dataset="reg")
    load(store, [path])
    assert current(store)["reg:c1"].payload["name"] == "新"


def test_a_changed_file_corrects(store: Store, put: Put) -> None:
    load(store, [put("reg.jsonl", company("c1", name="旧"), company("c2"))])
    receipt = load(store, [put("reg.jsonl", company("c1", name="新"), company("c2"))])
    assert counts(receipt) == (2, 1, 1, 0)
    assert [f.payload["name"] for f in store.history("reg:c1")] == ["旧", "新"]


def test_a_chunk_that_was_cut_off_is_finished(
    store: Store, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after any number of writes, in its late part too: the rest comes when it is sent
    again, and once."""
    monkeypatch.setattr(native, "CHUNK", 100)
    roles = put("roles.jsonl", *(share(f"s{i}", f"p{i}", "c1") for i in range(6)), retract("p5"))
    people = put("people.jsonl", company("c1"), *(person(f"p{i}") for i in range(6)))
    real, write = store, store.write
    for stop in range(30):
        left = [stop]

        def stopping(*args: Any, left: list[int] = left, **more: Any) -> Any:
            if left[0] == 0:
                raise StoreFull("no room")
            left[0] -= 1
            return write(*args, **more)

        monkeypatch.setattr(real, "write", stopping)
        try:
            receipt = load(real, [roles, people])
        except StoreFull:
            assert real.check() == []
            continue
        break
    assert stop > 5
    assert receipt.quarantined == 0
    monkeypatch.setattr(real, "write", write)
    assert counts(load(real, [roles, people]))[1:] == (0, 14, 0)
    assert sorted(current(real)) == sorted(
        [*(f"roles:s{i}" for i in range(6)), *(f"people:p{i}" for i in range(5)), "people:c1"]
    )
    assert all(len(real.history(f"roles:s{i}")) == 1 for i in range(6))
    assert all(b.settled for b in real.batches() if "/late" not in b.id and "/last" not in b.id)


# -- dry runs -----------------------------------------------------------------------------------


def test_a_dry_run_writes_nothing(store: Store, put: Put, tmp_path: Path) -> None:
    load(store, [put("a.jsonl", company("c1"))])
    before = state(store)
    path = put("b.jsonl", company("c2"), share("s1", "c1", "c2"), "{", retract("c1"))
    trial = load(store, [path], dry_run=True)
    assert counts(trial) == (4, 3, 0, 1)
    assert len(quarantined(trial)) == 1
    assert state(store) == before
    real = load(store, [path])
    assert counts(real) == counts(trial)
    assert real.batch == trial.batch
    assert not list(tmp_path.glob("*dry*"))


# -- encodings, sizes ---------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encodings_load_alike(store: Store, tmp_path: Path, encoding: str, newline: str) -> None:
    lines = [company("c1", name="某某有限公司"), person("p1", name="張三"), share("s1", "p1", "c1")]
    path = tmp_path / "x.jsonl"
    text = newline.join(as_line(line) for line in [*lines, share("s2", "p1", "c9")])
    path.write_bytes(text.encode(encoding))
    receipt = load(store, [path])
    assert counts(receipt) == (4, 3, 0, 1)
    assert quarantined(receipt)[0]["line"] == 4
    assert current(store)["x:c1"].payload == {"name": "某某有限公司"}
    assert current(store)["x:p1"].payload == {"name": "張三"}
    assert counts(load(store, [path])) == (4, 0, 3, 1)


def test_utf_16_with_what_cannot_be_kept(store: Store, tmp_path: Path) -> None:
    """The way of other encodings, with a fact too deep to be written out again."""
    deep = '{"kind":"company","id":"deep","attrs":' + '{"a":' * 400 + "1" + "}" * 401
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join([as_line(company("c1")), deep, "[1]", "{"]), encoding="utf-16")
    receipt = load(store, [path])
    assert counts(receipt) == (4, 1, 0, 3)
    assert sorted(row["line"] for row in quarantined(receipt)) == [2, 3, 4]


def test_a_giant_line_is_set_aside(store: Store, put: Put) -> None:
    path = put("x.jsonl", company("c1"), company("big", name="x" * (5 << 20)), company("c2"))
    receipt = load(store, [path])
    assert counts(receipt) == (3, 2, 0, 1)
    (row,) = quarantined(receipt)
    assert row["line"] == 2
    assert row["reason"].startswith("line is longer than")
    assert len(row["text"]) <= 300


def test_a_truncated_last_line(store: Store, put: Put) -> None:
    path = put("x.jsonl", company("c1"), company("c2"))
    path.write_bytes(path.read_bytes()[:-9])
    assert counts(load(store, [path])) == (2, 1, 0, 1)
    # Once the rest has come it is another file, and loads what is new.
    assert counts(load(store, [put("x.jsonl", company("c1"), company("c2"))])) == (2, 1, 1, 0)


def test_worker_processes_give_the_same(
    store: Store, put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(11)
    lines: list[Fact | str] = [company(f"c{i}", name="名" * rng.randrange(30)) for i in range(900)]
    lines += [share(f"s{i}", f"c{rng.randrange(999)}", f"c{rng.randrange(999)}", "0.1")
              for i in range(900)]  # fmt: skip
    for place in range(0, 1800, 97):
        lines[place] = rng.choice(["{", "", "[]", company("x", share=2), retract(f"c{place + 1}")])
    path = put("x.jsonl", *lines)
    monkeypatch.setattr(native, "CHUNK", 4000)
    alone = load(store, [path])
    monkeypatch.setattr("ingest.chunks._WORKERS_FROM", 0)
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}", create=True)
    shared = load(other, [path])
    assert counts(shared) == counts(alone)
    assert [b._replace(recorded_at=0, name=b"") for b in other.batches()] == [
        b._replace(recorded_at=0, name=b"") for b in store.batches()
    ]
    assert [(f.name, f.payload, f.record) for f in other.facts()] == [
        (f.name, f.payload, f.record) for f in store.facts()
    ]
    assert quarantined(shared) == quarantined(alone)
    # Sent again, what is settled is not even parsed.
    assert counts(load(other, [path])) == counts(load(store, [path]))
    other.close()


def test_a_stream_of_bad_rows_is_bounded(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rejected rows fill a chunk as good ones do, so that they are not all held at once."""
    monkeypatch.setattr("ingest.chunks._ITEMS", 10)
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(["{"] * 35 + [as_line(company("c1"))]), encoding="utf-16")
    told: list[int] = []
    receipt = load(store, [path], progress=lambda done, total, count: told.append(count))
    assert counts(receipt) == (36, 1, 0, 35)
    assert told == [10, 20, 30, 36]


# -- what cannot be read ------------------------------------------------------------------------


def test_files_that_cannot_be_read(store: Store, tmp_path: Path, put: Put) -> None:
    with pytest.raises(BadFile, match="no such file"):
        load(store, [tmp_path / "none.jsonl"])
    with pytest.raises(BadFile, match="holds, the store itself"):
        load(store, [tmp_path], format="native")
    (tmp_path / "sub").mkdir()
    for name in ("native", "bods"):
        with pytest.raises(BadFile, match=f"a folder, and {name} is read from files"):
            load(store, [tmp_path / "sub"], format=name)
    (tmp_path / "x.bin").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(BadFile, match="no known format"):
        load(store, [tmp_path / "x.bin"])
    # Nothing of the call is loaded where one of its files is not there.
    with pytest.raises(BadFile):
        load(store, [put("a.jsonl", company("c1")), tmp_path / "none.jsonl"])
    assert store.last_batch() == 0


def test_the_store_s_own_file_is_not_read(store: Store, tmp_path: Path) -> None:
    """SQLite's locks on it would be dropped with the second handle."""
    for path in (tmp_path / "facts.db", tmp_path):
        with pytest.raises(BadFile, match="the store itself"):
            load(store, [path])


def test_no_room_for_rows_that_wait(
    store: Store, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    path = put("x.jsonl", company("c1"), share("s1", "p1", "c1"))
    with monkeypatch.context() as patch:
        patch.setattr("ingest.load.pickle.dump", full)
        with pytest.raises(StoreFull, match="no room"):
            load(store, [path])
    assert store.check() == []
    load(store, [put("p.jsonl", person("p1"))])
    assert counts(load(store, [path])) == (2, 1, 1, 0)


def test_a_folder_s_name_is_cited(store: Store, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put("deep/er/x.jsonl", company("c1"))
    monkeypatch.chdir(path.parent)
    assert load(store, [Path("x.jsonl")]).batch.startswith("x.jsonl@")


def test_bulk_is_for_large_calls(store: Store, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.load._BULK_FROM", 1)
    key = {"keys": {"uscc": "91350100M000100Y43"}}
    path = put("x.jsonl", share("s1", "p1", "cn:uscc:91350100M000100Y43"), person("p1"),
               company("c1", **key))  # fmt: skip
    assert counts(load(store, [path])) == (3, 3, 0, 0)
    assert current(store)["x:s1"].b == "x:c1"
    assert store.check() == []


def test_a_chunk_in_parts_is_the_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that takes few rows at once: the same facts, also when a part was there before."""
    facts: list[dict[str, object]] = [{"kind": "company", "id": f"c{i}"} for i in range(7)]
    facts[3:3] = [
        {"kind": "branch", "id": "b1", "from": "c0", "to": "c6"},  # c6 comes two parts later
        {"kind": "branch", "id": "b2", "from": "c0", "to": "nobody"},
        {"kind": "retract", "id": "c5"},
    ]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(fact) + "\n" for fact in facts))
    store = open_store(f"sqlite:///{tmp_path / 'parts.db'}", create=True)
    few = dataclasses.replace(store.capabilities, batch_rows=2)
    monkeypatch.setattr(type(store), "capabilities", few)
    write, tries = type(store).write, []

    def cut_short(self: object, batch: str, *args: object, **options: object) -> object:
        tries.append(batch)
        if len(tries) == 3:
            raise StoreError("cut short")
        return write(self, batch, *args, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(StoreError, match="cut short"):
        patch.setattr(type(store), "write", cut_short)
        load(store, [path])
    receipt = load(store, [path])
    assert (receipt.read, receipt.quarantined) == (10, 1)
    assert receipt.loaded + receipt.duplicates == 9
    again = load(store, [path])
    assert (again.loaded, again.duplicates, again.quarantined) == (0, 9, 1)
    current = sorted(fact.name for fact in store.facts() if fact.retracted_at is None)
    assert current == sorted(["in:b1", *(f"in:c{i}" for i in range(7) if i != 5)])
    assert store.check() == []
    store.close()
