"""The log of a job, which is also a command channel: `::error::` is obeyed wherever a line begins with it.

What models, suites and endpoints say therefore stands between a pair of marks that nobody can guess, where GitHub
obeys nothing; only our own annotations stand outside.
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

from agent_runtime.errors import Problem


@contextmanager
def commands_stopped() -> Iterator[None]:
    """Within this block the log is text, whatever it says.

    Errors go to stdout too: on a pipe of their own they could arrive before the first mark or after the second.
    """
    # Drawn for each block: a mark that was printed once can be printed again by what runs next.
    mark = secrets.token_hex(20)
    _line(f"::stop-commands::{mark}")
    try:
        with redirect_stderr(sys.stdout):
            yield
    finally:
        _line(f"::{mark}::")


def annotate(problem: Problem) -> None:
    """Show a problem at its file and line in the pull request."""
    place = {"title": "AgentCrewOps", "file": problem.file, "line": str(problem.line or 1)}
    if problem.file.startswith("input "):
        # An input is no file of the change: without a place the annotation stands above the log.
        place = {"title": f"AgentCrewOps: {problem.file}"}
    properties = ",".join(f"{name}={_property(value)}" for name, value in place.items())
    message = f"{problem.what}; {problem.fix}" if problem.fix else problem.what
    _line(f"::error {properties}::{_message(message)}")


def notice(message: str) -> None:
    """Show a sentence of ours above the log."""
    _line(f"::notice title=AgentCrewOps::{_message(message)}")


def _line(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


# Escaped as GitHub's own toolkit does: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
