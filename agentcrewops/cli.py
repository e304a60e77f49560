"""The command line: one verb a module; errors become one clear message and an exit code."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from agent_runtime.errors import CrewError
from agentcrewops import __version__
from agentcrewops.terminal import printable
from agentcrewops.verbs.old_spellings import current_spelling
from agentcrewops.verbs.panels import PanelGroup, group


class Commands(PanelGroup):
    """The commands at the top, and what was at the top before."""

    panels = {
        "Start": {
            "init": "Write a starter: an agent, its policy, a suite and GitHub workflows.",
            "check": "Would it run here? Files, keys, prices, endpoints, policy.",
            "run": "Run the agent once, for real.",
        },
        "Judge": {
            "canary": "Run every case N times: drift, pass or undecided?",
            "guardian": "Attack the agent: which line lets it happen?",
            "compare": "Judge two result files of any harness; nothing is run.",
            "baseline": "Record, save, refresh or show what runs are compared with.",
            "case": "Make a stored run a case of the suite.",
        },
        "Publish": {
            "publish": "Show results on GitHub: check, comment, step summary.",
        },
        "Operate": {
            "agent": "What MCP servers say about an agent's tools: pin it.",
            "policy": "Apply a policy in a shell: redact text, decide on URLs.",
        },
    }

    modules = {
        "init": "init",
        "check": "check",
        "run": "run_once",
        "canary": "canary",
        "guardian": "guardian",
        "compare": "compare",
        "baseline": "baseline",
        "case": "case",
        "publish": "publish",
        "agent": "agent",
        "policy": "policy",
        "action": "action",
        "schema": "schema",
        "validate": "validate",
        "doctor": "doctor",
    }

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, by its old spelling too."""
        return super().resolve_command(ctx, args if ctx.resilient_parsing else current_spelling(args))


app = group(
    "Ship agents like normal software: every change judged N times per case, against a baseline.",
    cls=Commands,
    name="agentcrewops",
    epilog="Start with:  agentcrewops init my-agent  ·  then:  cd my-agent && agentcrewops canary --suite suite.yaml",
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _show_version(asked: bool) -> None:
    if asked:
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
        # Printable: the message may quote a file or a model.
        sys.stderr.write(f"error: {printable(str(error))}\n")
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        # 128 + SIGINT, as shells count: https://www.gnu.org/software/bash/manual/html_node/Exit-Status.html
        raise SystemExit(130) from None
    # `| head` has read enough: no fault of anybody.
    except BrokenPipeError:
        raise SystemExit(0) from None
