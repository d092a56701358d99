"""Exports in other programs' formats as the verb writes them and as the route streams them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from api.cli import main as cli
from tests.api.conftest import RESIDENT
from tests.api.serving import served

pytestmark = pytest.mark.usefixtures("ftm_model")


@pytest.mark.parametrize("form", ["bods", "ftm", "graphml"])
def test_the_route_streams_what_the_verb_writes(
    filled: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import api.feed.export as module

    monkeypatch.setattr(module, "_BYTES", 100)  # many pieces, on several threads
    out = tmp_path / "out"
    args = ["export", "--format", form, "--masked", "--out", str(out), "--store", filled]
    assert cli(args) == 0
    report = json.loads((tmp_path / "out.report.json").read_text("utf-8"))

    async def main() -> None:
        async with served(filled) as client:
            answer = await client.get(f"/v1/export?format={form}")
            assert answer.status_code == 200
            assert answer.content == out.read_bytes()
            assert RESIDENT not in answer.text
            told = (await client.get(f"/v1/export?format={form}&report=true")).json()
            assert told == report
            early = await client.get(f"/v1/export?format={form}&as_of=2020-01-01&report=true")
            assert "listing" not in early.json()["kinds"]

    asyncio.run(main())
    assert report["facts"] > 0


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("format=parquet", "one of native, bods, ftm, graphml"),
        ("format=graphml&as_of=2021-02-30", "not a date or time"),
        ("format=graphml&report=maybe", "report: true or false"),
        ("as_of=2021-01-01", "as_of goes with format"),
        ("format=native&report=true", "report goes with format"),
    ],
)
def test_wrong_asking_is_told(filled: str, query: str, said: str) -> None:
    async def main() -> None:
        async with served(filled) as client:
            answer = await client.get(f"/v1/export?{query}")
            assert answer.status_code in {400, 422}
            assert said in answer.text

    asyncio.run(main())


def test_the_verb_tells_what_was_dropped(
    filled: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert cli(["export", "--format", "bods", "--store", filled]) == 0
    out, err = capfd.readouterr()
    assert len(json.loads(out)) == 6
    assert "6 facts written" in err
    assert "dropped / 未写入: phone × 1: BODS has persons" in err
    folder = tmp_path / "pq"
    args = ["export", "--format", "parquet", "--out", str(folder), "--store", filled, "--json"]
    assert cli(args) == 0
    report = json.loads(capfd.readouterr().out)
    assert (report["format"], report["facts"], report["dropped"]) == ("parquet", 10, [])
    assert json.loads((folder / "report.json").read_text("utf-8")) == report


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--format", "parquet"], 2, "is written into a folder: --out FOLDER"),
        (["--history"], 2, "--history goes with --format parquet"),
        (["--format", "neo4j-csv", "--out", "x", "--as-of", "2020-01-01"], 2, "--as-of does not"),
        (["--format", "ftm", "--out", "."], 2, "is a folder: ftm goes into a file"),
        (["--format", "graphml", "--as-of", "soon"], 3, "not a date"),
    ],
)
def test_wrong_use_is_one_line(
    filled: str, args: list[str], code: int, said: str, tmp_path: Path,
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert cli(["export", *args, "--store", filled]) == code
    out, err = capfd.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert said in err
    assert list(tmp_path.glob("x*")) == []


def test_an_export_as_of_a_day_in_the_native_form(
    filled: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert cli(["export", "--as-of", "2022-01-04", "--store", filled]) == 0
    kinds = [json.loads(line)["kind"] for line in capfd.readouterr().out.splitlines()]
    assert "listing" not in kinds
    assert "invoice" in kinds
