"""The published JSON Schemas (draft 2020-12), taken from the code that reads the files."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from agent_runtime.agent.policy import PolicyFile
from agent_runtime.agent.spec import AgentFile
from agent_runtime.models.simulation import SimulationFile
from evals import graders
from evals.results.baseline import baseline_schema
from evals.results.samples import samples_schema
from evals.results.verdict import verdict_schema
from evals.suite.suite_file import SuiteFile
from security_pack.catalog.probe import Probe
from security_pack.findings.findings_file import findings_schema
from security_pack.findings.settings import GuardianFile

_WRITTEN: dict[str, type[BaseModel]] = {
    "agent": AgentFile,
    "policy": PolicyFile,
    "suite": SuiteFile,
    "simulation": SimulationFile,
    "guardian": GuardianFile,
    "probe": Probe,
}
_MADE = {
    "verdict": verdict_schema,
    "samples": samples_schema,
    "baseline": baseline_schema,
    "findings": findings_schema,
}

KINDS = (*_WRITTEN, *_MADE)


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of one of `KINDS`."""
    if kind in _MADE:
        return _MADE[kind]()
    schema = _WRITTEN[kind].model_json_schema()
    if kind == "suite":
        _name_evaluators(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _name_evaluators(suite: dict[str, Any]) -> None:
    """Let an editor complete the graders. Other keys stay allowed: `JSON Schema` is `json_schema`, too."""
    named = {kind.name: {"description": f"{kind.checks} {kind.example}"} for kind in graders.KINDS}
    evaluator = {"$ref": "#/$defs/Evaluator"}
    one = {"anyOf": [{"type": "string"}, evaluator]}
    # Pydantic knows the key as a plain mapping: graders are registered, not part of its models.
    suite["$defs"]["Evaluator"] = {"type": "object", "additionalProperties": True, "properties": named}
    suite["$defs"]["CaseSpec"]["properties"]["evaluator"]["anyOf"] = [
        *one["anyOf"],
        {"type": "array", "items": one},
        {"type": "null"},
    ]
