"""The catalogue against the store's own list of facts; the terms of datasets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.catalog.datasets import FILE, catalog
from api.cli import main
from api.session import Session
from graph.errors import BadFile
from graph.model import NAMES
from graph.store import Store
from graph.times import INF, NEG, format_instant, format_time
from tests.api.asked import fits, service
from tests.api.conftest import FACTS


@pytest.fixture
def two(write: Callable[..., Store], store_url: str) -> str:
    """A store of two datasets: corrected, retracted, listed."""
    store = write(FACTS, dataset="reg")
    write([{"kind": "account", "id": "a1", "valid_from": "2019-01-01"}], dataset="bank")
    write([{"kind": "retract", "id": "s2"}], dataset="reg")
    write([{"kind": "company", "id": "c2", "valid_to": "2030-01-01"}], dataset="reg")
    del store
    return store_url


def referee(session: Session, known: Callable[[Any], bool]) -> dict[str, Any]:
    """Counts and times, fact by fact."""
    found: dict[str, Any] = {}
    for fact in session.store.facts():
        if not known(fact):
            continue
        kinds, when, newest = found.setdefault(fact.dataset, (Counter(), [], [0]))
        kinds[NAMES[fact.code]] += 1
        when += [at for at in (fact.vf, fact.vt) if at not in (NEG, INF)]
        newest[0] = max(newest[0], fact.batch)
    return found


def test_counts_times_and_batches_are_those_of_the_facts(two: str) -> None:
    with Session(two) as session:
        first = session.store.batches()[0]
        for known_at, known in (
            (None, lambda fact: fact.retracted_at is None),
            (format_instant(first.recorded_at), lambda fact: fact.batch == first.no),
        ):
            wanted = referee(session, known)
            found = catalog(session, known_at)
            assert [each.name for each in found.datasets] == sorted(wanted)
            for each in found.datasets:
                kinds, when, newest = wanted[each.name]
                assert each.kinds == dict(kinds)
                assert each.facts == kinds.total()
                ends = (min(when), max(when)) if when else ()
                assert [each.first, each.last] == ([format_time(at) for at in ends] or [None] * 2)
                assert each.newest.no == newest[0]
            assert found.facts == sum(kinds.total() for kinds, *_ in wanted.values())


def test_the_route_answers_what_the_verb_prints(
    two: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with service(two) as http:
        answer = http.get("/v1/catalog")
        said = http.get("/openapi.json").json()
        content = said["paths"]["/v1/catalog"]["get"]["responses"]["200"]["content"]
        fits(said, content["application/json"]["schema"], answer.json())
        held = http.get("/v1/catalog", headers={"If-None-Match": answer.headers["etag"]})
        assert held.status_code == 304
        assert http.get("/v1/catalog?colour=red").status_code == 422
    assert main(["catalog", "--json", "--store", two]) == 0
    assert capfd.readouterr().out.encode() == answer.content + b"\n"
    assert main(["catalog", "--store", two]) == 0
    assert "bank" in capfd.readouterr().out


def test_an_empty_store_has_none(write: Callable[..., Store], store_url: str) -> None:
    write([])
    with Session(store_url) as session:
        assert catalog(session).datasets == []


def test_terms_are_the_deployments(
    two: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "catalog.toml"
    monkeypatch.setenv(FILE, str(file))
    file.write_text('[datasets.reg]\ntitle = "登记"\nlicence = "CC-BY-4.0"\n', "utf-8")
    with Session(two) as session:
        bank, reg = catalog(session).datasets
        assert (reg.title, reg.licence, reg.publisher) == ("登记", "CC-BY-4.0", None)
        assert bank.licence is None
        for wrong in ("[datasets.reg]\nlicense = 'x'\n", "[datasets", "[datasets.reg]\nurl = 1\n"):
            file.write_text(wrong, "utf-8")
            with pytest.raises(BadFile, match=r"catalog\.toml"):
                catalog(session)
        file.unlink()
        with pytest.raises(BadFile, match="No such file"):
            catalog(session)
