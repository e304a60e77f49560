"""GitHub's official OpenAPI as a judge: what it has against a request, or against an answer of the fake.

The document comes from npm, `@octokit/openapi`, pinned by version and integrity; it is fetched into a folder
that git ignores, never committed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft4Validator, FormatChecker, validators
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.fakes.github.wire import Reply, Request

PACKAGE = "@octokit/openapi"
VERSION = "23.0.2"
INTEGRITY = "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg=="
DOCUMENT = "package/generated/api.github.com.json"
CACHE = Path(__file__).parents[3] / ".cache" / "github-openapi"


class NotFetched(Exception):
    """The document could not be had; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Noise:
    """A violation that is known to say nothing about our requests, and why."""

    name: str
    operation: str
    says: str
    reason: str

    def explains(self, operation: str, violation: str) -> bool:
        """Whether this is that violation."""
        return fnmatchcase(operation, self.operation) and fnmatchcase(violation, self.says)


NOISE = (
    Noise(
        "labels as a list",
        "issues/[as][de][dt]-labels",
        "body value: [[]*",
        "the operation's own text allows a plain list and PyGithub sends one; the schema forgot it",
    ),
    Noise(
        "statuses of a sha",
        "undocumented",
        "GET /repos/*/statuses/*",
        "the older address of commits/{sha}/statuses, which GitHub still serves and PyGithub still asks",
    ),
    Noise(
        "contents of the root",
        "undocumented",
        "GET /repos/*/contents/",
        "PyGithub asks for the root folder with a slash at the end",
    ),
    Noise("GraphQL", "undocumented", "POST */graphql", "the OpenAPI describes the REST API only"),
)
ANSWER_NOISE = (
    Noise(
        "accounts of installations",
        "apps/list-installations",
        "200 */account: *",
        "the schema of the list wants an account to be a user and an enterprise at once",
    ),
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One documented operation."""

    id: str
    method: str
    path: str
    pattern: re.Pattern[str]
    definition: Mapping[str, Any]


class OpenApi:
    """The document, ready to judge."""

    def __init__(self, document: Mapping[str, Any], noise: Sequence[Noise] = NOISE) -> None:
        self.document = document
        self._noise = noise
        resource = Resource.from_contents(document, default_specification=DRAFT4)
        self._registry: Registry[Any] = Registry().with_resource("github", resource)

    @classmethod
    def fetched(cls, cache: Path = CACHE) -> OpenApi:
        """From npm, or from the cache of an earlier time; NotFetched says why not."""
        file = cache / f"api.github.com-{VERSION}.json"
        if not file.exists():
            _fetch(file)
        return cls(json.loads(file.read_bytes()))

    # -- requests

    def violations(self, request: Request) -> tuple[str, ...]:
        """What the document has against a request, as `operation: what`; without the named noise."""
        found = self.operation(request)
        if found is None:
            return _told("undocumented", [f"{request.method} {request.path}"], self._noise)
        operation, variables = found
        said = [*self._parameters(operation, variables, request), *self._body(operation, request)]
        return _told(operation.id, said, self._noise)

    def operation(self, request: Request) -> tuple[Operation, dict[str, str]] | None:
        """The operation of a request and its path variables; the one with most fixed parts wins."""
        for operation in self._operations.get(request.method, ()):
            if found := operation.pattern.fullmatch(request.route):
                return operation, {name: unquote(value) for name, value in found.groupdict().items()}
        return None

    @cached_property
    def _operations(self) -> dict[str, list[Operation]]:
        by_method: dict[str, list[Operation]] = {}
        for path, item in self.document["paths"].items():
            for method, definition in item.items():
                if method in ("get", "post", "put", "patch", "delete"):
                    shared = {
                        **definition,
                        "parameters": [*item.get("parameters", []), *definition.get("parameters", [])],
                    }
                    made = Operation(
                        definition["operationId"], method.upper(), path, self._pattern(path, shared), shared
                    )
                    by_method.setdefault(method.upper(), []).append(made)
        for operations in by_method.values():
            operations.sort(key=lambda operation: (operation.path.count("{"), -len(operation.path)))
        return by_method

    def _pattern(self, path: str, definition: Mapping[str, Any]) -> re.Pattern[str]:
        many = {
            parameter["name"]
            for parameter in map(self._resolved, definition["parameters"])
            if parameter.get("x-multi-segment") or parameter["name"] == "path"
        }
        parts = re.split(r"\{([\w-]+)\}", path)
        text = "".join(
            f"(?P<{part.replace('-', '_')}>{'.+' if part in many else '[^/]+'})" if i % 2 else re.escape(part)
            for i, part in enumerate(parts)
        )
        return re.compile(text)

    def _resolved(self, thing: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in thing:
            found: Any = self.document
            for part in thing["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            thing = found
        return thing

    def _parameters(
        self, operation: Operation, variables: Mapping[str, str], request: Request
    ) -> Iterator[str]:
        known = [self._resolved(parameter) for parameter in operation.definition["parameters"]]
        queries = {parameter["name"] for parameter in known if parameter["in"] == "query"}
        for name in sorted(set(request.query) - queries):
            yield f"query {name} is not documented"
        for parameter in known:
            given = (variables if parameter["in"] == "path" else request.query).get(parameter["name"])
            if given is None:
                if parameter.get("required") and parameter["in"] == "query":
                    yield f"query {parameter['name']} is missing"
                continue
            schema = self._resolved(parameter.get("schema", {}))
            for error in self._errors(_typed(given, schema), schema):
                yield f"{parameter['in']} {parameter['name']}: {error}"

    def _body(self, operation: Operation, request: Request) -> Iterator[str]:
        definition = self._resolved(operation.definition.get("requestBody", {}))
        schema = definition.get("content", {}).get("application/json", {}).get("schema")
        if not request.raw:
            if definition.get("required") and schema and self._resolved(schema).get("required"):
                yield "body is missing"
            return
        if schema is None:
            yield "body is not documented"
            return
        try:
            body = json.loads(request.raw)
        except ValueError:
            yield "body is no JSON"
            return
        yield from (f"body {error}" for error in self._errors(body, schema))
        known = self._resolved(schema).get("properties")
        if known and isinstance(body, dict) and not self._resolved(schema).get("additionalProperties"):
            yield from (f"body {name} is not documented" for name in sorted(set(body) - set(known)))

    # -- answers

    def answer_violations(self, request: Request, reply: Reply) -> tuple[str, ...]:
        """What the document has against an answer of the fake."""
        found = self.operation(request)
        if found is None:
            return ()
        operation, _ = found
        documented = operation.definition["responses"].get(str(reply.status))
        if documented is None:
            return _told(operation.id, [f"status {reply.status} is not documented"], ANSWER_NOISE)
        schema = self._resolved(documented).get("content", {}).get("application/json", {}).get("schema")
        if schema is None or isinstance(reply.body, bytes):
            return ()
        said = (f"{reply.status} {error}" for error in self._errors(reply.body, schema))
        return _told(operation.id, said, ANSWER_NOISE)

    def _errors(self, value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
        anchored = _anchored(schema)
        validator = _VALIDATOR(anchored, registry=self._registry, format_checker=_FORMATS)
        for error in validator.iter_errors(value):
            deepest = best_match([error]) or error
            where = "/".join(map(str, [*deepest.absolute_path]))
            yield f"{where or 'value'}: {deepest.message[:300]}"


def _told(operation: str, said: Iterable[str], noise: Sequence[Noise]) -> tuple[str, ...]:
    """What was said, as `operation: what`, but for the named noise."""
    return tuple(
        f"{operation}: {what}" for what in said if not any(one.explains(operation, what) for one in noise)
    )


def _typed(given: str, schema: Mapping[str, Any]) -> Any:
    """A parameter's text as the type that the schema wants, when it can be that."""
    match schema.get("type"):
        case "integer" if re.fullmatch(r"-?\d+", given):
            return int(given)
        case "boolean" if given in ("true", "false"):
            return given == "true"
        case "array":
            return given.split(",")
        case _:
            return given


def _anchored(schema: Any) -> Any:
    """The same schema, whose references are found from outside the document too."""
    match schema:
        case dict():
            return {
                key: f"github{value}" if key == "$ref" and isinstance(value, str) else _anchored(value)
                for key, value in schema.items()
            }
        case list():
            return [_anchored(item) for item in schema]
        case _:
            return schema


def _nullable(keyword: str) -> Any:
    """A keyword of OpenAPI 3.0, where `nullable` beside it lets null pass."""
    check: Any = Draft4Validator.VALIDATORS[keyword]

    def checked(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if instance is None and schema.get("nullable"):
            return
        yield from check(validator, rule, instance, schema) or ()

    return checked


_VALIDATOR: Any = validators.extend(  # type: ignore[no-untyped-call]
    Draft4Validator, {keyword: _nullable(keyword) for keyword in ("type", "enum", "anyOf", "oneOf", "allOf")}
)
_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@_FORMATS.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(re.match(r"[a-z][a-z0-9+.-]*:", value))


# -- fetching


def _fetch(file: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NotFetched(
            "npm is missing: install Node.js, which the schema tests use to fetch GitHub's OpenAPI"
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        words = [npm, "pack", "--ignore-scripts", "--silent", f"{PACKAGE}@{VERSION}"]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        packed = next(Path(folder).glob("*.tgz"), None)
        if done.returncode or packed is None:
            raise NotFetched(f"npm could not fetch {PACKAGE}@{VERSION}: {done.stderr.strip()[-500:]}")
        _check_integrity(packed)
        unpacked = Path(folder) / "document.json"
        with tarfile.open(packed) as archive, unpacked.open("wb") as out:
            source = archive.extractfile(DOCUMENT)
            if source is None:
                raise NotFetched(f"{PACKAGE}@{VERSION} holds no {DOCUMENT}")
            shutil.copyfileobj(source, out)
        unpacked.replace(file)


def _check_integrity(packed: Path) -> None:
    found = "sha512-" + base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
    if found != INTEGRITY:
        raise NotFetched(f"{PACKAGE}@{VERSION} is not the package that was pinned: {found}")
