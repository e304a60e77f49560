"""Groups of commands: each imported when it is called, its help in panels that say what an option is for.

Plain text, not rich's boxes: those need 0.2 s more to import, and leave 20 columns for words on a terminal of 80.
"""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from agent_runtime.errors import InvalidInput
from agentcrewops.verbs.options import COMPARE, GO_ON, HOW_MANY, OUTPUT, SPEND, WHAT

MANY = 12
"""A verb with so many options shows them in panels."""
OTHERS = "Options"
OPTION_PANELS = (WHAT, HOW_MANY, COMPARE, SPEND, GO_ON, OUTPUT, OTHERS)
_SENTENCE = 300
"""Longer than any first sentence, which is wrapped and not cut."""
_PLAIN: dict[str, Any] = {"rich_markup_mode": None, "add_completion": False}

Rows = list[tuple[str, str]]
"""What is typed, and what it does."""


class PanelCommand(TyperCommand):
    """A command whose options stand in panels, if it has many."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and options."""
        _write(formatter, _option_panels(self.get_params(ctx), ctx))


class PanelGroup(TyperGroup):
    """A group of commands whose help is in panels."""

    panels: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """Heading → command → what it does, in a few words; empty lists every command in one panel."""
    modules: ClassVar[Mapping[str, str]] = {}
    """Command → module of `agentcrewops.verbs` whose `app` it is; those added to the group are not named here."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = OnDemand({**self.commands, **self.modules})

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in their order."""
        return list(self.commands)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write commands before options; after them, where the group has work of its own."""
        options, commands = list(_option_panels(self.get_params(ctx), ctx)), self._command_panels(ctx)
        panels = [*options, *commands] if self.invoke_without_command else [*commands, *options]
        _write(formatter, panels)

    def _command_panels(self, ctx: Any) -> list[tuple[str, Rows]]:
        if self.panels:
            return [(heading, list(rows.items())) for heading, rows in self.panels.items()]
        shown = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, one.get_short_help_str(_SENTENCE)) for name, one in shown if one and not one.hidden]
        return [("Commands", rows)]


class OnDemand(UserDict[str, Any]):
    """Commands by name; one that is the name of its module is imported and built when it is asked for.

    To build all of them takes longer than most of them run.
    """

    def __getitem__(self, name: str) -> Any:
        if isinstance(found := self.data[name], str):
            self.data[name] = found = get_command(import_module(f"agentcrewops.verbs.{found}").app)
        return found


def group(summary: str, **settings: Any) -> typer.Typer:
    """A group of commands with help in panels; without one of them it prints its help."""
    defaults = {"cls": PanelGroup, "no_args_is_help": True, **_PLAIN}
    return typer.Typer(help=summary, **{**defaults, **settings})


def single(verb: Callable[..., None], **settings: Any) -> typer.Typer:
    """One command, for the table of a group."""
    app = typer.Typer(**_PLAIN)
    app.command(cls=PanelCommand, **settings)(verb)
    return app


def add(app: typer.Typer, name: str, verb: Callable[..., None], **settings: Any) -> None:
    """Add a command to a group."""
    app.command(name, cls=PanelCommand, **settings)(verb)


def default(verb: Callable[..., None], cls: type[PanelGroup] = PanelGroup) -> typer.Typer:
    """A group that does `verb` itself if no command below it is named: `canary --suite …`, and `canary merge …`.

    Args:
        verb: takes the context first, and asks it `runs_below`.
    """
    app = typer.Typer(cls=cls, subcommand_metavar="[COMMAND] …", **_PLAIN)
    app.callback(invoke_without_command=True)(verb)
    return app


def runs_below(ctx: typer.Context) -> bool:
    """Whether a command below this one was named, and does the work.

    Raises:
        InvalidInput: options stand before it, where nobody would read them.
    """
    below = ctx.invoked_subcommand
    if below is None:
        return False
    for option in ctx.command.params:
        # Only what was typed: defaults and variables of the environment stand before nothing.
        source = ctx.get_parameter_source(option.name or "")
        if source is not None and source.name == "COMMANDLINE":
            raise InvalidInput.one(
                option.opts[0],
                f"stands before `{below}`, which does not see it",
                f"write options after  {below}",
            )
    return True


def _option_panels(parameters: Iterable[Any], ctx: Any) -> Iterator[tuple[str, Rows]]:
    """Heading and rows of the arguments, then of the options."""
    shown = [(one, record) for one in parameters if (record := one.get_help_record(ctx)) is not None]
    if arguments := [record for one, record in shown if one.param_type_name == "argument"]:
        yield "Arguments", arguments
    options = [(one.rich_help_panel, record) for one, record in shown if one.param_type_name == "option"]
    if len(options) < MANY:
        yield OTHERS, [record for _, record in options]
        return
    for heading in OPTION_PANELS:
        if rows := [record for panel, record in options if (panel or OTHERS) == heading]:
            yield heading, rows


def _write(formatter: Any, panels: Iterable[tuple[str, Rows]]) -> None:
    for heading, rows in panels:
        with formatter.section(heading):
            formatter.write_dl(rows)
