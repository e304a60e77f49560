"""The step that refreshes a baseline: measure, hold against what was approved, propose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import pytest

from agent_runtime.errors import CannotMeasure, InvalidInput
from agentcrewops.action.baseline import RefreshOutcome, print_outcome, refresh_baseline
from agentcrewops.action.inputs import read_inputs
from bot.actions.environment import ActionsEnvironment
from evals.results.baseline import load_reference, save_baseline
from tests.conftest import ExampleResults, edit
from tests.fakes.github import FakeGitHub

REPO = "acme/shop"
WRITES = {"contents": "write", "pull-requests": "write"}
MAIN = {"GITHUB_REF_NAME": "main", "GITHUB_EVENT_NAME": "schedule", "GITHUB_RUN_NUMBER": "7"}
FILE = "baselines/support-triage.json"


@dataclass(frozen=True)
class Schedule:
    """A job on the default branch of a repository that holds the example."""

    folder: Path
    actions: ActionsEnvironment

    def refresh(self, samples: int = 2, changes: Mapping[str, str] = MappingProxyType({})) -> RefreshOutcome:
        """Do the step."""
        environ = {**MAIN, "AGENTCREWOPS_SAMPLES": str(samples), **changes}
        inputs = read_inputs(environ, self.folder)
        return refresh_baseline(inputs, self.folder / "results", self.actions, environ)


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as fake:
        fake.add_repo(REPO)
        yield fake
        assert fake.violations == []


@pytest.fixture
def schedule(fake: FakeGitHub, starter: Path, monkeypatch: pytest.MonkeyPatch) -> Schedule:
    monkeypatch.chdir(starter)
    token = fake.token("actions", WRITES)
    actions = ActionsEnvironment(REPO, fake.head(REPO), api_url=fake.url, workspace=starter, token=token)
    return Schedule(starter, actions)


def test_a_first_baseline_is_proposed_with_what_was_measured(fake: FakeGitHub, schedule: Schedule) -> None:
    done = schedule.refresh()
    assert (done.pull is not None, done.slid) == (True, False)
    branch = "agentcrewops/baseline-support-triage"
    assert fake.read(REPO, branch, FILE) == (schedule.folder / FILE).read_bytes()
    assert "12 cases × 2 runs" in str(fake.repo(REPO).issues[done.pull or 0].body)


def test_a_file_that_says_the_same_already_needs_no_pull_request(
    fake: FakeGitHub, schedule: Schedule
) -> None:
    blind = replace(schedule, actions=replace(schedule.actions, token=""))
    with pytest.raises(InvalidInput):
        blind.refresh()  # measures and saves, and then has no way to GitHub
    fake.push(REPO, "main", {FILE: (schedule.folder / FILE).read_bytes().decode()})
    (schedule.folder / FILE).unlink()
    now = replace(schedule, actions=replace(schedule.actions, sha=fake.head(REPO)))
    assert now.refresh() == RefreshOutcome(None, f"{FILE} says the same already")


def test_an_agent_that_fell_keeps_its_baseline_and_nothing_is_proposed(
    schedule: Schedule, example_results: ExampleResults
) -> None:
    approved = load_reference(example_results(20, schedule.folder / "before"))
    (schedule.folder / FILE).parent.mkdir()
    save_baseline(schedule.folder / FILE, approved, str)
    before = (schedule.folder / FILE).read_bytes()
    edit(schedule.folder / "suite.yaml", "agent.yaml", "agent.proposed.yaml")
    done = schedule.refresh(12)
    assert (done.pull, done.slid, done.why[:13]) == (None, True, "not refreshed")
    assert (schedule.folder / FILE).read_bytes() == before


def test_runs_below_the_floor_are_no_baseline(schedule: Schedule) -> None:
    edit(
        schedule.folder / "suite.yaml",
        "gate: { margin: 0.10,",
        "gate: { margin: 0.10, min_success_rate: 1.0,",
    )
    with pytest.raises(CannotMeasure, match="no baseline is proposed"):
        schedule.refresh(4)
    assert not (schedule.folder / FILE).exists()


@pytest.mark.parametrize(
    "changes",
    [{"GITHUB_REF_NAME": ""}, {"GITHUB_REF_TYPE": "tag"}, {"GITHUB_EVENT_NAME": "pull_request"}],
)
def test_only_on_a_branch_of_its_own_a_baseline_is_refreshed(
    schedule: Schedule, changes: dict[str, str]
) -> None:
    with pytest.raises(InvalidInput, match="is not the branch that the baseline belongs to"):
        schedule.refresh(changes=changes)


def test_a_missing_token_says_what_to_pass(schedule: Schedule) -> None:
    blind = replace(schedule, actions=replace(schedule.actions, token=""))
    with pytest.raises(InvalidInput, match="pass  token:  to actions/baseline"):
        blind.refresh()


@pytest.mark.parametrize(
    ("done", "line"),
    [
        (RefreshOutcome(7), "proposed in pull request 7"),
        (RefreshOutcome(None, "not **refreshed**"), "not refreshed"),
    ],
)
def test_the_log_says_what_became_of_it(
    capsys: pytest.CaptureFixture[str], done: RefreshOutcome, line: str
) -> None:
    print_outcome(done)
    assert capsys.readouterr().out == f"{line}\n"
