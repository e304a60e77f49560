import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from agent_runtime.tools.interface import ToolResult
from agent_runtime.tools.python_file import PythonTool, load_function, open_python


def opened(folder: Path, source: str, name: str = "act", *, needs_key: bool = False) -> PythonTool:
    (folder / "tool.py").write_text(source, encoding="utf-8")
    return open_python(folder, f"tool.py:{name}", "my.tool", needs_key=needs_key)


def call(tool: PythonTool, **arguments: Any) -> ToolResult:
    return asyncio.run(tool.call(arguments, idempotency_key="key-1"))


def test_a_function_is_called_by_name_and_returns_json(tmp_path: Path) -> None:
    tool = opened(tmp_path, "def act(a, b=2):\n    return {'sum': a + b}")
    result = call(tool, a=1)
    assert (result.text, result.ok) == ('{"sum": 3}', True)
    assert result.latency_ms > 0


@pytest.mark.parametrize(
    "source",
    [
        "async def act(a):\n    return a",
        "async def inner(a):\n    return a\ndef act(a):\n    return inner(a)",
    ],
)
def test_an_async_function_is_awaited(tmp_path: Path, source: str) -> None:
    assert call(opened(tmp_path, source), a=[1]).text == "[1]"


def test_plain_functions_run_side_by_side(tmp_path: Path) -> None:
    source = (
        "import threading\ngate = threading.Barrier(3, timeout=5)\ndef act():\n    return gate.wait() >= 0"
    )
    tool = opened(tmp_path, source)

    async def all_at_once() -> list[ToolResult]:
        return await asyncio.gather(*(tool.call({}, idempotency_key="k") for _ in range(3)))

    assert [result.text for result in asyncio.run(all_at_once())] == ["true"] * 3


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("raise KeyError('order')", "KeyError: 'order'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise StopIteration", "RuntimeError: coroutine raised StopIteration"),
    ],
)
def test_what_it_raises_is_told_without_a_traceback(tmp_path: Path, body: str, text: str) -> None:
    result = call(opened(tmp_path, f"def act():\n    {body}"))
    assert (result.ok, result.text) == (False, text)


def test_arguments_it_does_not_take_are_a_failure(tmp_path: Path) -> None:
    result = call(opened(tmp_path, "def act(a):\n    return a"), b=1)
    assert not result.ok
    assert result.text.startswith("TypeError: ")


def test_a_result_that_is_not_json_is_a_failure(tmp_path: Path) -> None:
    assert "not JSON" in call(opened(tmp_path, "def act():\n    return object()")).text


def test_a_function_that_takes_the_key_gets_it(tmp_path: Path) -> None:
    tool = opened(tmp_path, "def act(a, idempotency_key):\n    return [a, idempotency_key]", needs_key=True)
    assert call(tool, a=1, idempotency_key="forged").text == '[1, "key-1"]'


def test_a_keyed_tool_whose_function_takes_no_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="'act' takes no idempotency_key"):
        opened(tmp_path, "def act(a): ...", needs_key=True)


def test_its_file_may_define_dataclasses(tmp_path: Path) -> None:
    source = (
        "from __future__ import annotations\nimport dataclasses as d\n@d.dataclass\nclass A:\n    x: int\n"
    )
    assert call(opened(tmp_path, source + "def act():\n    return d.asdict(A(1))")).text == '{"x": 1}'


def test_loading_leaves_the_import_path_alone(tmp_path: Path) -> None:
    before = list(sys.path)
    opened(tmp_path, "def act(): ...")
    assert sys.path == before
    assert "tool" not in sys.modules


@pytest.mark.parametrize(
    ("source", "says", "line"),
    [
        ("def act(:", "SyntaxError", 1),
        ("import no_such_package_here", "No module named 'no_such_package_here'", 1),
        ("x = 1\ny = x / 0", "ZeroDivisionError", 2),
        ("raise SystemExit(0)", "SystemExit", 1),
    ],
)
def test_a_file_that_cannot_be_loaded_is_named_with_its_line(
    tmp_path: Path, source: str, says: str, line: int
) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        opened(tmp_path, source)
    problem = caught.value.problems[0]
    assert (problem.file, problem.line) == ("tool.py", line)


def test_a_misspelt_function_gets_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="did you mean 'refund'"):
        opened(tmp_path, "def refund(): ...", name="refnud")


def test_a_file_outside_the_project_is_not_loaded(tmp_path: Path) -> None:
    inside = tmp_path / "project"
    inside.mkdir()
    (tmp_path / "tool.py").write_text("def act(): ...", encoding="utf-8")
    with pytest.raises(InvalidInput, match="leads out of the project"):
        open_python(inside, "../tool.py:act", "my.tool", needs_key=False)


def test_a_changed_file_is_loaded_anew(tmp_path: Path) -> None:
    assert call(opened(tmp_path, "def act():\n    return 1")).text == "1"
    assert call(opened(tmp_path, "def act():\n    return 20")).text == "20"


def test_a_tool_that_hangs_does_not_keep_the_process_alive(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text("import time\ndef act():\n    time.sleep(60)", encoding="utf-8")
    script = (
        "import asyncio, pathlib\n"
        "from agent_runtime.tools.python_file import open_python\n"
        "tool = open_python(pathlib.Path('.'), 'tool.py:act', 't', needs_key=False)\n"
        "async def main():\n"
        "    async with asyncio.timeout(0.1):\n"
        "        await tool.call({}, idempotency_key='k')\n"
        "try:\n    asyncio.run(main())\nexcept TimeoutError:\n    print('left')\n"
    )
    start = time.monotonic()
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout == "left\n"
    assert time.monotonic() - start < 30


def test_an_edit_counts_at_once_even_if_neither_size_nor_second_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    file, said = tmp_path / "tool.py", []
    for number in (1, 2):
        file.write_text(f"def tell():\n    return {number}\n")
        os.utime(file, (1_700_000_000, 1_700_000_000))
        said.append(load_function(tmp_path, "tool.py:tell", "a test")())
    assert said == [1, 2]
