"""The demo end to end on a small world, and what its report holds."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from algorithms.registry import ALGORITHMS, encode
from api.cli import main
from api.session import Session

ENTITIES = 1_000
VOID = {"meta", "link", "br", "hr", "img", "input"}
SVG = "{http://www.w3.org/2000/svg}"


# pyarrow imports pandas wherever that is installed.
WITHOUT_PANDAS = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name == "pandas":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hidden())
"""


@dataclass
class Made:
    """A folder that the demo wrote."""

    out: Path
    said: str
    page: str = ""
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.out / 'demo.db'}"

    def world(self) -> Iterator[dict[str, Any]]:
        for line in (self.out / "world.jsonl").read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def run(*args: object) -> tuple[int, str]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = main(["demo", *map(str, args)])
    return code, said.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The demo in a process of its own, its output in a pipe."""
    out = tmp_path_factory.mktemp("demo") / "out"
    code = (
        f"{WITHOUT_PANDAS}import sys; from api.cli import main\n"
        f"code = main(['demo', '--entities', '{ENTITIES}', '--out', {str(out)!r}])\n"
        "heavy = {'numba', 'scipy', 'matplotlib', 'fastapi'} & set(sys.modules)\n"
        "print('heavy imports', sorted(heavy)); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""  # no progress where nobody watches
    found = Made(out, done.stdout.decode())
    found.page = (out / "report.html").read_text(encoding="utf-8")
    for path in sorted((out / "answers").iterdir()):
        found.answers[path.stem] = json.loads(path.read_bytes())
    return found


class Page(HTMLParser):
    """Checks nesting; keeps ids, references, tags and the tables of each section."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.refs: list[str] = []
        self.tags: set[str] = set()
        self.tables: list[list[list[str]]] = []
        self.section = ""
        self.by_section: dict[str, list[list[list[str]]]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        self.refs += [str(v) for k, v in attrs if k in ("href", "src", "xlink:href", "action")]
        self.refs += str(given.get("aria-labelledby") or "").split()
        if tag == "section":
            self.section = str(given["id"])
        elif tag == "table":
            self.by_section.setdefault(self.section, []).append([])
        elif tag == "tr":
            self.by_section[self.section][-1].append([])
        elif tag in ("td", "th"):
            self.by_section[self.section][-1][-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            row = self.by_section[self.section][-1][-1]
            row[-1] = " ".join(f"{row[-1]} {data}".split())


@pytest.fixture(scope="module")
def page(made: Made) -> Page:
    return Page(made.page)


def pictures(text: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", text, re.S)]


def test_every_algorithm_is_asked(made: Made) -> None:
    assert {answer["algorithm"] for answer in made.answers.values()} == set(ALGORITHMS)


def test_a_small_world_needs_no_compiler_and_nothing_heavy(made: Made) -> None:
    assert made.said.splitlines()[-1] == "heavy imports []"


def test_the_answers_are_the_services_bytes(made: Made) -> None:
    with Session(made.url) as session:
        for name, answer in made.answers.items():
            asked = answer["params"] | {k: answer[k] for k in ("as_of", "known_at")}
            again = encode(session.ask(answer["algorithm"], asked))
            assert again == (made.out / "answers" / f"{name}.json").read_bytes(), name


def test_planted_rings_are_found(made: Made) -> None:
    truth = json.loads((made.out / "world.jsonl.truth.json").read_bytes())["rings"]
    cycles = [r for r in truth if r["pattern"] == "transfer_cycle"]
    everywhere = next(
        a for a in made.answers.values()
        if a["algorithm"] == "transfer_cycles" and "through" not in a["params"]
    )  # fmt: skip
    found = [set(row["facts"]) for row in everywhere["results"]]
    for ring in cycles:
        assert {f"demo:{fact}" for fact in ring["facts"]} in found
    shared = [r for r in truth if r["pattern"] == "shared_identifiers"]
    phone = next(
        a for a in made.answers.values()
        if a["algorithm"] == "related_parties" and a["params"].get("kinds") == ["uses_phone"]
    )  # fmt: skip
    with Session(made.url) as session:
        view = session.snapshot()
        parties = {view.records(view.resolve(row["party"]))[0] for row in phone["results"]}
    first = phone["params"]["subject"]
    ring = next(r for r in shared if first == f"demo:{r['members'][0]}")
    wanted = {f"demo:{name}" for name in [*ring["members"], *ring["via"]]} - {first}
    assert parties == {name for name in wanted if not name.startswith("demo:ad")}


def test_both_axes_of_time_tell(made: Made) -> None:
    signs = [
        a for a in made.answers.values()
        if a["params"].get("kinds") == ["legal_representative"]
    ]  # fmt: skip
    before, on = signs
    assert before["as_of"] < on["as_of"]
    assert {r["party"] for r in before["results"]} != {r["party"] for r in on["results"]}
    then, now = [
        a for a in made.answers.values()
        if a["algorithm"] == "control" and "target" in a["params"]
    ]  # fmt: skip
    assert then["known_at"] < now["known_at"]
    assert then["snapshot"] != now["snapshot"]
    assert [r["controller"] for r in then["results"]] != [r["controller"] for r in now["results"]]
    assert [r["votes"] for r in then["results"]] == [r["votes"] for r in now["results"]]


def test_the_page_is_well_formed_and_whole(made: Made, page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))
    for ref in page.refs:
        if ref.startswith("#"):
            assert ref[1:] in page.ids, ref
        elif ref.startswith("answers/"):
            assert (made.out / ref).is_file(), ref
        else:
            assert ref in page.ids, ref  # what a picture is labelled by


def test_the_page_refers_to_nothing_outside(made: Made, page: Page) -> None:
    assert not page.tags & {"script", "link", "img", "iframe", "object", "embed", "use", "image"}
    text = made.page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?://|url\(|@import|src=", text)


def test_pictures_say_what_they_show(made: Made) -> None:
    found = pictures(made.page)
    assert len(found) >= 8
    for svg in found:
        title, desc = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
        assert title is not None
        assert desc is not None
        assert title.text
        assert desc.text
        assert svg.get("role") == "img"
        assert svg.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"


def test_no_personal_identifier_is_told(made: Made) -> None:
    raw = {
        form
        for fact in made.world()
        for name, value in fact.get("keys", {}).items()
        if name != "uscc"
        for form in (value, value.removeprefix("+86"))
    }
    assert len(raw) > 700
    told = [made.page, made.said, *(json.dumps(a) for a in made.answers.values())]
    for text in told:
        assert not [value for value in raw if value in text]


def test_each_section_says_what_it_was_asked_of(made: Made, page: Page) -> None:
    for number, answer in enumerate(made.answers.values(), 1):
        begin = made.page.index(f'<section id="q{number}">')
        text = made.page[begin : made.page.index("</section>", begin)]
        for word in (answer["snapshot"], answer["as_of"], answer["known_at"]):
            assert f">{word}<" in text
        count = len(answer["results"])
        assert (f"results: {count}" if count else "no rows") in text


def fractions(row: list[str]) -> list[float]:
    return [float(cell[:-2]) / 100 for cell in row if re.fullmatch(r"[\d.e-]+ %", cell)]


def test_numbers_on_the_page_are_the_answers(made: Made, page: Page) -> None:
    for number, answer in enumerate(made.answers.values(), 1):
        if not answer["results"]:
            continue
        shown = page.by_section[f"q{number}"][0][1:]
        rows = list(answer["results"])
        if "target" in answer["params"]:
            rows.sort(key=lambda r: -(r.get("integrated") or 0))
        assert len(shown) == min(25, len(rows))
        for cells, row in zip(shown, rows, strict=False):
            shares = {
                "share", "direct", "integrated", "votes", "votes_min", "votes_max",
                "integrated_min", "integrated_max", "share_before", "share_after",
            }  # fmt: skip
            numbers = [row[k] for k in row if k in shares and row[k] is not None]
            assert sorted(fractions(cells)) == pytest.approx(sorted(numbers), rel=1e-5)
            if row.get("facts"):
                assert str(row["facts"][0]) in cells[-1]
            if row.get("amount") is not None:
                assert f"{float(row['amount']):,.2f}" in cells


def test_every_fact_shown_has_its_source(made: Made, page: Page) -> None:
    lines = {f"demo:{fact['id']}": fact for fact in made.world()}
    corrected = {
        f"demo:{json.loads(line)['id']}": json.loads(line)
        for line in (made.out / "correction.jsonl").read_bytes().splitlines()
    }
    for number, answer in enumerate(made.answers.values(), 1):
        if not answer["results"]:
            continue
        cited = {fact for row in answer["results"] for fact in row.get("facts", ())}
        if not cited:  # counts alone
            continue
        tables = page.by_section[f"q{number}"]
        if len(tables) == 1:  # the rows that are shown stand on nothing
            assert not any(row.get("facts") for row in answer["results"][: len(tables[0]) - 1])
            continue
        evidence = tables[1][1:]
        assert {row[0] for row in evidence} <= cited
        for row in evidence:
            fact = lines[row[0]]
            record = fact["source"]["record"]
            if (
                row[0] in corrected
                and answer["known_at"] == made.answers["01-related-parties"]["known_at"]
            ):
                fact = corrected[row[0]]
                assert row[-1] == f"demo · correction.jsonl:{fact['source']['record']}"
            else:
                assert row[-1] == f"demo · world.jsonl:{record}"
            if fact.get("share") is not None:
                first = row[3].partition(";")[0]
                assert fractions([first]) == pytest.approx([float(fact["share"])], rel=1e-5)


def test_the_holdings_drawn_are_the_facts(made: Made) -> None:
    share = {f"demo:{f['id']}": f["share"] for f in made.world() if "share" in f}
    begin = made.page.index('<section id="q2">')
    svg = pictures(made.page[begin : made.page.index("</section>", begin)])[0]
    labels = [t.text or "" for t in svg.iter(f"{SVG}text") if t.get("class") == "label"]
    drawn = sorted(float(label[:-2]) for label in labels if label.endswith(" %"))
    lines = [g for g in svg.findall(f"{SVG}g") if g.find(f"{SVG}path") is not None]
    facts = [(g.findtext(f"{SVG}title") or "").split("; ") for g in lines]
    wanted = sorted(100 * sum(map(share.__getitem__, ids)) for ids in facts if ids != [""]
                    and all(i in share for i in ids))  # fmt: skip
    assert len(wanted) > 3
    assert drawn == pytest.approx(wanted, rel=1e-5)


def test_again_it_takes_the_store_that_is_there(made: Made, tmp_path: Path) -> None:
    out = tmp_path / "again"
    shutil.copytree(made.out, out)
    with Session(f"sqlite:///{out / 'demo.db'}") as session:
        name = session.snapshot().name
    code, said = run("--entities", ENTITIES, "--out", out)
    assert code == 0
    receipts = [json.loads(r) for r in re.findall(r"receipt: (\{.*\})", said)]
    assert [r["loaded"] for r in receipts] == [0, 0]
    with Session(f"sqlite:///{out / 'demo.db'}") as session:
        assert session.snapshot().name == name

    assert run("--entities", ENTITIES, "--seed", 5, "--out", out)[0] == 0  # another world
    with Session(f"sqlite:///{out / 'demo.db'}") as session:
        assert session.snapshot().name != name
        assert not session.store.check()


def test_as_json_it_says_what_it_made_and_nothing_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    args = ["demo", "--entities", str(ENTITIES), "--out", str(tmp_path), "--json"]
    assert main(args) == 0
    made = json.loads(capfd.readouterr().out)  # one JSON value, or this raises
    assert (made["entities"], made["seed"]) == (ENTITIES, 0)
    corrected = (tmp_path / "correction.jsonl").read_bytes().splitlines()
    facts = (tmp_path / "world.jsonl").read_bytes().splitlines() + corrected
    assert corrected
    assert made["facts"] == len({json.loads(line)["id"] for line in facts})
    assert Path(made["report"]).read_text(encoding="utf-8").startswith("<!doctype html>")
    with Session(made["store"]) as session:
        assert session.snapshot().name == made["snapshot"]
    files = sorted(str(path) for path in (tmp_path / "answers").iterdir())
    assert [answer["file"] for answer in made["answers"]] == files
    for said in made["answers"]:
        answer = json.loads(Path(said["file"]).read_bytes())
        assert said["rows"] == len(answer["results"])
        shared = ("algorithm", "params", "as_of", "known_at", "truncated")
        assert {name: said[name] for name in shared} == {name: answer[name] for name in shared}
    assert main(args) == 0
    assert json.loads(capfd.readouterr().out) == made


def test_a_store_of_others_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "demo.db").write_bytes(b"mine")
    code, _ = run("--entities", ENTITIES, "--out", tmp_path)
    assert code == 3
    assert "name another --out" in capsys.readouterr().err
    assert (tmp_path / "demo.db").read_bytes() == b"mine"


def test_a_world_too_small_is_wrong_usage(tmp_path: Path) -> None:
    assert run("--entities", 10, "--out", tmp_path)[0] == 2
