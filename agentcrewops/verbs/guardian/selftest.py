"""`agentcrewops guardian selftest`"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING

import typer

from agentcrewops.verbs.guardian.options import ProbeFolders
from agentcrewops.verbs.options import Json

if TYPE_CHECKING:
    from security_pack.catalog.catalog import CatalogEntry
    from security_pack.guardian.selftest import Preflight


def selftest(probes: ProbeFolders = None, as_json: Json = False) -> None:
    """Try every probe on an agent that nobody guards: it must see the attack, and nothing where there is none.

    Example:  agentcrewops guardian selftest --probes probes

    Exit codes: 0 every probe may be trusted · 1 one may not · 2 bad input.
    """
    import asyncio

    from agent_runtime.progress import SILENCE, Terminal
    from security_pack.catalog.catalog import load_pack
    from security_pack.guardian.selftest import run_preflight

    pack = load_pack(probes or ())
    progress = Terminal(sys.stderr) if sys.stderr.isatty() else SILENCE
    with progress.stretch(len(pack), "probes") as stretch:
        tried = count(1)
        done = asyncio.run(
            run_preflight([one.probe for one in pack], on_probe=lambda preflight: stretch.note(next(tried)))
        )
    if as_json:
        typer.echo(json.dumps(_document(pack, done), ensure_ascii=False, indent=2))
    else:
        _tell(pack, done)
    if not all(preflight.passed for preflight in done):
        raise typer.Exit(1)


def _document(pack: Sequence[CatalogEntry], done: Sequence[Preflight]) -> dict[str, object]:
    rows = [
        {
            "id": preflight.probe_id,
            "file": one.file,
            "line": one.line,
            "passed": preflight.passed,
            "problems": list(preflight.problems),
        }
        for one, preflight in zip(pack, done, strict=True)
    ]
    return {"passed": sum(preflight.passed for preflight in done), "probes": len(done), "results": rows}


def _tell(pack: Sequence[CatalogEntry], done: Sequence[Preflight]) -> None:
    from agentcrewops.terminal import printable

    for one, preflight in zip(pack, done, strict=True):
        for problem in preflight.problems:
            typer.echo(printable(f"{one.file}:{one.line}  {preflight.probe_id}: {problem}"))
    passed = sum(preflight.passed for preflight in done)
    typer.echo(
        f"{passed} of {len(done)} probes see their attack, and nothing in its absence: not in a model that "
        "ignores it, not in the benign twin"
    )
