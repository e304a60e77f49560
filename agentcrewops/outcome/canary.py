"""How a verdict leaves the command line: words, JSON and an exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from agentcrewops.terminal import coloured, plain, printable
from evals.results.facts import FailOn
from evals.results.verdict import Tone, Verdict, VerdictKind, verdict_document

if TYPE_CHECKING:
    from evals.canary.sharding import ShardRun

_COLOURS = {
    Tone.GOOD: typer.colors.GREEN,
    Tone.BAD: typer.colors.RED,
    Tone.DOUBT: typer.colors.YELLOW,
    Tone.PLAIN: typer.colors.BLUE,
}


def exit_code(
    verdict: Verdict, fail_on: FailOn = FailOn.DRIFT, *, strict: bool = False, require_baseline: bool = False
) -> int:
    """0 pass or undecided · 1 drift or below a floor · 3 could not measure (2 is bad input).

    The gate's own `fail_on` moves the line between 0 and 1; nothing makes a canary that could not measure pass.

    Args:
        fail_on: where the gate does not say.
        strict: undecided fails too, unless the gate says that nothing does.
    """
    kind, fail_on = verdict.verdict, verdict.facts.fail_on or fail_on
    # Before `fail_on`: a gate that compared nothing has not been passed, whatever it would have forgiven.
    if require_baseline and kind is VerdictKind.NO_BASELINE:
        return 3
    return kind.exit_code(FailOn.UNDECIDED if strict and fail_on is not FailOn.NEVER else fail_on)


def announce(verdict: Verdict, out: Path, *, as_json: bool) -> None:
    """Print the result on stdout: the headline, its reasons and where the report is, or verdict.json."""
    if as_json:
        typer.echo(json.dumps(verdict_document(verdict), ensure_ascii=False, indent=2))
        return
    typer.echo(toned(plain(verdict.headline), verdict.verdict.tone))
    for reason in verdict.reasons:
        if not _in_headline(reason, verdict.headline):
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


def _in_headline(reason: str, headline: str) -> bool:
    """True if the headline holds the reason already, but for the case of its first letter."""
    return reason.strip(".")[1:] in headline


def toned(headline: str, tone: Tone) -> str:
    """The headline, at a terminal with colours its verdict in that of its tone."""
    first, separator, rest = headline.partition(" — ")
    return (typer.style(first, fg=_COLOURS[tone], bold=True) if coloured() else first) + separator + rest
