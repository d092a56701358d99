"""The server that the Neo4j tests run against, and how it is chosen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import neo4j
import pytest

from tests.neo4j_server import choice, plugin
from tests.neo4j_server.jars import Release, Unavailable, asked_release, distribution
from tests.neo4j_server.jdk import find_java
from tests.neo4j_server.served import CannotBeDone, Given, Served
from tests.neo4j_server.server import QUICK, NotStarted, Server, free_port

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def local(neo4j_server: Served) -> Iterator[Server]:
    """A second server with a folder of its own, not started."""
    if not isinstance(neo4j_server, Server):
        pytest.skip(f"from jars alone, and this is {neo4j_server.words}")
    server = Server(neo4j_server.distribution, java_options=QUICK)
    yield server
    server.close()


def count(server: Served, label: str) -> int:
    found = server.driver.execute_query(
        "MATCH (n) WHERE $label IN labels(n) RETURN count(n) AS number", label=label
    )
    return int(found.records[0]["number"])


def test_data_outlive_a_restart_and_a_kill(neo4j_server: Served) -> None:
    neo4j_server.clean()
    neo4j_server.driver.execute_query("CREATE (:Kept)")
    uri = neo4j_server.uri
    try:
        neo4j_server.restart()
    except CannotBeDone as given:
        pytest.skip(str(given))
    assert count(neo4j_server, "Kept") == 1
    neo4j_server.driver.execute_query("CREATE (:Kept)")
    neo4j_server.kill()
    neo4j_server.start()
    assert (count(neo4j_server, "Kept"), neo4j_server.uri) == (2, uri)
    neo4j_server.clean()
    assert count(neo4j_server, "Kept") == 0


def test_cleaning_takes_the_schema_unless_it_is_kept(neo4j_server: Served) -> None:
    def schema() -> set[str]:
        rows = neo4j_server.driver.execute_query(
            "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"
        )
        return {row["name"] for row in rows.records}

    neo4j_server.clean()
    assert schema() == set()
    neo4j_server.driver.execute_query("CREATE CONSTRAINT one FOR (n:A) REQUIRE n.id IS UNIQUE")
    neo4j_server.driver.execute_query("CREATE INDEX two FOR (n:A) ON (n.name)")
    neo4j_server.driver.execute_query("CREATE (:A {id: 1})-[:R]->(:A {id: 2})")
    neo4j_server.clean(keep_schema=True)
    assert (count(neo4j_server, "A"), schema()) == (0, {"one", "two"})
    neo4j_server.clean()
    assert schema() == set()


def test_it_says_what_it_is(neo4j_server: Served) -> None:
    assert neo4j_server.version in neo4j_server.words
    assert neo4j_server.edition.capitalize() in neo4j_server.words


def test_an_imported_database_is_served(local: Server, tmp_path: Path) -> None:
    nodes, edges = tmp_path / "nodes.csv", tmp_path / "edges.csv"
    nodes.write_text("id:ID,name,:LABEL\n" + "".join(f"{n},甲{n},Company\n" for n in range(5)))
    edges.write_text(":START_ID,:END_ID,share:double,:TYPE\n0,1,0.51,HOLDS\n1,2,0.25,HOLDS\n")
    local.admin_import(f"--nodes={nodes}", f"--relationships={edges}")
    local.start()
    found = local.driver.execute_query(
        "MATCH (n:Company) OPTIONAL MATCH (n)-[r:HOLDS]->() "
        "RETURN n.name AS name, r.share AS share ORDER BY name"
    )
    assert [tuple(row) for row in found.records] == [
        ("甲0", 0.51), ("甲1", 0.25), ("甲2", None), ("甲3", None), ("甲4", None),
    ]  # fmt: skip


def test_a_failed_import_says_why(local: Server) -> None:
    with pytest.raises(RuntimeError, match=r"nowhere\.csv"):
        local.admin_import("--nodes=nowhere.csv")


def test_a_failed_start_shows_the_log(neo4j_server: Served) -> None:
    if not isinstance(neo4j_server, Server):
        pytest.skip(f"from jars alone, and this is {neo4j_server.words}")
    settings = {"no.such.setting": "1"}
    broken = Server(neo4j_server.distribution, settings=settings, java_options=QUICK)
    with pytest.raises(NotStarted, match=r"no\.such\.setting"):
        choice.started(broken)
    assert not broken.home.exists()


def test_a_server_asks_for_its_password_and_dies_with_its_parent(neo4j_server: Served) -> None:
    if not isinstance(neo4j_server, Server):
        pytest.skip(f"from jars alone, and this is {neo4j_server.words}")
    port = free_port()
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.neo4j_server", f"--port={port}", "--password=correct-horse"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "JDK_JAVA_OPTIONS": " ".join(QUICK)},
    )  # fmt: skip
    with parent:
        assert parent.stdout is not None
        said = parent.stdout.readline()
        uri, home = f"neo4j://127.0.0.1:{port}", Path(said.strip().rpartition(" ")[2])
        assert uri in said
        assert home.is_dir()
        with (
            neo4j.GraphDatabase.driver(uri, auth=("neo4j", "wrong-horse")) as driver,
            pytest.raises(neo4j.exceptions.AuthError),
        ):
            driver.verify_connectivity()
        with neo4j.GraphDatabase.driver(uri, auth=("neo4j", "correct-horse")) as driver:
            driver.verify_connectivity()
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while home.exists():
        assert time.monotonic() < deadline, "the server outlived its parent"
        time.sleep(0.05)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without jars, Maven, Java and Docker."""
    for name in ("NEO4J_URI", "JAVA_HOME", "LINKRISK_NEO4J_VERSION", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("LINKRISK_NEO4J_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("tests.neo4j_server.jdk.SYSTEM", tmp_path)


@pytest.mark.usefixtures("nowhere")
def test_where_there_is_none_the_reasons_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match=r"no JDK 17 to 21 for Neo4j 5\.26\S* .*; no Docker"):
        choice.choose()
    monkeypatch.setattr("tests.neo4j_server.jars.find_java", lambda _: Path("java"))
    with pytest.raises(Unavailable, match="no Maven on the path"):
        choice.choose()


def test_without_a_server_tests_skip_and_under_ci_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"^no Neo4j$"):
        plugin.missing("no Neo4j")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"^no Neo4j \(CI is set\)$"):
        plugin.missing("no Neo4j")


def test_a_given_server_comes_first_and_must_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_URI", f"bolt://127.0.0.1:{free_port()}")
    with pytest.raises(neo4j.exceptions.ServiceUnavailable):
        choice.choose()


def test_a_given_server_with_data_is_left_alone(neo4j_server: Served) -> None:
    neo4j_server.clean()
    neo4j_server.driver.execute_query("CREATE (:Precious)")
    given = Given(neo4j_server.uri, neo4j_server.auth)
    try:
        with pytest.raises(CannotBeDone, match="is not empty"):
            given.look(may_wipe=False)
        given.look(may_wipe=True)
        with pytest.raises(CannotBeDone, match="is not killed by the tests"):
            given.kill()
    finally:
        given.close()
    assert count(neo4j_server, "Precious") == 1
    neo4j_server.clean()


def test_only_known_versions_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKRISK_NEO4J_VERSION", "4.4")
    with pytest.raises(ValueError, match=r"known are 5\.26, 2026\.08"):
        asked_release()


@pytest.mark.usefixtures("nowhere")
def test_java_is_looked_for_in_java_home_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for place, version in (("home", "21.0.1"), ("jvm/old", "1.8.0_392")):
        folder = tmp_path / place / "bin"
        folder.mkdir(parents=True)
        (folder / "javac").touch()
        java = folder / "java"
        java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
        java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("tests.neo4j_server.jdk.SYSTEM", tmp_path / "jvm")
    assert find_java(range(17, 22)) == tmp_path / "home" / "bin" / "java"
    assert find_java(range(8, 9)) == tmp_path / "jvm" / "old" / "bin" / "java"
    assert find_java(range(25, 26)) is None


@pytest.mark.usefixtures("nowhere")
def test_an_engine_that_does_not_answer_is_no_docker(tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho 'is it running?' >&2\nexit 1\n")
    docker.chmod(0o755)
    with pytest.raises(Unavailable, match=r"no Docker engine: is it running\?$"):
        choice.choose()


@pytest.mark.usefixtures("nowhere")
def test_jars_appear_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    maven = tmp_path / "mvn"
    maven.write_text("#!/bin/sh\necho 'no such host'\nexit 1\n")
    maven.chmod(0o755)
    monkeypatch.setattr("tests.neo4j_server.jars.find_java", lambda _: Path("java"))
    with pytest.raises(Unavailable, match="did not bring Neo4j 1:\nno such host"):
        distribution(Release("1", "1", range(17, 18)))
    assert [found.name for found in (tmp_path / "cache").iterdir()] == ["neo4j-1-gds-1.lock"]
