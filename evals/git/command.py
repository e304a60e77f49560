"""The only place that calls git: no hook, watcher, pager or prompt that somebody has configured is started by it.

Nobody asks for a diff yet; who does must add --no-ext-diff and --no-textconv, which have no setting that means no.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_SECONDS = 120
"""A checkout of a large repository takes a while; a git that hangs must not hang a job."""

_SETTINGS = (
    f"core.hooksPath={os.devnull}",  # https://git-scm.com/docs/git-config#Documentation/git-config.txt-corehooksPath
    "core.fsmonitor=false",  # may name a program, too
)
_ENVIRONMENT = {
    # https://git-scm.com/docs/git#_environment_variables
    "GIT_OPTIONAL_LOCKS": "0",  # reading never takes a lock that a git of the user may want
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",  # empty, it also switches off core.askPass and SSH_ASKPASS
    "LC_ALL": "C",  # callers look for words in what git says
}


class GitFailed(Exception):
    """Git refused; the message is what it said, which may be long and name paths."""


class NoGit(GitFailed):
    """Git cannot be run, or took too long."""


def git(folder: Path, *arguments: str) -> str:
    """What git answers in `folder`. It runs no hook, asks nobody, pages nothing and ends in two minutes.

    Arguments that may come from a foreign file are the caller's to check: git takes what begins with - as an option.

    Raises:
        GitFailed
    """
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    command = ["git", "--no-pager", "-C", str(folder), *settings, *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - no shell
            command,
            env={**os.environ, **_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",  # as Python itself reads paths that are no UTF-8
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoGit("git cannot be run") from error
    if done.returncode != 0:
        raise GitFailed(done.stderr)
    return done.stdout
