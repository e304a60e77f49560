"""Read the files people write: YAML and JSON with line numbers, refusing what is ambiguous or hostile.

Every reader here raises `InvalidInput` with all problems of the file at once, each with its line.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.suggestion import did_you_mean

MAX_BYTES = 20_000_000
MAX_NODES = 400_000
"""Nodes after expanding aliases: ten nested nine-fold aliases (a YAML bomb) would make a billion."""
MAX_DEPTH = 60

Location = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data (dict, list, str, int, float, bool, None) and the line where each part begins."""

    file: str
    data: Any
    lines: Mapping[Location, int]

    def line_of(self, location: Sequence[str | int]) -> int | None:
        """The line of `location`, or of its nearest enclosing part."""
        for length in range(len(location), -1, -1):
            if (line := self.lines.get(tuple(location[:length]))) is not None:
                return line
        return None

    def problem(self, location: Sequence[str | int], what: str, fix: str = "") -> Problem:
        """A problem at `location`, for checks that come after the shape is known to be right."""
        return Problem(self.file, self.line_of(location), what, fix)


def read_text(path: Path, max_bytes: int = MAX_BYTES) -> str:
    """The file as UTF-8 text; a missing, unreadable, oversized or binary file is a clear error."""
    try:
        if path.stat().st_size > max_bytes:
            raise InvalidInput.one(path, f"is larger than {max_bytes // 1_000_000} MB", "split it")
        return path.read_bytes().decode("utf-8-sig")  # some editors begin a file with a byte order mark
    except FileNotFoundError:
        raise InvalidInput.one(
            path, "does not exist", "check the path; `agentcrewops init` writes a starter"
        ) from None
    except UnicodeDecodeError as error:
        raise InvalidInput.one(path, f"is not UTF-8 text (byte {error.start})", "save it as UTF-8") from None
    except OSError as error:
        raise InvalidInput.one(path, f"cannot be read: {error.strerror}") from None


def read_yaml(path: Path, *, foreign: bool = False) -> Document:
    """Read one YAML document: safe types only, no duplicate keys, no bombs, no NaN.

    Args:
        foreign: another tool's format, in which keys such as `200` and values such as `0123` are at home.
    """
    text = read_text(path)
    loader = _Loader(text)
    try:
        _refuse_depth(path, text)
        node = loader.get_single_node()
        builder = _Builder(str(path), loader, foreign=foreign)
        data = builder.build(node, ()) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InvalidInput.one(
            path,
            f"is not valid YAML: {error.problem}",
            _yaml_advice(error, text),
            mark.line + 1 if mark else None,
        ) from None
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1
        raise InvalidInput.one(path, "contains a control character", "remove it", line) from None
    except (yaml.YAMLError, RecursionError) as error:
        what = "nests too deeply" if isinstance(error, RecursionError) else f"is not valid YAML: {error}"
        raise InvalidInput.one(path, what) from None
    finally:
        loader.dispose()
    if builder.problems:
        raise InvalidInput(builder.problems)
    return Document(str(path), data, builder.lines)


def read_json(path: Path, fix: str, max_bytes: int = MAX_BYTES) -> Document:
    """Read one JSON document that a program wrote. It knows no lines but the first: such files are not edited by hand.

    Args:
        fix: what to do about a file that is not valid JSON.
    """
    try:
        data = strict_json(read_text(path, max_bytes))
    except ValueError as error:
        raise InvalidInput.one(path, f"is not valid JSON: {error}", fix) from None
    return Document(str(path), data, {(): 1})


def read_jsonl(path: Path) -> list[Document]:
    """Read one JSON object a line; blank lines are skipped. Each line becomes its own Document."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            documents.append(Document(str(path), strict_json(line), {(): number}))
        except ValueError as error:
            problems.append(
                Problem(str(path), number, f"is not valid JSON: {error}", "one JSON object a line")
            )
    if problems:
        raise InvalidInput(problems)
    return documents


def strict_json(text: str | bytes) -> Any:
    """Parse JSON as RFC 8259 means it: no NaN or Infinity, no duplicate keys, nothing deeper than `MAX_DEPTH`.

    Raises:
        ValueError: with a reason fit for a person (and for a model that should correct itself);
            `DuplicateKey` if that is what is wrong.
    """
    try:
        value = json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_unique_pairs
        )
    except RecursionError:
        raise ValueError("nests too deeply") from None
    if _deeper_than(MAX_DEPTH, value):
        raise ValueError("nests too deeply")
    return value


def writable_json(text: str | bytes) -> Any:
    """`strict_json` of what must be hashed, stored and shown as it is: no half characters either.

    Raises:
        ValueError: also for an unpaired surrogate, which `\\ud800` spells in JSON and no UTF-8 file can hold.
    """
    value = strict_json(text)
    try:
        canonical_json(value).encode()
    except UnicodeEncodeError:
        raise ValueError("text holds half of a surrogate pair") from None
    return value


class DuplicateKey(ValueError):
    """A JSON object says the same key twice, so two readers may see two values."""


def canonical_json(value: Any) -> str:
    """The one text form used for hashing: sorted keys, no spaces, NaN refused.

    Like RFC 8785 (https://www.rfc-editor.org/rfc/rfc8785), but numbers are as Python writes them and keys are
    sorted by code point.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def parse(document: Document, shape: type[Model]) -> Model:
    """Check `document` against a pydantic model; report every violation with its line and repair."""
    if not isinstance(document.data, dict):
        what = "is empty" if document.data is None else "must be a mapping of keys to values"
        keys = ", ".join(f"{name}:" for name in _named_fields(shape))
        raise InvalidInput([document.problem((), what, f"it starts with  {keys}")])
    try:
        return shape.model_validate(document.data)
    except ValidationError as error:
        raise InvalidInput(_explain(document, shape, detail) for detail in error.errors()) from None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large for a number")
    return number


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Readers differ in which one they take (https://www.rfc-editor.org/rfc/rfc8259#section-4).
    unique = dict(pairs)
    if len(unique) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise DuplicateKey(f"key {twice!r} appears twice")
    return unique


def _deeper_than(limit: int, value: Any) -> bool:
    """Level by level, because the interpreter's own limit is no protection where it is set high."""
    level = [value]
    for _ in range(limit + 1):
        level = [
            child
            for part in level
            if isinstance(part, dict | list)
            for child in (part.values() if isinstance(part, dict) else part)
        ]
        if not level:
            return False
    return True


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """A safe loader that leaves dates as text: an agent's `2026-01-02` is a string."""


# https://yaml.org/type/timestamp.html and https://yaml.org/type/value.html (a text that is only `=`)
_NOT_RESOLVED = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value"}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _NOT_RESOLVED]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}


_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str", "seq", "map")}
_NOT_PLAINLY_A_NUMBER = re.compile(r"[-+]?(0[0-9_]+|[0-9][0-9_]*(:[0-9.]+)+)$")
"""What YAML 1.1 reads as octal or base 60: an order `0123` would be 83, a time `12:30` would be 750.

https://yaml.org/type/int.html and https://yaml.org/type/float.html
"""


def _refuse_depth(path: Path, text: str) -> None:
    """Stop before composing: the C library recurses over nodes, and overflows the stack rather than raise."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else None
            raise InvalidInput.one(path, "nests too deeply", "write it flatter", line)


class _Builder:
    """Turns the node graph into plain data, noting lines and problems on the way."""

    def __init__(self, file: str, loader: Any, *, foreign: bool) -> None:
        self.file = file
        self.loader = loader
        self.foreign = foreign
        self.lines: dict[Location, int] = {}
        self.problems: list[Problem] = []
        self.count = 0

    def build(self, node: yaml.Node, location: Location) -> Any:
        self.count += 1
        if self.count > MAX_NODES or len(location) > MAX_DEPTH:
            line = node.start_mark.line + 1
            raise InvalidInput.one(
                self.file, "expands to too many values (aliases of aliases?)", "write the values out", line
            )
        self.lines.setdefault(location, node.start_mark.line + 1)
        if node.tag not in _PLAIN_TAGS:
            self._note(
                node, f"the tag {node.tag.replace('tag:yaml.org,2002:', '!!')} is not allowed", "remove it"
            )
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*location, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _scalar(self, node: yaml.Node) -> Any:
        try:
            value = self.loader.construct_object(node)
        except ValueError:
            self._note(
                node, f"{_short(node.value)} is not the number it claims to be", "put quotes around it"
            )
            return None
        if isinstance(value, int | float) and not self.foreign and _NOT_PLAINLY_A_NUMBER.match(node.value):
            self._note(
                node, f"{node.value} would be read as {value}", f'put quotes around it: "{node.value}"'
            )
        if isinstance(value, float) and not math.isfinite(value):
            self._note(node, f"{node.value} is not a usable number", "write a finite number")
            return 0.0
        return value

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        merged: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                merged |= self._merge(value_node, location)
                continue
            if not isinstance(key_node, yaml.ScalarNode) or not (
                self.foreign or key_node.tag == "tag:yaml.org,2002:str"
            ):
                self._note(key_node, "a key must be text", 'put quotes around it, as in "{{ input }}"')
                continue
            key = key_node.value
            if key in result:
                self._note(key_node, f"key '{key}' appears twice", "keep one of them")
            self.lines[(*location, key)] = key_node.start_mark.line + 1
            result[key] = self.build(value_node, (*location, key))
        return merged | result

    def _merge(self, node: yaml.Node, location: Location) -> dict[Any, Any]:
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[Any, Any] = {}
        for part in reversed(parts):
            value = self.build(part, location)
            if isinstance(value, dict):
                merged |= value
        return merged

    def _note(self, node: yaml.Node, what: str, fix: str) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, what, fix))


def _yaml_advice(error: yaml.MarkedYAMLError, text: str) -> str:
    mark = error.problem_mark
    if mark and "\t" in "".join(text.split("\n")[mark.line : mark.line + 1])[: mark.column + 1]:
        return "indent with spaces, not tabs"
    return "check the indentation and the quotes on this line and the one before"


def _explain(document: Document, shape: type[BaseModel], detail: Any) -> Problem:
    location = _written_location(document.data, detail["loc"])
    name = ".".join(str(part) for part in location) or "the file"
    kind = detail["type"]
    if kind == "extra_forbidden":
        known = _keys_at(shape, location[:-1])
        others = f"known keys here: {', '.join(known)}" if known else "remove it"
        fix = did_you_mean(str(location[-1]), known, others)
        return document.problem(location, f"unknown key '{location[-1]}'", fix)
    if kind == "missing":
        return document.problem(location, f"'{name}' is missing", f"add  {location[-1]}: …")
    message = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    what, _, fix = message.partition(" | ")
    shown = _short(detail.get("input"))
    if kind in {"value_error", "assertion_error"}:
        return document.problem(location, f"'{name}': {what}", fix)
    return document.problem(
        location, f"'{name}' is {shown}: {what[:1].lower()}{what[1:]}", fix or _advice(shape, location, kind)
    )


_WRITE = {
    "int": "write a whole number",
    "float": "write a number",
    "bool": "write true or false",
    "string": "write text, in quotes",
    "list": "write a list:  [ …, … ]",
    "dict": "write a mapping:  { key: value }",
}


def _advice(shape: type[BaseModel], location: Sequence[str | int], kind: str) -> str:
    """What to write instead: the field's own words where its form is wrong, else the kind of value."""
    if kind == "string_pattern_mismatch":
        field = _fields_at(shape, location[:-1]).get(str(location[-1])) if location else None
        if field is not None and field.description:
            return f"write {field.description}"
    return _WRITE.get(kind.partition("_")[0], "") or "correct it as the message says"


def _written_location(data: Any, location: Sequence[str | int]) -> Location:
    """The location as the person wrote it: pydantic adds the names of union members, which are in no file."""
    written: list[str | int] = []
    for position, part in enumerate(location):
        is_missing_key = position == len(location) - 1 and isinstance(data, dict) and part != "[key]"
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            if not is_missing_key:
                continue
        written.append(part)
    return tuple(written)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _keys_at(shape: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The keys allowed at `location`."""
    return list(_fields_at(shape, location))


def _fields_at(shape: type[BaseModel], location: Sequence[str | int]) -> dict[str, FieldInfo]:
    """The fields allowed at `location` by the name they are written with, found by walking the annotations."""
    current: Any = shape
    for part in location:
        if isinstance(part, int):
            continue
        field = _named_fields(current).get(part)
        if field is None:
            return {}
        current = _model_within(field.annotation)
    return _named_fields(current)


def _named_fields(shape: Any) -> dict[str, FieldInfo]:
    fields: Mapping[str, FieldInfo] = getattr(shape, "model_fields", {})
    return {field.alias or name: field for name, field in fields.items()}


def _model_within(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    arguments: Sequence[Any] = getattr(annotation, "__args__", ())
    search: Callable[[Any], Any] = _model_within
    return next((found for found in map(search, arguments) if found is not None), None)
