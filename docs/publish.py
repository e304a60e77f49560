"""Write what is published from code: the JSON Schemas, the command line's own help, the Actions' inputs, the table of
graders in the guide.

python docs/publish.py           # write docs/reference/ and the tables of docs/guide/
python docs/publish.py --check   # exit 1 if something there is out of step
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from typer.main import get_command

from agentcrewops.cli import app
from agentcrewops.schemas import KINDS, schema_of
from evals import graders

REFERENCE = Path(__file__).resolve().parent / "reference"
UNLISTED = ("schema", "action", "action judge", "action publish", "action baseline")
"""Commands for editors and for our Actions: not in the help, and documented all the same."""
ROOT = REFERENCE.parents[1]
ACTIONS = ("", "actions/setup", "actions/canary", "actions/guardian", "actions/report", "actions/baseline")
ACTIONS_INTRO = """# Actions

Made from each action's `action.yml`. How to use them: [GitHub](../guide/github.md).
"""


def published() -> dict[Path, str]:
    """Every generated file and its text."""
    files = {
        REFERENCE / "schemas" / f"{kind}.schema.json": json.dumps(
            schema_of(kind), indent=2, ensure_ascii=False
        )
        + "\n"
        for kind in KINDS
    }
    files[REFERENCE / "actions.md"] = "\n".join([ACTIONS_INTRO, *map(_action, ACTIONS)])
    guide = ROOT / "docs" / "guide" / "graders.md"
    files[guide] = _with_block(guide.read_text(encoding="utf-8"), "graders", grader_table())
    sections = map(_section, ("", *_commands(get_command(app)), *UNLISTED))
    files[REFERENCE / "cli.md"] = "\n".join(["# Command line", "", *sections])
    return files


def grader_table() -> str:
    """Every kind of grader, for the guide."""
    rows = [f"| `{kind.name}` | {kind.checks} | `{kind.example}` |" for kind in graders.KINDS]
    return "\n".join(["| grader | passes if | example |", "|---|---|---|", *rows])


def _with_block(page: str, name: str, text: str) -> str:
    """The page with `text` between the marks of that name."""
    begin, end = f"<!-- {name}: made by `make docs` -->", f"<!-- {name}: end -->"
    before, _, rest = page.partition(begin)
    return f"{before}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}"


def _commands(group: Any, above: str = "") -> Iterator[str]:
    """Every command that help shows, each before those below it; at the top in the order of the panels."""
    panels = getattr(group, "panels", {})
    for name in [name for rows in panels.values() for name in rows] or group.commands:
        if not (command := group.commands[name]).hidden:
            yield f"{above} {name}".strip()
            yield from _commands(command, f"{above} {name}") if hasattr(command, "commands") else ()


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


def _action(place: str) -> str:
    action = yaml.safe_load((ROOT / place / "action.yml").read_text(encoding="utf-8"))
    inputs = [f"| `{name}` | {_default(one)} | {_cell(one)} |" for name, one in action["inputs"].items()]
    outputs = [f"| `{name}` | {_cell(one)} |" for name, one in action.get("outputs", {}).items()]
    name = f"agentcrewops/agentcrewops/{place}".rstrip("/")
    parts = [
        f"## {name}",
        "",
        action["description"],
        "",
        "| input | default | |",
        "|---|---|---|",
        *inputs,
        "",
    ]
    return "\n".join(parts + (["| output | |", "|---|---|", *outputs, ""] if outputs else []))


def _default(one: dict[str, str]) -> str:
    return f"`{one['default']}`" if one.get("default") else ""


def _cell(one: dict[str, str]) -> str:
    return one["description"].replace("|", "\\|")


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
