"""Which JSON Schemas we can apply: draft 2020-12, with patterns that run in linear time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent_runtime.files.patterns import UnusablePattern, searcher


def why_not_schema(schema: Any) -> str | None:
    """Why `schema` cannot be applied, in a sentence; None if it can."""
    # On this path only: jsonschema costs a tenth of a second at start.
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
        for pattern in _patterns(schema):
            searcher(pattern)
    except SchemaError as error:
        return error.message
    except UnusablePattern as error:
        return f"pattern {error.what}"
    return None


def _patterns(schema: Any) -> Iterator[str]:
    """Every pattern in `schema`; under `const`, `enum`, `default` and `examples` there is data, not schema."""
    if isinstance(schema, list):
        for part in schema:
            yield from _patterns(part)
    elif isinstance(schema, dict):
        if isinstance(pattern := schema.get("pattern"), str):
            yield pattern
        yield from (
            (schema.get("patternProperties") or {})
            if isinstance(schema.get("patternProperties"), dict)
            else ()
        )
        for key, part in schema.items():
            if key not in {"const", "enum", "default", "examples"}:
                yield from _patterns(part)
