"""An OpenAPI 3 document read as tools: one operation, what it is sent, and a JSON Schema of its arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from agent_runtime.agent.spec import HTTP_VERBS, HttpCall, OpenApiCall
from agent_runtime.files.suggestion import did_you_mean

MAX_NODES = 20_000
"""Parts of one operation's schema after following every reference: a chain that doubles ten times stops here."""
MAX_DEPTH = 40

_BODY = "body"
# JSON by name or by suffix: https://www.rfc-editor.org/rfc/rfc6839#section-3.1
_JSON = re.compile(r"application/(?:[\w.+\-]+\+)?json\b", re.IGNORECASE)
_IN_PATH = re.compile(r"\{([^{}]*)\}")
_SENT_ANYWAY = {"accept", "content-type", "authorization"}
"""Header parameters that OpenAPI says to ignore: the HTTP layer and `headers:` send them.

https://spec.openapis.org/oas/v3.1.0#parameter-object
"""
_PLAIN_OBJECT = {"type", "properties", "required", "additionalProperties", "description", "title", "example"}


class Unusable(ValueError):
    """The document, or the operation in it, cannot be a tool; `fix` is what to do about it."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation. `place` is path, query or header.

    Attributes:
        joined: a list goes into the query as `a,b` rather than as two parameters.
    """

    name: str
    place: str
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        arguments: JSON Schema (2020-12) of what a model says to call it.
        body: how the arguments are the JSON body: `spread` (what is no parameter), `whole` (the argument
            `body`), or None.
    """

    method: str
    server: str
    path: str
    parameters: tuple[Parameter, ...]
    body: str | None
    description: str
    arguments: Mapping[str, Any]


def operation_of(document: Any, call: OpenApiCall) -> Operation:
    """The operation that `call` names in a parsed document.

    Raises:
        Unusable
    """
    if not isinstance(document, Mapping) or not str(document.get("openapi", "")).startswith("3."):
        raise Unusable("is not an OpenAPI 3 document", "it starts with  openapi: 3.1.0  (convert older ones)")
    method, path, item, operation = _operation_with_id(document, call.operation)
    references = _References(document)
    written = list(_parameters([item, operation], references))
    names = [one.parameter.name for one in written]
    _refuse_ambiguity(names, path)
    body = _body(operation, references, names)
    return Operation(
        method=method,
        server=(call.server or _server(document)).rstrip("/"),
        path=path,
        parameters=tuple(one.parameter for one in written),
        body=body.form if body else None,
        description=str(operation.get("summary") or operation.get("description") or ""),
        arguments=_arguments(written, body),
    )


def request_of(
    operation: Operation, arguments: Mapping[str, Any], timeout_seconds: float
) -> tuple[HttpCall, dict[str, Any]]:
    """The request for these arguments, as a template with the values for it: only what is given is sent."""
    values: dict[str, Any] = {}
    query: list[str] = []
    headers: dict[str, str] = {}
    for parameter in operation.parameters:
        if parameter.name not in arguments:
            continue
        value = arguments[parameter.name]
        if parameter.place == "query":
            query.extend(_queried(parameter, value, values))
            continue
        values[parameter.name] = value
        if parameter.place == "header":
            headers[parameter.name] = f"{{{{ {parameter.name} }}}}"
    path = _IN_PATH.sub(lambda found: f"{{{{ {found[1]} }}}}", operation.path)
    request = HttpCall.model_validate(
        {
            "method": operation.method,
            "url": operation.server + path + ("?" + "&".join(query) if query else ""),
            "headers": headers,
            "body": _body_template(operation, arguments, values),
            "timeout_seconds": timeout_seconds,
        }
    )
    return request, values


def _body_template(operation: Operation, arguments: Mapping[str, Any], values: dict[str, Any]) -> Any:
    """The body's template, its value added to `values`; `{}` where the method wants one and there is none."""
    sent = _request_body(operation, arguments)
    if sent is None:
        return {} if operation.method in {"POST", "PUT", "PATCH"} else None
    values["(the body)"] = sent
    return "{{ (the body) }}"


def _queried(parameter: Parameter, value: Any, values: dict[str, Any]) -> Iterator[str]:
    """The parameter's parts of the query; a list becomes one part an item, unless it is joined."""
    name = quote(parameter.name, safe="")
    items = value if isinstance(value, list) and not parameter.joined else [value]
    for index, item in enumerate(items):
        key = f"{parameter.name}[{index}]"
        joined = isinstance(item, list) and parameter.joined
        values[key] = ",".join(map(str, item)) if joined else item
        yield f"{name}={{{{ {key} }}}}"


def _request_body(operation: Operation, arguments: Mapping[str, Any]) -> Any:
    if operation.body == "whole":
        return arguments.get(_BODY)
    if operation.body is None:
        return None
    named = {parameter.name for parameter in operation.parameters}
    return {name: value for name, value in arguments.items() if name not in named}


def _operation_with_id(
    document: Mapping[str, Any], wanted: str
) -> tuple[str, str, Mapping[str, Any], Mapping[str, Any]]:
    """Method, path, path item and operation."""
    known = []
    for path, item in _mapping(document.get("paths")).items():
        for key, operation in _mapping(item).items():
            if key.upper() not in HTTP_VERBS or not isinstance(operation, Mapping):
                continue
            if operation.get("operationId") == wanted:
                return key.upper(), str(path), item, operation
            known.append(str(operation.get("operationId", "")))
    named = ", ".join(sorted(filter(None, known))[:20]) or "none (give them an operationId)"
    raise Unusable(f"has no operation '{wanted}'", did_you_mean(wanted, known, f"its operations: {named}"))


def _server(document: Mapping[str, Any]) -> str:
    servers = document.get("servers")
    first = _mapping(servers[0]).get("url") if isinstance(servers, list) and servers else None
    if not isinstance(first, str) or not re.match(r"https?://[^{}\s]+$", first):
        raise Unusable("names no server by its full address", 'add  server: "https://…"  to the tool')
    return first


class _References:
    """Follows `$ref` inside the document, and nowhere else."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._left = MAX_NODES

    def followed(self, part: Any) -> Any:
        """The part itself, or what its `$ref` leads to, however often it is passed on."""
        trail: list[str] = []
        while isinstance(part, Mapping) and "$ref" in part:
            reference = part["$ref"]
            if reference in trail:
                raise _endless(reference)
            trail.append(reference)
            part = self._target(reference)
        return part

    def schema(self, part: Any, depth: int = 0) -> Any:
        """A schema without references, in the words of JSON Schema 2020-12."""
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise Unusable("has a schema that is endless, or too large for a tool", _BY_HAND)
        if isinstance(part, list):
            return [self.schema(one, depth + 1) for one in part]
        if not isinstance(part, Mapping):
            return part
        if "$ref" in part:
            return self.schema(self.followed(part), depth + 1)
        return _modern({str(key): self._under(key, value, depth + 1) for key, value in part.items()})

    def _under(self, key: Any, value: Any, depth: int) -> Any:
        """Data stays data, and a property may be called anything."""
        if key in _DATA:
            return value
        if key in _NAMED and isinstance(value, Mapping):
            return {str(name): self.schema(one, depth + 1) for name, one in value.items()}
        return self.schema(value, depth)

    def _target(self, reference: Any) -> Any:
        if not isinstance(reference, str) or not reference.startswith("#/"):
            raise Unusable(f"refers to {reference!r}, outside itself", "put that part into the document")
        found: Any = self._document
        # A JSON Pointer (https://www.rfc-editor.org/rfc/rfc6901#section-4); ~1 first, or ~01 would become a slash.
        for step in reference[2:].split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, Mapping) or key not in found:
                raise Unusable(f"refers to {reference!r}, which is not there", "correct the reference")
            found = found[key]
        return found


_BY_HAND = "write  arguments:  in agent.yaml by hand"
_DATA = {"example", "examples", "default", "enum", "const"}
_NAMED = {"properties", "patternProperties", "$defs", "dependentSchemas"}


def _endless(reference: Any) -> Unusable:
    return Unusable(f"refers to itself at {reference!r}", "correct the reference")


def _modern(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of what is sent: no read-only properties, and OpenAPI 3.0's own words as JSON Schema's.

    https://www.openapis.org/blog/2021/02/16/migrating-from-openapi-3-0-to-3-1-0
    """
    if schema.pop("nullable", None) is True and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
        if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and bound in schema:
            schema[exclusive] = schema.pop(bound)
    properties = schema.get("properties")
    if isinstance(properties, dict):
        read_only = {name for name, one in properties.items() if _mapping(one).get("readOnly") is True}
        schema["properties"] = {name: one for name, one in properties.items() if name not in read_only}
        if isinstance(schema.get("required"), list):
            schema["required"] = [name for name in schema["required"] if name not in read_only]
    return schema


@dataclass(frozen=True, slots=True)
class _ParameterSchema:
    """A parameter with the schema of its value."""

    parameter: Parameter
    schema: Mapping[str, Any]
    required: bool


@dataclass(frozen=True, slots=True)
class _Body:
    """A JSON body: how the arguments say it, and the schema of it."""

    form: str
    schema: Mapping[str, Any]
    required: bool


def _parameters(levels: Sequence[Mapping[str, Any]], references: _References) -> Iterator[_ParameterSchema]:
    """Every parameter that can be sent; the operation's replace the path's."""
    merged: dict[tuple[str, str], Mapping[str, Any]] = {}
    for level in levels:
        listed = level.get("parameters")
        for one in listed if isinstance(listed, list) else []:
            parameter = _mapping(references.followed(one))
            merged[str(parameter.get("in")), str(parameter.get("name"))] = parameter
    for (place, name), parameter in merged.items():
        if place == "header" and name.lower() in _SENT_ANYWAY:
            continue
        required = place == "path" or parameter.get("required") is True
        if _sendable(place, name, parameter):
            yield _ParameterSchema(
                Parameter(name, place, parameter.get("explode") is False),
                _described(parameter, references),
                required,
            )
        elif required:
            raise Unusable(f"needs the {place} parameter '{name}', of a kind that cannot be sent")


def _sendable(place: str, name: str, parameter: Mapping[str, Any]) -> bool:
    # The default styles, and the only ones that are sent: https://spec.openapis.org/oas/v3.1.0#style-values
    usual = "form" if place == "query" else "simple"
    return (
        place in {"path", "query", "header"}
        and parameter.get("style", usual) == usual
        and "content" not in parameter
        and not set("{}") & set(name)
    )


def _described(parameter: Mapping[str, Any], references: _References) -> Mapping[str, Any]:
    schema = _mapping(references.schema(parameter.get("schema", {})))
    said = parameter.get("description")
    return {"description": said, **schema} if isinstance(said, str) else schema


def _refuse_ambiguity(names: Sequence[str], path: str) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Unusable(f"has two parameters called '{twice}'", "give one of them another name")
    unknown = next((found for found in _IN_PATH.findall(path) if found not in names), None)
    if unknown is not None:
        raise Unusable(f"has '{{{unknown}}}' in its path, which is none of its parameters", "declare it")


def _body(operation: Mapping[str, Any], references: _References, names: Sequence[str]) -> _Body | None:
    """The JSON body, if it takes one: a plain object's properties become arguments of their own."""
    body = _mapping(references.followed(operation.get("requestBody")))
    content = _mapping(body.get("content"))
    required = body.get("required") is True
    media = next((part for name, part in content.items() if _JSON.match(str(name))), None)
    if media is None:
        if required:
            raise Unusable(f"takes {', '.join(map(str, content)) or 'no content'}, not JSON")
        return None
    schema = _mapping(references.schema(_mapping(media).get("schema", {})))
    properties = schema.get("properties")
    if (
        isinstance(properties, Mapping)
        and schema.keys() <= _PLAIN_OBJECT
        and not properties.keys() & set(names)
    ):
        return _Body("spread", schema, required)
    if _BODY in names:
        raise Unusable(f"has a parameter called '{_BODY}' beside its body", _BY_HAND)
    return _Body("whole", schema, required)


def _arguments(written: Sequence[_ParameterSchema], body: _Body | None) -> dict[str, Any]:
    """One object of everything a call may say; what is not named is refused."""
    properties: dict[str, Any] = {one.parameter.name: one.schema for one in written}
    required = [one.parameter.name for one in written if one.required]
    if body is not None and body.form == "whole":
        properties[_BODY] = body.schema
        required += [_BODY] if body.required else []
    elif body is not None:
        properties |= body.schema["properties"]
        required += body.schema.get("required", []) if body.required else []
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": required} if required else {})


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
