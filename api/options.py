"""The options of a verb: the common ones in one place, an algorithm's from its parameters."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from api.parameters import Parameter

DEFAULT_STORE: Final = "sqlite:///linkrisk.db"
_METAVARS: Final = {"text": "TEXT", "integer": "INT", "number": "NUMBER"}


@dataclass(slots=True)
class Common:
    """What every verb accepts, before it or after it; after wins."""

    store: str | None = None
    json: bool = False
    timing: bool = False

    @property
    def url(self) -> str:
        """The store asked for: the option, LINKRISK_STORE, `store` in the file that LINKRISK_CONFIG
        names, or linkrisk.db in this folder."""
        if asked := self.store or os.environ.get("LINKRISK_STORE"):
            return asked
        if os.environ.get("LINKRISK_CONFIG"):
            from api.settings import configured

            return str(configured("store") or DEFAULT_STORE)
        return DEFAULT_STORE


def common_options() -> list[click.Option]:
    """`--store`, `--json`, `--timing`; they are kept in the context's Common, not passed on."""

    def keep(context: click.Context, option: click.Parameter, value: Any) -> None:
        if value:
            setattr(context.ensure_object(Common), str(option.name), value)

    return [
        click.Option(
            ["--store"],
            metavar="URL",
            expose_value=False,
            callback=keep,
            help=f"The store; default $LINKRISK_STORE or {DEFAULT_STORE}.",
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            expose_value=False,
            callback=keep,
            help="Print the answer as JSON, the bytes that the HTTP route answers.",
        ),
        click.Option(
            ["--timing"],
            is_flag=True,
            expose_value=False,
            callback=keep,
            help="Say on standard error how long it took.",
        ),
    ]


class Verb(click.Command):
    """A command with the common options after its own."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params.extend(common_options())


class Reading(Verb):
    """A verb that loses nothing where it is broken off: an interrupt ends it within a second."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; raises KeyboardInterrupt."""
        from api.interrupt import interruptible

        with interruptible(harmless=True):
            return super().invoke(ctx)


config_option = click.option(
    "--config",
    metavar="FILE",
    help="Settings as TOML; default $LINKRISK_CONFIG. See docs/settings.md.",
)
pass_common = click.make_pass_decorator(Common, ensure=True)


def option_of(parameter: Parameter) -> click.Option:
    """An algorithm's parameter as an option. Values stay text: the registry checks them once."""
    names = [parameter.option, parameter.name]
    notes = [parameter.bounds] if parameter.bounds else []
    if parameter.required:
        notes.append("required")
    elif parameter.default not in (None, False, []):
        shown = parameter.default
        notes.append(f"default: {','.join(shown) if isinstance(shown, list) else shown}")
    if parameter.many:
        notes.append("repeat or separate by commas")
    text = parameter.description + (f"  [{'; '.join(notes)}]" if notes else "")
    if parameter.type == "flag":
        if parameter.default is True:
            names[0] += f"/--no-{names[0][2:]}"
        return click.Option(names, is_flag=True, default=None, help=text)
    metavar = _METAVARS.get(parameter.type, f"[{parameter.type}]")
    return click.Option(names, metavar=metavar, multiple=parameter.many, help=text)
