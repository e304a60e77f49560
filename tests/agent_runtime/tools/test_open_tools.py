import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.policy import Policy
from agent_runtime.agent.spec import AgentSpec, ToolSpec
from agent_runtime.errors import InvalidInput
from agent_runtime.tools import open_tools
from agent_runtime.tools.interface import Tool

REAL, STUB = {"python": "tools.py:real"}, {"python": "tools.py:stub"}


def open_one(folder: Path, *, evals: bool, **tool: Any) -> Mapping[str, Tool]:
    source = "def real(): return 'real'\ndef stub(): return 'stub'\n"
    (folder / "tools.py").write_text(source, encoding="utf-8")
    spec = AgentSpec(name="a", model="sim:s.yaml", tools=[ToolSpec.model_validate({"name": "t", **tool})])
    return open_tools(Manifest(spec, Policy(), folder, ""), {}, evals=evals)


def said(tools: Mapping[str, Tool]) -> str:
    return asyncio.run(tools["t"].call({}, idempotency_key="k")).text


@pytest.mark.parametrize(
    ("allow", "evals", "text"),
    [
        (["read"], False, "real"),
        (["read"], True, "stub"),
        (["create"], False, "real"),
        (["read", "pay"], True, "stub"),
    ],
)
def test_evals_run_the_stand_in_and_production_the_real_thing(
    tmp_path: Path, allow: list[str], evals: bool, text: str
) -> None:
    assert said(open_one(tmp_path, evals=evals, allow=allow, implementation=REAL, eval=STUB)) == f'"{text}"'


def test_in_evals_a_reading_tool_without_stand_in_runs_itself(tmp_path: Path) -> None:
    assert said(open_one(tmp_path, evals=True, allow=["read"], implementation=REAL)) == '"real"'


@pytest.mark.parametrize("verb", ["create", "update", "delete", "send", "pay"])
def test_in_evals_a_changing_tool_without_stand_in_is_left_out(tmp_path: Path, verb: str) -> None:
    assert open_one(tmp_path, evals=True, allow=["read", verb], implementation=REAL) == {}


@pytest.mark.parametrize("evals", [True, False])
def test_a_tool_that_is_only_declared_is_left_out(tmp_path: Path, evals: bool) -> None:
    assert open_one(tmp_path, evals=evals, allow=["read"]) == {}


def test_a_keyed_tool_must_take_its_key_but_its_stand_in_need_not(tmp_path: Path) -> None:
    keyed: dict[str, Any] = {"allow": ["create"], "implementation": REAL, "eval": STUB, "idempotency": "key"}
    assert said(open_one(tmp_path, evals=True, **keyed)) == '"stub"'
    with pytest.raises(InvalidInput, match="takes no idempotency_key"):
        open_one(tmp_path, evals=False, **keyed)


def test_every_broken_tool_is_reported_at_once(tmp_path: Path) -> None:
    missing = [
        ToolSpec.model_validate(
            {"name": name, "allow": ["read"], "implementation": {"python": f"{name}.py:f"}}
        )
        for name in ("a", "b")
    ]
    spec = AgentSpec(name="a", model="sim:s.yaml", tools=missing)
    with pytest.raises(InvalidInput) as caught:
        open_tools(Manifest(spec, Policy(), tmp_path, ""), {}, evals=False)
    assert [problem.file for problem in caught.value.problems] == ["a.py", "b.py"]


def test_an_http_tool_is_opened_under_the_policy(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"api\.example\.com is not in domains_allowlist"):
        open_one(
            tmp_path,
            evals=False,
            allow=["read"],
            implementation={"http": {"url": "https://api.example.com/"}},
        )
