"""A model's file: back as it was, and refused where it was touched or names a type."""

from __future__ import annotations

import pickle
from contextlib import suppress
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from algorithms.scoring.fitting import boosted
from algorithms.scoring.keeping import content, packed, parts, unpacked
from algorithms.scoring.linear import logistic_regression
from algorithms.scoring.mixing import Mix
from algorithms.scoring.model import About, Calibration, Lineage, Model
from graph.errors import StoreCorrupt


@pytest.fixture(scope="module")
def model() -> Model:
    random = np.random.default_rng(2)
    matrix = random.normal(size=(120, 3))
    lineage = Lineage(snapshot="s", known_at="k", days=["a"], labels="l", labelled=1,
                      feature_version=1, code="0", seed=0, libraries={})  # fmt: skip
    about = About(kind="account", groups=["g"], windows=[7], features=["x", "y", "z"],
                  calibration="isotonic", lineage=lineage)  # fmt: skip
    truth = matrix[:, 0] > 0
    mix = Mix(boosted(matrix, truth, 0, max_iter=3), logistic_regression(matrix, truth, 0), 0.5)
    knots = Calibration("isotonic", np.array([-1.0, 1.0]), np.array([0.1, 0.9]))
    return Model(about, mix, knots, np.zeros((3, 21)), np.zeros(3), np.zeros(21))


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def test_it_comes_back_as_it_was(model: Model) -> None:
    data = packed(model)
    back = unpacked(data, _digest(data))
    assert content(back) == content(model)
    matrix = np.random.default_rng(0).normal(size=(50, 3))
    for one, other in zip(back.score(matrix), model.score(matrix), strict=True):
        assert one.tobytes() == other.tobytes()


def test_a_changed_byte_is_refused(model: Model) -> None:
    data = packed(model)
    for place in range(0, len(data), len(data) // 25):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(StoreCorrupt, match="altered"):
            unpacked(bytes(changed), _digest(data))


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("it ran",))


def _said(model: Model, **change: Any) -> dict[str, Any]:
    about = msgspec.json.encode(model.about).decode()
    return {"form": 2, "about": about, "arrays": parts(model), **change}


def test_other_types_are_refused_whatever_the_digest(
    model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even where whoever wrote the file could write its digest, too."""
    attacks = [
        pickle.dumps(Trap()),
        skops.io.dumps(_said(model, about=LogisticRegression())),
        skops.io.dumps(_said(model, arrays={**parts(model), "value": LogisticRegression()})),
        skops.io.dumps(_said(model, arrays={**parts(model), "more": np.zeros(1)})),
        skops.io.dumps(_said(model, arrays={**parts(model), "value": np.array(["x"])})),
        skops.io.dumps(_said(model, form=1)),
        skops.io.dumps([1]),
        b"",
    ]
    with suppress(TypeError):  # skops may not even write it
        attacks.append(skops.io.dumps(_said(model, about=Trap())))
    for data in attacks:
        with pytest.raises(StoreCorrupt):
            unpacked(data, _digest(data))
    assert "it ran" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("knots_x", np.zeros(3)),
        ("knots_x", np.array([1.0, -1.0])),
        ("knots_y", np.array([0.1, np.nan])),
        ("reference", np.zeros(3)),
        ("missing", np.zeros(2)),
        ("margins", np.zeros((1, 1))),
        ("base", np.zeros(0)),
    ],
)
def test_arrays_that_do_not_fit_each_other_are_refused(model: Model, name: str, array: Any) -> None:
    data = skops.io.dumps(_said(model, arrays={**parts(model), name: array}))
    with pytest.raises(StoreCorrupt, match="not a model"):
        unpacked(data, _digest(data))


def test_trees_that_never_end_are_refused(model: Model) -> None:
    arrays = {**parts(model), "left": np.zeros_like(model.mix.forest.left)}
    data = skops.io.dumps(_said(model, arrays=arrays))
    with pytest.raises(StoreCorrupt, match="not a model"):
        unpacked(data, _digest(data))
