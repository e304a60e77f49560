"""What is run around each sample, and what becomes of the sample if it fails."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from evals.canary.preparation import CanaryOptions
from evals.results.records import Attempt, Event, Sample, SampleStatus
from evals.suite.suite import Suite
from evals.targets import open_target
from evals.targets.fixtures import fixture_warnings
from tests.fakes.canaries import canary_verdict
from tests.fakes.suites import HI, asked, broken_off, gone, suite_of

AGENT = "import pathlib\ndef answer(input):\n    note('agent')\n    return 'x'\n"
NOTE = "def note(word):\n    with open({log!r}, 'a') as log: log.write(word + ' ')\n"


def project(folder: Path, case: Any, agent: str = AGENT, **suite: Any) -> Suite:
    """A suite whose agent and fixtures write down that they were run."""
    note = NOTE.format(log=str(folder / "log"))
    (folder / "agent.py").write_text(agent + note)
    (folder / "note.py").write_text(
        note + "import sys\nif __name__ == '__main__': note(' '.join(sys.argv[1:]))\n"
    )
    (folder / "db.py").write_text(
        note
        + "def seed(case_id, sample_index): note(f'seed-{case_id}-{sample_index}')\n"
        + "def broken(): raise OSError('no database')\n"
    )
    return suite_of(folder, {"python": {"function": "agent.py:answer"}}, [{**HI, **case}], **suite)


def command(*words: str) -> dict[str, Any]:
    return {"command": shlex.join([sys.executable, *words])}


def logged(folder: Path) -> list[str]:
    return (folder / "log").read_text().split()


def test_fixtures_enclose_the_sample_the_suites_outermost(tmp_path: Path) -> None:
    case = {"before": command("note.py", "case-before"), "after": command("note.py", "case-after")}
    both: Any = {"before": command("note.py", "before"), "after": command("note.py", "after")}
    asked(project(tmp_path, case, **both))
    assert logged(tmp_path) == ["before", "case-before", "agent", "case-after", "after"]


@pytest.mark.parametrize(
    "before",
    [
        {"python": "db.py:seed"},
        {"command": f"{sys.executable} note.py seed-{{{{ case_id }}}}-{{{{sample_index}}}}"},
        {"command": f"sh -c '{sys.executable} note.py \"seed-$CASE_ID-$SAMPLE_INDEX\"'"},
    ],
)
def test_a_fixture_is_told_which_sample_it_prepares(tmp_path: Path, before: dict[str, Any]) -> None:
    asked(project(tmp_path, {"before": before}), 2)
    assert logged(tmp_path) == ["seed-a-0", "agent", "seed-a-1", "agent"]


@pytest.mark.parametrize(
    ("before", "says"),
    [
        (
            command("-c", "import sys; print('no database'); sys.exit(3)"),
            "ended with code 3; the last it printed: no",
        ),
        (
            command("-c", "import sys; sys.exit('no database')"),
            "ended with code 1; the last it printed: no database",
        ),
        ({"python": "db.py:broken"}, "raised OSError: no database"),
        (command("-c", "print('x' * 25_000_000)"), "printed more than 20 MB"),
        (command("-c", "import time; time.sleep(60)") | {"timeout_seconds": 0.3}, "did not end within 0.3 s"),
    ],
)
def test_a_failed_before_leaves_the_sample_unmeasured(tmp_path: Path, before: Any, says: str) -> None:
    suite = project(tmp_path, {"before": before}, after=command("note.py", "after"))
    attempt = asked(suite)[0]
    assert attempt.status is SampleStatus.INFRA_ERROR
    assert f"before: '{(before.get('python') or sys.executable)}' {says}" in str(attempt.error)
    assert logged(tmp_path) == ["after"]


def test_a_failed_after_is_a_warning(tmp_path: Path) -> None:
    suite = project(tmp_path, {"after": {"python": "db.py:broken"}})
    attempt = asked(suite)[0]
    assert (attempt.status, attempt.output) == (SampleStatus.COMPLETED, "x")
    options = CanaryOptions(suite=tmp_path / "suite.yaml", samples=3, out=tmp_path / "out")
    warnings = canary_verdict(options, os.environ).warnings
    assert any("`after` failed 3 times" in warning and "no database" in warning for warning in warnings)


def test_afters_that_worked_are_not_mentioned() -> None:
    event = Event("answer", "fine")
    assert fixture_warnings([Sample("a", 0, SampleStatus.COMPLETED, True, transcript=(event,))]) == ()


def test_an_after_is_run_although_the_run_was_cancelled(tmp_path: Path) -> None:
    agent = "import asyncio\nasync def answer(input):\n    note('agent')\n    await asyncio.sleep(60)\n"
    suite = project(tmp_path, {"after": command("note.py", "after")}, agent)
    broken_off(suite, tmp_path / "log")
    assert logged(tmp_path) == ["agent", "after"]


@pytest.mark.parametrize("exclusive", [True, False])
def test_exclusive_samples_are_run_one_by_one(tmp_path: Path, exclusive: bool) -> None:
    agent = (
        "import asyncio\nasync def answer(input):\n"
        "    note('in')\n    await asyncio.sleep(0.2)\n    note('out')\n    return 'x'\n"
    )
    before = {"python": "db.py:seed", "exclusive": exclusive}
    asked(project(tmp_path, {"before": before}, agent), 2, at_once=True)
    alone = ["seed-a-0", "in", "out", "seed-a-1", "in", "out"]
    assert (logged(tmp_path) == alone) is exclusive


def test_what_a_fixture_started_ends_with_it(tmp_path: Path) -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, file=open('pid', 'w'))"
    asked(project(tmp_path, {"before": command("-c", code)}))
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_recording_needs_no_fixtures(tmp_path: Path) -> None:
    project(tmp_path, {})
    options = CanaryOptions(suite=tmp_path / "suite.yaml", samples=1, out=tmp_path / "out")
    canary_verdict(options, os.environ)
    target = {"recorded": {"file": "out/samples.jsonl"}}
    replayed: Attempt = asked(suite_of(tmp_path, target, before=command("note.py", "before")))[0]
    assert replayed.output == "x"
    assert logged(tmp_path) == ["agent"]


@pytest.mark.parametrize(
    ("before", "says"),
    [
        ({}, "needs either command or python"),
        ({"command": "a", "python": "b.py:c"}, "needs either command or python"),
        (
            {"command": "no-such-program"},
            "the fixture 'no-such-program' names 'no-such-program', which is no",
        ),
        ({"command": "echo {{ input }}"}, r"'\{\{ input \}\}' has no value here"),
        ({"command": "sh -c 'echo {{ case_id }}'"}, 'write  "\\$CASE_ID"'),
        ({"python": "gone.py:seed"}, "its file does not exist"),
        ({"command": "true", "timeout_seconds": 0}, "timeout_seconds"),
    ],
)
@pytest.mark.parametrize("place", ["suite", "case"])
def test_a_mistake_in_a_fixture_is_told_before_anything_runs(
    tmp_path: Path, before: Any, says: str, place: str
) -> None:
    more: Any = {"before": before} if place == "suite" else {}
    with pytest.raises(InvalidInput, match=says) as caught:
        open_target(
            project(tmp_path, {"before": before} if place == "case" else {}, **more), None, os.environ, 1
        )
    assert caught.value.problems[0].line == 1
    assert not (tmp_path / "log").exists()
