"""A model as bytes and back, without pickle: nothing runs when one is read.

The container is skops'. What is in it are numbers, lists and text; a file that names any other type
is refused before it is read, and so is one whose digest is not the one that the registry noted.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

import msgspec
import numpy as np

from algorithms.scoring import linear
from algorithms.scoring.linear import Linear
from algorithms.scoring.mixing import Mix
from algorithms.scoring.model import About, Calibration, Model
from algorithms.scoring.trees import ARRAYS, Forest
from graph.errors import StoreCorrupt

FORM: Final = 2
LARGEST: Final = 256 << 20  # bytes of a file
_MORE: Final = ("base", *linear.ARRAYS, "knots_x", "knots_y", "reference", "missing", "margins")


def parts(model: Model) -> dict[str, Any]:
    """The arrays that a model is."""
    return {
        **model.mix.forest.arrays, **model.mix.linear.arrays,
        "base": np.array([model.mix.forest.base, model.mix.linear.base]),
        "knots_x": model.calibration.x, "knots_y": model.calibration.y,
        "reference": model.reference, "missing": model.missing, "margins": model.margins,
    }  # fmt: skip


def content(model: Model) -> str:
    """The digest of what a model is, whatever the file around it: the same training, the same
    digest."""
    digest = sha256(msgspec.json.encode(model.about))
    for name, array in sorted(parts(model).items()):
        whole = np.ascontiguousarray(array)
        digest.update(f"{name} {whole.dtype.str} {whole.shape}".encode() + whole.tobytes())
    return digest.hexdigest()


def packed(model: Model) -> bytes:
    """The file of a model."""
    import skops.io

    about = msgspec.json.encode(model.about).decode()
    made: bytes = skops.io.dumps({"form": FORM, "about": about, "arrays": parts(model)})
    return made


def unpacked(data: bytes, digest: str) -> Model:
    """The model in a file; raises StoreCorrupt where its bytes are not those of the digest, where
    it names a type that is not a number, list or text, or is no model."""
    if len(data) > LARGEST:
        raise StoreCorrupt("the model's file is too large / 模型文件过大")
    if sha256(data).hexdigest() != digest:
        raise StoreCorrupt("the model's file was altered: its digest is not the one that was noted"
                           " / 模型文件已被改动")  # fmt: skip
    import skops.io

    try:
        if alien := skops.io.get_untrusted_types(data=data):
            raise StoreCorrupt(f"the model's file names a type that is not trusted: {alien[0]}"
                               " / 模型文件含有不受信任的类型")  # fmt: skip
        return _model(skops.io.loads(data, trusted=[]))
    except StoreCorrupt:
        raise
    except Exception as error:  # noqa: BLE001 whatever a reader of a broken archive trips over
        raise StoreCorrupt(f"not a model: {type(error).__name__} / 不是模型文件") from None


def _model(said: Any) -> Model:
    if said["form"] != FORM:
        raise StoreCorrupt("a model of another version of the program / 模型文件版本不符")
    arrays = said["arrays"]
    if set(arrays) != {*ARRAYS, *_MORE}:
        raise StoreCorrupt("not a model: other arrays / 不是模型文件")
    if not all(type(each) is np.ndarray and each.dtype.kind in "biuf" for each in arrays.values()):
        raise StoreCorrupt("not a model: arrays that are not of numbers / 不是模型文件")
    about = msgspec.json.decode(said["about"], type=About)
    base, constant = arrays["base"].tolist()
    mix = Mix(Forest(base, arrays), Linear(constant, arrays), about.trees)
    calibration = Calibration(about.calibration, arrays["knots_x"], arrays["knots_y"])
    rest = (arrays[name] for name in ("reference", "missing", "margins"))
    return Model(about, mix, calibration, *rest)
