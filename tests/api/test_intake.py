"""Files sent over HTTP: what the verb does with them, in bounds, once, as a job where they are
large."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from api.cli import main as cli
from api.intake.settings import IntakeSettings
from api.kept import state_folder
from api.once import HEADER
from graph.store import open_store
from tests.api.conftest import FACTS, RESIDENT
from tests.api.serving import served, until

LINES = b"".join(json.dumps(fact).encode() + b"\n" for fact in FACTS)
BAD = b'{"kind":"person","id":"p9","keys":{"resident_id":"%s"},"x":\n' % RESIDENT.encode()


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


@pytest.fixture
def empty(store_url: str) -> str:
    open_store(store_url, create=True).close()
    return store_url


def facts(url: str) -> int:
    with closing(open_store(url)) as store:
        return sum(1 for _ in store.facts())


def left(url: str) -> list[Path]:
    """Uploads that are still there."""
    return [*state_folder(url).glob("uploads/*")]


def test_the_receipt_is_the_verbs(
    empty: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Byte for byte; the same file by the verb is a repetition. Rejected rows are shown, masked."""

    async def main() -> None:
        async with served(empty) as client:
            path = "/v1/ingest?name=reg.jsonl"
            answer = await client.post(path, content=LINES + BAD)
            assert answer.status_code == 200, answer.text
            receipt = answer.json()
            assert (receipt["read"], receipt["loaded"], receipt["quarantined"]) == (
                len(FACTS) + 1, len(FACTS), 1,
            )  # fmt: skip
            assert facts(empty) == len(FACTS)
            (row,) = map(json.loads, (await client.get(receipt["quarantine"])).text.splitlines())
            assert (row["line"], row["file"]) == (len(FACTS) + 1, "reg.jsonl")
            assert RESIDENT not in str(row) and row["reason"]
            again = (await client.post(path, content=LINES)).json()
            file = tmp_path / "reg.jsonl"
            file.write_bytes(LINES)
            capfd.readouterr()
            assert cli(["ingest", str(file), "--store", empty, "--json"]) == 0
            told = json.loads(capfd.readouterr().out)
            assert told == again
            assert (again["loaded"], again["duplicates"]) == (0, len(FACTS))
            assert left(empty) == []

    run(main())


def chunked(body: bytes) -> Iterator[bytes]:
    """A body of a length that is not said."""
    for at in range(0, len(body), 100):
        yield body[at : at + 100]


@pytest.mark.parametrize(
    ("query", "body", "status", "said"),
    [
        ("", b"", 422, "nothing was sent"),
        ("?name=../x.jsonl", LINES, 422, "name"),
        ("?name=.x", LINES, 422, "name"),
        ("?name=a/b", LINES, 422, "name"),
        ("?name=" + "x" * 200, LINES, 422, "name"),
        ("?format=exe", LINES, 422, "format"),
        ("?mapping=/etc/passwd", LINES, 422, "mapping"),
        ("?mode=x", LINES, 422, "mode"),
        ("?dataset=a:b", LINES, 422, "dataset"),
        ("?name=x.bin", b"\0\1\2", 400, "x.bin: no known format"),
        ("?name=x.xlsx", b"no spreadsheet", 400, "x.xlsx"),
        ("", BAD * 2, 422, "all 2 lines were rejected"),
    ],
)
def test_what_cannot_be_loaded(empty: str, query: str, body: bytes, status: int, said: str) -> None:
    async def main() -> None:
        async with served(empty) as client:
            answer = await client.post(f"/v1/ingest{query}", content=body)
            assert answer.status_code == status, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert said in answer.json()["detail"]
            assert "uploads" not in answer.text
        assert left(empty) == []
        assert facts(empty) == 0

    run(main())


@pytest.mark.parametrize("whole", [True, False])
def test_no_more_than_the_bound(empty: str, whole: bool) -> None:
    """Whether or not the body says how long it is."""

    async def main() -> None:
        async with served(empty, IntakeSettings(most=len(LINES) - 1)) as client:

            async def parts() -> Any:
                for part in chunked(LINES):
                    yield part

            answer = await client.post("/v1/ingest", content=LINES if whole else parts())
            assert answer.status_code == 413
            assert left(empty) == []

    run(main())


def test_a_large_one_becomes_a_job(empty: str) -> None:
    async def main() -> None:
        async with served(empty, IntakeSettings(at_once=100)) as client:
            made = await client.post("/v1/ingest?name=reg.jsonl", content=LINES)
            assert made.status_code == 202
            where = made.headers["location"]

            async def done() -> Any:
                job = (await client.get(where)).json()
                return job["status"] == "done" and job

            job = await until(done)
            assert (job["algorithm"], job["params"]["name"]) == ("ingest", "reg.jsonl")
            assert job["progress"]["unit"] == "bytes / 字节"
            receipt = (await client.get(job["result"])).json()
            assert receipt["loaded"] == len(FACTS)
            prefer = {"Prefer": "respond-async, wait=30"}
            small = await client.post("/v1/ingest?name=b.jsonl", content=BAD, headers=prefer)
            assert (small.status_code, small.json()["title"]) == (422, "NothingLoaded")
        assert left(empty) == []
        assert facts(empty) == len(FACTS)

    run(main())


def test_once_under_a_key(empty: str) -> None:
    async def main() -> None:
        async with served(empty) as client:
            headers = {HEADER: "k"}
            first = await client.post("/v1/ingest?name=a.jsonl", content=LINES, headers=headers)
            again = await client.post("/v1/ingest?name=a.jsonl", content=LINES, headers=headers)
            assert first.status_code == 200
            assert (again.content, again.json()["loaded"]) == (first.content, len(FACTS))
            other = await client.post("/v1/ingest?name=b.jsonl", content=LINES, headers=headers)
            assert other.status_code == 422
        assert left(empty) == []

    run(main())


def test_what_a_large_quarantine_file_does_not_show_is_said(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with served(empty) as client:
            answer = await client.post("/v1/ingest?name=reg.jsonl", content=LINES + 3 * BAD)
            where = answer.json()["quarantine"]
            (path,) = (state_folder(empty) / "quarantine").iterdir()
            one, two, _ = path.read_bytes().splitlines(keepends=True)
            for shown in (len(one + two) + 5, path.stat().st_size - 1):
                monkeypatch.setattr("api.intake.routes._SHOWN", shown)
                *told, last = map(json.loads, (await client.get(where)).text.splitlines())
                assert [row["line"] for row in told] == [len(FACTS) + 1, len(FACTS) + 2]
                assert last["truncated"]["explored"] == 2
                assert str(path.stat().st_size) in last["truncated"]["reason"]
            monkeypatch.setattr("api.intake.routes._SHOWN", path.stat().st_size)
            told = [*map(json.loads, (await client.get(where)).text.splitlines())]
            assert [row["line"] - len(FACTS) for row in told] == [1, 2, 3]  # whole: nothing to say

    run(main())


def test_the_quarantine_is_no_way_to_other_files(empty: str) -> None:
    async def main() -> None:
        async with served(empty) as client:
            for name in ("x", "..%2Fjobs.db", "%2e%2e", "0" * 24 + ".jsonl", "a.jsonl"):
                answer = await client.get(f"/v1/ingest/quarantine/{name}")
                assert answer.status_code == 404
                assert answer.headers["content-type"] == "application/problem+json"

    run(main())


def test_a_table_by_a_mapping_that_ships(empty: str) -> None:
    async def main() -> None:
        async with served(empty) as client:
            table = "当事人名称,列入日期,领域\n甲公司,2022-01-05,税务\n乙公司,2022-02-05,税务\n"
            path = "/v1/ingest?name=lists.csv&mapping=blacklist&dataset=lists"
            answer = await client.post(path, content=table.encode())
            assert answer.status_code == 200, answer.text
            receipt = answer.json()
            assert (receipt["loaded"], receipt["quarantined"]) == (4, 0)
            found = (await client.get("/v1/search?q=甲公司")).json()["results"]
            assert found[0]["label"] == "甲公司"

    run(main())


# -- mappings of callers ----------------------------------------------------------------------

HOLDERS = """version: 1
columns:
  公司: {required: true}
  股东: {required: true}
  比例: {unit: percent}
entities:
  公司: {kind: company, id: {plain: 公司}, name: 公司}
  股东: {kind: person, id: {plain: 股东}, name: 股东}
relations:
  - {kind: shareholder, from: 股东, to: 公司, share: 比例}
"""
TABLE = "公司,股东,比例\n甲公司,张三,51\n甲公司,李四,49\n乙公司,,10\n乙公司,王五,200\n".encode()


def test_a_table_by_ones_own_mapping_is_the_verbs(
    empty: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same receipt, and by the verb afterwards the same chunks: all are duplicates."""

    async def main() -> None:
        async with served(empty) as client:
            made = await client.post("/v1/mappings?name=holders.yaml", content=HOLDERS.encode())
            assert made.status_code == 200, made.text
            said = made.json()
            assert (said["name"], said["dataset"]) == ("holders", "holders")
            assert said["makes"] == ["company", "person", "shareholder"]
            assert (said["columns"], said["required"]) == (
                ["公司", "股东", "比例"],
                ["公司", "股东"],
            )
            again = await client.post("/v1/mappings?name=holders.yaml", content=HOLDERS.encode())
            assert again.json() == said
            text = await client.get(f"/v1/mappings/{said['mapping']}")
            assert (text.text, text.headers["content-type"]) == (HOLDERS, "application/yaml")
            answer = await client.post(
                f"/v1/ingest?name=t.csv&mapping={said['mapping']}", content=TABLE
            )
            assert answer.status_code == 200, answer.text
            receipt = answer.json()
            found = (await client.get(receipt["quarantine"])).text.splitlines()
            assert [json.loads(line)["line"] for line in found] == [4, 5]
            await own_again(receipt)

    async def own_again(receipt: dict[str, Any]) -> None:
        other = f"sqlite:///{tmp_path / 'other.db'}"
        (tmp_path / "holders.yaml").write_text(HOLDERS, "utf-8")
        (tmp_path / "t.csv").write_bytes(TABLE)
        told = []
        for url in (other, empty):
            capfd.readouterr()
            asked = [str(tmp_path / "t.csv"), "--mapping", str(tmp_path / "holders.yaml")]
            assert cli(["ingest", *asked, "--store", url, "--json"]) == 0
            told.append(json.loads(capfd.readouterr().out))
        fresh, repeated = told
        for name in ("read", "loaded", "duplicates", "quarantined"):
            assert fresh[name] == receipt[name]
        assert receipt["loaded"] > 0
        assert (repeated["loaded"], repeated["duplicates"]) == (0, receipt["loaded"])

    run(main())


def test_the_mappings_that_ship_are_listed(empty: str) -> None:
    from ingest.mapping.load import shipped

    async def main() -> None:
        async with served(empty) as client:
            rows = (await client.get("/v1/mappings")).json()["results"]
            assert [row["mapping"] for row in rows] == [*shipped()]
            assert {row["name"] for row in rows} == {*shipped()}
            text = (await client.get("/v1/mappings/registry")).text
            assert text == shipped()["registry"].read_text("utf-8")

    run(main())


@pytest.mark.parametrize(
    ("query", "body", "status", "said"),
    [
        ("", b"", 400, "mapping.yaml:1"),
        ("", b"[1]", 400, "mapping.yaml:1: a mapping is a YAML mapping"),
        ("?name=m.yaml", HOLDERS.replace("kind: person", "kind: parson").encode(), 400,
         "m.yaml:8"),
        ("?name=../m.yaml", HOLDERS.encode(), 422, "name"),
        ("?name=" + "甲" * 81, HOLDERS.encode(), 422, "name"),
        ("?path=x", HOLDERS.encode(), 422, "path"),
        ("", b"\xff\xfe", 422, "UTF-8"),
        ("", b"x: " + b"[" * 60_000, 400, "nested too deeply"),
        ("", b"#" * (1 << 16) + b"\n", 413, "65536"),
        ("", b"a: !!python/object/apply:os.system [id]", 400, "unknown key"),
        *(
            ("", HOLDERS.replace(": 1", f": 1\ntable: {{encoding: {name}}}", 1).encode(), 400,
             "mapping.yaml:2: unknown encoding")
            for name in ("undefined", "idna", "zlib", "no-such")
        ),
        ("", HOLDERS.replace("  - {", "  - {when: {column: 公司, matches: (a+)+$}, ").encode(), 400,
         "too long"),
    ],
)  # fmt: skip
def test_what_is_no_mapping_is_told(
    empty: str, query: str, body: bytes, status: int, said: str
) -> None:
    async def main() -> None:
        async with served(empty) as client:
            answer = await client.post(f"/v1/mappings{query}", content=body)
            assert answer.status_code == status, answer.text
            assert said in answer.json()["detail"]
        assert [*state_folder(empty).glob("mappings/*")] == []

    run(main())


@pytest.mark.parametrize(
    "name",
    ["own:" + "0" * 24, "own:../../facts", "own:", "../registry", "/etc/passwd", "registry.yaml",
     "own:" + "a" * 24 + ".json", "linkrisk.yaml", "own:%00"],
)  # fmt: skip
def test_a_mapping_is_no_way_to_files(
    empty: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one of the server's, where the verb would read it, nor any other."""
    (tmp_path / "linkrisk.yaml").write_text(HOLDERS, "utf-8")
    monkeypatch.chdir(tmp_path)

    async def main() -> None:
        async with served(empty) as client:
            asked = {"mapping": name, "name": "t.csv"}
            answer = await client.post("/v1/ingest", params=asked, content=TABLE)
            assert answer.status_code == 422, answer.text
            assert "no mapping" in answer.json()["detail"]
            shown = await client.get(f"/v1/mappings/{quote(name, safe='')}")
            assert shown.status_code == 404
            assert "root:" not in shown.text
        assert left(empty) == []

    run(main())


def test_those_not_used_for_longest_are_dropped(empty: str) -> None:
    async def main() -> None:
        async with served(empty, IntakeSettings(mappings=2)) as client:
            kept = []
            for number in range(3):
                path = f"/v1/mappings?name=m{number}.yaml"
                kept.append((await client.post(path, content=HOLDERS.encode())).json()["mapping"])
                folder = state_folder(empty) / "mappings"
                os.utime(folder / f"{kept[-1].partition(':')[2]}.json", (number, number))
                if number == 1:  # used: it stays
                    assert (await client.get(f"/v1/mappings/{kept[0]}")).status_code == 200
            codes = [(await client.get(f"/v1/mappings/{each}")).status_code for each in kept]
            assert codes == [200, 404, 200]

    run(main())


def test_a_job_keeps_the_mapping_that_it_began_with(empty: str) -> None:
    async def main() -> None:
        async with served(empty, IntakeSettings(at_once=10)) as client:
            made = (await client.post("/v1/mappings", content=HOLDERS.encode())).json()["mapping"]
            asked = {"mapping": made, "name": "t.csv"}
            answer = await client.post("/v1/ingest", params=asked, content=TABLE)
            assert answer.status_code == 202, answer.text
            for path in (state_folder(empty) / "mappings").iterdir():
                path.unlink()
            place = answer.headers["location"]

            async def ended() -> Any:
                job = (await client.get(place)).json()
                return job if job["status"] in {"done", "failed"} else None

            job = await until(ended)
            assert job["status"] == "done", job
            assert (await client.get(job["result"])).json()["quarantined"] == 2

    run(main())
