"""The feature store: what is taken over is what would be computed, nothing names a person."""

from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from pyarrow import BufferReader

from api.access.keys import Keyring
from api.app import Service, make_app
from api.auth import Access
from api.cli import main
from api.client.local import connect
from api.features.keeping import Asked, Built, build, forget
from api.session import Session
from graph.errors import StoreFull, WrongUsage
from graph.store import Store
from graph.times import now
from tests.api.access.asking import send
from tests.api.access.world import FACTS, SECRETS
from tests.api.serving import served, until

DAY = "2021-05-30"
TOKEN = "t" * 32
Write = Callable[..., Store]


@pytest.fixture
def url(write: Write, store_url: str) -> str:
    write(FACTS, dataset="reg")
    return store_url


def made(url: str, home: Path, **asked: Any) -> tuple[Built, Any]:
    with Session(url) as session:
        path, built = build(session, Asked(**{"as_of": DAY, "kind": "company", **asked}), home)
    return built, pq.read_table(path)


def equal(one: Any, other: Any) -> bool:
    return one.column_names == other.column_names and all(
        np.array_equal(one[name].to_numpy(), other[name].to_numpy(), equal_nan=name != "id")
        for name in one.column_names
    )


def test_the_same_question_is_not_computed_again(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, table = made(url, tmp_path)
    assert not first.reused
    assert table.num_rows == first.rows == 2
    monkeypatch.setattr("algorithms.features.making.fill", None)
    again, same = made(url, tmp_path)
    assert again.reused == first.groups
    assert equal(table, same)


def test_of_tables_that_are_pruned_no_folder_stays(url: str, tmp_path: Path) -> None:
    days = [f"2021-05-{day}" for day in (10, 11, 11, 12)]
    with Session(url) as session:
        for day, windows in zip(days, ([7], [7], [30], [7]), strict=True):
            build(session, Asked(as_of=day, kind="company", groups=["calls", "degree"],
                                 windows=windows), tmp_path, 2)  # fmt: skip
            left = {path.name for path in (tmp_path / "company").iterdir()}
            assert left == {path.parent.parent.name for path in tmp_path.glob("company/*/*/*")}
    assert left == {"2021-05-11", "2021-05-12"}


def test_after_a_batch_only_what_reads_it_is_computed_and_all_is_as_if_whole(
    url: str, write: Write, tmp_path: Path
) -> None:
    made(url, tmp_path / "kept")
    write([{"kind": "invoice", "id": "i2", "from": "c2", "to": "c1", "amount": "7", "at": DAY,
            "status": "issued"}], dataset="reg")  # fmt: skip
    built, table = made(url, tmp_path / "kept")
    assert {"entity", "ownership", "shared", "money"} <= {*built.reused}
    assert not {"invoices", "motifs", "degree"} & {*built.reused}
    assert equal(table, made(url, tmp_path / "fresh")[1])
    write([{"kind": "shareholder", "id": "s9", "from": "c2", "to": "c1", "share": "0.2"},
           {"kind": "company", "id": "c9"}], dataset="reg")  # fmt: skip
    built, table = made(url, tmp_path / "kept")
    assert not built.reused  # there is one more row
    assert equal(table, made(url, tmp_path / "fresh")[1])


def test_of_another_day_what_is_true_on_both_is_taken_over(url: str, tmp_path: Path) -> None:
    made(url, tmp_path / "kept")
    built, table = made(url, tmp_path / "kept", as_of="2021-06-15")
    assert built.reused == ["ownership", "shared"]
    assert equal(table, made(url, tmp_path / "fresh", as_of="2021-06-15")[1])


def test_what_was_retracted_is_not_taken_over(url: str, write: Write, tmp_path: Path) -> None:
    first, before = made(url, tmp_path / "kept")
    write([{"kind": "retract", "id": "h1"}], dataset="reg")
    built, table = made(url, tmp_path / "kept")
    assert not {"money", "shared"} & {*built.reused}
    assert equal(table, made(url, tmp_path / "fresh")[1])
    assert not equal(table, before)
    assert equal(made(url, tmp_path / "fresh", known_at=first.known_at)[1], before)


def test_a_listing_that_was_of_another_is_not_taken_over(
    url: str, write: Write, tmp_path: Path
) -> None:
    """A correction that keeps the days and says another subject."""
    asked: dict[str, Any] = {"as_of": "2022-01-05", "groups": ["entity"]}
    before = made(url, tmp_path / "kept", **asked)[1]
    (listing,) = [fact for fact in FACTS if fact["id"] == "b1"]
    write([{**listing, "subject": "c2"}], dataset="reg")
    _, table = made(url, tmp_path / "kept", **asked)
    assert equal(table, made(url, tmp_path / "fresh", **asked)[1])
    assert not equal(table, before)


def test_a_damaged_table_is_made_anew_and_nothing_is_taken_over_from_it(
    url: str, tmp_path: Path
) -> None:
    asked: dict[str, Any] = {"groups": ["shared"]}
    built, table = made(url, tmp_path / "kept", **asked)
    (path,) = (tmp_path / "kept").glob("**/*.parquet")
    whole = path.read_bytes()
    assert len(whole) == built.bytes
    path.write_bytes(whole[: len(whole) // 2])
    again, same = made(url, tmp_path / "kept", **asked)
    assert (again.reused, equal(same, table)) == ([], True)
    chunk = pq.read_metadata(path).row_group(0).column(1)  # of numbers, in whole pages
    damaged = bytearray(whole)
    damaged[chunk.data_page_offset + chunk.total_compressed_size - 1] ^= 1
    path.write_bytes(bytes(damaged))
    other, later = made(url, tmp_path / "kept", as_of="2021-06-15", **asked)
    assert other.reused == []
    assert equal(later, made(url, tmp_path / "fresh", as_of="2021-06-15", **asked)[1])


def test_a_table_says_what_it_is_and_names_nobody(url: str, tmp_path: Path) -> None:
    for kind in ("person", "account", "phone", "company"):
        built, table = made(url, tmp_path, kind=kind)
        told = json.loads(table.schema.metadata[b"linkrisk"])
        assert (told["kind"], told["as_of"], told["snapshot"]) == (kind, DAY, built.snapshot)
        for field in table.schema:
            if field.name != "id":
                assert {b"en", b"zh", b"unit", b"group"} <= {*field.metadata}
        text = json.dumps(table.column("id").to_pylist()) + str(table.schema)
        assert not any(secret in text for secret in (*SECRETS, "张三", "某路"))
        assert table.column("id").to_pylist() == sorted(table.column("id").to_pylist())


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"kind": "loan"}, "kind"),
        ({"groups": ["nothing"]}, "groups"),
        ({"windows": [30, 7]}, "windows"),
        ({"windows": [0]}, "windows"),
        ({"as_of": "today"}, "as_of"),
    ],
)
def test_bad_questions_name_what_is_wrong(
    url: str, tmp_path: Path, asked: dict[str, Any], word: str
) -> None:
    with pytest.raises(WrongUsage, match=word):
        made(url, tmp_path, **asked)
    assert not list(tmp_path.glob("**/*.parquet"))


def test_where_it_cannot_be_written_nothing_is_left(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "Error writing bytes to file")

    home = tmp_path / "home"
    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    with pytest.raises(StoreFull, match="No space left on device"):
        made(url, home)
    assert not [path for path in home.rglob("*") if path.is_file() or path.suffix == ".part"]
    monkeypatch.undo()
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreFull, match="cannot be written"):
        made(url, tmp_path / "taken")


def test_over_http_and_what_is_not_granted(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKRISK_STATE", str(tmp_path / "state"))
    ring = Keyring(tmp_path / "keys.json")
    _, telecom = ring.create("t", ["export", "search"], ["telecom"], now() + 10**10)
    _, looker = ring.create("l", ["search"], ["telecom", "bank"], now() + 10**10)
    with Session(url) as session:
        app = make_app(session, Service(Access(TOKEN, keyring=ring)))

        def ask(method: str, query: str, token: str = TOKEN, body: bytes = b"") -> Any:
            return asyncio.run(
                send(app, method, "/v1/features", query=query, token=token, body=body)
            )

        whole = ask("GET", f"kind=person&as_of={DAY}")
        assert whole.status == 200
        names = pq.read_table(BufferReader(whole.body)).column_names
        assert any(name.startswith("money_") for name in names)
        said = ask("POST", "", body=json.dumps({"kind": "person", "as_of": DAY}).encode()).said
        assert said["columns"] == len(names) - 1
        assert said["reused"] == said["groups"]
        part = ask("GET", f"kind=person&as_of={DAY}", telecom)
        assert part.headers["linkrisk-withheld"] == "registry, tax, bank"
        fewer = pq.read_table(BufferReader(part.body)).column_names
        assert "uses_phone_out_count_now" in fewer
        assert not [n for n in fewer if n.startswith(("money_", "transfer_", "ownership_"))]
        assert not [n for n in fewer if "account" in n or n in {"shared_others", "shared_ring"}]
        assert list((tmp_path / "state").glob("features/person/**/*.parquet"))
        assert forget(url) == 2
        assert [*(tmp_path / "state" / "features").iterdir()] == [
            tmp_path / "state/features/person"
        ]
        assert not [*(tmp_path / "state" / "features/person").iterdir()]  # nor a folder of a day
        assert ask("GET", f"kind=account&as_of={DAY}", telecom).status == 403
        assert ask("GET", f"kind=person&groups=money&as_of={DAY}", telecom).status == 422
        assert ask("GET", "kind=person", looker).status == 403
        assert ask("GET", "kind=nobody").status == 422
        assert ask("GET", "kinds=person").status == 422
        assert ask("GET", "windows=x").status == 422
        assert ask("POST", "", body=b'{"as_of": "2021-02-30"}').status == 422


def test_a_job_makes_it(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKRISK_STATE", str(tmp_path / "state"))
    asked = {"kind": "phone", "as_of": DAY, "groups": ["calls"]}

    async def work() -> None:
        async with served(url) as client:
            wanted = {"Prefer": "respond-async"}
            made = await client.post("/v1/features", json=asked, headers=wanted)
            assert made.status_code == 202
            for wrong in ({"groups": ["all"]}, {"groups": []}, {"windows": [0]}):  # told at once
                refused = await client.post("/v1/features", json=asked | wrong, headers=wanted)
                assert refused.status_code == 422, wrong
                assert "withheld" not in refused.text
            known = asked | {"known_at": "13800138000"}
            told = await client.post("/v1/features", json=known, headers=wanted)
            assert told.json()["params"]["known_at"] == "138****8000"

            async def done() -> Any:
                answer = await client.get(f"{made.headers['Location']}/result")
                return answer.status_code == 200 and answer.json()

            told = await until(done)
            assert (told["kind"], told["groups"], told["rows"]) == ("phone", ["calls"], 2)
            again = (await client.post("/v1/features", json=asked)).json()
            assert again["reused"] == ["calls"]

    asyncio.run(work())


def test_the_verb_and_the_client(
    url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKRISK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("LINKRISK_STORE", url)
    assert main(["features", "--describe", "--kind", "phone", "--windows", "7", "--json"]) == 0
    rows = json.loads(capfd.readouterr().out)["results"]
    assert {row["window"] for row in rows} == {None, 7}
    asked = ["features", "--as-of", DAY, "--kind", "account", "--out", str(tmp_path), "--json"]
    assert main(asked) == 0
    told = json.loads(capfd.readouterr().out)
    table = pq.read_table(told["file"])
    assert main(["features", "--as-of", DAY]) == 2
    assert "--out" in capfd.readouterr().err
    with connect(url) as risk:
        frame = risk.features(kind="account", as_of=DAY)
    assert frame.index.tolist() == table.column("id").to_pylist()
    assert list(frame.columns) == table.column_names[1:]
    assert frame["money_out_sum_ever"].tolist() == [5.0, 5.0]
    assert frame.attrs["meanings"]["money_out_sum_ever"]["unit"] == "yuan"
