"""`linkrisk notice`, `POST /v1/notices`, and the guide as it is written."""

from __future__ import annotations

import asyncio
import io
import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import Service, make_app
from api.auth import Access
from api.cli import main
from api.notices.ask import notice
from api.notices.pdf import pdf
from api.session import Session
from graph.errors import LinkriskError
from tests.api.notices.conftest import given
from tests.api.poppler import why_not

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "notices.md"


def options(kind: str, **more: Any) -> list[str]:
    said = given(kind, **more)
    return [f"--{name.replace('_', '-')}={value}" for name, value in said.items()]


def has_pdf() -> bool:
    return why_not() is None


def test_the_guide_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every command of the page, in its order, with the page's own case."""
    text = GUIDE.read_text("utf-8")
    assert all(" / " in line for line in re.findall(r"^## (.*)$", text, re.M) if line != "PDF")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.S | re.M)
    (case,) = (body for kind, body in blocks if kind == "json")
    (tmp_path / "case.jsonl").write_text(case, "utf-8")
    monkeypatch.chdir(tmp_path)
    from graph.store import open_store

    open_store("sqlite:///case.db", create=True).close()
    for line in "".join(body for kind, body in blocks if not kind).splitlines():
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            monkeypatch.setenv(name, value)
            continue
        command, _, into = line.partition(" > ")
        program, *args = shlex.split(command)
        assert program == "linkrisk"
        if args[-1].endswith(".pdf") and not has_pdf():
            continue
        code = main(args)
        out, err = capfd.readouterr()
        assert code == 0, (line, err)
        if into:
            Path(into).write_text(out, "utf-8")
    assert "张示例" in Path("prior.html").read_text("utf-8")
    assert "110***********002X" in Path("objection.html").read_text("utf-8")
    assert 'lang="zh' not in Path("lifted.html").read_text("utf-8")
    if has_pdf():
        assert Path("decision.pdf").read_bytes().startswith(b"%PDF-")


def test_from_standard_input_without_a_store(
    answer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("facts.db").rename("elsewhere.db")

    class Given:
        buffer = io.BytesIO(json.dumps(answer).encode())

    monkeypatch.setattr(sys, "stdin", Given())
    party = answer["results"][0]["party"]
    code = main(["notice", "--party", party, "--kind", "decision", *options("decision")])
    out, err = capfd.readouterr()
    assert (code, err) == (0, "")
    assert out.startswith("<!doctype html>")
    assert "reg:h1" in out


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--out", "x.docx"], 2, "FILE.html or FILE.pdf"),
        (["--store", "sqlite:///nowhere.db"], 3, "nowhere.db"),
        (["--party", "p9"], 2, "no party 'p9'"),
        (["--from", "missing.json"], 1, "missing.json: No such file"),
        (["--from", "broken.json"], 3, "not an answer of extend"),
        (["--from", "other.json"], 3, "not an answer of extend"),
        (["--approved-by", "李甲"], 2, "a second person decides"),
        (["--kind", "verdict"], 2, "verdict"),
    ],
)
def test_wrong_use(
    args: list[str], code: int, said: str, answer: Any, session: Session, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("answer.json").write_text(json.dumps(answer))
    Path("broken.json").write_text("{")
    Path("other.json").write_text('{"algorithm":"control","results":[]}')
    asked = ["notice", "--store", session.url, "--from", "answer.json", "--party", "p1"]
    got = main([*asked, "--kind", "decision", *options("decision"), *args])
    out, err = capfd.readouterr()
    assert (got, out) == (code, ""), err
    assert said in err
    assert len(err.splitlines()) == 1


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(LinkriskError, match=r"pip install 'linkrisk\[pdf\]'"):
        pdf("<p>x</p>")


def test_without_pango_the_error_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoLibrary:
        def find_spec(self, name: str, *_: Any) -> None:
            if name.startswith("weasyprint"):
                raise OSError("cannot load library 'libpango-1.0-0'")

    for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NoLibrary(), *sys.meta_path])
    with pytest.raises(LinkriskError, match=r"apt-get install libpango-1\.0-0"):
        pdf("<p>x</p>")


def test_over_http(session: Session, answer: Any) -> None:
    """The same page as in Python; PDF by Accept; errors as problems."""
    asked = {"answer": answer, "party": "p1", "kind": "decision", "lang": "zh",
             "particulars": given("decision")}  # fmt: skip
    wrongs = ({}, asked | {"more": 1}, asked | {"answer": []}, asked | {"kind": 5},
              asked | {"party": "p9"})  # fmt: skip
    page = notice(session, asked)
    app = make_app(Session(session.url), Service(Access("token", None)))

    async def talk() -> tuple[list[httpx.Response], list[httpx.Response], dict[str, Any]]:
        wire = httpx.ASGITransport(app)
        headers = {"Authorization": "Bearer token"}
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=wire, base_url="http://127.0.0.1", headers=headers) as http,
        ):
            good = [
                await http.post("/v1/notices", json=asked),
                await http.post("/v1/notices", json=asked, headers={"Accept": "application/pdf"}),
                await http.post("/v1/notices", json=asked, headers={"Authorization": "no"}),
            ]
            bad = [await http.post("/v1/notices", json=wrong) for wrong in wrongs]
            return good, bad, (await http.get("/openapi.json")).json()

    (found, made, stranger), bad, described = asyncio.run(talk())
    assert (found.status_code, found.text) == (200, page)
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in found.headers["content-security-policy"]
    assert found.headers["cache-control"] == "no-store"
    if has_pdf():
        assert made.headers["content-type"] == "application/pdf"
        assert made.content.startswith(b"%PDF-")
    else:
        assert made.status_code == 501
    assert stranger.status_code == 401
    assert {answered.status_code for answered in bad} == {422}
    assert bad[0].headers["content-type"] == "application/problem+json"
    body = described["paths"]["/v1/notices"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    name = schema["properties"]["particulars"]["$ref"].rpartition("/")[2]
    assert set(given("lifted")) <= set(described["components"]["schemas"][name]["properties"])
