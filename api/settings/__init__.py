"""What a deployment sets: flags over environment over one TOML file, each value typed and named.

A part of the service declares a struct of its own and one line in `SECTIONS`; its keys are then
read from the table of that name in the file and from `LINKRISK_<SECTION>_<KEY>`, shown by
`linkrisk settings` and described in docs/settings.md. Descriptions are `Meta(description=…)`,
secrets `Meta(extra=SECRET)`.

    class Webhooks(msgspec.Struct, frozen=True):
        attempts: Annotated[int, Meta(ge=1, description="…/…")] = 20

    settings = read(flags={"server": {"port": 0}})
    settings.section(Webhooks).attempts
"""

from __future__ import annotations

import importlib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from msgspec.inspect import type_info

from graph.errors import InputError

# Section: where its struct is. The one of no name holds the keys outside of any table.
SECTIONS: Final[dict[str, str]] = {
    "": "api.settings.own:General",
    "server": "api.settings.own:Server",
    "access": "api.access.settings:AccessSettings",
    "log": "api.settings.own:Log",
    "metrics": "api.settings.own:Metrics",
    "jobs": "api.jobs.settings:JobSettings",
    "intake": "api.intake.settings:IntakeSettings",
    "match": "api.matching.settings:MatchSettings",
    "webhooks": "api.webhooks.settings:WebhookSettings",
    "monitor": "api.monitor.settings:MonitorSettings",
    "retention": "api.privacy.settings:Retention",
}
PREFIX: Final = "LINKRISK_"
CONFIG: Final = "LINKRISK_CONFIG"
SECRET: Final = {"secret": True}
MASK: Final = "********"
DEFAULT: Final = "default"


Section = msgspec.Struct  # a `__post_init__` may raise ValueError where values do not fit
S = TypeVar("S", bound=Section)


class WrongSetting(InputError):
    """A setting that is none, or has a value that it cannot take."""


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: its section and name, type, default, and whether it is a secret."""

    section: str
    name: str
    kind: Any
    default: Any
    description: str
    secret: bool

    @property
    def shown(self) -> str:
        """The name as messages have it: `section.key`."""
        return f"{self.section}.{self.name}" if self.section else self.name

    @property
    def variable(self) -> str:
        """The variable of the environment."""
        parts = (self.section, self.name) if self.section else (self.name,)
        return PREFIX + "_".join(parts).upper()


@dataclass(frozen=True, slots=True)
class Given:
    """A value that somebody set, and where."""

    value: Any
    whence: str
    typed: bool  # TOML has types; environment and flags have text


class Settings:
    """What holds, by section, and where each value came from."""

    def __init__(self, sections: Mapping[str, Section], whence: Mapping[str, str]) -> None:
        self._sections = sections
        self._whence = whence

    def section(self, kind: type[S]) -> S:
        """The values of a section, by its struct."""
        return next(each for each in self._sections.values() if isinstance(each, kind))

    def all(self) -> tuple[Section, ...]:
        """The values of every section."""
        return tuple(self._sections.values())

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every setting with its value and whence it came; secrets masked."""
        for key in keys():
            value = msgspec.to_builtins(getattr(self._sections[key.section], key.name))
            if key.secret and value:
                value = MASK
            whence = self._whence.get(key.shown, DEFAULT)
            yield {"setting": key.shown, "value": value, "from": whence}


def struct_of(section: str) -> type[Section]:
    """The struct of a section."""
    module, _, name = SECTIONS[section].partition(":")
    found: type[Section] = getattr(importlib.import_module(module), name)
    return found


@cache
def keys() -> tuple[Key, ...]:
    """Every setting there is, in order."""
    found = []
    for section in SECTIONS:
        struct = struct_of(section)
        for field in msgspec.structs.fields(struct):
            default = field.default
            if field.default_factory is not msgspec.NODEFAULT:
                default = field.default_factory()
            meta = type_info(field.type)
            extra = getattr(meta, "extra", None) or {}
            schema = getattr(meta, "extra_json_schema", None) or {}
            said = schema.get("description", "")
            secret = bool(extra.get("secret"))
            found.append(Key(section, field.name, field.type, default, said, secret))
    return tuple(found)


def read(
    config: str | None = None,
    flags: Mapping[str, Mapping[str, Any]] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """What holds: `flags` by section and key (None: not given), over the environment, over the
    file `config` or LINKRISK_CONFIG. Raises WrongSetting naming file or variable, key and reason.
    """
    around = os.environ if environment is None else environment
    given: dict[str, Given] = {}
    path = config or around.get(CONFIG)
    if path:
        given |= _of_file(Path(path))
    given |= _of_environment(around)
    for section, values in (flags or {}).items():
        for name, value in values.items():
            if value is not None:
                known = _known(section, name, "flag")
                given[known.shown] = Given(value, "flag", typed=True)
    return _settings(given)


def configured(name: str) -> Any:
    """A key outside of any table, of the file that LINKRISK_CONFIG names; None without one."""
    path = os.environ.get(CONFIG)
    return _table(Path(path)).get(name) if path else None


def _settings(given: Mapping[str, Given]) -> Settings:
    sections: dict[str, Section] = {}
    for section in SECTIONS:
        values, whence = {}, DEFAULT
        for key in keys():
            if key.section == section and (found := given.get(key.shown)) is not None:
                values[key.name] = _converted(key, found)
                whence = found.whence
        try:
            sections[section] = struct_of(section)(**values)
        except (ValueError, TypeError) as error:
            raise WrongSetting(f"{whence}: [{section}]: {error}") from None
    return Settings(sections, {name: each.whence for name, each in given.items()})


def _converted(key: Key, given: Given) -> Any:
    value = given.value
    if not given.typed and isinstance(value, str) and _is_list(key.kind):
        value = [part for each in value.split(",") if (part := each.strip())]
    try:
        return msgspec.convert(value, key.kind, strict=given.typed and given.whence != "flag")
    except msgspec.ValidationError as error:
        reason, _, inside = str(error).partition(" - at `$")
        where = key.shown + inside.rstrip("`")
        raise WrongSetting(f"{given.whence}: {where}: {reason[:1].lower()}{reason[1:]}") from None


def _is_list(kind: Any) -> bool:
    found = type_info(kind)
    inner = getattr(found, "type", found)  # of Annotated
    options = getattr(inner, "types", (inner,))
    return any(
        isinstance(each, msgspec.inspect.ListType | msgspec.inspect.VarTupleType)
        for each in options
    )


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise WrongSetting(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongSetting(f"{path}: not TOML: {error}") from None


def _of_file(path: Path) -> dict[str, Given]:
    given = {}
    for name, value in _table(path).items():
        if name and name in SECTIONS:
            if not isinstance(value, dict):
                raise WrongSetting(f"{path}: {name}: expected a table [{name}]")
            for inner, each in value.items():
                given[_known(name, inner, str(path)).shown] = Given(each, str(path), typed=True)
        else:
            given[_known("", name, str(path)).shown] = Given(value, str(path), typed=True)
    return given


def _of_environment(around: Mapping[str, str]) -> dict[str, Given]:
    """Variables of known settings; one that begins as a section's do and is none is refused."""
    named = {key.variable: key for key in keys()}
    begins = tuple(f"{PREFIX}{section.upper()}_" for section in SECTIONS if section)
    given = {}
    for variable, value in around.items():
        key = named.get(variable)
        if key is not None:
            if value:
                given[key.shown] = Given(value, variable, typed=False)
        elif variable.startswith(begins):
            raise WrongSetting(f"{variable}: no such setting{_near(variable, named)}")
    return given


def _known(section: str, name: str, whence: str) -> Key:
    named = {key.shown: key for key in keys()}
    shown = f"{section}.{name}" if section else name
    if shown not in named:
        raise WrongSetting(f"{whence}: {shown}: no such setting{_near(shown, named)}")
    return named[shown]


def _near(name: str, names: Mapping[str, object]) -> str:
    import difflib

    near = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]}?" if near else ""
