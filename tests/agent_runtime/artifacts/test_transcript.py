"""`run.json` holds what was said and done, without what the policy redacts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from agent_runtime.agent.policy import Policy
from agent_runtime.artifacts.transcript import transcript
from agent_runtime.records import Role, RunResult, RunStatus, Step, ToolCall
from tests.agent_runtime.engine.scripted import manifest_of, task_of


def written(said: str, result: RunResult, **policy: Any) -> dict[str, Any]:
    manifest = replace(manifest_of(), policy=Policy.model_validate(policy))
    document: dict[str, Any] = json.loads(transcript(manifest, task_of(said), result))
    return document


def ended(*steps: Step, output: str = "done") -> RunResult:
    return RunResult("run-1", RunStatus.SUCCEEDED, "done", output, steps)


def test_the_whole_run_is_kept_with_its_agent() -> None:
    document = written("hello", ended())
    assert (document["run_id"], document["agent"], document["status"]) == ("run-1", "triage", "succeeded")
    assert (document["input"], document["output"]) == (["hello"], "done")


def test_what_the_policy_redacts_is_in_no_part_of_it() -> None:
    call = ToolCall("c1", "mail.send", '{"to": "jo@example.com"}')
    steps = (
        Step("run-1", 0, Role.PLAN, calls=(call,), text="mailing jo@example.com"),
        Step("run-1", 1, Role.TOOL, tool="mail.send", text="sent to jo@example.com"),
    )
    document = written(
        "mail jo@example.com", ended(*steps, output="mailed jo@example.com"), pii_redaction=["email"]
    )
    assert "jo@example.com" not in json.dumps(document)


def test_what_the_policy_does_not_redact_stays() -> None:
    assert written("mail jo@example.com", ended())["input"] == ["mail jo@example.com"]


def test_a_step_keeps_what_it_was_noted_for_and_what_it_took() -> None:
    step = Step(
        "run-1", 0, Role.TOOL, tool="a", ok=False, latency_ms=1.23456, policy_flags=("denied:unknown_tool",)
    )
    [kept] = written("hello", ended(step))["steps"]
    assert (kept["tool"], kept["ok"], kept["latency_ms"]) == ("a", False, 1.235)
    assert kept["policy_flags"] == ["denied:unknown_tool"]
