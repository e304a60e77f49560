"""What the GitHub Actions cost beside the command line: setting up, judging, and the job that reports.

    python -m benchmarks.actions [--runs 5] [--json]

Runs what `actions/*/action.yml` run, on this machine: `actions/setup/install.sh`, then the steps, for a pull request
at the fake GitHub. Needs bash, git, tar and a package registry. Figures are medians of `--runs`; that of
an installation with nothing cached is of one, and says more about the network than about us. The machine matters:
where others use it too, look at the CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agentcrewops.action.jobs import PART
from agentcrewops.verbs.init import starter_files
from benchmarks.table import Row, leave, print_rows
from tests.actions.act import export_ours
from tests.fakes.github import FakeGitHub

REPO = "acme/shop"
NAME = "AgentCrewOps"
COMPRESSOR = "zstd" if shutil.which("zstd") else "gzip"
HEAVY = ("litellm", "scipy")
PERMISSIONS = {"contents": "read", "checks": "write", "pull_requests": "write"}
LOADED = """
import sys
sys.argv = ["agentcrewops", "action", sys.argv[1]]
from agentcrewops.__main__ import main
try:
    main()
finally:
    print("loaded:", len(sys.modules), *({"litellm", "scipy"} & set(sys.modules)))
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of the wall clock, and of the processors for all processes of a step."""

    wall: float
    cpu: float

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.wall + other.wall, self.cpu + other.cpu)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.wall - other.wall, self.cpu - other.cpu)

    def __str__(self) -> str:
        return f"{self.wall:.1f} s ({self.cpu:.1f} s CPU)"


@dataclass(frozen=True, slots=True)
class Machine:
    """A runner: our action as it was fetched, a folder of the job, and a checkout of a pull request.

    Attributes:
        environ: what GitHub and the operating system give a step.
    """

    ours: Path
    temp: Path
    checkout: Path
    environ: Mapping[str, str] = field(repr=False)

    @property
    def python(self) -> Path:
        """The interpreter that `install.sh` leaves."""
        return self.temp / "agentcrewops" / "venv" / "bin" / "python"

    def spent(self, *command: str | Path, **more: str) -> Spent:
        """What one step takes, which must end well."""
        began = _clocks()
        self.said(*command, **more)
        return _clocks() - began

    def said(self, *command: str | Path, **more: str) -> str:
        """What one step prints."""
        environ = {**self.environ, **more}
        done = subprocess.run(
            command, cwd=self.checkout, env=environ, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(
                f"{' '.join(map(str, command))} left with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def action(self, verb: str, **inputs: str) -> Spent:
        """One step of ours, on a machine that has just fetched the action."""
        self._forget_bytecode()
        return self.spent(self.python, "-I", "-m", "agentcrewops", "action", verb, **_as_inputs(inputs))

    def loaded(self, verb: str, **inputs: str) -> list[str]:
        """Heavy packages that the step has loaded when it ends; the first word is how many modules."""
        said = self.said(self.python, "-I", "-c", LOADED, verb, **_as_inputs(inputs))
        return said.rpartition("loaded: ")[2].split()

    def _forget_bytecode(self) -> None:
        """An action is fetched anew for every job, without bytecode."""
        for folder in list(self.ours.rglob("__pycache__")):
            shutil.rmtree(folder)

    # -- setting up

    def install(self, extras: str, **more: str) -> Spent:
        """Both steps of actions/setup that are ours."""
        script = self.ours / "actions" / "setup" / "install.sh"
        environ = {"AGENTCREWOPS_EXTRAS": extras, **more}
        return self.spent("bash", script, "--key", **environ) + self.spent("bash", script, **environ)

    def install_cold(self, extras: str, **more: str) -> Spent:
        """The same where nothing is cached by the runner."""
        shutil.rmtree(self.temp / "agentcrewops", ignore_errors=True)
        return self.install(extras, **more)

    def keep(self, archive: Path) -> None:
        """What actions/cache does at the end of a job."""
        self.said("tar", "-cf", archive, "-I", COMPRESSOR, "-C", self.temp / "agentcrewops", "venv")

    def install_warm(self, extras: str, archive: Path) -> Spent:
        """actions/setup with what an earlier job kept, less its way over the network."""
        home = self.temp / "agentcrewops"
        shutil.rmtree(home / "venv")
        return self.spent("tar", "-xf", archive, "-I", COMPRESSOR, "-C", home) + self.install(extras)

    # -- judging

    def canary(self) -> Spent:
        """The plain command."""
        out = self.temp / "plain"
        return self.spent(self.python, "-I", "-m", "agentcrewops", "canary", "-q", "--out", out)

    def measure_parts(self) -> None:
        """Leave what the other jobs of the run would have uploaded."""
        parts = self.temp / "agentcrewops" / "parts"
        jobs = [("canary", "1/2"), ("canary", "2/2"), ("guardian", "1/1")]
        for mode, shard in jobs:
            self.action("judge", MODE=mode, SHARD=shard)
            kind = mode if mode == "guardian" else f"{mode}-{shard.replace('/', '-of-')}"
            shutil.copytree(self.temp / "agentcrewops" / "results", parts / PART.format(NAME, kind))


def _clocks() -> Spent:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(time.perf_counter(), used.ru_utime + used.ru_stime)


def _as_inputs(inputs: Mapping[str, str]) -> dict[str, str]:
    return {f"AGENTCREWOPS_{name}": value for name, value in {"NAME": NAME, **inputs}.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with FakeGitHub() as github, tempfile.TemporaryDirectory() as folder:
        rows = measured(_machine(github, Path(folder)), Path(folder), asked.runs)
    print_rows("Actions", rows, as_json=asked.json)
    leave(rows)


def measured(machine: Machine, folder: Path, runs: int) -> list[Row]:
    """Every row, of one machine."""
    rows = list(_cold(machine, folder, min(runs, 3)))
    machine.canary()
    machine.measure_parts()
    archive = folder / "venv.tar"
    machine.keep(archive)
    set_up = median(lambda: machine.install_warm("github", archive), runs)
    size = archive.stat().st_size / 1e6
    rows.append(_row(f"set-up, cache of {size:.0f} MB restored", set_up, 10))
    return [*rows, *_beside_the_command_line(machine, set_up, runs), *_report_job(machine, set_up, runs)]


def median(measure: Callable[[], Spent], times: int) -> Spent:
    """Of several measurements; each clock has its own."""
    each = [measure() for _ in range(times)]
    return Spent(statistics.median(one.wall for one in each), statistics.median(one.cpu for one in each))


def _cold(machine: Machine, folder: Path, runs: int) -> Iterator[Row]:
    empty = {name: str(folder / name) for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR")}
    yield _row("set-up, nothing cached anywhere", machine.install_cold("github", **empty))
    again = median(lambda: machine.install_cold("github", **empty), runs)
    yield _row("set-up, packages cached", again)


def _beside_the_command_line(machine: Machine, set_up: Spent, runs: int) -> Iterator[Row]:
    """One environment for both; but a job fetches our own modules anew, without bytecode."""
    judging = median(lambda: machine.action("judge", MODE="canary") - machine.canary(), runs)
    yield _row("`action judge` less `agentcrewops canary`, same suite", judging)
    yield _row("the action less the plain command: warm set-up and judging", set_up + judging, 5)
    yield _row("`action publish`, GitHub on this machine", median(lambda: machine.action("publish"), runs))


def _report_job(machine: Machine, set_up: Spent, runs: int) -> Iterator[Row]:
    yield _row("report job: warm set-up", set_up, 5)
    merging = median(
        lambda: machine.action("judge", MERGE="true", MODE="canary") + machine.action("publish"), runs
    )
    yield _row("report job: merging and publishing", merging)
    yield _loaded_row([machine.loaded("judge", MERGE="true", MODE="canary"), machine.loaded("publish")])


def _row(goal: str, spent: Spent, must: float | None = None) -> Row:
    if must is None:
        return Row(goal, str(spent))
    return Row(goal, str(spent), f"≤ {must:.0f} s", spent.wall <= must)


def _loaded_row(loaded: Sequence[Sequence[str]]) -> Row:
    heavy = sorted({name for _, *names in loaded for name in names})
    modules = max(int(count) for count, *_ in loaded)
    goal = f"report job: {' and '.join(HEAVY)} loaded"
    return Row(goal, f"{', '.join(heavy) or 'neither'} ({modules:,} modules)", "neither", not heavy)


def _machine(github: FakeGitHub, folder: Path) -> Machine:
    """A runner whose job is about a pull request against a repository with a baseline."""
    for name in ("ours", "temp", "home"):
        (folder / name).mkdir()
    github.add_repo(REPO, starter_files(), roles={"acme": "admin"})
    checkout = folder / "checkout"
    _git("clone", "-q", github.clone_url(REPO, github.token("user", login="acme")), str(checkout))
    record = [sys.executable, "-I", "-m", "agentcrewops", "baseline", "record", "--quiet"]
    subprocess.run(record, cwd=checkout, check=True, capture_output=True)
    baselines = {
        str(file.relative_to(checkout)): file.read_text() for file in checkout.glob("baselines/*.json")
    }
    github.push(REPO, "main", baselines)
    number = github.add_pull(REPO, files={"README.md": "hello"}, author="acme", title="Change the agent")
    _git("-C", str(checkout), "clean", "-fdq")
    _git("-C", str(checkout), "fetch", "-q", "origin", f"refs/pull/{number}/merge")
    _git("-C", str(checkout), "checkout", "-q", "--detach", "FETCH_HEAD")
    ours = export_ours(folder / "ours")
    return Machine(ours, folder / "temp", checkout, _environ(github, number, folder))


def _environ(github: FakeGitHub, number: int, folder: Path) -> dict[str, str]:
    token = github.token("actions", PERMISSIONS, repo=REPO)
    pull = github.client(token).get(f"/repos/{REPO}/pulls/{number}").body
    event = {"action": "synchronize", "number": number, "pull_request": pull}
    (folder / "event.json").write_text(json.dumps(event), encoding="utf-8")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "AGENTCREWOPS_"))
    }
    return {
        **kept,
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": github.url,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_REF": f"refs/pull/{number}/merge",
        "GITHUB_REPOSITORY": REPO,
        "GITHUB_SERVER_URL": github.url,
        "GITHUB_SHA": pull["merge_commit_sha"],
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_TOKEN": token,
        "GITHUB_WORKSPACE": str(folder / "checkout"),
        "RUNNER_TEMP": str(folder / "temp"),
    }


def _git(*arguments: str) -> None:
    subprocess.run(["git", "-c", "advice.detachedHead=false", *arguments], check=True, capture_output=True)


if __name__ == "__main__":
    main()
