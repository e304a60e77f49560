"""`agentcrewops schema`"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from agentcrewops.verbs.panels import single


class Kind(StrEnum):
    """The published file formats."""

    AGENT = "agent"
    POLICY = "policy"
    SUITE = "suite"
    SIMULATION = "simulation"
    GUARDIAN = "guardian"
    PROBE = "probe"
    VERDICT = "verdict"
    SAMPLES = "samples"
    BASELINE = "baseline"
    FINDINGS = "findings"


def schema(kind: Annotated[Kind, typer.Argument(help="Which file format.")]) -> None:
    """Print the JSON Schema of a file format, for editors and validators."""
    from agentcrewops.schemas import schema_of

    typer.echo(json.dumps(schema_of(kind.value), indent=2, ensure_ascii=False))


app = single(schema, hidden=True)
