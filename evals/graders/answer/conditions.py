"""What the parts of a `success` expression mean: each has a value, and says why it does not hold."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import strict_json
from agent_runtime.files.json_path import MISSING, look_up, parse_path
from agent_runtime.files.suggestion import did_you_mean
from evals.graders.answer.text import contains, search_for
from evals.graders.quote import quote


@dataclass(frozen=True, slots=True)
class Absent:
    """Stands where a value should be, and says why it is not there."""

    why: str


class AnswerText(NamedTuple):
    """A final text, raw and as JSON (`Absent` if it is none)."""

    text: str
    data: Any


WhyNot = Callable[[AnswerText], str | None]
"""None if it holds, else the reason, naming the part and what was there."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an expression: its words, its value, and why it does not hold."""

    source: str
    value: Callable[[AnswerText], Any]
    why_not: WhyNot
    literal: bool = False


def answer_text(text: str) -> AnswerText:
    """The final text as the parts look at it."""
    try:
        return AnswerText(text, strict_json(text))
    except ValueError:
        return AnswerText(text, Absent("the output is not JSON"))


def literal(source: str, value: Any) -> Part:
    """A text, number, true, false or null."""
    return _value(source, lambda _: value, literal=True)


def list_of(source: str, items: Sequence[Part]) -> Part:
    """A list; absent as a whole if an item is."""

    def value(answer: AnswerText) -> Any:
        values = [item.value(answer) for item in items]
        return _first_absent(values) or values

    return _value(source, value, literal=all(item.literal for item in items))


def path(source: str) -> Part:
    """A place in the output read as JSON. `output` is the trimmed raw text where the JSON has no such key.

    Raises:
        ValueError: if `source` is not a path.
    """
    steps = parse_path(source)

    def value(answer: AnswerText) -> Any:
        found = MISSING if isinstance(answer.data, Absent) else look_up(answer.data, steps)
        if found is not MISSING:
            return found
        if steps == ("output",):
            return answer.text.strip()
        return answer.data if isinstance(answer.data, Absent) else Absent(f"{source} is missing")

    return _value(source, value)


def comparison(source: str, operands: Sequence[Part], symbols: Sequence[str]) -> Part:
    """`a < b <= c`: every neighbouring pair compares. False, whatever the symbol, if a side is absent."""

    def why_not(answer: AnswerText) -> str | None:
        values = [operand.value(answer) for operand in operands]
        if absent := _first_absent(values):
            return f"{source}: {absent.why}"
        pairs = zip(symbols, pairwise(values), strict=True)
        failed = next((pair for pair in pairs if not _COMPARE[pair[0]](*pair[1])), None)
        if failed is None:
            return None
        was = (quote(value) for operand, value in zip(operands, values, strict=True) if not operand.literal)
        return f"{source} was {' and '.join(was) or 'false'}{_mismatch(failed[0], *failed[1])}"

    return _test(source, why_not)


def negation(source: str, inner: Part) -> Part:
    """`not inner`"""
    return _test(
        source, lambda answer: None if inner.why_not(answer) else f"{source} was false: {inner.source} held"
    )


def all_of(source: str, parts: Sequence[Part]) -> Part:
    """`a and b`: the first part that fails gives the reason; those after it are not looked at."""
    return _test(source, lambda answer: next(filter(None, (part.why_not(answer) for part in parts)), None))


def any_of(source: str, parts: Sequence[Part]) -> Part:
    """`a or b`: if all fail, every reason counts."""

    def why_not(answer: AnswerText) -> str | None:
        reasons: list[str] = []
        for part in parts:
            reason = part.why_not(answer)
            if reason is None:
                return None
            reasons.append(reason)
        return "; ".join(reasons)

    return _test(source, why_not)


def call(name: str, source: str, arguments: Sequence[Part]) -> Part:
    """`contains(…)`, `regex(…)` or `len(…)`.

    Raises:
        InvalidInput: for another name, or arguments it does not take.
    """
    if name not in _CALLS:
        fix = did_you_mean(name, _CALLS, f"there are {', '.join(_CALLS)}")
        raise InvalidInput.one("success", "is not a function here", fix)
    return _CALLS[name](source, arguments)


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal: 15 is 15.0, true is not 1, "15" is not 15. Any depth."""
    pairs = [(left, right)]
    while pairs:
        one, other = pairs.pop()
        if _kind(one) != _kind(other):
            return False
        if isinstance(one, list):
            if len(one) != len(other):
                return False
            pairs.extend(zip(one, other, strict=True))
        elif isinstance(one, Mapping):
            if one.keys() != other.keys():
                return False
            pairs.extend((one[key], other[key]) for key in one)
        elif one != other:
            return False
    return True


def _value(source: str, value: Callable[[AnswerText], Any], *, literal: bool = False) -> Part:
    def why_not(answer: AnswerText) -> str | None:
        found = value(answer)
        if isinstance(found, Absent):
            return found.why
        return None if found else f"{source} was {quote(found)}"

    return Part(source, value, why_not, literal)


def _test(source: str, why_not: WhyNot) -> Part:
    return Part(source, lambda answer: why_not(answer) is None, why_not)


def _first_absent(values: Sequence[Any]) -> Absent | None:
    return next((value for value in values if isinstance(value, Absent)), None)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    kinds = {str: "text", int: "a number", float: "a number", list: "a list", type(None): "null"}
    return kinds.get(type(value), "an object")


def _mismatch(symbol: str, left: Any, right: Any) -> str:
    """Why the two could not hold: 15 and "15" look alike."""
    comparable = _contained(left, right) is not None if "in" in symbol else _kind(left) == _kind(right)
    return "" if comparable else f" ({_kind(left)}, against {_kind(right)})"


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: (
        _kind(left) == _kind(right) and _kind(left) in {"a number", "text"} and compare(left, right)
    )


def _contained(item: Any, container: Any) -> bool | None:
    """Whether `container` holds `item`; None if that is no question to ask of it."""
    if isinstance(container, list):
        return any(same(item, other) for other in container)
    if isinstance(container, str | Mapping) and isinstance(item, str):
        return item in container
    return None


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": same,
    "!=": lambda left, right: not same(left, right),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "in": lambda left, right: _contained(left, right) is True,
    "not in": lambda left, right: _contained(left, right) is False,
}


def _contains(source: str, arguments: Sequence[Part]) -> Part:
    where, text = _place_and_text(arguments, "contains('refund processed') or contains(path, 'text')")
    return _test(source, _search(source, where, lambda found: contains(found, text)))


def _regex(source: str, arguments: Sequence[Part]) -> Part:
    where, pattern = _place_and_text(arguments, r"regex('order #\d+') or regex(path, '^\d+$')")
    return _test(source, _search(source, where, search_for(pattern)))


def _search(source: str, where: Part | None, found_in: Callable[[str], bool]) -> WhyNot:
    """Look in the raw text, in the text at `where`, or in each text of the list there."""

    def why_not(answer: AnswerText) -> str | None:
        text = answer.text if where is None else where.value(answer)
        if isinstance(text, Absent):
            return f"{source}: {text.why}"
        texts = text if isinstance(text, list) else [text]
        if any(isinstance(part, str) and found_in(part) for part in texts):
            return None
        looked_at = "the output" if where is None else where.source
        return f"{source} failed: {looked_at} was {quote(text)}"

    return why_not


def _place_and_text(arguments: Sequence[Part], example: str) -> tuple[Part | None, str]:
    if not 1 <= len(arguments) <= 2:
        raise InvalidInput.one(
            "success", f"takes one or two values, not {len(arguments)}", f"write {example}"
        )
    text = arguments[-1].value(answer_text("")) if arguments[-1].literal else None
    if not isinstance(text, str) or not text:
        what = f"looks for a text in quotes, not {arguments[-1].source}"
        raise InvalidInput.one("success", what, f"write {example}")
    return (arguments[0] if len(arguments) == 2 else None), text


def _length(source: str, arguments: Sequence[Part]) -> Part:
    if len(arguments) != 1:
        what = f"takes one value, not {len(arguments)}"
        raise InvalidInput.one("success", what, "write len(items) > 0")
    [measured] = arguments

    def value(answer: AnswerText) -> Any:
        found = measured.value(answer)
        if isinstance(found, str | list | Mapping):
            return len(found)
        return found if isinstance(found, Absent) else Absent(f"{quote(found)} has no length")

    return _value(source, value)


_CALLS: Mapping[str, Callable[[str, Sequence[Part]], Part]] = {
    "contains": _contains,
    "regex": _regex,
    "len": _length,
}
