"""A group of verbs of which one is meant if none is named."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class RunByDefault(TyperGroup):
    """`guardian --agent …` means `guardian run --agent …`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """A first word that is an option belongs to `run`, unless it asks for help."""
        named = bool(args) and (not args[0].startswith("-") or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else ["run", *args])
