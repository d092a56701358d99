"""The registry by itself: a toy package on disk, its declarations, its parameters' edges."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from algorithms import registry
from algorithms.catalogue import catalogue
from algorithms.registry import ALGORITHMS, Params, Registry, Result, algorithm, prepare
from graph.errors import WrongUsage

TOY = '''
"""A toy."""
from __future__ import annotations
from typing import Annotated, Any, Literal
import msgspec
from msgspec import Meta
from algorithms.registry import Params, Result, algorithm

class ToyParams(Params, frozen=True, kw_only=True):
    from_: Annotated[str, Meta(description="start / 起点")] = msgspec.field(name="from")
    depth: Annotated[int, Meta(description="depth / 层数", ge=1, le=5)] = 3
    kinds: Annotated[list[str] | None, Meta(description="kinds / 种类")] = None
    way: Annotated[Literal["in", "out"], Meta(description="way / 方向")] = "in"
    backward: Annotated[bool, Meta(description="backward / 逆向")] = False

class ToyRow(msgspec.Struct, frozen=True, kw_only=True):
    depth: int

@algorithm(
    "toy_steps", ToyParams, ToyRow,
    sources=("doi:10.1000/182",), title="Toy steps / 步数", family="toys",
)
def toy_steps(snapshot: Any, params: ToyParams) -> Result[ToyRow]:
    """Counts to `depth`."""
    return Result(results=[ToyRow(depth=d + 1) for d in range(params.depth)])
'''


class View:
    """What a toy needs of a snapshot."""

    name = "sha256:00"
    known_at = "2022-01-05T00:00:00+08:00"
    notes = ()


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("packages")
    family = folder / "toybox" / "toys"
    family.mkdir(parents=True)
    (folder / "toybox" / "__init__.py").touch()
    (family / "__init__.py").touch()
    (family / "toy_steps.py").write_text(TOY, encoding="utf-8")
    sys.path.insert(0, str(folder))
    yield Registry(folder / "toybox", "toybox")
    sys.path.remove(str(folder))


def test_a_declaration_is_found_by_its_text_and_imported_on_use(toys: Registry) -> None:
    assert list(toys) == ["toy_steps"]
    entry = toys.index["toy_steps"]
    assert (entry.title, entry.family, entry.verb) == ("Toy steps / 步数", "toys", "toy-steps")
    assert "toybox.toys.toy_steps" not in sys.modules
    record = toys.find("toy-steps")
    assert record.doc == "Counts to `depth`."
    assert list(record.fields) == ["from", "depth", "kinds", "way", "backward", "as_of", "known_at"]


def test_text_becomes_what_the_parameter_is(toys: Registry) -> None:
    given = {"from": "c1", "depth": "2", "kinds": "a,b", "backward": "true", "as-of": "2022-01-05"}
    params: Any = prepare(toys["toy_steps"], given)
    assert (params.from_, params.depth, params.kinds, params.backward) == (
        "c1",
        2,
        ["a", "b"],
        True,
    )
    assert params.as_of == "2022-01-05"


def test_a_list_given_as_a_list_is_not_split(toys: Registry) -> None:
    params: Any = prepare(toys["toy_steps"], {"from": "c1", "kinds": ["a,b"]})
    assert params.kinds == ["a,b"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "missing parameter from"),
        ({"from": "x", "dept": 1}, "unknown parameter dept: toy-steps takes from, depth"),
        ({"from": "x", "depth": 9}, "depth: expected `int` <= 5"),
        ({"from": "x", "depth": "many"}, "depth: expected `int`"),
        ({"from": "x", "way": "up"}, "way: invalid enum value 'up'"),
        ({"from": 7}, "from: expected `str`"),
        ({"from": "x", "as_of": "2022-02-30"}, "as_of 2022-02-30: day is out of range"),
        ({"from": "x", "as_of": "yesterday"}, "as_of is a date like 2022-01-05"),
        ({"from": "x", "as_of": 20220105}, "as_of is a date like 2022-01-05"),
    ],
)
def test_wrong_usage_names_the_parameter(toys: Registry, given: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongUsage) as caught:
        prepare(toys["toy_steps"], given)
    assert str(caught.value).startswith(said)


def test_the_envelope_has_the_values_used_and_always_the_same_bytes(toys: Registry) -> None:
    record = toys["toy_steps"]
    params = prepare(record, {"from": "c1", "depth": 1, "as_of": "2022-01-05"})
    envelope = registry.answer(View(), record, params)  # type: ignore[arg-type]
    assert registry.encode(envelope) == (
        b'{"algorithm":"toy_steps","params":{"from":"c1","depth":1,"way":"in","backward":false},'
        b'"as_of":"2022-01-05","known_at":"2022-01-05T00:00:00+08:00","snapshot":"sha256:00",'
        b'"results":[{"depth":1}],"truncated":null}'
    )


def test_as_of_is_today_in_shanghai_by_default(
    toys: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.times.today", lambda: "2031-12-31")
    assert prepare(toys["toy_steps"], {"from": "c1"}).as_of == "2031-12-31"


def test_a_declaration_needs_a_source_a_docstring_and_both_languages() -> None:
    class Row(msgspec.Struct):
        pass

    def documented(snapshot: Any, params: Params) -> Result[Row]:
        """Computes."""
        return Result(results=[])

    def silent(snapshot: Any, params: Params) -> Result[Row]:
        return Result(results=[])

    for function, sources, title in (
        (documented, (), "A / 甲"),
        (documented, ("doi:1",), "A"),
        (silent, ("doi:1",), "A / 甲"),
    ):
        declare = algorithm("a", Params, Row, sources=sources, title=title, family="f")
        with pytest.raises(TypeError, match="needs sources, a docstring and a title"):
            declare(function)


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(WrongUsage, match="did you mean integrated-ownership"):
        ALGORITHMS.find("integrated-ownrship")


def test_the_text_says_what_the_declarations_say() -> None:
    for entry in catalogue().values():
        record = ALGORITHMS[entry.name]
        assert (record.title, record.family, record.verb) == (entry.title, entry.family, entry.verb)
        assert entry.module.rpartition(".")[2] == entry.name


def test_evidence_stops_at_twenty_facts() -> None:
    facts = [f"d:{n}" for n in range(21)]
    assert registry.evidence(facts[:20]) == (facts[:20], msgspec.UNSET)
    assert registry.evidence(facts) == (facts[:20], 21)


def test_no_algorithm_imports_anything_heavy_before_it_is_asked() -> None:
    code = (
        "import sys; from algorithms.registry import ALGORITHMS; list(ALGORITHMS.values());"
        "print(*sorted({'numpy','numba','scipy','networkx','pyarrow'} & set(sys.modules)))"
    )
    root = Path(registry.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
