"""The compose file holds together: checked without an engine, and against a real Neo4j."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import click
import compose_spec
import pytest
from neo4j import GraphDatabase

from api.access.exposure import access_of
from api.access.settings import AccessSettings
from api.cli import linkrisk
from api.settings import keys, read
from api.settings.own import Server as Own
from graph.errors import WrongUsage
from tests.deploy import composed as of
from tests.deploy.composed import SECRETS
from tests.neo4j_server.server import Server

SERVICES: dict[str, dict[str, Any]] = of.composed()["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
SECRET = re.compile(r"PASSWORD|TOKEN|KEY|AUTH$")
READ = re.compile(r"environ(?:\.get\(|\[)\s*\"([A-Z0-9_]+)\"")
# What the image's documentation says may be mounted, and its home's folder of plugins.
NEO4J_MOUNTS = {"/data", "/logs", "/conf", "/import", "/plugins", "/ssl", "/licenses", "/metrics"}
NEO4J_HOME = "/var/lib/neo4j"


def by_the_specification(text: str) -> compose_spec.PyCompose:
    compose = compose_spec.PyOptions(apply_merge=True).from_yaml(of.interpolate(text, SECRETS))
    compose.validate()
    return compose


def test_the_specification_takes_the_file() -> None:
    compose = by_the_specification(of.FILE.read_text("utf-8"))
    assert set(compose.service_names()) == {"linkrisk", "neo4j-users", "neo4j"}


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("read_only:", "readonly:", "extension key `readonly`"),
        ("service_completed_successfully", "service_completed", "unknown variant"),
        ("unless-stopped", "unless_stopped", "unknown variant"),
        ("interval: 15s", "interval: often", "duration `often`"),
        ('"127.0.0.1:8000:8000"', '"127.0.0.1:http:8000"', "error parsing port range"),
    ],
)
def test_the_specification_refuses_a_slip(right: str, wrong: str, said: str) -> None:
    text = of.FILE.read_text("utf-8")
    assert right in text
    with pytest.raises(ValueError, match=said):
        by_the_specification(text.replace(right, wrong))


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_is_asked_for(name: str) -> None:
    with pytest.raises(of.Missing, match=f"^{name}: set {name} to"):
        of.composed({**SECRETS, name: ""})


def test_no_secret_is_written_down() -> None:
    for service in of.written()["services"].values():
        for name, value in service.get("environment", {}).items():
            if SECRET.search(name):
                assert re.fullmatch(
                    r"(neo4j/)?\$\{\w+:\?[^}]+\}|\$\{NEO4J_READER_PASSWORD:-\}", value
                )
    variables = of.VARIABLE.findall(of.FILE.read_text("utf-8"))
    assert {name for name, mark, _ in variables if mark == "?"} == set(SECRETS)
    assert not set(SECRETS) & {name for name, mark, _ in variables if mark != "?"}


def test_ports_are_published_on_loopback_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert sorted(ports) == sorted({f"127.0.0.1:{port}:{port}" for port in (8000, 7474, 7687)})


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "cap_add" not in service
    assert "privileged" not in service
    if name in OURS:
        assert service["read_only"] is True
        assert "USER" in dict(of.dockerfile())
    else:
        assert service["user"] == "7474:7474"


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_can_come(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        awaited = SERVICES[other]
        if how["condition"] == "service_healthy":
            check = awaited.get("healthcheck", {})
            assert check.get("test") or (other in OURS and "HEALTHCHECK" in dict(of.dockerfile()))
            assert not check.get("disable")
        else:
            assert how["condition"] == "service_completed_successfully"
            assert awaited["restart"] == "no"


def test_the_service_waits_for_the_server_and_its_user() -> None:
    assert set(SERVICES["linkrisk"]["depends_on"]) == {"neo4j", "neo4j-users"}
    assert set(SERVICES["neo4j-users"]["depends_on"]) == {"neo4j"}


COMMANDS = {name: SERVICES[name]["command"] for name in OURS}
COMMANDS["Dockerfile"] = json.loads(dict(of.dockerfile())["CMD"])


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_the_command_line_takes_the_command(command: list[str]) -> None:
    program, *args = command
    assert program == "linkrisk"
    root = click.Context(linkrisk, info_name=program)
    verb, *rest = args
    found = linkrisk.get_command(root, verb)
    assert found is not None
    with found.make_context(verb, rest, parent=root) as context:
        assert not context.args


def image_environment() -> dict[str, str]:
    pairs = (pair for word, rest in of.dockerfile() if word == "ENV" for pair in rest.split())
    return dict(pair.split("=", 1) for pair in pairs)


def test_the_program_reads_what_it_is_given() -> None:
    sources = (
        path
        for room in ("graph", "ingest", "algorithms", "api")
        for path in (of.ROOT / room).rglob("*.py")
    )
    read = {name for path in sources for name in READ.findall(path.read_text("utf-8"))}
    read |= {key.variable for key in keys()}
    given = {name for service in OURS for name in SERVICES[service]["environment"]}
    given |= {name for name in image_environment() if name.startswith("LINKRISK_")}
    assert given <= read


def test_what_is_mounted_is_used() -> None:
    volumes = set(of.composed()["volumes"])
    kept = {rest for word, rest in of.dockerfile() if word == "VOLUME"}
    used = set()
    for name, service in SERVICES.items():
        for mount in service.get("volumes", []):
            volume, path = mount.split(":")
            used.add(volume)
            home = path.startswith(f"{NEO4J_HOME}/")  # its folder: in the test of the settings
            assert path in (kept if name in OURS else NEO4J_MOUNTS) or (name == "neo4j" and home)
        assert set(service.get("tmpfs", [])) <= {"/tmp", *kept}
    assert used == volumes
    for name in ("LINKRISK_STORE", "LINKRISK_CACHE"):
        path = image_environment()[name].removeprefix("sqlite:///")
        assert any(path.startswith(f"{folder}/") for folder in kept)


def test_plugins_are_a_list() -> None:
    assert json.loads(SERVICES["neo4j"]["environment"]["NEO4J_PLUGINS"]) == ["graph-data-science"]


def test_the_image_gets_its_own_variables_and_settings_only() -> None:
    """Its entry script takes every NEO4J_ variable for a setting; an unknown one is the end."""
    for name in SERVICES["neo4j"]["environment"]:
        assert name in of.OF_THE_IMAGE or re.fullmatch(r"NEO4J_[a-z_]+", name)
    assert of.setting("NEO4J_server_memory_heap_max__size") == "server.memory.heap.max_size"


def test_the_admins_password_is_the_initial_one() -> None:
    admin = SERVICES["neo4j-users"]["environment"]["NEO4J_ADMIN_PASSWORD"]
    assert SERVICES["neo4j"]["environment"]["NEO4J_AUTH"] == f"neo4j/{admin}"


@pytest.mark.skipif(shutil.which("sh") is None, reason="a check of the container's shell")
@pytest.mark.parametrize("answer", [0, 1])
def test_the_health_check_signs_in_without_showing_the_password(
    tmp_path: Path, answer: int
) -> None:
    how, check = SERVICES["neo4j"]["healthcheck"]["test"]
    assert how == "CMD-SHELL"
    shell = tmp_path / "cypher-shell"
    shell.write_text(f'#!/bin/sh\necho "$NEO4J_USERNAME|$NEO4J_PASSWORD|$*"\nexit {answer}\n')
    shell.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "NEO4J_AUTH": SERVICES["neo4j"]["environment"]["NEO4J_AUTH"],
    }
    done = subprocess.run(
        ["sh", "-c", check], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == answer
    user, password, args = done.stdout.strip().split("|")
    assert (user, password) == ("neo4j", SECRETS["NEO4J_ADMIN_PASSWORD"])
    assert args == "--address bolt://127.0.0.1:7687 RETURN 1"


def test_the_guide_names_every_variable() -> None:
    names = {name for name, _, _ in of.VARIABLE.findall(of.FILE.read_text("utf-8")) if name}
    guide = of.GUIDE.read_text("utf-8")
    assert names <= set(re.findall(r"`(\w+)`", guide)) | set(SECRETS)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the guide makes secrets by openssl")
def test_the_guide_makes_the_secrets_that_are_asked_for(tmp_path: Path) -> None:
    block = next(
        text
        for text in re.findall(r"```\n(.*?)```", of.GUIDE.read_text("utf-8"), re.S)
        if "> .env" in text
    )
    first = block.split("docker compose")[0]
    subprocess.run(["bash", "-euc", first], cwd=tmp_path, check=True)
    made = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines())
    assert set(made) == set(SECRETS)
    assert len(set(made.values())) == len(made)
    assert all(re.fullmatch(r"[0-9a-f]{32,}", value) for value in made.values())
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    of.composed(made)


@pytest.mark.slow
def test_the_server_knows_every_setting(secured: Server) -> None:
    """It has started with them, so their values hold too; here with the sizes that are written."""
    with GraphDatabase.driver(secured.uri, auth=secured.auth) as driver:
        rows, _, _ = driver.execute_query(
            "SHOW SETTINGS YIELD name, defaultValue, validValues", database_="system"
        )
    known = {row["name"]: row for row in rows}
    for name, value in of.settings().items():
        valid = known[name]["validValues"]
        if valid.startswith("A boolean"):
            assert value in {"true", "false"}
        else:
            assert valid.startswith("A byte size")
            assert re.fullmatch(r"\d+[MG]", value)
    mounted = {mount.split(":")[1] for mount in SERVICES["neo4j"]["volumes"]}
    assert f"{NEO4J_HOME}/{known['server.directories.plugins']['defaultValue']}" in mounted


def test_the_service_starts_as_it_is_set(tmp_path: Path) -> None:
    """It listens off loopback, which it refuses without authentication and a declared proxy."""
    service = SERVICES["linkrisk"]
    given = {k: str(v) for k, v in service["environment"].items()} | image_environment()
    settings = read(environment={k: v for k, v in given.items() if k.startswith("LINKRISK_")})
    (network,) = of.composed()["networks"].values()
    (addresses,) = network["ipam"]["config"]
    access = settings.section(AccessSettings)
    assert access.behind_proxy == (addresses["gateway"],)
    assert ip_address(addresses["gateway"]) in ip_network(addresses["subnet"])
    assert settings.section(Own).workers == 2
    keyring = f"sqlite:///{tmp_path / 'none.db'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LINKRISK_TOKEN", "t" * 48)
        assert access_of(access, keyring, "0.0.0.0").token == "t" * 48
        with pytest.raises(WrongUsage, match="tokens would travel in the open"):
            access_of(AccessSettings(), keyring, "0.0.0.0")
