"""verdict.json: a Verdict as plain JSON, the way back, and its schema. No timestamps: equal runs, equal bytes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from enum import StrEnum
from typing import Any

from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.documents import Document
from evals.results.records import Breakdown, CaseComparison, Comparison, MetricVerdict, Verdict, VerdictKind

SCHEMA_VERSION = 1
_DIGITS = 6
"""Figures that matter: beyond the sixth, numbers differ between processors."""
_METRICS = ("success_rate", "p95_latency_ms", "usd_per_success")


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """The verdict as JSON-ready data, in the order of its fields."""
    return {"schema_version": SCHEMA_VERSION, **_plain(asdict(verdict))}


def _plain(value: Any) -> Any:
    """Only what JSON can hold: names of enums, rounded numbers, null for what is not finite."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") + 0.0 if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value


def read_verdict(document: Document) -> Verdict:
    """The verdict that `document` holds.

    Raises:
        InvalidInput: if it is not a verdict.json of this version.
    """
    _refuse_unless_valid(document)
    data = {key: value for key, value in document.data.items() if key != "schema_version"}
    names = (
        "reasons",
        "warnings",
        "broken_cases",
        "watch_cases",
        "shared_cases",
        "added_cases",
        "removed_cases",
    )
    return Verdict(
        **data
        | {name: tuple(data[name]) for name in names}
        | {
            "verdict": VerdictKind(data["verdict"]),
            "metrics": {name: _comparison(metric) for name, metric in data["metrics"].items()},
            "cases": tuple(CaseComparison(**case) for case in data["cases"]),
            "breakdowns": tuple(Breakdown(**part) for part in data["breakdowns"]),
        }
    )


def _comparison(metric: Mapping[str, Any]) -> Comparison:
    return Comparison(**{**metric, "verdict": MetricVerdict(metric["verdict"])})


def _refuse_newer(document: Document) -> None:
    version = document.data.get("schema_version") if isinstance(document.data, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        what = f"has schema_version {version}, newer than {SCHEMA_VERSION}"
        raise InvalidInput([document.problem(("schema_version",), what, "upgrade agentcrewops")])


def _refuse_unless_valid(document: Document) -> None:
    _refuse_newer(document)
    # On this path only: jsonschema costs a tenth of a second at start.
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(verdict_schema()).iter_errors(document.data)
    problems = [
        Problem(
            document.file,
            document.line_of(tuple(error.absolute_path)),
            f"is not a verdict: {'.'.join(map(str, error.absolute_path)) or 'the file'}: {error.message[:200]}",
            "pass the verdict.json that canary or compare wrote",
        )
        for error in errors
    ]
    if problems:
        raise InvalidInput(problems)


def verdict_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of verdict.json."""
    properties = {
        "schema_version": {"const": SCHEMA_VERSION},
        "verdict": {"enum": [kind.value for kind in VerdictKind]},
        "metrics": _object({name: {"$ref": "#/$defs/metric"} for name in _METRICS}),
        "cases": {"type": "array", "items": {"$ref": "#/$defs/case"}},
        "breakdowns": {"type": "array", "items": {"$ref": "#/$defs/breakdown"}},
        "facts": {"type": "object", "description": "Further numbers by name; a new one may appear."},
        **_simple(Verdict, {"verdict", "metrics", "cases", "breakdowns", "facts"}),
    }
    order = ["schema_version", *(field.name for field in fields(Verdict))]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "verdict.json",
        "description": "What agentcrewops says of one evaluation.",
        **_object({name: properties[name] for name in order}),
        "$defs": {
            "metric": _object(
                {
                    "verdict": {"enum": [verdict.value for verdict in MetricVerdict]},
                    **_simple(Comparison, {"verdict"}),
                }
            ),
            "case": _object(
                {
                    "case_id": {"type": "string"},
                    "standing": {"enum": ["shared", "added", "removed", "changed"]},
                    **_simple(CaseComparison, {"case_id", "standing"}),
                }
            ),
            "breakdown": _object({"kind": {"enum": ["tag", "grader"]}, **_simple(Breakdown, {"kind"})}),
        },
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_TYPES: Mapping[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "str | None": {"type": ["string", "null"]},
    "float | None": {"type": ["number", "null"]},
    "tuple[str, ...]": {"type": "array", "items": {"type": "string"}},
}


def _simple(shape: type[Any], special: set[str]) -> dict[str, Any]:
    """Schemas of the fields of plain type, by their annotation."""
    return {field.name: _TYPES[str(field.type)] for field in fields(shape) if field.name not in special}
