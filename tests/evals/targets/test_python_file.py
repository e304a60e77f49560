"""An agent that is a function, called in our own process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from evals.results.records import Attempt, ObservedCall, SampleStatus
from evals.suite.suite import Suite
from evals.targets import open_target
from tests.fakes.suites import HI, asked, suite_of

STUBBORN = """
import asyncio
async def answer(input):
    try:
        await asyncio.sleep(60)
    except BaseException:
        await asyncio.sleep(0.2)
"""


def written(folder: Path, source: str, case: Any = HI, **target: Any) -> Suite:
    (folder / "agent.py").write_text(source)
    return suite_of(folder, {"python": {"function": "agent.py:answer", **target}}, [case])


def answered(folder: Path, source: str, case: Any = HI, **target: Any) -> Attempt:
    return asked(written(folder, source, case, **target))[0]


@pytest.mark.parametrize(
    "source",
    [
        "def answer(input): return input + '!'",
        "async def answer(input): return input + '!'",
        "def answer(question): return question + '!'",
        "def answer(messages): return messages[-1]['content'] + '!'",
        "def answer(question, seed=1, style='!'): return question + style",
        "def answer(**_): ...\nclass Answer:\n    def __call__(self, text): return text + '!'\nanswer = Answer()",
    ],
)
def test_a_function_is_given_what_it_asks_for(tmp_path: Path, source: str) -> None:
    attempt = answered(tmp_path, source)
    assert (attempt.status, attempt.output) == (SampleStatus.COMPLETED, "hi!")
    assert attempt.latency_ms is not None


def test_a_mapping_tells_more_than_the_answer(tmp_path: Path) -> None:
    source = (
        "def answer(input, trace_id):\n"
        "    calls = [{'name': 'kb', 'arguments': {'q': 1}}]\n"
        "    return {'output': {'n': 1}, 'usage': {'input_tokens': 2, 'output_tokens': 3}, 'cost_usd': 0.5,\n"
        "            'tool_calls': calls, 'version': 'v1', 'cached': True, 'trace_url': 'https://t/' + trace_id}"
    )
    attempt = answered(tmp_path, source)
    assert (attempt.output, attempt.tokens, attempt.cost_usd) == ('{"n":1}', 5, 0.5)
    assert attempt.tool_calls == (ObservedCall("kb", {"q": 1}),)
    assert (attempt.version, attempt.cached) == ("v1", True)
    assert str(attempt.trace_url).startswith("https://t/")


def test_tool_calls_that_are_not_told_are_unknown(tmp_path: Path) -> None:
    assert answered(tmp_path, "def answer(input): return {'output': 'x'}").tool_calls is None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise KeyError('order')", "KeyError: 'order'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise TimeoutError('slow tool')", "TimeoutError: slow tool"),
        ("return {'error': 'gave up'}", "gave up"),
    ],
)
@pytest.mark.parametrize("kind", ["def", "async def"])
def test_what_its_own_code_raises_is_the_agents_failure(
    tmp_path: Path, body: str, says: str, kind: str
) -> None:
    attempt = answered(tmp_path, f"{kind} answer(input):\n    {body}")
    assert (attempt.status, attempt.error) == (SampleStatus.CONTRACT_VIOLATION, says)


@pytest.mark.parametrize(
    ("body", "retryable"),
    [
        ("raise ConnectionRefusedError('no provider')", True),
        ("e = Exception('slow down'); e.status_code = 429; raise ValueError('model') from e", True),
        ("e = Exception('bad key'); e.status_code = 401; raise e", False),
        ("return object()", False),
        ("return float('nan')", False),
        ("return 42", False),
        ("return {'answer': 'x'}", False),
        ("return 'x' * 20_000_001", False),
        ("a = []; a.append(a); return a", False),
    ],
)
def test_what_says_nothing_about_the_agent_is_unmeasured(tmp_path: Path, body: str, retryable: bool) -> None:
    attempt = answered(tmp_path, f"def answer(input):\n    {body}")
    assert (attempt.status, attempt.retryable) == (SampleStatus.INFRA_ERROR, retryable)


def test_a_provider_that_asks_for_patience_gets_it(tmp_path: Path) -> None:
    source = (
        "class Response:\n    status_code = 429\n    headers = {'retry-after': '7'}\n"
        "def answer(input):\n    e = Exception('slow down'); e.response = Response(); raise e"
    )
    assert answered(tmp_path, source).retry_after == 7


@pytest.mark.parametrize(
    "source",
    [
        "import time\ndef answer(input): time.sleep(60)",
        "import asyncio\nasync def answer(input): await asyncio.sleep(60)",
        STUBBORN,
    ],
)
def test_one_that_hangs_is_a_timeout_of_the_agent(tmp_path: Path, source: str) -> None:
    attempt = answered(tmp_path, source, timeout_seconds=0.1)
    assert (attempt.status, attempt.latency_ms) == (SampleStatus.AGENT_TIMEOUT, 100)


def test_half_a_character_in_an_answer_is_replaced(tmp_path: Path) -> None:
    assert answered(tmp_path, "def answer(input): return '\\ud800x'").output == "\ufffd\ufffd\ufffdx"


def test_what_it_prints_does_not_reach_our_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answered(tmp_path, "def answer(input):\n    print('noise')\n    return 'x'")
    out, err = capsys.readouterr()
    assert (out, err) == ("", "noise\n")


def test_a_key_in_a_providers_refusal_is_not_repeated(tmp_path: Path) -> None:
    source = "def answer(input):\n    e = Exception('bad key hunter2hunter2'); e.status_code = 401; raise e"
    attempt = asked(written(tmp_path, source), MY_API_KEY="hunter2hunter2")[0]
    assert "[secret]" in str(attempt.error)


def test_turns_are_told_as_a_growing_conversation(tmp_path: Path) -> None:
    case = {"case_id": "a", "turns": ["one", "two"], "success": "contains('x')"}
    source = "def answer(messages): return ' '.join(m['content'] for m in messages)"
    assert answered(tmp_path, source, case).output == "one one two"


def test_a_function_that_could_not_tell_turns_apart_is_refused(tmp_path: Path) -> None:
    case = {"case_id": "a", "turns": ["one", "two"], "success": "contains('x')"}
    with pytest.raises(InvalidInput, match="let the function take 'messages'"):
        answered(tmp_path, "def answer(input): ...", case)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def answr(input): ...", "did you mean 'answr'"),
        ("def answer(): ...", "answer every case alike"),
        ("def answer(input, config): ...", "parameter 'config' has no value"),
        ("import no_such_package\ndef answer(input): ...", "isolate: true"),
    ],
)
def test_a_function_that_cannot_be_called_is_found_before_anything_runs(
    tmp_path: Path, source: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        answered(tmp_path, source)


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ({"function": "agent.py"}, "does not name a function"),
        ({"function": "gone.py:answer"}, "suite.yaml:1: 'gone.py:answer' cannot be used: its file does not"),
        ({"function": "../agent.py:answer"}, "leads out of the project folder"),
        ({"function": "broken.py:answer"}, r"is not valid Python: .*\(line 2\)"),
        ({"function": "agent.py:answer", "interpreter": "python3"}, "add  isolate: true"),
    ],
)
def test_a_mistake_in_the_target_is_told_without_running_anything(
    tmp_path: Path, target: dict[str, Any], says: str
) -> None:
    (tmp_path / "agent.py").write_text("raise SystemExit('it ran')")
    (tmp_path / "broken.py").write_text("x = 1\ndef answer(:")
    with pytest.raises(InvalidInput, match=says):
        open_target(suite_of(tmp_path, {"python": target}), None, {}, 1)


def test_a_changed_file_is_another_agent(tmp_path: Path) -> None:
    prints = [
        open_target(written(tmp_path, f"def answer(input): return {word!r}"), None, {}, 1).fingerprint
        for word in ("a", "b", "a")
    ]
    assert prints[0] == prints[2] != prints[1]


def test_the_import_path_stays_as_it_is(tmp_path: Path) -> None:
    before = list(sys.path)
    answered(tmp_path, "def answer(input): return 'x'")
    assert sys.path == before
    assert "agent" not in sys.modules
