"""`agentcrewops publish`, wired: results and environment in, words and an exit code out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_runtime.errors import InvalidInput
from agentcrewops.terminal import printable, printable_json
from bot.actions.environment import TOKEN, ActionsEnvironment, read_environment
from bot.message.annotations import Checkout, checkout_at
from bot.message.checks import BATCH, first_body, next_body
from bot.message.results import read_results
from bot.publish.publishing import (
    Publication,
    Published,
    PublishOptions,
    publication_of,
    refuse_stale,
    send,
    target_of,
    target_of_run,
)
from evals.formatting.excerpts import web_link

if TYPE_CHECKING:
    from bot.github.repository import GitHub

LONGEST_NAME = 100
"""Characters of a check's name. Chosen."""


def publish_results(options: PublishOptions, environ: Mapping[str, str]) -> int:
    """Publish, tell what became of it, and return the exit code.

    Raises:
        InvalidInput: the call, the environment or the results cannot be right.
        CrewError: the results of another run could not be had.
    """
    _refuse_unusable(options)
    environment = _environment(options, environ)
    run_id = options.from_run or environment.triggering_run
    # Without GitHub: a dry run of what is here needs no token.
    if options.dry_run and run_id is None:
        publication = _publication_of_job(options, environment)
        _print_dry_run(publication, as_json=options.as_json)
        return publication.exit_code
    github = _github(environment)
    publication = (
        _publication_of_job(options, environment)
        if run_id is None
        else _publication_of_run(options, environment, github, run_id)
    )
    if options.dry_run:
        _print_dry_run(publication, as_json=options.as_json)
        return publication.exit_code
    published = send(publication, github, environment)
    _print(publication, published, as_json=options.as_json)
    # What was measured counts first; a comment that GitHub refused only where all else is well.
    return publication.exit_code or int(published.failed)


def _publication_of_job(options: PublishOptions, environment: ActionsEnvironment) -> Publication:
    """Of what this job measured."""
    results = read_results(options.folders)
    if environment.sha != NOWHERE:
        refuse_stale(results, environment)
    elif results.commits:
        # Any one of them, but always the same: a dry run shows what would be sent, and is repeated.
        environment = _nowhere(min(results.commits))
    checkout = checkout_at(environment.workspace, options.suite, results)
    return publication_of(results, checkout, target_of(environment, options.report_url), options)


def _publication_of_run(
    options: PublishOptions, environment: ActionsEnvironment, github: GitHub, run_id: int
) -> Publication:
    """Of what another run measured: no line of this checkout is one of its lines."""
    from bot.publish.foreign_run import fetch_run

    if len(options.folders) > 1:
        raise InvalidInput.one("--from-run", "writes to one folder", "give one FOLDER")
    foreign = fetch_run(github, run_id, options.artifact, options.folders[0])
    target = target_of_run(foreign, environment, options.report_url)
    return publication_of(foreign.results, Checkout(environment.workspace), target, options)


def _refuse_unusable(options: PublishOptions) -> None:
    name = options.check_name
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        fix = f"write a short name of at most {LONGEST_NAME} printable characters"
        raise InvalidInput.one("--check-name", f"{name[:40]!r} cannot be the name of a check", fix)
    if options.report_url is not None and web_link(options.report_url) is None:
        raise InvalidInput.one("--report-url", "is not a web address", "write  https://…")


# --- environment ------------------------------------------------------------------------------------------

NOWHERE = "0" * 40
"""The commit of a dry run outside Actions whose results know none."""
_PAUSE = 0.1
"""Seconds between writes: GitHub asks for one between many, and a job makes three to five.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""


def _environment(options: PublishOptions, environ: Mapping[str, str]) -> ActionsEnvironment:
    if options.dry_run and not environ.get("GITHUB_REPOSITORY"):
        return _nowhere(NOWHERE)
    return read_environment(environ)


def _nowhere(commit: str) -> ActionsEnvironment:
    return ActionsEnvironment("owner/repository", commit, workspace=Path())


def _github(environment: ActionsEnvironment) -> GitHub:
    from bot.github.repository import Connection, with_token

    if not environment.token:
        fix = f"add  env: {{ {TOKEN}: ${{{{ github.token }}}} }}  to the step, or use  --dry-run"
        raise InvalidInput.one(TOKEN, "is not set", fix)
    connection = Connection(environment.api_url, environment.repository, seconds_between_writes=_PAUSE)
    return with_token(connection, environment.token)


# --- words ------------------------------------------------------------------------------------------------


def _print(publication: Publication, published: Published, *, as_json: bool) -> None:
    """What was shown where, on stdout; what was not, on stderr."""
    check = publication.check
    if as_json:
        facts = {
            "conclusion": check.conclusion.value,
            "title": check.title,
            "shown_as": published.shown_as,
            "check_url": published.check_url,
            "commented": published.commented,
            "notes": published.notes,
        }
        sys.stdout.write(f"{printable_json(facts)}\n")
        return
    _say(f"{check.title}: {check.conclusion.value.replace('_', ' ')}")
    where = {"check": published.check_url, "status": "as a commit status", "summary": "in the step summary"}
    _say(f"  shown: {where.get(published.shown_as) or published.shown_as}")
    if published.commented is not None:
        _say(f"  comment: on pull request {published.commented}")
    for note in published.notes:
        sys.stderr.write(f"note: {printable(note)}\n")


def _print_dry_run(publication: Publication, *, as_json: bool) -> None:
    """The check and the comment as they would be sent."""
    check = publication.check
    if as_json:
        calls = [
            first_body(check),
            *(next_body(check, n) for n in range(BATCH, len(check.annotations), BATCH)),
        ]
        facts: dict[str, Any] = {
            "check": calls,
            "comment": publication.comment if publication.wants_comment else None,
            "outputs": dict(publication.outputs),
        }
        sys.stdout.write(f"{printable_json(facts)}\n")
        return
    _say(f"check {check.name} at {check.head_sha[:12]}: {check.conclusion.value}\n{check.title}\n")
    _say(f"--- summary ---\n{check.summary}\n--- text ---\n{check.text}\n--- annotations ---")
    for each in check.annotations:
        _say(f"{each.path}:{each.line}: {each.level}: {each.title}\n    {each.message}")
    if publication.wants_comment:
        _say(f"\n--- comment ---\n{publication.comment}")


def _say(text: str) -> None:
    sys.stdout.write(f"{printable(text)}\n")
