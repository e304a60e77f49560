"""`agentcrewops guardian new`"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

_SCHEMA = Path(".agentcrewops", "schema", "probe.json")


def new(
    probe_id: Annotated[
        str, typer.Argument(metavar="ID", help="The probe's id: small letters, digits, dashes.")
    ] = "my-probe",
    family: Annotated[
        str, typer.Option("--family", help="What kind of attack it is, as  guardian list  shows them.")
    ] = "indirect_injection",
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The file to write; default: probes/ID.yaml. Never overwritten."),
    ] = None,
) -> None:
    """Write a probe to start from, with a comment on every part. It passes  guardian selftest  as it is.

    Example:  agentcrewops guardian new refund-by-poem --family direct_injection

    Exit codes: 0 written · 2 bad input, or the file is there.
    """
    from agent_runtime.errors import InvalidInput

    path = out or Path("probes", f"{probe_id}.yaml")
    text = _starter(probe_id, family)
    if path.exists():
        raise InvalidInput.one(path, "is already there", "choose another name with --out, or move it away")
    try:
        schema = _schema_beside(path)
        path.write_text(f"# yaml-language-server: $schema={schema}\n{text}", encoding="utf-8")
    except OSError as error:
        raise InvalidInput.one(error.filename or path, f"cannot be written: {error.strerror}") from None
    folder = path.parent
    typer.echo(f"Wrote {path}. Next:\n")
    typer.echo(f"  agentcrewops guardian selftest --probes {folder}")
    typer.echo(f"  agentcrewops guardian --agent agent.yaml --probes {folder} --probe {probe_id}")


def _starter(probe_id: str, family: str) -> str:
    import re

    from agent_runtime.errors import InvalidInput
    from agent_runtime.render import templates_folder
    from security_pack.catalog.probe import ID_PATTERN, Family

    if not re.fullmatch(ID_PATTERN, probe_id):
        raise InvalidInput.one(
            "ID", f"'{probe_id}' is not an id", "write small letters, digits, - and _, 3 to 64 of them"
        )
    if family not in set(Family):
        raise InvalidInput.one("--family", f"'{family}' is not known", f"write one of  {', '.join(Family)}")
    text = (templates_folder() / "guardian" / "probe.yaml").read_text(encoding="utf-8")
    return text.replace("id: ID ", f"id: {probe_id} ").replace("family: FAMILY", f"family: {family}")


def _schema_beside(path: Path) -> str:
    """Where the probe's JSON Schema is, from the probe: where `init` put schemas, else written beside it."""
    from agentcrewops.schemas import schema_of

    folder = path.resolve().parent
    home = next((at for at in (folder, *folder.parents) if (at / _SCHEMA.parent).is_dir()), folder)
    schema = home / _SCHEMA
    folder.mkdir(parents=True, exist_ok=True)
    schema.parent.mkdir(parents=True, exist_ok=True)
    if not schema.exists():
        schema.write_text(
            json.dumps(schema_of("probe"), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    return Path(os.path.relpath(schema, folder)).as_posix()
