"""A project on the fake GitHub with the workflows that `init` writes, and a machine to run them."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentcrewops.verbs.init import starter_files
from agentcrewops.workflows import our_ref, workflow_files
from tests.actions.act import OURS, REF, ROOT, Ran, Runner, export_ours
from tests.fakes.github import FakeGitHub
from tests.fakes.github.state import CheckRun

if TYPE_CHECKING:
    from tests.fakes.github.openapi import OpenApi

SHOP = "acme/shop"
JOB = {"contents": "read", "checks": "write", "pull_requests": "write", "security_events": "write"}
BASELINE = "baselines/support-triage.json"
PR_GATE = Path(".github/workflows/agentcrewops.yml")


@dataclass(frozen=True, slots=True)
class Project:
    """A repository on the fake GitHub, by default that of a user, and where its workflows are run."""

    github: FakeGitHub
    runner: Runner
    folder: Path
    name: str = SHOP

    def commit(self, files: Mapping[str, str]) -> None:
        """Change files on the default branch."""
        self.github.push(self.name, "main", dict(files))

    def text(self, path: str) -> str:
        """A file of the default branch."""
        return self.github.read(self.name, "main", path).decode()

    def pull(self, files: Mapping[str, str], *, fork: bool = False, title: str = "Change the agent") -> int:
        """Open a pull request that changes these files."""
        author = "mallory" if fork else "alice"
        return self.github.add_pull(self.name, files=dict(files), fork=fork, author=author, title=title)

    def run_pull(
        self,
        number: int,
        workflow: Path | None = None,
        *,
        fork: bool = False,
        permissions: Mapping[str, str] = JOB,
        **more: Any,
    ) -> Ran:
        """Run a workflow, by default the one that `init` wrote, for the pull request as it is now."""
        payload = self.get(f"/repos/{self.name}/pulls/{number}")
        event = {
            "action": "synchronize",
            "number": number,
            "pull_request": payload,
            "repository": payload["base"]["repo"],
        }
        checkout = self.checkout(f"refs/pull/{number}/merge")
        token = self.github.token("actions", permissions, repo=self.name, fork=fork)
        return self.run("pull_request", event, checkout, workflow or checkout / PR_GATE, token, **more)

    def run_main(
        self,
        event: str,
        payload: Mapping[str, Any],
        workflow: str,
        permissions: Mapping[str, str],
        **more: Any,
    ) -> Ran:
        """Run a workflow of the default branch."""
        checkout = self.checkout("refs/heads/main")
        token = self.github.token("actions", permissions, repo=self.name)
        repository = self.get(f"/repos/{self.name}")
        whole = {"repository": repository, "ref": "refs/heads/main", **payload}
        return self.run(event, whole, checkout, checkout / ".github/workflows" / workflow, token, **more)

    def run(
        self, event: str, payload: Mapping[str, Any], checkout: Path, workflow: Path, token: str, **more: Any
    ) -> Ran:
        """Run it on the machine."""
        return self.runner.run(
            event,
            payload,
            checkout,
            repository=self.name,
            api_url=self.github.url,
            workflow=workflow,
            token=token,
            **more,
        )

    def checkout(self, ref: str) -> Path:
        """A clone at `ref`."""
        folder = self.folder / f"checkout-{len(list(self.folder.iterdir()))}"
        token = self.github.token("user", login="acme")
        git("clone", "-q", self.github.clone_url(self.name, token), str(folder))
        git("-C", str(folder), "fetch", "-q", "origin", ref)
        git("-C", str(folder), "checkout", "-q", "--detach", "FETCH_HEAD")
        return folder

    def get(self, path: str) -> Any:
        """What the API says."""
        token = self.github.token("user", login="acme")
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "tests"}
        with urllib.request.urlopen(urllib.request.Request(self.github.url + path, headers=headers)) as reply:
            return json.load(reply)

    def comment(self, number: int) -> str:
        """The one comment of a pull request."""
        (comment,) = self.github.comments(self.name, number)
        return comment.body

    def check(self) -> CheckRun:
        """The one check run."""
        (check,) = self.github.check_runs(self.name)
        return check

    def workflow(self, **inputs: str) -> Path:
        """A workflow that does everything in one step."""
        return self.written(STEP.replace("INPUTS", json.dumps(inputs)))

    def written(self, text: str) -> Path:
        """A workflow of a test's own."""
        file = self.folder / "workflow.yml"
        file.write_text(text.replace("OURS", OURS).replace("REF", REF), encoding="utf-8")
        return file


STEP = """
on: pull_request
jobs:
  agent:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd
        with: { fetch-depth: 0, persist-credentials: false }
      - uses: OURS@REF
        id: crew
        with: INPUTS
        env: { OPENAI_API_KEY: sk-not-a-key }
      - if: ${{ always() }}
        env: { TOLD: "${{ toJSON(steps.crew.outputs) }}" }
        run: echo "TOLD $(tr -d '\\n' <<<"$TOLD")"
"""
"""Everything in one step; the last tells what a caller sees of it."""


def git(*arguments: str) -> None:
    subprocess.run(["git", "-c", "advice.detachedHead=false", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """The machine; what one test installs is cached for the next."""
    act = ROOT / ".tools" / "act"
    if not act.exists():
        pytest.fail("act is missing: run  make test-actions")
    folder = tmp_path_factory.mktemp("runner")
    for name in ("home", "store", "ours"):
        (folder / name).mkdir()
    (folder / "store" / "cache").mkdir()
    return Runner(act, export_ours(folder / "ours"), folder / "home", folder / "store")


@pytest.fixture
def github(github_schemas: OpenApi | None) -> Iterator[FakeGitHub]:
    """With --github-schemas, no request of a run may be other than GitHub's schema says."""
    with FakeGitHub(schemas=github_schemas) as fake:
        yield fake
        assert fake.violations == []


@pytest.fixture
def project(github: FakeGitHub, runner: Runner, tmp_path: Path) -> Project:
    """The starter at the root of acme/shop, with its workflows."""
    pinned = our_ref().partition(" ")[0]
    files = {
        **starter_files(),
        **{name: text.replace(f"@{pinned}", f"@{REF}") for name, text in workflow_files("").items()},
    }
    github.add_repo(SHOP, files, roles={"alice": "write", "acme": "admin"})
    return Project(github, runner, tmp_path)


@pytest.fixture
def measured(project: Project) -> Project:
    """The project with a baseline on its default branch."""
    checkout = project.checkout("refs/heads/main")
    command = [sys.executable, "-I", "-m", "agentcrewops", "baseline", "record", "--quiet"]
    subprocess.run(command, cwd=checkout, check=True, capture_output=True)
    project.commit({BASELINE: (checkout / BASELINE).read_text(encoding="utf-8")})
    return project
