"""Tests of the service on every store: where the store matters, what is kept beside it, too.

A package or module is named in `EVERYWHERE`. On Neo4j its tests that are marked `neo4j` always
run, the others with the full suite; those marked `embedded` are of files beside an embedded store,
and never do.
"""

from __future__ import annotations

from pathlib import Path

import pytest

EVERYWHERE = (
    "tests.api.privacy", "tests.api.webhooks", "tests.api.jobs", "tests.api.identity",
    "tests.api.monitor.test_run", "tests.api.monitor.test_going_out",
    *(f"tests.api.access.test_{name}" for name in (
        "deciding", "domains", "injection", "seeded", "unmask")),
)  # fmt: skip


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Let a test that asks for a store run on each kind."""
    if not metafunc.module.__name__.startswith(EVERYWHERE):
        return
    for name in ("store_url", "module_url"):
        marks = [each.name for each in metafunc.definition.iter_markers()]
        if name in metafunc.fixturenames and "embedded" not in marks:
            full = () if "neo4j" in marks else (pytest.mark.full,)
            kinds = ["sqlite", pytest.param("neo4j", marks=full)]
            scope = "module" if name == "module_url" else None
            metafunc.parametrize(name, kinds, indirect=True, scope=scope)


def address(request: pytest.FixtureRequest, folder: Path, patch: pytest.MonkeyPatch) -> str:
    """Where a store of the kind that is asked for may be made: a file in a folder, or the server of
    this run, emptied. What a service keeps of it is in the folder in both."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{folder / 'facts.db'}"
    server = request.getfixturevalue("neo4j_server")
    server.clean(keep_schema=True)
    patch.setenv("LINKRISK_STATE", str(folder / "facts.db.state"))
    return str(server.uri)
