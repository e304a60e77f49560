"""The workflows of this repository that use its own actions, run against itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.actions.act import OURS, Runner
from tests.actions.conftest import Project
from tests.fakes.github import FakeGitHub

pytestmark = pytest.mark.actions

WORKFLOWS = Path(".github/workflows")


@pytest.fixture
def ourselves(github: FakeGitHub, runner: Runner, tmp_path: Path) -> Project:
    """This repository as it is now, on the fake GitHub."""
    ours = [path for path in runner.ours.rglob("*") if path.is_file()]
    files = {str(path.relative_to(runner.ours)): path.read_bytes() for path in ours}
    github.add_repo(OURS, files, roles={"alice": "write", "acme": "admin"})
    return Project(github, runner, tmp_path, OURS)


def test_a_change_of_ours_is_judged_by_our_actions_in_one_step_and_in_parts(ourselves: Project) -> None:
    number = ourselves.pull({"README.md": "hello"})
    ran = ourselves.run_pull(number, ourselves.runner.ours / WORKFLOWS / "selftest.yml")
    assert ran.code == 0, ran.text
    checks = {check.name: check.conclusion for check in ourselves.github.check_runs(OURS)}
    assert checks == {"Example in one step": "neutral", "Example in parts": "neutral"}
    assert len(ourselves.github.comments(OURS, number)) == 2
    assert ourselves.github.sarifs(OURS)


def test_our_night_measures_the_example(ourselves: Project) -> None:
    permissions = {"checks": "write", "contents": "read", "issues": "write"}
    ran = ourselves.run_main("schedule", {}, "nightly.yml", permissions, job="canary")
    assert ran.code == 0, ran.text
    assert ran.output("verdict") == "no_baseline"
