"""Monthly loads: the same bytes again, facts that load, and a truth that a reader of its own finds
in the lines: clusters by plain sets and networkx, month after month."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from graph.errors import BadFile, WrongUsage
from graph.facts import Normaliser
from ingest.generate.monthly import monthly
from tests.referees.clusters import Reason, Rules, Tie, clusters_of, steps_of

TIES = {"guarantee", "shareholder", "legal_representative", "uses_phone", "located_at"}


def test_the_same_arguments_write_the_same_bytes(tmp_path: Path) -> None:
    made = [monthly(tmp_path / name, 200, seed=5, count=4) for name in "ab"]
    first, second = ([path.read_bytes() for path in each.files] for each in made)
    assert first == second
    assert made[0].truth == made[1].truth == json.loads(made[0].truth_path.read_text("utf-8"))
    other = monthly(tmp_path / "c", 200, seed=6, count=4)
    assert [path.read_bytes() for path in other.files] != first
    assert sum(len(body.splitlines()) for body in first) == made[0].facts


def test_every_line_is_a_fact_and_ids_say_nothing(tmp_path: Path) -> None:
    made = monthly(tmp_path, 200, seed=1, count=6)
    normaliser = Normaliser("register", b"k" * 32)
    for path in made.files:
        names = []
        for line in path.read_text("utf-8").splitlines():
            fact = json.loads(line)
            row = normaliser.row({k: v for k, v in fact.items() if k != "source"})
            assert row is not None
            names.append(fact["id"])
            assert fact["source"]["dataset"] == "register"
        assert len(names) == len(set(names))  # each fact once a load, as it was said last
    planted = {m for month in made.truth["months"] for c in month["clusters"] for m in c["core"]}
    numbers = sorted(int(name[1:]) for name in planted)
    assert numbers[-1] > 100 * len(numbers)  # strewn over all numbers there are


def test_sizes_that_are_none_are_refused(tmp_path: Path) -> None:
    wrongs: tuple[dict[str, Any], ...] = (
        {"entities": 100}, {"count": 0}, {"seed": -1}, {"dataset": "a:b"},
    )  # fmt: skip
    for wrong in wrongs:
        with pytest.raises(WrongUsage):
            monthly(tmp_path, **{"entities": 200, **wrong})
    (tmp_path / "file").write_text("")
    with pytest.raises(BadFile, match="cannot write"):
        monthly(tmp_path / "file", 200)


def core(listing: dict[str, Any]) -> bool:
    return listing["status"] == "active" and listing["list"] in ("black", "penalty")


def test_by_the_command_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    args = ["generate", "--months", "2", "--entities", "200", "--seed", "5", "--json"]
    assert main([*args, "--out", "here"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["files"] == ["here/load-01.jsonl", "here/load-02.jsonl"]
    made = monthly(tmp_path / "there", 200, seed=5, count=2)
    assert json.loads(Path(said["truth"]).read_text("utf-8")) == made.truth
    assert said["facts"] == made.facts
    for more in (["--out", "-"], ["--schemes", "easy"], ["--instances", "2"]):
        assert main([*args, *more]) == 2
    assert sorted(each.name for each in tmp_path.iterdir()) == ["here", "there"]


class Reader:
    """What is known after a load, and which clusters there are on a day: by the referee."""

    def __init__(self) -> None:
        self.facts: dict[str, dict[str, Any]] = {}

    def load(self, path: Path) -> None:
        for line in path.read_text("utf-8").splitlines():
            fact = json.loads(line)
            self.facts[fact["id"]] = fact

    def clusters(self, day: str) -> dict[frozenset[str], set[str]]:
        kinds, ties, reasons = {}, [], defaultdict(list)
        for fact in self.facts.values():
            on = (fact.get("valid_from") or "") <= day < (fact.get("valid_to") or "9999")
            if "from" not in fact and "subject" not in fact:
                kinds[fact["id"]] = fact["kind"]
            elif fact["kind"] in TIES and on:
                ties.append(
                    Tie(fact["id"], fact["kind"], fact["from"], fact["to"], fact.get("share"))
                )
            elif fact["kind"] == "listing" and on and core(fact):
                reason = Reason(fact["id"], fact["list"], fact["valid_from"])
                reasons[fact["subject"]].append(reason)
        found = clusters_of(reasons, ties, kinds, Rules())
        return {frozenset(each.members): each.core for each in found}


def check(folder: Path, entities: int, seed: int) -> Counter[str]:
    """Members, core and events of every month against the referee; how many of each there were."""
    made, reader, count = monthly(folder, entities, seed=seed), Reader(), Counter[str]()
    before: dict[str, frozenset[str]] = {}
    for month, path in zip(made.truth["months"], made.files, strict=True):
        reader.load(path)
        there = [each for each in month["clusters"] if each["members"]]
        assert reader.clusters(month["as_of"]) == {
            frozenset(each["members"]): set(each["core"]) for each in there
        }
        now = {each["line"]: frozenset(each["members"]) for each in there}
        assert len(now) == len(there)
        for step in steps_of(before, now, 0.5):
            if step.event == "dissolved":
                told = [c for c in month["clusters"] if c["parents"] == list(step.parents)]
                assert "dissolved" in {each["event"] for each in told}
                continue
            (said,) = [each for each in there if each["line"] == step.id]
            assert (said["event"], said["parents"]) == (step.event, sorted(step.parents))
        count.update(each["event"] for each in month["clusters"])
        before = now
    return count


def test_the_truth_is_what_a_plain_reader_finds(tmp_path: Path) -> None:
    count = check(tmp_path, 200, seed=2)
    assert {"born", "grew", "shrank", "merged", "split", "dissolved", "steady"} <= set(count)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(20))
def test_the_truth_of_many_seeds(tmp_path: Path, seed: int) -> None:
    check(tmp_path, 800, seed=100 + seed)
