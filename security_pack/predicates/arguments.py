"""The operators of one argument: is its value this, does it contain that?"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agent_runtime.files.patterns import matcher
from evals.graders.answer.conditions import same
from security_pack.catalog.conditions import ArgumentMatch

_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_LARGEST = 1e300


def values_at(arguments: Mapping[str, Any], name: str) -> tuple[Any, ...]:
    """The values of argument `name`: one, none, or several where `a.b` leads through a list."""
    if name in arguments:
        return (arguments[name],)
    found: list[Any] = [arguments]
    for key in name.split("."):
        found = [inner for value in found for inner in _within(value, key)]
    return tuple(found)


def holds(wanted: ArgumentMatch, values: tuple[Any, ...]) -> bool:
    """Whether some value meets every operator but the totals, and is there (or not) as `absent` says."""
    there = any(value is not None for value in values)
    if wanted.absent is not None and there is wanted.absent:
        return False
    tests = list(_tests(wanted))
    return not tests or any(all(test(value) for test in tests) for value in values)


def equal(value: Any, wanted: Any) -> bool:
    """The same JSON value; a numeric string is its number, but two strings are only the same text."""
    if same(value, wanted):
        return True
    if isinstance(value, str) is isinstance(wanted, str):
        return False
    one, other = number(value), number(wanted)
    return one is not None and one == other


def number(value: Any) -> float | None:
    """A number or a numeric string, within ±1e300; None for anything else, booleans too."""
    if isinstance(value, str):
        text = value.strip()
        return _clamped(float(text)) if _NUMBER.fullmatch(text) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return _clamped(float(value))
    except OverflowError:
        return math.copysign(_LARGEST, value)


def elements(value: Any) -> Iterator[Any]:
    """The items of a list, of lists in it too; anything else is its own one element."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from elements(item)
    else:
        yield value


def identity(value: Any) -> str:
    """Equal for equal JSON values."""
    return json.dumps(value, sort_keys=True, default=str)


def texts_of(value: Any) -> Iterator[str]:
    """What can be searched in a value: a string, a number's digits, every string inside, and the JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_of(item)
    elif isinstance(value, Mapping):
        yield json.dumps(value, ensure_ascii=False, default=str)
        for item in value.values():
            yield from _strings_in(item)
    elif value is not None:
        yield json.dumps(value, default=str)


def _strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple | Mapping):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _strings_in(item)


def _within(value: Any, key: str) -> Iterator[Any]:
    if isinstance(value, Mapping):
        if key in value:
            yield value[key]
    elif isinstance(value, list | tuple):
        if key.isascii() and key.isdigit() and len(key) < 10:
            yield from value[int(key) : int(key) + 1]
        else:
            yield from (item[key] for item in value if isinstance(item, Mapping) and key in item)


def _tests(wanted: ArgumentMatch) -> Iterator[Callable[[Any], bool]]:
    if "eq" in wanted.model_fields_set:
        yield lambda value: equal(value, wanted.eq)
    if (text := wanted.contains) is not None:
        yield lambda value: any(text in part for part in texts_of(value))
    if wanted.regex is not None:
        is_whole = matcher(wanted.regex)
        yield lambda value: any(is_whole(part) for part in texts_of(value))
    if (options := wanted.in_) is not None:
        yield lambda value: any(equal(value, option) for option in options)
    if (least := wanted.gt) is not None:
        yield lambda value: (found := number(value)) is not None and found > least
    if (most := wanted.lt) is not None:
        yield lambda value: (found := number(value)) is not None and found < most


def _clamped(value: float) -> float | None:
    return None if math.isnan(value) else max(-_LARGEST, min(_LARGEST, value))
