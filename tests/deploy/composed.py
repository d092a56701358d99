"""docker-compose.yml and Dockerfile as `docker compose` and `docker build` would read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT / "docker-compose.yml"
GUIDE = ROOT / "docs" / "guides" / "deploy.md"
SECRETS = {
    "LINKRISK_TOKEN": "a token of the tests, long enough for others to see",
    "LINKRISK_ID_KEY": "an id key of the tests",
    "NEO4J_PASSWORD": "service of the tests",
    "NEO4J_ADMIN_PASSWORD": "admin of the tests",
}
VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}")


class Missing(Exception):
    """A variable without which the file is refused."""


def interpolate(text: str, given: Mapping[str, str]) -> str:
    """`${NAME}`, `${NAME:-default}`, `${NAME:?why}` and `$$`, as the specification says."""

    def value(found: re.Match[str]) -> str:
        name, mark, rest = found.groups()
        if name is None:
            return "$"
        if given.get(name):
            return given[name]
        if mark == "?":
            raise Missing(f"{name}: {rest}")
        return rest if mark == "-" else ""

    return VARIABLE.sub(value, text)


def composed(given: Mapping[str, str] = SECRETS) -> dict[str, Any]:
    """The file with its variables put in."""
    loaded: dict[str, Any] = yaml.safe_load(interpolate(FILE.read_text("utf-8"), given))
    return loaded


def written() -> dict[str, Any]:
    """The file as it is written, its variables unread."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return loaded


def setting(variable: str) -> str:
    """What the image's entry script makes of a variable: NEO4J_a__b_c is the setting a_b.c."""
    return variable.removeprefix("NEO4J_").replace("_", ".").replace("..", "_")


# Read by the image's entry script itself, and so no settings.
OF_THE_IMAGE = {"NEO4J_AUTH", "NEO4J_PLUGINS", "NEO4J_ACCEPT_LICENSE_AGREEMENT"}


def settings(given: Mapping[str, str] = SECRETS) -> dict[str, str]:
    """The lines of neo4j.conf that the neo4j service's environment becomes."""
    environment = composed(given)["services"]["neo4j"]["environment"]
    return {setting(k): v for k, v in environment.items() if k not in OF_THE_IMAGE}


def dockerfile() -> list[tuple[str, str]]:
    """The instructions of the image's last stage."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    instructions = [
        (word, rest) for word, _, rest in (line.strip().partition(" ") for line in lines)
    ]
    last = max(place for place, (word, _) in enumerate(instructions) if word == "FROM")
    return instructions[last:]
