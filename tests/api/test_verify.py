"""`linkrisk verify-proof`: what it reads, what it says, and how it exits."""

from __future__ import annotations

import copy
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from api.session import Session
from graph.proof.shape import sealed
from graph.store import Store
from tests.api.asked import service

# c1 is restricted; p1 leads it, p2 controls it through c2, p3's age is unknown, p4 has 10 %.
FACTS: list[dict[str, Any]] = [
    *({"kind": "company", "id": c, "name": c} for c in ("c1", "c2")),
    *(
        {"kind": "person", "id": p, "name": p, "attrs": {"birth_date": "1980-01-01"}}
        for p in ("p1", "p2", "p4")
    ),
    {"kind": "person", "id": "p3", "name": "p3"},
    {"kind": "legal_representative", "id": "r1", "from": "p1", "to": "c1"},
    {"kind": "officer", "id": "r3", "from": "p3", "to": "c1", "role": "主要负责人"},
    {"kind": "shareholder", "id": "s1", "from": "c2", "to": "c1", "share": "0.7"},
    {"kind": "shareholder", "id": "s2", "from": "p2", "to": "c2", "share": "0.6"},
    {"kind": "shareholder", "id": "s4", "from": "p4", "to": "c1", "share": "0.1"},
    {"kind": "listing", "id": "l1", "subject": "c1", "list": "black", "domain": "judgment",
     "decided_on": "2021-05-10", "until": "2023-05-10", "status": "active"},
]  # fmt: skip
PARTIES = {"p1": "extend", "p2": "extend", "p3": "review", "c2": "exclude", "p4": "exclude"}


@pytest.fixture
def answer(write: Callable[..., Store], store_url: str) -> dict[str, Any]:
    """Whom the measure reaches, with proofs, as whoever gets the answer reads it."""
    from algorithms.registry import ALGORITHMS, encode, prepare
    from algorithms.registry import answer as answered

    write(FACTS)
    asked = {"subject": "c1", "measure": "consumption_restriction", "act": "2021-05-01",
             "as_of": "2021-06-01"}  # fmt: skip
    record = ALGORITHMS["extend"]
    with Session(store_url) as session:
        found = json.loads(encode(answered(session.snapshot(), record, prepare(record, asked))))
    made: dict[str, Any] = found
    assert {row["party"].removeprefix("d:"): row["outcome"] for row in made["results"]} == PARTIES
    return made


@pytest.fixture
def proofs(answer: dict[str, Any]) -> dict[str, Any]:
    """The proof of each party."""
    return {row["party"].removeprefix("d:"): row["proof"] for row in answer["results"]}


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], store_url: str, tmp_path: Path) -> Any:
    """Write a file and check it: exit code, what is said of each proof, standard error."""

    def ran(content: Any, *args: str) -> tuple[int, list[dict[str, Any]], str]:
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / "p.json").write_text(text, "utf-8")
        asked = ["verify-proof", str(tmp_path / "p.json"), *args, "--store", store_url, "--json"]
        code = main(asked)
        out, err = capfd.readouterr()
        return code, json.loads(out)["proofs"] if out else [], err

    return ran


def test_one_proof(run: Any, proofs: dict[str, Any], tmp_path: Path) -> None:
    code, told, err = run(proofs["p2"])
    assert (code, err) == (0, "")
    assert told == [
        {"file": str(tmp_path / "p.json"), "subject": "d:c1", "party": "d:p2",
         "outcome": "extend", "holds": True, "problems": []},
    ]  # fmt: skip


def test_every_shape_of_file(run: Any, answer: dict[str, Any], proofs: dict[str, Any]) -> None:
    """An answer, a row of it, and lines of proofs, rows and answers, blank ones passed over."""
    lines = [proofs["p1"], answer["results"][1], answer]
    for content, count in (
        (answer, 5),
        (answer["results"][0], 1),
        ("\n\n".join(map(json.dumps, lines)) + "\n", 7),
    ):
        code, told, err = run(content)
        assert (code, err, len(told)) == (0, "", count)
        assert all(each["holds"] for each in told)
    _, told, _ = run(answer)
    assert {each["party"].removeprefix("d:"): each["outcome"] for each in told} == PARTIES


def test_standard_input(
    proofs: dict[str, Any], store_url: str, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    given = io.TextIOWrapper(io.BytesIO(json.dumps(proofs["p4"]).encode()))
    monkeypatch.setattr(sys, "stdin", given)
    assert main(["verify-proof", "-", "--store", store_url]) == 0
    assert capfd.readouterr() == ("d:p4 exclude: holds / 成立\n", "")


def test_alone(run: Any, answer: dict[str, Any], proofs: dict[str, Any], tmp_path: Path) -> None:
    """Only `extend` can be shown from what is inside; and no store is asked for."""
    none = ("--alone", "--store", f"sqlite:///{tmp_path / 'none.db'}")
    for party in ("p1", "p2"):
        assert run(proofs[party], *none)[::2] == (0, "")
    code, told, err = run(answer, *none)
    assert code == 1
    assert err == "linkrisk: proofs refused: 3 of 5\n"
    refused = {each["party"].removeprefix("d:") for each in told if not each["holds"]}
    assert refused == {name for name, outcome in PARTIES.items() if outcome != "extend"}


def test_alone_takes_the_facts_inside_as_they_stand(run: Any, proofs: dict[str, Any]) -> None:
    """Who makes facts up and seals them anew is found out by the store, and by it alone; a claim
    that does not follow from the facts inside is refused either way."""
    made = copy.deepcopy(proofs["p2"])
    _share(made)
    assert run(sealed(made), "--alone")[0] == 0
    assert run(sealed(made))[0] == 1
    made["relations"][0]["share"] = "0.4"
    assert run(sealed(made), "--alone")[0] == 1


def _share(proof: dict[str, Any]) -> None:
    proof["relations"][0]["share"] = "0.9"


def _outcome(proof: dict[str, Any]) -> None:
    proof["claim"]["outcome"] = "exclude"


def _party(proof: dict[str, Any]) -> None:
    proof["claim"]["party"] = "d:p4"


def _end(proof: dict[str, Any]) -> None:
    proof["claim"]["until"] = None


def _rule(proof: dict[str, Any]) -> None:
    proof["rule"]["basis"]["article"] = "第九条"


def _listing(proof: dict[str, Any]) -> None:
    proof["listings"][0]["valid_to"] = "2033-05-10"


def _less(proof: dict[str, Any]) -> None:
    del proof["relations"][0]


CHANGES = [_share, _outcome, _party, _end, _rule, _listing, _less]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_changed_proof_is_refused(run: Any, proofs: dict[str, Any], change: Any) -> None:
    """With its old digest, and with one that was computed anew by whoever changed it."""
    made = copy.deepcopy(proofs["p2"])
    change(made)
    code, told, err = run(made)
    assert (code, err) == (1, "linkrisk: proofs refused: 1 of 1\n")
    assert told[0]["problems"] == ["the digest is not that of its content"]
    code, told, err = run(sealed(made))
    assert (code, err) == (1, "linkrisk: proofs refused: 1 of 1\n")
    assert told[0]["problems"]
    assert "digest" not in told[0]["problems"][0]


def test_a_later_fact_leaves_a_proof_as_it_was(
    run: Any, proofs: dict[str, Any], write: Callable[..., Store]
) -> None:
    """It is checked on what was known when it was made."""
    write([{"kind": "retract", "id": "s2"}])
    assert run(proofs["p2"])[0] == 0


def test_another_rulebook(run: Any, proofs: dict[str, Any]) -> None:
    code, told, _ = run(sealed(proofs["p1"] | {"rulebook": "2099-01+sha256:00"}))
    assert (code, told[0]["problems"]) == (1, ["its rulebook is not here"])


def test_in_words(
    run: Any, answer: dict[str, Any], store_url: str, capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:  # fmt: skip
    _outcome(answer["results"][0]["proof"])
    run(answer)
    assert main(["verify-proof", str(tmp_path / "p.json"), "--store", store_url]) == 1
    out, err = capfd.readouterr()
    assert out.splitlines()[:2] == [
        "d:p1 exclude: refused / 不成立: the digest is not that of its content",
        "d:p2 extend: holds / 成立",
    ]
    assert err == "linkrisk: proofs refused: 1 of 5\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"format":', "p.json:1: not JSON: "),
        ('{"format":1}\n\n{"format":', "p.json:3: not JSON: "),
        ("[1]", "p.json:1: neither a proof nor an answer"),
        ("{}\n7\n", "p.json:2: neither a proof nor an answer"),
        ("", "there is no proof in what was given"),
        ('{"results":[]}', "there is no proof in what was given"),
    ],
)
def test_a_bad_file(run: Any, answer: Any, content: str, said: str) -> None:
    code, told, err = run(content)
    assert code == 3
    assert told == []
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_file_that_is_not_there(
    capfd: pytest.CaptureFixture[str], store: Store, store_url: str, tmp_path: Path
) -> None:
    assert main(["verify-proof", str(tmp_path / "none.json"), "--store", store_url]) == 3
    out, err = capfd.readouterr()
    assert out == ""
    assert err == f"linkrisk: {tmp_path / 'none.json'}: No such file or directory\n"
    assert main(["verify-proof", "--store", store_url]) == 2
    assert len(capfd.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("content", ["{}", '{"claim":7}', '{"claim":{},"rulebook":[]}'])
def test_what_is_no_proof_is_refused(run: Any, answer: Any, content: str) -> None:
    code, told, _ = run(content)
    assert (code, told[0]["holds"]) == (1, False)


def test_the_route_says_what_the_command_line_says(
    answer: dict[str, Any], proofs: dict[str, Any], store_url: str, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    wrong = copy.deepcopy(proofs["p1"])
    wrong["claim"]["outcome"] = "exclude"
    given = [*(row["proof"] for row in answer["results"]), wrong, {"claim": 1}]
    path = tmp_path / "proofs.jsonl"
    path.write_text("\n".join(map(json.dumps, given)), "utf-8")
    assert main(["--store", store_url, "verify-proof", str(path), "--json"]) == 1
    said = json.loads(capfd.readouterr().out)["proofs"]
    with service(store_url) as asked:
        told = asked.post("/v1/proofs/verify", json={"proofs": given})
        assert told.status_code == 200
        assert asked.post("/v1/proofs/verify", json={"proofs": []}).status_code == 422
    assert told.json()["proofs"] == [{k: v for k, v in e.items() if k != "file"} for e in said]
    assert [each["holds"] for each in told.json()["proofs"]] == [
        *[True] * len(PARTIES),
        False,
        False,
    ]
