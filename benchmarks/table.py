"""How every benchmark prints: a goal, what was measured, whether it holds."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


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


def measure(doc: str | None, title: str, rows: Callable[[Path], Iterable[Row]]) -> None:
    """The command line of a script that measures on labelled data: `--data DIR [--json]`; exits 1 on a miss."""
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    measured = list(rows(options.data))
    print_rows(title, measured, as_json=options.json)
    leave(measured)
