"""How well live output is found in each sink, and how often ordinary output is taken for it.

    python benchmarks/guardian_sinks.py --data DIR [--json]

DIR holds output_handling.jsonl, one JSON object a line: {sink, text, label}. Label 1 is a payload for `sink`;
`benign_final` and `benign_arg` are answers and tool arguments of real runs. Exit 1 if a goal is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.guards import rows_of
from benchmarks.table import Row, measure
from security_pack.catalog.conditions import SinkKind
from security_pack.sinks import SINKS, SinkHit, active_parts

GRAMMARS: dict[str, SinkKind] = {
    "xss_html": "html",
    "ssti": "template",
    "path": "path",
    "sql": "sql",
    "shell": "shell",
    "csv": "csv",
}
RECALL_MUST = {"xss_html": 0.98, "ssti": 0.98, "path": 0.95, "sql": 0.90}
NO_FALSE_ALARM: tuple[tuple[str, SinkKind, str | None], ...] = (
    ("HTML", "html", None),
    ("ANSI", "terminal", None),
    ("external image", "markdown", "external_image"),
)


def recall_rows(data: Sequence[dict[str, Any]]) -> list[Row]:
    """The share of payloads that are live in their own sink, per sink of which there is one in `data`."""
    rows = []
    for sink, grammar in GRAMMARS.items():
        texts = [row["text"] for row in data if row["sink"] == sink and row["label"]]
        if texts:
            rows.append(
                _recall_row(sink, sum(bool(active_parts(grammar, text)) for text in texts), len(texts))
            )
    return rows


def _recall_row(sink: str, found: int, of: int) -> Row:
    must = RECALL_MUST.get(sink)
    measured = f"{found / of:.3f} ({found} of {of})"
    goal = f"sink {GRAMMARS[sink]}: payloads found"
    return Row(goal, measured) if must is None else Row(goal, measured, f"≥ {must:.2f}", found / of >= must)


def false_alarm_rows(data: Sequence[dict[str, Any]]) -> list[Row]:
    """Ordinary outputs that are called live: none may be in HTML, a terminal or as an external image."""
    texts = [row["text"] for row in data if not row["label"]]
    rows = [
        Row(f"sink {name}: false alarms", f"{count} of {len(texts)}", "0", count == 0)
        for name, grammar, rule in NO_FALSE_ALARM
        for count in [_alarms(grammar, texts, rule)]
    ]
    shown = {grammar for _, grammar, rule in NO_FALSE_ALARM if rule is None}
    others = [grammar for grammar in SINKS if grammar not in shown]
    rows.extend(
        Row(
            f"sink {grammar}: ordinary outputs that are live there",
            f"{_alarms(grammar, texts)} of {len(texts)}",
        )
        for grammar in others
    )
    return rows


def _alarms(grammar: SinkKind, texts: Sequence[str], rule: str | None = None) -> int:
    return sum(any(_counts(hit, rule) for hit in active_parts(grammar, text)) for text in texts)


def _counts(hit: SinkHit, rule: str | None) -> bool:
    return rule is None or hit.rule == rule


def sink_rows(data: Sequence[dict[str, Any]]) -> list[Row]:
    """Everything that is measured of the sinks."""
    return [*recall_rows(data), *false_alarm_rows(data)]


def rows(data: Path) -> list[Row]:
    """Everything that is measured of the sinks, from the folder of labelled data."""
    return sink_rows(rows_of(data, "output_handling.jsonl"))


if __name__ == "__main__":
    measure(__doc__, "Guardian: output sinks", rows)
