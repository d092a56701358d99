"""One declaration an algorithm: the Python function, CLI verb, HTTP route and docs come from it.

    @algorithm("integrated_ownership", OwnershipParams, OwnershipRow,
               sources=("doi:10.1016/...",), title="Integrated ownership / 综合持股",
               family="ownership")
    def integrated_ownership(snapshot: Snapshot, params: OwnershipParams) -> Result[OwnershipRow]:
        '''What it computes, its units, order of rows, complexity.'''

A module `algorithms/<family>/<name>.py` is found by its text and imported only when one of its
algorithms is asked for, so listing every algorithm costs milliseconds; it must import cheaply
(msgspec and graph.model at the top, numpy and kernels inside the function).
"""

from __future__ import annotations

import difflib
import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeVar, get_origin

import msgspec
from msgspec import UNSET, Meta, UnsetType

from algorithms.catalogue import Entry, catalogue
from graph.errors import WrongUsage

if TYPE_CHECKING:
    from graph.snapshot import Snapshot

FACTS_LIMIT: Final = 20  # evidence shown on a row; `facts_total` says how many there are


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every question takes. A field's `Meta(description=…)` is its help, English / Chinese."""

    as_of: Annotated[
        str | None,
        Meta(
            description="the day the answer is true on; default today in Asia/Shanghai"
            " / 答案所依据的日期, 默认为今天",
            examples=["2022-01-05"],
            extra_json_schema={"format": "date"},
        ),
    ] = None
    known_at: Annotated[
        str | None,
        Meta(
            description="as it was known at this ISO time with zone; default the newest"
            " / 当时已知的数据, 默认为最新",
            examples=["2022-01-05T10:00:00+08:00"],
            extra_json_schema={"format": "date-time"},
        ),
    ] = None


COMMON: Final = ("as_of", "known_at")  # they stand beside `params` in the envelope

P = TypeVar("P", bound=Params)
R = TypeVar("R")


class Truncated(msgspec.Struct, frozen=True, kw_only=True):
    """A bound cut the search short: which, and what was explored before it did."""

    reason: str
    explored: int
    limit: int | None = None


class Result(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """The rows of an answer, in the deterministic order that the algorithm documents."""

    results: list[R]
    truncated: Truncated | None = None
    notes: list[str] = []
    rulebook: str | None = None  # the version of the rulebook, where one was asked


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An algorithm as it was declared."""

    name: str
    function: Callable[[Snapshot, Any], Result[Any]]
    params: type[Params]
    row: type[Any]
    sources: tuple[str, ...]
    title: str
    family: str
    route: str | None
    quick: bool

    @property
    def verb(self) -> str:
        """The name as the CLI and the HTTP route write it."""
        return self.name.replace("_", "-")

    @property
    def path(self) -> str:
        """Where the service answers it: its own route, or its verb."""
        return self.route or f"/v1/{self.verb}"

    @property
    def doc(self) -> str:
        """The function's docstring, its indentation taken off."""
        import inspect

        return inspect.getdoc(self.function) or ""

    @property
    def fields(self) -> dict[str, msgspec.structs.FieldInfo]:
        """Parameters by the name a caller uses (`from`, not `from_`), own ones before common."""
        return _fields(self.params)

    @property
    def lists(self) -> frozenset[str]:
        """Names of the parameters that take a list."""
        return _lists(self.params)


@cache
def _fields(params: type[Params]) -> dict[str, msgspec.structs.FieldInfo]:
    found = {f.encode_name: f for f in msgspec.structs.fields(params)}
    own = {k: f for k, f in found.items() if k not in COMMON}
    return own | {k: found[k] for k in COMMON}


@cache
def _lists(params: type[Params]) -> frozenset[str]:
    return frozenset(name for name, f in _fields(params).items() if _takes_list(f.type))


_DECLARED: Final[dict[tuple[str, str], Algorithm]] = {}


def algorithm(
    name: str,
    params: type[P],
    row: type[R],
    *,
    sources: tuple[str, ...],
    title: str,
    family: str,
    route: str | None = None,
    quick: bool = False,
) -> Callable[[Callable[[Snapshot, P], Result[R]]], Callable[[Snapshot, P], Result[R]]]:
    """Declare an algorithm. `sources` cites papers, statutes or standards; `title` is en / zh.

    `quick` says that its work is in proportion to what it meets, never to the graph: the service
    may then answer on its event loop what has been cheap of late, without the price of a thread.
    Raises TypeError where the declaration is incomplete: no source, no docstring, no zh title.
    """

    def declare(function: Callable[[Snapshot, P], Result[R]]) -> Callable[[Snapshot, P], Result[R]]:
        if not sources or not function.__doc__ or " / " not in title:
            raise TypeError(f"algorithm {name}: needs sources, a docstring and a title 'en / zh'")
        record = Algorithm(name, function, params, row, sources, title, family, route, quick)
        _DECLARED[function.__module__, name] = record
        return function

    return declare


class Registry(Mapping[str, Algorithm]):
    """The algorithms under a package folder by name; a look-up imports that one module only."""

    def __init__(self, folder: Path, package: str) -> None:
        self._folder = folder
        self._package = package
        self._index: dict[str, Entry] | None = None

    @property
    def index(self) -> dict[str, Entry]:
        """Name to entry, ordered by family and name, read from the text of the modules."""
        if self._index is None:
            self._index = catalogue(self._folder, self._package)
        return self._index

    def __getitem__(self, name: str) -> Algorithm:
        entry = self.index[name]
        if (entry.module, name) not in _DECLARED:
            importlib.import_module(entry.module)
        return _DECLARED[entry.module, name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.index)

    def __len__(self) -> int:
        return len(self.index)

    def find(self, name: str) -> Algorithm:
        """The algorithm of this name or verb; WrongUsage names the nearest where there is none."""
        plain = name.replace("-", "_")
        if plain in self.index:
            return self[plain]
        near = difflib.get_close_matches(plain, self.index, n=1)
        hint = f"; did you mean {near[0].replace('_', '-')}?" if near else ""
        raise WrongUsage(f"unknown algorithm: {name}{hint}")


ALGORITHMS: Final = Registry(Path(__file__).parent, "algorithms")


def evidence(facts: list[str]) -> tuple[list[str], int | UnsetType]:
    """The facts that a row shows, and their count where they are more than are shown."""
    return facts[:FACTS_LIMIT], len(facts) if len(facts) > FACTS_LIMIT else UNSET


def cut_short(cuts: Sequence[tuple[str, int | None]], explored: int) -> Truncated | None:
    """What an answer says of the bounds that were hit: the words for each and the bound, of which
    the first is told as a number. None where none was."""
    if not cuts:
        return None
    return Truncated(
        reason="; ".join(text for text, _ in cuts), explored=explored, limit=cuts[0][1]
    )


def prepare(record: Algorithm, given: Mapping[str, Any]) -> Params:
    """Check a question's parameters: text becomes numbers, `a,b` a list, `max-length` max_length.

    `as_of` left out becomes today in Asia/Shanghai. Raises WrongUsage naming the parameter.
    """
    fields = record.fields
    values: dict[str, Any] = {}
    for key, value in given.items():
        name = key.replace("-", "_")
        if name not in fields:
            raise WrongUsage(f"unknown parameter {key}: {record.verb} takes {', '.join(fields)}")
        if isinstance(value, str) and name in record.lists:
            values[name] = split([value])
        elif value is not None:
            values[name] = value
    for name, field in fields.items():
        if field.required and name not in values:
            raise WrongUsage(f"missing parameter {name}")
    values["as_of"] = as_day(values.get("as_of"))
    try:
        found = msgspec.convert(values, record.params, strict=False)
    except msgspec.ValidationError as error:
        raise WrongUsage(readable(str(error))) from None
    for name, value in used(found).items():
        # Past this no reader of the answer could read it back.
        if isinstance(value, int | float) and not -(2.0**63) < value < 2.0**63:
            raise WrongUsage(f"{name}: not a number of at most 18 digits / 数值超出范围")
    return found


def ask(snapshot: Snapshot, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Ask a question by its algorithm's name or verb and put the answer in its envelope.

    `snapshot` is opened for the question's `known_at`. `params` in the envelope are the values
    used, defaults among them; `as_of` and `known_at` stand beside them. The same question on the
    same snapshot gives the same bytes. Raises WrongUsage, and what the algorithm raises.
    """
    record = ALGORITHMS.find(name)
    return answer(snapshot, record, prepare(record, params))


def answer(snapshot: Snapshot, record: Algorithm, params: Params) -> dict[str, Any]:
    """The envelope of a prepared question."""
    result = record.function(snapshot, params)
    envelope: dict[str, Any] = {
        "algorithm": record.name,
        "params": told(snapshot, params),
        "as_of": params.as_of,
        "known_at": snapshot.known_at,
        "snapshot": snapshot.name,
        "results": result.results,
        "truncated": result.truncated,
    }
    if result.rulebook is not None:
        envelope["rulebook"] = result.rulebook
    if notes := [*result.notes, *snapshot.notes]:
        envelope["notes"] = notes
    return envelope


def used(params: Params) -> dict[str, Any]:
    """The parameters that an envelope shows: those that have a value, but for the common ones."""
    names = zip(params.__struct_fields__, params.__struct_encode_fields__, strict=True)
    return {
        shown: value
        for name, shown in names
        if name not in COMMON and (value := getattr(params, name)) is not None
    }


def told(snapshot: Snapshot, params: Params) -> dict[str, Any]:
    """The same as an answer tells them: who was asked about by a resident id, a phone or an account
    number is told by the canonical id, which discloses nobody and asks the same again."""
    return {name: _discreet(snapshot, value) for name, value in used(params).items()}


_KEYLIKE: Final = re.compile(r"(?:[0-9][ -]?){9}")


def _discreet(snapshot: Snapshot, value: Any) -> Any:
    if isinstance(value, list):
        return [_discreet(snapshot, each) for each in value]
    if isinstance(value, str) and _KEYLIKE.search(value):
        return snapshot.discreet(value)
    return value


def encode(envelope: Mapping[str, Any]) -> bytes:
    """The bytes of an answer, the same over HTTP and on standard output."""
    return msgspec.json.encode(envelope)


def split(values: Iterable[str]) -> list[str]:
    """The parts of a list given as text, repeated or separated by commas."""
    return [part for value in values for part in value.split(",") if part]


def _takes_list(annotation: Any) -> bool:
    """Whether a parameter's type is a list, or a list or nothing."""
    if get_origin(annotation) is Annotated:
        annotation = annotation.__origin__
    options = getattr(annotation, "__args__", ()) if get_origin(annotation) is not list else ()
    return annotation is list or get_origin(annotation) is list or any(map(_takes_list, options))


def as_day(text: Any, name: str = "as_of") -> str:
    """A date, that of `name`, as text; today in Asia/Shanghai for none. Raises WrongUsage."""
    if text is None:
        from graph.times import today

        return today()
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise WrongUsage(f"{name} is a date like 2022-01-05, not {text!r}")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise WrongUsage(f"{name} {text}: {error}") from None


# What msgspec says of text that the pattern of a day does not fit.
_NO_DAY: Final = r"Expected `str` matching regex '^\\d{4}-\\d{2}-\\d{2}$'"


def readable(message: str) -> str:
    """`Expected int >= 1 - at `$.depth`` becomes `depth: expected int >= 1`; the pattern of a day
    becomes a day."""
    reason, _, where = message.partition(" - at `$.")
    reason = reason.replace(_NO_DAY, "a date like 2022-01-05 / 日期须写作 2022-01-05")
    reason = reason[:1].lower() + reason[1:]
    return f"{where.rstrip('`')}: {reason}" if where else reason
