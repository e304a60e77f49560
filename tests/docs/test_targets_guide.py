"""The guide to targets says nothing that does not run."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from evals.canary.preparation import CanaryOptions, prepare
from evals.results.samples import read_samples
from tests.fakes.canaries import canary_verdict

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "targets.md"
BLOCK = re.compile(r"```\w+\n# (\S+)\n(.*?)```", re.DOTALL)
SUITE = "suite.yaml"
MOST_LINES = 15


def examples() -> list[dict[str, str]]:
    """The files of each example, by name; an example begins with its suite."""
    found: list[dict[str, str]] = []
    for name, text in BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        if name == SUITE:
            found.append({})
        found[-1][name] = text
    return found


def label(files: dict[str, str]) -> str:
    return files[SUITE].splitlines()[0]


EXAMPLES = examples()
RUNTIME, *REST = EXAMPLES
AGENT = next(files["agent.py"] for files in EXAMPLES if "agent.py" in files)
RECORDED = next(files for files in EXAMPLES if "recorded" in files[SUITE])


def written(files: dict[str, str], folder: Path) -> CanaryOptions:
    """A project with these files, the guide's agent, and an environment for it."""
    for name, text in {"agent.py": AGENT, **files}.items():
        (folder / name).write_text(text)
    python = folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    return CanaryOptions(suite=folder / SUITE, out=folder / "canary-out", samples=2)


def passed(options: CanaryOptions) -> list[bool | None]:
    canary_verdict(options, os.environ)
    return [sample.passed for sample in read_samples(options.out / "samples.jsonl").samples]


@pytest.mark.parametrize("files", [files for files in REST if files is not RECORDED], ids=label)
def test_an_example_runs_and_passes(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert passed(written(files, tmp_path)) == [True, True]


def test_a_recording_is_judged_like_the_runs_it_holds(tmp_path: Path) -> None:
    function = next(files for files in EXAMPLES if "agent.py" in files)
    options = written(function, tmp_path)
    assert passed(options) == [True, True]
    (tmp_path / SUITE).write_text(RECORDED[SUITE])
    assert passed(options) == [True, True]


def test_the_runtimes_example_fits_the_starter(starter: Path) -> None:
    (starter / SUITE).write_text(RUNTIME[SUITE])
    assert prepare(CanaryOptions(suite=starter / SUITE), {}).evaluation.suite.target.kind == "runtime"


def test_an_example_is_short() -> None:
    assert max(len(text.splitlines()) for files in EXAMPLES for text in files.values()) <= MOST_LINES
