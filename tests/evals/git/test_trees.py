"""A commit as files in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.git.trees import CannotCheckOut, commit_of, detached_tree
from tests.fakes.repositories import head, repository


def test_a_tree_holds_the_commit_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("then")
    repository(tmp_path)
    (tmp_path / "a").write_text("now")
    with detached_tree(tmp_path, head(tmp_path)) as tree:
        place = tree.of(tmp_path / "a")
        assert place.read_text() == "then"
    assert not place.exists()
    assert list((tmp_path / ".git").glob("worktrees/*")) == []


@pytest.mark.parametrize("named", [None, "--help", "main", "0" * 40])
def test_what_is_no_commit_here_gives_no_tree(tmp_path: Path, named: str | None) -> None:
    (tmp_path / "a").write_text("")
    repository(tmp_path)
    with pytest.raises(CannotCheckOut), detached_tree(tmp_path, named):
        pass


def test_outside_git_there_is_no_tree(tmp_path: Path) -> None:
    with pytest.raises(CannotCheckOut, match="not in a git repository"), detached_tree(tmp_path, "0" * 40):
        pass


def test_a_file_that_the_commit_lacks_has_a_place_in_it(tmp_path: Path) -> None:
    repository(tmp_path)
    with detached_tree(tmp_path, head(tmp_path)) as tree:
        assert tree.of(tmp_path / "later/b") == tree.files / "later/b"


def test_what_is_outside_the_repository_has_no_place_in_its_tree(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    repository(tmp_path / "inside")
    with (
        detached_tree(tmp_path / "inside", head(tmp_path / "inside")) as tree,
        pytest.raises(CannotCheckOut, match="a is outside the git repository"),
    ):
        tree.of(tmp_path / "a")


def test_a_link_of_today_does_not_choose_a_file_of_the_commit(tmp_path: Path) -> None:
    repository(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with detached_tree(tmp_path, head(tmp_path)) as tree:
        assert tree.of(tmp_path / "link") == tree.files / "link"


def test_a_hook_of_the_repository_does_not_run(tmp_path: Path) -> None:
    repository(tmp_path)
    hook = tmp_path / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    with detached_tree(tmp_path, head(tmp_path)):
        pass
    assert not (tmp_path / "ran").exists()


def test_the_commit_that_is_checked_out_is_named_and_outside_git_there_is_none(tmp_path: Path) -> None:
    assert commit_of(tmp_path) is None
    repository(tmp_path)
    assert commit_of(tmp_path) == head(tmp_path)
