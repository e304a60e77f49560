"""Where an agent's rows and artifacts are, and where the starter comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

import agent_runtime
from agentcrewops.runs.home import starter_folder, state_folder


def test_rows_and_artifacts_are_beside_the_agents_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert state_folder(Path("agent.yaml")) == tmp_path.resolve() / ".agentcrewops"


def test_a_checkout_starts_from_the_example_itself() -> None:
    assert (starter_folder() / "agent.yaml").is_file()


def test_a_wheel_starts_from_the_copy_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged = tmp_path / "_templates/starter"
    packaged.mkdir(parents=True)
    monkeypatch.setattr(agent_runtime, "__file__", str(tmp_path / "__init__.py"))
    assert starter_folder() == packaged.resolve()
