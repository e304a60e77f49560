"""Who takes part: this project, the floor, and the peers of a folder that holds their scripts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.workload import CASES, CONCURRENCY, RUNS

US, FLOOR = "agentcrewops canary", "floor: aiohttp alone"
RESULT_FILES = ("report.html", "verdict.json", "summary.md", "junit.xml", "samples.jsonl")
_JUDGED = frozenset({0, 1})
"""Drift is a result too: the mock may have been slower than when the baseline was made."""
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do the work.

    Attributes:
        environ: on top of this process's own.
        leaves: files that must be there afterwards, else the work was not done.
        statuses: exit codes of a run that did the work.
        peer: another harness, to be faster than.
    """

    name: str
    command: tuple[str, ...]
    cwd: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    leaves: tuple[Path, ...] = ()
    statuses: frozenset[int] = frozenset({0})
    peer: bool = False


def canary(suite: Path, out: Path, *more: str) -> tuple[str, ...]:
    """Our command line, as a user types it."""
    isolated = (sys.executable, "-I", "-m", "agentcrewops")
    return (*isolated, "canary", "--suite", str(suite), "--out", str(out), *more)


def ours(work: Path, url: str) -> list[Contender]:
    """This project against the baseline in `work`, and the floor."""
    out = work / "out"
    command = canary(work / "suite.yaml", out, "--looks", "once", "--baseline", str(work / "baseline.json"))
    return [
        Contender(US, command, work, leaves=tuple(out / name for name in RESULT_FILES), statuses=_JUDGED),
        Contender(FLOOR, (sys.executable, str(HERE / "floor.py"), url), work),
    ]


def peers(folder: Path, environments: Path, work: Path, origin: str) -> list[Contender]:
    """Every peer whose environment is installed, talking to the mock at `origin` and to nobody else."""
    places = {"scripts": folder, "work": work, "envs": environments}
    return [
        Contender(
            name=name,
            command=tuple(word.format(**places) for word in command.split()),
            cwd=Path(cwd.format(**places)),
            environ=_offline(work, origin),
            peer=True,
        )
        for name, environment, command, cwd in _PEERS
        if (environments / environment).is_dir()
    ]


_PROMPTFOO = "{envs}/pf/node_modules/.bin/promptfoo eval --no-cache --no-progress-bar --no-table --no-share"
_INSPECT = f"{{envs}}/inspect/bin/inspect eval --display plain --max-samples {CONCURRENCY}"
_PEERS = (
    ("pydantic-evals", "pyevals", "{envs}/pyevals/bin/python {scripts}/pyevals/run_pyevals.py", "{work}"),
    ("deepeval", "deepeval", "{envs}/deepeval/bin/python {scripts}/deepeval/run_deepeval.py", "{work}"),
    (
        "promptfoo, HTTP provider",
        "pf",
        f"{_PROMPTFOO} --repeat {RUNS} -j {CONCURRENCY} -o {{work}}/pf.json -c {{work}}/promptfoo/http.json",
        "{work}",
    ),
    (
        "inspect_ai, HTTP solver",
        "inspect",
        f"{_INSPECT} task_httpagent.py --model mockllm/model",
        "{scripts}/inspect",
    ),
    (
        "inspect_ai, model provider",
        "inspect",
        f"{_INSPECT} task_bench.py --model openai-api/mockp/gpt-4o-mini --max-connections {CONCURRENCY}",
        "{scripts}/inspect",
    ),
)
"""Name, environment it needs, command, and the folder it runs in."""


def _offline(work: Path, origin: str) -> dict[str, str]:
    """The settings by which peers find the mock, write into `work`, and send nothing home."""
    return {
        "BENCH_CASES": str(CASES),
        "BENCH_CONC": str(CONCURRENCY),
        "BENCH_REPEATS": str(RUNS),
        "BENCH_WORK": str(work),
        "MOCK_BASE": f"{origin}/v1",
        "MOCKP_BASE_URL": f"{origin}/v1",
        "MOCKP_API_KEY": "x",
        "NO_COLOR": "1",
        "INSPECT_LOG_DIR": str(work / "inspect-logs"),
        "PROMPTFOO_CONFIG_DIR": str(work / "promptfoo-home"),
        "PROMPTFOO_DISABLE_REMOTE_GENERATION": "true",
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "DEEPEVAL_NO_INSPECT_PROMPT": "1",
        "DEEPEVAL_TELEMETRY_OPT_OUT": "YES",
        "DEEPEVAL_UPDATE_WARNING_OPT_IN": "NO",
    }


def prepare_peers(folder: Path, work: Path, origin: str) -> None:
    """Let the folder's own script write the configuration of the peer that needs a file."""
    subprocess.run(
        [sys.executable, str(folder / "gen_promptfoo.py")],
        env={**os.environ, **_offline(work, origin), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )
