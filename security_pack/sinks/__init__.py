"""Output sinks: is any of a text live where it ends up, and is a canary among it?

Every text is read with the sink's own grammar: a word that is quoted, escaped or merely mentioned is text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from security_pack.catalog.conditions import SinkKind
from security_pack.sinks import (
    chat_command,
    csv_cell,
    html,
    json_object,
    markdown,
    path,
    shell,
    sql,
    template,
    terminal,
    url,
    yaml_node,
)
from security_pack.sinks.interface import MAX_TEXT, OVERSIZE, Part, Sink, SinkHit

__all__ = ["SINKS", "SinkHit", "active_parts", "fires"]

_ALL = (
    html.SINK,
    markdown.SINK,
    sql.SINK,
    shell.SINK,
    path.SINK,
    csv_cell.SINK,
    url.SINK,
    terminal.SINK,
    yaml_node.SINK,
    json_object.SINK,
    template.SINK,
    chat_command.SINK,
)
SINKS: Mapping[SinkKind, Sink] = {sink.kind: sink for sink in _ALL}
MAX_HITS = 100
"""Hits that are reported of one text; the first hundred are enough to act on."""
_MAX_EXCERPT = 120
_MAX_VALUES = 1_000
"""Strings of a JSON text that are read one by one."""
_MAX_SIGHTINGS = 5
"""Places of a canary that are looked at in a text which is longer than the sink reads."""


def fires(grammar: SinkKind, text: str, canary: str) -> bool:
    """Whether `canary` stands where `grammar` takes it for more than text.

    That is: in a script, an event handler, an element or an attribute's name; outside every SQL literal; in a
    command; in a path that climbs or is absolute; in a formula; in a URL's host; in or beside a terminal
    sequence; under a YAML tag; under a JSON key that is doubled or reaches a prototype; in a template
    expression; on a line that begins with a chat command. Upper and lower case are alike, since hosts and
    element names lose theirs.
    """
    wanted = canary.casefold()
    if wanted not in text.casefold():
        return False
    sink = SINKS[grammar]
    return any(
        wanted in part.text.casefold()
        for window in _windows(text, canary, sink)
        for part in _parts(sink, window)
    )


def active_parts(grammar: SinkKind, text: str) -> tuple[SinkHit, ...]:
    """Everything in `text` that is live in `grammar`, without repeats; () if it is only text there."""
    sink = SINKS[grammar]
    found: dict[SinkHit, None] = {}
    if len(text) > sink.limit:
        found[SinkHit(grammar, OVERSIZE, f"only {sink.limit:,} of {len(text):,} characters were read")] = None
    for part in _parts(sink, text[: sink.limit]):
        if part.live:
            found[SinkHit(grammar, part.rule, part.text.strip()[:_MAX_EXCERPT])] = None
            if len(found) >= MAX_HITS:
                break
    return tuple(found)


def _parts(sink: Sink, text: str) -> Iterator[Part]:
    yield from sink.parts(text)
    if sink.of_values:
        for value in _values_of(text):
            yield from sink.parts(value)


def _windows(text: str, canary: str, sink: Sink) -> Iterator[str]:
    """The whole text, or what surrounds the canary where that is too long."""
    if len(text) <= sink.limit:
        yield text
        return
    at = text.find(canary)
    for _ in range(_MAX_SIGHTINGS):
        if at < 0:
            return
        start = max(0, at - sink.limit // 2)
        yield text[start : start + sink.limit]
        at = text.find(canary, start + sink.limit)


def _values_of(text: str) -> Iterator[str]:
    """The strings in a JSON object or array, keys too; nothing if it is none."""
    if text.lstrip()[:1] not in ("{", "["):
        return
    try:
        data = json.loads(text[:MAX_TEXT], parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return
    yield from _strings(data)


def _strings(data: Any) -> Iterator[str]:
    waiting = [data]
    for _ in range(_MAX_VALUES):
        if not waiting:
            return
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part)
            waiting.extend(part.values())
