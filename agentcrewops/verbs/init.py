"""`agentcrewops init`"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

_SCHEMAS = {
    "agent.yaml": "agent",
    "policy.yaml": "policy",
    "suite.yaml": "suite",
    "simulation.yaml": "simulation",
}
_STATE = ".agentcrewops"


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write the starter; created if missing.")] = Path(),
) -> None:
    """Write a working starter: an agent, its policy, contract, two tools and a suite. Needs no key.

    Existing files are never overwritten: if one is in the way, nothing is written.
    """
    from agent_runtime.errors import InvalidInput, Problem

    files = _starter_files()
    in_the_way = [folder / name for name in files if (folder / name).exists()]
    if in_the_way:
        raise InvalidInput(
            Problem(str(path), None, "is already there", "choose an empty folder, or move it away")
            for path in in_the_way
        )
    try:
        _write(folder, files)
    except OSError as error:
        raise InvalidInput.one(error.filename or folder, f"cannot be written: {error.strerror}") from None
    typer.echo(f"Wrote {len(files)} files to {folder}/. Next:\n")
    if folder != Path():
        typer.echo(f"  cd {folder}")
    typer.echo(
        "  agentcrewops canary --suite suite.yaml          # judge the agent as it is, simulated, free"
    )
    typer.echo("  agentcrewops baseline save canary-out           # make that the baseline, for git")
    typer.echo(
        "  agentcrewops canary --suite suite.yaml --agent agent.proposed.yaml   # a prompt change: is it drift?"
    )
    typer.echo(
        "  agentcrewops guardian                           # can it be turned against you? no key needed"
    )


def _starter_files() -> dict[str, str]:
    from agentcrewops.home import starter_folder
    from agentcrewops.schemas import schema_of

    root = starter_folder()
    files = {
        str(path.relative_to(root)): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and not {"__pycache__", _STATE, "canary-out", "guardian-out", "baselines"}
        & set(path.relative_to(root).parts)
    }
    for name, kind in _SCHEMAS.items():
        schema = f"{_STATE}/schema/{kind}.json"
        files[name] = f"# yaml-language-server: $schema={schema}\n{files[name]}"
        files[schema] = json.dumps(schema_of(kind), indent=1, ensure_ascii=False) + "\n"
    files[".gitignore"] = f"{_STATE}/*\n!{_STATE}/schema/\ncanary-out/\nguardian-out/\n__pycache__/\n"
    return files


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
