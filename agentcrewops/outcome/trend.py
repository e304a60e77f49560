"""How a trend leaves the command line: sentences and a plain table, or JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import typer

from agentcrewops.terminal import plain, printable
from evals.gate.trend import Trend
from evals.report.trend import TrendRow, trend_row, version_changes

_HEAD = ("day", "agent", "runs", "success", "", "p95", "", "$/success", "")


def print_trends(trends: Sequence[Trend], *, as_json: bool) -> None:
    """Print every suite's trend on stdout."""
    if as_json:
        typer.echo(json.dumps([_document(trend) for trend in trends], ensure_ascii=False, indent=2))
        return
    for trend in trends:
        typer.echo("\n".join(_lines(trend)) + "\n")


def _document(trend: Trend) -> dict[str, Any]:
    # `told` is a key that scripts read; the function that makes it has a better name.
    return {**_json_ready(asdict(trend)), "told": [words for words, _ in version_changes(trend)]}


def _json_ready(value: Any) -> Any:
    """Days as text; null for what JSON cannot say."""
    if isinstance(value, Mapping):
        return {key: _json_ready(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_json_ready(part) for part in value]
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _lines(trend: Trend) -> Iterator[str]:
    yield printable(f"{trend.suite or '(no name)'}{' (simulated)' if trend.simulated else ''}")
    for words, _ in version_changes(trend):
        yield plain(f"  {words}")
    yield ""
    table = [_HEAD, *(_cells(trend_row(point)) for point in trend.points)]
    widths = [max(len(row[column]) for row in table) for column in range(len(_HEAD))]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield printable("  " + "  ".join(cells)).rstrip()
    for note in trend.notes:
        yield f"  ! {note}"


def _cells(row: TrendRow) -> tuple[str, ...]:
    version = f"{row.version} (new)" if row.new_version else row.version
    success, p95, usd = row.success_interval, row.p95_interval, row.usd_interval
    return row.day, version, row.runs, row.success, success, row.p95, p95, row.usd, usd
