"""The workflow that `init` writes, run for pull requests: four shards, Guardian, one report."""

from __future__ import annotations

import pytest

from tests.actions.conftest import SHOP, Project

pytestmark = pytest.mark.actions


def test_a_change_that_changes_nothing_passes_without_a_baseline(project: Project) -> None:
    number = project.pull({"README.md": "hello"})
    ran = project.run_pull(number)
    assert ran.code == 0, ran.text
    assert len(project.github.comments(SHOP, number)) == 1
