"""`run.json`: what is kept of a run for people to read."""

from __future__ import annotations

import json
from typing import Any

from agent_runtime.agent.manifest import Manifest
from agent_runtime.guard.redact import Redactor
from agent_runtime.records import MICROS, RunResult, Step, Task


def transcript(manifest: Manifest, task: Task, result: RunResult) -> str:
    """Everything said and done, as JSON, without what the policy redacts."""
    document: dict[str, Any] = {
        "run_id": task.run_id,
        "agent": manifest.spec.name,
        "model": manifest.model_label,
        "simulated": manifest.simulated,
        "manifest_fingerprint": manifest.fingerprint,
        "status": result.status,
        "stop": result.stop,
        "input": [message.content for message in task.messages],
        "output": result.output,
        "steps": [_step_document(step) for step in result.steps],
    }
    # The whole document at once: a value gets the same placeholder wherever it stands.
    clean = Redactor(manifest.policy.pii_redaction).redact_value(document)
    return json.dumps(clean, ensure_ascii=False, indent=1)


def _step_document(step: Step) -> dict[str, Any]:
    return {
        "index": step.index,
        "role": step.role,
        "tool": step.tool,
        "text": step.text,
        "ok": step.ok,
        "calls": [{"name": call.name, "arguments": call.arguments} for call in step.calls],
        "latency_ms": round(step.latency_ms, 3),
        "retry_count": step.retry_count,
        "policy_flags": list(step.policy_flags),
        "tokens": step.usage.total,
        "cost_usd": step.cost_micros / MICROS,
    }
