"""The command line: exit codes, one line an error, the same bytes as the registry's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from algorithms.registry import ask, encode
from api.cli import main
from graph.snapshot import open_snapshot
from graph.store import open_store
from tests.api.conftest import RESIDENT, USCC

COMMAND = [sys.executable, "-m", "api.cli"]


def run(capfd: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = main(args)
    out, err = capfd.readouterr()
    return code, out, err


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["related-partys"], 2, "unknown verb related-partys; did you mean related-parties?"),
        (["integrated-ownership", "--targt", "c1"], 2, "No such option '--targt'"),
        (["show"], 2, "Missing argument 'ID'"),
        (["--frob"], 2, "No such option '--frob'"),
        (["integrated-ownership", "--as-of", "2022-02-30"], 2, "as_of 2022-02-30: day is out"),
        (["search", "x", "--limit", "0"], 2, "limit: a number from 1 to 1000"),
        (["list", "--limit", "9" * 5000], 2, "limit: a number from 1 to 1000"),
        (["integrated-ownership", "--target", "c9"], 3, "there is no store at"),
        (["check"], 3, "there is no store at"),
        (["check", "--store", "mongo://x"], 3, "not a store's address"),
        (["ingest", "missing.jsonl"], 3, "missing.jsonl: no such file"),
        (["ingest", "x.jsonl", "--format", "docx"], 2, "'docx' is not one of"),
    ],
)
def test_wrong_use_and_input_are_one_line(
    args: list[str],
    code: int,
    said: str,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    got, out, err = run(capfd, *args)
    assert (got, out) == (code, "")
    assert said in err
    assert err.startswith("linkrisk")
    assert len(err.splitlines()) == 1


def test_without_a_verb_the_help_is_shown_and_the_use_is_wrong(
    capfd: pytest.CaptureFixture[str],
) -> None:
    code, out, err = run(capfd)
    assert (code, out) == (2, "")
    assert "integrated-ownership" in err


def test_unknown_subject_is_bad_input(capfd: pytest.CaptureFixture[str], filled: str) -> None:
    code, out, err = run(capfd, "integrated-ownership", "--target", "c9", "--store", filled)
    assert (code, out) == (3, "")
    assert err == "linkrisk: no subject is named 'c9'\n"


def test_json_is_the_registrys_bytes_wherever_common_options_stand(
    capfd: pytest.CaptureFixture[str], filled: str
) -> None:
    store = open_store(filled)
    question = {"target": "c2", "as_of": "2022-01-05"}
    expected = encode(ask(open_snapshot(store), "integrated_ownership", question)) + b"\n"
    store.close()
    asked = ["integrated-ownership", "--target", "c2", "--as-of", "2022-01-05"]
    for args in (
        ["--store", filled, "--json", *asked],
        [*asked, "--store", filled, "--json"],
        ["--store", "sqlite:///nowhere.db", *asked, "--store", filled, "--json"],
    ):
        code, out, err = run(capfd, *args)
        assert (code, out.encode(), err) == (0, expected, "")


def test_the_store_comes_from_the_environment(
    capfd: pytest.CaptureFixture[str], filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKRISK_STORE", filled)
    code, out, _ = run(capfd, "list", "--json")
    assert code == 0
    assert json.loads(out)["kinds"]["company"] == 2


def test_a_table_names_subjects_and_timing_stays_beside_it(
    capfd: pytest.CaptureFixture[str], filled: str
) -> None:
    code, out, err = run(
        capfd, "--store", filled, "integrated-ownership", "--target", "c2", "--timing"
    )
    assert code == 0
    assert "Integrated ownership / 综合持股" in out
    assert "张三 (cn:person:" in out
    assert "0.306" in out
    assert err.startswith("open ")


def test_show_masks_people_and_names_every_source(
    capfd: pytest.CaptureFixture[str], filled: str
) -> None:
    for name in ("p1", "reg:p1", RESIDENT):
        code, out, _ = run(capfd, "--store", filled, "show", name, "--json")
        found = json.loads(out)
        assert code == 0
        assert RESIDENT not in out
        (record,) = found["records"]
        assert record["keys"] == {"resident_id": "110***********002X"}
        assert record["source"] == {"dataset": "reg", "record": "3"}
    code, out, _ = run(capfd, "--store", filled, "show", USCC)
    assert (code, USCC in out, "black" in out) == (0, True, True)


def test_show_tells_contradictions_between_records(
    capfd: pytest.CaptureFixture[str], filled: str
) -> None:
    store = open_store(filled)
    from graph.facts import Normaliser

    fact = {"kind": "company", "id": "k7", "name": "甲有限公司", "keys": {"uscc": USCC}}
    store.write("tax", [Normaliser("tax", store.id_key).row(fact)])
    store.close()
    _, out, _ = run(capfd, "--store", filled, "show", "tax:k7", "--json")
    found = json.loads(out)
    assert found["id"] == f"cn:uscc:{USCC}"
    assert [r["source"]["dataset"] for r in found["records"]] == ["reg", "tax"]
    assert found["contradictions"] == [
        {
            "property": "name",
            "values": [
                {"value": "甲公司", "records": ["reg:c1"]},
                {"value": "甲有限公司", "records": ["tax:k7"]},
            ],
        }
    ]
    _, out, _ = run(capfd, "--store", filled, "list", "--kind", "company", "--json")
    assert json.loads(out)["total"] == 2


def test_search_finds_by_name_and_by_key(capfd: pytest.CaptureFixture[str], filled: str) -> None:
    def ids(*args: str) -> list[str]:
        _, out, _ = run(capfd, "--store", filled, "search", *args, "--json")
        return [row["records"][0] for row in json.loads(out)["results"]]

    assert ids("公司") == ["reg:c2", "reg:c1"]  # 乙 stands before 甲
    assert ids(USCC) == ["reg:c1"]
    assert ids("三", "--kind", "company") == []
    assert ids("三", "--kind", "person") == ["reg:p1"]


def test_an_export_loads_again_as_what_it_was(
    capfd: pytest.CaptureFixture[str], filled: str, tmp_path: Path
) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    other = f"sqlite:///{tmp_path / 'other.db'}"
    assert run(capfd, "--store", filled, "export", "--out", str(first))[0] == 0
    code, out, _ = run(capfd, "--store", other, "ingest", str(first), "--json")
    receipt = json.loads(out)
    assert (code, receipt["read"], receipt["loaded"]) == (0, 10, 10)
    assert run(capfd, "--store", filled, "ingest", str(first))[0] == 0
    code, out, _ = run(capfd, "--store", filled, "ingest", str(first), "--json")
    assert json.loads(out)["duplicates"] == 10
    run(capfd, "--store", other, "export", "--out", str(second))
    assert _without_key(second) == _without_key(first)
    assert json.loads(first.read_text("utf-8").splitlines()[0])["canonical"] == f"cn:uscc:{USCC}"


def _without_key(path: Path) -> list[dict[str, Any]]:
    """The facts without what hangs on the store's own key and on the file's name."""
    facts = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for fact in facts:
        if fact["kind"] in {"person", "phone"}:
            del fact["canonical"]
        fact["source"] = {"dataset": fact["source"]["dataset"]}
    return facts


def test_export_to_standard_output_can_be_masked(
    capfd: pytest.CaptureFixture[str], filled: str
) -> None:
    code, out, _ = run(capfd, "--store", filled, "export", "--masked")
    assert code == 0
    assert len(out.splitlines()) == 10
    assert RESIDENT not in out
    assert "138****8000" in out


def test_ingest_check_undo(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    url, path = f"sqlite:///{tmp_path / 'f.db'}", tmp_path / "in.jsonl"
    path.write_text(
        '{"kind":"company","id":"c1","name":"甲"}\n{"kind":"company"\n'
        '{"kind":"company","id":"c2","name":"乙"}\n',
        encoding="utf-8",
    )
    code, out, _ = run(capfd, "--store", url, "ingest", str(path), "--dry-run")
    assert (code, json.loads(out)["loaded"]) == (0, 2)
    assert not (tmp_path / "f.db").exists()
    Path(json.loads(out)["quarantine"]).unlink()
    code, out, err = run(capfd, "--store", url, "ingest", str(path))
    receipt = json.loads(out)
    assert (code, err) == (0, "")
    assert (receipt["read"], receipt["loaded"], receipt["quarantined"]) == (3, 2, 1)
    (bad,) = map(json.loads, Path(receipt["quarantine"]).read_text("utf-8").splitlines())
    assert (bad["file"], bad["line"]) == ("in.jsonl", 2)
    assert run(capfd, "--store", url, "check")[0] == 0
    code, out, _ = run(capfd, "--store", url, "undo", receipt["batch"], "--json")
    assert (code, json.loads(out)["facts"]) == (0, 2)
    code, out, _ = run(capfd, "--store", url, "show", "c1")
    assert code == 3
    code, _, err = run(capfd, "--store", url, "undo", "nothing")
    assert (code, err) == (3, "linkrisk: no batch nothing\n")


def test_where_every_line_is_bad_the_receipt_is_printed_and_the_exit_is_3(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"kind":"firm","id":"x"}\n', encoding="utf-8")
    url = f"sqlite:///{tmp_path / 'f.db'}"
    code, out, _ = run(capfd, "--store", url, "ingest", str(path), "--format", "native")
    assert (code, json.loads(out)["quarantined"]) == (3, 1)


def test_a_backup_is_a_store(
    capfd: pytest.CaptureFixture[str], filled: str, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    assert run(capfd, "--store", filled, "backup", str(copy))[0] == 0
    assert run(capfd, "--store", f"sqlite:///{copy}", "check")[0] == 0
    _, out, _ = run(capfd, "--store", f"sqlite:///{copy}", "show", "p1", "--json")
    assert run(capfd, "--store", filled, "show", "p1", "--json")[1] == out


def test_a_bug_is_one_line_too(
    capfd: pytest.CaptureFixture[str], filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("api.look.subject", broken)
    code, out, err = run(capfd, "--store", filled, "show", "p1")
    assert (code, out) == (1, "")
    assert err == "linkrisk: internal error: KeyError: 'x' (LINKRISK_DEBUG=1 shows where)\n"


def test_what_a_terminal_would_obey_is_not_printed(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"kind":"company","id":"c1","name":"a\\u001b[31mb"}\n', encoding="utf-8")
    url = f"sqlite:///{tmp_path / 'f.db'}"
    run(capfd, "--store", url, "ingest", str(path))
    _, out, _ = run(capfd, "--store", url, "show", "c1")
    assert "\x1b" not in out
    assert "a\N{REPLACEMENT CHARACTER}[31mb" in out


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    code = (
        "import sys; from api.cli import main; main(['--help']);"
        "print(*sorted({'numpy','msgspec','fastapi','numba','scipy','rich'} & set(sys.modules)),"
        " file=sys.stderr)"
    )
    best = 9.0
    for _ in range(5):
        started = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        best = min(best, time.perf_counter() - started)
    assert done.stderr.split() == []
    assert best <= 0.3


def test_a_question_imports_neither_compiler_nor_solver(filled: str) -> None:
    code = (
        "import sys; from api.cli import main;"
        f"main(['--store', {filled!r}, '--json', 'related-parties', '--subject', 'c1']);"
        "print(*sorted({'fastapi','numba','scipy','rich','networkx'} & set(sys.modules)),"
        " file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stderr.split() == []


def test_a_reader_that_goes_away_is_no_error(filled: str) -> None:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", '"$@" | true', "_", *COMMAND, "--store", filled, "export"],
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""


@pytest.fixture
def heeded() -> Iterator[None]:
    """Whoever runs the tests in the background has interrupts ignored, and children inherit it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded")
def test_an_interrupt_before_the_server_takes_signals_is_not_lost(filled: str) -> None:
    early = (
        "import os, signal, uvicorn, api.cli\n"
        "run = uvicorn.Server.run\n"
        "def begin(*given):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    run(*given)\n"
        "uvicorn.Server.run = begin\n"
        "api.cli.main()"
    )
    command = [sys.executable, "-c", early, "--store", filled, "serve", "--port", "0"]
    ended = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert ended.returncode == 0
    assert b"Traceback" not in ended.stderr


@pytest.mark.usefixtures("heeded")
def test_an_interrupt_is_one_line(filled: str) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--store", filled, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode in (0, 130)
    assert b"Traceback" not in err
