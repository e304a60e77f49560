"""`agentcrewops guardian sinks`"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentcrewops.verbs.options import Json

if TYPE_CHECKING:
    from security_pack.catalog.conditions import SinkKind
    from security_pack.sinks import SinkHit


def sinks(
    kinds: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="KIND,…",
            help="Where the text ends up: html, markdown, sql, shell, path, csv, url, terminal, yaml, json, "
            "template, command.",
        ),
    ],
    file: Annotated[Path, typer.Argument(help="The text to check; - is stdin.", show_default=True)] = Path(
        "-"
    ),
    as_json: Json = False,
) -> None:
    """Say what of a text is live where it ends up: markup, a command, a formula, an escape sequence, …

    The text is what your program would put there unescaped: a page's content, an SQL literal, a shell word, a
    whole path. It is parsed with that grammar and nothing of it is executed or fetched. Example:

    echo '<img src=x onerror=alert(1)>' | agentcrewops guardian sinks --as html

    Exit codes: 0 nothing is live · 1 something is · 2 the text cannot be read.
    """
    from agentcrewops.terminal import printable
    from security_pack.sinks import active_parts

    chosen = _kinds(kinds)
    text = _text(file)
    hits = [hit for kind in chosen for hit in active_parts(kind, text)]
    if as_json:
        typer.echo(json.dumps([_facts(hit, text) for hit in hits], indent=2))
    else:
        typer.echo(printable("\n".join(_line(hit, text) for hit in hits) or _nothing(chosen)))
    sys.exit(1 if hits else 0)


def _kinds(written: str) -> tuple[SinkKind, ...]:
    from agent_runtime.errors import InvalidInput
    from security_pack.sinks import SINKS

    named = [name.strip().lower() for name in written.split(",")]
    unknown = [name for name in named if name not in SINKS]
    if unknown:
        raise InvalidInput.one("--as", f"'{unknown[0]}' is not a kind", f"there are {', '.join(SINKS)}")
    return tuple(kind for kind in SINKS if kind in named)


def _text(file: Path) -> str:
    from agent_runtime.files.documents import read_text
    from agentcrewops.runs.standard_input import read_stdin

    return read_stdin() if str(file) == "-" else read_text(file)


def _facts(hit: SinkHit, text: str) -> dict[str, Any]:
    return {"kind": hit.kind, "rule": hit.rule, "line": _line_of(hit, text), "excerpt": hit.excerpt}


def _line(hit: SinkHit, text: str) -> str:
    line = _line_of(hit, text)
    place = f"line {line}" if line is not None else "-"
    excerpt = " ".join(hit.excerpt.split())
    return f"{place:<9} {hit.kind:<9} {hit.rule.replace('_', ' '):<18} {excerpt}"


def _line_of(hit: SinkHit, text: str) -> int | None:
    """The line where the excerpt begins; None if the text spells it differently, as with entities."""
    for quote in (hit.excerpt, hit.excerpt.partition("=")[0]):
        if quote and (at := text.find(quote)) >= 0:
            return text.count("\n", 0, at) + 1
    return None


def _nothing(kinds: Sequence[SinkKind]) -> str:
    return f"nothing is live in {', '.join(kinds)}"
