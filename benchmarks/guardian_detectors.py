"""Every number that Guardian stands on, against labelled data.

    python -m benchmarks.guardian_detectors --data DIR [--json]

DIR holds labelled rows, one JSON object a line; each group of rows says which files it reads. The gate is run
short here, `guardian_gate.py` runs it long. To add a group: write a module with `rows(data: Path) -> Iterable[Row]`
and put it into `GROUPS`. Exit 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from benchmarks import (
    guardian_gate,
    guardian_pack,
    guardian_predicates,
    guardian_sinks,
    guardian_taint,
    guards,
)
from benchmarks.table import Row, leave, print_rows

GROUPS: Mapping[str, Callable[[Path], Iterable[Row]]] = {
    "Predicates against other people's labels": guardian_predicates.rows,
    "Output sinks": guardian_sinks.rows,
    "Destinations that a tool result named": guardian_taint.rows,
    "Guards: personal data and egress": guards.rows,
    "The pack": guardian_pack.rows,
    "The gate of the resistance tier, short run": guardian_gate.rows,
}


def main() -> None:
    """Measure and print, group by group."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    measured: list[Row] = []
    for title, rows in GROUPS.items():
        group = list(rows(options.data))
        if not options.json:
            print_rows(title, group)
        measured += group
    if options.json:
        print_rows("Guardian's detectors", measured, as_json=True)
    leave(measured)


if __name__ == "__main__":
    main()
