"""The flags that Guardian's verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ProbeFolders = Annotated[
    list[Path] | None,
    typer.Option("--probes", help="Folder with probes of your own, besides the built-in pack; repeatable."),
]
