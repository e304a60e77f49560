"""An agent that is a program: JSON in, JSON or text out, and every way a program goes wrong."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from evals.results.records import Attempt, SampleStatus
from evals.suite.suite import Suite
from evals.targets import open_target
from tests.fakes.suites import HI, asked, broken_off, gone, suite_of

PRELUDE = """
import json, os, signal, subprocess, sys, time
def out(text):
    sys.stdout.buffer.write(text)
    sys.stdout.flush()
"""


def written(folder: Path, source: str, case: Any = HI, **target: Any) -> Suite:
    (folder / "agent.py").write_text(PRELUDE + source)
    run = shlex.join([sys.executable, "agent.py"])
    return suite_of(folder, {"command": {"run": run, **target}}, [case])


def answered(folder: Path, source: str, case: Any = HI, **target: Any) -> Attempt:
    return asked(written(folder, source, case, **target))[0]


def test_a_program_reads_the_case_and_prints_its_answer(tmp_path: Path) -> None:
    source = "told = json.load(sys.stdin)\nprint(json.dumps({'output': told, 'usage': 7, 'cost_usd': 0.1}))"
    attempt = answered(tmp_path, source)
    told = json.loads(str(attempt.output))
    assert (told["input"], told["case_id"], told["sample_index"], told["seed"]) == ("hi", "a", 0, 1)
    assert told["messages"] == [{"role": "user", "content": "hi"}]
    assert (attempt.tokens, attempt.cost_usd) == (7, 0.1)


def test_a_trace_reaches_the_program_by_its_environment(tmp_path: Path) -> None:
    source = "print(json.dumps(os.environ['TRACEPARENT'] == json.load(sys.stdin)['traceparent'] and 'same'))"
    assert answered(tmp_path, source).output == "same"


def test_a_program_that_prints_text_is_taken_at_its_word(tmp_path: Path) -> None:
    assert answered(tmp_path, "out('grüß\\n'.encode())", output="text").output == "grüß\n"


def test_turns_are_processes_that_hear_the_whole_conversation(tmp_path: Path) -> None:
    case = {"case_id": "a", "turns": ["one", "two"], "success": "contains('x')"}
    source = "print(json.dumps(' '.join(m['content'] for m in json.load(sys.stdin)['messages'])))"
    assert answered(tmp_path, source, case).output == "one one two"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("out(b'\\xff\\xfe')", "is not UTF-8"),
        ('out(b\'{"output": 1} {"output": 2}\')', "Extra data"),
        ('out(b\'{"output": "trunc\')', "not one JSON document"),
        ("out(b'')", "not one JSON document"),
        ("out(b'loading model...\\n{\"output\": 1}')", "all else on stderr"),
        ("out(b'[1]')", "neither text nor an object"),
        ("out(b'x' * 50_000_000)", "more than 20 MB"),
        ("while True: out(b'x' * 1_000_000)", "more than 20 MB"),
        ("sys.exit(127)", "ended with code 127"),
    ],
)
def test_what_is_not_an_answer_says_nothing_about_the_agent(tmp_path: Path, source: str, says: str) -> None:
    attempt = answered(tmp_path, source)
    assert (attempt.status, attempt.retryable) == (SampleStatus.INFRA_ERROR, False)
    assert says in str(attempt.error)
    assert len(str(attempt.error)) < 500


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("raise ValueError('bug')", SampleStatus.CONTRACT_VIOLATION),
        ("print('{\"output\": 1}'); sys.exit(1)", SampleStatus.CONTRACT_VIOLATION),
        ("os.abort()", SampleStatus.CONTRACT_VIOLATION),
        ("print(json.dumps({'error': 'gave up'}))", SampleStatus.CONTRACT_VIOLATION),
        ("sys.exit(75)", SampleStatus.INFRA_ERROR),
        ("os.kill(os.getpid(), signal.SIGTERM)", SampleStatus.INFRA_ERROR),
    ],
)
def test_a_crash_is_a_failure_unless_somebody_else_ended_it_or_it_says_later(
    tmp_path: Path, source: str, status: SampleStatus
) -> None:
    attempt = answered(tmp_path, source)
    assert (attempt.status, attempt.retryable) == (status, True)


def test_the_last_words_of_a_crash_are_shown_cut_and_without_secrets(tmp_path: Path) -> None:
    source = "sys.stderr.write('noise ' * 100_000 + os.environ['SHOP_TOKEN'] + ' bob@example.com boom'); sys.exit(1)"
    attempt = asked(written(tmp_path, source), SHOP_TOKEN="abcdef123456")[0]
    error = str(attempt.error)
    assert error.endswith("[secret] [EMAIL_1] boom")
    assert len(error) < 1_200


@pytest.mark.parametrize(
    "stubborn",
    ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"],
)
def test_one_that_hangs_is_ended_with_all_it_started(tmp_path: Path, stubborn: str) -> None:
    source = (
        f"{stubborn}\nchild = subprocess.Popen(['sleep', '60'])\n"
        "open('pids', 'w').write(f'{os.getpid()} {child.pid}')\ntime.sleep(60)"
    )
    attempt = answered(tmp_path, source, timeout_seconds=2)
    assert (attempt.status, attempt.latency_ms) == (SampleStatus.AGENT_TIMEOUT, 2000)
    assert all(gone(int(pid)) for pid in (tmp_path / "pids").read_text().split())


@pytest.mark.parametrize("session", [False, True])
def test_what_it_leaves_behind_keeps_nobody_waiting(tmp_path: Path, session: bool) -> None:
    source = (
        f"child = subprocess.Popen(['sleep', '60'], start_new_session={session})\n"
        "open('pid', 'w').write(str(child.pid))\nprint('\"done\"')"
    )
    assert answered(tmp_path, source).output == "done"
    pid = int((tmp_path / "pid").read_text())
    if session:
        os.kill(pid, 9)
    assert gone(pid)


def test_one_that_does_not_read_its_stdin_may_answer(tmp_path: Path) -> None:
    case = {"case_id": "a", "input": "x" * 1_000_000, "success": "contains('x')"}
    assert answered(tmp_path, "print('\"done\"')", case).output == "done"


def test_no_more_processes_run_than_allowed(tmp_path: Path) -> None:
    source = (
        "mine = f'in{os.getpid()}'\nopen(mine, 'w')\nnow = [f for f in os.listdir() if f.startswith('in')]\n"
        "time.sleep(0.1)\nos.remove(mine)\nprint(json.dumps(str(len(now))))"
    )
    attempts = asked(written(tmp_path, source, processes=2), 5, at_once=True)
    assert {attempt.output for attempt in attempts} <= {"1", "2"}


def test_a_cancelled_run_leaves_no_process_behind(tmp_path: Path) -> None:
    suite = written(tmp_path, "open('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)")
    broken_off(suite, tmp_path / "pid")
    assert gone(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize(
    ("run", "says"),
    [
        ("no-such-program x", "names 'no-such-program', which is no program here"),
        ("./agent.py", "which is no program here"),
        ("", "is empty"),
        ("sh -c 'open", "No closing quotation"),
    ],
)
def test_a_program_that_is_not_there_is_told_without_running_anything(
    tmp_path: Path, run: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        open_target(suite_of(tmp_path, {"command": {"run": run}}), None, os.environ, 1)
    assert caught.value.problems[0].line == 1


def test_a_changed_script_is_another_agent(tmp_path: Path) -> None:
    prints = [
        open_target(written(tmp_path, f"print({word!r})"), None, os.environ, 1).fingerprint
        for word in ("a", "b", "a")
    ]
    assert prints[0] == prints[2] != prints[1]
