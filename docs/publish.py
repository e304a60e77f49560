"""Write what is published from code: the JSON Schemas and the command line's own help.

python docs/publish.py           # write docs/reference/
python docs/publish.py --check   # exit 1 if something there is out of step
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from agentcrewops.schemas import KINDS, schema_of

REFERENCE = Path(__file__).resolve().parent / "reference"
COMMANDS = (
    "",
    "init",
    "validate",
    "doctor",
    "run",
    "canary",
    "merge",
    "compare",
    "grade",
    "guardian",
    "guardian run",
    "guardian list",
    "guardian explain",
    "guardian new",
    "guardian selftest",
    "guardian judge",
    "guardian sinks",
    "import",
    "import inspect",
    "import promptfoo",
    "import junit",
    "baseline",
    "baseline record",
    "baseline save",
    "baseline refresh",
    "baseline show",
    "case",
    "case add",
    "mcp",
    "mcp pin",
    "report",
    "trend",
    "redact",
    "egress",
    "egress check",
    "schema",
)


def published() -> dict[Path, str]:
    """Every generated file and its text."""
    files = {
        REFERENCE / "schemas" / f"{kind}.schema.json": json.dumps(
            schema_of(kind), indent=2, ensure_ascii=False
        )
        + "\n"
        for kind in KINDS
    }
    files[REFERENCE / "cli.md"] = "\n".join(["# Command line", "", *map(_section, COMMANDS)])
    return files


def _section(command: str) -> str:
    environ = {**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1"}
    words = [sys.executable, "-I", "-m", "agentcrewops", *command.split(), "--help"]
    said = subprocess.run(words, capture_output=True, text=True, check=True, env=environ).stdout  # noqa: S603
    title = f"agentcrewops {command}".strip()
    text = "\n".join(
        line.rstrip()
        for line in said.replace("python -I -m agentcrewops", "agentcrewops").strip().splitlines()
    )
    return f"## {title}\n\n```\n{text.replace('python -m agentcrewops', 'agentcrewops')}\n```\n"


def main() -> None:
    """Write, or with --check compare."""
    stale = [
        path
        for path, text in published().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if "--check" in sys.argv:
        for path in stale:
            sys.stderr.write(f"{path.relative_to(REFERENCE.parents[1])} is out of step: run  make docs\n")
        raise SystemExit(1 if stale else 0)
    for path, text in published().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
