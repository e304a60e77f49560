"""The command line: one verb a module; errors become one clear message and an exit code."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from agent_runtime.errors import CrewError
from agentcrewops import __version__
from agentcrewops.terminal import printable
from agentcrewops.verbs import (
    action,
    baseline,
    canary,
    case,
    compare,
    doctor,
    egress,
    grade,
    guardian,
    import_results,
    init,
    mcp,
    merge,
    publish,
    redact,
    report,
    run_once,
    schema,
    trend,
    validate,
)

app = typer.Typer(
    name="agentcrewops",
    help="Ship agents like normal software: every change judged N times per case, against a baseline.",
    epilog="Start with:  agentcrewops init my-agent  ·  then:  cd my-agent && agentcrewops canary --suite suite.yaml",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("init")(init.init)
app.command("validate")(validate.validate)
app.command("doctor")(doctor.doctor)
app.command("run")(run_once.run)
app.command("canary")(canary.canary)
app.command("merge")(merge.merge)
app.command("publish")(publish.publish)
app.command("compare")(compare.compare)
app.command("grade")(grade.grade)
app.add_typer(guardian.app, name="guardian")
app.add_typer(import_results.app, name="import")
app.add_typer(baseline.app, name="baseline")
app.add_typer(case.app, name="case")
app.add_typer(mcp.app, name="mcp")
app.command("report")(report.report)
app.command("trend")(trend.trend)
app.command("redact")(redact.redact)
app.add_typer(egress.app, name="egress")
app.add_typer(action.app, name="action")
app.command("schema")(schema.schema)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    """Exit codes: 0 pass or undecided · 1 drift or below a floor · 2 bad input · 3 could not measure."""


def run() -> None:
    """Run the command line; a `CrewError` is a message on stderr and its exit code, never a traceback."""
    try:
        app()
    except CrewError as error:
        sys.stderr.write(f"error: {printable(str(error))}\n")
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        raise SystemExit(130) from None
    except BrokenPipeError:
        raise SystemExit(0) from None
