"""The steps of our Actions, as the jobs of a workflow run them one after another."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentcrewops.action.jobs import PART, judge_job
from tests.fakes.github import FakeGitHub

if TYPE_CHECKING:
    from tests.fakes.github.openapi import OpenApi

REPO = "acme/shop"
WRITES = {"checks": "write", "pull-requests": "write"}
REPORT = """
import os, sys

class Asked:
    names = set()
    def find_spec(self, name, path=None, target=None):
        self.names.add(name.partition(".")[0])

sys.meta_path.insert(0, Asked())
from agentcrewops.action.jobs import judge_job, publish_job
codes = judge_job(os.environ), publish_job(os.environ)
print("\\nleft with", codes, "heavy", sorted({"litellm", "scipy", "boto3", "mcp", "inspect_ai"} & Asked.names))
"""


@pytest.fixture
def fake(github_schemas: OpenApi | None) -> Iterator[FakeGitHub]:
    with FakeGitHub(schemas=github_schemas) as fake:
        fake.add_repo(REPO)
        yield fake
        assert fake.violations == []


@pytest.fixture
def job(fake: FakeGitHub, starter: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a job of a pull request, whose other jobs have measured two shards."""
    monkeypatch.chdir(starter)
    environ = job_environ(fake, fake.add_pull(REPO), starter)
    scratch = Path(environ["RUNNER_TEMP"]) / "agentcrewops"
    for shard in ("1/2", "2/2"):
        inputs = {"AGENTCREWOPS_MODE": "canary", "AGENTCREWOPS_SHARD": shard, "AGENTCREWOPS_SAMPLES": "1"}
        assert judge_job({**environ, **inputs}) == 0
        part = PART.format("AgentCrewOps", f"canary-{shard.replace('/', '-of-')}")
        shutil.copytree(scratch / "results", scratch / "parts" / part)
    return {**environ, "AGENTCREWOPS_MERGE": "true", "AGENTCREWOPS_MODE": "canary"}


def job_environ(fake: FakeGitHub, number: int, workspace: Path) -> dict[str, str]:
    """The environment of a job of this pull request."""
    head = fake.pull(REPO, number).head_sha
    event = {"pull_request": {"number": number, "head": {"sha": head, "repo": {"full_name": REPO}}}}
    temp = workspace.parent / "runner"
    temp.mkdir()
    (temp / "event.json").write_text(json.dumps(event), encoding="utf-8")
    return {
        "GITHUB_API_URL": fake.url,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(temp / "event.json"),
        "GITHUB_REPOSITORY": REPO,
        "GITHUB_SHA": head,
        "GITHUB_TOKEN": fake.token("actions", WRITES),
        "GITHUB_WORKSPACE": str(workspace),
        "RUNNER_TEMP": str(temp),
    }


def test_shards_without_a_baseline_are_merged_outside_pull_requests_too(
    job: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert judge_job({**job, "GITHUB_EVENT_PATH": ""}) == 0
    assert "NO BASELINE" in capsys.readouterr().out


def test_the_report_job_asks_for_neither_litellm_nor_scipy(fake: FakeGitHub, job: dict[str, str]) -> None:
    command = [sys.executable, "-c", REPORT]
    environ = {**os.environ, **job}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "left with (0, 0) heavy []"
    assert len(fake.comments(REPO, 1)) == 1
