"""`linkrisk audit` and its routes; the guide to them is executed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from api.app import Service, make_app
from api.auth import Access
from api.cli import main
from api.session import Session
from graph.ledger import GENESIS, Draft, Head, verify
from graph.store import Store
from tests.tampering import seal

ROOT = Path(__file__).parent.parent.parent
GUIDE = ROOT / "docs" / "guides" / "audit.md"


@pytest.fixture
def anchor(store: Store) -> str:
    """A ledger of six entries about three decisions; its head as it is kept outside."""
    for number in range(3):
        drafts = [
            Draft("张三", kind, f"D-{number}", {"n": number}) for kind in ("made", "approved")
        ]
        store.append(drafts, recorded_at=1_641_348_000_123_456 + number)
    return str(store.ledger_head())


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], store_url: str) -> Any:
    """`linkrisk audit …` on that store: exit code, standard output, standard error."""

    def ran(*args: str) -> tuple[int, str, str]:
        code = main(["--store", store_url, "audit", *args])
        return code, *capfd.readouterr()

    return ran


def edit(store_url: str, statement: str) -> None:
    """What somebody does who owns the file."""
    db = apsw.Connection(store_url.removeprefix("sqlite:///"))
    db.execute("DROP TRIGGER ledger_update; DROP TRIGGER ledger_delete; " + statement)
    db.close()


def test_head_and_verify(run: Any, store: Store, anchor: str, tmp_path: Path) -> None:
    assert run("head") == (0, f"{anchor}\n", "")
    no, digest = anchor.split(":")
    assert json.loads(run("head", "--json")[1]) == {"no": 6, "hash": digest, "head": anchor}
    assert no == "6"
    whole = f"unbroken / 完整: 6 entries / 条, head / 头部 {anchor}\n"
    assert run("verify", "--anchor", anchor) == (0, whole, "")
    code, out, err = run("verify")
    assert (code, out) == (0, whole)
    assert err.startswith("no anchor was given")
    third = next(store.ledger(2))
    kept = tmp_path / "anchors.txt"
    kept.write_text(f"# kept by mail\n\n3:{third.hash.hex()}  2022-01-05\n{anchor}\n", "utf-8")
    code, out, _ = run("verify", "--anchors", str(kept), "--anchor", str(GENESIS), "--json")
    assert code == 0
    assert json.loads(out) == {
        "ok": True, "entries": 6, "head": anchor, "found": 0, "breaks": [],
        "anchors": [str(GENESIS), f"3:{third.hash.hex()}", anchor],
    }  # fmt: skip


def test_an_empty_ledger(run: Any, store: Store) -> None:
    assert store.ledger_head() == GENESIS
    assert run("head") == (0, f"0:{'0' * 64}\n", "")
    assert run("verify")[0] == 0
    assert run("list") == (0, "no entries / 无条目\n", "")
    assert json.loads(run("list", "--json")[1]) == {"results": [], "more": False}


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE ledger SET body = '{}' WHERE no = 3", ["edited: entry 3 is not what"]),
        ("DELETE FROM ledger WHERE no IN (2, 3)", ["deleted: entries 2 to 3 are missing"]),
        ("DELETE FROM ledger WHERE no > 4", ["truncated: the ledger ends with 4, and entry 6 was"]),
        ("UPDATE ledger SET no = 9 WHERE no = 5",
         ["deleted: entry 5 is", "deleted: entries 7 to 8 are missing", "edited: entry 9"]),
        ("UPDATE ledger SET hash = prior WHERE no = 6",
         ["edited: entry 6", "rewritten: entry 6 is not the one that was anchored"]),
    ],
)  # fmt: skip
def test_each_break_is_named(
    run: Any, store_url: str, anchor: str, statement: str, said: list[str]
) -> None:
    edit(store_url, statement)
    code, out, err = run("verify", "--anchor", anchor)
    assert (code, err) == (1, "")
    for line in said:
        assert line in out
    assert "broken / 已损坏: " in out
    code, out, _ = run("verify", "--anchor", anchor, "--json")
    found = json.loads(out)
    assert (code, found["ok"], found["found"]) == (1, False, len(found["breaks"]))
    assert {line.partition(":")[0] for line in said} <= {each["what"] for each in found["breaks"]}


def test_a_text_that_is_none(run: Any, store_url: str, anchor: str) -> None:
    edit(store_url, "UPDATE ledger SET actor = CAST(x'ff' AS TEXT) WHERE no = 4")
    code, out, _ = run("verify", "--anchor", anchor)
    assert code == 1
    assert "unreadable: a text of the ledger cannot be read" in out
    assert run("list")[0] == 1


def test_the_list(run: Any, store: Store, anchor: str, store_url: str) -> None:
    found = json.loads(run("list", "--about", "D-1", "--json")[1])
    assert not found["more"]
    entries = list(store.ledger(about="D-1"))
    assert [(r["no"], r["kind"], r["body"]) for r in found["results"]] == [
        (3, "made", {"n": 1}), (4, "approved", {"n": 1}),
    ]  # fmt: skip
    assert found["results"][0]["at"] == "2022-01-05T10:00:00.123457+08:00"
    assert [r["hash"] for r in found["results"]] == [seal(entry).hex() for entry in entries]
    found = json.loads(run("list", "--since", "2", "--limit", "2", "--json")[1])
    assert ([r["no"] for r in found["results"]], found["more"]) == ([3, 4], True)
    code, out, _ = run("list", "--limit", "5")
    assert code == 0
    assert "more are there; --since 5 shows them" in out
    edit(store_url, f"UPDATE ledger SET body = '{{', at = {2**62} WHERE no = 1")
    first = json.loads(run("list", "--json")[1])["results"][0]
    assert (first["body"], first["at"]) == ("{", 2**62)


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["verify", "--anchor", "6"], 2, "anchor: not NO:HASH"),
        (["verify", "--anchors", "none.txt"], 3, "none.txt: No such file"),
        (["verify", "--anchors", "bad.txt"], 3, "bad.txt, line 2: not NO:HASH"),
        (["verify", "--anchors", "empty.txt"], 3, "empty.txt names no anchor"),
        (["verify", "--about", "D-1"], 2, "audit verify takes no --about"),
        (["head", "--anchor", "x"], 2, "audit head takes no --anchor"),
        (["list", "--since", "x"], 2, "since: the number of an entry"),
        (["list", "--limit", "1001"], 2, "limit: a number from 1 to 1000"),
        (["frob"], 2, "'frob' is not one of"),
    ],
)
def test_what_cannot_be_asked(
    run: Any, anchor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    args: list[str], code: int, said: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("bad.txt").write_text(f"{anchor}\nnothing\n")
    Path("empty.txt").write_text("# later\n")
    done, out, err = run(*args)
    assert (done, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1


def test_the_routes_answer_what_the_verbs_print(run: Any, store_url: str, anchor: str) -> None:
    app = make_app(Session(store_url), Service(Access("t" * 32, None)))

    def get(path: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
                headers = {"Authorization": "Bearer " + "t" * 32}
                return await http.get(f"/v1/audit/{path}", headers=headers)

        return asyncio.run(ask())

    assert get("head").text + "\n" == run("head", "--json")[1]
    asked = ["--anchor", anchor, "--anchor", str(GENESIS)]
    whole = get(f"verify?anchor={anchor}&anchor={GENESIS}")
    assert whole.text + "\n" == run("verify", *asked, "--json")[1]
    assert whole.json()["ok"]
    for query in ("anchors=1", "anchor=1", f"anchor={anchor}&x=1"):
        assert get(f"verify?{query}").status_code == 422
    edit(store_url, "DELETE FROM ledger WHERE no > 4")
    broken = get(f"verify?anchor={anchor}")
    assert (broken.status_code, broken.json()["ok"]) == (200, False)


# -- the guide ----------------------------------------------------------------------------------

BLOCK = re.compile(r"^```(sh|python|text)\n(.+?)\n```$", re.M | re.S)


def test_the_guide_runs_as_it_stands(tmp_path: Path) -> None:
    """Each block in its order; what is shown behind a block is what it printed, … anything."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    for name, module in (("linkrisk", "-m api.cli"), ("python", "")):
        (bin_ / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        (bin_ / name).chmod(0o755)
    path = f"{bin_}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    env |= {"LINKRISK_STORE": "sqlite:///cases.db"}
    blocks = BLOCK.findall(GUIDE.read_text("utf-8"))
    assert [kind for kind, _ in blocks] == [
        "python", "sh", "text", "sh", "text", "python", "sh", "text", "text",
    ]  # fmt: skip
    printed = ""
    for kind, block in blocks[:-1]:  # the last one is the definition of the hash
        if kind == "text":
            at = 0
            for line in block.splitlines():
                wanted = re.compile(".*".join(map(re.escape, line.split("…"))))
                met = wanted.search(printed, at)
                assert met is not None, (line, printed)
                at = met.end()
            continue
        command = ["bash", "-euc", block] if kind == "sh" else ["python", "-c", block]
        done = subprocess.run(
            command, check=False, cwd=tmp_path, env=env, text=True, capture_output=True
        )
        assert done.returncode == 0, done.stderr
        printed = done.stdout


def test_the_guide_tells_the_hash_as_it_is(store: Store, anchor: str) -> None:
    """The definition on the page, read as a program."""
    *_, (_, block) = BLOCK.findall(GUIDE.read_text("utf-8"))
    terms = [t.strip(" ()\n") for t in re.sub(r"  +\(.*?\)$", "", block, flags=re.M).split("‖")]
    assert terms[0].endswith('"linkrisk.ledger.entry.v1\\n"')
    entry = next(store.ledger(3))
    texts = {name: getattr(entry, name).encode() for name in terms[9:14]}
    told = b"linkrisk.ledger.entry.v1\n"
    for term in terms[1:9]:
        number = len(texts[term.strip("|")]) if "|" in term else getattr(entry, term)
        told += number.to_bytes(8, "big")
    assert terms[14] == "prior"
    told += b"".join(texts.values()) + entry.prior
    assert hashlib.sha256(told).digest() == entry.hash
    assert verify(store.ledger(), [Head(4, entry.hash)]).sound
