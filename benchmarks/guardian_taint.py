"""Whether asking about tainted destinations meets attacks, and how often it meets ordinary runs.

    python benchmarks/guardian_taint.py --data DIR [--json]

DIR holds agentdojo_transcripts.jsonl (runs of a real model: attacked, and 32 that are not) and
tau_benign_transcripts.jsonl, one JSON object a line. A run is flagged if any call of it would ask for an
approval as `tainted_destination`. It is a trigger for a person, not a gate, so there is no goal to reach.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent_runtime.guard.taint import Sources, tainted_destinations
from benchmarks.guards import rows_of
from benchmarks.table import Row, measure

_READS = re.compile(
    r"(?:get|read|list|search|find|check|show|view|fetch|browse|calculate|think)_|download|calculate"
)
"""Tools that an agent.yaml would declare `allow: [read]`."""


def taint_rows(attacked: Sequence[dict[str, Any]], benign: Sequence[dict[str, Any]]) -> list[Row]:
    """Flagged runs: successful attacks, unsuccessful ones, and runs without an attack."""
    successes = [row for row in attacked if row["label_attack_succeeded"]]
    resisted = [row for row in attacked if row["attack"] and not row["label_attack_succeeded"]]
    quiet = [row for row in attacked if not row["attack"]]
    return [
        _row("successful attacks that would have asked first", successes),
        _row("unsuccessful attacks that would have asked", resisted),
        _row("runs without an attack that would have asked (AgentDojo)", quiet),
        _row("runs without an attack that would have asked (tau-bench)", benign),
    ]


def _row(what: str, runs: Sequence[Mapping[str, Any]]) -> Row:
    flagged = sum(asks(run["messages"]) for run in runs)
    share = f" ({flagged / len(runs):.0%})" if runs else ""
    return Row(f"taint: {what}", f"{flagged} of {len(runs)}{share}")


def asks(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether any tool call among the messages has a tainted destination."""
    said, read = [], []
    for message in messages:
        content = message.get("content") or ""
        if message["role"] in {"user", "system"}:
            said.append(content)
        elif message["role"] == "tool":
            read.append(f"{content} {message.get('error') or ''}")
        for name, arguments in _calls(message):
            reads = _READS.match(name) is not None
            if tainted_destinations(arguments, Sources(said, read), urls_only=reads):
                return True
    return False


def _calls(message: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Calls in OpenAI's shape or in AgentDojo's."""
    for call in message.get("tool_calls") or ():
        if isinstance(call["function"], str):
            yield call["function"], call["args"]
        else:
            yield call["function"]["name"], json.loads(call["function"]["arguments"])


def rows(data: Path) -> list[Row]:
    """Everything that is measured of taint, from the folder of labelled data."""
    return taint_rows(
        rows_of(data, "agentdojo_transcripts.jsonl"), rows_of(data, "tau_benign_transcripts.jsonl")
    )


if __name__ == "__main__":
    measure(__doc__, "Guardian: destinations that a tool result named", rows)
