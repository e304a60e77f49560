"""The flags that Guardian's verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from agentcrewops.verbs.options import WHAT

ProbeFolders = Annotated[
    list[Path] | None,
    typer.Option(
        "--probes",
        metavar="DIR",
        help="Folder with probes of your own, besides the built-in pack; repeatable.",
        rich_help_panel=WHAT,
    ),
]


def member_named(words: Any, written: str | None, flag: str) -> Any:
    """The member of an enum that was written; None for None.

    Raises:
        InvalidInput: naming the flag and what it takes.
    """
    from agent_runtime.errors import InvalidInput

    if written is None:
        return None
    try:
        return words(written)
    except ValueError:
        raise InvalidInput.one(
            flag, f"'{written}' is not known", f"write one of  {', '.join(words)}"
        ) from None
