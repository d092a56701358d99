"""The files for `neo4j-admin database import`: what they make is what loading over Bolt makes."""

from __future__ import annotations

import csv
import errno
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest

from api.cli import main
from graph.errors import Conflict, InputError, LinkriskError, StoreFull
from graph.facts import Normaliser
from graph.ledger import GENESIS, Draft
from graph.model import ENTITIES, RELATIONS
from graph.seal import Seal
from graph.snapshot import open_snapshot
from graph.store import Store, Written, open_store
from graph.stores.copying import Copying, copy
from graph.stores.neo4j import csv_beside, csv_export
from graph.stores.neo4j.csv_export import export
from graph.stores.neo4j.csv_files import Files
from graph.stores.neo4j.csv_tables import tables
from tests.neo4j_server.jars import Unavailable, asked_release, distribution
from tests.neo4j_server.plugin import missing
from tests.neo4j_server.served import Served
from tests.neo4j_server.server import QUICK, Server
from tests.stores.contract import company, listing, person, share

Fact = dict[str, Any]

USCC = "91330122383902756F"
RESIDENT = "11010519491231002X"
MOBILE = "13800138000"
TEXTS = [
    'a,"b";c', "back\\slash", '\\"', "line\nend", "\r\n", "cr\rx", "tab\t", "  spaces ", "'",
    "中文；，", "\U0001f600", "#x", "null", '""', "\u2028\u0085", "-",
]  # fmt: skip
OTHER = 'e, "other"; 数据'  # a dataset
SEALED = {"sealed", "sealedId"}
OWN = {"uuid", "attempt", "indexed", "writes"}  # of one database and no other


def related(kind: str, ident: str, start: str, end: str, **more: Any) -> Fact:
    """A relation, with what its kind needs."""
    at = {"at": "2024-05-06T07:08:09.123456+08:00"} if RELATIONS[kind].event else {}
    return {"kind": kind, "id": ident, "from": start, "to": end, **at, **more}


def of_every_kind() -> Iterator[Fact]:
    """Two entities of every kind, and a relation of every kind with all its fields."""
    keys = {"company": USCC, "person": RESIDENT, "account": "6222020200112233", "phone": MOBILE}
    for kind, model in ENTITIES.items():
        found = {"keys": dict.fromkeys(model.keys, keys[kind])} if model.keys else {}
        yield {"kind": kind, "id": f"{kind}1", "name": f"名 {kind}", **found}
        yield {"kind": kind, "id": f"{kind}2", "text": "", "attrs": {"phone": MOBILE, "n": 1.5}}
    said = {"text": '文,"本"', "share": "0.333333333333333333", "money": "12.30", "number": 7}
    for kind, model in RELATIONS.items():
        start, end = model.sources[0], model.targets[0]
        fields = {f: said[sort] for f, sort in model.fields.items() if sort != "time"}
        if "currency" in fields:
            fields["currency"] = "USD"
        fields |= {"share_min": "0.1", "share_max": "1e-1"} if kind == "shareholder" else {}
        yield related(kind, f"{kind}-1", f"{start}1", f"{end}2", **fields)
        yield related(kind, f"{kind}-2", f"{start}2", f"{end}1", attrs={"note": f"call {MOBILE}"})


def texts_everywhere() -> Iterator[Fact]:
    """Texts that a file of commas may take for something else, wherever a text can be."""
    for place, text in enumerate(TEXTS):
        source = {"file": text, "record": text, "version": "" if place % 2 else text}
        yield company(text, name=text, source=source)
        yield person(f"p{text}", name=text, keys={"resident_id": text or "x"})
        yield listing(f"l{text}", text, authority=text, basis="", until="2030-01-01")
        yield related("officer", f"o{text}", f"p{text}", text, role=text if place % 3 else "")
    yield company("nul", name="a\x00b")
    yield company(f"no {RESIDENT} yes", name=f"he is {MOBILE}")
    yield person(MOBILE, keys={"resident_id": RESIDENT})
    yield listing(f"l {MOBILE}", MOBILE, basis=f"calls {MOBILE}")
    yield related("officer", f"o {MOBILE}", MOBILE, f"no {RESIDENT} yes", role=f"tel {MOBILE}")


HISTORY: list[tuple[str, list[Fact], dict[str, Any]]] = [
    ("d", list(of_every_kind()), {"file": ("a.jsonl", "11")}),
    (OTHER, list(texts_everywhere()), {"file": ('b,"ü\n.jsonl', "22"), "settled": False}),
    ("d", [
        company("old", valid_from="0001-01-01", valid_to="9999-12-30"),
        company("odd", valid_from="1969-12-31T23:59:59.999999", keys={"uscc": "123"}),
        person("twin", keys={"resident_id": RESIDENT}),
        related("transfer", "large", "account1", "account2", amount="46116860184273879.03"),
        related("transfer", "small", "account1", "account2", amount="-0.01"),
        related("call", "long", "phone1", "phone2", duration=2**62 - 1),
        share("whole", "person1", "company1", "1", votes="1e-20"),
        company(RESIDENT), company("gone"), company("back"),
        company("never"), {"kind": "retract", "id": "never"},
        related("same_as", "j1", "company1", "company2", score="0.5", by="x"),
        listing("l1", "company1", decided_on="2020-01-01", status="open"),
    ], {}),
    ("d", [  # corrections
        company("company1", name="新名", keys={}), person("person1", name="改"),
        person("person2", keys={"resident_id": RESIDENT}, attrs={"identifiers": [{"id": "P123"}]}),
        company("odd", keys={"uscc": "1234"}), share("whole", "person1", "company1", "0.25"),
        listing("l1", "company1", status="closed"),
        {"kind": "close", "id": "old", "valid_to": "2021-01-01T00:00:00.000001"},
    ], {"file": ("a.jsonl", "33")}),
    ("d", [company("company1", name="再"), {"kind": "retract", "id": "gone"},
           {"kind": "retract", "id": "back"}, {"kind": "retract", "id": "j1"},
           {"kind": "retract", "id": "l1"}, {"kind": "retract", "id": "call-1"}], {}),
    ("third", [company("only"), related("branch", "b", "only", "d:company2")], {}),
    ("d", [company("back", name="again"), company("company2", name="二")], {}),
    ("d", [company("undone"), company("company2", name="三"), {"kind": "retract", "id": "large"},
           related("branch", "undone-b", "undone", "company1")], {"file": ("a.jsonl", "11")}),
]  # fmt: skip
LATER: list[Fact] = [
    company("company1", name="later"), company("line\nend2"), person("twin", name="双"),
    {"kind": "retract", "id": "odd"}, share("whole", "person1", "company1", "0.75"),
    related("officer", "new", "person1", "company2"),
]  # fmt: skip


def write(store: Store, batch: str, facts: list[Fact], dataset: str, **options: Any) -> Written:
    """Record native facts as a batch, at a moment that hangs on nothing but the batches before."""
    normaliser = Normaliser(dataset, store.id_key)
    rows = [normaliser.row(fact, line) for line, fact in enumerate(facts, 1)]
    moment = 1_700_000_000_000_001 + 3_600_000_000 * store.last_batch()
    return store.write(batch, rows, recorded_at=moment, **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of this module's; keys are kept where those of each test are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LINKRISK_KEYS", str(tmp_path_factory.getbasetemp() / "keys"))
        for name in ("LINKRISK_ID_KEY", "LINKRISK_NEO4J_PLAIN"):
            patch.delenv(name, raising=False)
        yield tmp_path_factory.mktemp("csv")


@pytest.fixture(scope="module")
def source(folder: Path) -> Iterator[Copying]:
    """An embedded store with everything that can be in one."""
    store = open_store(f"sqlite:///{folder}/source.db", create=True)
    for number, (dataset, facts, options) in enumerate(HISTORY):
        written = write(store, f"b{number}", facts, dataset, **options)
        assert not written.rejected, (number, written.rejected)
    store.undo(f"b{len(HISTORY) - 1}")
    shown = [text for text in TEXTS if text.isprintable()]
    store.append([Draft(text, text, text, {text: TEXTS}) for text in shown], key='a,"key"')
    store.append([Draft("张三", "decision.approved", "D-1")])
    yield cast(Copying, store)
    store.close()


class Graph(NamedTuple):
    """All nodes and relationships of a database, as often as they are there."""

    nodes: Counter[Any]
    relationships: Counter[Any]


_VALUES = (  # with the types that the database has them as
    "[k IN keys({0}) | [k, valueType({0}[k]), CASE WHEN valueType({0}[k]) STARTS WITH 'ZONED'"
    " THEN toString({0}[k]) ELSE {0}[k] END]]"
)
_NODE = "[labels({0}), coalesce({0}.first, {0}.seq, {0}.no, {0}.id)]"


def graph_of(server: Served, key: bytes) -> Graph:
    """What a database holds, what is sealed unsealed."""
    seal = Seal(key)

    def plain(values: list[list[Any]]) -> Any:
        return tuple(sorted(
            (name, kind, seal.open(value) if name in SEALED else str(value))
            for name, kind, value in values if name not in OWN
        ))  # fmt: skip

    def asked(query: str) -> list[Any]:
        return [row.values() for row in server.driver.execute_query(query).records]

    nodes = asked(f"MATCH (n) RETURN labels(n), {_VALUES.format('n')}")
    ends = f"{_NODE.format('a')}, {_NODE.format('b')}"
    relationships = asked(f"MATCH (a)-[r]->(b) RETURN type(r), {ends}, {_VALUES.format('r')}")
    return Graph(
        Counter((tuple(sorted(labels)), plain(values)) for labels, values in nodes),
        Counter(
            (kind, *((*sorted(labels), number) for labels, number in ends), plain(values))
            for kind, *ends, values in relationships
        ),
    )


class Loaded(NamedTuple):
    """What loading the source over Bolt made, and what exporting that wrote."""

    graph: Graph
    exported: Path


@pytest.fixture(scope="module")
def loaded(folder: Path, source: Copying, neo4j_server: Served) -> Loaded:
    """The source, copied over Bolt."""
    neo4j_server.clean(keep_schema=True)
    opened = open_store(neo4j_server.uri, create=True, id_key=source.id_key)
    with closing(opened) as target:
        copy(source, cast(Copying, target))
        graph = graph_of(neo4j_server, source.id_key)
        export(cast(Copying, target), folder / "from neo4j")
    return Loaded(graph, folder / "from neo4j")


@pytest.fixture(scope="module")
def exported(folder: Path, source: Copying) -> Path:
    """The source as files, written by three processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_export, "_SHARE", 1)
        patch.setattr(csv_export, "processors", lambda: 3)
        export(source, folder / "exported")
    return folder / "exported"


@pytest.fixture(scope="module")
def imported(exported: Path) -> Iterator[Server]:
    """A server on what the files were made into. Its home is their folder: the import is started
    where the files are, by the names that the arguments give."""
    try:
        server = Server(distribution(asked_release()), exported, java_options=QUICK)
    except Unavailable as reason:
        missing(str(reason))
    try:
        server.admin(*csv_export.COMMAND.split()[1:])
        server.start()
        yield server
    finally:
        server.close()


@pytest.mark.slow
def test_what_is_imported_is_what_loading_makes(
    source: Copying, loaded: Loaded, imported: Server
) -> None:
    with closing(open_store(imported.uri)) as store:  # the first opening
        assert store.check() == []
        assert list(store.facts()) == list(source.facts())
        assert store.batches() == source.batches()
        assert list(store.ledger()) == list(source.ledger())
        assert store.ledger_head() == source.ledger_head() != GENESIS
        assert open_snapshot(store).name == open_snapshot(source).name
    found = graph_of(imported, source.id_key)
    assert found.nodes == loaded.graph.nodes
    assert found.relationships == loaded.graph.relationships
    assert {kind for kind, *_ in found.relationships} >= {
        table.name for table in tables().values() if table.joins
    }, "every type was there to be compared"


@pytest.mark.slow
def test_what_is_loaded_over_bolt_goes_on(source: Copying, imported: Server) -> None:
    with closing(open_store(imported.uri)) as store:
        before = store.last_batch()
        for target in (store, source):
            assert write(target, "later", LATER, "d").loaded == len(LATER)
        assert store.batches()[-1] == source.batches()[-1]
        assert store.batches()[-1].no == before + 1
        assert list(store.facts()) == list(source.facts())
        store.undo("later")
        assert store.check() == []


def rows_of(folder: Path, key: bytes) -> dict[str, Counter[Any]]:
    """The rows of every table, what is sealed unsealed, what is nobody else's left out."""
    seal = Seal(key)
    found: dict[str, Counter[Any]] = {}
    for table in tables().values():
        columns = [*table.ids, *table.sorts]
        for path in folder.glob(f"{table.stem}.[0-9]*.csv"):
            with path.open(newline="", encoding="utf-8") as file:
                for row in csv.reader(file):
                    said = zip(columns, row, strict=True)
                    kept = tuple(
                        (name, seal.open(text) if text and name in SEALED else text)
                        for name, text in said if name not in OWN
                    )  # fmt: skip
                    found.setdefault(table.name, Counter())[kept] += 1
    return found


@pytest.mark.slow
def test_any_store_and_any_number_of_processes_write_the_same(
    source: Copying, exported: Path, loaded: Loaded
) -> None:
    one = rows_of(exported, source.id_key)
    assert {path.name for path in exported.glob("record.*")} >= {"record.0.csv", "record.2.csv"}
    assert {path.name for path in loaded.exported.glob("record.[0-9].csv")} == {"record.0.csv"}
    assert rows_of(loaded.exported, source.id_key) == one


def test_nothing_shows_who_somebody_is(exported: Path, source: Copying) -> None:
    written = [path.read_bytes() for path in sorted(exported.iterdir()) if path.is_file()]
    assert len(written) > 60
    for said in (RESIDENT, MOBILE, "6222020200112233", "P123", source.id_key.hex()):
        assert not any(said.encode() in content for content in written), said
    assert any(USCC.encode() in content for content in written)


def test_plain_identifiers_where_they_are_asked_for(
    source: Copying, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKRISK_NEO4J_PLAIN", "1")
    export(source, tmp_path / "plain")
    people = (tmp_path / "plain" / "subject-person.0.csv").read_text("utf-8")
    assert RESIDENT in people
    assert "true" in (tmp_path / "plain" / "linkriskstore.1.csv").read_text("utf-8")


def test_the_key_is_where_keys_are_kept(
    source: Copying, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = export(source, tmp_path / "one").key
    assert key is not None
    assert bytes.fromhex(key.read_text()) == source.id_key
    kept = set(key.parent.iterdir())
    monkeypatch.setenv("LINKRISK_ID_KEY", "another one")
    with pytest.raises(InputError, match="LINKRISK_ID_KEY"):
        export(source, tmp_path / "two")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one"]
    assert set(key.parent.iterdir()) == kept


def test_an_empty_store(tmp_path: Path) -> None:
    with closing(open_store(f"sqlite:///{tmp_path}/empty.db", create=True)) as store:
        done = export(cast(Copying, store), tmp_path / "out")
    assert (done.facts, done.nodes, done.relationships) == (0, 2, 0)
    arguments = (tmp_path / "out" / "import.args").read_text("utf-8").splitlines()
    assert arguments[-2] == "--nodes=LedgerHead=./ledgerhead.header.csv,./ledgerhead.1.csv"
    assert arguments[-1] == "--nodes=LinkriskStore=./linkriskstore.header.csv,./linkriskstore.1.csv"


def test_a_folder_is_written_whole_or_not_at_all(
    source: Copying, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("")
    with pytest.raises(Conflict, match="not empty"):
        export(source, tmp_path / "full")
    (tmp_path / "empty").mkdir()
    assert export(source, tmp_path / "empty").files == len(list((tmp_path / "empty").iterdir()))
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot be written"):
        export(source, tmp_path / "file")

    def no_room(files: Files, name: str, raw: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Files, "_append", no_room)
    with pytest.raises(StoreFull, match="no room for the export"):
        export(source, tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "full"]


def test_a_process_that_dies_ends_the_export(
    source: Copying, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(_module: str, **pipes: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", "pass"], **pipes)

    monkeypatch.setattr(csv_export, "_SHARE", 1)
    monkeypatch.setattr(csv_export, "processors", lambda: 2)
    monkeypatch.setattr(csv_beside, "start_module", dies)
    with pytest.raises(LinkriskError, match="ended before its work was done"):
        export(source, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


# -- the command --------------------------------------------------------------------------------


@pytest.fixture
def run(source: Copying, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run `export` on the source: exit code, standard output and error."""

    def ran(*arguments: str) -> tuple[int, str, str]:
        code = main(["--store", source.url, "export", *arguments])
        return code, *capfd.readouterr()

    return ran


def test_the_command_says_what_comes_next(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, out, err = run("--format", "neo4j-csv", "--out", str(tmp_path / "a"))
    assert (code, err) == (0, "")
    assert f"cd {tmp_path / 'a'}\n" in out
    assert "neo4j-admin database import full neo4j @import.args" in out
    code, out, err = run("--format", "neo4j-csv", "--out", str(tmp_path / "b"), "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["folder"] == str(tmp_path / "b")
    assert told["bytes"] == sum(path.stat().st_size for path in (tmp_path / "b").iterdir())
    assert Path(told["key"]).is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--format", "neo4j-csv"],
        ["--format", "neo4j-csv", "--out", "x", "--masked"],
        ["--format", "neo4j-csv", "--out", "x", "--known-at", "2024-01-01T00:00:00+08:00"],
    ],
)
def test_options_that_make_no_sense_together(
    arguments: list[str],
    run: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "neo4j-csv" in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "x").exists()
