"""How every benchmark prints: a goal, what was measured, whether it holds."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measured goal. `holds` is None where there is nothing to reach."""

    goal: str
    measured: str
    must: str = ""
    holds: bool | None = None


def print_rows(title: str, rows: Sequence[Row], *, as_json: bool = False) -> None:
    """Print a markdown table (or JSON); exit 1 later is the caller's business."""
    if as_json:
        print(json.dumps({"title": title, "rows": [asdict(row) for row in rows]}, indent=1))
        return
    words = {True: "ok", False: "MISS", None: ""}
    print(f"\n## {title}\n\n| goal | measured | must | |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row.goal} | {row.measured} | {row.must} | {words[row.holds]} |")


def leave(rows: Sequence[Row]) -> None:
    """Exit 1 if a goal was missed."""
    sys.exit(1 if any(row.holds is False for row in rows) else 0)
