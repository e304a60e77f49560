"""Checks of request bodies that need no download: small JSON Schemas, and GitHub's words for each violation."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tests.fakes.github.wire import bad_request, refused

Schema = dict[str, Any]

FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer"}
ANYTHING: Schema = {}


def text(most: int | None = None, pattern: str | None = None) -> Schema:
    """A string, of at most so many characters."""
    schema: Schema = {"type": "string"}
    if most is not None:
        schema["maxLength"] = most
    if pattern is not None:
        schema["pattern"] = pattern
    return schema


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def one_of(*values: str) -> Schema:
    """One of these strings."""
    return {"enum": list(values)}


def many(item: Schema, most: int | None = None) -> Schema:
    """A list, of at most so many items."""
    return {"type": "array", "items": item} | ({} if most is None else {"maxItems": most})


def record(needs: str = "", /, **fields: Schema) -> Schema:
    """An object with these fields and no other; `needs` names the required ones."""
    return {
        "type": "object",
        "properties": fields,
        "required": needs.split(),
        "additionalProperties": False,
    }


def read_body(raw: bytes, schema: Schema | None) -> Any:
    """The body as data.

    Refuses with 400 what is no JSON, and with 422 what the schema forbids.
    """
    body = _parsed(raw)
    if schema is not None:
        check(body, schema)
    return body


def check(body: Any, schema: Schema) -> None:
    """Refuse with 422 and GitHub's words what the schema forbids."""
    problems = [_in_github_words(e) for e in Draft202012Validator(schema).iter_errors(body)]
    if problems:
        raise bad_request("\n".join(dict.fromkeys(problems)))


def _parsed(raw: bytes) -> Any:
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        raise refused(400, "Problems parsing JSON") from None
    if not isinstance(body, dict | list):
        raise refused(400, "Body should be a JSON object")
    return body


def _in_github_words(error: ValidationError) -> str:
    where = "/".join(str(part) for part in error.absolute_path)
    # What jsonschema reports may also be unset, which its own checks never leave so.
    rule: Any = error.validator_value
    given: Any = error.instance
    shown = json.dumps(given)[:200]
    match error.validator:
        case "required":
            missing = [f'"{name}"' for name in rule if name not in given]
            return f"{', '.join(missing)} {'wasn' if len(missing) == 1 else 'weren'}'t supplied."
        case "additionalProperties":
            known: Any = error.schema
            return "\n".join(
                f'"{name}" is not a permitted key.' for name in sorted(set(given) - set(known["properties"]))
            )
        case "maxItems":
            return f"No more than {rule} items are allowed; {len(given)} were supplied."
        case "maxProperties":
            return f"No more than {rule} properties are allowed; {len(given)} were supplied."
        case "maxLength":
            return f"Only {rule} characters are allowed; {len(given)} were supplied."
        case "enum":
            return f"For '{where}', {shown} is not a member of {json.dumps(rule)}."
        case "type":
            return f"For '{where}', {shown} is not of type {rule}."
        case _:
            return f"For '{where}', {shown} does not match {rule}."
