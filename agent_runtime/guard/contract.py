"""The output contract: the final bytes are JSON of the agreed shape, or the answer does not count."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from agent_runtime.files.documents import canonical_json, writable_json
from agent_runtime.files.patterns import UnusablePattern, searcher

MAX_ANSWER = 1_000_000
MAX_PROBLEMS = 10
_MAX_PROBLEM = 300


@dataclass(frozen=True, slots=True)
class ContractCheck:
    """What a check found: the parsed answer, or what is wrong with it in words its author can act on."""

    value: Any = None
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True if the answer keeps the contract."""
        return not self.problems


def check_contract(schema: Mapping[str, Any] | None, text: str) -> ContractCheck:
    """Whether `text`, to its last byte, is one JSON document that `schema` accepts.

    A code fence or prose around the JSON breaks the contract: whoever reads the answer parses all of it.
    Without a schema every text is right, and has no value.
    """
    if schema is None:
        return ContractCheck()
    if len(text) > MAX_ANSWER:
        return ContractCheck(problems=(f"the answer is longer than {MAX_ANSWER:,} characters",))
    try:
        value = writable_json(text)
    except ValueError as error:
        return ContractCheck(problems=(_why_not_json(text, error),))
    return ContractCheck(value, violations(schema, value))


def violations(schema: Mapping[str, Any], value: Any) -> tuple[str, ...]:
    """Where `value` departs from `schema` (JSON Schema 2020-12, formats asserted), at most `MAX_PROBLEMS`.

    References are resolved inside the schema and the published meta-schemas only, never fetched. A schema
    that cannot be applied accepts nothing. `schema` itself was checked when its file was loaded.
    """
    try:
        validator = _Validator(schema, registry=Registry(), format_checker=_FORMATS)
        errors = sorted(validator.iter_errors(value), key=lambda error: [str(part) for part in error.path])
    except Unresolvable as error:
        return (f"the schema refers to {error.ref!r}, which is not part of it; nothing is fetched",)
    except RecursionError:
        return ("the schema refers to itself without end",)
    except UnusablePattern as error:
        return (f"the schema cannot be applied: a pattern {error.what}",)
    except ArithmeticError:  # `multipleOf` makes floats of both, and 10**400 is none
        return ("a number is too large to be checked",)
    shown = tuple(_explain(error) for error in errors[:MAX_PROBLEMS])
    more = len(errors) - len(shown)
    return (*shown, f"and {more} more") if more else shown


def _why_not_json(text: str, error: ValueError) -> str:
    if text.lstrip().startswith("```"):
        return "the answer is wrapped in a ``` code fence: write the JSON alone, with nothing around it"
    if text.lstrip()[:1] not in {"{", "["}:
        return f"the answer is not JSON ({error}): write the JSON alone, with no words before or after it"
    return f"the answer is not valid JSON: {error}"


def _explain(error: ValidationError) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.path)
    message = f"${place}: {error.message}"
    return message if len(message) <= _MAX_PROBLEM else message[: _MAX_PROBLEM - 1] + "…"


def _unique_items(_: Validator, unique: bool, items: Any, __: Any) -> Iterator[ValidationError]:
    """The keyword in linear time; the library compares every pair of items that cannot be sorted."""
    if unique and isinstance(items, list) and len({_identity(item) for item in items}) < len(items):
        yield ValidationError("has items that are not unique")


def _identity(value: Any) -> str:
    """One text for each JSON value: 1.0 and 1 are the same number, true is not 1.

    https://json-schema.org/draft/2020-12/json-schema-core#section-4.2.2
    """
    return canonical_json(_with_whole_numbers(value))


def _with_whole_numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_whole_numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_whole_numbers(item) for key, item in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _pattern(_: Validator, pattern: str, text: Any, __: Any) -> Iterator[ValidationError]:
    """The keyword in linear time; the library's own search can be made to run for ever."""
    if isinstance(text, str) and not searcher(pattern)(text):
        yield ValidationError(f"{text!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, schemas: Mapping[str, Any], value: Any, _: Any
) -> Iterator[ValidationError]:
    if not isinstance(value, dict):
        return
    for pattern, schema in schemas.items():
        for name in filter(searcher(pattern), value):
            yield from validator.descend(value[name], schema, path=name, schema_path=pattern)


# The library asserts these formats only where further packages are installed. What they mean:
# https://json-schema.org/draft/2020-12/json-schema-validation#section-7.3
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[!#-;=?-\[\]_a-z~]*")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")


def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or bool(_DATE_TIME.fullmatch(value) and datetime.fromisoformat(value))


def _is_time(value: object) -> bool:
    return not isinstance(value, str) or bool(
        _TIME.fullmatch(value) and datetime.fromisoformat(f"2000-01-01T{value}")
    )


def _matching(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or pattern.fullmatch(value) is not None


_FORMATS = FormatChecker()
_FORMATS.checks("date-time", raises=ValueError)(_is_date_time)
_FORMATS.checks("time", raises=ValueError)(_is_time)
_FORMATS.checks("uri")(_matching(_URI))
_FORMATS.checks("hostname")(_matching(_HOSTNAME))

_Validator: Any = extend(  # type: ignore[no-untyped-call]  # the stubs leave it untyped
    Draft202012Validator,
    {"uniqueItems": _unique_items, "pattern": _pattern, "patternProperties": _pattern_properties},
)
