"""A project on the fake GitHub with the workflows that `init` writes, and a machine to run them."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentcrewops.verbs.init import starter_files
from agentcrewops.workflows import our_ref, workflow_files
from tests.actions.act import REF, ROOT, Ran, Runner, export_ours
from tests.fakes.github import FakeGitHub

SHOP = "acme/shop"
JOB = {"contents": "read", "checks": "write", "pull_requests": "write", "security_events": "write"}
PR_GATE = Path(".github/workflows/agentcrewops.yml")


@dataclass(frozen=True, slots=True)
class Project:
    """A repository of a user, on the fake GitHub, and where its pull requests are run."""

    github: FakeGitHub
    runner: Runner
    folder: Path

    def pull(self, files: Mapping[str, str], *, fork: bool = False, title: str = "Change the agent") -> int:
        """Open a pull request that changes these files."""
        return self.github.add_pull(
            SHOP, files=dict(files), fork=fork, author="mallory" if fork else "alice", title=title
        )

    def run_pull(
        self,
        number: int,
        workflow: Path = PR_GATE,
        *,
        fork: bool = False,
        permissions: Mapping[str, str] = JOB,
        env: Mapping[str, str] = {},
    ) -> Ran:
        """Run a workflow for the pull request as it is now."""
        payload = self.get(f"/repos/{SHOP}/pulls/{number}")
        event = {
            "action": "synchronize",
            "number": number,
            "pull_request": payload,
            "repository": payload["base"]["repo"],
        }
        checkout = self.checkout(f"refs/pull/{number}/merge")
        token = self.github.token("actions", permissions, repo=SHOP, fork=fork)
        return self.runner.run(
            "pull_request",
            event,
            checkout,
            repository=SHOP,
            api_url=self.github.url,
            workflow=checkout / workflow,
            token=token,
            env=env,
        )

    def checkout(self, ref: str) -> Path:
        """A clone at `ref`."""
        folder = self.folder / f"checkout-{len(list(self.folder.iterdir()))}"
        token = self.github.token("user", login="acme")
        git("clone", "-q", self.github.clone_url(SHOP, token), str(folder))
        git("-C", str(folder), "fetch", "-q", "origin", ref)
        git("-C", str(folder), "checkout", "-q", "--detach", "FETCH_HEAD")
        return folder

    def get(self, path: str) -> Any:
        """What the API says."""
        token = self.github.token("user", login="acme")
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "tests"}
        with urllib.request.urlopen(urllib.request.Request(self.github.url + path, headers=headers)) as reply:
            return json.load(reply)


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
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as fake:
        yield fake


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
