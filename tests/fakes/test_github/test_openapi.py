"""Fetching GitHub's OpenAPI: what is said when it cannot be had. Needs no npm."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.github.openapi import NotFetched, OpenApi


def _npm(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program named npm, alone on the PATH."""
    folder.mkdir()
    program = folder / "npm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_without_npm_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotFetched, match=r"npm is missing: install Node\.js"):
        OpenApi.fetched(tmp_path / "cache")


def test_a_registry_that_does_not_answer_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _npm(tmp_path / "bin", "echo no network >&2; exit 1", monkeypatch)
    with pytest.raises(NotFetched, match="no network"):
        OpenApi.fetched(tmp_path / "cache")


def test_another_package_than_the_pinned_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _npm(tmp_path / "bin", "echo evil > octokit-openapi.tgz", monkeypatch)
    with pytest.raises(NotFetched, match="is not the package that was pinned"):
        OpenApi.fetched(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
