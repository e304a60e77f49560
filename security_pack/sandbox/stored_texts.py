"""What would be stored of a run: its rows, transcript and spans, written by the code that writes the real ones."""

from __future__ import annotations

import json
from collections.abc import Sequence

from agent_runtime.agent.manifest import Manifest
from agent_runtime.artifacts.transcript import transcript
from agent_runtime.records import MICROS, Run, RunResult, Task
from agent_runtime.store.rows import label, run_row, step_row
from agent_runtime.telemetry.interface import Attribute

Spans = Sequence[tuple[str, dict[str, Attribute]]]


def stored_text(manifest: Manifest, task: Task, result: RunResult, spans: Spans) -> str:
    """All of it as one text, as it would be stored."""
    rows = [run_row(_run(manifest, result)), *map(step_row, result.steps)]
    stored = [
        {name: label(cell) if isinstance(cell, str) else cell for name, cell in row.items()} for row in rows
    ]
    written = [*stored, *({"span": name, **attributes} for name, attributes in spans)]
    lines = (json.dumps(part, ensure_ascii=False, default=str) for part in written)
    return "\n".join([*lines, transcript(manifest, task, result)])


def _run(manifest: Manifest, result: RunResult) -> Run:
    """The run's row, without times: they hold nothing of what was said."""
    return Run(
        run_id=result.run_id,
        agent_name=manifest.spec.name,
        start_ts="",
        end_ts=None,
        status=result.status,
        tokens=result.usage.total,
        cost_usd=result.cost_micros / MICROS,
        manifest_fingerprint=manifest.fingerprint,
        stop=result.stop,
        simulated=manifest.simulated,
    )
