"""`agentcrewops init`"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from agentcrewops.verbs.panels import single

_SCHEMAS = {
    "agent.yaml": "agent",
    "policy.yaml": "policy",
    "suite.yaml": "suite",
    "simulation.yaml": "simulation",
}
_STATE = ".agentcrewops"


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write the starter; created if missing.")] = Path(),
    workflows: Annotated[
        bool, typer.Option("--workflows/--no-workflows", help="Write the GitHub workflows too.")
    ] = True,
    only_workflows: Annotated[
        bool,
        typer.Option(
            "--only-workflows", help="Write nothing else: your agent.yaml and suite.yaml are there."
        ),
    ] = False,
) -> None:
    """Write a working starter: an agent, its policy, contract, two tools, a suite, and GitHub workflows. Needs no key.

    Existing files are never overwritten: if one is in the way, nothing is written. Workflows go to the root of the
    git repository; those that are there stay as they are.

    Example:  agentcrewops init my-agent

    Exit codes: 0 written · 2 a file is in the way, or cannot be written.
    """
    from agent_runtime.errors import InvalidInput, Problem

    if only_workflows:
        typer.echo(_workflows_written(folder).strip())
        return
    files = starter_files()
    in_the_way = [folder / name for name in files if (folder / name).exists()]
    # All or nothing: half a starter beside somebody's own agent.yaml would not fit together.
    if in_the_way:
        raise InvalidInput(
            Problem(str(path), None, "is already there", "choose an empty folder, or move it away")
            for path in in_the_way
        )
    try:
        _write(folder, files)
    except OSError as error:
        raise InvalidInput.one(error.filename or folder, f"cannot be written: {error.strerror}") from None
    typer.echo(
        f"Wrote {len(files)} files to {folder}/.{_workflows_written(folder) if workflows else ''} Next:\n"
    )
    _print_next_steps(folder)


def _print_next_steps(folder: Path) -> None:
    """What a person who has just got a starter would try, in order."""
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


def starter_files() -> dict[str, str]:
    """Name and text of every file of a starter, each YAML file with its JSON Schema beside it for editors."""
    from agentcrewops.runs.home import starter_folder
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


def _workflows_written(folder: Path) -> str:
    """What was done about the workflows, in words."""
    from agentcrewops.workflows import repository_root, workflow_files

    root = repository_root(folder)
    files = workflow_files(folder.resolve().relative_to(root).as_posix().removeprefix("."))
    new = {name: text for name, text in files.items() if not (root / name).exists()}
    try:
        _write(root, new)
    except OSError as error:
        from agent_runtime.errors import InvalidInput

        raise InvalidInput.one(error.filename or root, f"cannot be written: {error.strerror}") from None
    kept = f"; {len(files) - len(new)} that are there were left alone" if len(new) < len(files) else ""
    return f" {len(new)} workflows are in .github/workflows/ of the repository{kept}."


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


app = single(init)
