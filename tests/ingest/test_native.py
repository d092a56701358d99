"""Native JSON Lines: pieces, encodings, and what a line can have wrong with it."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.facts import Normaliser, Row
from ingest.readers import detect, formats, native
from ingest.readers.encoding import LINE_LIMIT, recognise
from ingest.readers.native import Parsed, parse, pieces

KEY = bytes(32)


def line(ident: str, **more: Any) -> bytes:
    return json.dumps({"kind": "company", "id": ident, **more}, ensure_ascii=False).encode()


def parsed(path: Path) -> Parsed:
    """All pieces of a file, one after the other."""
    whole, codec = Parsed([], [], []), recognise(path)
    for piece in pieces(path):
        found = parse(piece, codec, Normaliser("d", KEY))
        for all_, some in zip(whole, found, strict=True):
            all_.extend(some)  # type: ignore[arg-type]
    return whole


def streamed(path: Path) -> Parsed:
    """The same through the reader of items, as other encodings go."""
    found = Parsed([], [], [])
    for item in formats()["native"].read(path, "d", None):
        if item.fact is None:
            found.rejects.append(native.Reject(item.line, item.column, item.reason or "", ""))
        else:
            found.rows.append(Normaliser("d", KEY).row(item.fact, item.line))
            found.lines.append(item.line)
    return found


def ids(rows: list[Row]) -> list[str]:
    return [row.id for row in rows]


def reasons(found: Parsed) -> dict[int, str]:
    return {reject.line: reject.reason for reject in found.rejects}


# -- cutting ------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from([0, 1, 5, 30, 31, 32, 33, 64, 100, 400]), max_size=12),
    st.integers(1, 70),
    st.booleans(),
)
def test_pieces_are_whole_lines(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], size: int, ended: bool
) -> None:
    """Whatever the size of a piece: nothing is lost, doubled or cut, and lines keep numbers."""
    path = tmp_path_factory.mktemp("cut") / "x.jsonl"
    raw = [bytes([65 + i % 26]) * length for i, length in enumerate(lengths)]
    whole = b"\n".join(raw) + (b"\n" if ended and raw else b"")
    path.write_bytes(whole)
    kept = native.CHUNK
    native.CHUNK = size
    try:
        found = list(pieces(path))
    finally:
        native.CHUNK = kept
    assert b"".join(whole[p.offset : p.offset + p.length] for p in found) == whole
    for piece in found:
        assert piece.line == whole[: piece.offset].count(b"\n") + 1
        assert piece.length > 0
        assert piece.offset == 0 or whole[piece.offset - 1 : piece.offset] == b"\n"


def test_pieces_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"")
    assert list(pieces(path)) == []
    path.write_bytes(b"\n \r\n\t\n")
    assert parsed(path) == ([], [], [])


def test_small_pieces_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.jsonl"
    rng = random.Random(5)
    lines = [line(f"c{i}", name="名" * rng.randrange(40)) for i in range(200)]
    lines[7::13] = ([b"", b"{", b"[]", b"null", b"\xff"] * 3)[: len(lines[7::13])]
    path.write_bytes(b"\r\n".join(lines))
    expected = parsed(path)
    assert len(expected.rows) + len(expected.rejects) == sum(1 for raw in lines if raw.strip())
    for size in (1, 64, 1000):
        monkeypatch.setattr(native, "CHUNK", size)
        assert parsed(path) == expected


# -- encodings ----------------------------------------------------------------------------------

TEXT = "".join(line(f"c{i}", name=f"某某有限公司{i}").decode() + "\r\n" for i in range(3))


@pytest.mark.parametrize(("encoding", "codec"), [
    ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("gbk", "gb18030"),
    ("utf-16", "utf-16"), ("utf-16-le", None), ("utf-16-be", None),
])  # fmt: skip
def test_encodings(tmp_path: Path, encoding: str, codec: str | None) -> None:
    path = tmp_path / "x.jsonl"
    raw = TEXT.encode(encoding)
    if codec is None:  # with the mark by which it is recognised
        raw = "\ufeff".encode(encoding) + raw
    path.write_bytes(raw)
    assert recognise(path) == (codec or "utf-16")
    found = streamed(path)
    if not encoding.startswith("utf-16"):
        assert parsed(path) == found
    assert ids(found.rows) == ["c0", "c1", "c2"]
    assert json.loads(found.rows[2].payload) == {"name": "某某有限公司2"}
    assert found.lines == [1, 2, 3]
    assert found.rejects == []


def test_rare_characters_of_gb18030(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(line("c1", name="㐂𠮷䶮").decode().encode("gb18030"))
    assert json.loads(parsed(path).rows[0].payload) == {"name": "㐂𠮷䶮"}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_line_in_another_encoding_is_set_aside(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.jsonl"
    good = TEXT.encode(encoding) * 3
    path.write_bytes(good + b'{"kind":"company","id":"bad","name":"\x81\xff\xff"}\n' + good)
    found = parsed(path)
    assert len(found.rows) == 18
    assert reasons(found) == {10: "bytes in no known encoding"}
    assert reasons(streamed(path)) == {10: "bytes in no known encoding"}


# -- lines --------------------------------------------------------------------------------------

BAD: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"hello", "not JSON"),
    "truncated": (line("c")[:-3], "not JSON"),
    "an array": (b"[1]", "not an object"),
    "a text": (b'"x"', "not an object"),
    "null": (b"null", "not an object"),
    "two on a line": (line("a") + line("b"), "not JSON"),
    "NaN": (b'{"kind":"company","id":"c","attrs":{"x":NaN}}', "not JSON"),
    "Infinity": (b'{"kind":"company","id":"c","attrs":{"x":-Infinity}}', "not JSON"),
    "a number past all": (b'{"kind":"company","id":"c","attrs":{"x":1e999}}', "not JSON"),
    "NUL bytes": (b"\x00" * 40, "not JSON"),
    "NUL in an id": (b'{"kind":"company","id":"a\\u0000"}', "holds a control character"),
    "half a pair": (b'{"kind":"company","id":"c","name":"\\ud800"}', "not JSON"),
    "deep": (
        b'{"kind":"company","id":"c","attrs":' + b'{"a":' * 5000 + b"1" + b"}" * 5001,
        "not JSON",
    ),
    "rather deep": (
        b'{"kind":"company","id":"c","attrs":' + b'{"a":' * 400 + b"1" + b"}" * 401,
        "cannot be kept",
    ),
    "unknown kind": (b'{"kind":"firm","id":"c"}', "unknown kind 'firm'"),
    "control characters": (b'{"kind":"company","id":"\x01"}', "not JSON"),
    "a comment": (b"// nothing", "not JSON"),
    "comma at the end": (line("c") + b",", "not JSON"),
    "single quotes": (b"{'kind':'company','id':'c'}", "not JSON"),
    "absurd size": (line("c", name="x" * LINE_LIMIT), "line is longer than"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_touches_no_other(tmp_path: Path, name: str) -> None:
    raw, reason = BAD[name]
    path = tmp_path / "x.jsonl"
    path.write_bytes(line("before") + b"\n" + raw + b"\n" + line("after"))
    found = parsed(path)
    assert ids(found.rows) == ["before", "after"]
    assert found.lines == [1, 3]
    ((number, said),) = reasons(found).items()
    assert number == 2
    assert said.startswith(reason)
    assert len(found.rejects[0].text) <= 300


def test_a_line_longer_than_memory_should_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past four pieces a line is not held as a whole; what is around it loads."""
    monkeypatch.setattr(native, "CHUNK", 1 << 20)
    giant = line("giant", name="x" * (6 << 20))
    for around in ([line("a")], [line("a")] * 2 + [b"{"], []):
        path = tmp_path / "x.jsonl"
        path.write_bytes(b"\n".join([*around, giant, line("b"), b"", line("c")]))
        found = parsed(path)
        count = len(around)
        assert ids(found.rows)[-2:] == ["b", "c"]
        assert found.lines[-2:] == [count + 2, count + 4]
        assert reasons(found)[count + 1] == f"line is longer than {LINE_LIMIT} bytes"
        assert found.rejects[-1].text.startswith('{"kind": "company", "id": "giant"')
    only = tmp_path / "only.jsonl"
    only.write_bytes(giant)
    assert list(reasons(parsed(only))) == [1]


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n", b"\n\n\n"])
def test_a_line_of_just_the_limit_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: bytes
) -> None:
    monkeypatch.setattr(native, "LINE_LIMIT", 1000)
    fits = line("fits", name="")
    fits = line("fits", name="x" * (1000 - len(fits) - ending.count(b"\r")))
    assert len(fits) + ending.count(b"\r") == 1000
    path = tmp_path / "x.jsonl"
    path.write_bytes(fits + ending)
    for chunk in (8 << 20, 100):  # as a whole, and bounded
        monkeypatch.setattr(native, "CHUNK", chunk)
        assert ids(parsed(path).rows) == ["fits"]
    path.write_bytes(fits[:-2] + b'x"}' + ending)
    for chunk in (8 << 20, 100):
        monkeypatch.setattr(native, "CHUNK", chunk)
        assert reasons(parsed(path)) == {1: "line is longer than 1000 bytes"}


def test_bounded_lines_are_those_of_the_file() -> None:
    """Against splitting in memory."""
    rng = random.Random(3)
    for _ in range(40):
        raw = [
            b"x" * rng.choice([0, 1, 99, 100, 101, 102, 300]) for _ in range(rng.randrange(1, 9))
        ]
        whole = b"\n".join(raw) + b"\n"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(native, "LINE_LIMIT", 100)
            found = list(native._bounded(io.BytesIO(whole + b"beyond"), len(whole)))
        assert [text[:101] for text in found] == [text[:101] for text in raw]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_lines_or_rejects(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "x.jsonl"
    path.write_bytes(raw)
    if recognise(path).startswith("utf-16"):
        streamed(path)
        return
    found = parsed(path)
    lines = raw.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    expected = [n for n, text in enumerate(lines, 1) if text and not text.isspace()]
    assert sorted([*found.lines, *(r.line for r in found.rejects)]) == expected


def test_detection(tmp_path: Path) -> None:
    for name, content in (
        ("a.jsonl", b""), ("b.ndjson", b"x"), ("c.txt", b'\xef\xbb\xbf{"kind":"company","id":"x"}'),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        assert detect(tmp_path / name) == "native"
