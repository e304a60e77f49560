"""Clone, fetch and push with git itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.fakes.github.git import git_environment
from tests.fakes.test_github.shop import EVERYTHING, SHOP, Shop


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    identity = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.c"}
    env = git_environment() | identity
    return subprocess.run(["git", *words], cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def clone(shop: Shop, tmp_path: Path) -> Path:
    token = shop.fake.token("installation", EVERYTHING)
    done = _git(tmp_path, "clone", "-q", "-b", "better", shop.fake.clone_url(SHOP, token), "shop")
    assert done.returncode == 0, done.stderr
    return tmp_path / "shop"


def _change(clone: Path, path: str, *options: str) -> subprocess.CompletedProcess[str]:
    file = clone / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("changed\n")
    _git(clone, "add", "-A")
    _git(clone, "commit", "-qm", "m")
    return _git(clone, "push", "-q", *options, "origin", "HEAD:better")


def test_a_push_with_git_moves_the_pull(shop: Shop, clone: Path) -> None:
    assert _change(clone, "agent.yaml").returncode == 0
    sha = _git(clone, "rev-parse", "HEAD").stdout.strip()
    assert shop.fake.pull(SHOP, 1).head_sha == sha
    assert "synchronize" in [action for _, action, _ in shop.fake.events.fired]


def test_anyone_clones_a_public_repository_and_nobody_pushes_without_a_token(
    shop: Shop, tmp_path: Path
) -> None:
    assert _git(tmp_path, "clone", "-q", shop.fake.clone_url(SHOP), "shop").returncode == 0
    assert _git(tmp_path / "shop", "push", "origin", "HEAD:refs/heads/x").returncode != 0
    assert shop.fake.repo(SHOP).git.ref("refs/heads/x") is None


def test_a_token_that_only_reads_does_not_push(shop: Shop, clone: Path) -> None:
    reader = shop.fake.token("actions", {"contents": "read"})
    _git(clone, "remote", "set-url", "origin", shop.fake.clone_url(SHOP, reader))
    done = _change(clone, "agent.yaml")
    assert done.returncode != 0
    assert "403" in done.stderr


def test_a_private_repository_is_not_found_by_strangers(shop: Shop, tmp_path: Path) -> None:
    shop.fake.add_repo("acme/vault", private=True)
    stranger = shop.fake.token("user", login="mallory")
    done = _git(tmp_path, "clone", "-q", shop.fake.clone_url("acme/vault", stranger), "vault")
    assert done.returncode != 0
    assert "not found" in done.stderr


def test_a_push_of_workflow_files_needs_the_permission(shop: Shop, clone: Path) -> None:
    done = _change(clone, ".github/workflows/x.yml")
    assert done.returncode != 0
    assert "without `workflows` permission" in done.stderr


def test_the_head_of_a_pull_is_a_ref_to_fetch(shop: Shop, clone: Path) -> None:
    assert _git(clone, "fetch", "-q", "origin", "refs/pull/1/head").returncode == 0
    assert _git(clone, "rev-parse", "FETCH_HEAD").stdout.strip() == shop.head
    assert _git(clone, "fetch", "-q", "origin", "refs/pull/1/merge").returncode == 0


def test_a_large_push_comes_in_chunks(shop: Shop, clone: Path) -> None:
    (clone / "noise").write_bytes(os.urandom(3_000_000))
    assert _change(clone, "agent.yaml").returncode == 0
    assert len(shop.fake.read(SHOP, "better", "noise")) == 3_000_000


def test_git_is_in_the_log_without_a_number(shop: Shop, clone: Path) -> None:
    assert clone.exists()
    assert {entry.number for entry in shop.fake.log} == {0}
    assert shop.fake.log[-1].path == f"/{SHOP}.git/git-upload-pack"
