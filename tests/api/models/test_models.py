"""Models over HTTP and on the command line: trained, used, described, refused where altered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from algorithms.scoring import fitting
from api.access.keys import Keyring
from api.app import Service, make_app
from api.auth import Access
from api.cli import main
from api.kept import state_folder
from api.session import Session
from graph.errors import StoreCorrupt
from graph.facts import Normaliser
from graph.store import open_store
from graph.times import now
from tests.algorithms.scoring.worlds import FIT, GROUPS, HELD, TEST, UNTIL, WINDOWS, accounts
from tests.api.access.asking import ask
from tests.api.asked import Asked, fits, service
from tests.api.serving import TOKEN, served

FACTS, BAD = accounts()
ASKED = {
    "name": "m1", "as_of": FIT, "calibrate_as_of": HELD, "test_as_of": TEST, "until": UNTIL,
    "groups": GROUPS, "windows": WINDOWS, "rules": False, "k": 10,
    "labels": [{"id": name, "day": day} for name, day in BAD.items()],
}  # fmt: skip


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store beside which models are kept."""
    folder = tmp_path_factory.mktemp("models")
    address = f"sqlite:///{folder}/s.db"
    store = open_store(address, create=True)
    normaliser = Normaliser("d", store.id_key)
    store.write("b", [normaliser.row(fact) for fact in FACTS])
    store.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LINKRISK_STATE", raising=False)
        patch.setattr("algorithms.scoring.metrics.RESAMPLES", 100)
        patch.setitem(fitting._BOOSTING, "max_iter", 40)
        yield address


def said(capfd: pytest.CaptureFixture[str], *args: str) -> Any:
    capfd.readouterr()
    assert main(list(args)) == 0, capfd.readouterr().err
    return json.loads(capfd.readouterr().out)


def verb(url: str, *args: str) -> list[str]:
    return ["--store", url, "--json", "model", *args]


@pytest.fixture(scope="module")
def trained(url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Trained by the command line, from a file of labels."""
    labels = tmp_path_factory.mktemp("labels") / "labels.csv"
    labels.write_text("day,id\n" + "".join(f"{day},{name}\n" for name, day in BAD.items()))
    args = verb(url, "train", "m1", "--as-of", FIT, "--calibrate-as-of", HELD, "--test-as-of",
                TEST, "--until", UNTIL, "--labels", str(labels), "--groups", "entity,degree",
                "--windows", "30", "--no-rules", "--k", "10")  # fmt: skip
    assert main(args) == 0
    return "m1"


@pytest.fixture(scope="module")
def asked(url: str) -> Iterator[Asked]:
    with service(url) as found:
        yield found


def test_cli_and_route_show_the_same(
    url: str, trained: str, asked: Asked, capfd: pytest.CaptureFixture[str]
) -> None:
    document = asked.get("/openapi.json").json()
    for path, args in (("", ["list"]), ("/m1", ["show", trained])):
        body = asked.get(f"/v1/models{path}").json()
        assert body == said(capfd, *verb(url, *args))
        template = "/v1/models/{name}" if path else "/v1/models"
        answer = document["paths"][template]["get"]["responses"]["200"]
        fits(document, answer["content"]["application/json"]["schema"], body)
        assert "never a basis for extending" in body["use"]


def test_the_card_has_its_figures_and_comes_again_the_same(
    url: str, trained: str, asked: Asked, capfd: pytest.CaptureFixture[str]
) -> None:
    model = asked.get("/v1/models/m1").json()
    card = asked.get("/v1/models/m1/card").text
    for name, each in model["evaluation"]["table"][0]["measures"].items():
        assert f"{each['value']:.3f} ({each['low']:.3f} – {each['high']:.3f})" in card, name
    brier, chance = (model["evaluation"][name] for name in ("brier", "by_chance"))
    assert f"Brier {brier['value']:.4f} ({brier['low']:.4f} – {brier['high']:.4f})" in card
    assert f"it is below {chance:.4f} in 95 % of draws" in card
    for word in ("Data and split", "Calibration", "Groups", "Limits", model["sha256"]):
        assert word in card
    page = asked.get("/v1/models/m1/card", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html") and "<table>" in page.text
    found = said(capfd, *verb(url, "again", trained))
    assert found == {"name": "m1", "same": True, "content": model["content"], "differs": []}


def test_a_model_answers_once_it_is_in_use(url: str, trained: str, asked: Asked) -> None:
    question = f"/v1/risk-score?as_of={TEST}&top=5"
    before = asked.get(question)
    assert {row["model"] for row in before.json()["results"]} <= {"rules"}
    used = asked.post("/v1/models/m1/use").json()
    assert used["in_use"]
    tag = before.headers["etag"]
    after = asked.get(question, headers={"If-None-Match": tag})
    assert after.status_code == 200  # the facts are the same: the answer is not
    rows = after.json()["results"]
    assert len(rows) == 5
    called = f"m1@{used['sha256'][:12]}"
    for row in rows:
        assert row["model"] == called and "never a basis for extending" in row["use"]
        assert 0 <= row["score"] <= 1 and row["reasons"]
        for reason in row["reasons"]:
            assert " / " in reason["why"] and len(reason["facts"]) <= 20
    assert [row["score"] for row in rows] == sorted((r["score"] for r in rows), reverse=True)
    assert asked.get(question, headers={"If-None-Match": after.headers["etag"]}).status_code == 304
    one = asked.get(f"/v1/risk-score?subject={rows[0]['id']}&as_of={TEST}").json()["results"]
    assert one == rows[:1]
    assert asked.get(f"{question}&model=none").status_code == 404
    assert asked.get(f"{question}&model=m1&kind=company").status_code == 422
    with Session(url) as session:
        session.models.use_none("account")


def test_facts_of_a_reason_are_the_subjects_own_within_its_window(
    asked: Asked, trained: str
) -> None:
    rows = asked.get(f"/v1/risk-score?as_of={TEST}&top=20&model=m1").json()["results"]
    ends = {f"d:{f['id']}": f for f in FACTS if f["kind"] == "transfer"}
    seen = 0
    for row in rows:
        name = row["id"].partition(":")[2]
        for reason in row["reasons"]:
            for fact in reason["facts"]:
                assert name in (ends[fact]["from"], ends[fact]["to"])
                assert ends[fact]["at"] <= TEST
                if reason["feature"].endswith("_30d"):
                    assert ends[fact]["at"] > "2021-08-02"
                seen += 1
    assert seen


def test_drift_and_stability(asked: Asked, trained: str) -> None:
    same = asked.get(f"/v1/models/m1/drift?from={FIT}&to={TEST}").json()
    assert same["days"] == [FIT, TEST]
    psi = [each["psi"] for each in same["features"]]
    assert psi == sorted(psi, reverse=True) and min(psi) >= 0
    still = asked.get(f"/v1/models/m1/stability?from={HELD}&to={TEST}").json()
    assert [each["what"] for each in still["agreements"]] == [
        "another day", "relations taken away",
    ]  # fmt: skip
    # With two in a hundred relations gone the order is almost what it was.
    assert still["agreements"][1]["spearman"] > still["agreements"][0]["spearman"]
    assert asked.get(f"/v1/models/m1/drift?from={TEST}&to={FIT}").status_code == 422
    assert asked.get("/v1/models/none/drift").status_code == 404


def test_training_over_http_is_the_same_training(url: str, trained: str, asked: Asked) -> None:
    async def all_() -> Any:
        async with served(url) as client:
            made = await client.post(
                "/v1/models", json={**ASKED, "name": "m2"}, headers={"Prefer": "wait=60"}
            )
            assert made.status_code == 200, made.text
            job = (await client.get("/v1/jobs")).json()["results"][0]
            assert not job["params"].get("labels")  # whom they name is for nobody to look at
            return made.json()

    found = asyncio.run(all_())
    assert found["content"] == asked.get("/v1/models/m1").json()["content"]


def test_only_an_admin_trains_or_chooses(asked: Asked) -> None:
    paths = asked.get("/openapi.json").json()["paths"]
    for path, methods in paths.items():
        if path.startswith("/v1/models"):
            for method, said in methods.items():
                assert said["x-scope"] == ("admin" if method == "post" else "trace"), path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"as_of": "soon"}, "as_of"), ({"kind": "loan"}, "kind"), ({"more": 1}, "more"),
        # What needs no facts to be told is told at once, and not once the job comes to it.
        ({"name": "../m1"}, "name"), ({"name": "x" * 300}, "name"), ({"groups": ["all"]}, "all"),
        ({"groups": []}, "groups"), ({"groups": ["ownership"]}, "groups"),
        ({"windows": [0]}, "days"),
        ({"as_of": TEST, "test_as_of": FIT}, "after"), ({"lists": ["black"]}, "labels"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_is_named(asked: Asked, change: Any, words: str) -> None:
    refused = asked.post("/v1/models", json={**ASKED, "name": "m3", **change})
    assert refused.status_code == 422 and words in refused.json()["detail"]


def test_a_name_that_is_taken_is_told_at_once(asked: Asked, trained: str) -> None:
    taken = asked.post("/v1/models", json={**ASKED, "name": trained})
    assert taken.status_code == 409


def test_who_chose_which_model_is_entered(url: str, trained: str, asked: Asked) -> None:
    assert asked.post("/v1/models/m1/use").json()["in_use"]
    assert asked.post("/v1/models/m1/use", json={"kind": "phone"}).status_code == 422
    none = asked.post("/v1/models/rules/use", json={"kind": "account"})
    assert (none.status_code, none.json()["in_use"]) == (200, {})
    assert asked.post("/v1/models/rules/use").status_code == 422
    with Session(url) as session:
        entries = [*session.store.ledger(about="models")][-2:]
        digest = session.models.entry("m1").sha256
    assert [(e.actor, e.kind, e.content) for e in entries] == [
        ("owner", "model.used", {"kind": "account", "model": "m1", "sha256": digest}),
        ("owner", "model.used", {"kind": "account", "model": "rules", "sha256": None}),
    ]


def test_who_is_granted_a_part_is_told_so_and_sees_no_card(
    url: str, trained: str, tmp_path: Path
) -> None:
    ring = Keyring(tmp_path / "keys.json")
    token = ring.create("k", ["trace"], ["bank"], now() + 10**10)[1]
    with Session(url) as session:
        app = make_app(session, Service(Access(TOKEN, keyring=ring)))
        for path in ("m1", "m1/card", "m1/drift", "m1/stability"):
            refused = ask(app, "GET", f"/v1/models/{path}", token=token)
            assert refused.status == 403, path
            assert "registry, tax, telecom" in refused.detail
        assert ask(app, "GET", "/v1/models", token=token).status == 200
        query = f"model=m1&as_of={TEST}&top=1"
        whole, part = (
            ask(app, "GET", "/v1/risk-score", query=query, token=each).said["notes"]
            for each in (TOKEN, token)
        )
        assert not [note for note in whole if "withheld" in note]
        features = len(session.models.get("m1").model.about.features)
        words = f"of the {features} features of the model are withheld from this caller"
        assert [note for note in part if words in note]


def test_days_of_drift_are_named(asked: Asked, trained: str) -> None:
    for name in ("from", "to"):
        refused = asked.get(f"/v1/models/m1/drift?{name}=soon")
        assert refused.json()["detail"].startswith(f"{name} is a date")


def test_wrong_usage_is_one_clear_line(
    url: str, trained: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "l.csv"
    labels.write_text("who,when\na1,2021-01-01\n")
    other = tmp_path / "gbk.csv"
    other.write_bytes("id,day\n甲,2021-01-01\n".encode("gb18030"))
    large = tmp_path / "large.csv"
    large.write_text(f"id,day\na1,2021-01-01\n{'x' * 200_000},2021-01-01\n")
    soon = tmp_path / "soon.jsonl"
    soon.write_text('{"id": "a1", "day": "2021-1-1"}\n')
    strange = tmp_path / "strange.csv"
    strange.write_text("id,day\na1,2021-01-01\nx1,2021-01-01\na2,2021-01-01\nx2,2021-01-01\n")
    few = tmp_path / "few.csv"
    few.write_text("id,day\na1,2021-05-01\n")
    days = ["--as-of", FIT, "--test-as-of", TEST]
    for args, code, words in (
        (["train", "M!", *days], 2, "name"),
        (["train", "m1", *days], 1, "is there already"),
        (["train", "m3", *days, "--labels", str(labels)], 3, "row 1, line 2"),
        (["train", "m3", *days, "--labels", str(large)], 3, "line 3"),
        (["train", "m3", *days, "--labels", str(other)], 3, "UTF-8"),
        (["train", "m3", "--as-of", TEST, "--test-as-of", FIT], 2, "after"),
        (["train", "m3", "--as-of", FIT, "--test-as-of", "2021-13-41"], 3, "2021-13-41"),
        (["train", "rules", *days], 2, "give another"),
        (
            ["train", "m3", "--as-of", "today", "--test-as-of", TEST],
            2,
            "as_of: a date like 2022-01-05",
        ),
        (["train", "m3", *days, "--k", "0"], 2, "k: expected `int` >= 1"),
        (["train", "m3", *days, "--labels", str(soon)], 3, "day: a date like 2022-01-05"),
        (
            ["train", "m3", *days, "--labels", str(strange)],
            3,
            "row 2, 4: not of this store; ingest these subjects first",
        ),
        (
            ["train", "m3", *days, "--kind", "company", "--labels", str(few)],
            3,
            "1 of 1 subjects are no company and count for nothing here",
        ),
        (["train", "m3", *days, "--labels", str(few)], 3, "take days with more labels"),
        (["show", "nothing"], 3, "no model"),
        (["use", "rules"], 2, "--kind"),
    ):
        capfd.readouterr()
        assert main(verb(url, *args)) == code, args
        error = capfd.readouterr().err
        assert words in error and len(error.strip().splitlines()) == 1


def test_where_there_are_no_models_it_is_said_how_one_is_made(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    address = f"sqlite:///{tmp_path}/none.db"
    open_store(address, create=True).close()
    assert main(["model", "list", "--store", address]) == 0
    assert "`linkrisk model train` makes one" in capfd.readouterr().err
    assert said(capfd, *verb(address, "list"))["results"] == []


def test_an_altered_file_answers_nothing(url: str, trained: str, asked: Asked) -> None:
    path = state_folder(url) / "models" / "m1.skops"
    assert path.stat().st_mode & 0o077 == 0
    whole = path.read_bytes()
    changed = bytearray(whole)
    changed[len(changed) // 2] ^= 1
    keeps = Session(url)
    keeps.ask("risk_score", {"model": "m1", "as_of": TEST, "top": 1})
    path.write_bytes(bytes(changed))
    try:
        with keeps, pytest.raises(StoreCorrupt, match="altered"):  # though it has it open
            keeps.models.use("m1", "cli")
        with (
            Session(url) as session,
            pytest.raises(
                StoreCorrupt, match=r"model m1: .*altered.*restore m1\.skops.*linkrisk model use"
            ),
        ):
            session.ask("risk_score", {"model": "m1", "as_of": TEST})
        with Session(url) as session, pytest.raises(StoreCorrupt):
            session.models.use("m1", "cli")
    finally:
        path.write_bytes(whole)


def test_who_is_forgotten_is_no_label_any_more(url: str, trained: str) -> None:
    with Session(url) as session:
        before = msgspec.json.decode(session.models.entry("m1").asked)["labels"]
        gone = before[0]["id"]
        needle = msgspec.json.encode(gone)
        assert session.models.forget(lambda body: needle in body) >= 1  # all models named it
        after = msgspec.json.decode(session.models.entry("m1").asked)["labels"]
        assert after == [each for each in before if each["id"] != gone] != before
        assert session.models.forget(lambda body: needle in body) == 0
