"""The steps of our Actions without a runner: what is missing never passes, and a fork without secrets is not run."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agentcrewops.action.jobs import judge_job
from bot.message.conclusions import Conclusion, conclusion_of
from bot.message.results import read_results
from evals.results.facts import FailOn
from evals.results.verdict import VerdictKind
from tests.conftest import edit

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main")
RUNNER = {"GITHUB_REPOSITORY": "acme/shop", "CI": "true", "AGENTCREWOPS_SAMPLES": "1"}
Judge = Callable[..., int]


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(starter: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The starter, committed; a job begins in its checkout."""
    git(starter, "init", "-q")
    git(starter, "add", "-A")
    git(starter, "commit", "-qm", "start")
    monkeypatch.chdir(starter)
    return starter


@pytest.fixture
def temp(tmp_path: Path) -> Path:
    return tmp_path / "temp"


@pytest.fixture
def judge(checkout: Path, temp: Path) -> Judge:
    """The step Judge in a job of a pull request; its results become a part for the report's job."""
    sha = git(checkout, "rev-parse", "HEAD")

    def judged(head: str = "acme/shop", **inputs: str) -> int:
        pull = {"number": 1, "head": {"sha": sha, "repo": {"full_name": head}}, "base": {"sha": sha}}
        temp.mkdir(exist_ok=True)
        (temp / "event.json").write_text(json.dumps({"pull_request": pull}))
        given = {f"AGENTCREWOPS_{name.upper()}": value for name, value in inputs.items()}
        runner = {
            "GITHUB_SHA": sha,
            "GITHUB_WORKSPACE": str(checkout),
            "RUNNER_TEMP": str(temp),
            "GITHUB_EVENT_PATH": str(temp / "event.json"),
            "GITHUB_OUTPUT": str(temp / "output"),
        }
        return judge_job({**RUNNER, **runner, **given})

    return judged


def keep_part(temp: Path, name: str) -> None:
    """What upload-artifact and download-artifact do."""
    shutil.copytree(temp / "agentcrewops/results", temp / "agentcrewops/parts" / name)


def concluded(temp: Path) -> Conclusion:
    return conclusion_of(read_results([temp / "agentcrewops/results"]), FailOn.DRIFT)


def real_model(checkout: Path) -> None:
    edit(checkout / "agent.yaml", '"sim:simulation.yaml"', '"openai:gpt-4.1-mini"')


def test_guardian_alone_does_not_pass_where_every_shard_is_missing(judge: Judge, temp: Path) -> None:
    assert judge(mode="guardian") == 0
    keep_part(temp, "guardian")
    assert judge(mode="both", merge="true") == 3
    assert concluded(temp) is Conclusion.ACTION_REQUIRED


def test_a_suite_that_cannot_be_read_does_not_pass_by_guardian(
    judge: Judge, temp: Path, checkout: Path
) -> None:
    judge(mode="guardian")
    keep_part(temp, "guardian")
    (checkout / "suite.yaml").write_text("suite: [")
    assert judge(mode="both", merge="true") in {2, 3}
    assert concluded(temp) is Conclusion.ACTION_REQUIRED


def test_canary_alone_does_not_pass_where_guardian_is_missing(judge: Judge, temp: Path) -> None:
    for part in ("1/2", "2/2"):
        assert judge(mode="canary", shard=part) == 0
        keep_part(temp, part.replace("/", "-"))
    assert judge(mode="both", merge="true") == 3
    assert concluded(temp) is Conclusion.ACTION_REQUIRED


def test_a_report_of_one_kind_asks_for_no_other(judge: Judge, temp: Path) -> None:
    judge(mode="guardian")
    keep_part(temp, "guardian")
    assert judge(mode="guardian", merge="true") == 0
    assert concluded(temp) is Conclusion.SUCCESS


@pytest.mark.parametrize("shard", ["1/1", "2/4"])
def test_a_real_model_is_not_run_for_a_fork_and_the_job_says_so(
    judge: Judge, temp: Path, checkout: Path, capsys: pytest.CaptureFixture[str], shard: str
) -> None:
    real_model(checkout)
    assert judge(head="mallory/shop", mode="canary", shard=shard, max_usd="2.00") == 0
    assert not (temp / "agentcrewops/results").exists()
    *_, mark, last = capsys.readouterr().out.splitlines()
    assert mark.startswith("::")
    assert last.startswith("::notice title=AgentCrewOps::The eval cases were not run")


def test_the_report_of_such_a_fork_shows_guardian_and_what_was_not_run(
    judge: Judge, temp: Path, checkout: Path
) -> None:
    real_model(checkout)
    judge(head="mallory/shop", mode="guardian")
    keep_part(temp, "guardian")
    assert judge(head="mallory/shop", mode="both", merge="true") == 0
    results = read_results([temp / "agentcrewops/results"])
    assert (results.verdict, results.assessment is not None) == (None, True)
    assert results.assessment is not None
    assert "were not run" in results.assessment.warnings[0]


def test_a_simulated_agent_is_run_for_a_fork(judge: Judge, temp: Path) -> None:
    assert judge(head="mallory/shop", mode="canary") == 0
    verdict = read_results([temp / "agentcrewops/results"]).verdict
    assert verdict is not None
    assert verdict.verdict is VerdictKind.NO_BASELINE


def test_a_missing_key_is_a_mistake_where_the_pull_request_is_our_own(judge: Judge, checkout: Path) -> None:
    real_model(checkout)
    assert judge(mode="canary", max_usd="2.00") != 0


def test_the_step_itself_tells_what_it_found(judge: Judge, temp: Path) -> None:
    (temp / "output").unlink(missing_ok=True)
    assert judge(mode="canary") == 0
    told = outputs_in(temp / "output")
    assert (told["verdict"], told["publishable"]) == ("no_baseline", "true")
    assert 0 < float(told["success-rate"]) <= 1
    assert float(told["cost-usd"]) > 0


def test_a_shard_tells_where_its_runs_are_and_no_verdict(judge: Judge, temp: Path) -> None:
    assert judge(mode="canary", shard="1/2") == 0
    told = outputs_in(temp / "output")
    assert (told["publishable"], told["artifact-name"]) == (
        "false",
        "agentcrewops-part--AgentCrewOps--canary-1-of-2",
    )
    assert "verdict" not in told


def outputs_in(file: Path) -> dict[str, str]:
    """What a step wrote to GITHUB_OUTPUT."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return {lines[at].partition("<<")[0]: lines[at + 1] for at in range(0, len(lines), 3)}
