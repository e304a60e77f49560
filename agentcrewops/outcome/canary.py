"""How a verdict leaves the command line: words, JSON and an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from agentcrewops.terminal import coloured, plain, printable
from evals.canary.sharding import ShardRun
from evals.results.verdict import Verdict, VerdictKind, verdict_document

_FAILS = {VerdictKind.DRIFT, VerdictKind.BELOW_FLOOR}
_FAILS_IF_STRICT = {VerdictKind.UNDECIDED, VerdictKind.PROVIDER_DRIFT}


def exit_code(verdict: Verdict, *, strict: bool = False, require_baseline: bool = False) -> int:
    """0 pass or undecided · 1 drift or below a floor · 3 could not measure (2 is bad input).

    The gate's own `fail_on` moves the line between 0 and 1; nothing makes a canary that could not measure pass.
    """
    kind, strict = verdict.verdict, strict or verdict.facts.get("fail_on") == "undecided"
    if kind is VerdictKind.NOT_MEASURED or (require_baseline and kind is VerdictKind.NO_BASELINE):
        return 3
    if verdict.facts.get("fail_on") == "never":
        return 0
    return int(kind in _FAILS or (strict and kind in _FAILS_IF_STRICT))


def announce(verdict: Verdict, out: Path, *, as_json: bool) -> None:
    """Print the result on stdout: the headline, its reasons and where the report is, or verdict.json."""
    if as_json:
        typer.echo(json.dumps(verdict_document(verdict), ensure_ascii=False, indent=2))
        return
    typer.echo(_coloured(verdict))
    for reason in verdict.reasons:
        if not _said(reason, verdict.headline):
            typer.echo(f"  - {plain(reason)}")
    for warning in verdict.warnings:
        typer.echo(f"  ! {plain(warning)}")
    typer.echo(f"report: {out / 'report.html'}")


def announce_shard(
    done: ShardRun, out: Path, *, as_json: bool, merge: str = "agentcrewops canary merge"
) -> None:
    """Print what one shard did on stdout; it has no verdict. `merge` puts all of them together."""
    if as_json:
        facts = {
            "shard": str(done.shard),
            "runs": done.runs,
            "planned": done.planned,
            "trouble": done.trouble,
        }
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    typer.echo(f"SHARD {done.shard} — {done.runs} of {done.planned} runs made; judge all shards together:")
    if done.trouble:
        typer.echo(f"  - {printable(done.trouble)}: run this shard again")
    typer.echo(f"{merge} {out} …")


def _said(reason: str, headline: str) -> bool:
    """True if the headline holds the reason already, but for the case of its first letter."""
    return reason.strip(".")[1:] in headline


def _coloured(verdict: Verdict) -> str:
    colours = {VerdictKind.PASS: typer.colors.GREEN, VerdictKind.NO_BASELINE: typer.colors.BLUE}
    colour = (
        typer.colors.RED if verdict.verdict in _FAILS else colours.get(verdict.verdict, typer.colors.YELLOW)
    )
    text = plain(verdict.headline)
    first, separator, rest = text.partition(" — ")
    return (typer.style(first, fg=colour, bold=True) if coloured() else first) + separator + rest
