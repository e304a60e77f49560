"""A small value that a JSON Schema accepts: what a tool could be called with, what an answer could be.

Why no library does this: docs/decisions/0019-values-for-schemas.md
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from agent_runtime.agent.spec import ToolSpec
from agent_runtime.errors import CrewError
from agent_runtime.guard.contract import violations
from agent_runtime.guard.gate import argument_schema
from security_pack.catalog.binding import ARGUMENT_ROLES
from security_pack.scenario.pattern_text import text_matching

_MOST_TRIES = 300
_MOST_VARIANTS = 24
_DEEPEST = 12
_LONGEST_TEXT = 10_000
# Names and addresses that are reserved for examples: https://www.rfc-editor.org/rfc/rfc2606#section-3,
# https://www.rfc-editor.org/rfc/rfc5737 and https://www.rfc-editor.org/rfc/rfc3849
_FORMATS: Mapping[str, str] = {
    "date": "2030-01-31",
    "date-time": "2030-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "someone@example.com",
    "idn-email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uri-reference": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "json-pointer": "/a",
    "regex": "a",
}


class CannotBuild(CrewError):
    """No value was found that a schema accepts."""


def instance_of(schema: Mapping[str, Any]) -> Any:
    """A small value that `schema` (2020-12) accepts; always the same one.

    Raises:
        CannotBuild: none was found; the schema may still have one.
    """
    try:
        for value in islice(_values(schema, schema, 0), _MOST_TRIES):
            if not violations(schema, value):
                return value
    except ArithmeticError:  # bounds near the end of what a float holds
        pass
    raise CannotBuild("no value was found that the schema accepts")


def completed(tool: ToolSpec, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given`, and whatever else the schema of the tool requires.

    What is given stays as it is: whether the schema accepts it is the gate's to say. Only an argument by
    role (`body`) that the tool does not have is left out, and a lone value becomes a list where one is due.

    Raises:
        CannotBuild: nothing was found for what else it requires.
    """
    schema = argument_schema(tool)
    properties = schema.get("properties", {})
    try:
        least = instance_of(schema)
    except CannotBuild:
        raise CannotBuild(f"no arguments were found that the schema of '{tool.name}' accepts") from None
    meant = {
        name: _shaped(properties.get(name), value)
        for name, value in given.items()
        if name in properties or name not in ARGUMENT_ROLES
    }
    return {**(least if isinstance(least, dict) else {}), **meant}


def _shaped(schema: Any, value: Any) -> Any:
    takes_list = isinstance(schema, Mapping) and schema.get("type") == "array"
    return [value] if takes_list and not isinstance(value, list) else value


def _values(schema: Any, root: Mapping[str, Any], depth: int) -> Iterator[Any]:
    """Values that `schema` may accept, likelier ones first."""
    if depth > _DEEPEST or schema is False:
        return
    if not isinstance(schema, Mapping):
        yield "text"
        return
    for variant in islice(_variants(schema, root, depth), _MOST_VARIANTS):
        yield from _values_of_variant(variant, root, depth)


def _values_of_variant(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Iterator[Any]:
    if "const" in schema:
        yield schema["const"]
        return
    if "enum" in schema:
        yield from schema["enum"]
        return
    yield from schema.get("examples", []) if isinstance(schema.get("examples"), list) else []
    if "default" in schema:
        yield schema["default"]
    for kind in _types(schema):
        yield from _values_of_type(kind, schema, root, depth)


def _types(schema: Mapping[str, Any]) -> Sequence[str]:
    written = schema.get("type")
    if isinstance(written, str):
        return [written]
    if isinstance(written, list):
        return sorted(written, key=lambda kind: kind == "null")
    if "properties" in schema or "required" in schema:
        return ["object"]
    if "items" in schema or "prefixItems" in schema:
        return ["array"]
    numeric = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    return ["number"] if numeric & schema.keys() else ["string", "integer", "object"]


def _values_of_type(
    kind: str, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int
) -> Iterator[Any]:
    if kind == "object":
        yield from _objects(schema, root, depth)
    elif kind == "array":
        yield from _arrays(schema, root, depth)
    elif kind == "string":
        yield from _texts(schema)
    elif kind in {"number", "integer"}:
        yield from _numbers(schema, whole=kind == "integer")
    elif kind == "boolean":
        yield from (False, True)
    elif kind == "null":
        yield None


def _objects(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    """The required properties alone, then with one of them otherwise, then with all that are known."""
    properties = schema.get("properties", {})
    required = list(dict.fromkeys(schema.get("required", [])))
    choices = {name: _first_values(properties.get(name, {}), root, depth) for name in required}
    if any(not values for values in choices.values()):
        return
    least = {name: values[0] for name, values in choices.items()}
    yield least
    for name, values in choices.items():
        yield from ({**least, name: value} for value in values[1:])
    optional = {
        name: values[0]
        for name, part in properties.items()
        if name not in least and (values := _first_values(part, root, depth))
    }
    if optional:
        yield {**least, **optional}


def _first_values(schema: Any, root: Mapping[str, Any], depth: int) -> list[Any]:
    return list(islice(_values(schema, root, depth + 1), 6))


def _arrays(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Iterator[list[Any]]:
    firsts = [_first_values(part, root, depth) for part in schema.get("prefixItems", [])]
    if any(not values for values in firsts):
        return
    begun = [values[0] for values in firsts]
    count = max(int(schema.get("minItems", "contains" in schema)) - len(begun), 0)
    yield from ([*begun, *rest] for rest in _fillings(schema, root, depth, count))


def _fillings(
    schema: Mapping[str, Any], root: Mapping[str, Any], depth: int, count: int
) -> Iterator[list[Any]]:
    if count == 0:
        yield []
        return
    values = _first_values(schema.get("contains", schema.get("items", {})), root, depth)
    if not values or count > 100:
        return
    yield [values[0]] * count
    yield [values[at % len(values)] for at in range(count)]
    yield [f"{values[0]}{at}" if isinstance(values[0], str) else at for at in range(count)]


def _texts(schema: Mapping[str, Any]) -> Iterator[str]:
    least, most = int(schema.get("minLength", 0)), int(schema.get("maxLength", _LONGEST_TEXT))
    if least > _LONGEST_TEXT:
        return
    if (form := _FORMATS.get(str(schema.get("format")))) is not None:
        yield form
    if isinstance(schema.get("pattern"), str):
        matching = text_matching(schema["pattern"], lambda text: least <= len(text) <= most)
        if matching is not None:
            yield matching
    yield ("text" * (least // 4 + 1))[: max(least, min(4, most))]


def _numbers(schema: Mapping[str, Any], *, whole: bool) -> Iterator[int | float]:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    step = schema.get("multipleOf", 1)
    for start in (1, low, high, 0):
        if start is None:
            continue
        nearest = math.ceil(start / step) * step if step else start
        yield from (_number(value, whole=whole) for value in (nearest, nearest + step, nearest - step))
    if low is not None and high is not None:
        yield _number((low + high) / 2, whole=whole)


def _number(value: float, *, whole: bool) -> int | float:
    return round(value) if whole or float(value).is_integer() else value


def _variants(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    """The schema without references and combinations, once for each way through them."""
    if depth > _DEEPEST:
        return
    plain = {key: part for key, part in schema.items() if key not in _COMBINING}
    ways: list[Mapping[str, Any]] = [plain]
    if isinstance(reference := schema.get("$ref"), str):
        ways = _combined(ways, [_referred(reference, root)], root, depth)
    for part in schema.get("allOf", []):
        ways = _combined(ways, [part], root, depth)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            ways = _combined(ways, schema[key], root, depth)
    if "if" in schema:
        branches = [schema[key] for key in ("then", "else") if key in schema]
        ways = [*ways, *_combined(ways, branches, root, depth)]
    yield from ways


_COMBINING = {"$ref", "allOf", "anyOf", "oneOf", "if", "then", "else"}


def _combined(
    ways: Sequence[Mapping[str, Any]], branches: Sequence[Any], root: Mapping[str, Any], depth: int
) -> list[Mapping[str, Any]]:
    combined = (
        _merged(way, variant)
        for way in ways
        for branch in branches
        if isinstance(branch, Mapping)
        for variant in _variants(branch, root, depth + 1)
    )
    return list(islice(combined, _MOST_VARIANTS))


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    merged = {**one, **other}
    if "required" in one and "required" in other:
        merged["required"] = [*one["required"], *other["required"]]
    if "properties" in one and "properties" in other:
        merged["properties"] = {
            name: _both(one["properties"].get(name), other["properties"].get(name))
            for name in {**one["properties"], **other["properties"]}
        }
    if "enum" in one and "enum" in other:
        merged["enum"] = [value for value in one["enum"] if value in other["enum"]]
    return merged


def _both(one: Any, other: Any) -> Any:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {"allOf": [one, other]}
    return one if other is None else other


def _referred(reference: str, root: Mapping[str, Any]) -> Any:
    """What a local reference such as `#/$defs/name` means; anything else accepts everything here."""
    part: Any = root
    for step in reference.removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        part = part.get(name, {}) if isinstance(part, Mapping) else {}
    return part if reference.startswith("#") else {}
