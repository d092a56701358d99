"""The corpus of identities: the same bytes for the same seed, errors at their rates, a truth that
official keys confirm."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from graph.errors import BadFile, WrongUsage
from graph.keys import check, is_registration, organisation_of
from ingest.generate.identities import DATASETS, Corpus, identities
from ingest.generate.identities.rates import STANDARD
from ingest.generate.identities.spelling import numeral


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return identities(tmp_path_factory.mktemp("corpus"), 2_000, 5)


@pytest.fixture(scope="module")
def facts(corpus: Corpus) -> dict[str, dict[str, Any]]:
    found = {}
    for file in corpus.files:
        for line in file.read_text(encoding="utf-8").splitlines():
            fact = json.loads(line)
            if fact["kind"] in ("person", "company"):
                found[f"{file.stem}:{fact['id']}"] = fact
    return found


def test_one_seed_writes_the_same_bytes(corpus: Corpus, tmp_path: Path) -> None:
    again = identities(tmp_path / "again", 2_000, 5)
    other = identities(tmp_path / "other", 2_000, 6)
    for one, two, three in zip(corpus.files, again.files, other.files, strict=True):
        assert one.read_bytes() == two.read_bytes() != three.read_bytes()
    assert corpus.truth_path.read_bytes() == again.truth_path.read_bytes()


def test_every_record_is_somebody_s(corpus: Corpus, facts: dict[str, dict[str, Any]]) -> None:
    records = [record for cluster in corpus.truth["clusters"] for record in cluster]
    assert len(records) == len(set(records)) == corpus.records
    assert set(records) == set(facts)
    assert len(corpus.truth["clusters"]) == 2_500  # people, and a quarter as many companies


def test_valid_keys_agree_with_the_truth(corpus: Corpus, facts: dict[str, dict[str, Any]]) -> None:
    bearers: dict[str, set[int]] = {}
    kinds = Counter()
    for number, cluster in enumerate(corpus.truth["clusters"]):
        for record in cluster:
            for kind, text in facts[record].get("keys", {}).items():
                key = check(kind, text)
                slipped = "id_slip" in corpus.truth["errors"].get(record, ())
                assert key.valid is not slipped  # one wrong digit is always found
                kinds[len(text), key.valid] += 1
                if key.valid:
                    bearers.setdefault(key.value, set()).add(number)
    assert all(len(numbers) == 1 for numbers in bearers.values())
    assert kinds[15, True] > 50 and kinds[18, True] > 1000 and kinds[18, False] > 20


def test_numbers_of_companies_are_valid(facts: dict[str, dict[str, Any]]) -> None:
    said = [
        fact["attrs"] for fact in facts.values() if fact["kind"] == "company" and "attrs" in fact
    ]
    registered = [each["registration_number"] for each in said if "registration_number" in each]
    codes = [each["organisation_code"] for each in said if "organisation_code" in each]
    assert registered and all(map(is_registration, registered))
    assert codes and all(map(organisation_of, codes))


@pytest.mark.parametrize(
    "error", ["traditional", "homophone", "pinyin", "id_slip", "short_address", "date_slip"]
)
def test_errors_come_at_their_rates(
    corpus: Corpus, facts: dict[str, dict[str, Any]], error: str
) -> None:
    """Within five standard deviations of a binomial, of the records that could have it."""
    errors = corpus.truth["errors"]
    people = {name for name, fact in facts.items() if fact["kind"] == "person"}
    could = {
        "id_slip": lambda fact: "resident_id" in fact.get("keys", {}),
        "short_address": lambda fact: "address" in fact.get("attrs", {}),
        "date_slip": lambda fact: len(fact.get("attrs", {}).get("birth_date", "")) == 10,
    }.get(error, lambda _: True)
    able = [name for name in people if could(facts[name])]
    met = sum(error in errors.get(name, ()) for name in able)
    rate = getattr(STANDARD, error)
    spread = (len(able) * rate * (1 - rate)) ** 0.5
    assert abs(met - rate * len(able)) < 5 * spread


def test_look_alikes_are_there(corpus: Corpus, facts: dict[str, dict[str, Any]]) -> None:
    """Twins share surname, birth date and home; a common name many in one city."""
    first = [facts[cluster[0]] for cluster in corpus.truth["clusters"]][:2_000]
    twins = sum(
        a["name"][0] == b["name"][0] and a["name"] != b["name"]
        and a.get("attrs", {}).get("birth_date", 0) == b.get("attrs", {}).get("birth_date", 1)
        for a, b in pairwise(first)
    )  # fmt: skip
    assert twins >= 3
    names = Counter(fact["name"] for fact in first)
    assert names["王伟"] + names["张伟"] >= 5


def test_a_recycled_phone_has_owners_one_after_the_other(corpus: Corpus) -> None:
    who = {record: at for at, cluster in enumerate(corpus.truth["clusters"]) for record in cluster}
    uses: dict[str, list[tuple[str, str, int]]] = {}
    for file in corpus.files:
        for line in file.read_text(encoding="utf-8").splitlines():
            fact = json.loads(line)
            if fact["kind"] == "uses_phone":
                span = (fact["valid_from"], fact.get("valid_to", "9999-12-31"))
                uses.setdefault(fact["to"]["keys"]["e164"], []).append(
                    (*span, who[f"{file.stem}:{fact['from']}"])
                )
    apart = [
        (a, b) for many in uses.values() for a, b in combinations(sorted(many), 2)
        if a[2] != b[2] and a[1] < b[0]
    ]  # fmt: skip
    assert apart


def test_numerals() -> None:
    """As they are read: 一百零八, 十二, 二十."""
    said = {1: "一", 10: "十", 12: "十二", 20: "二十", 100: "一百", 108: "一百零八",
            138: "一百三十八", 110: "一百一十", 999: "九百九十九"}  # fmt: skip
    assert {number: numeral(number) for number in said} == said


def test_from_the_command_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    args = ["generate", "--identities", "200", "--seed", "5", "--json"]
    assert main(args) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["files"] == [f"identities/{name}.jsonl" for name in DATASETS]
    made = identities(tmp_path / "there", 200, 5)
    truth = json.loads(Path(said["truth"]).read_text("utf-8"))
    assert truth["clusters"] == made.truth["clusters"] and truth["errors"] == made.truth["errors"]
    assert said["records"] == made.records
    for wrong in (["--months", "2"], ["--schemes", "easy"], ["--dataset", "d"], ["--out", "-"]):
        assert main([*args, *wrong]) == 2
        assert "--identities" in capfd.readouterr().err


def test_what_cannot_be_made(tmp_path: Path) -> None:
    for count in (99, 2_000_001):
        with pytest.raises(WrongUsage, match="identities"):
            identities(tmp_path, count)
    with pytest.raises(WrongUsage, match="seed"):
        identities(tmp_path, 100, -1)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadFile):
        identities(tmp_path / "file", 100)
