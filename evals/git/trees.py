"""The files of a commit, in a temporary folder of their own."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from evals.git.command import GitFailed, NoGit, git

# SHA-1 or SHA-256: https://git-scm.com/docs/hash-function-transition
_COMMIT = re.compile(r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$")


class CannotCheckOut(Exception):
    """The files of a commit cannot be read; the message says why, in words for the user."""


@dataclass(frozen=True, slots=True)
class DetachedTree:
    """The files of a commit at `files`, in a worktree of the repository at `repository`."""

    repository: Path
    files: Path

    def of(self, path: Path) -> Path:
        """Where `path` of the repository is in this commit; it need not exist there.

        A link of today is not followed: it would choose which file of the commit is meant.

        Raises:
            CannotCheckOut: if it is outside the repository.
        """
        named = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() follows links
        roots = [place for place in (named, *named.parents) if place.resolve() == self.repository]
        try:
            return self.files / (
                named.relative_to(roots[-1]) if roots else named.resolve().relative_to(self.repository)
            )
        except ValueError:
            raise CannotCheckOut(f"{path.name} is outside the git repository") from None


@contextmanager
def detached_tree(folder: Path, commit: str | None) -> Iterator[DetachedTree]:
    """The tree of `commit` in the repository that holds `folder`; removed at the end of the block.

    No hook of the repository runs (`evals.git.command`).

    Raises:
        CannotCheckOut: outside git, or if the commit is not there, as in a shallow clone.
    """
    if commit is None or not _COMMIT.match(commit):  # it may come from a foreign file: never an option of git
        raise CannotCheckOut("the baseline names no git commit")
    repository = Path(_git(folder, "rev-parse", "--show-toplevel").strip()).resolve()
    holder = Path(tempfile.mkdtemp(prefix="agentcrewops-")).resolve()
    files = holder / "tree"
    try:
        _git(repository, "worktree", "add", "--detach", "--quiet", str(files), commit)
        yield DetachedTree(repository, files)
    finally:
        shutil.rmtree(holder, ignore_errors=True)
        with suppress(CannotCheckOut):
            _git(repository, "worktree", "prune")


def commit_of(folder: Path) -> str | None:
    """The commit checked out at `folder`; None outside git."""
    try:
        return _git(folder, "rev-parse", "--verify", "HEAD").strip() or None
    except CannotCheckOut:
        return None


def _git(folder: Path, *arguments: str) -> str:
    try:
        return git(folder, *arguments)
    except GitFailed as error:
        raise CannotCheckOut(_why(error, arguments)) from None


def _why(error: GitFailed, arguments: tuple[str, ...]) -> str:
    if isinstance(error, NoGit):
        return "git cannot be run"
    if "not a git repository" in str(error):
        return "the suite is not in a git repository"
    if arguments[0] == "worktree":
        return f"commit {arguments[-1][:12]} cannot be checked out: is it in this clone (fetch-depth: 0)?"
    return f"git {arguments[0]} failed"
