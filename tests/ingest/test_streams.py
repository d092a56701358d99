"""Encodings, JSON streams and scratch memory, against the standard library as referee."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.readers import detect, json_stream
from ingest.readers import encoding as enc
from ingest.readers.encoding import lines, recognise, undecoded
from ingest.repeats import Repeats, Scratch

_TEXT = "统一社会信用代码,企业名称\n91110000MA0000001L,甲公司\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le-bom"]
)
def test_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.csv"
    if encoding == "utf-16-le-bom":
        path.write_bytes(b"\xff\xfe" + _TEXT.encode("utf-16-le"))
    else:
        path.write_bytes(_TEXT.encode(encoding))
    assert [line.text for line in lines(path)] == _TEXT.splitlines(keepends=True)


def test_an_encoding_that_shows_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enc, "_BLOCK", 64)
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b\n" * 1000 + "甲,乙\n".encode("gb18030"))
    assert recognise(path) == "gb18030"
    path.write_bytes(b"a,b\n" * 1000)
    assert recognise(path) == "utf-8"


def test_a_bad_byte_spoils_its_line_only(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    good = "甲公司,北京市海淀区\n".encode()
    path.write_bytes(good * 20 + b"\xff\xfe\xff,x\n" + good)
    assert [line.number for line in lines(path) if undecoded(line.text)] == [21]


def test_an_endless_line_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enc, "LINE_LIMIT", 2000)
    path = tmp_path / "x.csv"
    path.write_text("a\n" + "b" * 9000 + "\nc\n")
    assert [(n.number, n.whole, len(n.text)) for n in lines(path)] == [
        (1, True, 2), (2, False, 1000), (3, True, 2),
    ]  # fmt: skip


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.dictionaries(st.text(max_size=5), _JSON, max_size=4), max_size=6),
    st.sampled_from([None, 0, 2]),
    st.sampled_from([1, 2, 3, 7, 64]),
    st.booleans(),
)
def test_arrays_are_cut_as_json_reads_them(
    tmp_path_factory: pytest.TempPathFactory,
    objects: list[dict[str, object]],
    indent: int | None,
    block: int,
    ascii_only: bool,
) -> None:
    path = tmp_path_factory.mktemp("json") / "x.json"
    text = json.dumps(objects, indent=indent, ensure_ascii=ascii_only)
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    old, json_stream._BLOCK = json_stream._BLOCK, block
    try:
        found = list(json_stream.elements(path))
    finally:
        json_stream._BLOCK = old
    if any("\ud800" <= c <= "\udfff" for c in text):
        return  # lone surrogates are no UTF-8
    assert [json.loads(e.text) for e in found] == objects
    if indent == 0:
        starts = [e.line for e in found]
        assert starts == sorted(starts)


def test_broken_elements_are_told_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    deep = '{"a":' * 70 + "1" + "}" * 70
    path.write_text(f'[\n{{"a":1}},\n3,\n{deep},\n{{"b":"]}}"}},\n{{"c":')
    found = list(json_stream.elements(path))
    assert [(e.line, e.reason) for e in found] == [
        (2, None), (3, "not an object"), (4, "nested absurdly deep"), (5, None),
        (6, "cut short: the file ends inside it"),
    ]  # fmt: skip


def test_an_absurdly_large_element(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "SIZE_LIMIT", 1000)
    path = tmp_path / "x.json"
    path.write_text(json.dumps([{"a": "x" * 5000}, {"b": 1}]))
    assert [e.reason for e in json_stream.elements(path)] == ["absurdly large", None]


def test_scratch_spills_and_forgets() -> None:
    with Scratch(in_memory=3) as seen, Repeats(in_memory=3) as counts:
        for n in range(10):
            seen.put(f"k{n}", [n])
            assert counts.count("same") == n + 1
            assert counts.count(f"t{n}") == 1
        assert [seen.get(f"k{n}") for n in range(11)] == [[n] for n in range(10)] + [None]
        seen.put("k9", {"a": 1})
        assert seen.get("k9") == {"a": 1}
        assert [counts.nth("name", row) for row in ("a", "b", "a", "c", "b")] == [1, 2, 1, 3, 2]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x.jsonl", b'{"kind":"company","id":"1"}\n', "native"),
        ("x.json", b'[{"statementId":"1","recordDetails":{}}]', "bods"),
        ("x.csv", b"a,b\n", "csv"), ("x.parquet", b"PAR1", "csv"), ("x.xlsx", b"PK", "csv"),
        ("Person.csv", b"personId|personName\n", "finbench"),
        ("Person.csv", b"personId,personName\n", "csv"),
    ],
)  # fmt: skip
def test_formats_are_recognised(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert detect(path) == expected
