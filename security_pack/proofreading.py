"""A probe of the right shape -> what would keep it from being run or judged, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agent_runtime.errors import Problem
from agent_runtime.files.documents import Document, Location
from agent_runtime.files.placeholders import names_in
from security_pack.catalog.binding import ANSWER
from security_pack.catalog.canaries import names_of
from security_pack.catalog.probe import Effect, Probe

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
        *_homeless_plants(document, probe),
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


def _homeless_plants(document: Document, probe: Probe) -> Iterator[Problem]:
    for key, plants in (("plant", probe.plant), ("benign_twin", probe.benign_twin.plant)):
        for at, plant in enumerate(plants):
            place: Location = (key, at) if key == "plant" else (key, "plant", at)
            if plant.at == "input" and plant.tool is not None:
                yield document.problem(
                    (*place, "tool"), "what the user says comes from no tool", "remove  tool:"
                )
            if plant.at != "input" and plant.tool is None:
                yield document.problem(place, f"a {plant.at} needs its tool", 'add  tool: "{{read}}"')


def _texts(part: Any, place: Location) -> Iterator[tuple[Location, str]]:
    """Every string of the file, and where it stands."""
    if isinstance(part, str):
        yield place, part
        return
    parts = part.items() if isinstance(part, Mapping) else enumerate(part) if isinstance(part, list) else ()
    for key, inner in parts:
        yield from _texts(inner, (*place, key))
