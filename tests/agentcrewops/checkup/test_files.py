"""What is read for a check: a suite and the agent it names, an agent alone, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from agentcrewops.checkup.files import CheckSubject, read_files
from tests.conftest import edit
from tests.fakes.grading import write_judge
from tests.fakes.suites import suite_of


def test_without_a_subject_nothing_is_read() -> None:
    files = read_files(CheckSubject(), {})
    assert (files.agent, files.prepared, files.models) == (None, None, ())


def test_an_agent_alone_has_the_policy_beside_it(starter: Path) -> None:
    agent = read_files(CheckSubject(agent=starter / "agent.yaml"), {}).agent
    assert agent is not None
    assert (agent.agent, agent.policy) == (starter / "agent.yaml", starter / "policy.yaml")


def test_a_suite_brings_the_agent_and_the_policy_that_it_names(starter: Path) -> None:
    files = read_files(CheckSubject(starter / "suite.yaml"), {})
    assert files.prepared is not None
    assert files.agent is not None
    assert (files.agent.agent.name, files.agent.policy.name) == ("agent.yaml", "policy.yaml")


def test_an_agent_that_is_named_wins_over_the_suites(starter: Path) -> None:
    proposed = starter / "agent.proposed.yaml"
    files = read_files(CheckSubject(starter / "suite.yaml", agent=proposed), {})
    assert files.agent is not None
    assert files.agent.agent == proposed


def test_a_suite_of_another_s_agent_has_none_of_ours(tmp_path: Path) -> None:
    suite_of(tmp_path, {"http": {"url": "http://127.0.0.1:9/run"}})
    files = read_files(CheckSubject(tmp_path / "suite.yaml"), {})
    assert (files.agent, files.models, files.prepared is not None) == (None, (), True)


def test_the_agents_model_comes_before_the_judges(starter: Path) -> None:
    judge = f'evaluator: {{ judge: {{ model: "{write_judge(starter)}", rubric: "x" }} }}'
    edit(starter / "suite.yaml", 'evaluator: "json_schema + string match"', judge)
    models = read_files(CheckSubject(starter / "suite.yaml"), {}).models
    assert [one.spec.model for one in models] == ["sim:simulation.yaml", "sim:judge.yaml"]


def test_a_file_that_cannot_be_used_is_refused(starter: Path) -> None:
    edit(starter / "agent.yaml", "max_steps", "max_setps")
    with pytest.raises(InvalidInput, match="max_setps"):
        read_files(CheckSubject(agent=starter / "agent.yaml"), {})
