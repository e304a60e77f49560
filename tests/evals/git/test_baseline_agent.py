"""Which agent a fresh baseline is measured with, and why there may be none."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.agent.manifest import load_manifest
from agent_runtime.records import RECORDED
from evals.git.baseline_agent import BaselineAgentRequest, NoBaselineAgent, baseline_agent
from evals.results.records import SuiteResult
from evals.suite.suite import load_suite
from evals.targets import open_target
from tests.conftest import edit
from tests.fakes.repositories import commit, head, repository
from tests.fakes.suites import suite_of


def fingerprint(folder: Path, agent: str = "agent.yaml", model: str | None = None) -> str:
    return load_manifest(folder / agent, folder / "policy.yaml", model).fingerprint


def request(folder: Path, recorded_with: str | None, **more: Any) -> BaselineAgentRequest:
    """For the suite as it is now, and a baseline with this fingerprint and commit."""
    about = {name: more.pop(name) for name in ("commit", "model_of_baseline") if name in more}
    stored = SuiteResult("s", (), recorded_with, about.get("commit"), model=about.get("model_of_baseline"))
    suite = load_suite(folder / "suite.yaml")
    return BaselineAgentRequest(suite, folder / "suite.yaml", stored, {}, 1, **more)


def where(asked: BaselineAgentRequest) -> str:
    """Where the agent was found that the baseline was recorded with."""
    with baseline_agent(asked) as agent:
        assert agent.target().fingerprint == asked.stored.fingerprint
        return agent.where


def why_none(asked: BaselineAgentRequest) -> str:
    with pytest.raises(NoBaselineAgent) as caught, baseline_agent(asked):
        pass
    return str(caught.value)


def function_of(folder: Path, answer: str) -> str | None:
    """Write an agent that is a Python function; returns its fingerprint."""
    (folder / "bot.py").write_text(f"def answer(input):\n    return {answer!r}\n")
    suite = suite_of(folder, {"python": {"function": "bot.py:answer"}})
    return open_target(suite, None, {}, 1).fingerprint


# --- without a checkout


def test_an_unchanged_agent_is_taken_from_the_working_tree(starter: Path) -> None:
    assert where(request(starter, fingerprint(starter))) == "the agent in the working tree"


def test_the_agent_that_the_command_line_names_may_be_the_baselines(starter: Path) -> None:
    proposed = fingerprint(starter, "agent.proposed.yaml")
    asked = request(starter, proposed, agent=starter / "agent.proposed.yaml")
    assert where(asked) == "the agent in the working tree"


def test_so_may_the_model_that_it_names(starter: Path) -> None:
    shutil.copy(starter / "simulation.yaml", starter / "other.yaml")
    edit(starter / "other.yaml", "name:", "name: other # ")
    other = fingerprint(starter, model="sim:other.yaml")
    assert other != fingerprint(starter)
    assert where(request(starter, other, model="sim:other.yaml")) == "the agent in the working tree"


def test_where_the_suite_says_that_it_still_runs_goes_first(tmp_path: Path) -> None:
    elsewhere = {"http": {"url": "http://127.0.0.1:1/before"}}
    suite_of(tmp_path, {"http": {"url": "http://127.0.0.1:1/now"}}, baseline_target=elsewhere)
    with baseline_agent(request(tmp_path, "gone")) as agent:
        assert agent.where == "the suite's baseline_target"


def test_each_call_gives_a_target_of_its_own(starter: Path) -> None:
    with baseline_agent(request(starter, fingerprint(starter))) as agent:
        assert agent.target() is not agent.target()


# --- from the commit


def test_an_agent_that_changed_is_taken_from_the_commit_by_its_short_name(starter: Path) -> None:
    repository(starter)
    before = fingerprint(starter)
    shutil.copy(starter / "agent.proposed.yaml", starter / "agent.yaml")
    asked = request(starter, before, commit=head(starter))
    assert where(asked) == f"the agent of commit {head(starter)[:12]}"


def test_an_agent_that_cannot_be_read_any_more_is_taken_from_the_commit(starter: Path) -> None:
    repository(starter)
    before = fingerprint(starter)
    (starter / "agent.yaml").write_text("name: [")
    assert where(request(starter, before, commit=head(starter))).startswith("the agent of commit")


def test_a_commit_with_another_agent_does_not_hold_the_baselines(starter: Path) -> None:
    repository(starter)
    assert "does not hold the agent" in why_none(request(starter, "another", commit=head(starter)))


def test_a_function_is_taken_from_the_commit_with_the_suite_of_today(tmp_path: Path) -> None:
    before = function_of(tmp_path, "yes")
    repository(tmp_path)
    function_of(tmp_path, "no")
    assert where(request(tmp_path, before, commit=head(tmp_path))).startswith("the agent of commit")


def test_a_target_that_changed_since_is_that_of_the_commit(tmp_path: Path) -> None:
    before = function_of(tmp_path, "yes")
    repository(tmp_path)
    at = head(tmp_path)
    suite_of(tmp_path, {"command": {"run": "cat"}})
    (tmp_path / "bot.py").unlink()
    commit(tmp_path)
    assert where(request(tmp_path, before, commit=at)).startswith("the agent of commit")


def test_installed_packages_are_those_of_today(tmp_path: Path) -> None:
    before = function_of(tmp_path, "yes")
    repository(tmp_path)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/pyvenv.cfg").write_text("home = /usr/bin\n")
    function_of(tmp_path, "no")
    with baseline_agent(request(tmp_path, before, commit=head(tmp_path))) as agent:
        root = agent.target.args[0].root  # type: ignore[attr-defined]
        assert (root / ".venv").resolve() == (tmp_path / ".venv").resolve()
    assert not root.exists()
    assert (tmp_path / ".venv/pyvenv.cfg").exists()


# --- none


@pytest.mark.parametrize("model", [f"{RECORDED}openai:gpt-4.1", RECORDED])
def test_a_replayed_baseline_cannot_be_asked_for_again(starter: Path, model: str) -> None:
    asked = request(starter, fingerprint(starter), model_of_baseline=model)
    assert why_none(asked) == "recorded answers cannot be asked for again"


def test_a_baseline_without_a_commit_names_none(starter: Path) -> None:
    assert why_none(request(starter, "another")) == "the baseline names no git commit"


def test_outside_git_there_is_no_commit_to_go_back_to(starter: Path) -> None:
    assert why_none(request(starter, "another", commit="c" * 40)) == "the suite is not in a git repository"
