"""A small git repository around the files of a test."""

from __future__ import annotations

import subprocess
from pathlib import Path


def repository(folder: Path) -> None:
    """Make `folder` a repository whose one commit holds its files."""
    git(folder, "init", "-q")
    (folder / ".gitignore").write_text("before/\nout/\nagain/\n__pycache__/\n.agentcrewops/\n")
    commit(folder)


def commit(folder: Path) -> None:
    """Commit all files as they are now."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")


def git(folder: Path, *arguments: str) -> None:
    """Run git, as somebody whom no configuration of this machine knows."""
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


def head(folder: Path) -> str:
    """The whole hash of the commit that is checked out."""
    said = subprocess.run(["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, check=True)
    return said.stdout.decode().strip()
