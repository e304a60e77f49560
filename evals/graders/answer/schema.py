"""The grader of the structure of an answer: JSON Schema 2020-12 (https://json-schema.org/draft/2020-12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent_runtime.errors import InvalidInput
from agent_runtime.files.json_schema import why_not_schema
from evals.graders.kind import CaseContext, GraderKind, no_settings
from evals.results.records import Attempt, Grade


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """The final text is one JSON document that keeps to the schema, as the output contract means it."""

    schema: Mapping[str, Any]
    name = "json_schema"

    def grade(self, attempt: Attempt) -> Grade:
        """Pass, or name the places that depart from the schema."""
        from agent_runtime.guard.contract import check_contract  # jsonschema is heavy

        check = check_contract(self.schema, attempt.output or "")
        return Grade(self.name, check.ok, "; ".join(check.problems))


def json_schema(schema: Mapping[str, Any] | None) -> JsonSchema:
    """From the case's `schema:`, or else the policy's contract.

    Raises:
        InvalidInput: if there is neither, it is not a JSON Schema, or it refers to what it does not hold.
    """
    if schema is None:
        what = "has no schema to check against"
        raise InvalidInput.one(
            "json_schema", what, "add  schema: {…}  to the case, or output_contract to policy.yaml"
        )
    if (reason := why_not_schema(schema)) is not None:
        raise InvalidInput.one("json_schema", f"is not a usable JSON Schema: {reason}", "see json-schema.org")
    _refuse_dangling(schema)
    return JsonSchema(schema)


def _refuse_dangling(schema: Mapping[str, Any]) -> None:
    """A reference that leads nowhere would fail every sample, and the agent would be blamed for it."""
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    resolver = Registry().resolver_with_root(DRAFT202012.create_resource(schema))
    for reference in _references(schema):
        try:
            resolver.lookup(reference)
        except Unresolvable:
            what = f"refers to '{reference}', which is not in the schema; nothing is fetched"
            raise InvalidInput.one("json_schema", what, "copy that part under $defs") from None


def _references(schema: Any) -> Iterator[str]:
    """Every $ref, except below an $id: those are relative to it, and checked when they are used."""
    if isinstance(schema, list):
        for item in schema:
            yield from _references(item)
    elif isinstance(schema, Mapping) and "$id" not in schema:
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for part in schema.values():
            yield from _references(part)


def _of_case(_: None, context: CaseContext) -> JsonSchema:
    own = context.case.schema
    return json_schema(own if own is not None else context.suite.contract)


JSON_SCHEMA = GraderKind(
    name="json_schema",
    read=no_settings("json_schema", "schema: {…}"),
    build=_of_case,
    checks="The answer is JSON of the policy's contract, or of the case's own `schema:`.",
    example="json_schema",
)
