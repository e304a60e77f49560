from __future__ import annotations

import os
from pathlib import Path

import pytest

from evals.git.command import GitFailed, NoGit, git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    author = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    git(tmp_path, *author, "commit", "--quiet", "--allow-empty", "-m", "x")
    return tmp_path


def trap(repository: Path, place: Path) -> Path:
    """A program at `place` that leaves a file when it is started."""
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"#!/bin/sh\ntouch '{repository / 'sprung'}'\n")
    place.chmod(0o755)
    return place


def test_no_hook_runs(repository: Path) -> None:
    trap(repository, repository / ".git" / "hooks" / "post-checkout")
    git(repository, "checkout", "--quiet", "--detach", "HEAD")
    assert not (repository / "sprung").exists()


def test_no_watcher_of_files_runs(repository: Path) -> None:
    git(repository, "config", "core.fsmonitor", str(trap(repository, repository / "watch")))
    git(repository, "status")
    assert not (repository / "sprung").exists()


def test_no_pager_runs(repository: Path) -> None:
    git(repository, "config", "pager.log", str(trap(repository, repository / "page")))
    git(repository, "log")
    assert not (repository / "sprung").exists()


def test_nobody_is_asked_for_a_password(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asker = trap(repository, repository / "ask")
    git(repository, "config", "core.askPass", str(asker))
    monkeypatch.setenv("SSH_ASKPASS", str(asker))
    question = "printf 'protocol=https\\nhost=git.invalid\\n\\n'"
    with pytest.raises(GitFailed, match="could not read Username"):
        git(repository, "-c", f"alias.ask=!{question} | git credential fill", "ask")
    assert not (repository / "sprung").exists()


def test_a_refusal_is_in_english_whatever_the_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(GitFailed, match="not a git repository"):
        git(tmp_path, "rev-parse", "HEAD")


def test_a_path_that_is_no_utf8_comes_back_as_python_spells_it(repository: Path) -> None:
    folder = repository / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    assert Path(git(folder, "rev-parse", "--show-toplevel").strip()) == repository.resolve()
    assert git(folder, "rev-parse", "--show-prefix").strip() == f"{folder.name}/"


def test_without_git_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoGit):
        git(tmp_path, "version")
