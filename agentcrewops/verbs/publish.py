"""`agentcrewops publish`"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from agentcrewops.verbs.options import Json
from agentcrewops.verbs.panels import single


def publish(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FOLDER]...",
            help="Folders with verdict.json or findings.json; with --from-run, where to write them. "
            "[default: canary-out]",
        ),
    ] = None,
    check_name: Annotated[
        str, typer.Option("--check-name", help="Name of the check; each has a comment of its own.")
    ] = "agentcrewops",
    comment: Annotated[
        bool, typer.Option("--comment/--no-comment", help="Keep one comment on the pull request.")
    ] = True,
    fail_on: Annotated[
        Literal["drift", "undecided", "never"] | None,
        typer.Option(
            "--fail-on",
            help="From where on the check fails, unless the gate that judged says so itself: its fail_on wins. "
            "[default: drift] What could not be measured never passes.",
        ),
    ] = None,
    report_url: Annotated[
        str | None, typer.Option("--report-url", help="Web address of the full report, to link to.")
    ] = None,
    suite: Annotated[
        Path, typer.Option("--suite", help="suite.yaml whose lines are annotated, if it is the measured one.")
    ] = Path("suite.yaml"),
    from_run: Annotated[
        int | None,
        typer.Option(
            "--from-run",
            metavar="RUN_ID",
            help="Publish what this workflow run left behind, as untrusted data; in a workflow_run event it is "
            "the run that ended.",
        ),
    ] = None,
    artifact: Annotated[
        str, typer.Option("--artifact", help="With --from-run: the name of the artifact.")
    ] = "agentcrewops-results",
    issue: Annotated[
        bool,
        typer.Option("--issue", help="Keep an issue open while the agent is down, and close it afterwards."),
    ] = False,
    sarif: Annotated[
        bool, typer.Option("--sarif", help="Upload guardian.sarif of the first folder to code scanning.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print the check and the comment; needs no token and no network."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show results on GitHub: a check with annotations, one comment edited in place, step summary and outputs.

    Runs in a job of GitHub Actions with GITHUB_TOKEN in its environment. Where the token may not write a check, a
    commit status is set; where it may not write at all, as on a fork's pull request, the step summary says it all.

    Example:  agentcrewops publish canary-out --dry-run

    Exit codes: that of the verdict; 1 if GitHub failed · 2 bad input.
    """
    from agentcrewops.outcome.publication import publish_results
    from bot.publish.publishing import PublishOptions
    from evals.results.facts import FailOn

    options = PublishOptions(
        folders=tuple(folders or [Path("canary-out")]),
        check_name=check_name,
        comment=comment,
        fail_on=FailOn(fail_on) if fail_on else None,
        report_url=report_url,
        suite=suite,
        from_run=from_run,
        artifact=artifact,
        dry_run=dry_run,
        as_json=as_json,
        issue=issue,
        sarif=sarif,
    )
    sys.exit(publish_results(options, os.environ))


app = single(publish)
