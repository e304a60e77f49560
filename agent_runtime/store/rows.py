"""Runs and steps as the cells of their rows, for whichever database."""

from __future__ import annotations

from typing import Any

from agent_runtime.records import MICROS, Run, Step

LONGEST_LABEL = 200


def label(text: str) -> str:
    """A short text that may come from a model, such as a tool's name: cut, and made storable.

    Neither database takes lone surrogates (which JSON can spell), and Postgres takes no NUL.
    """
    return text[:LONGEST_LABEL].replace("\0", "").encode("utf-8", "replace").decode()


def run_row(run: Run) -> dict[str, Any]:
    """The cells of a run, by column."""
    return {
        "run_id": run.run_id,
        "agent_name": run.agent_name,
        "start_ts": run.start_ts,
        "end_ts": run.end_ts,
        "status": run.status.value,
        "stop": run.stop,
        "tokens": run.tokens,
        "cost_micros": round(run.cost_usd * MICROS),
        "manifest_fingerprint": run.manifest_fingerprint,
        "artifact_uri": run.artifact_uri,
        "simulated": run.simulated,
    }


def step_row(step: Step) -> dict[str, Any]:
    """The cells of a step, by column: no texts, calls or arguments."""
    return {
        "run_id": step.run_id,
        "index": step.index,
        "role": step.role.value,
        "tool": step.tool,
        "latency_ms": step.latency_ms,
        "retry_count": step.retry_count,
        "policy_flags": list(step.policy_flags),
        "span_id": step.span_id,
        "ok": step.ok,
        "failure": step.failure,
        "input_tokens": step.usage.input_tokens,
        "output_tokens": step.usage.output_tokens,
        "cost_micros": step.cost_micros,
    }
