"""findings.json: an Assessment as plain JSON, the way back, and its schema.

It is read again from places that nobody vouches for, such as the artifact of a pull request from a fork: so its size,
shape and types are checked, and nothing in it is believed to be harmless text. No timestamps.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.atomic_file import replace_file
from agent_runtime.files.documents import read_json

if TYPE_CHECKING:
    from security_pack.findings.findings import Assessment

NAME = "findings.json"
SCHEMA_VERSION = 2
_OLDER = 1
"""The version that says `blame` for `control`; it is still read."""
MAX_BYTES = 10_000_000
LONGEST_TEXT = 20_000
MOST_PARTS = 10_000
"""Longer texts and lists are not ours."""

_FIX = "pass the findings.json that agentcrewops guardian wrote"


def write_assessment(folder: Path, assessment: Assessment) -> None:
    """Write findings.json into `folder`: a whole file or nothing."""
    document = json.dumps(assessment_document(assessment), ensure_ascii=False, indent=1, allow_nan=False)
    replace_file(folder / NAME, document + "\n")


def assessment_document(assessment: Assessment) -> dict[str, Any]:
    """The assessment as JSON-ready data, in the order of its fields."""
    plain = _adapter().dump_python(assessment, mode="json")
    return {"schema_version": SCHEMA_VERSION, **_writable(plain)}


def read_assessment(folder: Path) -> Assessment:
    """The assessment that `folder` holds.

    Raises:
        InvalidInput: if it is not a findings.json of this version, or larger than one can be.
    """
    path = folder / NAME
    return assessment_of(read_json(path, _FIX, MAX_BYTES).data, str(path))


def assessment_of(document: Any, file: str = NAME) -> Assessment:
    """The assessment that parsed JSON holds; `file` names it in errors.

    Raises:
        InvalidInput: as `read_assessment`.
    """
    _refuse_other_versions(document, file)
    if _oversize(document):
        raise InvalidInput.one(file, "holds a text or a list that is far too long", _FIX)
    rest = {key: part for key, part in document.items() if key != "schema_version"}
    if document["schema_version"] == _OLDER:
        rest = _from_older(rest)
    try:
        return _adapter().validate_json(json.dumps(rest), strict=True)
    except ValidationError as error:
        raise InvalidInput(_problem(file, detail) for detail in error.errors()[:20]) from None


def findings_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of findings.json."""
    schema = _adapter().json_schema(mode="serialization")
    properties = {"schema_version": {"const": SCHEMA_VERSION}, **schema.pop("properties")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": NAME,
        "description": "What agentcrewops guardian says of one agent.",
        "properties": properties,
        "required": ["schema_version", *schema["required"]],
    }


@cache
def _adapter() -> TypeAdapter[Assessment]:
    # A canary asks for the name of this file only, and the shape of a finding takes the whole catalog's models.
    from security_pack.findings.findings import Assessment

    return TypeAdapter(Assessment)


def _refuse_other_versions(document: Any, file: str) -> None:
    version = document.get("schema_version") if isinstance(document, dict) else None
    if isinstance(version, bool) or not isinstance(version, int):
        version = 0
    if version in {SCHEMA_VERSION, _OLDER}:
        return
    if version > SCHEMA_VERSION:
        what = f"is of version {version}; this agentcrewops reads version {SCHEMA_VERSION}"
        raise InvalidInput.one(file, what, "upgrade agentcrewops")
    raise InvalidInput.one(file, f"is not a {NAME} of version {SCHEMA_VERSION}", _FIX)


def _from_older(document: dict[str, Any]) -> dict[str, Any]:
    findings = document.get("findings")
    if not isinstance(findings, list):
        return document
    return {**document, "findings": [_renamed(finding) for finding in findings]}


def _renamed(finding: Any) -> Any:
    if not isinstance(finding, dict):
        return finding
    return {"control" if key == "blame" else key: value for key, value in finding.items()}


def _oversize(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) > LONGEST_TEXT
    if isinstance(value, Mapping):
        return len(value) > MOST_PARTS or any(_oversize(part) for part in value.values())
    return isinstance(value, list) and (len(value) > MOST_PARTS or any(map(_oversize, value)))


def _writable(value: Any) -> Any:
    """Numbers to the sixth figure that matters, as in verdict.json; texts that UTF-8 can hold."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: _writable(part) for key, part in value.items()}
    return [_writable(part) for part in value] if isinstance(value, list) else value


def _problem(file: str, detail: Any) -> Problem:
    place = ".".join(map(str, detail["loc"]))[:200] or "the file"
    return Problem(file, None, f"is not an assessment: {ascii(place)[1:-1]}: {detail['msg'][:200]}", _FIX)
