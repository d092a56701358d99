"""The rulebook: what ships says what the law says, and every mistake of a file has its place."""

from __future__ import annotations

import pickle
from pathlib import Path
from textwrap import dedent

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import BadFile, LinkriskError, WrongUsage
from graph.model import SHARE_UNIT
from graph.rulebook import BadRulebook, Rulebook, load_editions, load_rulebook, pick, until
from graph.rulebook.changes import changes
from graph.rulebook.load import load_file, shipped
from graph.rulebook.merge import merge
from graph.rulebook.read import Part, read
from graph.rulebook.rules import RELATIONS, Held, Responsible, Share, units
from tests.graph.rulebook_mistakes import MISTAKES

EDITIONS = load_editions([])
MEASURES = [
    "judgment_defaulter_list",
    "consumption_restriction",
    "tax_fraud",
    "telecom_fraud",
    "insurance_fraud",
    "environment",
    "wage_arrears",
    "bid_rigging",
    "food_drug",
    "exam_cheating",
    "securities",
    "government_procurement",
    "quality",
    "work_safety",
]

GOOD = dedent("""\
    edition: test-1
    from: 2020-01-01
    title: {zh: 测试, en: test}
    note: {zh: 测试, en: test}
    documents:
      law:
        zh: 法
        en: law
        status: P
        from: 2010-01-01
    publication:
      - id: serious
        zh: 严重
        en: serious
        at_least: P1Y
        at_most: P3Y
        basis: {document: law}
        status: S
    measures:
      - id: reaching
        domain: d
        zh: 措施
        en: a measure
        basis: [{document: law, article: art. 1}]
        longest: P2Y
        prolonged: {at_least: P1Y, at_most: P3Y}
        limits: {document: law}
        publication: serious
      - id: barred
        domain: d
        zh: 措施
        en: a measure
        basis: no_basis
    rows:
      - id: r1
        measure: reaching
        subject: company
        relation: shareholder
        outcome: extend
        conditions: [{held: act}, {share: {over: "0.5", of: votes}}, {responsible: found}]
        basis: {document: law, article: art. 1}
        status: P
        from: 2010-01-01
        to: 2015-01-01
        longest: P6M
        zh: 规则
        en: a rule
      - id: r2
        measure: reaching
        subject: [company, person]
        relation: shareholder
        outcome: exclude
        basis: {document: law}
        status: S
        from: 2015-01-01
        zh: 规则
        en: a rule
    gates:
      - id: young
        gate: age
        under: 18
        outcome: exclude
        basis: [{document: law, article: art. 4}]
        status: P
        zh: 未成年
        en: minors
    """)
LINES = GOOD.splitlines()


def problems(*texts: str | bytes) -> list[tuple[int, int, str]]:
    """Line, column and reason of every problem of files that are read together."""
    parts, found = [], []
    for number, text in enumerate(texts):
        data = text if isinstance(text, bytes) else text.encode()
        part = read(f"f{number}.yaml", data)
        found += (part.source if isinstance(part, Part) else part).problems
        if isinstance(part, Part):
            parts.append(part)
    found += merge(parts)[1]
    return sorted({(p.line, p.column, p.reason) for p in found})


def line_of(text: str, start: str, occurrence: int = 1) -> int:
    """The number of the nth line that begins so, indentation aside."""
    hits = [n for n, line in enumerate(text.splitlines(), 1) if line.lstrip().startswith(start)]
    return hits[occurrence - 1]


def book(*texts: str) -> Rulebook:
    assert problems(*texts) == []
    parts = [read(f"f{n}", text.encode()) for n, text in enumerate(texts)]
    (made,), _ = merge([part for part in parts if isinstance(part, Part)])
    return made


# What ships.


def test_two_editions_ship_and_the_day_chooses() -> None:
    assert list(EDITIONS) == ["2024-07", "2026-04"]
    assert pick(EDITIONS, None, "2026-03-31").edition == "2024-07"
    assert pick(EDITIONS, None, "2026-04-01").edition == "2026-04"
    assert pick(EDITIONS, None, "1999-01-01").edition == "2024-07"
    assert pick(EDITIONS, "2024-07", "2026-04-01").edition == "2024-07"
    assert load_rulebook(own=[]).edition in EDITIONS
    with pytest.raises(WrongUsage, match="no edition '2024-08'; did you mean 2024-07"):
        pick(EDITIONS, "2024-08")
    with pytest.raises(WrongUsage, match="not a date"):
        pick(EDITIONS, None, "2026-02-30")


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=list(EDITIONS))
def test_what_ships_is_whole(edition: Rulebook) -> None:
    assert {m.id for m in edition.measures} == set(MEASURES)
    for row in edition.rows:
        assert row.zh and row.en and row.status in "PSU" and row.relation in RELATIONS
        assert row.basis is not None
        assert edition.document(row.basis.document).holds(row.start or "")
        if row.outcome == "extend":
            assert row.basis.article
            assert not edition.measure(row.measure).no_basis
    for gate in edition.gates:
        assert gate.outcome != "extend"
        assert all(edition.document(basis.document) for basis in gate.basis)


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=list(EDITIONS))
@pytest.mark.parametrize("day", ["2009-12-31", "2012-01-01", "2018-05-05", "2025-01-01"])
def test_only_the_consumption_restriction_reaches_anybody(edition: Rulebook, day: str) -> None:
    reaching = {m for m in MEASURES for r in edition.rows_for(m, day) if r.outcome == "extend"}
    assert reaching == ({"consumption_restriction"} if day > "2010" else set())
    assert [m.id for m in edition.measures if not m.no_basis] == ["consumption_restriction"]


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=list(EDITIONS))
@pytest.mark.parametrize(
    ("day", "reached", "status"),
    [
        # The text of 2010 names three; the actual controller came on 2015-07-22.
        ("2012-01-01", "directly_responsible legal_representative principal", "P"),
        ("2015-07-21", "directly_responsible legal_representative principal", "P"),
        (
            "2015-07-22",
            "actual_controller directly_responsible legal_representative principal",
            "S",
        ),
        (
            "2026-05-01",
            "actual_controller directly_responsible legal_representative principal",
            "S",
        ),
    ],
)
def test_whom_a_consumption_restriction_reaches(
    edition: Rulebook, day: str, reached: str, status: str
) -> None:
    rows = edition.rows_for("consumption_restriction", day)
    extending = [row for row in rows if row.outcome == "extend"]
    assert sorted(row.relation for row in extending) == reached.split()
    assert {row.status for row in extending} == {status}
    assert {row.subject for row in extending} == {("company",)}
    assert {row.relation for row in rows if row.outcome == "exclude"} == {"shareholder", "relative"}


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=list(EDITIONS))
def test_the_defaulter_list_reaches_nobody(edition: Rulebook) -> None:
    measure = edition.measure("judgment_defaulter_list")
    assert measure.no_basis
    assert measure.longest == "P2Y"
    assert measure.prolonged is not None
    assert (measure.prolonged.at_least, measure.prolonged.at_most) == ("P1Y", "P3Y")
    rows = edition.rows_for("judgment_defaulter_list", "2024-01-01")
    assert {row.outcome for row in rows} == {"exclude"}
    assert {row.relation for row in rows} == {
        "legal_representative", "principal", "directly_responsible", "actual_controller",
        "shareholder", "relative",
    }  # fmt: skip


def test_terms_of_publication_came_in_2026() -> None:
    assert EDITIONS["2024-07"].publication == ()
    spans = {p.id: (p.span.at_least, p.span.at_most) for p in EDITIONS["2026-04"].publication}
    assert spans == {"minor": (None, "P3M"), "general": ("P3M", "P1Y"), "serious": ("P1Y", "P3Y")}
    assert EDITIONS["2026-04"].document("credit-repair-2026").start == "2026-04-01"


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=list(EDITIONS))
def test_the_gates_of_the_law(edition: Rulebook) -> None:
    assert (edition.gate("under-18").under, edition.gate("under-18").outcome) == (18, "exclude")
    assert edition.gate("under-14").under == 14
    assert edition.gate("unknown-age").outcome == "review"
    assert edition.gate("name-match").outcome == "review"
    assert edition.gate("state-control").relations == ("sibling",)
    assert edition.gate("state-control").basis[0].document == "company-law-2023"
    assert edition.gate("leads").relations == ("lead",)
    assert edition.gate("guardian").relations == ("guardian",)


# Looking things up.


def test_a_row_holds_from_its_day_until_the_day_before_its_end() -> None:
    made = book(GOOD)
    assert [r.id for r in made.rows_for("reaching", "2009-12-31")] == []
    assert [r.id for r in made.rows_for("reaching", "2010-01-01")] == ["r1"]
    assert [r.id for r in made.rows_for("reaching", "2014-12-31")] == ["r1"]
    assert [r.id for r in made.rows_for("reaching", "2015-01-01")] == ["r2"]
    assert made.rows_for("barred", "2015-01-01") == ()
    assert made.row("r1").conditions == (Held(), Share(of="votes", over="0.5"), Responsible())
    with pytest.raises(WrongUsage, match="no measure 'reachin'; did you mean reaching"):
        made.rows_for("reachin", "2015-01-01")
    with pytest.raises(WrongUsage, match="not a date: '20150101'"):
        made.rows_for("reaching", "20150101")
    with pytest.raises(WrongUsage, match="no row 'r3'"):
        made.row("r3")


def test_a_share_is_compared_exactly() -> None:
    half = SHARE_UNIT // 2
    assert units("0.5") == half
    assert units("0.000000000000001") == 1
    assert units("1") == SHARE_UNIT
    assert not Share(of="votes", over="0.5").met(half)
    assert Share(of="votes", over="0.5").met(half + 1)
    assert Share(of="votes", at_least="0.5").met(half)
    assert not Share(of="votes", at_least="0.5").met(half - 1)
    assert Share(of="votes", over="0").met(1)
    assert not Share(of="votes", over="0").met(0)


def test_the_version_is_of_what_is_said() -> None:
    made = book(GOOD)
    assert made.version.startswith("test-1+sha256:")
    respelled = GOOD.replace("zh: 法\n", 'zh: "法"  # a comment\n')
    assert book(respelled).version == made.version
    assert book(GOOD.replace("P6M", "P7M")).version != made.version
    layer = "layer: own\ndocuments: {other: {zh: 他, en: other, status: U}}\n"
    assert book(GOOD, layer).version != made.version
    assert msgspec.json.decode(msgspec.json.encode(made), type=Rulebook).version == made.version


@pytest.mark.parametrize(
    ("day", "duration", "end"),
    [
        ("2022-01-05", "P2Y", "2024-01-05"),
        ("2024-02-29", "P1Y", "2025-02-28"),
        ("2023-01-31", "P1M", "2023-02-28"),
        ("2023-11-30", "P3M", "2024-02-29"),
        ("2023-12-15", "P1Y6M10D", "2025-06-25"),
        ("2024-02-28", "P2D", "2024-03-01"),
        ("9998-05-01", "P2Y", "9999-12-31"),
        ("9999-12-30", "P30D", "9999-12-31"),
    ],
)
def test_a_term_ends_on_the_same_day_of_the_month(day: str, duration: str, end: str) -> None:
    assert until(day, duration) == end


@pytest.mark.parametrize(
    ("day", "duration"),
    [("2022-02-30", "P1Y"), ("x", "P1Y"), ("2022-01-01", "P0D"), ("2022-01-01", "1 year")],
)
def test_a_term_that_is_none(day: str, duration: str) -> None:
    with pytest.raises(WrongUsage, match="not a d"):
        until(day, duration)


def test_another_edition_changes_no_version(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(GOOD, "utf-8")
    both = load_editions([path])
    assert list(both) == ["test-1", "2024-07", "2026-04"]
    assert both["2026-04"].version == EDITIONS["2026-04"].version


# A deployment's own files.

LAYER = dedent("""\
    layer: own
    documents:
      ours: {zh: 条例, en: ours, status: U, from: 2020-01-01}
    measures:
      - id: wage_arrears
        replaces: wage_arrears
        domain: wages
        zh: 欠薪
        en: wages
        basis: [{document: ours, article: "1"}]
    rows:
      - id: ours-1
        measure: wage_arrears
        subject: company
        relation: principal
        outcome: extend
        basis: {document: ours, article: "1"}
        status: U
        from: 2020-01-01
        zh: 规则
        en: rule
    """)


def test_a_layer_adds_and_replaces_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.yaml").write_text(LAYER, "utf-8")
    (tmp_path / "notes.txt").write_text("not a rulebook", "utf-8")
    monkeypatch.setenv("LINKRISK_RULEBOOK", str(tmp_path))
    made = load_rulebook("2026-04")
    assert made.layers == ("own",)
    assert [r.id for r in made.rows_for("wage_arrears", "2021-01-01")] == ["ours-1"]
    assert made.version != EDITIONS["2026-04"].version
    assert load_file(tmp_path / "own.yaml") == made
    monkeypatch.delenv("LINKRISK_RULEBOOK")
    assert load_rulebook("2026-04").version == EDITIONS["2026-04"].version
    assert load_rulebook("2026-04").rows_for("wage_arrears", "2021-01-01") == ()


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(LAYER, "utf-8")
    before = load_rulebook("2026-04", own=[path]).version
    path.write_text(LAYER.replace("zh: 规则", "zh: 新规则"), "utf-8")
    assert load_rulebook("2026-04", own=[path]).version != before


def test_a_layer_may_be_for_one_edition(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("editions: 2024-07\n" + LAYER, "utf-8")
    made = load_editions([path])
    assert (made["2024-07"].layers, made["2026-04"].layers) == (("own",), ())
    assert load_file(path) == made["2024-07"]


def test_a_row_is_replaced_by_name() -> None:
    row = LINES[line_of(GOOD, "- id: r1") - 1 : line_of(GOOD, "- id: r2") - 1]
    layer = "layer: own\nrows:\n" + "\n".join(row) + "\n"
    here = line_of(layer, "- id: r1")
    assert problems(GOOD, layer) == [
        (here, 9, "id 'r1' is also in f0.yaml; `replaces: r1` would put this in its place")
    ]
    named = layer.replace("    measure:", "    replaces: r1\n    measure:").replace("P6M", "P9M")
    assert book(GOOD, named).row("r1").longest == "P9M"
    assert len(book(GOOD, named).rows) == 2
    nothing = named.replace("replaces: r1", "replaces: r9")
    assert (here + 1, 15, "there is nothing to replace: 'r9'") in problems(GOOD, nothing)


@pytest.mark.parametrize(
    ("path", "said"), [("missing.yaml", "No such file"), (".", "no \\*.yaml file is in")]
)
def test_a_setting_that_names_nothing(
    path: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKRISK_RULEBOOK", str(tmp_path / path))
    with pytest.raises(BadFile, match=said):
        load_rulebook()


# Mistakes: what is put in place of what, and where each is shown.


@pytest.mark.parametrize(("old", "new", "at", "column", "said"), MISTAKES)
def test_a_mistake_is_shown_where_it_is(
    old: str, new: str, at: str, column: int, said: str
) -> None:
    indented = old in GOOD
    assert indented or old.lstrip() in GOOD, "the mistake must change the file"
    if not indented:
        old, new = old.lstrip(), new.lstrip()
    text = GOOD.replace(old, new, 1)
    found = problems(text)
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line.lstrip().startswith(at)]
    assert len(found) == 1, found
    assert any((n, column, said) in found for n in lines), found


def test_a_wrong_key_is_wrong_and_lacking() -> None:
    text = GOOD.replace("outcome: extend", "outcom: extend")
    assert problems(text) == [
        (line_of(text, "- id: r1"), 5, "row 'r1' needs outcome:"),
        (line_of(text, "outcom:"), 5, "row 'r1': unknown key 'outcom'; did you mean outcome?"),
    ]
    found = problems(GOOD.replace("  law:", "  Law:"))
    assert found[0] == (6, 3, "document 'Law' must be of a-z, 0-9, _, . and -, at most 64")
    assert {reason for _, _, reason in found[1:]} == {"unknown document 'law'; did you mean Law?"}


def test_mistakes_of_the_whole_file() -> None:
    assert problems(b"") == [(1, 1, "a rulebook is a YAML mapping (key: value)")]
    assert problems("- a\n") == [(1, 1, "a rulebook is a YAML mapping (key: value)")]
    assert problems(b"edition: x\nnote: \xff\n") == [(2, 7, "not UTF-8 text (invalid start byte)")]
    assert problems("edition: 测试".encode("gb18030"))[0][:2] == (1, 10)
    assert problems(b"#" * (256 * 1024 + 1)) == [(1, 1, "larger than 256 KiB")]
    assert problems(GOOD + "---\na: b\n")[0][0] == len(LINES) + 1
    bomb = "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    assert problems(bomb)[0][:2] == (1, 4)
    assert problems(GOOD.replace("\n", "\r\n")) == []
    old_mac = GOOD.replace("outcome: extend", "outcome: x").replace("\n", "\r")
    assert problems(old_mac)[0][0] == line_of(GOOD, "outcome: extend")
    other = GOOD.replace("zh: 规则", "zh: 规\u2028则", 1)
    assert problems(other) == [(line_of(GOOD, "zh: 规则"), 10, "a line break of another kind")]
    assert problems(b"\xef\xbb\xbf" + GOOD.encode()) == []


def test_every_mistake_of_a_file_is_listed() -> None:
    text = GOOD.replace("outcome: extend", "outcome: x").replace("domain: d", "domain: D", 1)
    text = text.replace("longest: P2Y", "longest: 2").replace("to: 2015-01-01", "to: 2009-01-01")
    found = [(line, reason.split()[0]) for line, _, reason in problems(text)]
    assert found == [
        (line_of(text, "domain: D"), "domain"),
        (line_of(text, "longest: 2"), "longest"),
        (line_of(text, "outcome: x"), "unknown"),
        (line_of(text, "to: 2009"), "to"),
    ]


def test_mistakes_that_show_when_files_meet() -> None:
    assert problems(GOOD, GOOD)[0] == (1, 10, "edition 'test-1' is also that of f0.yaml")
    layer = "layer: own\neditions: [test-2]\n"
    assert problems(GOOD, layer) == [
        (2, 11, "no edition 'test-2'; did you mean test-1?"),
    ]
    document = "layer: own\ndocuments:\n  law: {zh: 法, en: law, status: P}\n"
    assert problems(GOOD, document) == [(3, 8, "document 'law' is also in f0.yaml")]
    gates = "layer: own\ngates: []\n"
    assert problems(GOOD, gates) == [
        (2, 1, "a layer: unknown key 'gates'; did you mean rows?")
    ] or (problems(GOOD, gates)[0][:2] == (2, 1))


def test_rows_of_other_subjects_do_not_meet() -> None:
    text = GOOD.replace("subject: [company, person]", "subject: person")
    text = text.replace("to: 2015-01-01", "to: 2016-01-01")
    assert problems(text) == []
    assert len(problems(GOOD.replace("to: 2015-01-01", "to: 2016-01-01"))) == 1


def test_the_error_names_the_files_and_travels(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(LAYER.replace("relation: principal", "relation: boss"), "utf-8")
    with pytest.raises(BadRulebook) as caught:
        load_rulebook(own=[path])
    assert str(caught.value).startswith(f"{path}:15:")
    assert caught.value.exit_code == 3
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(path), 15)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.problems, str(again)) == (caught.value.problems, str(caught.value))


# Whatever a file holds, it is read or its mistakes are listed.


def whole(data: bytes) -> None:
    """It is a rulebook that can be used, or every problem has a place within the file."""
    part = read("x.yaml", data)
    source = part.source if isinstance(part, Part) else part
    books, _ = merge([part] if isinstance(part, Part) else [])
    if source.problems:
        lines = data.count(b"\n") + 2
        assert all(1 <= p.line <= lines and p.column >= 1 and p.reason for p in source.problems)
        assert str(BadRulebook(source.problems)).startswith("x.yaml:")
    elif books:
        assert books[0].version
        assert msgspec.json.decode(msgspec.json.encode(books[0]), type=Rulebook) == books[0]
    else:
        assert isinstance(part, Part) and part.layer


_PIECES = st.sampled_from(
    [b"", b"\t", b"\xff", b": ", b"- ", b"[", b"}", b"&a ", b"*a", b"<<: ", b"!!int ", b"null",
     b"~", b"\n", b"'", b'"\\ud800"', b"? ", b"%YAML 9.9\n", b"---\n", b"2015-01-01", b"1e9", b"|",
     b"  "]
)  # fmt: skip


_EDITS = st.lists(
    st.tuples(st.integers(0, len(GOOD.encode())), st.integers(0, 30), _PIECES),
    min_size=1,
    max_size=4,
)


def mutated(edits: list[tuple[int, int, bytes]]) -> bytes:
    data = GOOD.encode()
    for at, cut, piece in edits:
        data = data[:at] + piece + data[at + cut :]
    return data


@settings(max_examples=150, deadline=None)
@given(_EDITS)
def test_a_mutated_file_is_read_or_refused(edits: list[tuple[int, int, bytes]]) -> None:
    whole(mutated(edits))


@pytest.mark.full
@settings(max_examples=10_000, deadline=None)
@given(_EDITS)
def test_many_mutated_files(edits: list[tuple[int, int, bytes]]) -> None:
    whole(mutated(edits))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_values_that_change_places_are_read_or_refused(data: st.DataObject) -> None:
    """Lines swapped, dropped or doubled keep the file YAML more often than single bytes do."""
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        one, other = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        how = data.draw(st.sampled_from(["swap", "drop", "double", "value"]))
        if how == "swap":
            lines[one], lines[other] = lines[other], lines[one]
        elif how == "double":
            lines.insert(other, lines[one])
        elif how == "drop" and len(lines) > 1:
            del lines[one]
        else:
            lines[one] = lines[one].partition(":")[0] + ":" + lines[other].partition(":")[2]
    whole("\n".join(lines).encode())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    found = read("x.yaml", data)
    assert (found.source if isinstance(found, Part) else found).problems
    whole(data)


# What differs.


def test_changes_are_shown_field_by_field() -> None:
    later = GOOD.replace("test-1", "test-2").replace("P6M", "P9M").replace("- id: r2", "- id: r3")
    found = changes(book(GOOD), book(later))
    assert [f["field"] for f in found["head"]] == ["edition"]
    assert [row["id"] for row in found["rows"]["added"]] == ["r3"]
    assert [row["id"] for row in found["rows"]["removed"]] == ["r2"]
    assert found["rows"]["changed"] == [
        {"id": "r1", "fields": [{"field": "longest", "old": "P6M", "new": "P9M"}]}
    ]
    same = changes(book(GOOD), book(GOOD))
    assert same["head"] == []
    assert not any(
        same[s][c] for s in ("rows", "measures") for c in ("added", "removed", "changed")
    )


def test_files_are_loaded_for_comparison(tmp_path: Path) -> None:
    path = tmp_path / "copy.yaml"
    path.write_bytes(shipped()[0].read_bytes())
    assert load_file(path) == EDITIONS["2024-07"]
    path.write_text("edition: x\n", "utf-8")
    with pytest.raises(LinkriskError, match="an edition needs title"):
        load_file(path)
    path.write_text("editions: [old]\n" + LAYER, "utf-8")
    with pytest.raises(BadFile, match="no edition 'old'"):
        load_file(path)
