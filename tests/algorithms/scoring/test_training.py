"""Training end to end on a small world: nothing of the future, days in order, calibration."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from algorithms.scoring import fitting, training
from algorithms.scoring.keeping import content, parts
from algorithms.scoring.labels import of_lists, of_rows
from algorithms.scoring.metrics import NoTruth
from algorithms.scoring.model import band, calibrate
from algorithms.scoring.rules import Ruled
from algorithms.scoring.training import Plan, Trained, middle, slot, tabular_columns, train
from graph.errors import BadFile, WrongUsage
from graph.facts import Normaliser
from graph.snapshot import Snapshot, open_snapshot
from graph.store import open_store
from graph.times import INF, day_end
from tests.algorithms.related.worlds import world
from tests.algorithms.scoring.worlds import FIT, GROUPS, HELD, TEST, UNTIL, WINDOWS, accounts

PLAN = Plan(kind="account", fit=FIT, calibrate=HELD, test=TEST, until=UNTIL, groups=GROUPS,
            windows=WINDOWS, rules=False, k=10)  # fmt: skip
FACTS, BAD = accounts()
# All that could tell the future, were it looked at: who is found out is paid by everybody later.
LATER = [
    {"kind": "transfer", "id": f"later{n}", "from": "a1", "to": name, "amount": "1",
     "at": "2021-09-02"}
    for n, name in enumerate(BAD)
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Fewer draws and trees: what is tested holds of any number."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("algorithms.scoring.metrics.RESAMPLES", 100)
        patch.setitem(fitting._BOOSTING, "max_iter", 40)
        yield


@pytest.fixture(scope="module")
def snapshot() -> Iterator[Snapshot]:
    with world(FACTS) as view:
        yield view


def trained(view: Snapshot, plan: Plan = PLAN) -> Trained:
    return train(view, of_rows(view, BAD.items(), "given"), plan)


@pytest.fixture(scope="module")
def made(snapshot: Snapshot) -> Trained:
    return trained(snapshot)


def test_the_same_training_is_the_same_model(snapshot: Snapshot, made: Trained) -> None:
    again = trained(snapshot)
    assert content(again.model) == content(made.model)
    assert again.evaluation == made.evaluation


def test_neither_what_comes_after_a_day_nor_the_order_of_facts_is_in_a_model(made: Trained) -> None:
    mixed = FACTS + LATER
    random.Random(4).shuffle(mixed)
    with world(mixed) as view:
        other = trained(view)
    assert other.evaluation == made.evaluation
    for name, array in parts(made.model).items():
        assert array.tobytes() == parts(other.model)[name].tobytes()


def test_as_known_is_before_what_was_recorded_later_for_rows_labels_and_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was joined since is labelled in both that it was; rules are asked what was known, too."""
    store = open_store(f"sqlite:///{tmp_path}/s.db", create=True)
    normaliser = Normaliser("d", store.id_key)
    late = [{"kind": "same_as", "id": f"s{n}", "from": f"z{n}", "to": who, "by": "clerk"}
            for n, who in enumerate(BAD)]  # fmt: skip
    late += [{"kind": "account", "id": f"z{n}"} for n in range(len(BAD))]
    # The records that come to stand for the subjects are there first.
    store.write("z", [normaliser.row(f) for f in late if f["kind"] == "account"], recorded_at=1)
    store.write("a", [normaliser.row(fact) for fact in FACTS], recorded_at=2)
    store.write("s", [normaliser.row(f) for f in late if f["kind"] == "same_as"])
    view = open_snapshot(store)
    labels = of_rows(view, BAD.items(), "given")
    plan = msgspec.structs.replace(PLAN, as_known=True)
    found = slot(view, labels, plan, FIT, HELD)
    ids = {name.partition(":")[2]: bool(truth) for name, truth in zip(
        found.view.canonicals(found.nodes.tolist()), found.truth, strict=True)}  # fmt: skip
    assert {n for n, truth in ids.items() if truth and n[0] == "a"} == {
        n for n, day in BAD.items() if FIT < day <= HELD
    }
    seen: list[str] = []
    monkeypatch.setattr("algorithms.scoring.rules.rules", lambda asked, day: (
        seen.append(asked.known_at), Ruled(np.zeros(asked.n), {}, [], 0))[1])  # fmt: skip
    training._rules(plan, found, [])
    assert seen == [found.view.known_at] != [view.known_at]
    store.close()


def test_a_slot_is_whom_it_says(snapshot: Snapshot) -> None:
    """Who was labelled by the day is left out; true is who came to be by the next, and no more."""
    found = slot(snapshot, of_rows(snapshot, BAD.items(), "given"), PLAN, FIT, HELD)
    ids = [name.partition(":")[2] for name in snapshot.canonicals(found.nodes.tolist())]
    assert {*ids} == {f["id"] for f in FACTS if f["kind"] == "account"} - {
        name for name, day in BAD.items() if day <= FIT
    }
    assert [bool(t) for t in found.truth] == [FIT < BAD.get(n, "9999") <= HELD for n in ids]


def test_figures_are_those_of_scikit_learn(snapshot: Snapshot, made: Trained) -> None:
    test = slot(snapshot, of_rows(snapshot, BAD.items(), "given"), PLAN, TEST, UNTIL)
    margin, probability = made.model.score(test.matrix)
    told = made.evaluation.table[0].measures
    assert told["average_precision"].value == pytest.approx(
        average_precision_score(test.truth, margin)
    )
    assert told["roc_auc"].value == pytest.approx(roc_auc_score(test.truth, margin))
    assert made.evaluation.calibration.brier == pytest.approx(
        brier_score_loss(test.truth, probability)
    )
    assert told["roc_auc"].value > 0.6  # what was planted is found
    assert sum(each.subjects for each in made.evaluation.bins) == len(test.truth)
    assert {each.name for each in made.evaluation.table} == {
        "model", "logistic regression", "trees alone", "tabular only",
    }  # fmt: skip


def test_isotonic_calibration_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    margin = random.normal(size=900)
    truth = random.random(900) < 1 / (1 + np.exp(-margin))
    fitted = calibrate(margin, truth)
    reference = IsotonicRegression(out_of_bounds="clip").fit(margin, truth)
    asked = np.linspace(-5, 5, 101)
    assert fitted.kind == "isotonic"
    assert fitted(asked) == pytest.approx(reference.predict(asked))
    few = calibrate(margin[:60], truth[:60])
    assert few.kind == "sigmoid" and (np.diff(few(asked)) > 0).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [({"test": HELD}, "test_as_of"), ({"until": "2021-01-01"}, "until")],
)
def test_days_follow_one_another(snapshot: Snapshot, change: dict[str, Any], words: str) -> None:
    with pytest.raises(WrongUsage, match=words):
        trained(snapshot, msgspec.structs.replace(PLAN, **change))


def test_too_few_is_said(snapshot: Snapshot) -> None:
    few = of_rows(snapshot, list(BAD.items())[:3], "given")
    with pytest.raises(NoTruth, match="10 at least"):
        train(snapshot, few, PLAN)


def test_labels_that_are_none_are_named(snapshot: Snapshot) -> None:
    with pytest.raises(BadFile, match="row 2: not of this store"):
        of_rows(snapshot, [("a1", "2021-01-01"), ("nobody", "2021-01-01")], "given")
    with pytest.raises(BadFile, match="row 1: a day"):
        of_rows(snapshot, [("a1", "soon")], "given")
    twice = of_rows(snapshot, [("a1", "2021-05-01"), ("a1", "2021-02-01")], "given")
    assert twice.since[twice.since < INF].tolist() == [day_end("2021-01-31") + 1]


def test_lists_label_since_the_first_day() -> None:
    listing = {"kind": "listing", "domain": "bank", "authority": "x"}
    facts = [
        {"kind": "account", "id": "a1"},
        {"kind": "account", "id": "a2"},
        {"kind": "account", "id": "a3"},
        {**listing, "id": "l1", "subject": "a1", "list": "black", "decided_on": "2021-04-01",
         "until": "2021-05-01", "status": "active"},
        {**listing, "id": "l2", "subject": "a1", "list": "black", "decided_on": "2021-02-01",
         "status": "active"},
        {**listing, "id": "l3", "subject": "a2", "list": "red", "decided_on": "2021-02-01",
         "status": "active"},
        {**listing, "id": "l4", "subject": "a2", "list": "black", "decided_on": "2021-02-01",
         "status": "撤销"},
        {**listing, "id": "l5", "subject": "a3", "list": "black", "decided_on": "2021-02-01",
         "status": "lifted"},
        {**listing, "id": "l6", "subject": "a1", "list": "black", "decided_on": "2021-02-01",
         "domain": "a first one"},
    ]  # fmt: skip
    with world(facts) as view:
        found = of_lists(view)
        assert found.count == 2  # one was annulled; whoever was taken off had come on
        assert found.domain == {view.resolve("a1"): "a first one", view.resolve("a3"): "bank"}
        assert found.since[view.resolve("a1")] == day_end("2021-01-31") + 1
        assert of_lists(view, domains=["tax"]).count == 0


def test_small_things(snapshot: Snapshot) -> None:
    assert middle("2021-01-01", "2021-01-31") == "2021-01-16"
    assert [band(p) for p in (0.9, 0.5, 0.3, 0.1, 0.0)] == [
        "high", "high", "elevated", "moderate", "low",
    ]  # fmt: skip
    from algorithms.features.making import dictionary

    meanings = dictionary("account", ["entity", "degree", "money"])
    named = [meanings[at].name for at in tabular_columns(meanings)]
    assert named and not any("partner" in name or "transfer_out_count" in name for name in named)
