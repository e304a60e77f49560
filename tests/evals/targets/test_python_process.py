"""An agent that is a function, called in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from evals.results.records import Attempt, SampleStatus
from evals.suite.suite import Suite
from evals.targets import open_target
from tests.fakes.suites import HI, asked, broken_off, gone, suite_of

WHO = "import os\ndef answer(input): return str(os.getpid())"


def written(folder: Path, source: str, case: Any = HI, **target: Any) -> Suite:
    (folder / "agent.py").write_text(source)
    return suite_of(folder, {"python": {"function": "agent.py:answer", "isolate": True, **target}}, [case])


def answered(folder: Path, source: str, case: Any = HI, **target: Any) -> Attempt:
    return asked(written(folder, source, case, **target))[0]


def test_a_worker_is_used_again_and_gone_afterwards(tmp_path: Path) -> None:
    pids = {attempt.output for attempt in asked(written(tmp_path, WHO), 3)}
    assert len(pids) == 1
    assert pids != {str(os.getpid())}
    assert gone(int(str(pids.pop())))


def test_no_more_processes_are_started_than_allowed(tmp_path: Path) -> None:
    source = "import os, time\ndef answer(input):\n    time.sleep(0.05)\n    return str(os.getpid())"
    attempts = asked(written(tmp_path, source, processes=2), 6, at_once=True)
    assert len({attempt.output for attempt in attempts}) <= 2


def test_a_client_made_in_one_call_lives_on_in_the_next(tmp_path: Path) -> None:
    source = (
        "import asyncio\nseen = []\n"
        "async def answer(input):\n    seen.append(asyncio.get_running_loop())\n    return str(len(set(map(id, seen))))"
    )
    assert [attempt.output for attempt in asked(written(tmp_path, source), 3)] == ["1"] * 3


def test_its_files_and_packages_are_imported_as_python_would(tmp_path: Path) -> None:
    (tmp_path / "prompts.py").write_text("SYSTEM = 'be kind'")
    attempt = answered(tmp_path, "import prompts\ndef answer(input): return prompts.SYSTEM")
    assert attempt.output == "be kind"


@pytest.mark.parametrize(
    "noise",
    [
        "print('noise')",
        'os.write(1, b\'{"answer": "forged"}\\n\')',
        "subprocess.run(['echo', 'noise'])",
        "sys.stdin.read()",
        "sys.stderr.write('x' * 3_000_000)",
        "print('x' * 3_000_000)",
    ],
)
def test_what_the_agent_prints_is_not_its_answer(tmp_path: Path, noise: str) -> None:
    source = f"import os, subprocess, sys\ndef answer(input):\n    {noise}\n    return 'mine'"
    assert [attempt.output for attempt in asked(written(tmp_path, source), 2)] == ["mine", "mine"]


def test_one_that_hangs_is_killed_with_what_it_started_and_replaced(tmp_path: Path) -> None:
    source = (
        "import os, pathlib, signal, subprocess, time\n"
        "def answer(input, sample_index):\n"
        "    if sample_index: return str(os.getpid())\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    child = subprocess.Popen(['sleep', '60'])\n"
        "    pathlib.Path('pids').write_text(f'{os.getpid()} {child.pid}')\n"
        "    time.sleep(60)"
    )
    hung, next_one = asked(written(tmp_path, source, timeout_seconds=0.5), 2)
    assert hung.status is SampleStatus.AGENT_TIMEOUT
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert all(map(gone, pids))
    assert next_one.output not in {None, str(pids[0])}


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ("os._exit(3)", SampleStatus.CONTRACT_VIOLATION, "ended with code 3"),
        ("os._exit(0)", SampleStatus.CONTRACT_VIOLATION, "ended with code 0"),
        ("os.abort()", SampleStatus.CONTRACT_VIOLATION, "killed by signal 6"),
        ("os.kill(os.getpid(), 9)", SampleStatus.INFRA_ERROR, "killed by signal 9"),
        ("raise SystemExit(2)", SampleStatus.CONTRACT_VIOLATION, "SystemExit: 2"),
        ("raise ConnectionResetError", SampleStatus.INFRA_ERROR, "ConnectionResetError"),
        ("return object()", SampleStatus.INFRA_ERROR, "not JSON"),
        ("return 'x' * 25_000_000", SampleStatus.INFRA_ERROR, "more than 20 MB"),
    ],
)
def test_a_crash_is_the_agents_and_an_outage_is_nobodys(
    tmp_path: Path, body: str, status: SampleStatus, says: str
) -> None:
    source = f"import os\ndef answer(input, sample_index):\n    if sample_index: return 'x'\n    {body}"
    first, second = asked(written(tmp_path, source), 2)
    assert first.status is status
    assert says in str(first.error)
    assert second.output == "x"


def test_a_fork_that_comes_back_does_not_answer_twice(tmp_path: Path) -> None:
    source = "import os\ndef answer(input, sample_index):\n    os.fork()\n    return str(sample_index)"
    assert [attempt.output for attempt in asked(written(tmp_path, source), 3)] == ["0", "1", "2"]


def test_each_run_has_its_own_trace(tmp_path: Path) -> None:
    source = "import os\ndef answer(input, traceparent): return str(os.environ['TRACEPARENT'] == traceparent)"
    assert answered(tmp_path, source).output == "True"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import no_such_package\ndef answer(input): ...", "No module named 'no_such_package'"),
        ("def other(input): ...", "has no attribute 'answer'"),
        ("def answer(input, config): ...", "parameter 'config' has no value"),
        ("import time\ntime.sleep(60)", "was not loaded within 0.5 s"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_told_with_the_line_of_the_target(
    tmp_path: Path, source: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        answered(tmp_path, source, ready_seconds=20 if "sleep" not in source else 0.5)
    assert "interpreter:" in str(caught.value)
    assert caught.value.problems[0].line == 1


def test_an_interpreter_that_is_not_there_is_told_without_running_anything(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"names '\.venv/bin/python', which is no program here"):
        open_target(written(tmp_path, WHO, interpreter=".venv/bin/python"), None, {}, 1)


def test_another_python_may_run_it(tmp_path: Path) -> None:
    (tmp_path / "python").symlink_to(sys.executable)
    source = "import sys\ndef answer(input): return sys.executable"
    assert str(answered(tmp_path, source, interpreter="./python").output).endswith("/python")


def test_workers_end_when_the_evaluation_is_killed(tmp_path: Path) -> None:
    suite = written(tmp_path, WHO)
    script = (
        "import asyncio, os, pathlib, sys\n"
        "from evals.suite.suite import load_suite\nfrom evals.targets import open_target\n"
        "async def main():\n"
        "    suite = load_suite(pathlib.Path('suite.yaml'))\n"
        "    async with open_target(suite, None, os.environ, 1) as target:\n"
        "        attempt = await target.attempt(suite.cases[0], 0, 1)\n"
        "        print(attempt.output, flush=True)\n"
        "        os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=suite.root,
        env=environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == -9
    assert gone(int(done.stdout))


def test_a_cancelled_run_leaves_no_process_behind(tmp_path: Path) -> None:
    source = (
        "import os, pathlib, time\ndef answer(input):\n"
        "    pathlib.Path('pid').write_text(str(os.getpid()))\n    time.sleep(60)"
    )
    suite = written(tmp_path, source)
    broken_off(suite, tmp_path / "pid")
    assert gone(int((tmp_path / "pid").read_text()))
