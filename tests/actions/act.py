"""Runs workflows on this machine with act, without Docker: our actions as they are, other people's by stand-ins."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
STAND_INS = Path(__file__).resolve().parent / "stand_ins"
OURS = "agentcrewops/agentcrewops"
REF = "0123456789abcdef0123456789abcdef01234567"
"""What stands for our released commit."""
_PASSED_ON = re.compile(r"(PIP|UV|SSL|NIX_SSL|CURL|REQUESTS|NODE_EXTRA|GIT_SSL)_[A-Z_]+")
_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Ran:
    """One event, handled. `code` is act's: 0 if every job succeeded."""

    code: int
    log: str
    lines: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        """What a person would read of the log."""
        said = [f"{line.get('job', '').strip()}| {line.get('msg', '').rstrip()}" for line in self.lines]
        return "\n".join(
            line for line in said if not line.partition("| ")[2].startswith("LocalRepositoryCache")
        )

    def jobs(self, result: str) -> set[str]:
        """Jobs that ended so: success or failure."""
        return {line["job"] for line in self.lines if line.get("jobResult") == result}

    def output(self, name: str) -> str:
        """The last value a step gave to this output."""
        values = [
            line["arg"]
            for line in self.lines
            if line.get("command") == "set-output" and line.get("name") == name
        ]
        return values[-1] if values else ""

    @property
    def told(self) -> dict[str, str]:
        """The outputs of our action as a later step of the caller's workflow sees them."""
        said = [line["msg"].strip() for line in self.lines if str(line.get("msg", "")).startswith("TOLD ")]
        outputs: dict[str, str] = json.loads(said[-1].removeprefix("TOLD "))
        return outputs

    def commands(self, command: str) -> list[dict[str, Any]]:
        """The workflow commands of this kind that the runner obeyed."""
        return [line for line in self.lines if line.get("command") == command]


@dataclass(frozen=True, slots=True)
class Runner:
    """A machine to run workflows on.

    Attributes:
        ours: our project, exported: what a runner would fetch as the action.
        store: artifacts and caches.
    """

    act: Path
    ours: Path
    home: Path
    store: Path

    def run(
        self,
        event: str,
        payload: Mapping[str, Any],
        checkout: Path,
        *,
        repository: str,
        api_url: str,
        workflow: Path | None = None,
        job: str = "",
        token: str = "",
        secrets: Mapping[str, str] = {},
        env: Mapping[str, str] = {},
    ) -> Ran:
        """Handle one event in `checkout`, whose HEAD is GITHUB_SHA; of the workflow's jobs only `job`, if given."""
        self.home.mkdir(parents=True, exist_ok=True)
        event_file = self.home / "event.json"
        event_file.write_text(json.dumps(payload), encoding="utf-8")
        shutil.rmtree(self.store / "artifacts", ignore_errors=True)
        given = {
            "GITHUB_REPOSITORY": repository,
            "GITHUB_API_URL": api_url,
            "GITHUB_SERVER_URL": api_url,
            "STANDINS_ORIGIN": str(checkout),
            "STANDINS_STORE": str(self.store),
            "CI": "true",
            **{name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)},
            **env,
        }
        command = [
            *(str(self.act), event, "--json", "-C", str(checkout), "-e", str(event_file)),
            *("-P", "ubuntu-latest=-self-hosted", "--no-skip-checkout", "--no-cache-server"),
            *("--artifact-server-addr", "127.0.0.1", "--concurrent-jobs", "1"),
            *(["-W", str(workflow)] if workflow else []),
            *(["-j", job] if job else []),
            *[part for name, value in given.items() for part in ("--env", f"{name}={value}")],
            *[
                part
                for name, value in {"GITHUB_TOKEN": token, **secrets}.items()
                for part in ("-s", f"{name}={value}")
            ],
            *[
                part
                for there, here in self._local().items()
                for part in ("--local-repository", f"{there}={here}")
            ],
        ]
        outside = {"HOME": str(self.home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        done = subprocess.run(
            command, env=outside, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        log = done.stdout + done.stderr
        return Ran(done.returncode, log, tuple(_parsed(done.stdout)))

    def _local(self) -> dict[str, Path]:
        """Every action that any of our files uses, and the folder that stands for it."""
        files = [*self.ours.glob("action.yml"), *self.ours.glob("actions/*/action.yml")]
        files += [*self.ours.glob(".github/workflows/*.yml"), *self.ours.glob("templates/workflows/*.yml")]
        used = {name for file in files for name in _uses(yaml.safe_load(file.read_text(encoding="utf-8")))}
        others = {
            name: STAND_INS / name.partition("@")[0].partition("/")[2] for name in used if not _is_ours(name)
        }
        return {
            f"{OURS}@{REF}": self.ours,
            **{name: folder for name, folder in others.items() if folder.is_dir()},
        }


def export_ours(to: Path) -> Path:
    """Our project as git would deliver it: tracked files and new ones, nothing that is ignored.

    Without tests, docs and benchmarks: act copies all of it for every step.
    """
    kept = [":!tests", ":!docs", ":!benchmarks"]
    listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", *kept]
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name)
    return to


def _uses(part: Any) -> set[str]:
    if isinstance(part, list):
        return set().union(*map(_uses, part))
    if not isinstance(part, dict):
        return set()
    own = {part["uses"]} if isinstance(part.get("uses"), str) else set()
    return own.union(*map(_uses, part.values()))


def _is_ours(name: str) -> bool:
    return name.startswith(("./", OURS))


def _parsed(log: str) -> list[dict[str, Any]]:
    lines = []
    for line in log.splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            continue
    return [line for line in lines if isinstance(line, dict)]
