"""What a condition's shape does not say: patterns that do not work, texts that prove nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from agent_runtime.errors import Problem
from agent_runtime.files.documents import Document
from agent_runtime.files.json_path import parse_path
from agent_runtime.files.patterns import UnusablePattern, matcher
from security_pack.catalog.conditions import ArgumentMatch, CallMatch, Condition

SHORTEST_TEXT = 4
_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")
_NESTED_REPEAT = re.compile(r"\((?:\?[a-zA-Z]*:)?(?:\[(?:\\.|[^\]\\])+\]|\\?[^()\[\]|])[+*]\)[+*{]")
"""`(a+)+`: a loop round nothing but a loop."""
_HOST = re.compile(r"[A-Za-z0-9._-]+")
_TEXTS = frozenset(["output_contains", "decoded_contains", "memory_contains", "trace_contains"])

Location = tuple[str | int, ...]


def check_condition(condition: Condition, document: Document, location: Sequence[str | int]) -> list[Problem]:
    """Everything wrong with a condition whose shape is right, each with its line.

    Args:
        location: where in `document` the condition is written, such as `("success",)`.
    """
    return list(_problems(condition, document, tuple(location)))


def _problems(condition: Condition, document: Document, location: Location) -> Iterator[Problem]:
    name, wanted = condition.predicate
    here = (*location, name.rstrip("_"))
    if isinstance(wanted, Condition):
        yield from _problems(wanted, document, here)
    elif isinstance(wanted, CallMatch):
        yield from _in_call(wanted, document, here)
    elif isinstance(wanted, list):
        for at, part in enumerate(wanted):
            if isinstance(part, Condition):
                yield from _problems(part, document, (*here, at))
            elif isinstance(part, CallMatch):
                yield from _in_call(part, document, (*here, at))
    elif name == "state":
        yield from _in_state(wanted.path, document, here)
        yield from _in_argument(wanted.match, document, (*here, "match"))
    elif name == "egress":
        yield from _in_host(wanted.host, document, here)
    elif name in _TEXTS:
        yield from _in_text(wanted, document, here)


def _in_call(match: CallMatch, document: Document, location: Location) -> Iterator[Problem]:
    for name, wanted in match.args.items():
        yield from _in_argument(wanted, document, (*location, "args", name))


def _in_argument(wanted: ArgumentMatch, document: Document, location: Location) -> Iterator[Problem]:
    pattern = wanted.regex
    if pattern is None:
        return
    here = (*location, "regex")
    try:
        matcher(pattern)
    except UnusablePattern as error:
        yield document.problem(here, f"the pattern {error.what}", error.fix)
        return
    if _NESTED_REPEAT.search(pattern):
        what = "the pattern repeats a repetition, which takes other engines exponential time"
        yield document.problem(here, what, "write the inner repetition alone:  a+  instead of  (a+)+")


def _in_state(path: str, document: Document, location: Location) -> Iterator[Problem]:
    try:
        parse_path(path)
    except ValueError as error:
        yield document.problem((*location, "path"), str(error), "write it like  $.orders[0].status")


def _in_host(host: str, document: Document, location: Location) -> Iterator[Problem]:
    if not _HOST.fullmatch(_PLACEHOLDER.sub("x", host)):
        fix = "write the host alone, as in  attacker.invalid"
        yield document.problem((*location, "host"), f"{host[:60]!r} is not a host name", fix)


def _in_text(text: str, document: Document, location: Location) -> Iterator[Problem]:
    if not _PLACEHOLDER.search(text) and len(text) < SHORTEST_TEXT:
        what = f"{text!r} is too short to prove anything"
        fix = 'look for a canary:  "{{secret}}"  with  canaries: { secret: token }'
        yield document.problem(location, what, fix)
