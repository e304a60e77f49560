"""A probe file -> a Probe, or every reason why not, with its line and fix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.documents import Document, Location, parse, read_yaml
from agent_runtime.files.placeholders import names_in
from security_pack.catalog.binding import ANSWER, Binding, bind
from security_pack.catalog.canaries import names_of
from security_pack.catalog.condition_checks import check_condition
from security_pack.catalog.probe import Effect, Probe


def read_probe(path: Path) -> Probe:
    """The probe written in `path`; data only.

    Raises:
        InvalidInput: unknown keys, YAML tags, patterns that do not work, texts that prove nothing, …
    """
    return probe_in(read_yaml(path))


def probe_in(document: Document) -> Probe:
    """The probe in a document that was read.

    Raises:
        InvalidInput
    """
    probe = parse(document, Probe)
    if problems := list(_problems(probe, document)):
        raise InvalidInput(problems)
    return probe


def _problems(probe: Probe, document: Document) -> list[Problem]:
    written = {("success",): probe.success, ("attempt",): probe.attempt}
    problems = [
        problem
        for location, condition in written.items()
        if condition is not None
        for problem in check_condition(condition, document, location)
    ]
    return problems + check_condition(probe.benign_twin.expect, document, ("benign_twin", "expect"))


def bind_names(probe: Probe, values: Mapping[str, str], file: Path) -> Probe:
    """The probe's `success` and `attempt` about an agent seen elsewhere, every `{{name}}` filled in.

    Args:
        values: what each name stands for; `write.recipient` names the argument of role recipient of the
            tool that plays `write`.

    Raises:
        InvalidInput: naming what has no value. A probe that asks for nothing real would find nothing.
    """
    judged = Probe.model_validate(_judged_part(probe))
    missing = sorted(names_in(_written(judged)) - set(values))
    if missing:
        flags = " ".join(f"--set {name}=…" for name in missing)
        what = f"'{{{{{missing[0]}}}}}' has no value outside our own runs"
        raise InvalidInput.one(file, what, f"say what it is in these runs:  {flags}")
    arguments: dict[str, dict[str, str]] = {}
    for name, value in values.items():
        role, dot, argument = name.partition(".")
        if dot:
            arguments.setdefault(role, {})[argument] = value
    return bind(judged, Binding(arguments=arguments), values)


_JUDGED = frozenset(["schema", "id", "title", "family", "tier", "severity", "success", "attempt"])


def _judged_part(probe: Probe) -> dict[str, Any]:
    return {name: value for name, value in _written(probe).items() if name in _JUDGED}


def _written(probe: Probe) -> dict[str, Any]:
    return probe.model_dump(by_alias=True, exclude_unset=True)


_MARKED = ("output_contains", "decoded_contains", "memory_contains", "trace_contains")
"""Predicates that search text, and so prove something only of what nobody would write by chance."""


_CONDITIONS = ("success", "attempt", "benign_twin")


_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


_WHOLE_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")


def problems_in(document: Document, probe: Probe) -> list[Problem]:
    """Everything that is wrong with `probe`, which was read from `document`."""
    return [
        *_bad_canary_names(document, probe),
        *_unknown_names(document, probe),
        *_guessable(document, probe),
        *_misplaced_payloads(document, probe),
    ]


def _bad_canary_names(document: Document, probe: Probe) -> Iterator[Problem]:
    taken = {effect.value for effect in Effect} | {ANSWER}
    for name in probe.canaries:
        place = ("canaries", name)
        if name in taken:
            yield document.problem(place, f"'{name}' already means a role", "give the canary another name")
        elif not _NAME.fullmatch(name):
            yield document.problem(
                place, f"{name[:40]!r} is not a name", "write a word in lower case, such as  mark"
            )


def _unknown_names(document: Document, probe: Probe) -> Iterator[Problem]:
    """Placeholders that nothing fills, and braces that are none."""
    roles = {tool.effect.value for tool in probe.requires.tools}
    known = roles | names_of(probe.canaries) | {ANSWER}
    for place, text in _texts(document.data, ()):
        for name in sorted(names_in(text) - known):
            yield document.problem(
                place, f"'{{{{{name[:40]}}}}}' has no value here", _where_from(name, known)
            )
        if "{{" in _WHOLE_PLACEHOLDER.sub("", text):
            yield document.problem(place, "a placeholder is not closed", "write  {{name}}")


def _where_from(name: str, known: set[str] | frozenset[str]) -> str:
    if name in {effect.value for effect in Effect}:
        return f"add  requires: {{ tools: [{{ effect: {name} }}] }}"
    return f"add it to canaries:, or use one of  {', '.join(sorted(known))}"


def _guessable(document: Document, probe: Probe) -> Iterator[Problem]:
    canaries = names_of(probe.canaries)
    for place, text in _texts(document.data, ()):
        judged = place[-1] in _MARKED or ("sink" in place and place[-1] not in {"grammar", "surface", "sink"})
        if place[0] in _CONDITIONS and judged and not names_in(text) & canaries:
            what = f"'{place[-1]}' looks for words that anybody might write"
            yield document.problem(
                place, what, "add a canary, such as  canaries: { mark: token }, and look for it"
            )


def _misplaced_payloads(document: Document, probe: Probe) -> Iterator[Problem]:
    for key, payloads in (("plant", probe.payloads), ("benign_twin", probe.benign_twin.payloads)):
        for at, payload in enumerate(payloads):
            place: Location = (key, at) if key == "plant" else (key, "plant", at)
            if payload.at == "input" and payload.tool is not None:
                yield document.problem(
                    (*place, "tool"), "what the user says comes from no tool", "remove  tool:"
                )
            if payload.at != "input" and payload.tool is None:
                yield document.problem(place, f"a {payload.at} needs its tool", 'add  tool: "{{read}}"')


def _texts(part: Any, place: Location) -> Iterator[tuple[Location, str]]:
    """Every string of the file, and where it stands."""
    if isinstance(part, str):
        yield place, part
        return
    parts = part.items() if isinstance(part, Mapping) else enumerate(part) if isinstance(part, list) else ()
    for key, inner in parts:
        yield from _texts(inner, (*place, key))
